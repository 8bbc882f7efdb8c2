//! Files as people have them, signed in with twice: every byte outside of the section stays, the
//! section keeps its comments and the keys of others, and the second time only values change.

use aws_config::profile::ProfileSet;
use awsmfa::ini::Flavor;

use crate::sdk;
use crate::world::World;

/// A credentials file in three parts. `{id}` and `{secret}` stand for the long-term key.
struct Case {
    name: &'static str,
    before: &'static [u8],
    /// The section `[default-mfa]`, if there is one.
    target: &'static [u8],
    after: &'static [u8],
    /// Lines of the section that stay as they are, in this order.
    kept: &'static [&'static str],
    /// What must no longer be in the section.
    gone: &'static [&'static str],
}

const SOURCE: &[u8] = b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n";

const PLAIN: Case = Case {
    name: "",
    before: SOURCE,
    target: b"",
    after: b"",
    kept: &[],
    gone: &[],
};

/// No section yet: the whole file is the beginning of the new one.
const fn absent(name: &'static str, before: &'static [u8]) -> Case {
    Case {
        name,
        before,
        ..PLAIN
    }
}

const ABSENT: &[Case] = &[
    absent("as `aws configure` writes it", SOURCE),
    absent("no final newline", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}"),
    absent("CRLF", b"[default]\r\naws_access_key_id = {id}\r\naws_secret_access_key = {secret}\r\n\r\n[dev]\r\nx = 1\r\n"),
    absent("CRLF without a final one", b"[default]\r\naws_access_key_id = {id}\r\naws_secret_access_key = {secret}"),
    absent("byte order mark", b"\xEF\xBB\xBF[default]\r\naws_access_key_id = {id}\r\naws_secret_access_key = {secret}\r\n"),
    absent("mixed line ends", b"[default]\naws_access_key_id = {id}\r\naws_secret_access_key = {secret}\n\r\n[dev]\r\nx = 1\n"),
    absent("lone carriage returns only", b"[default]\raws_access_key_id = {id}\raws_secret_access_key = {secret}\r"),
    absent("a lone carriage return elsewhere", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[dev]\nx = 1\ry = 2\n"),
    absent("blank lines and blanks everywhere", b"\n  \n\n[default]\n\n\taws_access_key_id = {id}\n\n\taws_secret_access_key = {secret}\n \t \n\n\n   "),
    absent("comments everywhere", "; first\n# キーは共有しない\n[default] # mine\n# id\naws_access_key_id = {id}\n;\n#\naws_secret_access_key = {secret}\n# [default-mfa]\n;[default-mfa]\n#aws_session_token = old\n".as_bytes()),
    absent("duplicate sections and keys elsewhere", b"[dev]\nx = 1\nx = 2\n[default]\naws_access_key_id = {id}\n[dev]\nX = 3\n[default]\naws_secret_access_key = {secret}\n[dev]\n"),
    absent("headers with inner blanks", b"[ default ]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[\tdev ]\nx = 1\n"),
    absent("nested blocks", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\ns3 =\n    max_concurrent_requests = 20\n    addressing_style = path\n[dev]\ns3=\n\tregion = eu-west-1"),
    absent("nested blocks that look like the section", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\ns3 =\n  [default-mfa]=\n  aws_session_token = nested\n"),
    absent("comments behind values", b"[dev]\nx = 1 ; old\n[default]\naws_access_key_id = {id} # alice\naws_secret_access_key = {secret} ; rotated\n"),
    absent("bytes that are no UTF-8", b"# \x96\x7b\x94\xd4\n[dev]\nowner = Ren\xe9\n[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[\xff\xfd]\nx = \xf0\x28\n"),
    absent("keys in odd case", b"[default]\nAWS_ACCESS_KEY_ID={id}\nAws_Secret_Access_Key  =  {secret}\t\n"),
    absent("colons, and keys aligned", b"[dev]\nx: 1\n[default]\naws_access_key_id    : {id}\naws_secret_access_key: {secret}\n"),
    absent("junk elsewhere", b"not a setting\n[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[notes]\n<<<<<<< HEAD\n= 1\n=======\n[unclosed\n]\n>>>>>>> other\n"),
    absent("a form feed, and Ctrl-Z at the end", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[dev]\n\x0c\nx = 1\n\x1a"),
    absent("a backslash at the end of a line", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[dev]\npath = C:\\dir\\\n"),
    absent("names that are nearly the section's", b"[Default-MFA]\nx = 1\n[default-mfa-2]\nx = 1\n[profile default-mfa]\nx = 1\n[default-mf]\nx = 1\n[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"),
    absent("names of other scripts", "[開発]\nx = 1\n[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[\"my prof\"]\n[]\n[ ]\n".as_bytes()),
    absent("the last line is a comment without newline", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n# end"),
    absent("the last line continues a value", b"[default]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n[dev]\nx =\n  y = 1"),
];

const PRESENT: &[Case] = &[
    Case {
        name: "empty, at the end, without newline",
        target: b"[default-mfa]",
        ..PLAIN
    },
    Case {
        name: "empty, before others",
        target: b"[default-mfa]\n",
        after: b"[dev]\nx = 1\n",
        ..PLAIN
    },
    Case {
        name: "only foreign keys, without newline, with CRLF",
        before: b"[default]\r\naws_access_key_id = {id}\r\naws_secret_access_key = {secret}\r\n\r\n",
        target: b"[default-mfa]\r\nregion = eu-west-1",
        kept: &["region = eu-west-1\r"],
        ..PLAIN
    },
    Case {
        name: "comments and foreign keys around old values, first in the file",
        before: b"# the file\n",
        target: b"[default-mfa]   # temporary\n# id\naws_access_key_id     =  ASIAOLDOLDOLDOLDOLD1\n; secret\naws_secret_access_key=old1\n\noutput = json\naws_session_token\t=old2\n# the end\n\n",
        after: SOURCE,
        kept: &[
            "[default-mfa]   # temporary",
            "# id",
            "; secret",
            "",
            "output = json",
            "# the end",
            "",
        ],
        gone: &["ASIAOLD", "old1", "old2"],
    },
    Case {
        name: "what other tools left behind",
        target: b"[default-mfa]\nassumed_role = False\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\naws_secret_access_key = old1\naws_session_token = old2\naws_security_token = old2\nexpiration = 2020-01-01 09:00:00\nx_principal_arn = arn:aws:sts::1:x\nx_security_token_expires = 2020-01-01T09:00:00+09:00\n\n",
        after: b"# next\n[dev]\nx = 1\n",
        kept: &[
            "[default-mfa]",
            "assumed_role = False",
            "x_principal_arn = arn:aws:sts::1:x",
            "",
        ],
        gone: &["old1", "old2", "2020", "aws_security_token"],
        ..PLAIN
    },
    Case {
        name: "twice, with other sections between",
        target: b"[default-mfa]\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\naws_secret_access_key = old1\na = 1\n# between\n[dev]\nx = 1\n[default-mfa]\naws_session_token = old2\nb = 2\n",
        after: b"[ops]\ny = 1\n",
        kept: &[
            "[default-mfa]",
            "a = 1",
            "# between",
            "[dev]",
            "x = 1",
            "[default-mfa]",
            "b = 2",
        ],
        gone: &["ASIAOLD", "old1", "old2"],
        ..PLAIN
    },
    Case {
        name: "every key twice, in odd case",
        target: b"[default-mfa]\nAWS_ACCESS_KEY_ID = ASIAOLDOLDOLDOLDOLD1\naws_access_key_id = ASIAOLDOLDOLDOLDOLD2\nAws_Session_Token = old1\naws_session_token = old2\nAWS_SECURITY_TOKEN: old3\naws_secret_access_key = old4\nAWS_SECRET_ACCESS_KEY = old5\n",
        after: b"\n\n[dev]\n",
        gone: &["ASIAOLD", "old", "AWS_", "Aws_"],
        ..PLAIN
    },
    Case {
        name: "with blanks inside the brackets",
        target: b"[ default-mfa ]\nx = 1\n",
        after: b"[dev]\nx = 1\n",
        kept: &["[default-mfa]", "x = 1"],
        gone: &["[ default-mfa ]"],
        ..PLAIN
    },
    Case {
        name: "spelled in two ways",
        target: b"[default-mfa]\naws_session_token = old1\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1\n[ default-mfa ]\naws_session_token = old2\nx = 1\n",
        kept: &["[default-mfa]", "x = 1"],
        gone: &["old1", "old2"],
        ..PLAIN
    },
    Case {
        name: "folded values, comments behind values, a nested block at the end",
        target: b"[default-mfa]\naws_session_token = old1\n  old2\n\told3\naws_access_key_id = ASIAOLDOLDOLDOLDOLD1 # who\ns3 =\n  region = x\n",
        after: b"# of the next section\n[dev]\nx = 1",
        kept: &["[default-mfa]", "# who", "s3 =", "  region = x"],
        gone: &["old", "ASIAOLD"],
        ..PLAIN
    },
    Case {
        name: "indented as a whole",
        before: b"  [default]\n    aws_access_key_id = {id}\n    aws_secret_access_key = {secret}\n",
        target: b"  [default-mfa]\n    x = 1\n    aws_session_token = old1\n",
        after: b"  [dev]\n    y = 1\n",
        kept: &["    x = 1"],
        gone: &["old1"],
    },
    Case {
        name: "in the midst of comments that belong to its neighbours",
        target: b"[default-mfa]\naws_session_token = old1\n\n# --- development ---\n# careful\n\n",
        after: b"[dev]\nx = 1\n",
        kept: &["[default-mfa]", "", "# --- development ---", "# careful", ""],
        gone: &["old1"],
        ..PLAIN
    },
    Case {
        name: "with CRLF in a file of LF",
        target: b"[default-mfa]\r\nx = 1\r\naws_session_token = old1\r\n",
        after: b"[dev]\nx = 1\r\n",
        kept: &["[default-mfa]\r", "x = 1\r"],
        gone: &["old1"],
        ..PLAIN
    },
];

#[test]
fn a_file_without_the_section_is_the_beginning_of_the_new_file() {
    for case in ABSENT {
        case.check();
    }
}

#[test]
fn a_section_that_is_there_is_filled_in_and_nothing_around_it_moves() {
    for case in PRESENT {
        case.check();
    }
}

#[test]
fn a_thousand_sections_and_a_line_of_a_megabyte_stay() {
    let mut before = SOURCE.to_vec();
    let mut after = b"[long]\nx = ".to_vec();
    after.resize(1 << 20, b'a');
    for number in 0..500 {
        let section =
            format!("\n# {number}\n[s{number}]\r\naws_access_key_id = AKIA{number:016}\n");
        before.extend(section.as_bytes());
        after.extend(section.replace("[s", "[t").as_bytes());
    }
    Case {
        name: "large",
        before: before.leak(),
        target: b"[default-mfa]\naws_session_token = old1\n",
        after: after.leak(),
        gone: &["old1"],
        ..PLAIN
    }
    .check();
}

#[test]
fn a_file_that_is_empty_or_only_comments_gets_its_first_section() {
    for before in ["", "\n", "# nothing yet\n", "\u{feff}", "\r\n"] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.write_config(world.credentials());
        world.write_credentials(before);
        let code = world.aws.code(&mfa.serial);
        world.run(["--token-code", &code]).succeeded();
        let file = world.credentials();
        assert!(file.starts_with(before), "{before:?}: {file:?}");
        let lines = file[before.len()..].trim_start_matches(['\r', '\n']);
        assert!(lines.starts_with("[default-mfa]"), "{before:?}: {file:?}");
        let section = lines.replace('\r', "");
        assert!(
            world.issued_in(&section, "default-mfa").is_some(),
            "{before:?}"
        );
    }
}

impl Case {
    fn check(&self) {
        let world = World::new();
        let (_, key, mfa) = world.default_user("alice");
        let fill = |part: &[u8]| {
            let part = replace(part, b"{id}", key.id.as_bytes());
            replace(&part, b"{secret}", key.secret.as_bytes())
        };
        let [before, target, after] = [self.before, self.target, self.after].map(fill);
        let original = [&before[..], &target, &after].concat();
        world.write_credentials(&original);
        let mut sections = [target, Vec::new()];
        for round in 0..2 {
            let code = world.aws.code(&mfa.serial);
            world
                .run(["--yes", "--token-code", &code])
                .succeeded_for(self.name);
            let file = world.credentials_bytes();
            assert!(file.starts_with(&before), "{}: what is before", self.name);
            assert!(file.ends_with(&after), "{}: what is after", self.name);
            let section = &file[before.len()..file.len() - after.len()];
            self.check_section(&world, section);
            self.check_readers(&world, &original, &file);
            if round == 1 {
                only_values_changed(self.name, &sections[0], section);
            }
            sections[0] = section.to_vec();
        }
    }

    fn check_section(&self, world: &World, section: &[u8]) {
        let text = String::from_utf8_lossy(section);
        let mut lines = text.split('\n');
        for kept in self.kept {
            assert!(
                lines.any(|line| line == *kept),
                "{}: {kept:?} in {text}",
                self.name
            );
        }
        for gone in self.gone {
            assert!(!text.contains(gone), "{}: {gone:?} in {text}", self.name);
        }
        for secret in ["aws_secret_access_key", "aws_session_token"] {
            let lines = text.split(['\r', '\n']);
            let keys = lines.filter_map(|line| line.split(['=', ':']).next());
            let assigned = keys.filter(|key| key.trim().eq_ignore_ascii_case(secret));
            assert_eq!(assigned.count(), 1, "{}: {secret} in {text}", self.name);
        }
        let issued = world.aws.issued_secrets();
        let written = issued.iter().filter(|secret| text.contains(*secret));
        assert_eq!(written.count(), 2, "{}: {text}", self.name);
    }

    /// Whoever could read the file before reads the section now, and all else as before.
    fn check_readers(&self, world: &World, before: &[u8], after: &[u8]) {
        let issued = world.aws.issued_secrets();
        let is_new = |value: Option<&str>| issued.iter().any(|secret| Some(&**secret) == value);
        let others = |set: &ProfileSet| {
            let names = set.profiles().filter(|name| *name != "default-mfa");
            let mut others: Vec<_> = names.map(|name| set.get_profile(name).cloned()).collect();
            others.sort_by_key(|profile| profile.as_ref().map(|profile| profile.name().to_owned()));
            others
        };
        if let Some(before) = sdk::read(before, Flavor::Credentials) {
            let after = sdk::read(after, Flavor::Credentials).expect(self.name);
            let section = after.get_profile("default-mfa").expect(self.name);
            for key in ["aws_secret_access_key", "aws_session_token"] {
                assert!(is_new(section.get(key)), "{}: {key}", self.name);
            }
            assert_eq!(others(&before), others(&after), "{}", self.name);
        }
        let rust_ini = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok()?.to_owned();
            ini::Ini::load_from_str_noescape(&text).ok()
        };
        if rust_ini(before).is_some() {
            let after = rust_ini(after).expect(self.name);
            let sections = || after.section_all(Some("default-mfa"));
            for key in ["aws_secret_access_key", "aws_session_token"] {
                let value = sections().find_map(|section| section.get(key));
                assert!(is_new(value), "{}: {key} for rust-ini", self.name);
            }
        }
    }
}

fn only_values_changed(name: &str, first: &[u8], second: &[u8]) {
    let (first, second) = (
        String::from_utf8_lossy(first),
        String::from_utf8_lossy(second),
    );
    let keys = [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "expiration",
    ];
    let lines =
        |text: &str| -> Vec<String> { text.split(['\r', '\n']).map(str::to_owned).collect() };
    let (first, second) = (lines(&first), lines(&second));
    assert_eq!(first.len(), second.len(), "{name}: {second:?}");
    let mut changed = 0;
    for (old, new) in first.iter().zip(&second).filter(|(a, b)| a != b) {
        let (old, new) = (old.split_once('=').unwrap(), new.split_once('=').unwrap());
        assert_eq!(old.0, new.0, "{name}");
        assert!(keys.contains(&new.0.trim()), "{name}: {}", new.0);
        changed += 1;
    }
    assert!(changed >= 3, "{name}: other credentials");
}

fn replace(text: &[u8], wanted: &[u8], by: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(wanted.len()).position(|part| part == wanted) {
        result.extend([&rest[..at], by].concat());
        rest = &rest[at + wanted.len()..];
    }
    result.extend(rest);
    result
}
