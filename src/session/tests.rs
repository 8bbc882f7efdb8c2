//! Reuse or renew.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::*;
use crate::context::{Clock, Context};
use crate::ini::{Document, Flavor};
use crate::profile::{File, Files, Request, resolve};

const NOW: &str = "2026-11-21T12:00:00Z";
const KEY: &str =
    "[default]\naws_access_key_id = AKIAALICEALICEALICE1\naws_secret_access_key = x\n";
const TEMPORARY: &str =
    "aws_access_key_id = ASIATEMPORARYTEMPO01\naws_secret_access_key = x\naws_session_token = t\n";
const ROLE: &str = "arn:aws:iam::123456789012:role/team/Admin";

fn document(text: &str, flavor: Flavor) -> Document {
    Document::parse(Zeroizing::new(text.into()), flavor).unwrap()
}

fn plan(section: &str, request: Request) -> Plan {
    let context = Context {
        env: std::iter::empty::<(&str, &str)>().collect(),
        home: None,
        clock: Clock::fixed(Timestamp::UNIX_EPOCH),
    };
    let credentials = format!("{KEY}[default-mfa]\n{section}");
    let files = Files {
        config: File {
            path: PathBuf::from("config"),
            document: Document::empty(Flavor::Config),
        },
        credentials: File {
            path: PathBuf::from("credentials"),
            document: document(&credentials, Flavor::Credentials),
        },
    };
    resolve(&context, &files, &request).unwrap()
}

fn decided(section: &str, request: Request, force: bool) -> Result<SignedDuration, Why> {
    let plan = plan(section, request);
    let five_minutes = Duration::from_secs(300);
    decide(&plan, NOW.parse().unwrap(), five_minutes, force).map(|good| good.remaining)
}

fn ours(expiration: &str, marks: &str) -> String {
    format!("{TEMPORARY}expiration = {expiration}\nawsmfa_source = default\n{marks}")
}

fn role(name: &str) -> Request {
    Request {
        role_arn: Some(name.to_owned()),
        ..Request::default()
    }
}

#[test]
fn what_is_good_for_long_enough_is_left_alone() {
    let device = "awsmfa_mfa_serial = 111111111\n";
    let of_role = format!("awsmfa_role_arn = {ROLE}\n");
    let same_device = Request {
        serial_number: Some("111111111".into()),
        ..Request::default()
    };
    let cases = [
        ("2026-11-21T12:05:00Z", "", Request::default(), 300),
        ("2026-11-22T00:00:00Z", "", Request::default(), 43_200),
        ("2026-11-22T00:00:00Z", device, same_device.clone(), 43_200),
        // One that does not say its device.
        ("2026-11-22T00:00:00Z", "", same_device, 43_200),
        ("2026-11-22T00:00:00Z", of_role.as_str(), role(ROLE), 43_200),
        (
            "2026-11-22T00:00:00Z",
            of_role.as_str(),
            role("team/Admin"),
            43_200,
        ),
        (
            "2026-11-21T13:00:00Z",
            "awsmfa_source_key_id = AKIAALICEALICEALICE1\n",
            Request::default(),
            3600,
        ),
    ];
    for (expiration, marks, request, seconds) in cases {
        let remaining = SignedDuration::from_secs(seconds);
        assert_eq!(
            decided(&ours(expiration, marks), request.clone(), false),
            Ok(remaining),
            "{marks}"
        );
        assert_eq!(
            decided(&ours(expiration, marks), request, true),
            Err(Why::Forced)
        );
    }
}

#[test]
fn anything_else_is_renewed_and_says_why() {
    let later = "2026-11-22T00:00:00Z";
    let other_device = Request {
        serial_number: Some("222222222".into()),
        ..Request::default()
    };
    let none = Request::default;
    let good = ours(later, "");
    let cases = [
        ("region = eu-west-1\n".to_owned(), none(), Why::Nothing),
        (TEMPORARY.to_owned(), none(), Why::Foreign),
        (ours("2026-11-21T12:04:59Z", ""), none(), Why::ExpiresSoon),
        (ours("2026-11-21T12:00:00Z", ""), none(), Why::Expired),
        (ours("2026-11-21T21:00:00+09:00", ""), none(), Why::Expired),
        (ours("tomorrow", ""), none(), Why::Damaged),
        (ours("2026-11-23T00:10:01Z", ""), none(), Why::Implausible),
        (ours("9999-01-01T00:00:00Z", ""), none(), Why::Implausible),
        (good.replace("expiration", "expiry"), none(), Why::Damaged),
        (
            good.replace("aws_session_token = t\n", ""),
            none(),
            Why::Damaged,
        ),
        (
            good.replace("aws_secret_access_key = x", "aws_secret_access_key ="),
            none(),
            Why::Damaged,
        ),
        (
            good.replace("source = default", "source = bob"),
            none(),
            Why::OtherSource,
        ),
        (
            good.replace(
                "awsmfa_source = default",
                "awsmfa_credential_source = Environment",
            ),
            none(),
            Why::OtherSource,
        ),
        (
            ours(later, "awsmfa_source_key_id = AKIAOLD\n"),
            none(),
            Why::OtherKey,
        ),
        (good.clone(), role("Admin"), Why::OtherRole),
        (
            ours(later, &format!("awsmfa_role_arn = {ROLE}\n")),
            none(),
            Why::OtherRole,
        ),
        (
            ours(later, &format!("awsmfa_role_arn = {ROLE}\n")),
            role("Admin"),
            Why::OtherRole,
        ),
        (
            ours(later, "awsmfa_mfa_serial = 111111111\n"),
            other_device,
            Why::OtherDevice,
        ),
    ];
    for (section, request, why) in cases {
        assert_eq!(decided(&section, request, false), Err(why), "{section}");
    }
}

#[test]
fn a_section_that_does_not_exist_is_to_be_made() {
    let plan = Plan {
        target: Target::Absent,
        ..plan("", Request::default())
    };
    let decision = decide(&plan, Timestamp::UNIX_EPOCH, Duration::ZERO, false);
    assert_eq!(decision.unwrap_err(), Why::Nothing);
}
