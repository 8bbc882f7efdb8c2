//! What becomes of a password when an answer is lost, late, or read by nobody.

use crate::local_aws::{Fault, PasswordPolicy, When};
use crate::passwords::{NEW, OLD, alice, given, office, office_without, strict};
use crate::world::World;

#[test]
fn a_lost_reply_loses_no_password() {
    for fault in [
        Fault::Close(When::Before),
        Fault::Close(When::After),
        Fault::Reset(When::After),
        Fault::Truncate,
        Fault::Gateway(502),
        Fault::INTERNAL_FAILURE,
    ] {
        for (deed, operation) in [
            ("create", "CreateLoginProfile"),
            ("reset", "UpdateLoginProfile"),
        ] {
            let world = World::new();
            let mut alice = office(&world);
            if deed == "reset" {
                alice = alice.password(OLD);
            }
            world.aws.account().password_policy(Some(strict()));
            world.aws.fault(operation, fault.clone());
            let run = world
                .run_for_secrets(["password", deed, "--user", "alice", "--generate"])
                .succeeded_for(&format!("{fault:?} {deed}"));
            let printed = run.stdout.strip_suffix('\n');
            assert_eq!(alice.current_password().as_deref(), printed, "{fault:?}");
        }
        let world = World::new();
        let alice = alice(&world);
        world.aws.fault("ChangePassword", fault.clone());
        let run = given(&world, &["change"], &format!("{OLD}\n{NEW}\n"));
        assert_eq!(alice.current_password().as_deref(), Some(NEW), "{fault:?}");
        match world.aws.count("ChangePassword") {
            2 if run.code == 0 => {}
            _ => {
                run.failed(5, "now AWS says that the old password is wrong")
                    .said("sign in with the new password");
            }
        }
    }
}

/// What AWS refuses after a lost answer, it refuses because of the first request only where former
/// passwords are known to be refused.
#[test]
fn a_refusal_for_reasons_nobody_knows_proves_nothing() {
    let refused = Fault::Error {
        status: 400,
        code: "PasswordPolicyViolation",
        message: "Password does not conform to the account password policy.",
    };
    for (may_look, reuse_prevention) in [(false, Some(5)), (true, None)] {
        let world = World::new();
        let denied = match may_look {
            true => "iam:GetUser",
            false => "iam:GetAccountPasswordPolicy",
        };
        let alice = office_without(&world, &[denied]).password(OLD);
        world.aws.account().password_policy(Some(PasswordPolicy {
            reuse_prevention,
            ..strict()
        }));
        for fault in [Fault::Gateway(502), refused.clone()] {
            world.aws.fault("UpdateLoginProfile", fault);
        }
        let run = world
            .run(["password", "reset", "--user", "alice", "--generate"])
            .failed(5, "does not allow this password");
        run.said("an answer of AWS's was lost")
            .said("next: run the same again: the last password that was set counts");
        assert_eq!(run.stdout, "");
        assert_eq!(alice.current_password().as_deref(), Some(OLD));
    }
}

#[test]
fn a_typed_password_may_be_refused_as_a_former_one_because_it_was_set() {
    let world = World::new();
    let alice = office(&world).password(OLD);
    world.aws.account().password_policy(Some(strict()));
    world
        .aws
        .fault("UpdateLoginProfile", Fault::Close(When::After));
    given(&world, &["reset", "--user", "alice"], NEW)
        .failed(5, "does not allow this password")
        .said("an answer of AWS's was lost")
        .said("next: sign in with it, or set another: AWS may refuse it because the first request has set it");
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
}

#[test]
fn a_password_in_doubt_is_not_printed() {
    let world = World::new();
    let alice = office(&world);
    world
        .aws
        .fault_always("CreateLoginProfile", Fault::Close(When::Before));
    world
        .run(["password", "create", "--user", "alice", "--generate"])
        .failed(6, "nobody can tell whether alice has the password");
    assert_eq!(alice.current_password(), None);
}

#[test]
fn a_new_profile_that_cannot_be_changed_yet_is_waited_for() {
    let world = World::new();
    let alice = office(&world).password(OLD);
    let unmodifiable = Fault::Error {
        status: 409,
        code: "EntityTemporarilyUnmodifiable",
        message: "Login Profile for User alice cannot be modified while login profile is being created.",
    };
    world.aws.fault("UpdateLoginProfile", unmodifiable);
    given(&world, &["reset", "--user", "alice"], NEW).succeeded();
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
    assert_eq!(world.aws.count("UpdateLoginProfile"), 2);
}

#[cfg(unix)]
#[test]
fn a_generated_password_that_nobody_took_is_said_to_be_lost() {
    use std::fs::OpenOptions;
    let Ok(full) = OpenOptions::new().write(true).open("/dev/full") else {
        return crate::world::not_tested("there is no /dev/full");
    };
    let world = World::new();
    office(&world);
    let mut command = world.command(["password", "create", "--user", "alice", "--generate"]);
    let output = command.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    world.search(&[&stderr]);
    assert_eq!(output.status.code(), Some(7), "{stderr}");
    let another = "set another with `awsmfa password reset --user alice`";
    let advice = format!("  next: {another}\n  note: the password is in force and lost\n");
    assert!(stderr.ends_with(&advice), "{stderr}");
    assert_eq!(stderr.matches("set another").count(), 1, "{stderr}");
}
