//! The way from a profile to the key: roles, chains, our sections, aws-mfa's names.

use std::time::Duration;

use super::super::{Learned, Marks, Origin};
use super::*;

const TEMPORARY: &str = "\
aws_access_key_id = ASIATEMPORARYTEMPO01
aws_secret_access_key = temporary-secret
aws_session_token = temporary-token
";

/// Signs in, writes the section as the command would, and signs in again by its name.
#[track_caller]
fn renewed(world: World<'_>) -> (Plan, Plan) {
    let first = world.plan();
    let credentials = format!("{}\n{}", world.credentials, written(&first));
    let second = World {
        credentials: &credentials,
        env: &[&[("AWS_PROFILE", first.section.value.as_str())], world.env].concat(),
        config: world.config,
        request: Request::default(),
    }
    .plan();
    (first, second)
}

fn written(plan: &Plan) -> String {
    let role = plan
        .roles
        .last()
        .map(|role| role.full_arn("aws", "123456789012"));
    let learned = Learned {
        issued_key_id: "ASIAISSUEDISSUED",
        source_key_id: source_key(plan).unwrap_or(ALICE),
        serial: plan
            .serial
            .as_ref()
            .map_or(Some("987654321"), |serial| Some(serial.value.as_str())),
        role_arn: role.as_deref(),
    };
    let marks: String = plan
        .marks
        .lines(learned)
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect();
    format!(
        "[{}]\n{TEMPORARY}expiration = 2026-11-21T21:04:00Z\n{marks}",
        plan.section.value
    )
}

#[test]
fn a_section_of_ours_is_renewed_by_its_own_name_whatever_made_it() {
    let config = "\
[profile work]
role_arn = arn:aws:iam::123456789012:role/Work
source_profile = default
external_id = from-config
[profile deep]
role_arn = arn:aws:iam::123456789012:role/Deep
source_profile = work
duration_seconds = 1800
[profile self]
role_arn = arn:aws:iam::123456789012:role/Self
source_profile = self
[profile env]
role_arn = arn:aws:iam::123456789012:role/Env
credential_source = Environment
[profile process]
credential_process = /bin/key
";
    let credentials = format!(
        "{KEYS}[self]\naws_access_key_id = {BOB}\naws_secret_access_key = x\n[old-long-term]\naws_access_key_id = {BOB}\naws_secret_access_key = x\naws_mfa_device = 111111111\n"
    );
    let key = [("AWS_ACCESS_KEY_ID", BOB), ("AWS_SECRET_ACCESS_KEY", "x")];
    let flags = |name: Option<&str>| Request {
        profile: name.map(str::to_owned),
        role_arn: Some("Given".into()),
        external_id: Some("ex".into()),
        role_session_name: Some("me".into()),
        duration: Some(Duration::from_secs(1200)),
        ..Request::default()
    };
    let to = |name: &str, section: &str| Request {
        section: Some(section.into()),
        ..profile(name)
    };
    type Case<'a> = (&'a str, Request, &'a [(&'a str, &'a str)]);
    let cases: [Case<'_>; 16] = [
        ("default-mfa", Request::default(), &[]),
        ("default-mfa", flags(None), &[]),
        ("bob-mfa", profile("bob"), &[]),
        ("work-mfa", profile("work"), &[]),
        ("work-mfa", flags(Some("work")), &[]),
        ("deep-mfa", profile("deep"), &[]),
        ("deep-mfa", flags(Some("deep")), &[]),
        ("self-mfa", profile("self"), &[]),
        ("process-mfa", profile("process"), &[]),
        ("today", to("work", "today"), &[]),
        ("old", profile("old"), &[]),
        ("old", flags(Some("old")), &[]),
        ("today", to("old", "today"), &[]),
        ("env-mfa", profile("env"), &key),
        ("default-mfa", Request::default(), &key),
        ("default-mfa", flags(None), &key),
    ];
    for (section, request, env) in cases {
        let told = format!("{section} {request:?}");
        let (first, second) = renewed(World {
            config,
            credentials: &credentials,
            env,
            request,
        });
        assert_eq!(first.section.value, section, "{told}");
        assert_eq!(second.section.value, section, "{told}");
        assert_eq!(second.section.origin.to_string(), "AWS_PROFILE", "{told}");
        assert_eq!(source_name(&second), source_name(&first), "{told}");
        assert_eq!(source_key(&second), source_key(&first), "{told}");
        assert_eq!(second.profile.value, first.profile.value, "{told}");
        let completed: Vec<_> = first
            .roles
            .iter()
            .map(|role| super::super::Role {
                arn: role.full_arn("aws", "123456789012"),
                ..role.clone()
            })
            .collect();
        assert_eq!(second.roles, completed, "{told}");
        let seconds = |plan: &Plan| plan.duration.as_ref().map(|duration| duration.value);
        assert_eq!(seconds(&second), seconds(&first), "{told}");
        assert!(
            matches!(second.target, super::super::Target::Ours(_)),
            "{told}"
        );
        // And so for ever: the second renewal writes what the first did.
        assert_eq!(
            written(&second),
            written(&first).replace("= Given", "= arn:aws:iam::123456789012:role/Given"),
            "{told}"
        );
    }
}

#[test]
fn a_changed_configuration_wins_on_renewal_and_a_flag_stays() {
    let section = |marks: &str| {
        format!(
            "{KEYS}[work-mfa]\n{TEMPORARY}awsmfa_source = default\nawsmfa_for = work\nawsmfa_role_arn = arn:aws:iam::123456789012:role/Old\n{marks}"
        )
    };
    let config = "[profile work]\nrole_arn = arn:aws:iam::123456789012:role/New\nsource_profile = bob\nmfa_serial = 222222222\n";
    let plan = World {
        config,
        credentials: &section("awsmfa_mfa_serial = 111111111\n"),
        request: profile("work-mfa"),
        ..World::default()
    }
    .plan();
    assert_eq!(roles(&plan), ["arn:aws:iam::123456789012:role/New"]);
    assert_eq!(source_name(&plan), "bob");
    assert_eq!(plan.serial.unwrap().value, "222222222");
    let plan = World {
        config,
        credentials: &section("awsmfa_flags = role_arn\n"),
        request: profile("work-mfa"),
        ..World::default()
    }
    .plan();
    assert_eq!(roles(&plan), ["arn:aws:iam::123456789012:role/Old"]);
}

#[test]
fn another_role_on_the_command_line_takes_nothing_that_was_recorded_for_the_old_one() {
    let plan = World {
        credentials: &format!("{KEYS}[x]\n{TEMPORARY}awsmfa_source = default\nawsmfa_flags = role_arn\nawsmfa_role_arn = Old\nawsmfa_external_id = ex\n"),
        request: Request {
            role_arn: Some("New".into()),
            ..profile("x")
        },
        ..World::default()
    }
    .plan();
    assert_eq!(roles(&plan), ["New"]);
    assert_eq!(plan.roles[0].external_id, None);
    assert_eq!(plan.section.value, "x");
}

#[test]
fn the_recorded_device_is_the_last_resort() {
    let credentials = format!(
        "{KEYS}[default-mfa]\n{TEMPORARY}awsmfa_source = default\nawsmfa_mfa_serial = 111111111\n"
    );
    for name in ["default-mfa", "default"] {
        let plan = World {
            credentials: &credentials,
            request: profile(name),
            ..World::default()
        }
        .plan();
        let serial = plan.serial.unwrap();
        assert_eq!(serial.value, "111111111", "{name}");
        assert_eq!(serial.origin, Origin::Section("default-mfa".into()));
    }
    let plan = World {
        credentials: &credentials,
        request: Request {
            section: Some("default-mfa".into()),
            ..profile("bob")
        },
        ..World::default()
    }
    .plan();
    assert_eq!(plan.serial, None, "bob does not have alice's device");
}

#[test]
fn sections_of_ours_that_lead_nowhere_are_told() {
    let ours =
        |name: &str, source: &str| format!("[{name}]\n{TEMPORARY}awsmfa_source = {source}\n");
    World {
        credentials: &format!("{}{}", ours("a", "b"), ours("b", "a")),
        request: profile("a"),
        ..World::default()
    }
    .refused(Kind::Configuration, "in a circle: a → b → a", "[b]");
    World {
        credentials: &ours("a", "gone"),
        request: profile("a"),
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "`[a]` was made from profile `gone`",
        "credentials",
    );
    World {
        credentials: &format!("[a]\n{TEMPORARY}awsmfa_credential_source = Environment\n"),
        request: profile("a"),
        ..World::default()
    }
    .refused(
        Kind::Configuration,
        "from the environment",
        "AWS_ACCESS_KEY_ID",
    );
}

#[test]
fn a_long_term_key_put_into_a_section_of_ours_makes_it_the_persons_again() {
    let plan = World {
        credentials: &format!("{KEYS}[x]\naws_access_key_id = {BOB}\naws_secret_access_key = y\nawsmfa_source = default\n"),
        request: profile("x"),
        ..World::default()
    }
    .plan();
    assert_eq!(source_name(&plan), "x");
    assert_eq!(plan.section.value, "x-mfa");
}

#[test]
fn a_source_profile_that_is_a_section_of_ours_leads_to_the_key_behind_it() {
    let config = "\
[profile admin]
role_arn = arn:aws:iam::123456789012:role/Admin
source_profile = default-mfa
[profile ops]
role_arn = arn:aws:iam::123456789012:role/Ops
source_profile = default
[profile top]
role_arn = arn:aws:iam::123456789012:role/Top
source_profile = ops-mfa
";
    let credentials = format!(
        "{KEYS}[default-mfa]\n{TEMPORARY}awsmfa_source = default\n[ops-mfa]\n{TEMPORARY}awsmfa_source = default\nawsmfa_for = ops\n"
    );
    let at = |name| {
        World {
            config,
            credentials: &credentials,
            request: profile(name),
            ..World::default()
        }
        .plan()
    };
    let admin = at("admin");
    assert_eq!(source_name(&admin), "default");
    assert_eq!(roles(&admin), ["arn:aws:iam::123456789012:role/Admin"]);
    assert_eq!(admin.section.value, "admin-mfa");
    let top = at("top");
    assert_eq!(source_name(&top), "default");
    assert_eq!(
        roles(&top),
        [
            "arn:aws:iam::123456789012:role/Ops",
            "arn:aws:iam::123456789012:role/Top"
        ]
    );
}

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
fn every_mark_that_is_written_is_known_by_name_and_read_back() {
    let marks = Marks {
        issued_key_id: None,
        source: Some("default".into()),
        source_key_id: Some(ALICE.into()),
        profile: Some("work".into()),
        role_arn: Some("arn:aws:iam::123456789012:role/R".into()),
        role_from_flag: true,
        serial: Some("123456789".into()),
        external_id: Some("ex".into()),
        session_name: Some("me".into()),
        duration: Some(Duration::from_secs(900)),
    };
    let lines = marks.lines(Learned {
        issued_key_id: "ASIAISSUEDISSUED",
        source_key_id: ALICE,
        serial: Some("123456789"),
        role_arn: marks.role_arn.as_deref(),
    });
    assert!(lines.iter().all(|(name, _)| Marks::NAMES.contains(name)));
    let text: String = lines
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect();
    let document = Document::parse(
        Zeroizing::new(format!("[x]\n{text}").into_bytes()),
        Flavor::Credentials,
    )
    .unwrap();
    assert_eq!(Marks::read(&document.profile("x").unwrap()), Some(marks));
}

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
