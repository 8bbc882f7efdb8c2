//! Reports that AWS would not make today: broken ones, and ones with what is not known here.

use std::io::Write;

use crate::credential_report::{auditor, report};
use crate::impostor::{Impostor, read_message};
use crate::local_aws::base64;
use crate::world::World;

/// Somebody who answers for AWS, with this as the report.
fn made(csv: &str) -> Impostor {
    let content = base64::encode(csv.as_bytes());
    Impostor::raw(move |stream, _| {
        while let Some((_, body)) = read_message(stream) {
            let body = String::from_utf8(body).unwrap();
            let (action, result) = match body.contains("Action=GetCredentialReport") {
                true => (
                    "GetCredentialReport",
                    format!(
                        "<Content>{content}</Content><ReportFormat>text/csv</ReportFormat><GeneratedTime>2026-11-21T12:00:00Z</GeneratedTime>"
                    ),
                ),
                false => (
                    "GenerateCredentialReport",
                    "<State>COMPLETE</State>".to_owned(),
                ),
            };
            let xml = format!(
                "<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"
            );
            let length = xml.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all((head + &xml).as_bytes()).unwrap();
        }
    })
}

const TITLES: &str = "user,arn,password_enabled,mfa_active,access_key_1_active,access_key_2_active";

#[test]
fn what_is_no_report_is_told_with_its_line_and_can_be_had_as_it_is() {
    for (csv, line, why) in [
        (
            format!("{TITLES}\nalice,x,true\n"),
            2,
            "it has more or fewer fields",
        ),
        (
            format!("{TITLES}\n\n\"alice\n"),
            3,
            "the quotes of a field are not closed",
        ),
        (
            "user,arn\nalice,x\n".to_owned(),
            1,
            "a column that it must have is missing",
        ),
        (String::new(), 1, "there is nothing in it"),
    ] {
        let mut world = World::new();
        auditor(&world);
        world.set("AWS_ENDPOINT_URL", &made(&csv).url());
        for output in ["text", "json"] {
            let run = report(&world, &["--output", output])
                .failed(5, &format!("the report cannot be understood: {why}"));
            run.said(&format!("at: line {line} of the report"))
                .said("next: `--output csv` prints it as it is");
            assert_eq!(run.stdout, "");
        }
        let run = report(&world, &["--output", "csv"]).succeeded();
        assert_eq!(run.stdout, csv);
    }
}

#[test]
fn columns_of_the_future_are_kept_and_foreign_text_cannot_steer_the_terminal() {
    let mut world = World::new();
    auditor(&world);
    let csv = format!(
        "{TITLES},of_tomorrow\r\n\"alice\",\"x\",true,false,false,false,\"a \"\"b\"\",\u{1b}[2J\"\r\n"
    );
    world.set("AWS_ENDPOINT_URL", &made(&csv).url());
    let users = report(&world, &["--output", "json"]).succeeded().json();
    assert_eq!(
        users["users"][0]["columns"]["of_tomorrow"],
        "a \"b\",\u{1b}[2J"
    );
    assert_eq!(
        users["users"][0]["verdict"],
        "a password without MFA; password never used"
    );
    let run = report(&world, &["--no-mfa", "--output", "csv"]);
    assert_eq!((run.code, run.stdout), (8, csv));
    let evil = format!("{TITLES}\n\u{1b}[2Jalice,x,true,false,false,false\n");
    world.set("AWS_ENDPOINT_URL", &made(&evil).url());
    let run = report(&world, &[]).succeeded();
    assert!(run.stdout.contains("\\u{1b}[2Jalice"), "{}", run.stdout);
}

/// As an organization leaves the root user of a member account.
#[test]
fn a_root_user_without_credentials_needs_no_mfa() {
    for (password, key, code) in [
        ("false", "false", 0),
        ("FALSE", "false", 0),
        ("false", "true", 8),
        ("not_supported", "false", 8),
        ("true", "false", 8),
    ] {
        let mut world = World::new();
        auditor(&world);
        let csv = format!("{TITLES}\n<root_account>,x,{password},false,{key},false\n");
        world.set("AWS_ENDPOINT_URL", &made(&csv).url());
        let run = report(&world, &["--no-mfa"]);
        assert_eq!(run.code, code, "{password} {key}: {}", run.stderr);
        let all = report(&world, &[]).succeeded();
        let told = all.stdout.contains("<root_account>  -  ");
        assert_eq!(
            told,
            password.eq_ignore_ascii_case("false"),
            "{}",
            all.stdout
        );
    }
}
