//! Several sign-ins at the same file at once, into sections of their own and into one.

use std::process::Child;

use crate::world::{World, section};

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
pub(crate) fn foreign(file: &str) -> Vec<&str> {
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

#[test]
fn a_dozen_sign_ins_into_one_section_leave_it_whole() {
    let world = World::new();
    let mut file = String::new();
    let mut devices = Vec::new();
    for number in 0..12 {
        let user = world.aws.user(&format!("user{number}"));
        devices.push(world.virtual_mfa(&user));
        file += &section(&format!("p{number}"), &world.key(&user));
    }
    world.write_credentials(&file);
    let children: Vec<Child> = (devices.iter().enumerate())
        .map(|(number, device)| {
            let code = world.aws.code(&device.serial);
            let profile = format!("p{number}");
            world.start([
                "-p",
                &profile,
                "--to",
                "one",
                "--timeout",
                "60s",
                "-t",
                &code,
            ])
        })
        .collect();
    for child in children {
        world.outcome(child).succeeded();
    }
    let after = world.credentials();
    let section = after.strip_prefix(&file).expect("what is not ours stays");
    for line in [
        "[one]\n",
        "ASIA",
        "aws_secret_access_key",
        "aws_session_token",
        "expiration",
    ] {
        assert_eq!(section.matches(line).count(), 1, "{line} in {section}");
    }
    // Everything in it is of one run.
    let source = world.value("one", "awsmfa_source").unwrap();
    let number = source.strip_prefix('p').unwrap();
    let owner = format!("arn:aws:iam::123456789012:user/user{number}");
    assert_eq!(world.issued_to("one"), Some(owner));
}
