//! The way into the console: whom it is opened for, what the browser is given, and what is said
//! where AWS does not open it.

use std::fs;

use serde_json::json;

use crate::client::{Draft, Reply, STS};
use crate::impostor::closed_port;
use crate::local_aws::{Fault, Login, Mfa, Preset, Trust, When};
use crate::proxy_server::{Manner, Proxy};
use crate::world::{Run, World};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// A user with a device, and the role profile `dev`, both without a session.
fn stranger() -> (World, Mfa) {
    furnished(World::new())
}

fn furnished(world: World) -> (World, Mfa) {
    let (user, _, mfa) = world.default_user("alice");
    let role = world
        .aws
        .role("Admin")
        .trusts(Trust::new(&user.arn).mfa())
        .policy(Preset::Admin);
    let chained = world.aws.role("Chained").trusts(Trust::new(&role.arn));
    world.write_config(format!(
        "[default]\nregion = eu-west-1\nmfa_serial = {}\n\
         [profile dev]\nrole_arn = {}\nsource_profile = default\n\
         [profile chained]\nrole_arn = {}\nsource_profile = dev\n",
        mfa.serial, role.arn, chained.arn
    ));
    (world, mfa)
}

/// The same with a good section for `dev`.
fn signed_in() -> (World, Mfa) {
    let (world, mfa) = stranger();
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    world.aws.clear_log();
    (world, mfa)
}

/// Runs `console`. Its URL is for standard output alone, and so is every token ever made.
#[track_caller]
fn console(world: &World, arguments: &[&str]) -> Run {
    let run = world.run([&["console"], arguments].concat());
    for token in world.aws.signin_tokens() {
        assert!(!run.stderr.contains(&token), "{}", run.stderr);
    }
    assert!(!run.stderr.contains("SigninToken="), "{}", run.stderr);
    run
}

/// The URL that was printed, which is all that was.
#[track_caller]
fn url(run: &Run) -> String {
    let url = run.stdout.strip_suffix('\n').unwrap().to_owned();
    assert!(!url.contains(char::is_whitespace), "{url}");
    url
}

/// Follows the URL as a browser does.
#[track_caller]
fn follow(world: &World, url: &str) -> Reply {
    let target = url.strip_prefix(&world.aws.endpoint()).unwrap();
    let mut draft = Draft::new(&world.aws, STS, "login", &[]);
    draft.request.method = "GET".to_owned();
    draft.request.target = target.to_owned();
    draft.request.body.clear();
    draft.send(&world.aws)
}

/// Who came in by this URL.
#[track_caller]
fn login(world: &World, url: &str) -> Login {
    let reply = follow(world, url);
    assert_eq!(reply.status, 302, "{}", reply.body);
    let login = world.aws.logins().pop().unwrap();
    assert_eq!(
        reply.header("Location"),
        Some(login.destination.as_str()),
        "the browser is led on"
    );
    login
}

fn seconds(time: &str) -> u64 {
    let time: jiff::Timestamp = time.parse().unwrap();
    u64::try_from(time.as_second()).unwrap()
}

#[test]
fn the_printed_url_opens_the_role_s_console_once_and_for_as_long_as_its_credentials() {
    let (world, _) = signed_in();
    let run = console(&world, &["-p", "dev", "--no-open"]).succeeded();
    run.said("note: whoever opens this URL first, within 15 minutes, is in the console as arn:aws:iam::123456789012:role/Admin until ");
    assert_eq!(world.aws.operations(), ["getSigninToken"], "no code needed");
    let url = url(&run);
    let login = login(&world, &url);
    assert_eq!(
        login.arn,
        "arn:aws:sts::123456789012:assumed-role/Admin/alice"
    );
    assert_eq!(
        login.destination,
        "https://eu-west-1.console.aws.amazon.com/console/home?region=eu-west-1"
    );
    assert_eq!(login.issuer.as_deref(), Some("awsmfa"));
    let expiration = world.value("dev-mfa", "expiration").unwrap();
    assert_eq!(login.end, seconds(&expiration));
    assert_eq!(follow(&world, &url).status, 400, "a second time");
    let late = console(&world, &["-p", "dev", "--no-open"]).succeeded();
    world.aws.advance(901);
    assert_eq!(follow(&world, &self::url(&late)).status, 400, "too late");
}

#[test]
fn the_section_s_own_name_will_do_and_quiet_leaves_the_url_alone() {
    let (world, _) = signed_in();
    let run = console(&world, &["-p", "dev-mfa", "--no-open", "-q"]).succeeded();
    assert_eq!(run.stderr, "");
    assert!(login(&world, &url(&run)).arn.contains("/Admin/"));
}

#[test]
fn a_service_is_a_part_of_the_destination_and_nothing_else() {
    let (world, _) = signed_in();
    for (service, page) in [
        ("s3", "s3"),
        ("cloudformation", "cloudformation"),
        ("dynamodb", "dynamodbv2"),
        ("no-such-service", "no-such-service"),
    ] {
        let arguments = ["-p", "dev", "--no-open", "--service", service];
        let run = console(&world, &arguments).succeeded();
        let page = format!("https://eu-west-1.console.aws.amazon.com/{page}/home?region=eu-west-1");
        assert_eq!(login(&world, &url(&run)).destination, page);
    }
    world.aws.clear_log();
    for service in [
        "", "S3", "s3/home", "../x", "s3?x=1", "s3#x", "a b", "$(id)", "é", "-s3 ",
    ] {
        let service = format!("--service={service}");
        let arguments = ["-p", "dev", "--no-open", &service];
        let run = console(&world, &arguments).failed(2, "--service");
        assert_eq!(run.stdout, "");
    }
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

#[test]
fn the_region_of_a_flag_decides_over_the_profile_s() {
    let (world, _) = signed_in();
    let arguments = ["-p", "dev", "--no-open", "--region", "ap-northeast-1"];
    let run = console(&world, &arguments).succeeded();
    let page = "https://ap-northeast-1.console.aws.amazon.com/console/home?region=ap-northeast-1";
    assert_eq!(login(&world, &url(&run)).destination, page);
}

#[test]
fn another_partition_has_another_console() {
    let world = World::new();
    let china = world.aws.another_account("222222222222", "aws-cn");
    let mei = china.user("mei");
    let key = world.key(&mei);
    let mfa = world.virtual_mfa(&mei);
    let role = china.role("Admin").trusts(Trust::new(&mei.arn).mfa());
    world.write_credentials(crate::world::section("mei", &key));
    world.write_config(format!(
        "[profile dev]\nrole_arn = {}\nsource_profile = mei\nmfa_serial = {}\n",
        role.arn, mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    for (arguments, page) in [
        (
            &["-t", code.as_str()][..],
            "https://console.amazonaws.cn/console/home",
        ),
        (
            &["--region", "cn-northwest-1"],
            "https://cn-northwest-1.console.amazonaws.cn/console/home?region=cn-northwest-1",
        ),
    ] {
        let arguments = [&["-p", "dev", "--no-open"], arguments].concat();
        let run = console(&world, &arguments).succeeded();
        assert_eq!(login(&world, &url(&run)).destination, page);
    }
}

#[test]
fn where_aws_documents_no_console_none_is_opened_and_no_code_spent() {
    let (world, mfa) = stranger();
    world.write_config(format!(
        "[profile dev]\nrole_arn = arn:aws-iso:iam::123456789012:role/Admin\nsource_profile = default\nmfa_serial = {}\n",
        mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    console(&world, &["-p", "dev", "-t", &code])
        .failed(3, "AWS documents no console for partition `aws-iso`");
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn without_a_good_section_it_signs_in_first() {
    let (world, mfa) = stranger();
    let code = world.aws.code(&mfa.serial);
    let run = console(&world, &["-p", "dev", "--no-open", "-t", &code]).succeeded();
    assert!(login(&world, &url(&run)).arn.contains("/Admin/"));
    assert!(world.issued_to("dev-mfa").is_some(), "it is kept");
    world.write_credentials(world.credentials().split("[dev-mfa]").next().unwrap());
    let run = console(&world, &["-p", "dev", "--no-open"]).failed(4, "there is no terminal");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_longer_session_is_granted_to_a_role_that_was_assumed_with_the_key_itself() {
    let (world, _) = signed_in();
    for name in ["--duration", "--duration-seconds", "-d"] {
        let before = world.aws.now();
        let run = console(&world, &["-p", "dev", "--no-open", name, "8h"]).succeeded();
        let end = login(&world, &url(&run)).end;
        assert!((before..before + 20).contains(&(end - 28_800)), "{name}");
        run.said("(in 8 h)");
    }
}

#[test]
fn where_aws_grants_no_longer_session_it_opens_all_the_same_and_says_so() {
    let (world, mfa) = stranger();
    world.sign_in(&mfa, ["-p", "chained"]).succeeded();
    world.aws.clear_log();
    let run = console(&world, &["-p", "chained", "--no-open", "-d", "8h"]).succeeded();
    assert_eq!(
        world.aws.operations(),
        ["getSigninToken", "getSigninToken"],
        "with the duration and without"
    );
    run.said("warning: AWS does not let the console session last 8 h: the role was assumed with temporary credentials, so it ends with them at ");
    let expiration = world.value("chained-mfa", "expiration").unwrap();
    assert_eq!(login(&world, &url(&run)).end, seconds(&expiration));
}

#[test]
fn a_duration_that_cannot_be_is_refused_before_anything_is_sent() {
    let (world, mfa) = stranger();
    let code = world.aws.code(&mfa.serial);
    for (arguments, said) in [
        (
            &["-p", "dev", "-d", "14m"][..],
            "the console session of a role lasts 15 minutes to 12 hours",
        ),
        (
            &["-p", "dev", "-d", "43201"],
            "the console session of a role lasts 15 minutes to 12 hours",
        ),
        (&["-p", "dev", "-d", "0"], "15 minutes to 12 hours"),
        (&["-p", "dev", "-d", "soon"], "--duration"),
        (&["-p", "dev", "-d", "-1h"], "-1"),
    ] {
        let arguments = [arguments, &["-t", &code]].concat();
        console(&world, &arguments).failed(2, said);
    }
    for duration in ["14m", "36h1s"] {
        console(&world, &["--policy-arn", READ_ONLY, "-d", duration]).failed(
            2,
            "the console session of a federated user lasts 15 minutes to 36 hours",
        );
    }
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn the_session_of_a_user_opens_no_console_and_costs_no_code() {
    let (world, mfa) = stranger();
    let code = world.aws.code(&mfa.serial);
    world.sign_in(&mfa, ["-p", "default"]).succeeded();
    world.aws.clear_log();
    for profile in ["default", "default-mfa"] {
        for arguments in [&["-p", profile][..], &["-p", profile, "-t", &code]] {
            let run = console(&world, arguments).failed(
                3,
                "profile `default` is no role, and AWS does not open the console with the session of a user",
            );
            run.said("next: name a role profile: `awsmfa console -p NAME`")
                .said("next: or `--policy-arn ARN` opens it as a federated user");
            assert_eq!(run.stdout, "");
        }
    }
    assert_eq!(world.aws.operations(), Vec::<String>::new());
}

/// A user who may ask for a federated session, and everything else, but IAM's secrets only with
/// MFA.
fn federating() -> World {
    let world = World::new();
    let (user, ..) = world.default_user("alice");
    let _ = user.policy_document(json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            {
                "Effect": "Deny",
                "Action": "iam:List*",
                "Resource": "*",
                "Condition": { "BoolIfExists": { "aws:MultiFactorAuthPresent": "false" } },
            },
        ],
    }));
    world
}

#[test]
fn a_federated_user_may_do_what_both_sides_allow_and_nothing_that_wants_mfa() {
    let world = federating();
    let before = world.credentials_bytes();
    let arguments = ["--policy-arn", READ_ONLY, "--no-open", "--service", "iam"];
    let run = console(&world, &arguments).succeeded();
    run.said("note: this session may do what both your own policies and --policy-arn allow; it has no MFA, so what is allowed only with MFA is denied")
        .said("is in the console as arn:aws:sts::123456789012:federated-user/alice until ");
    assert_eq!(
        world.aws.operations(),
        ["GetCallerIdentity", "GetFederationToken", "getSigninToken"]
    );
    let login = login(&world, &url(&run));
    assert_eq!(login.arn, "arn:aws:sts::123456789012:federated-user/alice");
    for (action, allowed) in [
        ("ec2:DescribeInstances", true),
        ("iam:GetUser", true),
        ("iam:CreateUser", false),
        ("iam:ListUsers", false),
    ] {
        let resource = "arn:aws:iam::123456789012:user/alice";
        let found = world.aws.console_allows(&login, action, resource);
        assert_eq!(found, allowed, "{action}");
    }
    assert_eq!(world.credentials_bytes(), before, "nothing is written");
    let half_a_day = world.aws.now() + 43_200;
    assert!((half_a_day - 20..=half_a_day).contains(&login.end));
}

#[test]
fn a_federated_user_s_session_lasts_as_long_as_was_asked_for() {
    let world = federating();
    let policy = ["--policy-arn", READ_ONLY];
    let arguments = [&policy[..], &policy, &["--no-open", "-d", "36h"]].concat();
    let run = console(&world, &arguments).succeeded();
    let log = world.aws.log();
    let asked = &log[1];
    assert_eq!(asked.parameter("DurationSeconds"), Some("129600"));
    assert_eq!(asked.parameter("PolicyArns.member.2.arn"), Some(READ_ONLY));
    assert_eq!(log[2].parameter("SessionDuration"), None, "AWS refuses it");
    let end = world.aws.now() + 129_600;
    assert!((end - 20..=end).contains(&login(&world, &url(&run)).end));
}

#[test]
fn what_aws_grants_no_federated_user_is_explained() {
    let world = federating();
    let unknown = "arn:aws:iam::aws:policy/NoSuchAccess";
    console(&world, &["--policy-arn", unknown])
        .failed(5, "AWS does not take one of the values as it is")
        .said("\n  next: check the policies that --policy-arn names\n");
    for (preset, next) in [
        (
            Preset::DenyWithoutMfa,
            "next: AWS takes no code for this call, so where a policy wants MFA only a role opens the console",
        ),
        (
            Preset::SelfService,
            "next: it is `sts:GetFederationToken`; a role profile does without",
        ),
    ] {
        let world = World::new();
        let (user, ..) = world.default_user("bob");
        let _ = user.policy(preset);
        let run = console(&world, &["--policy-arn", READ_ONLY]);
        let run = run.failed(5, "this key may not call GetFederationToken");
        run.said(next);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn policies_are_for_users_well_written_and_ten_at_most() {
    let (world, _) = stranger();
    let eleven: Vec<&str> = (0..11).flat_map(|_| ["--policy-arn", READ_ONLY]).collect();
    for (arguments, said) in [
        (
            &["-p", "dev", "--policy-arn", READ_ONLY][..],
            "--policy-arn is for the key of a user, and profile `dev` is a role",
        ),
        (&eleven, "AWS takes ten session policies at most"),
        (
            &["--policy-arn", "ReadOnlyAccess"],
            "a policy is written as arn:aws:iam::aws:policy/ReadOnlyAccess",
        ),
        (
            &["--policy-arn", "arn:aws:iam::123456789012:role/Admin"],
            "a policy is written as",
        ),
        (
            &["--policy-arn", READ_ONLY, "-t", "123456"],
            "cannot be used with",
        ),
    ] {
        let run = console(&world, arguments).failed(2, said);
        assert_eq!(run.stdout, "");
    }
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn json_holds_the_url_where_it_is_the_point() {
    let (mut world, _) = signed_in();
    world.set("BROWSER", "true");
    let json_of = |arguments: &[&str]| {
        let arguments = [
            &["-p", "dev", "--output", "json", "--service", "s3"],
            arguments,
        ]
        .concat();
        console(&world, &arguments).succeeded().json()
    };
    let mut printed = json_of(&["--no-open"]);
    let url = printed["url"].take();
    login(&world, url.as_str().unwrap());
    let left = seconds(printed["url_expiration"].take().as_str().unwrap());
    let token_end = world.aws.now() + 900;
    assert!((token_end - 20..=token_end).contains(&left));
    let expected = json!({
        "profile": "dev",
        "role_arn": "arn:aws:iam::123456789012:role/Admin",
        "federated_user": null,
        "service": "s3",
        "destination": "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1",
        "opened": false,
        "url": null,
        "url_expiration": null,
        "session_expiration": world.value("dev-mfa", "expiration"),
    });
    assert_eq!(printed, expected);
    if cfg!(unix) {
        let opened = json_of(&[]);
        assert_eq!(opened["opened"], true);
        assert_eq!(
            (&opened["url"], &opened["url_expiration"]),
            (&json!(null), &json!(null))
        );
    }
}

/// A program that writes down what it is given, one argument a line.
#[cfg(unix)]
fn fake_browser(world: &World, ending: &str) -> String {
    use std::os::unix::fs::PermissionsExt;

    let path = world.path("fake-browser");
    let note = world.path("opened");
    let script = format!(
        "#!/bin/sh\necho 'a browser talks'; echo 'and complains' >&2\nprintf '%s\\n' \"$@\" >'{}'\n{ending}\n",
        note.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn the_browser_is_given_the_url_and_nothing_is_printed() {
    let (mut world, _) = signed_in();
    for (arguments, before) in [("", &[][..]), (" --new-window %s", &["--new-window"])] {
        let browser = fake_browser(&world, "");
        world.set("BROWSER", &format!("{browser}{arguments}"));
        let run = console(&world, &["-p", "dev", "--service", "ec2"]).succeeded();
        assert_eq!(run.stdout, "");
        let until = "opened the AWS console of arn:aws:iam::123456789012:role/Admin until ";
        assert!(run.stderr.starts_with(until), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        let given = fs::read_to_string(world.path("opened")).unwrap();
        let mut given: Vec<&str> = given.lines().collect();
        let url = given.pop().unwrap();
        assert_eq!(given, before);
        assert!(login(&world, url).destination.contains("/ec2/home?"));
    }
}

#[cfg(unix)]
#[test]
fn a_browser_that_stays_is_not_waited_for() {
    let (mut world, _) = signed_in();
    let browser = fake_browser(&world, "exec sleep 30");
    world.set("BROWSER", &browser);
    let started = std::time::Instant::now();
    console(&world, &["-p", "dev"]).succeeded();
    assert!(started.elapsed().as_secs() < 15);
    let given = fs::read_to_string(world.path("opened")).unwrap();
    login(&world, given.trim_end());
}

#[cfg(unix)]
#[test]
fn where_no_browser_can_be_opened_the_url_is_printed() {
    let (mut world, _) = signed_in();
    let failing = fake_browser(&world, "exit 3");
    for (browser, said) in [
        ("", "there is no display, and BROWSER is not set"),
        (
            "/no/such/browser",
            "command `/no/such/browser` was not found",
        ),
        (failing.as_str(), "failed (exit status: 3)"),
        (":", "there is no display, and BROWSER is not set"),
    ] {
        world.set("BROWSER", browser);
        let run = console(&world, &["-p", "dev"]).succeeded();
        run.said("warning: no browser could be opened: ").said(said);
        login(&world, &url(&run));
    }
}

#[cfg(unix)]
#[test]
fn the_code_is_asked_for_on_the_terminal_while_the_url_goes_down_a_pipe() {
    use crate::pty::Stream;

    let (world, mfa) = stranger();
    let mut session = world
        .terminal(["console", "-p", "dev", "--no-open"])
        .stdout(Stream::pipe())
        .start();
    session.expect("MFA code for");
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("whoever opens this URL first");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    login(&world, finished.stdout.trim_end());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_the_sign_in_endpoint() {
    let (mut world, _) = signed_in();
    world.set("TERM", "xterm");
    world
        .aws
        .fault_always("getSigninToken", Fault::Hang(When::Before));
    let mut session = world.terminal(["console", "-p", "dev"]).start();
    session.expect("asking AWS to open the console");
    session.ctrl_c();
    let finished = world.finish(session);
    assert_eq!(finished.code, 130, "{}", finished.shown);
}

#[test]
fn credentials_that_the_endpoint_does_not_take_are_explained() {
    let (world, _) = signed_in();
    world.aws.advance(2 * 3600);
    let run = console(&world, &["-p", "dev", "--no-open"]).failed(
        5,
        "AWS does not open the console with the credentials of profile `dev`",
    );
    run.said("cause: BadRequest: Bad Request Invalid credentials parameter")
        .said("`awsmfa -p dev --force` gets new ones");
    assert_eq!(run.stdout, "");
    assert_eq!(world.aws.operations(), ["getSigninToken"], "said once");
}

#[test]
fn what_passes_is_asked_again_and_what_is_not_aws_is_told() {
    let (world, _) = signed_in();
    let arguments = ["-p", "dev", "--no-open", "--timeout", "5s"];
    for fault in [
        Fault::Gateway(502),
        Fault::Gateway(503),
        Fault::Close(When::Before),
        Fault::Reset(When::After),
        Fault::Truncate,
    ] {
        world.aws.fault("getSigninToken", fault.clone());
        let run = console(&world, &arguments).succeeded_for(fault.name());
        login(&world, &url(&run));
    }
    for (fault, said) in [
        (Fault::CaptivePortal, "a web page came back in AWS's place"),
        (
            Fault::Redirect("https://example.com/".to_owned()),
            "a web page came back in AWS's place",
        ),
        (Fault::Gateway(403), "a web page came back in AWS's place"),
    ] {
        world.aws.fault("getSigninToken", fault);
        let run = console(&world, &arguments).failed(6, said);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn the_endpoint_has_the_variable_of_its_service() {
    let (mut world, _) = signed_in();
    let nowhere = format!("http://{}", closed_port());
    let real = world.aws.endpoint();
    world.set("AWS_ENDPOINT_URL_SIGNIN", &nowhere);
    let arguments = ["-p", "dev", "--no-open", "--timeout", "1s"];
    let run = console(&world, &arguments).failed(6, "AWS cannot be reached");
    run.said(&format!("at: {}", nowhere.strip_prefix("http://").unwrap()));
    world.set("AWS_ENDPOINT_URL_SIGNIN", &real);
    world.set("AWS_ENDPOINT_URL", &nowhere);
    let run = console(&world, &arguments).succeeded();
    login(&world, &url(&run));
    world.unset("AWS_ENDPOINT_URL_SIGNIN");
    world.unset("AWS_ENDPOINT_URL");
    let config = fs::read_to_string(world.config_path()).unwrap();
    world.write_config(
        config.replace("[profile dev]", "[profile dev]\nservices = own")
            + &format!("[services own]\nsignin =\n  endpoint_url = {real}\n"),
    );
    let run = console(&world, &arguments).succeeded();
    login(&world, &url(&run));
}

#[test]
fn aws_s_own_endpoint_is_the_region_s() {
    let (mut world, _) = signed_in();
    let proxy = Proxy::start(&world, Manner::Refuse(403));
    world.unset("AWS_ENDPOINT_URL");
    world.set("HTTPS_PROXY", &proxy.url());
    for (region, host) in [
        ("eu-west-1", "eu-west-1.signin.aws.amazon.com"),
        ("us-east-1", "signin.aws.amazon.com"),
    ] {
        let arguments = [
            "-p",
            "dev",
            "--no-open",
            "--timeout",
            "1s",
            "--region",
            region,
        ];
        console(&world, &arguments).failed(6, "the proxy does not connect to AWS");
        let asked = proxy.requests().pop().unwrap();
        assert_eq!(asked, format!("CONNECT {host}:443 HTTP/1.1"));
    }
    world.set("AWS_USE_FIPS_ENDPOINT", "true");
    let run = console(&world, &["-p", "dev", "--no-open", "--timeout", "1s"]);
    run.said("warning: AWS documents no FIPS endpoint for signing in to the console");
}

#[test]
fn a_private_ca_and_a_proxy_are_honoured_and_the_proxy_reads_nothing() {
    let (mut world, mfa) = furnished(World::tls());
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTPS_PROXY", &proxy.url());
    let run = console(&world, &["-p", "dev", "--no-open"]).succeeded();
    assert!(url(&run).starts_with("https://127.0.0.1:"));
    let tunnel = format!("CONNECT 127.0.0.1:{} HTTP/1.1", world.aws.port());
    assert_eq!(proxy.requests(), [tunnel]);
    world.unset("HTTPS_PROXY");
    world.unset("AWS_CA_BUNDLE");
    console(&world, &["-p", "dev", "--no-open"])
        .failed(6, "certificate is signed by nobody this computer trusts");
}

#[test]
fn no_log_on_the_way_gets_the_credentials_in_an_address() {
    let (mut world, _) = signed_in();
    let proxy = Proxy::start(&world, Manner::Forward);
    world.set("HTTP_PROXY", &proxy.url());
    let run = console(&world, &["-p", "dev", "--no-open", "-v"]).succeeded();
    run.said("getSigninToken: 200");
    let overheard = proxy.overheard();
    let line = format!("POST {}/federation HTTP/1.1", world.aws.endpoint());
    assert_eq!(overheard.lines().next(), Some(line.as_str()));
    for secret in world.aws.issued_secrets() {
        assert!(!overheard.contains(&secret), "{overheard}");
    }
}
