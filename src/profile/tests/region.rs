//! The region: who names it, and whose the line is that a section has.

use super::*;
use crate::profile::RegionLine;
use crate::profile::RegionLine::{Missing, Ours, Theirs};

const ROLE: &str = "role_arn = R1\nsource_profile = default\n";

fn with(change: impl FnOnce(&mut Request)) -> Request {
    let mut request = Request::default();
    change(&mut request);
    request
}

#[test]
fn the_region_is_named_by_flag_variables_profile_and_source_in_that_order() {
    let env = [
        ("AWS_REGION", "eu-west-2"),
        ("AWS_DEFAULT_REGION", "eu-west-3"),
    ];
    let own =
        format!("[profile role]\n{ROLE}region = eu-north-1\n[default]\nregion = eu-south-1\n");
    let sources = format!("[profile role]\n{ROLE}[default]\nregion = eu-south-1\n");
    let flag = with(|request| request.region = Some("eu-west-1".into()));
    let none = Request::default();
    let table = [
        (
            &flag,
            &env[..],
            own.as_str(),
            Some("eu-west-1"),
            Some("eu-north-1"),
        ),
        (&none, &env[..], &own, Some("eu-west-2"), Some("eu-north-1")),
        (
            &none,
            &env[1..],
            &own,
            Some("eu-west-3"),
            Some("eu-north-1"),
        ),
        (&none, &[], &own, Some("eu-north-1"), Some("eu-north-1")),
        (&none, &[], &sources, Some("eu-south-1"), Some("eu-south-1")),
        (&none, &[], "", None, None),
    ];
    for (request, env, config, region, to_write) in table {
        let role = format!("[profile role]\n{ROLE}");
        let plan = World {
            config: if config.is_empty() { &role } else { config },
            credentials: KEYS,
            env,
            request: Request {
                profile: Some("role".into()),
                ..request.clone()
            },
        }
        .plan();
        assert_eq!(plan.region.map(|region| region.value).as_deref(), region);
        assert_eq!(plan.region_to_write.as_deref(), to_write);
    }
}

#[test]
fn a_section_for_which_the_config_file_has_a_region_is_given_none() {
    let plan = World {
        config: "[default]\nregion = eu-west-1\n[profile default-mfa]\nregion = us-east-1\n",
        credentials: KEYS,
        ..World::default()
    }
    .plan();
    assert_eq!(plan.region_to_write, None);
    assert_eq!(plan.region.unwrap().value, "eu-west-1");
}

#[test]
fn a_region_is_ours_while_it_says_what_its_mark_says() {
    for (lines, whose) in [
        ("", Missing),
        ("awsmfa_region = eu-west-1\n", Missing),
        ("region = eu-west-1\n", Theirs),
        ("region = eu-west-1\nawsmfa_region = eu-west-1\n", Ours),
        ("region = eu-west-2\nawsmfa_region = eu-west-1\n", Theirs),
        (
            "region = eu-west-2\nregion = eu-west-1\nawsmfa_region = eu-west-1\n",
            Theirs,
        ),
    ] {
        let bytes = format!("[default-mfa]\n{lines}").into_bytes();
        let document = Document::parse(Zeroizing::new(bytes), Flavor::Credentials).unwrap();
        let section = document.profile("default-mfa").unwrap();
        assert_eq!(RegionLine::of(&section), whose, "{lines}");
    }
}

#[test]
fn a_region_of_ours_does_not_answer_for_the_profile() {
    for (config, region) in [
        ("", Some("eu-south-1")),
        ("[profile work]\nregion = eu-north-1\n", Some("eu-north-1")),
    ] {
        let plan = World {
            config,
            credentials: "[work-long-term]\naws_access_key_id = AKIAALICEALICEALICE1\n\
                          aws_secret_access_key = alice-secret\nregion = eu-south-1\n\
                          [work]\naws_access_key_id = ASIATEMPORARYTEMPO01\n\
                          awsmfa_source = work-long-term\n\
                          region = eu-west-1\nawsmfa_region = eu-west-1\n",
            request: with(|request| request.profile = Some("work".into())),
            ..World::default()
        }
        .plan();
        assert_eq!(plan.section.value, "work");
        assert_eq!(plan.region.map(|region| region.value).as_deref(), region);
    }
}
