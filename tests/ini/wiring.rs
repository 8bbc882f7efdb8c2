//! Role profiles wired and unwired in files as people have them: every byte is as it was.

use std::path::PathBuf;

use awsmfa::context::{Clock, Context, Env};
use awsmfa::ini::Flavor::{Config, Credentials};
use awsmfa::ini::{Amendment, Document, Flavor};
use awsmfa::profile::{Chosen, File, Files, Request, Source, Wiring, resolve, unwire, wire};
use proptest::prelude::*;
use proptest::sample::select;
use zeroize::Zeroizing;

use crate::corpus::SAMPLES;
use crate::sdk;

const CREDENTIALS: &str = "\
[base]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
";

const ROLE: &str = "arn:aws:iam::123456789012:role/Dev";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/alice";

/// Ways to write the lines of a role profile, `EOL` for the line end of the file around it.
const PROFILES: &[&str] = &[
    "[profile wired]EOLrole_arn = ROLEEOLsource_profile = baseEOLmfa_serial = SERIALEOL",
    "[profile wired]EOLmfa_serial=SERIALEOLduration_seconds=7200EOLsource_profile=baseEOLrole_arn=ROLE",
    "[profile wired] # mineEOL; aEOLSource_Profile  =  base  EOL# bEOLROLE_ARN\t=ROLEEOLEOLMFA_SERIAL = SERIALEOL# cEOL",
    "[profile wired]EOL  role_arn = ROLEEOL  source_profile = baseEOL    # cEOL  mfa_serial = SERIAL ; phoneEOLEOL",
    "[profile wired]EOLrole_arn: ROLEEOLsource_profile: baseEOLmfa_serial: SERIALEOL",
    "[profile 'wired']EOLrole_arn = ROLEEOLs3 =EOL  region = us-east-1EOLsource_profile = base",
    "[profile wired]EOLrole_arn = ROLEEOLmfa_serial = SERIALEOL[profile other]EOL[profile wired]EOLsource_profile = baseEOL",
    "[profile wired]EOLrole_arn = ROLEEOLsource_profile = nobodyEOLsource_profile = baseEOLmfa_serial = SERIALEOLmfa_serial = SERIALEOL",
];

fn context() -> Context {
    Context {
        env: Env::default(),
        home: None,
        clock: Clock::system(),
    }
}

fn files(config: &[u8]) -> Option<Files> {
    let file = |name: &str, bytes: &[u8], flavor: Flavor| {
        Some(File {
            path: PathBuf::from(name),
            document: Document::parse(Zeroizing::new(bytes.to_vec()), flavor).ok()?,
        })
    };
    Some(Files {
        config: file("config", config, Config)?,
        credentials: file("credentials", CREDENTIALS.as_bytes(), Credentials)?,
    })
}

fn chosen() -> Chosen {
    Chosen {
        names: vec!["wired".to_owned()],
        all: false,
    }
}

fn amended(files: &Files, wiring: &Wiring) -> Vec<u8> {
    let amendments = wiring.profiles.iter().map(|done| done.amendment.clone());
    let amendments: Vec<Amendment> = amendments.collect();
    let bytes = files.config.document.amend(&amendments);
    bytes.expect("what was planned can be made").to_vec()
}

/// What signing in to the profile means: the key, the roles, the section, the device, how long. Or
/// why it does not.
fn meaning(files: &Files) -> String {
    let request = Request {
        profile: Some("wired".to_owned()),
        ..Request::default()
    };
    let plan = match resolve(&context(), files, &request) {
        Ok(plan) => plan,
        Err(failure) => return failure.what().to_owned(),
    };
    let Source::Profile { name, key, .. } = &plan.source else {
        panic!("another source");
    };
    let (serial, duration) = (
        plan.serial.map(|it| it.value),
        plan.duration.map(|it| it.value),
    );
    let section = &plan.section.value;
    format!(
        "{name} {} {:?} {section} {serial:?} {duration:?}",
        key.id, plan.roles
    )
}

/// Wires the profile, and unwires it again. Nothing, if the file is refused.
fn there_and_back(config: &[u8]) -> Option<Vec<u8>> {
    let before = files(config)?;
    let (base, wiring) = wire(&context(), &before, &chosen()).ok()?;
    assert_eq!(base.section, "base-mfa");
    let amendments = wiring.profiles.iter().map(|done| done.amendment.clone());
    before
        .config
        .document
        .amend(&amendments.collect::<Vec<_>>())
        .ok()?;
    let wired = amended(&before, &wiring);
    let after = files(&wired).expect("it can be read");

    let profile = after.config.document.profile("wired").expect("it is there");
    let source = profile.get("source_profile").expect("it has one");
    assert_eq!(source.text, "base-mfa");
    assert_eq!(profile.assignments("source_profile").count(), 1);
    assert!(profile.get("mfa_serial").is_none());
    let duration = profile.get("duration_seconds");
    assert!(duration.is_none_or(|duration| duration.text.is_empty()));
    assert_eq!(
        meaning(&before),
        meaning(&after),
        "for us it means the same"
    );

    let (_, again) = wire(&context(), &after, &chosen()).expect("it can be wired again");
    assert_eq!(amended(&after, &again), wired, "which changes nothing");
    let undone = unwire(&context(), &after, &chosen()).expect("it can be unwired");
    assert_eq!(amended(&after, &undone), config, "every byte is as it was");
    Some(wired)
}

fn spelled(profile: &str, eol: &str) -> String {
    let named = profile
        .replace("ROLE_ARN", "Role_arn")
        .replace("ROLE", ROLE);
    named
        .replace("MFA_SERIAL", "Mfa_Serial")
        .replace("SERIAL", SERIAL)
        .replace("EOL", eol)
}

#[test]
fn every_file_of_the_corpus_around_every_profile() {
    let mut done = 0;
    for sample in SAMPLES.iter().filter(|sample| sample.flavor == Config) {
        let eol = if sample.bytes.contains(&b'\r') {
            "\r\n"
        } else {
            "\n"
        };
        for profile in PROFILES {
            let profile = spelled(profile, eol);
            let below = [sample.bytes, eol.as_bytes(), profile.as_bytes()].concat();
            let above = [profile.as_bytes(), eol.as_bytes(), sample.bytes].concat();
            for config in [below, above] {
                done += usize::from(there_and_back(&config).is_some());
            }
        }
    }
    assert!(done > 150, "{done} files");
}

#[test]
fn the_profiles_themselves_are_wired_whatever_ends_their_lines() {
    for profile in PROFILES {
        for eol in ["\n", "\r\n", "\r"] {
            for mark in ["", "\u{feff}"] {
                let config = format!("{mark}{}", spelled(profile, eol));
                let wired = there_and_back(config.as_bytes());
                assert!(wired.is_some(), "{config:?}");
            }
        }
    }
}

#[test]
fn an_sdk_reads_the_session_as_the_source_and_no_device() {
    let tidy = spelled(PROFILES[1], "\n");
    let wired = there_and_back(tidy.as_bytes()).unwrap();
    let read = sdk::read(&wired, Config).unwrap();
    let profile = read.get_profile("wired").unwrap();
    assert_eq!(profile.get("source_profile"), Some("base-mfa"));
    assert_eq!(profile.get("mfa_serial"), None);
    assert_eq!(profile.get("duration_seconds"), None);
    assert_eq!(profile.get("role_arn"), Some(ROLE));
}

fn line() -> impl Strategy<Value = String> {
    let keys = &[
        "role_arn",
        "source_profile",
        "mfa_serial",
        "duration_seconds",
        "region",
        "Role_ARN",
    ][..];
    let values = &["ROLE", "base", "SERIAL", "base", "7200", "x", ""][..];
    let shapes = &[
        "K = V",
        "K=V",
        "K : V",
        "  K = V",
        "K = V # c",
        "K = VEOL  more",
        "# K = V",
        "",
        "  # c",
    ][..];
    (select(keys), select(values), select(shapes)).prop_map(|(key, value, shape)| {
        // Most lines make sense.
        let fitting = match key {
            "role_arn" | "Role_ARN" => "ROLE",
            "source_profile" => "base",
            "mfa_serial" => "SERIAL",
            _ => value,
        };
        let value = if value == "x" { value } else { fitting };
        format!("{}EOL", shape.replace('K', key).replace('V', value))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_profiles_are_wired_and_unwired_or_refused(
        mut lines in proptest::collection::vec(line(), 0..6),
        eol in select(&["\n", "\r\n"][..]),
        end in any::<bool>(),
    ) {
        lines.insert(0, "[profile wired]EOLrole_arn = ROLEEOLsource_profile = baseEOL".to_owned());
        let mut config = lines.concat().replace("ROLEEOL", &format!("{ROLE}EOL")).replace("ROLE", ROLE);
        config = config.replace("SERIAL", SERIAL).replace("EOL", eol);
        if !end {
            config.truncate(config.trim_end().len());
        }
        there_and_back(config.as_bytes());
    }
}
