//! The way into the console with a role: the URL, where it leads, and for how long.

use crate::client::{Draft, Reply, STS};
use crate::local_aws::{Login, Mfa, Preset, Trust};
use crate::world::{Run, World};

pub(crate) const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

/// A user with a device, and the role profile `dev`, both without a session.
pub(crate) fn stranger() -> (World, Mfa) {
    furnished(World::new())
}

pub(crate) fn furnished(world: World) -> (World, Mfa) {
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
pub(crate) fn signed_in() -> (World, Mfa) {
    let (world, mfa) = stranger();
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    world.aws.clear_log();
    (world, mfa)
}

/// Runs `console`. Its URL is for standard output alone, and so is every token ever made.
#[track_caller]
pub(crate) fn console(world: &World, arguments: &[&str]) -> Run {
    let run = world.run([&["console"], arguments].concat());
    for token in world.aws.signin_tokens() {
        assert!(!run.stderr.contains(&token), "{}", run.stderr);
    }
    assert!(!run.stderr.contains("SigninToken="), "{}", run.stderr);
    run
}

/// The URL that was printed, which is all that was.
#[track_caller]
pub(crate) fn url(run: &Run) -> String {
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
pub(crate) fn login(world: &World, url: &str) -> Login {
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

pub(crate) fn seconds(time: &str) -> u64 {
    let time: jiff::Timestamp = time.parse().unwrap();
    u64::try_from(time.as_second()).unwrap()
}

#[test]
fn the_printed_url_opens_the_role_s_console_once_and_for_as_long_as_its_credentials() {
    let (world, _) = signed_in();
    let run = console(&world, &["-p", "dev", "--no-open"]).succeeded();
    run.said("note: keep this URL secret: for 15 minutes it lets anybody into the console, as arn:aws:iam::123456789012:role/Admin until ");
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
    assert_eq!(
        follow(&world, &crate::console::url(&late)).status,
        400,
        "too late"
    );
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
    let before = world.credentials();
    world.write_credentials(before.split("[default-mfa]").next().unwrap());
    let run = console(&world, &["-p", "dev", "--no-open"]).failed(4, "there is no terminal");
    assert_eq!(run.stdout, "");
}

#[test]
fn a_longer_session_is_granted_to_a_role_that_was_assumed_with_the_key_itself() {
    let (world, mfa) = stranger();
    world
        .sign_in(&mfa, ["-p", "dev", "--no-session"])
        .succeeded();
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
    assert!(!run.stderr.contains("--no-session"), "{}", run.stderr);
    run.said("warning: AWS does not let the console session last 8 h: the role was assumed with temporary credentials, so it ends with them at ");
    let expiration = world.value("chained-mfa", "expiration").unwrap();
    assert_eq!(login(&world, &url(&run)).end, seconds(&expiration));
}

#[test]
fn a_role_that_came_from_a_session_could_have_a_longer_one_by_itself() {
    let (world, _) = signed_in();
    console(&world, &["-p", "dev", "--no-open", "-d", "8h"])
        .succeeded()
        .said("ends with them at ")
        .said("note: `awsmfa -p dev --no-session` takes a code for the role itself");
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
