//! Role profiles wired to the session of their source, also by hand, and what becomes of the lines.

use super::super::wire::{Chosen, Wiring, unwire, wire};
use super::*;

const DEV: &str = "\
[profile dev]
role_arn = arn:aws:iam::123456789012:role/Dev
source_profile = default
mfa_serial = arn:aws:iam::123456789012:mfa/alice
";

const WIRED: &str = "\
[profile dev]
role_arn = arn:aws:iam::123456789012:role/Dev
source_profile = default-mfa
awsmfa_source_profile = default
awsmfa_mfa_serial = arn:aws:iam::123456789012:mfa/alice
";

fn chosen(names: &[&str], all: bool) -> Chosen {
    Chosen {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        all,
    }
}

fn amended(world: &World<'_>, wiring: &Wiring) -> String {
    let amendments: Vec<_> = wiring
        .profiles
        .iter()
        .map(|rewired| rewired.amendment.clone())
        .collect();
    let bytes = world.files().config.document.amend(&amendments);
    String::from_utf8(bytes.expect("it can be amended").to_vec()).expect("it was text")
}

impl World<'_> {
    fn wire(&self, names: &[&str], all: bool) -> Result<(String, String), Failure> {
        let (base, wiring) = wire(&self.context(), &self.files(), &chosen(names, all))?;
        Ok((base.section, amended(self, &wiring)))
    }

    #[track_caller]
    fn wired(&self, names: &[&str]) -> String {
        let wired = self.wire(names, false);
        wired.unwrap_or_else(|failure| panic!("{failure}")).1
    }

    #[track_caller]
    fn unwired(&self, names: &[&str], all: bool) -> (String, Vec<String>) {
        let wiring = unwire(&self.context(), &self.files(), &chosen(names, all));
        let wiring = wiring.unwrap_or_else(|failure| panic!("{failure}"));
        (amended(self, &wiring), wiring.notes)
    }

    #[track_caller]
    fn not_wired(&self, names: &[&str], what: &str, place: Option<&str>) {
        let failure = self.wire(names, false).expect_err("it cannot be wired");
        assert_eq!(failure.kind(), Kind::Configuration, "{failure}");
        assert!(failure.what().contains(what), "{failure}");
        assert_eq!(failure.place(), place, "{failure}");
    }
}

fn with(config: &str) -> World<'_> {
    World {
        config,
        credentials: KEYS,
        ..World::default()
    }
}

#[test]
fn a_profile_is_wired_by_its_name_its_sections_or_a_variable() {
    assert_eq!(with(DEV).wired(&["dev"]), WIRED);
    assert_eq!(with(DEV).wired(&["dev-mfa"]), WIRED);
    let by_variable = World {
        env: &[("AWS_PROFILE", "dev")],
        ..with(DEV)
    };
    assert_eq!(by_variable.wired(&[]), WIRED);
    assert_eq!(with(WIRED).wired(&["dev"]), WIRED, "twice is once");
    for name in ["dev", "dev-mfa"] {
        assert_eq!(with(WIRED).unwired(&[name], false).0, DEV);
    }
    assert_eq!(with(DEV).unwired(&["dev"], false).0, DEV);
}

#[test]
fn a_wired_profile_means_to_us_what_it_meant_before() {
    let signed_in = format!("{KEYS}\n[default-mfa]\n{TEMPORARY}awsmfa_source = default\n");
    for config in [DEV, WIRED] {
        for credentials in [KEYS, &signed_in] {
            let plan = World {
                config,
                credentials,
                request: profile("dev"),
                ..World::default()
            }
            .plan();
            assert_eq!(source_name(&plan), "default");
            assert_eq!(plan.section.value, "dev-mfa");
            assert_eq!(roles(&plan), ["arn:aws:iam::123456789012:role/Dev"]);
            let serial = plan.serial.expect("it is configured");
            assert_eq!(serial.value, "arn:aws:iam::123456789012:mfa/alice");
        }
    }
    // Also where the section has got another name since.
    let renamed = format!("{WIRED}[default]\nawsmfa_profile = session\n");
    let plan = World {
        request: profile("dev"),
        ..with(&renamed)
    }
    .plan();
    assert_eq!(source_name(&plan), "default");
    let rewired = with(&renamed).wired(&["dev"]);
    assert_eq!(rewired, renamed.replace("= default-mfa", "= session"));
    let before = format!("{DEV}[default]\nawsmfa_profile = session\n");
    assert_eq!(with(&rewired).unwired(&["dev"], false).0, before);
}

#[test]
fn the_section_is_the_one_that_signing_in_to_the_source_writes() {
    for (source, credentials, section) in [
        ("bob", KEYS.to_owned(), "bob-mfa"),
        (
            "default-mfa",
            format!("{KEYS}[default-mfa]\n{TEMPORARY}awsmfa_source = default\n"),
            "default-mfa",
        ),
        ("default-mfa", KEYS.to_owned(), "default-mfa"),
        (
            "mine",
            format!("{KEYS}[mine]\n{TEMPORARY}awsmfa_source = default\n"),
            "mine",
        ),
        ("work", KEYS.replace("bob", "work-long-term"), "work"),
    ] {
        let config = DEV.replace("= default", &format!("= {source}"));
        let world = World {
            credentials: &credentials,
            ..with(&config)
        };
        let (found, wired) = world.wire(&["dev"], false).expect("it can be wired");
        assert_eq!(found, section, "{source}");
        assert!(
            wired.contains(&format!("\nsource_profile = {section}\n")),
            "{wired}"
        );
        let unwired = World {
            config: &wired,
            credentials: &credentials,
            ..World::default()
        };
        assert_eq!(unwired.unwired(&["dev"], false).0, config, "{source}");
    }
}

#[test]
fn in_a_chain_the_profile_next_to_the_session_is_wired_and_no_other_asks_for_a_code() {
    let leaf = DEV.replace("dev", "leaf").replace("= default", "= dev");
    let config = format!("{leaf}{DEV}");
    let expected = format!("{}{WIRED}", leaf.replace("mfa_serial", "awsmfa_mfa_serial"));
    for (names, all) in [
        (&["leaf"][..], false),
        (&["leaf", "dev"], false),
        (&[], true),
    ] {
        let (section, wired) = with(&config).wire(names, all).expect("it can be wired");
        assert_eq!((section.as_str(), &wired), ("default-mfa", &expected));
        assert_eq!(with(&wired).unwired(names, all).0, config);
    }
}

#[test]
fn all_are_those_with_the_same_source() {
    let stg = DEV
        .replace("dev", "stg")
        .replace("= default", "= default-mfa");
    let bobs = DEV.replace("dev", "bobs").replace("= default", "= bob");
    let broken = "[profile lost]\nrole_arn = Lost\nsource_profile = nobody\n";
    let config = format!("{DEV}{stg}{bobs}{broken}[profile plain]\nregion = x\n");
    let wired_stg = stg.replace("mfa_serial", "awsmfa_mfa_serial");
    let expected = config.replace(DEV, WIRED).replace(&stg, &wired_stg);
    for names in [
        &[][..],
        &["default"],
        &["dev"],
        &["dev", "stg"],
        &["default-mfa"],
    ] {
        let (_, wired) = with(&config).wire(names, true).expect("it can be wired");
        assert_eq!(wired, expected, "{names:?}");
        assert_eq!(with(&wired).unwired(names, true).0, config, "{names:?}");
    }
    let usage = with(&config)
        .wire(&["dev", "bobs"], false)
        .expect_err("two sources");
    assert_eq!(usage.kind(), Kind::Usage);
    let none = World {
        credentials: &KEYS.replace("bob", "eve"),
        ..with(DEV)
    };
    let none = none.wire(&["eve"], true).expect_err("eve has no roles");
    assert!(none.what().contains("no role profile"), "{none}");
}

#[test]
fn unwiring_needs_neither_key_nor_session() {
    for credentials in ["", "[default-mfa]\nregion = x\n"] {
        for (names, all) in [
            (&["dev"][..], false),
            (&["dev"], true),
            (&["default"], true),
        ] {
            let world = World {
                config: &format!("[default]\nregion = x\n{WIRED}"),
                credentials,
                ..World::default()
            };
            let expected = format!("[default]\nregion = x\n{DEV}");
            assert_eq!(world.unwired(names, all).0, expected, "{names:?}");
        }
    }
    let failure = unwire(
        &with(DEV).context(),
        &with(DEV).files(),
        &chosen(&["nobody"], false),
    );
    assert!(
        failure
            .expect_err("nobody is there")
            .what()
            .contains("`nobody`")
    );
}

#[test]
fn a_duration_that_aws_refuses_to_a_session_goes_and_others_stay() {
    for (seconds, goes) in [
        ("3600", false),
        ("900", false),
        ("3601", true),
        ("43200", true),
        ("2h", true),
    ] {
        let config = format!("{DEV}duration_seconds = {seconds}\n");
        let key = if goes {
            "awsmfa_duration_seconds"
        } else {
            "duration_seconds"
        };
        let expected = format!("{WIRED}{key} = {seconds}\n");
        assert_eq!(with(&config).wired(&["dev"]), expected);
        assert_eq!(with(&expected).unwired(&["dev"], false).0, config);
        let plan = |config| {
            World {
                request: profile("dev"),
                ..with(config)
            }
            .plan()
        };
        let (before, after) = (plan(&config).duration, plan(&expected).duration);
        assert_eq!(
            before.map(|it| it.value),
            after.map(|it| it.value),
            "{seconds}"
        );
    }
}

#[test]
fn what_a_person_has_edited_since_wins_and_nothing_is_lost() {
    let serial = "arn:aws:iam::123456789012:mfa/alice";
    let set = |from: &str, to: &str| WIRED.replace(from, to);
    let theirs = "source_profile = bob\n# awsmfa_source_profile = default\nmfa_serial";
    for (name, edited, expected) in [
        (
            "another key",
            format!("{WIRED}region = x\n"),
            format!("{DEV}region = x\n"),
        ),
        (
            "another source",
            set("= default-mfa", "= bob"),
            DEV.replace("source_profile = default\nmfa_serial", theirs),
        ),
        (
            "the device again",
            format!("{WIRED}mfa_serial = GAHT12345678\n"),
            DEV.replace("mfa_serial", "# awsmfa_mfa_serial") + "mfa_serial = GAHT12345678\n",
        ),
        (
            "our line gone",
            set("source_profile = default-mfa\nawsmfa_s", "awsmfa_s"),
            DEV.to_owned(),
        ),
        (
            "the mark gone",
            set("awsmfa_source_profile = default\n", ""),
            DEV.replace("= default\n", "= default-mfa\n"),
        ),
        (
            "the device forgotten",
            set(&format!("awsmfa_mfa_serial = {serial}\n"), ""),
            DEV.replace(&format!("mfa_serial = {serial}\n"), ""),
        ),
        (
            "a remembered value",
            set("= default\n", "= bob\n").replace("default-mfa", "bob-mfa"),
            DEV.replace("= default", "= bob"),
        ),
        (
            "a note behind our line",
            set("= default-mfa", "= default-mfa ; wired"),
            DEV.replace(
                "source_profile",
                "# source_profile = default-mfa ; wired\nsource_profile",
            ),
        ),
    ] {
        assert_eq!(with(&edited).unwired(&["dev"], false).0, expected, "{name}");
    }
    let edited = set("= default-mfa", "= bob");
    let (_, notes) = with(&edited).unwired(&["dev"], false);
    assert_eq!(notes.len(), 1);
    assert!(
        notes[0].starts_with("config:3: this `source_profile` is newer"),
        "{}",
        notes[0]
    );
    // Wired again, the newer lines are the ones that are remembered.
    let (section, again) = with(&edited)
        .wire(&["dev"], false)
        .expect("it can be wired");
    assert_eq!(section, "bob-mfa");
    let expected = set(
        "source_profile = default-mfa\nawsmfa_source_profile = default\n",
        "source_profile = bob-mfa\nawsmfa_source_profile = bob\n# awsmfa_source_profile = default\n",
    );
    assert_eq!(again, expected);
    let without = set("source_profile = default-mfa\nawsmfa_s", "awsmfa_s");
    assert_eq!(with(&without).wired(&["dev"]), WIRED);
}

#[test]
fn what_cannot_be_wired_is_refused_with_its_line() {
    let own = "[profile bob]\nrole_arn = Dev\n";
    with(own).not_wired(&["bob"], "no other profile as its source", Some("config:1"));
    let itself = format!("{own}source_profile = bob\n");
    with(&itself).not_wired(&["bob"], "no other profile as its source", Some("config:1"));
    let environment = World {
        env: &[
            ("AWS_ACCESS_KEY_ID", ALICE),
            ("AWS_SECRET_ACCESS_KEY", "alice-secret"),
        ],
        ..with("[profile dev]\nrole_arn = Dev\ncredential_source = Environment\n")
    };
    environment.not_wired(&["dev"], "no other profile as its source", Some("config:1"));
    with(DEV).not_wired(&["default"], "`default` has no role_arn", Some("--profile"));
    with(DEV).not_wired(&[], "`default` has no role_arn", None);
    with(DEV).not_wired(
        &["nobody"],
        "no profile `nobody`",
        Some("config, credentials"),
    );
    let elsewhere = World {
        credentials: &format!("{KEYS}{}", DEV.replace("[profile dev]", "[dev]")),
        ..World::default()
    };
    elsewhere.not_wired(
        &["dev"],
        "source_profile in the credentials file",
        Some("credentials:10"),
    );
    let temporary = World {
        credentials: &format!("[default]\n{TEMPORARY}"),
        ..with(DEV)
    };
    temporary.not_wired(
        &["dev"],
        "holds temporary credentials",
        Some("credentials:2"),
    );
}

#[test]
fn a_source_with_a_role_of_its_own_has_the_session_of_its_key_beside_it() {
    let role_of_its_own = format!("{DEV}[default]\nrole_arn = Own\nsource_profile = bob\n");
    let wired = with(&role_of_its_own).wired(&["dev"]);
    let apart = role_of_its_own.replace(DEV, &WIRED.replace("-mfa\n", "-mfa-session\n"));
    assert_eq!(wired, apart);
    assert_eq!(with(&wired).wired(&["dev-mfa"]), wired, "twice is once");
    assert_eq!(with(&wired).unwired(&["dev"], true).0, role_of_its_own);
}
