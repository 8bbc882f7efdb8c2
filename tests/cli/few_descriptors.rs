//! A process that may open only a few files (`ulimit -n`, or most are taken): it signs in, or it says
//! so before a code is spent.

use crate::local_aws::Trust;
use crate::world::{World, section};

/// Well above what each of these runs needs.
const ENOUGH: u32 = 40;

/// One run for each number of files that can be opened, in a world of its own.
fn with_every_number(tls: bool, arguments: fn(&World, String) -> Vec<String>) {
    let mut signed_in = 0;
    for limit in 3..=ENOUGH {
        // Some are taken by what the starter has left open.
        let taken = if limit > 9 { "exec 5<. 6<. 8<.;" } else { "" };
        let world = if tls { World::tls() } else { World::new() };
        let (user, key, mfa) = world.default_user("alice");
        let _ = world.aws.role("Dev").trusts(Trust::new(&user.arn).mfa());
        world.write_credentials(section("default", &key));
        let code = world.aws.code(&mfa.serial);
        let script = format!("ulimit -n {limit}; {taken} exec \"$@\"");
        let run = world.run_in(&script, arguments(&world, code));
        if run.code == 0 {
            assert!(world.issued_to("made").is_some(), "{limit}: {run:?}");
            signed_in += 1;
            continue;
        }
        assert!(world.codes_sent().is_empty(), "{limit}: {run:?}");
        assert_eq!(signed_in, 0, "{limit}: {run:?}");
        // The system cannot load the program with three.
        if limit > 3 {
            run.failed(3, "error: too few files can be opened at once\n")
                .said("ulimit -n");
        }
    }
    assert!(signed_in > 0);
}

fn list<const N: usize>(arguments: [&str; N]) -> Vec<String> {
    arguments.map(str::to_owned).to_vec()
}

#[test]
fn a_user_signs_in_or_keeps_the_code() {
    for tls in [false, true] {
        with_every_number(tls, |_, code| list(["--to", "made", "-t", &code]));
    }
}

#[test]
fn a_role_is_assumed_or_the_code_is_kept() {
    with_every_number(false, |_, code| {
        list(["--role-arn", "Dev", "--to", "made", "-t", &code])
    });
}

/// The command that makes the code needs descriptors, too.
#[test]
fn a_code_that_a_command_makes_is_kept() {
    with_every_number(false, |world, code| {
        world.write_config(format!("[default]\nmfa_process = echo {code}\n"));
        list(["--to", "made"])
    });
}
