//! Several at the same file at once: our own runs, editors that know no lock, and what they write
//! while a person is being asked for a code.

use std::fs;
use std::process::Child;

use crate::local_aws::Mfa;
use crate::world::{World, section, value_of};

#[test]
fn two_dozen_sign_ins_at_once_lose_nothing_of_each_other() {
    const RUNS: usize = 24;

    let world = World::new();
    let mut file = "# head \n[first]\nx = 1\n".to_owned();
    let mut devices = Vec::new();
    for number in 0..RUNS {
        let user = world.aws.user(&format!("user{number}"));
        devices.push(world.virtual_mfa(&user));
        file += &section(&format!("p{number}"), &world.key(&user));
        file += &format!("# after {number}\n");
        // Every third has its section in the midst of the others already.
        if number % 3 == 0 {
            file += &format!("[p{number}-mfa]\n; of {number}\nx = {number}\n");
        }
    }
    file += "[last]\ny = 2";
    world.write_credentials(&file);
    let children: Vec<Child> = (devices.iter().enumerate())
        .map(|(number, device)| {
            let code = world.aws.code(&device.serial);
            let profile = format!("p{number}");
            world.start(["-p", &profile, "--timeout", "60s", "-t", &code])
        })
        .collect();
    for child in children {
        world.outcome(child).succeeded();
    }
    let after = world.credentials();
    for number in 0..RUNS {
        let owner = world.issued_to(&format!("p{number}-mfa"));
        let user = format!("arn:aws:iam::123456789012:user/user{number}");
        assert_eq!(owner, Some(user));
        let headers = after.matches(&format!("[p{number}-mfa]\n")).count();
        assert_eq!(headers, 1, "{number}");
    }
    // What is not ours is what it was: lines that awsmfa writes left out, nothing is different.
    assert_eq!(foreign(&after), foreign(&file));
    assert_eq!(world.names(), ["credentials", "credentials.lock"]);
}

/// The lines that are not in a section of ours or are not ours in it.
fn foreign(file: &str) -> Vec<&str> {
    let mut ours = false;
    let lines = file.split('\n').filter(|line| {
        if line.starts_with('[') {
            ours = line.ends_with("-mfa]");
        }
        let written = ["aws", "expiration"]
            .iter()
            .any(|key| line.starts_with(key));
        !line.is_empty() && !(ours && (line.starts_with('[') || written))
    });
    lines.collect()
}

/// A run that has read the file and asks for the code.
#[cfg(unix)]
fn asking(world: &World, arguments: &[&str]) -> crate::pty::Session {
    let mut session = world.terminal(arguments).start();
    session.expect("MFA code");
    session
}

#[cfg(unix)]
fn with_sections() -> (World, Mfa) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let file = world.credentials();
    world.write_credentials(format!(
        "# one\n{file}[dev]\nx = 1\n[default-mfa]\n# note\n"
    ));
    (world, mfa)
}

/// Both kinds of editor: those that write into the file, and those that rename a new one over it.
#[test]
#[cfg(unix)]
fn what_an_editor_saves_while_the_code_is_asked_for_stays() {
    for renames in [false, true] {
        let (world, mfa) = with_sections();
        let mut session = asking(&world, &[]);
        let edited = world
            .credentials()
            .replace("# one", "# two\n# three")
            .replace("x = 1", "x = 2\ny = 3")
            .replace(
                "# note\n",
                "# other note\nregion = eu-west-1\n[new]\nz = 1\n",
            );
        if renames {
            let other = world.path(".aws/credentials~");
            fs::write(&other, &edited).unwrap();
            fs::rename(other, world.credentials_path()).unwrap();
        } else {
            world.write_credentials(&edited);
        }
        session.send_line(&world.aws.code(&mfa.serial));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert!(world.issued_to("default-mfa").is_some());
        assert_eq!(foreign(&world.credentials()), foreign(&edited));
    }
}

/// A deleted file is written anew: the key came from the config file, and nothing else was asked.
#[test]
#[cfg(unix)]
fn a_file_that_comes_or_goes_while_the_code_is_asked_for_is_taken_as_it_is() {
    let (world, mfa) = with_sections();
    let source = world.credentials();
    world.write_config(source);
    for now in [Some("# new\n[dev]\nx = 1\n"), None] {
        let mut session = asking(&world, &["--force"]);
        fs::remove_file(world.credentials_path()).unwrap();
        if let Some(now) = now {
            world.write_credentials(now);
        }
        session.send_line(&world.aws.code(&mfa.serial));
        let finished = world.finish(session);
        assert_eq!(finished.code, 0, "{}", finished.shown);
        assert!(
            world
                .credentials()
                .starts_with(now.unwrap_or("[default-mfa]\n"))
        );
        assert!(world.issued_to("default-mfa").is_some());
    }
}

/// What is refused when it is there from the start is refused when it comes late, too.
#[test]
#[cfg(unix)]
fn what_must_not_be_overwritten_is_safe_even_if_it_comes_while_the_code_is_asked_for() {
    let long_term = "aws_access_key_id = AKIAPRECIOUS00000000\naws_secret_access_key = precious\n";
    let foreign = "aws_access_key_id = ASIAPRECIOUS00000000\naws_secret_access_key = precious\n\
                   aws_session_token = precious\n";
    for (comes, code, reason) in [
        (format!("[default-mfa]\n{long_term}"), 3, "long-term key"),
        (format!("[ default-mfa ]\n{long_term}"), 3, "long-term key"),
        (
            format!("[default-mfa]\n{foreign}"),
            3,
            "another tool has just written",
        ),
        (
            "[default-mfa]\nrole_arn = x\n".to_owned(),
            3,
            "would ignore",
        ),
        (
            "[default-mfa]\nnot a setting\n".to_owned(),
            7,
            "cannot be understood",
        ),
        ("\0".to_owned(), 7, "NUL"),
    ] {
        let (world, mfa) = with_sections();
        let mut session = asking(&world, &[]);
        let edited = world.credentials().replace("[default-mfa]\n", &comes) + &comes;
        world.write_credentials(&edited);
        session.send_line(&world.aws.code(&mfa.serial));
        let finished = world.finish(session);
        assert_eq!(finished.code, code, "{}", finished.shown);
        assert!(finished.shown.contains(reason), "{}", finished.shown);
        // A code is gone, which is said.
        assert!(
            finished.shown.contains("the code is used up"),
            "{}",
            finished.shown
        );
        assert_eq!(world.credentials(), edited);
        assert_eq!(world.names(), ["credentials", "credentials.lock"]);
    }
}

/// The person answers, and meanwhile another run of ours has filled in the same section.
#[test]
#[cfg(unix)]
fn of_two_runs_for_one_section_the_later_one_stays_whole() {
    let (world, mfa) = with_sections();
    let mut session = asking(&world, &[]);
    let code = world.aws.code(&mfa.serial);
    world.run(["-t", &code]).succeeded();
    let first = world.value("default-mfa", "aws_access_key_id").unwrap();
    session.send_line(&world.aws.code(&mfa.serial));
    assert_eq!(world.finish(session).code, 0);
    let file = world.credentials();
    let second = value_of(&file, "default-mfa", "aws_access_key_id").unwrap();
    assert_ne!(first, second);
    assert_eq!(file.matches("ASIA").count(), 1, "{file}");
    assert_eq!(file.matches("aws_session_token").count(), 1, "{file}");
}
