//! One's own password, changed by knowing it; and who may not.

use crate::local_aws::Preset;
use crate::passwords::{NEW, OLD, alice, given, office_without, strict};
use crate::world::{World, section};

#[test]
fn one_s_own_password_is_changed_by_knowing_it() {
    let world = World::new();
    let alice = alice(&world);
    world.aws.account().password_policy(Some(strict()));
    given(&world, &["change"], &format!("{OLD}\n{NEW}\n"))
        .succeeded()
        .said("the password of alice is changed");
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
    // It works with the long-term key alone, where a policy wants MFA for nearly everything.
    let world = World::new();
    let strict = world.aws.user("bob").policy(Preset::DenyWithoutMfa);
    let bob = strict.password(OLD);
    world.write_credentials(section("default", &world.key(&bob)));
    given(&world, &["change"], &format!("{OLD}\n{NEW}\n")).succeeded();
    assert_eq!(bob.current_password().as_deref(), Some(NEW));
    assert_eq!(world.aws.count("GetSessionToken"), 0);
}

#[test]
fn a_wrong_old_password_changes_nothing() {
    let world = World::new();
    let alice = alice(&world);
    let wrong = "Wrong-Horse-4242";
    world.plant(wrong);
    let run = given(&world, &["change"], &format!("{wrong}\n{NEW}\n"))
        .failed(5, "that is not the old password of alice");
    run.said("nothing was changed");
    assert_eq!(world.aws.count("ChangePassword"), 1);
    assert_eq!(alice.current_password().as_deref(), Some(OLD));
}

#[test]
fn what_was_typed_does_not_change_what_aws_s_answer_means() {
    // Each is a part of AWS's code or of its words: "AccessDenied", "The old password was incorrect."
    for typed in ["Access", "AccessDenied", "Denied", "incorrect", "old", "e"] {
        let world = World::new();
        let alice = alice(&world);
        let run = given(&world, &["change", "-v"], &format!("{typed}\n{NEW}\n"));
        let run = run.failed(5, "that is not the old password of alice");
        run.said("nothing was changed");
        // Of a short one nothing can be read off.
        let redacted = run.stderr.contains("[redacted]");
        assert_eq!(redacted, typed.len() >= 6, "{typed}: {}", run.stderr);
        assert_eq!(alice.current_password().as_deref(), Some(OLD));
    }
    let world = World::new();
    let looking = ["iam:GetLoginProfile", "iam:GetAccountPasswordPolicy"];
    office_without(&world, &looking);
    given(&world, &["reset", "--user", "alice"], "Login Profile")
        .failed(5, "alice has no password")
        .said("`awsmfa password create --user alice` makes a first one");
}

#[test]
fn former_passwords_are_explained() {
    let world = World::new();
    let alice = alice(&world);
    world.aws.account().password_policy(Some(strict()));
    given(&world, &["change"], &format!("{OLD}\n{OLD}\n"))
        .failed(5, "was not sent")
        .said("note: it must be another than the present one");
    given(&world, &["change"], &format!("{OLD}\n{NEW}\n")).succeeded();
    given(&world, &["change"], &format!("{NEW}\n{OLD}\n"))
        .failed(5, "does not allow this password")
        .said("password reuse prevention")
        .said("a former password");
    assert_eq!(alice.current_password().as_deref(), Some(NEW));
}

#[test]
fn who_may_not_change_their_password_is_told_whom_to_ask() {
    let world = World::new();
    let carol = world.aws.user("carol").password(OLD);
    world.write_credentials(section("default", &world.key(&carol)));
    given(&world, &["change"], &format!("{OLD}\n{NEW}\n"))
        .failed(5, "carol may not change their own password")
        .said("next: ask an administrator for `iam:ChangePassword`, or for a password policy");
    assert_eq!(carol.current_password().as_deref(), Some(OLD));
}
