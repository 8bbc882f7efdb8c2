//! Device, duration, region, endpoints: who wins, and what is refused.

use std::path::PathBuf;
use std::time::Duration;

use super::*;

const ROLE: &str = "role_arn = R1\nsource_profile = default\n";

fn with(change: impl FnOnce(&mut Request)) -> Request {
    let mut request = Request::default();
    change(&mut request);
    request
}

#[test]
fn the_device_is_named_by_flag_variable_profile_chain_and_source_in_that_order() {
    let chain = |own: &str, middle: &str, source: &str| {
        format!(
            "[profile top]\nrole_arn = T\nsource_profile = middle\n{own}[profile middle]\nrole_arn = M\nsource_profile = default\n{middle}[default]\n{source}"
        )
    };
    let serial = |digit: u8| format!("mfa_serial = {}\n", digit.to_string().repeat(9));
    let env: &[(&str, &str)] = &[("AWS_MFA_SERIAL", "444444444")];
    let flag = with(|request| request.serial_number = Some("555555555".into()));
    let all = (serial(3), serial(2), serial(1));
    let table = [
        (
            flag.clone(),
            env,
            chain(&all.0, &all.1, &all.2),
            "555555555",
        ),
        (
            Request::default(),
            env,
            chain(&all.0, &all.1, &all.2),
            "444444444",
        ),
        (
            Request::default(),
            &[],
            chain(&all.0, &all.1, &all.2),
            "333333333",
        ),
        (
            Request::default(),
            &[],
            chain("", &all.1, &all.2),
            "222222222",
        ),
        (Request::default(), &[], chain("", "", &all.2), "111111111"),
        (
            Request::default(),
            &[],
            chain("", "mfa_serial =\n", &all.2),
            "111111111",
        ),
    ];
    for (request, env, config, expected) in table {
        let plan = World {
            config: &config,
            credentials: KEYS,
            env,
            request: Request {
                profile: Some("top".into()),
                ..request
            },
        }
        .plan();
        assert_eq!(plan.serial.unwrap().value, expected, "{config}");
    }
}

#[test]
fn a_bad_device_is_refused_where_it_was_named() {
    World {
        credentials: KEYS,
        env: &[("AWS_MFA_SERIAL", "x y")],
        ..World::default()
    }
    .refused(Kind::Configuration, "serial number", "AWS_MFA_SERIAL");
    World {
        config: "[default]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::123456789012:u2f/user/a/k\n",
        credentials: KEYS,
        ..World::default()
    }
    .refused(Kind::Configuration, "cannot make codes", "config:3");
}

#[test]
fn durations_are_held_to_what_aws_grants_before_a_code_is_asked_for() {
    let chain =
        format!("[profile role]\n{ROLE}[profile chained]\nrole_arn = C\nsource_profile = role\n");
    let table = [
        ("default", 899, false),
        ("default", 900, true),
        ("default", 129_600, true),
        ("default", 129_601, false),
        ("role", 899, false),
        ("role", 43_200, true),
        ("role", 43_201, false),
        ("chained", 3600, true),
        ("chained", 3601, false),
    ];
    for (name, seconds, granted) in table {
        let request = Request {
            duration: Some(Duration::from_secs(seconds)),
            ..profile(name)
        };
        let world = World {
            config: &chain,
            credentials: KEYS,
            request,
            ..World::default()
        };
        if granted {
            let duration = Some(Duration::from_secs(seconds));
            let plan = world.plan();
            assert_eq!(
                plan.duration.as_ref().map(|duration| duration.value),
                duration
            );
            if let Some(role) = plan.roles.last() {
                assert_eq!(role.duration, duration);
            }
        } else {
            world.refused(
                Kind::Usage,
                "not a duration that AWS grants",
                "--duration-seconds",
            );
        }
    }
}

#[test]
fn a_configured_duration_is_read_in_both_forms_and_cut_for_a_chain() {
    let at = |name: &str, value: &str| {
        World {
            config: &format!(
                "[profile role]\n{ROLE}duration_seconds = {value}\n[profile chained]\nrole_arn = C\nsource_profile = role\nduration_seconds = {value}\n"
            ),
            credentials: KEYS,
            request: profile(name),
            ..World::default()
        }
        .resolve()
    };
    for (name, value, seconds, warned) in [
        ("role", "7200", 7200, false),
        ("role", "2h", 7200, false),
        ("chained", "2h", 3600, true),
        ("chained", "900", 900, false),
    ] {
        let plan = at(name, value).unwrap();
        assert_eq!(
            plan.duration.unwrap().value.as_secs(),
            seconds,
            "{name} {value}"
        );
        assert_eq!(
            plan.warnings.len(),
            usize::from(warned),
            "{:?}",
            plan.warnings
        );
    }
    for value in ["soon", "13h", "600"] {
        let failure = at("role", value).unwrap_err();
        assert_eq!(failure.kind(), Kind::Configuration, "{value}");
        assert_eq!(failure.place(), Some("config:4"), "{value}");
    }
}

#[test]
fn a_sources_duration_is_not_the_roles() {
    let plan = World {
        config: &format!("[default]\nduration_seconds = 900\n[profile role]\n{ROLE}"),
        credentials: KEYS,
        request: profile("role"),
        ..World::default()
    }
    .plan();
    assert_eq!(plan.duration, None);
}

#[test]
fn flags_about_a_role_need_one() {
    for (request, flag) in [
        (
            with(|request| request.external_id = Some("ex".into())),
            "--external-id",
        ),
        (
            with(|request| request.role_session_name = Some("me".into())),
            "--role-session-name",
        ),
    ] {
        World {
            credentials: KEYS,
            request,
            ..World::default()
        }
        .refused(Kind::Usage, "goes with a role", flag);
    }
}

#[test]
fn what_goes_along_with_a_role_is_held_to_stss_alphabet() {
    let role = |lines: &str| format!("[profile role]\n{ROLE}{lines}\n");
    let long = "x".repeat(65);
    for (lines, granted) in [
        ("external_id = a:/b", true),
        ("external_id = a", false),
        ("external_id = a b", false),
        ("role_session_name = alice@example.com", true),
        ("role_session_name = a", false),
        ("role_session_name = a/b", false),
        (&format!("role_session_name = {long}"), false),
        ("role_arn = arn:aws:s3:::bucket", false),
    ] {
        let config = role(lines);
        let world = World {
            config: &config,
            credentials: KEYS,
            request: profile("role"),
            ..World::default()
        };
        match world.resolve() {
            Ok(_) => assert!(granted, "{lines}"),
            Err(failure) => {
                assert!(!granted, "{lines}: {failure}");
                assert_eq!(failure.place(), Some("config:4"), "{lines}");
            }
        }
    }
}

#[test]
fn endpoints_follow_the_order_of_the_aws_cli() {
    let services = "[services local]\nsts =\n  endpoint_url = http://services:1\n";
    let both = format!("{services}[default]\nservices = local\nendpoint_url = http://profile:1\n");
    let general = ("AWS_ENDPOINT_URL", "http://general:1");
    let of_sts = ("AWS_ENDPOINT_URL_STS", "http://sts:1");
    let ignore = ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let flag = with(|request| request.endpoint_url = Some("http://flag:1".into()));
    let none = Request::default();
    type Case<'a> = (
        &'a Request,
        &'a [(&'a str, &'a str)],
        Option<&'a str>,
        Option<&'a str>,
    );
    let table: [Case<'_>; 7] = [
        (
            &flag,
            &[general, of_sts],
            Some("http://flag:1"),
            Some("http://flag:1"),
        ),
        (
            &none,
            &[general, of_sts],
            Some("http://sts:1"),
            Some("http://general:1"),
        ),
        (
            &none,
            &[of_sts],
            Some("http://sts:1"),
            Some("http://profile:1"),
        ),
        (
            &none,
            &[general],
            Some("http://general:1"),
            Some("http://general:1"),
        ),
        (
            &none,
            &[],
            Some("http://services:1"),
            Some("http://profile:1"),
        ),
        (&none, &[ignore, general], None, None),
        (
            &flag,
            &[ignore],
            Some("http://flag:1"),
            Some("http://flag:1"),
        ),
    ];
    for (request, env, sts, iam) in table {
        let plan = World {
            config: &both,
            credentials: KEYS,
            env,
            request: request.clone(),
        }
        .plan();
        assert_eq!(plan.endpoints.sts.as_deref(), sts, "{env:?}");
        assert_eq!(plan.endpoints.iam.as_deref(), iam, "{env:?}");
    }
}

#[test]
fn endpoint_settings_that_cannot_be_are_refused_at_their_line() {
    for (config, what, place) in [
        (
            "[default]\nendpoint_url = sts.example\n",
            "not the URL",
            "config:2",
        ),
        ("[default]\nservices = gone\n", "does not exist", "config:2"),
        (
            "[default]\nuse_fips_endpoint = yes\n",
            "neither `true` nor `false`",
            "config:2",
        ),
    ] {
        World {
            config,
            credentials: KEYS,
            ..World::default()
        }
        .refused(Kind::Configuration, what, place);
    }
}

#[test]
fn the_way_to_aws_is_taken_from_variables_then_from_the_profile_then_from_its_source() {
    let source = "use_fips_endpoint = true\nuse_dualstack_endpoint = True\nca_bundle = ~/ca.pem\nmfa_process = pass otp aws\n";
    let config =
        format!("[default]\n{source}[profile role]\n{ROLE}use_dualstack_endpoint = false\n");
    let plan = World {
        config: &config,
        credentials: KEYS,
        request: profile("role"),
        ..World::default()
    }
    .plan();
    assert!(plan.endpoints.fips);
    assert!(!plan.endpoints.dual_stack);
    assert_eq!(
        plan.endpoints.ca_bundle,
        Some(PathBuf::from("/home/alice/ca.pem"))
    );
    assert_eq!(plan.mfa_process.unwrap().value.expose(), "pass otp aws");
    let plan = World {
        config: &config,
        credentials: KEYS,
        env: &[
            ("AWS_USE_FIPS_ENDPOINT", "false"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_CA_BUNDLE", "/etc/ca.pem"),
        ],
        request: profile("role"),
    }
    .plan();
    assert!(!plan.endpoints.fips);
    assert!(plan.endpoints.dual_stack);
    assert_eq!(plan.endpoints.ca_bundle, Some(PathBuf::from("/etc/ca.pem")));
}
