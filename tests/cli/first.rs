//! The main job, end to end.

use crate::world::World;

#[test]
fn a_code_becomes_a_section_and_every_other_byte_stays() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let before = world.credentials();
    let run = world
        .run(["--token-code", &world.aws.code(&mfa.serial)])
        .succeeded();
    assert_eq!(run.stdout, "");
    let after = world.credentials();
    assert!(after.starts_with(&before), "{after}");
    assert!(
        after[before.len()..].starts_with("\n[default-mfa]\n"),
        "{after}"
    );
    let owner = world.issued_to("default-mfa");
    assert_eq!(
        owner.as_deref(),
        Some("arn:aws:iam::123456789012:user/alice")
    );
}
