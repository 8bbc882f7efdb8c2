//! A flag's value is a value, whatever it is called: never a command.
//!
//! The flags and the commands are those that the help of every level shows, so a new one is covered
//! by itself.

use crate::told::Told;
use crate::world::{World, section};

/// A level of the command line: the words after `awsmfa`, and its help.
struct Level {
    words: Vec<String>,
    help: String,
}

impl Level {
    /// This level and all below it.
    fn all(world: &World, words: &[&str]) -> Vec<Self> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let help = world.run(words.iter().chain([&"--help".to_owned()]));
        let help = help.succeeded().stdout;
        let level = Self { words, help };
        let below = level.commands().into_iter().filter(|name| name != "help");
        let below: Vec<Self> = below
            .flat_map(|name| {
                let words = level.words.iter().map(String::as_str);
                Self::all(world, &words.chain([name.as_str()]).collect::<Vec<_>>())
            })
            .collect();
        std::iter::once(level).chain(below).collect()
    }

    fn commands(&self) -> Vec<String> {
        let listed = self.help.lines().skip_while(|line| *line != "Commands:");
        let listed = listed.skip(1).take_while(|line| line.starts_with("  "));
        // Deeper lines continue a description.
        let first = listed.filter(|line| !line.starts_with("   "));
        first
            .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
            .collect()
    }

    /// What takes a value, in every way to write it before that value.
    fn flags(&self) -> Vec<(String, Vec<String>)> {
        let mut flags = Vec::new();
        for line in self.help.lines().map(str::trim) {
            let (short, rest) = match line.split_once(", --") {
                Some((short, rest)) if short.len() == 2 => (Some(short), rest),
                _ => match line.strip_prefix("--") {
                    Some(rest) => (None, rest),
                    None => continue,
                },
            };
            let name = rest.split([' ', '[']).next().unwrap();
            let long = format!("--{name}");
            // `[=<FOR>]`: the value may be left out, so it stands after an equals sign.
            let spellings = if rest[name.len()..].starts_with("[=<") {
                vec![format!("{long}=")]
            } else if rest[name.len()..].starts_with(" <") || rest[name.len()..].starts_with(" [<")
            {
                let short = short
                    .into_iter()
                    .flat_map(|short| [format!("{short} "), format!("{short}="), short.to_owned()]);
                let long = [format!("{long} "), format!("{long}=")];
                long.into_iter().chain(short).collect()
            } else {
                continue;
            };
            flags.push((long, spellings));
        }
        flags
    }
}

#[test]
fn no_value_of_any_flag_is_taken_for_a_command() {
    let mut world = World::new();
    world.set("COLUMNS", "100");
    let levels = Level::all(&world, &[]);
    let mut every: Vec<String> = levels.iter().flat_map(Level::commands).collect();
    every.sort();
    every.dedup();
    let mut turn = 0;
    let mut tried = 0;
    for level in &levels {
        for (flag, spellings) in level.flags() {
            let mut names = level.commands();
            if names.is_empty() {
                // There is no command to take it for: one name for each flag will do.
                turn += 1;
                names.push(every[turn % every.len()].clone());
            }
            for (name, spelling) in names
                .iter()
                .flat_map(|name| spellings.iter().map(move |spelling| (name, spelling)))
            {
                let flag_and_value = match spelling.strip_suffix(' ') {
                    Some(flag) => vec![flag.to_owned(), name.clone()],
                    None => vec![format!("{spelling}{name}")],
                };
                let mut argv = level.words.clone();
                argv.extend(flag_and_value);
                argv.push("--help".to_owned());
                // The help is of the level that the parser is at by then.
                let run = world.run(&argv);
                let refused = format!("invalid value '{name}' for '{flag}");
                let is_value = run.stdout == level.help || run.stderr.contains(&refused);
                assert!(is_value, "{argv:?}: {}{}", run.stdout, run.stderr);
                tried += 1;
            }
        }
    }
    assert!(tried > 1500, "{tried}");
}

#[test]
fn a_profile_that_is_called_like_a_command_is_signed_in_to() {
    let world = World::new();
    let user = world.aws.user("alice");
    let key = world.key(&user);
    let mfa = world.virtual_mfa(&user);
    world.write_credentials(section("handson", &key) + &section("mfa", &key));
    let code = || world.aws.code(&mfa.serial);
    world
        .run(["--profile", "handson", "--token-code", &code()])
        .succeeded();
    assert!(world.issued_to("handson-mfa").is_some());
    world
        .run(["-p", "mfa", "--to", "status", &code()])
        .succeeded();
    assert!(world.issued_to("status").is_some());
    // A code in two halves, and a command after the flags of the level above.
    let halves = code();
    world
        .run(["-p", "handson", &halves[..3], &halves[3..]])
        .succeeded();
    world
        .run([
            "-p", "handson", "env", "-p", "mfa", "--shell", "json", "--unset",
        ])
        .succeeded();
}

#[test]
fn what_stands_between_code_and_command_is_still_told() {
    let world = World::new();
    for argv in [
        &["123456", "login"][..],
        &["123", "456", "login"],
        &["123456", "status", "--check", "5m"],
        &["123456", "exec", "--", "ls", "-l"],
    ] {
        world.run(argv).failed(2, "`[CODE]` must stand after");
    }
    world
        .run(["--", "login"])
        .failed(2, "neither a command nor");
}

#[test]
fn a_profile_in_the_place_of_a_command_or_a_program_is_told_with_its_flag() {
    let world = World::new();
    let (_, key, _) = world.default_user("alice");
    world.write_credentials(section("dev", &key) + &section("Prod Admin", &key));
    world.write_config("[profile stg]\nrole_arn = arn:aws:iam::123456789012:role/Dev\n");
    let plain = "`dev` is neither a command nor a code";
    for (argv, what, next) in [
        (&["dev"][..], plain, "sign in to it: `awsmfa -p dev`"),
        (&["dev", "123456"], plain, "sign in to it: `awsmfa -p dev`"),
        (&["login", "dev"], plain, "sign in to it: `awsmfa -p dev`"),
        (&["stg"], "`stg` is neither", "`awsmfa -p stg`"),
        (
            &["Prod Admin"],
            "`Prod Admin` is neither",
            "`awsmfa -p \"Prod Admin\"`",
        ),
        (
            &["hunter2"],
            "what was given for CODE is neither a command nor six digits",
            "`awsmfa --help`",
        ),
    ] {
        world.fails(argv, Told(2, what, "CODE", next));
    }
    for (argv, next) in [
        (
            &["exec", "dev", "--", "ls", "-l", "a b"][..],
            "`awsmfa exec -p dev -- ls -l \"a b\"`",
        ),
        (&["exec", "dev", "ls"], "`awsmfa exec -p dev -- ls`"),
        (&["exec", "dev"], "`awsmfa exec -p dev`"),
        (&["exec", "--", "stg", "ls"], "`awsmfa exec -p stg -- ls`"),
    ] {
        world.fails(argv, Told(127, "was not found", "PATH", next));
    }
    // Of no profile: what it was taken for.
    world.fails(
        ["exec", "nothing", "--", "ls"],
        Told(127, "command `nothing` was not found", "PATH", "spelling"),
    );
    assert_eq!(world.aws.connections(), 0);
}
