//! `~/.aws` in a git repository of dotfiles: what awsmfa remembers there is not for it.

use std::fs;
use std::process::Command;

use crate::local_aws::{Mfa, Preset};
use crate::world::{World, not_tested};

const IGNORED: &str = ".aws/awsmfa/.gitignore";

fn world() -> (World, Mfa) {
    let world = World::new();
    let (user, _, mfa) = world.default_user("alice");
    let _ = user.policy(Preset::SelfService);
    let code = world.aws.code(&mfa.serial);
    world.write_config(format!("[default]\nmfa_process = echo {code}\n"));
    (world, mfa)
}

/// What `git add -A` takes of the home directory; none where there is no git.
fn added(world: &World) -> Option<Vec<String>> {
    let mut names = None;
    for arguments in [&["init", "-q"][..], &["add", "-A"], &["ls-files"]] {
        let mut git = Command::new("git");
        world.furnish(&mut git);
        let Ok(output) = git.args(arguments).output() else {
            not_tested("there is no git");
            return None;
        };
        assert!(output.status.success(), "{output:?}");
        names = Some(String::from_utf8(output.stdout).unwrap());
    }
    Some(names?.lines().map(str::to_owned).collect())
}

/// The locks and the step of a code, and the journal of a rotation, which has a secret in it.
#[test]
fn git_takes_nothing_of_what_awsmfa_remembers() {
    for had_directory in [false, true] {
        for arguments in [&["login"][..], &["key", "rotate", "--yes"]] {
            let (world, _) = world();
            if had_directory {
                fs::create_dir(world.path(".aws/awsmfa")).unwrap();
            }
            world.run(arguments).succeeded();
            let kept = crate::world::names(&world.path(".aws/awsmfa"));
            assert!(kept.len() > 1, "{kept:?}");
            assert_eq!(fs::read(world.path(IGNORED)).unwrap(), b"*\n");
            if let Some(names) = added(&world) {
                assert!(names.contains(&".aws/config".to_owned()), "{names:?}");
                let state = names.iter().find(|name| name.contains("/awsmfa/"));
                assert_eq!(state, None, "{arguments:?}");
            }
        }
    }
}

#[test]
fn what_the_person_has_written_there_stays() {
    let (world, _) = world();
    fs::create_dir(world.path(".aws/awsmfa")).unwrap();
    fs::write(world.path(IGNORED), "!*\n").unwrap();
    world.run(["login"]).succeeded();
    assert_eq!(fs::read(world.path(IGNORED)).unwrap(), b"!*\n");
}
