//! The way from a profile to the key: roles, chains, aws-mfa's names.

use std::time::Duration;

use super::*;

#[test]
fn aws_mfas_convention_gives_source_section_device_and_role() {
    let long_term = format!(
        "[work-long-term]\naws_access_key_id = {BOB}\naws_secret_access_key = x\naws_mfa_device = arn:aws:iam::123456789012:mfa/bob\n"
    );
    let foreign = format!(
        "[work]\nassumed_role = False\n{TEMPORARY}aws_security_token = t\nexpiration = 2026-11-21 20:00:00\n"
    );
    let config = "[profile work]\nregion = eu-west-1\n";
    for credentials in [long_term.clone(), format!("{long_term}{foreign}")] {
        let plan = World {
            config,
            credentials: &credentials,
            request: profile("work"),
            ..World::default()
        }
        .plan();
        assert_eq!(plan.profile.value, "work");
        assert_eq!(source_name(&plan), "work-long-term");
        assert_eq!(plan.section.value, "work");
        assert_eq!(
            plan.serial.unwrap().value,
            "arn:aws:iam::123456789012:mfa/bob"
        );
        assert_eq!(plan.region.unwrap().value, "eu-west-1");
        assert_eq!(plan.region_to_write, None, "the profile has it already");
        assert!(!matches!(plan.target, super::super::Target::Foreign { .. }));
    }
    let with_role = format!("{long_term}assume_role = arn:aws:iam::123456789012:role/Admin\n");
    let plan = World {
        credentials: &with_role,
        request: profile("work"),
        ..World::default()
    }
    .plan();
    assert_eq!(roles(&plan), ["arn:aws:iam::123456789012:role/Admin"]);
    let as_source = World {
        config: "[profile top]\nrole_arn = Top\nsource_profile = work\n",
        credentials: &format!("{with_role}{foreign}"),
        request: profile("top"),
        ..World::default()
    }
    .plan();
    assert_eq!(
        roles(&as_source),
        ["Top"],
        "a source lends its key, not its role"
    );
    assert_eq!(source_name(&as_source), "work-long-term");
    assert_eq!(as_source.section.value, "top-mfa");
}

#[test]
fn a_chain_is_walked_to_its_key_and_its_roles_come_in_the_order_they_are_assumed() {
    let plan = World {
        config: "\
[profile c]
role_arn = C
source_profile = b
external_id = for-c
role_session_name = name-c
mfa_serial = 333333333
[profile b]
role_arn = B
source_profile = a
external_id = for-b
mfa_serial = 222222222
[profile a]
role_arn = A
source_profile = bob
[profile bob]
role_arn = not-for-a-source
",
        credentials: KEYS,
        request: profile("c"),
        ..World::default()
    }
    .plan();
    let hour = Some(Duration::from_secs(3600));
    let told: Vec<_> = plan
        .roles
        .iter()
        .map(|role| {
            (
                role.arn.as_str(),
                role.profile.as_deref().unwrap(),
                role.external_id.as_deref(),
                role.session_name.as_deref(),
                role.duration,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("A", "a", None, None, hour),
            ("B", "b", Some("for-b"), None, hour),
            ("C", "c", Some("for-c"), Some("name-c"), None),
        ]
    );
    assert_eq!(source_name(&plan), "bob");
    assert_eq!(plan.serial.unwrap().value, "333333333");
    assert_eq!(plan.marks.source.as_deref(), Some("bob"));
    assert_eq!(plan.marks.profile.as_deref(), Some("c"));
}

#[test]
fn a_profile_may_be_its_own_source_or_need_none_when_it_holds_a_key() {
    for source in ["source_profile = bob\n", ""] {
        let plan = World {
            config: &format!("[profile bob]\nrole_arn = B\n{source}"),
            credentials: KEYS,
            request: profile("bob"),
            ..World::default()
        }
        .plan();
        assert_eq!(roles(&plan), ["B"], "{source:?}");
        assert_eq!(source_name(&plan), "bob");
        assert_eq!(plan.section.value, "bob-mfa");
    }
}

#[test]
fn a_circle_of_sources_is_told_with_the_way() {
    let world = World {
        config: "\
[profile x]
role_arn = X
source_profile = a
[profile a]
role_arn = A
source_profile = b
[profile b]
role_arn = B
source_profile = a
",
        credentials: KEYS,
        request: profile("x"),
        ..World::default()
    };
    world.refused(Kind::Configuration, "in a circle: a → b → a", "config:9");
}

#[test]
fn a_chain_of_a_thousand_is_walked_and_a_circle_of_a_thousand_is_told() {
    let link = |number: usize, source: &str| {
        format!("[profile p{number}]\nrole_arn = R{number}\nsource_profile = {source}\n")
    };
    let mut config: String = (0..999)
        .map(|number| link(number, &format!("p{}", number + 1)))
        .collect();
    let at = |config: &str| {
        World {
            config,
            credentials: KEYS,
            request: profile("p0"),
            ..World::default()
        }
        .resolve()
    };
    let plan = at(&format!("{config}{}", link(999, "default"))).unwrap();
    assert_eq!(plan.roles.len(), 1000);
    assert_eq!(plan.roles[0].arn, "R999");
    config.push_str(&link(999, "p0"));
    let failure = at(&config).unwrap_err();
    assert!(failure.what().contains("p0 → p1"), "{failure}");
    assert!(failure.what().len() < 200, "{failure}");
}

#[test]
fn a_role_on_the_command_line_replaces_the_profiles_and_keeps_the_way_to_it() {
    let config = "[profile work]\nrole_arn = Old\nsource_profile = bob\nexternal_id = ex\n";
    let at = |name: &str| {
        World {
            config,
            credentials: KEYS,
            request: Request {
                role_arn: Some("New".into()),
                ..profile(name)
            },
            ..World::default()
        }
        .plan()
    };
    let (work, plain) = (at("work"), at("default"));
    assert_eq!((roles(&work), source_name(&work)), (vec!["New"], "bob"));
    assert_eq!(work.roles[0].external_id.as_deref(), Some("ex"));
    assert_eq!(
        (roles(&plain), source_name(&plain)),
        (vec!["New"], "default")
    );
    assert_eq!(plain.section.value, "default-mfa");
}

#[test]
fn temporary_keys_of_the_environment_may_assume_a_role_whose_profile_says_so() {
    let plan = World {
        config: "[profile env]\nrole_arn = R1\ncredential_source = Environment\n",
        env: &[
            ("AWS_ACCESS_KEY_ID", "ASIATEMPORARYTEMPO01"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("AWS_SESSION_TOKEN", "t"),
        ],
        request: profile("env"),
        ..World::default()
    }
    .plan();
    assert!(matches!(&plan.source, Source::Environment { key } if key.is_temporary()));
    assert_eq!(plan.marks.profile.as_deref(), Some("env"));
}

#[test]
fn the_base_is_the_end_of_the_way_by_the_name_that_one_signs_in_with() {
    let long_term =
        format!("{KEYS}[work-long-term]\naws_access_key_id = {BOB}\naws_secret_access_key = x\n");
    let ours = format!("{KEYS}[today]\n{TEMPORARY}awsmfa_source = bob\n");
    for (config, credentials, base) in [
        ("", KEYS, Some("bob")),
        ("role_arn = Top\nsource_profile = bob\n", KEYS, Some("bob")),
        (
            "role_arn = Top\nsource_profile = mid\n[profile mid]\nrole_arn = Mid\nsource_profile = default\n",
            KEYS,
            Some("default"),
        ),
        (
            "role_arn = Top\nsource_profile = today\n",
            &ours,
            Some("bob"),
        ),
        (
            "role_arn = Top\nsource_profile = bob-mfa\n",
            KEYS,
            Some("bob"),
        ),
        (
            "role_arn = Top\nsource_profile = work\n",
            &long_term,
            Some("work"),
        ),
        (
            "role_arn = Top\nsource_profile = work-long-term\n",
            &long_term,
            Some("work"),
        ),
        (
            "role_arn = Top\ncredential_source = Environment\n",
            KEYS,
            None,
        ),
    ] {
        let name = if config.is_empty() { "bob" } else { "top" };
        let plan = World {
            config: &format!("[profile top]\n{config}"),
            credentials,
            env: &[
                ("AWS_ACCESS_KEY_ID", ALICE),
                ("AWS_SECRET_ACCESS_KEY", "alice-secret"),
            ],
            request: profile(name),
        }
        .plan();
        assert_eq!(plan.base.as_deref(), base, "{config}");
    }
}
