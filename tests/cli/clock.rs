//! Clocks that disagree: this computer's, AWS's, the device's.

use crate::local_aws::{ACCOUNT, Fault, Trust};
use crate::told::Told;
use crate::world::World;

#[test]
fn a_signature_refused_for_its_time_is_made_again_with_aws_s() {
    for (offset, said) in [
        (3_600_i64, "this computer's clock is 1 h behind AWS's"),
        (-3_600, "this computer's clock is 1 h ahead of AWS's"),
        (600, "this computer's clock is 10 min "),
        (-600, "this computer's clock is 10 min "),
    ] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        // Away from a whole minute, so that no rounding decides.
        world.aws.set_clock_offset(offset + 20 * offset.signum());
        let run = world.run([world.aws.code(&mfa.serial)]).succeeded();
        run.said("warning: ").said(said);
        assert_eq!(
            world.issued_to("default-mfa").as_deref(),
            Some("arn:aws:iam::123456789012:user/alice")
        );
        let refused = |outcome: &str| outcome == "SignatureDoesNotMatch";
        let log = world.aws.log();
        assert!(refused(&log[0].outcome), "{:?}", log[0]);
        // Once is enough: what was learned holds for all that follows.
        assert!(
            !log[1..].iter().any(|entry| refused(&entry.outcome)),
            "{:?}",
            world.aws.operations()
        );
    }
}

#[test]
fn the_code_s_own_request_may_be_the_one_that_is_signed_again() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.aws.set_clock_offset(3_600);
    let code = world.aws.code(&mfa.serial);
    world
        .run(["--serial-number", &mfa.serial, &code])
        .succeeded();
    // AWS refuses a signature before it looks at the code.
    assert_eq!(world.codes_sent(), vec![code; 2]);
}

/// Whose session it is, is asked beside it: both are refused, and both are signed again.
#[test]
fn a_role_is_opened_by_a_session_whatever_the_clock_says() {
    for offset in [2_700, -2_700] {
        let world = World::new();
        let (user, _, mfa) = world.default_user("alice");
        let role = world.aws.role("Admin").trusts(Trust::new(&user.arn).mfa());
        world.write_config(format!(
            "[default]\nmfa_serial = {}\n\
             [profile dev]\nrole_arn = {}\nsource_profile = default\n",
            mfa.serial, role.arn
        ));
        world.aws.set_clock_offset(offset);
        world.sign_in(&mfa, ["-p", "dev"]).succeeded();
        assert_eq!(
            world.issued_to("dev-mfa").unwrap(),
            format!("arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice")
        );
    }
}

#[test]
fn a_clock_that_is_a_little_off_signs_well_enough_and_is_mentioned() {
    for offset in [130, -130] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.aws.set_clock_offset(offset);
        let run = world.run([world.aws.code(&mfa.serial)]).succeeded();
        run.said("warning: this computer's clock is 2 min");
        assert_eq!(world.codes_sent().len(), 1);
    }
}

#[test]
fn a_clock_that_is_right_is_not_mentioned() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let run = world.run([world.aws.code(&mfa.serial)]).succeeded();
    assert!(!run.stderr.contains("clock"), "{}", run.stderr);
}

#[test]
fn what_is_left_is_counted_by_aws_s_clock() {
    for offset in [3_620, -3_620] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.aws.set_clock_offset(offset);
        let run = world
            .run(["--output", "json", &world.aws.code(&mfa.serial)])
            .succeeded();
        let left = run.json()["remaining_seconds"].as_i64().unwrap();
        assert!((43_190..=43_202).contains(&left), "{left}");
    }
}

#[test]
fn a_date_that_lies_does_not_lead_to_a_signature_of_that_time() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.aws.fault_always("*", Fault::WrongDate(7_200));
    world.run([world.aws.code(&mfa.serial)]).succeeded();
    assert!(
        world
            .aws
            .log()
            .iter()
            .all(|entry| entry.outcome != "SignatureDoesNotMatch")
    );
}

#[test]
fn a_clock_that_cannot_be_corrected_is_explained() {
    // AWS is an hour ahead, but somebody on the way says otherwise: signing again cannot help.
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.aws.set_clock_offset(3_600);
    world.aws.fault_always("*", Fault::WrongDate(-7_200));
    let code = world.aws.code(&mfa.serial);
    world.fails(
        ["--serial-number", &mfa.serial, &code],
        Told(
            5,
            "AWS refuses the signature",
            "",
            "set the clock of this computer",
        ),
    );
}

#[test]
fn a_code_of_a_clock_that_is_off_is_explained_by_that_clock() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.aws.set_clock_offset(-620);
    // What an authenticator on this very computer would show.
    let code = world.aws.code_at(&mfa.serial, 20);
    world.fails(
        [&code],
        Told(
            4,
            "AWS did not accept the code",
            "",
            "it is 10 minutes ahead of AWS's",
        ),
    );
}

#[test]
fn a_date_of_another_age_breaks_nothing() {
    for seconds in [250_000_000_000, -1_500_000_000] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.aws.fault_always("*", Fault::WrongDate(seconds));
        world
            .run(["--output", "json", &world.aws.code(&mfa.serial)])
            .succeeded();
        world.run([] as [&str; 0]).succeeded();
    }
}
