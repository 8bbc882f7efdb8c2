//! Symbolic links: followed, kept, and never a way to write somewhere unexpected.

use std::os::unix::fs::symlink;

use super::*;

/// A home with `links`, each with what it says.
fn linked(links: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let (home, file) = home();
    fs::create_dir(home.path().join("dotfiles")).unwrap();
    for (link, says) in links {
        symlink(says, home.path().join(link)).unwrap();
    }
    (home, file)
}

#[test]
fn a_link_is_followed_and_stays_a_link() {
    for links in [
        &[("credentials", "dotfiles/aws")][..],
        &[("credentials", "./dotfiles/../dotfiles/aws")],
        &[
            ("credentials", "one"),
            ("one", "two"),
            ("two", "dotfiles/aws"),
        ],
        // Relative to where the link is, not to where we are.
        &[("credentials", "dotfiles/link"), ("dotfiles/link", "aws")],
        &[("credentials", "folder/aws"), ("folder", "dotfiles")],
    ] {
        for before in [None, Some("old")] {
            let (home, file) = linked(links);
            let end = home.path().join("dotfiles/aws");
            if let Some(before) = before {
                fs::write(&end, before).unwrap();
            }
            let looked = read(&file).unwrap();
            assert_eq!(looked.is_some(), before.is_some(), "{links:?}");
            locked(&file).commit(b"new", &voice()).unwrap();
            assert!(file.is_symlink(), "{links:?}");
            assert_eq!(fs::read(&end).unwrap(), b"new", "{links:?}");
            assert!(!end.is_symlink(), "{links:?}");
            assert!(home.path().join("dotfiles/aws.lock").exists(), "{links:?}");
            assert!(!home.path().join("credentials.lock").exists(), "{links:?}");
        }
    }
}

#[test]
fn an_absolute_link_is_followed() {
    let (home, file) = linked(&[]);
    let end = home.path().join("dotfiles/aws");
    symlink(&end, &file).unwrap();
    locked(&file).commit(b"new", &voice()).unwrap();
    assert_eq!(fs::read(&end).unwrap(), b"new");
}

#[test]
fn the_lock_is_the_same_through_a_link() {
    let (home, file) = linked(&[("credentials", "dotfiles/aws")]);
    let _held = locked(&home.path().join("dotfiles/aws"));
    let failure = refused(&file);
    assert!(failure.what().contains("holds the lock"), "{failure}");
}

#[test]
fn a_link_into_nowhere_is_refused_and_creates_nothing() {
    let (home, file) = linked(&[("credentials", "not-mounted/aws")]);
    assert!(read(&file).unwrap().is_none());
    let failure = refused(&file);
    assert!(failure.what().contains("does not exist"), "{failure}");
    assert!(failure.place().unwrap().contains(" -> "), "{failure}");
    assert_eq!(names(home.path()), ["credentials", "dotfiles"]);
}

#[test]
fn links_in_a_circle_are_refused() {
    let (_home, file) = linked(&[("credentials", "one"), ("one", "credentials")]);
    for failure in [read(&file).unwrap_err(), refused(&file)] {
        assert_eq!(failure.what(), "the symbolic links lead in a circle");
    }
}

#[test]
fn a_lock_file_that_is_a_link_is_not_followed() {
    let (home, file) = home_with(b"old");
    let victim = home.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, home.path().join("credentials.lock")).unwrap();
    assert_eq!(refused(&file).what(), "the lock file cannot be used");
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
}
