//! The corpus: byte for byte through the document, and through edits of sections it does not
//! have.

use awsmfa::ini::{Change, Document, Flavor, is_safe_section};
use zeroize::Zeroizing;

use crate::corpus::SAMPLES;
use crate::invariants;
use crate::sdk;

const SESSION: &[(&str, &str)] = &[
    ("aws_access_key_id", "ASIAQQQQQQQQQEXAMPLE"),
    ("aws_secret_access_key", "q/w+e="),
    ("aws_session_token", "FwoGZXIvYXdzE//+=="),
    ("expiration", "2026-11-21T21:04:00Z"),
];

#[test]
fn the_corpus_is_large_enough_to_mean_something() {
    assert!(SAMPLES.len() >= 45, "{}", SAMPLES.len());
}

#[test]
fn every_sample_survives_byte_for_byte() {
    for sample in SAMPLES {
        let bytes = Zeroizing::new(sample.bytes.to_vec());
        let document = Document::parse(bytes, sample.flavor).unwrap();
        assert_eq!(document.bytes(), sample.bytes, "{}", sample.name);
        let names: Vec<&str> = document.profile_names().collect();
        for name in names.into_iter().chain(["not-there"]) {
            let nothing = Change {
                section: name,
                set: &[],
                remove: &["not_there"],
            };
            if let Ok(bytes) = document.edit(&nothing) {
                assert_eq!(bytes[..], *sample.bytes, "{}: {name}", sample.name);
            }
        }
    }
}

#[test]
fn a_new_section_comes_after_the_unchanged_bytes() {
    for sample in SAMPLES {
        let change = Change {
            section: "new-mfa",
            set: SESSION,
            remove: &["aws_security_token"],
        };
        let after = invariants::check(sample.bytes, sample.flavor, &change).unwrap();
        assert!(after.starts_with(sample.bytes), "{}", sample.name);
        let added = String::from_utf8(after[sample.bytes.len()..].to_vec()).unwrap();
        let lines: Vec<&str> = added
            .split(['\r', '\n'])
            .filter(|line| !line.is_empty())
            .collect();
        let header = match sample.flavor {
            Flavor::Config => "[profile new-mfa]",
            Flavor::Credentials => "[new-mfa]",
        };
        assert_eq!(lines[0], header, "{}", sample.name);
        assert_eq!(lines.len(), 1 + SESSION.len(), "{}", sample.name);
    }
}

#[test]
fn every_profile_of_every_sample_can_be_edited_or_says_why_not() {
    let mut edited = 0;
    for sample in SAMPLES {
        let bytes = Zeroizing::new(sample.bytes.to_vec());
        let document = Document::parse(bytes, sample.flavor).unwrap();
        for name in document.profile_names() {
            let change = Change {
                section: name,
                set: SESSION,
                remove: &["aws_security_token"],
            };
            match document.edit(&change) {
                Err(refused) => assert!(!refused.reason.is_empty()),
                Ok(_) => {
                    let after = invariants::check(sample.bytes, sample.flavor, &change).unwrap();
                    agrees_with_the_sdk(sample.name, sample.bytes, &after, sample.flavor, name);
                    edited += 1;
                }
            }
        }
    }
    assert!(edited > 60, "{edited}");
}

/// Where the SDK can read the file before the edit it can read it afterwards, sees what was
/// written, and sees every other profile as before.
fn agrees_with_the_sdk(sample: &str, before: &[u8], after: &[u8], flavor: Flavor, edited: &str) {
    let Some(before) = sdk::read(before, flavor) else {
        return;
    };
    let after = sdk::read(after, flavor).expect(sample);
    match after.get_profile(edited) {
        // A name with a space, say, which it does not read.
        None => assert!(!is_safe_section(edited), "{sample}: {edited}"),
        Some(profile) => {
            for (key, value) in SESSION {
                assert_eq!(profile.get(key), Some(*value), "{sample}: {key}");
            }
        }
    }
    for name in before.profiles().filter(|name| *name != edited) {
        assert_eq!(
            before.get_profile(name),
            after.get_profile(name),
            "{sample}: {name}"
        );
    }
}

/// `warnings` promises to say when a whole file is refused; the SDK is asked whether it is.
#[test]
fn a_file_the_sdk_refuses_has_a_warning_that_says_so_and_no_other_has() {
    for sample in SAMPLES {
        let bytes = Zeroizing::new(sample.bytes.to_vec());
        let warnings = Document::parse(bytes, sample.flavor).unwrap().warnings();
        let warned = warnings.iter().any(|warning| warning.text.contains("SDK"));
        let refused = sdk::read(sample.bytes, sample.flavor).is_none();
        let misread = warnings
            .iter()
            .any(|warning| warning.text.contains("misread"));
        assert_eq!(warned, refused || misread, "{}: {warnings:?}", sample.name);
    }
}
