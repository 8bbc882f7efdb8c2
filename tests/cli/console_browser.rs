//! What the browser is given, and what is printed with one and without.

#[cfg(unix)]
use std::fs;

use serde_json::json;

use crate::console::{console, login, seconds, signed_in};
#[cfg(unix)]
use crate::console::{stranger, url};
#[cfg(unix)]
use crate::world::World;

#[test]
fn json_holds_the_url_where_it_is_the_point() {
    let (mut world, _) = signed_in();
    world.set("BROWSER", "true");
    let json_of = |arguments: &[&str]| {
        let arguments = [
            &["-p", "dev", "--output", "json", "--service", "s3"],
            arguments,
        ]
        .concat();
        console(&world, &arguments).succeeded().json()
    };
    let mut printed = json_of(&["--no-open"]);
    let url = printed["url"].take();
    login(&world, url.as_str().unwrap());
    let left = seconds(printed["url_expiration"].take().as_str().unwrap());
    let token_end = world.aws.now() + 900;
    assert!((token_end - 20..=token_end).contains(&left));
    let expected = json!({
        "profile": "dev",
        "role_arn": "arn:aws:iam::123456789012:role/Admin",
        "federated_user": null,
        "service": "s3",
        "destination": "https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1",
        "opened": false,
        "url": null,
        "url_expiration": null,
        "session_expiration": world.value("dev-mfa", "expiration"),
    });
    assert_eq!(printed, expected);
    if cfg!(unix) {
        let opened = json_of(&[]);
        assert_eq!(opened["opened"], true);
        assert_eq!(
            (&opened["url"], &opened["url_expiration"]),
            (&json!(null), &json!(null))
        );
    }
}

/// A program that writes down what it is given, one argument a line.
#[cfg(unix)]
fn fake_browser(world: &World, ending: &str) -> String {
    use std::os::unix::fs::PermissionsExt;

    let path = world.path("fake-browser");
    let note = world.path("opened");
    let script = format!(
        "#!/bin/sh\necho 'a browser talks'; echo 'and complains' >&2\nprintf '%s\\n' \"$@\" >'{}'\n{ending}\n",
        note.display()
    );
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn the_browser_is_given_the_url_and_nothing_is_printed() {
    let (mut world, _) = signed_in();
    for (arguments, before) in [("", &[][..]), (" --new-window %s", &["--new-window"])] {
        let browser = fake_browser(&world, "");
        world.set("BROWSER", &format!("{browser}{arguments}"));
        let run = console(&world, &["-p", "dev", "--service", "ec2"]).succeeded();
        assert_eq!(run.stdout, "");
        let until = "opened the AWS console of arn:aws:iam::123456789012:role/Admin until ";
        assert!(run.stderr.starts_with(until), "{}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        let given = fs::read_to_string(world.path("opened")).unwrap();
        let mut given: Vec<&str> = given.lines().collect();
        let url = given.pop().unwrap();
        assert_eq!(given, before);
        assert!(login(&world, url).destination.contains("/ec2/home?"));
    }
}

#[cfg(unix)]
#[test]
fn a_browser_that_stays_is_not_waited_for() {
    let (mut world, _) = signed_in();
    let browser = fake_browser(&world, "exec sleep 30");
    world.set("BROWSER", &browser);
    let started = std::time::Instant::now();
    console(&world, &["-p", "dev"]).succeeded();
    assert!(started.elapsed().as_secs() < 15);
    let given = fs::read_to_string(world.path("opened")).unwrap();
    login(&world, given.trim_end());
}

#[cfg(unix)]
#[test]
fn where_no_browser_can_be_opened_the_url_is_printed() {
    let (mut world, _) = signed_in();
    let failing = fake_browser(&world, "exit 3");
    for (browser, said) in [
        ("", "there is no display, and BROWSER is not set"),
        (
            "/no/such/browser",
            "command `/no/such/browser` was not found",
        ),
        (failing.as_str(), "failed (exit status: 3)"),
        (":", "there is no display, and BROWSER is not set"),
    ] {
        world.set("BROWSER", browser);
        let run = console(&world, &["-p", "dev"]).succeeded();
        run.said("warning: no browser could be opened: ").said(said);
        login(&world, &url(&run));
    }
}

#[cfg(unix)]
#[test]
fn the_code_is_asked_for_on_the_terminal_while_the_url_goes_down_a_pipe() {
    use crate::pty::Stream;

    let (world, mfa) = stranger();
    let mut session = world
        .terminal(["console", "-p", "dev", "--no-open"])
        .stdout(Stream::pipe())
        .start();
    session.expect("MFA code for");
    session.send_line(&world.aws.code(&mfa.serial));
    session.expect("keep this URL secret");
    let finished = world.finish(session);
    assert_eq!(finished.code, 0, "{}", finished.shown);
    login(&world, finished.stdout.trim_end());
}
