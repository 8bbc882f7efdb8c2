//! `mfa setup`: from nothing to a device that is enabled, in the profile, and signed in with.

use std::fs;

use crate::local_aws::{Fault, Key, Preset, UserHandle};
use crate::pty::Session;
use crate::world::{World, section};

pub(super) const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

/// A user without a device who may look after their own affairs, key under `[default]`.
pub(super) fn newcomer(world: &World, policy: Preset) -> (UserHandle, Key) {
    let user = world.aws.user("alice").policy(policy);
    let key = world.key(&user);
    world.write_credentials(section("default", &key));
    (user, key)
}

/// `mfa setup` on a terminal that is large enough for the QR code.
pub(super) fn setup(world: &World, arguments: &[&str]) -> Session {
    let arguments = ["mfa", "setup"].iter().chain(arguments);
    world.terminal(arguments).size(40, 100).start()
}

/// Types the code of the step before, and then this one's: the app shows the second already, so
/// nobody has to wait for it.
pub(super) fn type_codes(world: &World, session: &mut Session) {
    session.expect("First code: ");
    session.send_line(&world.aws.code_at(SERIAL, -1));
    session.expect("Second code: ");
    session.send_line(&world.aws.code_at(SERIAL, 0));
}

/// Lets AWS's clock go on by a step once the device is enabled, so that the next code is there.
pub(super) fn next_step_after_enabling(world: &World) {
    world.aws.fault("EnableMFADevice", Fault::WrongDate(30));
}

#[test]
fn a_newcomer_is_signed_in_with_a_new_device_that_the_profile_names() {
    let world = World::new();
    newcomer(&world, Preset::DenyWithoutMfa);
    world.write_config("# mine\n[default]\nregion = eu-west-1\n\n[profile other]\n");
    next_step_after_enabling(&world);
    let mut session = setup(&world, &[]);
    session.expect("scan this with an authenticator app:");
    type_codes(&world, &mut session);
    session.expect("is enabled for alice");
    session.expect("Write `mfa_serial` of profile default into");
    session.expect("[y/N] ");
    session.send_line("y");
    session.expect(&format!("MFA code for {SERIAL} (profile default): "));
    session.send_line(&world.aws.code_at(SERIAL, 1));
    session.expect("signed in: [default-mfa] is arn:aws:iam::123456789012:user/alice");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    assert_eq!(
        fs::read_to_string(world.config_path()).unwrap(),
        format!(
            "# mine\n[default]\nregion = eu-west-1\nmfa_serial = {SERIAL}\n\n[profile other]\n"
        )
    );
    assert_eq!(
        world.issued_to("default-mfa").as_deref(),
        Some("arn:aws:iam::123456789012:user/alice")
    );
    assert_eq!(
        world.value("default-mfa", "awsmfa_mfa_serial").as_deref(),
        Some(SERIAL)
    );
}
