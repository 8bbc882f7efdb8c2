//! `credential-process`: the document that SDKs read, and nothing beside it.

use std::time::{Duration, Instant};

use crate::client::Credentials;
use crate::local_aws::{Mfa, Trust};
#[cfg(unix)]
use crate::pty::Stream;
use crate::told::Told;
use crate::world::{Run, World, section};

const COMMAND: &str = "credential-process";

/// A user whose device is in the config file, so that nothing else is asked of AWS.
fn user(world: &World) -> Mfa {
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(format!("[default]\nmfa_serial = {}\n", mfa.serial));
    mfa
}

#[track_caller]
fn handed_out<'a>(world: &World, more: impl IntoIterator<Item = &'a str>) -> Run {
    world.handed_out(world.start([COMMAND].into_iter().chain(more)))
}

/// The document of a run that has said nothing.
#[track_caller]
fn credentials(run: &Run) -> Credentials {
    let document = run.json();
    let text = |key: &str| document[key].as_str().unwrap().to_owned();
    Credentials {
        id: text("AccessKeyId"),
        secret: text("SecretAccessKey"),
        token: Some(text("SessionToken")),
    }
}

/// The whole of standard output as a literal: five keys, one line.
#[test]
fn the_document_is_what_sdks_expect_and_nothing_else() {
    let world = World::new();
    world.default_user("alice");
    let file = world.credentials();
    world.write_credentials(format!(
        "{file}[default-mfa]\n\
         aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
         aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
         aws_session_token = IQoJb3JpZ2luX2VjEXAMPLE//+=\n\
         expiration = EXPIRATION\n\
         awsmfa_source = default\n",
    ));
    let expiration = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(2);
    let expiration = expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let file = world.credentials().replace("EXPIRATION", &expiration);
    world.write_credentials(file);
    for more in [
        &[][..],
        &["-p", "default"],
        &["-p", "default-mfa"],
        &["--output", "json"],
        &["-q"],
    ] {
        let run = handed_out(&world, more.iter().copied()).succeeded();
        assert_eq!(
            run.stdout,
            format!(
                "{{\"Version\":1,\"AccessKeyId\":\"ASIAIOSFODNN7EXAMPLE\",\
                 \"SecretAccessKey\":\"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\",\
                 \"SessionToken\":\"IQoJb3JpZ2luX2VjEXAMPLE//+=\",\
                 \"Expiration\":\"{expiration}\"}}\n"
            ),
            "{more:?}"
        );
        assert_eq!(run.stderr, "", "{more:?}");
    }
    let run = handed_out(&world, ["-v"]).succeeded();
    assert_eq!(run.stdout.lines().count(), 1, "{}", run.stdout);
    run.said("trace: section [default-mfa]");
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn a_code_signs_in_and_the_section_holds_what_was_printed() {
    let world = World::new();
    let mfa = user(&world);
    let code = world.aws.code(&mfa.serial);
    let run = handed_out(&world, ["-t", &code]).succeeded();
    assert_eq!(run.stderr, "");
    let printed = credentials(&run);
    assert_eq!(printed.id, world.credentials_of("default-mfa").id);
    assert_eq!(printed.secret, world.credentials_of("default-mfa").secret);
    assert_eq!(printed.token, world.credentials_of("default-mfa").token);
    let expiration = world.value("default-mfa", "expiration");
    assert_eq!(run.json()["Expiration"].as_str(), expiration.as_deref());
    let owner = world.aws.owner_of(&printed.id).unwrap();
    assert!(owner.ends_with("user/alice"), "{owner}");
    // From here on nobody is asked and nothing is sent.
    let requests = world.aws.log().len();
    let again = handed_out(&world, []).succeeded();
    assert_eq!(again.stdout, run.stdout);
    assert_eq!(world.aws.log().len(), requests);
}

#[cfg(unix)]
#[test]
fn the_question_is_on_the_terminal_while_every_stream_is_a_pipe() {
    let world = World::new();
    let mfa = user(&world);
    let mut session = world
        .terminal([COMMAND])
        .stdin(Stream::Pipe(b"654321\n".to_vec()))
        .stdout(Stream::pipe())
        .stderr(Stream::pipe())
        .start();
    session.expect("MFA code for arn:aws:iam::123456789012:mfa/alice (profile default): ");
    let code = world.aws.code(&mfa.serial);
    session.send_line(&code);
    // Its standard output is there to hold secrets, so World::finish is not for it.
    let finished = session.finish();
    world.search(&[&finished.shown, &finished.stderr]);
    assert_eq!(finished.code, 0, "{}", finished.stderr);
    assert_eq!(finished.stderr, "");
    let document: serde_json::Value = serde_json::from_str(&finished.stdout).unwrap();
    let id = document["AccessKeyId"].as_str().unwrap();
    assert_eq!(id, world.credentials_of("default-mfa").id);
    assert_eq!(world.codes_sent(), [code]);
}

#[test]
fn without_a_terminal_and_a_way_to_a_code_it_fails_at_once() {
    let world = World::new();
    user(&world);
    let begin = Instant::now();
    world.fails(
        [COMMAND],
        Told(
            4,
            "an MFA code is needed and there is no terminal",
            "",
            "`mfa_process` in the profile",
        ),
    );
    let took = begin.elapsed();
    // Whatever it could wait for would take longer; it takes milliseconds.
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(world.aws.connections(), 0);
}

#[test]
fn whatever_fails_leaves_standard_output_empty() {
    let world = World::new();
    let mfa = user(&world);
    let wrong = world.aws.wrong_code(&mfa.serial);
    for (more, code) in [
        (&["-p", "nobody"][..], 3),
        (&["-t", "12345"], 2),
        (&["-t", &wrong], 4),
        (&["--to", "x"], 2),
    ] {
        let run = handed_out(&world, more.iter().copied());
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (code, ""),
            "{}",
            run.stderr
        );
        assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    }
}

/// The arrangement of the README: a profile of its own for the tools, the key where it was.
#[test]
fn a_profile_for_the_tools_reads_the_one_with_the_key() {
    let world = World::new();
    let mfa = user(&world);
    world.write_config(format!(
        "[default]\nmfa_serial = {}\n\
         [profile auto]\ncredential_process = awsmfa credential-process -p default\n",
        mfa.serial
    ));
    let code = world.aws.code(&mfa.serial);
    handed_out(&world, ["-p", "default", "-t", &code]).succeeded();
    // By its own name it means the same profile.
    world.aws.clear_log();
    handed_out(&world, ["-p", "auto"]).succeeded();
    world
        .run(["status", "--check", "1h", "-p", "auto"])
        .succeeded()
        .said("[default-mfa] is good until");
    assert_eq!(world.aws.log().len(), 0);
    let run = world.run(["whoami", "-p", "auto"]).succeeded();
    let found = "found in  section [default-mfa], good until";
    assert!(run.stdout.contains(found), "{}", run.stdout);
}

/// A role, too, and as the source of another profile; what leads nowhere is told.
#[test]
fn a_profile_for_the_tools_stands_for_the_role_that_it_asks_for() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Dev").trusts(Trust::new(&user.arn).mfa());
    let command = format!("credential_process = awsmfa {COMMAND}");
    world.write_config(format!(
        "[default]\nmfa_serial = {}\n\
         [profile dev]\nrole_arn = {}\nsource_profile = default\n\
         [profile dev-auto]\nregion = eu-west-3\n{command} -p dev\n\
         [profile a]\n{command} -p b\n[profile b]\n{command} -p a\n\
         [profile lost]\n{command} -p nobody\n\
         [profile own]\n{command} -p own\n\
         [profile more]\n{command} -q --timeout=5s -p \"dev\" --region us-east-1\n\
         [profile which]\n{command}\n\
         [profile variable]\n{command} -p $USER\n\
         [profile elsewhere]\n{command} -p dev --endpoint-url http://127.0.0.1:9\n",
        mfa.serial, role.arn
    ));
    world
        .run(["whoami", "-p", "dev-auto"])
        .failed(4, "there is no section [dev-mfa]");
    world.sign_in(&mfa, ["-p", "dev-auto"]).succeeded();
    assert!(world.issued_to("dev-mfa").is_some());
    for profile in ["dev-auto", "more"] {
        let run = world.run(["whoami", "-p", profile]).succeeded();
        assert!(run.stdout.contains(":assumed-role/Dev/"), "{}", run.stdout);
    }
    let run = world.run_for_secrets(["env", "--shell", "json", "-p", "dev-auto"]);
    assert_eq!(run.json()["AWS_REGION"], "eu-west-3");
    for (profile, what, place, next) in [
        ("a", "lead in a circle: a → b → a", "config:", "access key"),
        (
            "lost",
            "profile `nobody`, which the credential_process names",
            "config:",
            "*",
        ),
        ("own", "is awsmfa itself", "config:", "after `-p`"),
        ("which", "say for which profile", "config:", "-p NAME`"),
        ("variable", "say for which profile", "config:", "-p NAME`"),
        ("elsewhere", "say for which profile", "config:", "directly"),
    ] {
        world.fails(["whoami", "-p", profile], Told(3, what, place, next));
        world.fails([COMMAND, "-p", profile], Told(3, what, place, next));
    }
}

/// In the config file the key and the `credential_process` are one profile: AWS tools run the
/// command rather than use the key, and the command has the key to start from.
#[test]
fn one_profile_may_hold_the_key_and_the_process() {
    let world = World::new();
    let (_, key, mfa) = world.default_user("alice");
    for in_config in [true, false] {
        let process = format!("credential_process = awsmfa {COMMAND} -p both\n");
        let pair = section("both", &key);
        if in_config {
            let pair = pair.replace("[both]", "[profile both]");
            world.write_config(format!("{pair}{process}"));
            world.write_credentials("");
        } else {
            world.write_config(format!("[profile both]\n{process}"));
            world.write_credentials(pair);
        }
        let code = world.aws.code(&mfa.serial);
        handed_out(&world, ["-p", "both", "-t", &code]).succeeded();
        assert!(world.issued_to("both-mfa").is_some(), "{in_config}");
    }
}

/// AWS tools assume the role themselves and leave the process alone; so do we.
#[test]
fn a_role_with_its_source_comes_before_the_process_of_the_same_profile() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Dev").trusts(Trust::new(&user.arn).mfa());
    let profile = format!(
        "[default]\nmfa_serial = {}\n[profile dev]\nrole_arn = {}\n\
         credential_process = awsmfa {COMMAND} -p dev\n",
        mfa.serial, role.arn
    );
    world.write_config(format!("{profile}source_profile = default\n"));
    let code = world.aws.code(&mfa.serial);
    let run = handed_out(&world, ["-p", "dev", "-t", &code]).succeeded();
    let owner = world.aws.owner_of(&credentials(&run).id).unwrap();
    assert!(owner.contains("assumed-role/Dev/"), "{owner}");
    // Without a source there is nothing to start from, and no loop.
    world.write_config(profile);
    world.fails(
        [COMMAND, "-p", "dev"],
        Told(3, "is awsmfa itself", "config:5", "`source_profile`"),
    );
}

/// A script in between hides that the command is awsmfa; each run would start the next.
#[cfg(unix)]
#[test]
fn a_script_that_leads_back_to_its_own_profile_is_stopped_at_once() {
    let world = World::new();
    let script = |profile: &str| {
        format!(
            "echo x >> runs; {} {COMMAND} -p {profile} --timeout 9s",
            crate::world::AWSMFA
        )
    };
    world.write_config(format!(
        "[default]\ncredential_process = {}\n[profile other]\ncredential_process = {}\n",
        script("other"),
        script("default")
    ));
    let begin = Instant::now();
    world
        .run([COMMAND, "-p", "default", "-t", "123456"])
        .failed(
            3,
            "the credential_process of profile `default` leads back to that profile",
        );
    assert!(begin.elapsed() < Duration::from_secs(20));
    let runs = std::fs::read_to_string(world.path("runs")).unwrap();
    assert!(runs.lines().count() <= 2, "{runs}");
    assert_eq!(world.aws.connections(), 0);
}
