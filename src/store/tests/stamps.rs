//! Looks at a file from outside.

use super::*;

#[test]
fn a_file_that_was_replaced_or_written_to_looks_different() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("credentials");
    assert_eq!(Stamp::at(&path), None);
    fs::write(&path, "one").unwrap();
    let first = Stamp::at(&path);
    assert_eq!(Stamp::at(&path), first);
    fs::write(&path, "three").unwrap();
    let written = Stamp::at(&path);
    assert_ne!(written, first);
    let other = home.path().join("other");
    fs::write(&other, "seven").unwrap();
    fs::rename(&other, &path).unwrap();
    assert_ne!(Stamp::at(&path), written);
}
