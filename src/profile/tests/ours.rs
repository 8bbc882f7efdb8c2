//! Sections of ours: what is written into them, and what it takes to be renewed by their name.

use std::time::Duration;

use super::super::{Learned, Marks, Origin};
use super::*;

/// Signs in, writes the section as the command would, and signs in again by its name.
#[track_caller]
pub(super) fn renewed(world: World<'_>) -> (Plan, Plan) {
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
        source_key_id: Some(source_key(plan).unwrap_or(ALICE)),
        user_arn: None,
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
        "[a] was made from profile `gone`",
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
fn every_mark_that_is_written_is_known_by_name_and_read_back() {
    let marks = Marks {
        issued_key_id: None,
        source: Some("default".into()),
        source_key_id: Some(ALICE.into()),
        profile: Some("work".into()),
        user_arn: Some("arn:aws:iam::123456789012:user/team/alice".into()),
        role_arn: Some("arn:aws:iam::123456789012:role/R".into()),
        role_from_flag: true,
        serial: Some("123456789".into()),
        external_id: Some("ex".into()),
        session_name: Some("me".into()),
        duration: Some(Duration::from_secs(900)),
    };
    let lines = marks.lines(Learned {
        issued_key_id: "ASIAISSUEDISSUED",
        source_key_id: Some(ALICE),
        user_arn: marks.user_arn.as_deref(),
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
