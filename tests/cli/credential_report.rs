//! The account's credential report: made, waited for, shown, filtered, judged.

use serde_json::{Value, json};

use crate::local_aws::{Fault, Preset, UserHandle, When};
use crate::world::{Run, World, section};

const DAY: i64 = 86_400;

/// An auditor under `[default]` who may do nothing but see the report.
pub(super) fn auditor(world: &World) -> UserHandle {
    let user = world.aws.user("auditor").policy_document(json!({
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": ["iam:GenerateCredentialReport", "iam:GetCredentialReport"],
            "Resource": "*",
        },
    }));
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    user
}

/// alice has all that one should have; bob has a password without MFA and a key of 100 days that was
/// never used; the auditor has a new key. The clock of this computer is 100 days behind.
fn office(world: &World) {
    let bob = world.aws.user("bob").password("Correct-Horse-42");
    world.key(&bob);
    world.aws.advance(100 * DAY);
    bob.use_password();
    let alice = world.aws.user("alice").password("Battery+Staple-7");
    world.virtual_mfa(&alice);
    alice.use_password();
    auditor(world);
}

#[track_caller]
pub(super) fn report(world: &World, arguments: &[&str]) -> Run {
    world.run(["report"].iter().chain(arguments))
}

#[test]
fn everybody_is_shown_and_judged_by_what_is_customary() {
    let world = World::new();
    office(&world);
    let run = report(&world, &[]).succeeded();
    run.said("note: AWS made this report at ");
    let rows: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|it| !it.is_empty())
                .collect()
        })
        .collect();
    let expected = [
        vec!["USER", "PASSWORD", "MFA", "KEY 1", "KEY 2", "VERDICT"],
        vec![
            "<root_account>",
            "never used",
            "no",
            "-",
            "-",
            "the root user has no MFA",
        ],
        vec!["alice", "used today", "yes", "-", "-", "ok"],
        vec!["auditor", "-", "no", "0 d old, used today", "-", "ok"],
        vec![
            "bob",
            "used today",
            "no",
            "100 d old, never used",
            "-",
            "a password without MFA; key 1 is 100 days old; key 1 never used in 100 days",
        ],
    ];
    assert_eq!(rows, expected, "{}", run.stdout);
}

#[test]
fn a_rule_shows_who_breaks_it_and_decides_the_exit_code() {
    let world = World::new();
    office(&world);
    for (rules, code, users, says) in [
        (
            &["--no-mfa"][..],
            8,
            &["<root_account>", "bob"][..],
            "2 users break a rule (no MFA: 2)",
        ),
        (
            &["--no-mfa", "--user", "alice"],
            0,
            &[],
            "nobody breaks a rule",
        ),
        (
            &["--keys-older-than", "90d"],
            8,
            &["bob"],
            "1 user breaks a rule (an old key: 1)",
        ),
        (
            &["--keys-older-than", "100d"],
            0,
            &[],
            "nobody breaks a rule",
        ),
        (
            &["--unused-for", "90d"],
            8,
            &["bob"],
            "(something unused: 1)",
        ),
        (&["--unused-for", "101d"], 0, &[], "nobody"),
        (
            &["--no-mfa", "--keys-older-than", "99d"],
            8,
            &["<root_account>", "bob"],
            "(no MFA: 2, an old key: 1)",
        ),
        (&["--user", "bob"], 0, &["bob"], "note: AWS made"),
        (
            &["--user", "<root_account>", "--no-mfa"],
            8,
            &["<root_account>"],
            "1 user breaks",
        ),
    ] {
        let run = report(&world, rules);
        assert_eq!(run.code, code, "{rules:?}: {}", run.stderr);
        run.said(says);
        let shown: Vec<&str> = run
            .stdout
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(shown, users, "{rules:?}");
        let json = report(&world, &[rules, &["--output", "json"]].concat());
        assert_eq!(json.code, code);
        let document = json.json();
        let names = document["users"].as_array().unwrap().iter();
        let names: Vec<&str> = names.map(|user| user["user"].as_str().unwrap()).collect();
        assert_eq!(names, users, "{rules:?}");
    }
}

#[test]
fn the_document_has_every_column_and_the_findings() {
    let world = World::new();
    office(&world);
    let mut document = report(&world, &["--user", "bob", "--output", "json"])
        .succeeded()
        .json();
    assert!(document["generated"].take().is_string());
    let columns = document["users"][0]["columns"].take();
    assert_eq!(columns.as_object().unwrap().len(), 22);
    assert_eq!(columns["access_key_1_active"], "true");
    assert_eq!(columns["access_key_2_last_rotated"], "N/A");
    let expected = json!({
        "generated": null,
        "users": [{
            "user": "bob",
            "arn": "arn:aws:iam::123456789012:user/bob",
            "verdict": "a password without MFA; key 1 is 100 days old; key 1 never used in 100 days",
            "findings": [
                { "rule": "no_mfa", "what": "a password without MFA" },
                { "rule": "old_key", "what": "key 1 is 100 days old" },
                { "rule": "unused", "what": "key 1 never used in 100 days" },
            ],
            "columns": null,
        }],
    });
    assert_eq!(document, expected);
}

#[test]
fn csv_is_what_aws_has_made_byte_for_byte() {
    let world = World::new();
    office(&world);
    let whole = report(&world, &["--output", "csv"]).succeeded().stdout;
    assert_eq!(whole.lines().count(), 5);
    assert!(whole.starts_with("user,arn,user_creation_time,"), "{whole}");
    let bob = whole.lines().find(|line| line.starts_with("bob,")).unwrap();
    let run = report(&world, &["--output", "csv", "--keys-older-than", "90d"]);
    assert_eq!(run.code, 8);
    let titles = whole.lines().next().unwrap();
    assert_eq!(run.stdout.trim_end(), format!("{titles}\n{bob}"));
}

#[test]
fn csv_is_for_the_report_alone() {
    let world = World::new();
    for arguments in [
        &["status", "--output", "csv"][..],
        &["--output", "csv", "123456"],
        &["password", "show", "--output", "csv"],
    ] {
        world
            .run(arguments)
            .failed(2, "`--output csv` is for `awsmfa report` alone");
    }
}

#[test]
fn the_report_is_waited_for() {
    let world = World::new();
    auditor(&world);
    world.aws.account().report_takes(2);
    report(&world, &[]).succeeded();
    assert_eq!(
        world.aws.operations(),
        [
            "GenerateCredentialReport",
            "GenerateCredentialReport",
            "GenerateCredentialReport",
            "GenerateCredentialReport",
            "GetCredentialReport",
        ]
    );
    world.aws.clear_log();
    // The next ones are there at once.
    report(&world, &[]).succeeded();
    assert_eq!(
        world.aws.operations(),
        ["GenerateCredentialReport", "GetCredentialReport"]
    );
}

#[test]
fn a_report_that_never_completes_is_given_up() {
    let world = World::new();
    auditor(&world);
    world.aws.account().report_takes(u32::MAX);
    report(&world, &["--wait", "1s", "--no-mfa"])
        .failed(5, "AWS has not completed the report within 1 s")
        .said("next: run the same again later: AWS goes on making it");
}

#[test]
fn a_report_that_is_gone_when_it_is_fetched_is_made_again() {
    for code in ["ReportNotPresent", "ReportExpired", "ReportInProgress"] {
        let world = World::new();
        auditor(&world);
        let gone = Fault::Error {
            status: 410,
            code,
            message: "",
        };
        world.aws.fault("GetCredentialReport", gone);
        report(&world, &[]).succeeded();
        assert_eq!(world.aws.count("GetCredentialReport"), 2, "{code}");
    }
}

#[test]
fn a_lost_reply_is_asked_for_again() {
    for operation in ["GenerateCredentialReport", "GetCredentialReport"] {
        let world = World::new();
        auditor(&world);
        world.aws.fault(operation, Fault::Truncate);
        world.aws.fault(operation, Fault::Close(When::After));
        report(&world, &[]).succeeded();
    }
}

#[test]
fn a_denial_names_the_permissions() {
    for (allowed, said) in [
        ("sts:*", "this key may not have a credential report made"),
        (
            "iam:GenerateCredentialReport",
            "this key may not read the credential report",
        ),
    ] {
        let world = World::new();
        let user = world.aws.user("alice").policy_document(json!({
            "Version": "2012-10-17",
            "Statement": { "Effect": "Allow", "Action": allowed, "Resource": "*" },
        }));
        world.write_credentials(section("default", &world.key(&user)));
        report(&world, &["--output", "csv"])
            .failed(5, said)
            .said("`iam:GetCredentialReport`");
    }
}

#[test]
fn where_a_policy_wants_mfa_the_session_is_used() {
    let world = World::new();
    let admin = world.aws.user("admin").policy(Preset::DenyWithoutMfa);
    world.write_credentials(section("default", &world.key(&admin)));
    let mfa = world.virtual_mfa(&admin);
    let code = world.aws.code(&mfa.serial);
    report(&world, &["-t", &code]).succeeded();
    // It stays for the next time.
    report(&world, &[]).succeeded();
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

#[test]
fn a_user_who_is_not_in_it_may_be_in_the_next_one() {
    let world = World::new();
    auditor(&world);
    let run = report(&world, &["--user", "nobody"]).failed(5, "the report has no user nobody");
    run.said("note: who was created since will be in the next one");
    assert_eq!(run.stdout, "");
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let world = World::new();
    auditor(&world);
    for (arguments, said) in [
        (
            &["--keys-older-than", "90"][..],
            "write a number of days, such as 90d",
        ),
        (&["--keys-older-than", "-1d"], ""),
        (&["--unused-for", "12h"], "write a number of days"),
        (&["--unused-for", "99999d"], "more than a hundred years"),
        (&["--user", "al ice"], "cannot be the name of a user"),
        (&["--wait", "0s"], "expected a time from 1s to 1h"),
    ] {
        report(&world, arguments).failed(2, said);
        assert_eq!(world.aws.log().len(), 0, "{arguments:?}");
    }
}

#[test]
fn five_thousand_users_are_judged() {
    let world = World::new();
    for number in 0..4_998 {
        let user = world.aws.user(&format!("user-{number:04}"));
        if number % 2 == 0 {
            let _ = user.password("Correct-Horse-42");
        }
    }
    auditor(&world);
    let run = report(&world, &["--no-mfa", "--output", "json"]);
    assert_eq!(run.code, 8);
    let users: Value = run.json();
    assert_eq!(users["users"].as_array().unwrap().len(), 2_500);
}
