//! The password for the console, with nobody at a terminal: made, given on standard input, shown,
//! replaced, taken away; and what AWS or the account does not allow.

use serde_json::{Value, json};

use crate::local_aws::{Fault, PasswordPolicy, Preset, UserHandle, When};
use crate::world::{Run, World, section};

/// Longer than 14 characters, with everything that a policy can ask for.
pub(super) const OLD: &str = "Correct-Horse-42";
pub(super) const NEW: &str = "Battery+Staple-7";

pub(super) fn strict() -> PasswordPolicy {
    PasswordPolicy {
        minimum_length: 14,
        symbols: true,
        numbers: true,
        uppercase: true,
        lowercase: true,
        users_may_change: true,
        max_age: Some(90),
        reuse_prevention: Some(5),
        hard_expiry: Some(true),
    }
}

/// An administrator under `[default]`, and alice, who has no password; the passwords are planted.
pub(super) fn office(world: &World) -> UserHandle {
    let admin = world.aws.user("admin").policy(Preset::Admin);
    world.write_credentials(section("default", &world.key(&admin)));
    for password in [OLD, NEW] {
        world.plant(password);
    }
    world.aws.user("alice")
}

/// alice with her own key under `[default]`, a password and the policy of self-service.
pub(super) fn alice(world: &World) -> UserHandle {
    let user = world
        .aws
        .user("alice")
        .policy(Preset::SelfService)
        .password(OLD);
    world.write_credentials(section("default", &world.key(&user)));
    for password in [OLD, NEW] {
        world.plant(password);
    }
    user
}

/// Runs `password` with these lines on standard input.
#[track_caller]
pub(super) fn given(world: &World, arguments: &[&str], lines: &str) -> Run {
    let all = ["password"].iter().chain(arguments);
    world.run_with_stdin(all.chain(&["--password-stdin"]), lines)
}

#[test]
fn a_first_password_from_standard_input() {
    for (lines, flags, reset) in [
        (format!("{NEW}\n"), vec![], "false"),
        (format!("{NEW}\r\nrest"), vec!["--reset-required"], "true"),
        (format!("\u{feff}{NEW}"), vec![], "false"),
    ] {
        let world = World::new();
        let alice = office(&world);
        let arguments = [vec!["create", "--user", "alice"], flags].concat();
        let run = given(&world, &arguments, &lines).succeeded();
        run.said("alice has a password\n");
        assert_eq!(run.stdout, "");
        assert_eq!(alice.current_password().as_deref(), Some(NEW));
        let log = world.aws.log();
        let sent = log.last().unwrap();
        assert_eq!(sent.parameter("PasswordResetRequired"), Some(reset));
    }
}

#[test]
fn a_generated_password_is_on_standard_output_and_nowhere_else() {
    for deed in ["create", "reset"] {
        let world = World::new();
        let mut alice = office(&world);
        if deed == "reset" {
            alice = alice.password(OLD);
        }
        world.aws.account().password_policy(Some(PasswordPolicy {
            minimum_length: 40,
            ..strict()
        }));
        let run = world
            .run_for_secrets(["password", deed, "--user", "alice", "--generate", "-v"])
            .succeeded();
        let password = run.stdout.strip_suffix('\n').unwrap();
        assert_eq!(password.len(), 40);
        assert_eq!(alice.current_password().as_deref(), Some(password));
        run.said("note: the password is on standard output");
    }
}

#[test]
fn json_has_the_password_only_where_it_was_generated() {
    let world = World::new();
    let alice = office(&world);
    let run = given(
        &world,
        &["create", "--user", "alice", "--output", "json"],
        NEW,
    );
    let expected = json!({
        "action": "created", "user": "alice", "password_reset_required": false,
    });
    assert_eq!(run.succeeded().json(), expected);
    let generate = ["password", "reset", "--user", "alice", "--generate"];
    let run = world
        .run_for_secrets(
            generate
                .iter()
                .chain(&["--reset-required", "--output", "json"]),
        )
        .succeeded();
    let mut document = run.json();
    let password = document["password"].take();
    assert_eq!(password.as_str(), alice.current_password().as_deref());
    let expected = json!({
        "action": "reset", "user": "alice", "password_reset_required": true, "password": null,
    });
    assert_eq!(document, expected);
}

#[test]
fn what_the_policy_refuses_is_not_sent_and_every_broken_rule_is_named() {
    for (policy, password, rules) in [
        (
            Some(strict()),
            "seven-letters",
            vec![
                "have at least 14 characters",
                "have an upper-case letter",
                "have a number",
            ],
        ),
        (Some(strict()), "Without-A-Digit", vec!["have a number"]),
        (None, "plain-words", vec!["have three of these"]),
        (
            None,
            "日本語のパスワード-Aa1",
            vec!["have only characters of Latin-1"],
        ),
    ] {
        let world = World::new();
        let alice = office(&world);
        world.plant(password);
        world.aws.account().password_policy(policy);
        let run = given(&world, &["create", "--user", "alice"], password)
            .failed(5, "breaks the account's rules, so it was not sent");
        for rule in &rules {
            run.said(&format!("note: it must {rule}"));
        }
        assert_eq!(run.stderr.matches("it must").count(), rules.len());
        assert_eq!(world.aws.count("CreateLoginProfile"), 0);
        assert_eq!(alice.current_password(), None);
    }
}

#[test]
fn where_the_policy_may_not_be_read_aws_alone_checks() {
    let world = World::new();
    let manager = world.aws.user("manager").policy_document(json!({
        "Version": "2012-10-17",
        "Statement": [
            { "Effect": "Allow", "Action": "iam:*LoginProfile", "Resource": "*" },
        ],
    }));
    world.write_credentials(section("default", &world.key(&manager)));
    let alice = world.aws.user("alice");
    world.aws.account().password_policy(Some(strict()));
    let password = "seven-letters";
    world.plant(password);
    given(&world, &["create", "--user", "alice", "-v"], password)
        .failed(
            5,
            "the account's password policy does not allow this password",
        )
        .said("cause: PasswordPolicyViolation: Password does not conform")
        .said("AWS alone checks the password");
    assert_eq!(alice.current_password(), None);
    // A generated one passes all the same, whatever the policy asks for.
    for minimum_length in [30, 128] {
        world.aws.account().password_policy(Some(PasswordPolicy {
            minimum_length,
            ..strict()
        }));
        let deed = if minimum_length == 30 {
            "create"
        } else {
            "reset"
        };
        world
            .run_for_secrets(["password", deed, "--user", "alice", "--generate"])
            .succeeded();
    }
}

#[test]
fn create_is_for_the_first_password_and_reset_for_the_others() {
    let world = World::new();
    let alice = office(&world);
    let create = ["password", "create", "--user", "alice", "--generate"];
    let reset = ["password", "reset", "--user", "alice", "--generate"];
    world
        .run(reset)
        .failed(5, "alice has no password")
        .said("next: `awsmfa password create --user alice` makes a first one");
    world.run_for_secrets(create).succeeded();
    let first = alice.current_password();
    world
        .run(create)
        .failed(5, "alice has a password already")
        .said("next: `awsmfa password reset --user alice` replaces it");
    assert_eq!(alice.current_password(), first);
    world.run_for_secrets(reset).succeeded();
    assert_ne!(alice.current_password(), first);
}

#[test]
fn show_tells_whether_there_is_a_password() {
    let world = World::new();
    office(&world);
    let show = ["password", "show", "--user", "alice"];
    assert_eq!(
        world.run(show).succeeded().stdout,
        "user      alice\npassword  no\n"
    );
    let run = world.run(show.iter().chain(&["--output", "json"]));
    let none = json!({
        "user": "alice", "exists": false, "created": null, "password_reset_required": null,
    });
    assert_eq!(run.succeeded().json(), none);
    given(
        &world,
        &["create", "--user", "alice", "--reset-required"],
        NEW,
    )
    .succeeded();
    let run = world.run(show.iter().chain(&["--output", "json"]));
    let mut document = run.succeeded().json();
    assert!(document["created"].take().is_string());
    let there = json!({
        "user": "alice", "exists": true, "created": null, "password_reset_required": true,
    });
    assert_eq!(document, there);
    let table = world.run(show).succeeded().stdout;
    assert!(table.contains("reset required  yes"), "{table}");
    // Who is not there is no user without a password.
    world
        .run(["password", "show", "--user", "bob"])
        .failed(5, "AWS knows no user bob");
}

#[test]
fn delete_needs_consent_and_is_safe_to_repeat() {
    let world = World::new();
    let alice = office(&world).password(OLD);
    let delete = ["password", "delete", "--user", "alice"];
    world
        .run(delete)
        .failed(3, "to delete the password of alice needs consent");
    assert!(alice.current_password().is_some());
    world
        .run(delete.iter().chain(&["--yes"]))
        .succeeded()
        .said("the password of alice is deleted");
    assert_eq!(alice.current_password(), None);
    let again = delete.iter().chain(&["--output", "json"]);
    let expected = json!({ "action": "nothing", "user": "alice" });
    assert_eq!(world.run(again).succeeded().json(), expected);
}

/// alice, and under `[default]` an administrator who may do everything but these.
pub(super) fn office_without(world: &World, denied: &[&str]) -> UserHandle {
    let admin = world.aws.user("deputy").policy_document(json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "NotAction": denied, "Resource": "*" }],
    }));
    world.write_credentials(section("default", &world.key(&admin)));
    world.aws.user("alice")
}

#[test]
fn who_may_not_look_is_told_by_the_deletion_whether_there_was_a_password() {
    let world = World::new();
    let alice = office_without(&world, &["iam:GetLoginProfile"]);
    let delete = ["password", "delete", "--user", "alice", "--yes"];
    let run = world.run(delete).succeeded();
    assert_eq!(run.stderr, "nothing to do: alice has no password\n");
    let run = world.run(delete.iter().chain(&["--output", "json"]));
    assert_eq!(run.succeeded().json()["action"], "nothing");
    // One whose answer was lost was there, and this run has deleted it.
    let alice = alice.password(OLD);
    let lost = Fault::Close(When::After);
    world.aws.fault("DeleteLoginProfile", lost);
    let run = world.run(delete).succeeded();
    run.said("the password of alice is deleted");
    assert_eq!(alice.current_password(), None);
}

#[test]
fn a_denial_at_every_step_says_what_was_denied() {
    let operations = [
        ("create", "CreateLoginProfile"),
        ("reset", "UpdateLoginProfile"),
        ("delete", "DeleteLoginProfile"),
        ("show", "GetLoginProfile"),
    ];
    for (command, operation) in operations {
        let world = World::new();
        let mut alice = office_without(&world, &[&format!("iam:{operation}")]);
        if command != "create" {
            alice = alice.password(OLD);
        }
        let before = alice.current_password();
        let mut arguments = vec!["password", command, "--user", "alice"];
        match command {
            "create" | "reset" => arguments.push("--generate"),
            "delete" => arguments.push("--yes"),
            _ => {}
        }
        let run = world
            .run(arguments)
            .failed(5, &format!("this key may not call {operation}"));
        assert_eq!(run.stdout, "");
        assert_eq!(alice.current_password(), before);
    }
}

#[test]
fn a_policy_that_wants_mfa_gets_it() {
    let world = World::new();
    let admin = world.aws.user("admin").policy(Preset::DenyWithoutMfa);
    let key = world.key(&admin);
    let mfa = world.virtual_mfa(&admin);
    world.write_credentials(section("default", &key));
    let alice = world.aws.user("alice");
    let code = world.aws.code(&mfa.serial);
    let create = ["password", "create", "--user", "alice", "--generate"];
    let run = world
        .run_for_secrets(create.iter().chain(&["-t", code.as_str()]))
        .succeeded();
    assert_eq!(alice.current_password().as_deref(), Some(run.stdout.trim()));
    assert_eq!(world.aws.count("GetSessionToken"), 1);
}

#[test]
fn bad_input_is_refused_before_anything_is_sent() {
    let world = World::new();
    office(&world);
    for (arguments, stdin, code, said) in [
        (
            &["create", "--user", "al ice", "--generate"][..],
            "",
            2,
            "cannot be the name of a user",
        ),
        (
            &[
                "create",
                "--user",
                "alice",
                "--generate",
                "--password-stdin",
            ],
            "",
            2,
            "cannot be used with",
        ),
        (
            &["create", "-t", "-", "--password-stdin"],
            "123456",
            2,
            "cannot both be read from standard input",
        ),
        (
            &["create", "--user", "alice"],
            "",
            3,
            "there is no terminal to ask for it",
        ),
        (&["change"], "", 3, "there is no terminal to ask for it"),
        (&["change", "--user", "bob"], "", 2, "unexpected argument"),
    ] {
        let all = ["password"].iter().chain(arguments);
        world.run_with_stdin(all, stdin).failed(code, said);
        assert_eq!(world.aws.log().len(), 0, "{arguments:?}");
    }
    for (command, lines, said) in [
        ("create", "", "there is no new password"),
        ("create", "\n", "there is no new password"),
        ("change", "Correct-Horse-42", "there is no new password"),
    ] {
        given(&world, &[command], lines)
            .failed(3, said)
            .said("at: standard input");
    }
    assert_eq!(world.aws.count("CreateLoginProfile"), 0);
    assert_eq!(world.aws.count("ChangePassword"), 0);
}

/// Also: two calls at once, the clock of this computer an hour behind.
#[test]
fn the_date_is_that_of_the_first_password() {
    let world = World::new();
    office(&world);
    given(&world, &["create", "--user", "alice"], OLD).succeeded();
    let show = ["password", "show", "--user", "alice", "--output", "json"];
    let created = |world: &World| -> Value { world.run(show).succeeded().json()["created"].take() };
    let first = created(&world);
    world.aws.advance(3600);
    given(&world, &["reset", "--user", "alice"], NEW).succeeded();
    assert_eq!(created(&world), first);
}
