//! Sections of ours that are named before they are there.

use super::ours::renewed;
use super::*;

#[test]
fn a_section_named_before_it_is_there_means_the_profile_that_will_write_it() {
    let config = "\
[profile work]
role_arn = arn:aws:iam::123456789012:role/Work
source_profile = default
[profile dev]
role_arn = arn:aws:iam::123456789012:role/Dev
source_profile = default
awsmfa_profile = session
[profile default-mfa]
region = eu-west-1
";
    for (named, signed_in_to, role) in [
        (
            "work-mfa",
            "work",
            Some("arn:aws:iam::123456789012:role/Work"),
        ),
        ("session", "dev", Some("arn:aws:iam::123456789012:role/Dev")),
        ("default-mfa", "default", None),
    ] {
        for (env, request) in [
            (&[("AWS_PROFILE", named)][..], Request::default()),
            (&[], profile(named)),
        ] {
            let world = World {
                config,
                credentials: KEYS,
                env,
                request,
            };
            let plan = world.plan();
            assert_eq!(plan.profile.value, signed_in_to, "{named}");
            assert_eq!(plan.section.value, named);
            assert_eq!(roles(&plan), Vec::from_iter(role), "{named}");
            let (first, second) = renewed(world);
            assert_eq!(first.section.value, second.section.value);
            assert_eq!(first.profile.value, second.profile.value);
        }
    }
    let chained = World {
        config: "[profile top]\nrole_arn = Top\nsource_profile = default-mfa\n",
        credentials: KEYS,
        request: profile("top"),
        ..World::default()
    }
    .plan();
    assert_eq!(source_name(&chained), "default");
    assert_eq!(chained.section.value, "top-mfa");
}

#[test]
fn what_signs_in_by_itself_is_never_taken_for_a_section_that_is_not_there_yet() {
    let plan = World {
        credentials: &KEYS.replace("[bob]", "[default-mfa]"),
        request: profile("default-mfa"),
        ..World::default()
    }
    .plan();
    assert_eq!(source_name(&plan), "default-mfa");
    assert_eq!(plan.section.value, "default-mfa-mfa");
    World {
        config: "[profile default-mfa]\nsso_session = company\n",
        credentials: KEYS,
        request: profile("default-mfa"),
        ..World::default()
    }
    .refused(Kind::Configuration, "IAM Identity Center", "config:2");
    World {
        config: "[default]\nawsmfa_profile = session\n",
        credentials: KEYS,
        request: profile("default-mfa"),
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "no profile `default-mfa`",
        "config, credentials",
    );
    World {
        config: "[default]\nawsmfa_profile = session\n[profile bob]\nawsmfa_profile = session\n",
        credentials: KEYS,
        request: profile("session"),
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "both profile `default` and profile `bob` write it",
        "config:2",
    );
}
