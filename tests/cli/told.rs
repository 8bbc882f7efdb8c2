//! What every failure has in common: an exit code, what happened, where, what to do next; and
//! that nothing has changed.

use std::ffi::OsStr;
use std::fs;

use crate::world::{Run, World};

/// A failure as a person sees it: the exit code, and a part of the sentence, of the place and of
/// one of the pieces of advice. Of an
/// empty text there is no such line; `*` is not looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told<'a>(
    pub(crate) i32,
    pub(crate) &'a str,
    pub(crate) &'a str,
    pub(crate) &'a str,
);

impl World {
    /// A run with nobody to ask that fails like this and leaves the files as they were.
    #[track_caller]
    pub(crate) fn fails<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
        told: Told<'_>,
    ) -> Run {
        let before = self.files();
        let run = self.run(arguments);
        told.assert(run.code, &run.stderr);
        assert_eq!(run.stdout, "", "{}", run.stderr);
        assert_eq!(self.files(), before, "{}", run.stderr);
        run
    }

    /// Every file beside the credentials file with its bytes, the locks aside.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let directory = self.credentials_path();
        let entries = fs::read_dir(directory.parent().unwrap()).unwrap();
        let mut files: Vec<_> = entries
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                let bytes = fs::read(&path).unwrap_or_default();
                (name, bytes)
            })
            .filter(|(name, _)| !["credentials.lock", "awsmfa"].contains(&name.as_str()))
            .collect();
        files.sort();
        files
    }
}

impl Told<'_> {
    #[track_caller]
    pub(crate) fn assert(self, code: i32, stderr: &str) {
        let Told(expected, what, place, next) = self;
        assert_eq!(code, expected, "{stderr}");
        // What there is nothing to do about is a note.
        for (label, text) in [("error: ", what), ("  at: ", place), ("  next: ", next)] {
            let note = if label == "  next: " {
                "  note: "
            } else {
                label
            };
            let stripped = |line: &'_ str| {
                line.strip_prefix(label)
                    .or(line.strip_prefix(note))
                    .map(str::to_owned)
            };
            let mut said = stderr.lines().filter_map(stripped);
            if text == "*" {
                continue;
            } else if text.is_empty() {
                assert_eq!(said.next(), None, "{stderr}");
            } else {
                assert!(
                    said.any(|line| line.contains(text)),
                    "{label}{text:?} in:\n{stderr}"
                );
            }
        }
        let errors = stderr.lines().filter(|line| line.starts_with("error: "));
        assert_eq!(errors.count(), 1, "{stderr}");
    }
}

/// A cause has no words of a library or number of the system in it, and what comes next is something
/// to do: it begins with what to type or with a verb, and not as a statement does.
#[track_caller]
pub(crate) fn check_labels(printed: &str) {
    const FOREIGN: [&str; 8] = [
        "(os error",
        "io error",
        "client error (",
        "tcp connect",
        "tunnel error",
        "dns error",
        "invalid peer certificate",
        "dispatch failure",
    ];
    const STATEMENT: [&str; 20] = [
        "the", "a", "an", "it", "its", "this", "that", "these", "they", "AWS", "AWS's", "nobody",
        "who", "whoever", "one", "both", "section", "IAM", "access", "security",
    ];
    for line in printed.lines() {
        if let Some(cause) = line.strip_prefix("  cause: ") {
            let foreign = FOREIGN.iter().find(|words| cause.contains(*words));
            assert_eq!(foreign, None, "{line}");
        }
        if let Some(next) = line.strip_prefix("  next: ") {
            let deed = next.strip_prefix("or ").unwrap_or(next);
            let first = deed.split([' ', ',', ':']).next().unwrap();
            assert!(!STATEMENT.contains(&first), "{line}");
        }
    }
}
