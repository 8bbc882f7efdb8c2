//! The control path: what scripts in other languages reach the server by.

use super::client::{Credentials, Draft, Reply, STS, iam, sts};
use crate::local_aws::{LocalAws, Options, Preset};

fn started(control: bool) -> LocalAws {
    LocalAws::with(&Options {
        control,
        ..Options::default()
    })
    .unwrap()
}

fn get(aws: &LocalAws, command: &str) -> Reply {
    let mut draft = Draft::new(aws, STS, "-", &[]);
    draft.request.method = "GET".to_owned();
    draft.request.target = format!("/_control/{command}");
    draft.request.body.clear();
    draft.send(aws)
}

#[test]
fn a_script_gets_codes_until_they_are_spent() {
    let aws = started(true);
    let alice = aws.user("alice");
    let (key, device) = (Credentials::from(&alice.key()), alice.virtual_mfa());
    let command = format!("code?serial={}", device.serial);
    aws.advance(35 - i64::try_from(aws.now() % 30).unwrap());
    for _ in 0..3 {
        let reply = get(&aws, &command);
        assert_eq!(reply.status, 200);
        let parameters = [
            ("SerialNumber", device.serial.as_str()),
            ("TokenCode", reply.body.trim_end()),
        ];
        assert_eq!(sts(&aws, &key, "GetSessionToken", &parameters).status, 200);
    }
    assert_eq!(get(&aws, &command).status, 409);
    assert_eq!(get(&aws, "code?serial=nobody").status, 404);
    assert_eq!(aws.count("-"), 0, "control requests are not logged");
}

#[test]
fn a_script_moves_the_clock_orders_faults_switches_keys_and_reads_the_log() {
    let aws = started(true);
    let key = aws.user("alice").key();
    let identity = || sts(&aws, &Credentials::from(&key), "GetCallerIdentity", &[]).status;
    let before = aws.now();
    assert_eq!(get(&aws, "clock?offset=7000").status, 200);
    assert_eq!(get(&aws, "clock?advance=-1000").status, 200);
    assert!((before + 6_000..before + 6_010).contains(&aws.now()));

    let order = "fault?kind=unavailable&operation=GetCallerIdentity&times=1&skip=1";
    assert_eq!(get(&aws, order).status, 200);
    assert_eq!([identity(), identity(), identity()], [200, 503, 200]);
    assert_eq!(get(&aws, "fault?kind=throttling").status, 200);
    assert_eq!(identity(), 400);
    assert_eq!(get(&aws, "fault?clear=1").status, 200);

    assert_eq!(
        get(&aws, &format!("key?id={}&active=0", key.id)).status,
        200
    );
    assert_eq!(identity(), 403);

    let log: serde_json::Value = serde_json::from_str(&get(&aws, "log?clear=1").body).unwrap();
    let outcomes: Vec<&str> = log["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["outcome"].as_str().unwrap())
        .collect();
    let expected = [
        "ok",
        "ServiceUnavailable",
        "ok",
        "Throttling",
        "InvalidClientTokenId",
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(aws.log().len(), 0);
}

#[test]
fn a_script_sets_a_device_up_and_orders_lags_and_slow_reports() {
    let aws = started(true);
    let alice = aws.user("alice").policy(Preset::Admin);
    let key = Credentials::from(&alice.key());
    let device = aws.account().unassigned_mfa("alice");
    assert_eq!(get(&aws, "lag?new=access-key&requests=1").status, 200);
    assert_eq!(get(&aws, "report?polls=7").status, 200);
    let codes = get(&aws, &format!("pair?serial={}", device.serial)).body;
    let (first, second) = codes.trim_end().split_once('\n').unwrap();
    let pair = [
        ("UserName", "alice"),
        ("SerialNumber", device.serial.as_str()),
        ("AuthenticationCode1", first),
        ("AuthenticationCode2", second),
    ];
    assert_eq!(iam(&aws, &key, "EnableMFADevice", &pair).status, 200);
    let new = iam(&aws, &key, "CreateAccessKey", &[]);
    let new = Credentials {
        id: new.text("AccessKeyId"),
        secret: new.text("SecretAccessKey"),
        token: None,
    };
    let seen = [(); 2].map(|()| sts(&aws, &new, "GetCallerIdentity", &[]).status);
    assert_eq!(seen, [403, 200]);
    let state: serde_json::Value = serde_json::from_str(&get(&aws, "state").body).unwrap();
    assert_eq!(state, aws.snapshot());
    let alice = &state["123456789012"]["users"]["alice"];
    assert_eq!(alice["keys"], serde_json::json!(["Active", "Active"]));
    for _ in 0..8 {
        let reply = iam(&aws, &key, "GenerateCredentialReport", &[]);
        assert_ne!(reply.text("State"), "COMPLETE");
    }
}

#[test]
fn a_mistaken_order_is_told_apart_and_nothing_is_there_unless_asked_for() {
    let aws = started(true);
    for (command, status) in [
        ("nonsense", 404),
        ("fault?kind=nonsense", 400),
        ("fault?kind=latency", 400),
        ("clock?offset=noon", 400),
        ("key?id=AKIA&active=1", 404),
        ("pair?serial=nobody", 404),
        ("lag?new=nonsense", 400),
        ("report?polls=many", 400),
    ] {
        assert_eq!(get(&aws, command).status, status, "{command}");
    }
    let closed = started(false);
    assert_eq!(
        get(&closed, "log").status,
        403,
        "unsigned, like anything else"
    );
}
