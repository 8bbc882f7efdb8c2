//! What there is, how long it is good for, and the answer for scripts.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::local_aws::{ACCOUNT, Mfa, Trust, UserHandle};
use crate::one_code::user_with_roles;
use crate::world::{NOTHING, World};

const KEYS: &str = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
    aws_secret_access_key = what-another-tool-wrote\n\
    aws_session_token = what-another-tool-wrote\n";

fn in_minutes(minutes: i64) -> String {
    let time = Timestamp::now() + minutes.minutes();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A section of temporary keys that ends with this line.
fn temporary(name: &str, line: &str) -> String {
    format!("\n[{name}]\n{KEYS}{line}\n")
}

/// The columns of a table, by their first cell.
#[track_caller]
fn row<'t>(table: &'t str, section: &str) -> Vec<&'t str> {
    let rows = table.lines().map(|line| {
        let cells = line.split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    });
    let mut found = rows.filter(|row| row[0] == section);
    found
        .next()
        .unwrap_or_else(|| panic!("no {section} in\n{table}"))
}

#[test]
fn every_section_with_temporary_keys_is_listed_whoever_wrote_it() {
    let world = World::new();
    let (user, key, mfa) = world.default_user("alice");
    let role = world
        .aws
        .role("team/Admin")
        .trusts(Trust::new(&user.arn).mfa());
    world.sign_in(&mfa, ["-d", "2h"]).succeeded();
    world
        .sign_in(
            &mfa,
            ["--role-arn", &role.arn, "--to", "admin", "--no-session"],
        )
        .succeeded();
    let foreign = [
        temporary(
            "saml",
            &format!("x_security_token_expires = {}", in_minutes(90)),
        ),
        temporary("old", "expiration = 2020-01-01T00:00:00Z"),
        temporary("who-knows", "region = eu-west-1"),
        format!("\n[half]\n{}\n", &KEYS[..40]),
        format!(
            "\n[other]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            key.id, key.secret
        ),
    ];
    world.write_credentials(world.credentials() + &foreign.concat());
    world.aws.clear_log();
    let (before, names) = (world.credentials(), world.names());
    let run = world.run(["status"]).succeeded();
    assert_eq!(run.stderr, "");
    let table = run.stdout.as_str();
    assert!(table.starts_with("SECTION "), "{table}");
    assert!(table.is_ascii() && !table.contains('\u{1b}'), "{table}");
    let cells = |section| row(table, section);
    let left = |section| cells(section)[3];
    assert_eq!(cells("default-mfa")[..3], ["default-mfa", "default", "-"]);
    assert!(
        ["2 h", "1 h 59 min"].contains(&left("default-mfa")),
        "{table}"
    );
    let short = format!("{ACCOUNT}:role/team/Admin");
    assert_eq!(cells("admin")[..3], ["admin", "default", short.as_str()]);
    assert_eq!(cells("saml")[..3], ["saml", "(another tool)", "-"]);
    assert!(
        ["1 h 30 min", "1 h 29 min"].contains(&left("saml")),
        "{table}"
    );
    assert!(
        left("old").starts_with("expired ") && left("old").ends_with(" ago"),
        "{table}"
    );
    assert_eq!(left("who-knows"), "unknown");
    assert_eq!(left("half"), "damaged");
    assert_eq!(left("other-mfa"), "not signed in: awsmfa -p other");
    assert_eq!(table.lines().count(), 8, "{table}");
    assert_eq!(world.aws.log().len(), 0);
    assert_eq!((world.credentials(), world.names()), (before, names));
}

#[test]
fn profiles_that_are_not_signed_in_to_are_listed() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.write_config(
        "[profile dev]\nrole_arn = arn:aws:iam::210987654321:role/Dev\nsource_profile = default\n\
         mfa_serial = arn:aws:iam::123456789012:mfa/alice\nawsmfa_profile = dev-admin\n\
         [profile sso]\nsso_session = s\n[profile lost]\nrole_arn = arn:aws:iam::1:role/x\n\
         [profile plain]\nregion = eu-west-1\n",
    );
    let table = world.run(["status"]).succeeded().stdout;
    assert_eq!(
        row(&table, "default-mfa")[3],
        "not signed in: awsmfa -p default"
    );
    assert_eq!(
        row(&table, "dev-admin"),
        [
            "dev-admin",
            "default",
            "210987654321:role/Dev",
            "not signed in: awsmfa -p dev"
        ]
    );
    assert_eq!(table.lines().count(), 3, "{table}");
    // A name for one profile shows its section alone.
    let table = world.run(["status", "-p", "dev"]).succeeded().stdout;
    assert_eq!(table.lines().count(), 2, "{table}");
    world.sign_in(&mfa, ["-p", "default"]).succeeded();
    let table = world.run(["status"]).succeeded().stdout;
    assert!(!table.contains("awsmfa -p default"), "{table}");
}

#[test]
fn a_profile_with_a_key_that_cannot_be_signed_in_to_is_listed_with_the_reason() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, NOTHING).succeeded();
    // As `aws configure set --profile default-mfa` leaves it: the token of the session stays.
    let key = world.key(&user);
    let id = world.value("default-mfa", "aws_access_key_id").unwrap();
    world.write_credentials(world.credentials().replace(&id, &key.id));
    let rows = [
        ("default", "section [default-mfa] holds a long-term key"),
        ("default-mfa", "holds a long-term key and the session token"),
    ];
    let run = world.run(["status"]).succeeded();
    let lines: Vec<&str> = run.stdout.lines().skip(1).collect();
    assert_eq!(lines.len(), rows.len(), "{}", run.stdout);
    let document = world.run(["status", "--output", "json"]).succeeded().json();
    for (number, (profile, reason)) in rows.into_iter().enumerate() {
        let cells = lines[number].split_whitespace().collect::<Vec<_>>();
        assert_eq!(cells[..3], ["-", profile, "-"], "{}", run.stdout);
        assert!(lines[number].contains("no way to sign in: "));
        assert!(lines[number].contains(reason), "{}", run.stdout);
        let row = &document[number];
        assert_eq!(row["profile"], profile);
        assert_eq!(row["section"], Value::Null);
        assert_eq!(row["state"], "absent");
        assert!(row["reason"].as_str().unwrap().contains(reason));
    }
}

#[test]
fn the_document_is_an_array_without_secrets() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, ["-d", "1h"]).succeeded();
    world.write_credentials(world.credentials() + &temporary("dev", "owner = x"));
    world.write_config("[profile dev]\nsso_session = s\n");
    let run = world.run(["status", "--output", "json"]).succeeded();
    let mut document = run.json();
    let left = document[0]["remaining_seconds"].take().as_i64().unwrap();
    assert!((3_500..=3_600).contains(&left), "{left}");
    let file = world.credentials_path().display().to_string();
    let value = |key| world.value("default-mfa", key);
    assert_eq!(
        document[0],
        json!({
            "section": "default-mfa", "state": "good", "reason": null, "file": file, "line": 5, "ours": true,
            "profile": "default", "source": "default", "role_arn": null,
            "serial_number": mfa.serial, "access_key_id": value("aws_access_key_id"),
            "expiration": value("expiration"), "remaining_seconds": null, "shadowed_by": null,
        })
    );
    let dev = &document[1];
    assert_eq!(dev["state"], "unknown");
    assert_eq!(dev["ours"], false);
    assert_eq!(dev["expiration"], Value::Null);
    let place = format!("{}:2", world.config_path().display());
    assert_eq!(
        dev["shadowed_by"],
        json!({ "key": "sso_session", "place": place })
    );
    run.said("AWS tools ignore the keys in section [dev], because its profile has `sso_session`");
    assert_eq!(document.as_array().unwrap().len(), 2);
}

#[test]
fn in_the_document_a_profile_that_is_not_signed_in_to_is_absent() {
    let world = World::new();
    world.default_user("alice");
    world.write_config("[default]\nmfa_serial = GAHT12345678\n");
    let run = world.run(["status", "--output", "json"]).succeeded();
    assert_eq!(
        run.json(),
        json!([{
            "section": "default-mfa", "state": "absent", "reason": null,
            "file": world.credentials_path().display().to_string(), "line": null, "ours": false,
            "profile": "default", "source": "default", "role_arn": null,
            "serial_number": "GAHT12345678", "access_key_id": null, "expiration": null,
            "remaining_seconds": null, "shadowed_by": null,
        }])
    );
}

#[test]
fn keys_in_the_environment_are_warned_of() {
    let mut world = World::new();
    world.write_credentials(temporary("a", "owner = x"));
    world.set("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE");
    let run = world.run(["status"]).succeeded();
    run.said("warning: AWS_ACCESS_KEY_ID is set in the environment");
}

#[test]
fn nothing_at_all_is_said_and_is_no_failure() {
    let world = World::new();
    let run = world.run(["status"]).succeeded();
    run.said("there are no temporary credentials");
    assert_eq!(run.stdout, "");
    let run = world.run(["status", "--output", "json"]).succeeded();
    assert_eq!(run.json(), json!([]));
}

#[test]
fn a_check_answers_by_exit_code() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world.sign_in(&mfa, ["-d", "1h"]).succeeded();
    let foreign = [
        temporary(
            "saml",
            &format!("x_security_token_expires = {}", in_minutes(20)),
        ),
        temporary(
            "aws-mfa",
            &format!(
                "expiration = {}",
                in_minutes(20).replace(['T', 'Z'], " ").trim()
            ),
        ),
        temporary("old", "expiration = 2020-01-01T00:00:00Z"),
        temporary("far", "expiration = 2099-01-01T00:00:00Z"),
        temporary("who-knows", "owner = x"),
        format!(
            "\n[edited]\nawsmfa_source = default\nexpiration = {}\n",
            in_minutes(20)
        ),
        temporary("sso", &format!("expiration = {}", in_minutes(20))),
    ];
    world.write_credentials(world.credentials() + &foreign.concat());
    world.write_config("[profile sso]\nsso_session = s\n");
    world.aws.clear_log();
    for (profile, least, code, said) in [
        ("default", "30m", 0, "[default-mfa] is good until "),
        ("default-mfa", "0", 0, "[default-mfa] is good until "),
        (
            "default",
            "61m",
            4,
            "section [default-mfa] is good only until ",
        ),
        // It is renewed with the flag that made it.
        (
            "default",
            "61m",
            4,
            "next: `awsmfa -p default-mfa -d 1h1m CODE` asks for so long",
        ),
        ("saml", "19m", 0, "[saml] is good until "),
        (
            "saml",
            "21m",
            4,
            "next: renew it with the tool that wrote it",
        ),
        ("aws-mfa", "19m", 0, "[aws-mfa] is good until "),
        (
            "old",
            "0",
            4,
            "the credentials in section [old] expired at 2020-01-01 ",
        ),
        ("far", "36h", 0, "[far] is good until 2099-01-01 "),
        ("who-knows", "0", 4, "[who-knows] does not say until when"),
        ("edited", "0", 4, "[edited] is incomplete or was edited"),
        ("sso", "0", 3, "because its profile has `sso_session`"),
        ("nobody", "0", 3, "`nobody`"),
    ] {
        let arguments = ["status", "--check", least, "-p", profile];
        let run = world.run(arguments).failed(code, said);
        assert_eq!(run.stdout, "", "{profile}");
        let silent = world.run(arguments.iter().chain(&["--quiet"]));
        assert_eq!(
            (silent.stdout.as_str(), silent.stderr.as_str()),
            ("", ""),
            "{profile}"
        );
        assert_eq!(silent.code, code, "{profile}");
    }
    assert_eq!(world.aws.log().len(), 0);
}

/// aws-mfa writes UTC, awsume the time that the computer's clock shows.
#[test]
fn an_expiry_without_a_zone_is_read_as_the_tool_that_wrote_it_means_it() {
    let mut world = World::new();
    world.set("TZ", "JST-9");
    let spelled = |time: Timestamp| time.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let now = Timestamp::now();
    let (past, future) = (now - 2.hours(), now + 2.hours());
    let tokyo = |time: Timestamp| spelled(time + 9.hours());
    for (marks, expiration, code) in [
        ("manager = awsume\n", tokyo(past), 4),
        ("manager = awsume\n", tokyo(future), 0),
        ("autoawsume = true\n", tokyo(past), 4),
        ("autoawsume = true\n", tokyo(future), 0),
        ("manager = awsume\n", spelled(past) + "Z", 4),
        ("manager = awsume\n", spelled(future) + "Z", 0),
        ("", spelled(past), 4),
        ("", spelled(future), 0),
        ("manager = somebody\n", spelled(past), 4),
    ] {
        world.write_credentials(temporary("a", &format!("{marks}expiration = {expiration}")));
        let run = world.run(["status", "-p", "a", "--check", "90m", "--quiet"]);
        assert_eq!(
            (run.code, run.stderr.as_str()),
            (code, ""),
            "{marks}{expiration}"
        );
    }
}

#[test]
fn a_check_for_longer_than_a_renewal_gives_says_what_gives_it() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world
        .aws
        .role("Dev")
        .trusts(Trust::new(&user.arn).mfa())
        .max_duration(7_200);
    world.write_config(format!(
        "[profile dev]\nrole_arn = {}\nsource_profile = default\n",
        role.arn
    ));
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    let said = |least, advice| {
        let run = world.run(["status", "-p", "dev", "--check", least]);
        run.failed(4, "[dev-mfa] is good only until").said(advice);
    };
    said("13h", "next: check for 12h at most: AWS grants no more");
    said(
        "2h",
        "next: `awsmfa -p dev-mfa -d 2h CODE` asks for so long",
    );
    // And so it does.
    world
        .sign_in(&mfa, ["-p", "dev-mfa", "-d", "2h"])
        .succeeded();
    world
        .run(["status", "-p", "dev", "--check", "119m"])
        .succeeded();
    // A session that ends before its time is made as long as ever. What is good is left alone
    // unless somebody says so.
    let end = world.value("default-mfa", "expiration").unwrap();
    world.write_credentials(world.credentials().replace(&end, &in_minutes(20)));
    world
        .run(["status", "--check", "2h"])
        .failed(4, "[default-mfa] is good only until")
        .said("next: `awsmfa -p default-mfa --force` renews it");
}

#[test]
fn a_check_asks_neither_the_network_nor_the_lock_nor_a_person() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world
        .run(["status", "--check", "1m"])
        .failed(4, "no credentials in section [default-mfa]");
    assert_eq!(world.names(), ["credentials"]);
    world.sign_in(&mfa, ["--to", "made"]).succeeded();
    world.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    world.set("AWS_PROFILE", "made");
    let run = world
        .run(["status", "--check", "1m", "--output", "json"])
        .succeeded();
    assert_eq!(run.json()[0]["section"], "made");
    std::fs::remove_file(world.path(".aws/credentials.lock")).unwrap();
    world.run(["status", "--check", "1m"]).succeeded();
    assert_eq!(world.names(), ["credentials"]);
}

/// It is as good as it is, whatever a renewal would stop at.
#[test]
fn a_section_is_found_where_settings_are_wrong_that_only_signing_in_needs() {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let role = world.aws.role("Dev").trusts(Trust::new(&user.arn).mfa());
    let profile = format!(
        "[profile dev]\nrole_arn = {}\nsource_profile = default\n",
        role.arn
    );
    world.write_config(&profile);
    world.sign_in(&mfa, ["-p", "dev"]).succeeded();
    for line in [
        "region = the moon",
        "duration_seconds = soon",
        "duration_seconds = 1",
        "role_session_name = a b",
    ] {
        world.write_config(format!("{profile}{line}\n"));
        let run = world.run(["status", "-p", "dev", "--check", "1m"]);
        run.succeeded_for(line).said("[dev-mfa] is good until ");
        let table = world.run(["status", "-p", "dev"]).succeeded_for(line);
        assert_eq!(row(&table.stdout, "dev-mfa")[1], "default", "{line}");
        let signing_in = ["env", "--shell", "bash", "-p", "dev"];
        world.run(signing_in).failed(3, "config:");
    }
}

#[test]
fn a_check_warns_of_a_key_in_the_environment_that_is_another() {
    let mut world = World::new();
    world.write_credentials(
        temporary("a", &format!("expiration = {}", in_minutes(20)))
            + &temporary("old", "expiration = 2020-01-01T00:00:00Z"),
    );
    for (key, warned) in [
        ("ASIAIOSFODNN7OTHERONE", true),
        ("ASIAIOSFODNN7EXAMPLE", false),
    ] {
        world.set("AWS_ACCESS_KEY_ID", key);
        for (section, code) in [("a", 0), ("old", 4)] {
            let check = ["status", "--check", "1m", "-p", section];
            let run = world.run(check);
            let says = run.stderr.contains("warning: AWS_ACCESS_KEY_ID ");
            assert_eq!(says, warned, "{section}: {}", run.stderr);
            assert_eq!(run.code, code, "{section}: {}", run.stderr);
            let silent = world.run(check.iter().chain(&["--quiet"]));
            assert_eq!((silent.code, silent.stderr.as_str()), (code, ""));
        }
    }
}

#[test]
fn a_check_that_is_nonsense_is_a_wrong_command_line() {
    let world = World::new();
    for least in ["soon", "", "-1", "5x", "99999999999999999999"] {
        let run = world.run(["status", "--check", least]);
        assert_eq!(run.code, 2, "{least}: {}", run.stderr);
    }
    world.write_credentials(b"\0");
    let run = world.run(["status", "--check", "1m"]).failed(7, "NUL byte");
    assert_eq!(run.stdout, "");
}

#[cfg(unix)]
#[test]
fn a_terminal_gets_colour_and_bars_unless_it_is_told_not_to() {
    let mut world = World::new();
    world.write_credentials(
        temporary("a", &format!("expiration = {}", in_minutes(60 * 6)))
            + &temporary("b", "expiration = 2020-01-01T00:00:00Z"),
    );
    world.set("TERM", "xterm");
    let finished = world.finish(world.terminal(["status"]).start());
    assert_eq!(finished.code, 0);
    let shown = finished.shown;
    assert!(shown.contains("\u{1b}[32m#####..... "), "{shown}");
    assert!(shown.contains("\u{1b}[31mexpired "), "{shown}");
    world.set("NO_COLOR", "1");
    let shown = world.finish(world.terminal(["status"]).start()).shown;
    assert!(
        shown.contains("#####..... ") && !shown.contains("\u{1b}[3"),
        "{shown}"
    );
}

/// `status --check` and `whoami` say of a profile what `exec` would do for it.
#[test]
fn what_checks_and_what_signs_in_see_the_same() {
    let set_up = || {
        let world = World::new();
        let (user, mfa) = user_with_roles(&world, &["dev", "dep"]);
        world.sign_in(&mfa, ["-p", "dev"]).succeeded();
        (world, user, mfa)
    };
    let expire = |world: &World, section: &str| {
        let end = world.value(section, "expiration").unwrap();
        let text = world.credentials();
        let (before, after) = text.split_once(&format!("[{section}]")).unwrap();
        let after = after.replacen(&end, "2020-01-01T00:00:00Z", 1);
        world.write_credentials(format!("{before}[{section}]{after}"));
    };
    let replace = |world: &World, from: &str, to: &str| {
        let text = std::fs::read_to_string(world.config_path()).unwrap();
        assert!(text.contains(from), "{text}");
        world.write_config(text.replace(from, to));
    };
    type Change<'c> = &'c dyn Fn(&World, &UserHandle, &Mfa);
    let wired: Change<'_> = &|world, _, _| {
        world
            .run(["login", "--wire", "-p", "dep", "--yes"])
            .succeeded();
    };
    let table: [(&str, &str, i32, Change<'_>); 9] = [
        ("as it is", "dev", 0, &|_, _, _| {}),
        ("a role never signed in to", "dep", 0, &|_, _, _| {}),
        ("a wired role", "dep", 0, wired),
        ("a role that is over", "dev", 0, &|world, _, _| {
            expire(world, "dev-mfa")
        }),
        ("its section, named itself", "dev-mfa", 0, &|world, _, _| {
            expire(world, "dev-mfa")
        }),
        ("both over", "dev", 4, &|world, _, _| {
            expire(world, "dev-mfa");
            expire(world, "default-mfa");
        }),
        ("another device", "default", 4, &|world, _, mfa| {
            replace(world, &mfa.serial, "arn:aws:iam::123456789012:mfa/other");
        }),
        ("another role", "dev", 0, &|world, user, _| {
            let other = world.aws.role("Other").trusts(Trust::new(&user.arn).mfa());
            replace(world, "role/dev", "role/Other");
            let _ = other;
        }),
        ("another role and no session", "dev", 4, &|world, _, _| {
            replace(world, "role/dev", "role/dep");
            expire(world, "default-mfa");
        }),
    ];
    for (case, profile, code, change) in table {
        for command in [
            &["status", "--check", "30m"][..],
            &["whoami"],
            &["exec", "true"],
        ] {
            let (world, user, mfa) = set_up();
            change(&world, &user, &mfa);
            let run = world.run([&["-p", profile], command].concat());
            assert_eq!(run.code, code, "{case}: {command:?}: {}", run.stderr);
        }
    }
}

/// Every tool's way to write an end is read, and none stays beside ours.
#[test]
fn other_tools_leave_nothing_behind() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let key = world.credentials();
    let end = (Timestamp::now() + 20.minutes()).as_second();
    let lines = [
        format!("aws_credential_expiration = {}", in_minutes(20)),
        format!("aws_session_expiration_timestamp = {end}"),
        format!("aws_expiration = {}", end * 1000),
    ];
    for line in &lines {
        world.write_credentials(temporary("a", line));
        world
            .run(["status", "-p", "a", "--check", "19m"])
            .succeeded();
        world
            .run(["status", "-p", "a", "--check", "21m"])
            .failed(4, "good only until");
    }
    let role = "arn:aws:sts::123456789012:assumed-role/Old/alice";
    let left = format!("{}\nx_principal_arn = {role}", lines.join("\n"));
    world.write_credentials(key + &temporary("default-mfa", &left));
    world.sign_in(&mfa, ["--yes"]).succeeded();
    let keys = world.keys("default-mfa");
    assert!(
        !keys
            .iter()
            .any(|key| key.ends_with("_expiration") || key.ends_with("_timestamp")),
        "{keys:?}"
    );
    let run = world.run(["status", "--output", "json"]).succeeded();
    assert_eq!(run.json()[0]["role_arn"], Value::Null);
}

/// Thirty profiles are thirty lines, however long their names are.
#[cfg(unix)]
#[test]
fn on_a_terminal_every_section_is_one_line() {
    let world = World::new();
    let long =
        "arn:aws:sts::123456789012:assumed-role/A-role-with-a-name-that-takes-its-room/alice";
    let sections: String = (0..30)
        .map(|n| {
            temporary(
                &format!("client-{n}-administrator"),
                &format!("assumed_role_arn = {long}"),
            )
        })
        .collect();
    world.write_credentials(sections);
    let finished = world.finish(world.terminal(["status"]).size(24, 80).start());
    let lines: Vec<&str> = finished.shown.lines().collect();
    assert_eq!(lines.len(), 31, "{}", finished.shown);
    assert!(
        lines.iter().all(|line| line.chars().count() <= 80),
        "{}",
        finished.shown
    );
    let piped = world.run(["status"]).succeeded();
    assert!(
        piped
            .stdout
            .contains("123456789012:assumed-role/A-role-with-a-name-that-takes-its-room")
    );
}
