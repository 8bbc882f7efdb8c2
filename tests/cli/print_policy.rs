//! `--print-policy`: with exactly what it prints every command of the group runs, and without any one
//! of its actions something is denied.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::handson::{POLICY, ROLE, USER, up_by_command};
use crate::local_aws::{Belonging, LocalAws};
use crate::world::{Run, World, section};

/// A group of commands and who runs them.
struct Case {
    /// How the policy is asked for.
    print: &'static [&'static str],
    /// Runs every command of the group; whatever fails on the way, it goes on.
    run: fn(&World) -> Vec<Run>,
}

const CALLER: &str = "caller";
const OTHER: &str = "bob";
const SERIAL: &str = "arn:aws:iam::123456789012:mfa/tablet";

const CASES: [Case; 9] = [
    Case {
        print: &["mfa", "--print-policy"],
        run: |world| devices(world, &[]),
    },
    Case {
        print: &["mfa", "list", "--print-policy=admin"],
        run: |world| devices(world, &["--user", OTHER]),
    },
    Case {
        print: &["key", "--print-policy"],
        run: |world| keys(world, &[], CALLER),
    },
    Case {
        print: &["key", "delete", "x", "--print-policy=admin"],
        run: |world| keys(world, &["--user", OTHER], OTHER),
    },
    Case {
        print: &["password", "--print-policy"],
        run: |world| passwords(world, &[], CALLER),
    },
    Case {
        print: &["password", "show", "--print-policy=admin"],
        run: |world| passwords(world, &["--user", OTHER], OTHER),
    },
    Case {
        print: &["report", "--print-policy"],
        run: |world| vec![run(world, &["report"], &[])],
    },
    Case {
        print: &["handson", "--print-policy"],
        run: hands_on,
    },
    Case {
        print: &[
            "handson",
            "up",
            "--user",
            USER,
            "--role",
            ROLE,
            "--policy-arn",
            POLICY,
            "--print-policy",
        ],
        run: hands_on,
    },
];

fn run(world: &World, arguments: &[&str], whose: &[&str]) -> Run {
    world.run(arguments.iter().chain(whose))
}

fn devices(world: &World, whose: &[&str]) -> Vec<Run> {
    let there = |aws: &LocalAws| aws.snapshot().to_string().contains(SERIAL);
    let pair = |world: &World| match there(&world.aws) {
        true => world.aws.code_pair(SERIAL),
        false => ("111111".to_owned(), "222222".to_owned()),
    };
    let name = ["--name", "tablet"];
    let create = [
        "mfa",
        "create",
        "--seed-command",
        "cat >/dev/null",
        name[0],
        name[1],
    ];
    let mut runs = vec![run(world, &create, whose)];
    let (first, second) = pair(world);
    let codes = ["--code1", &first, "--code2", &second];
    runs.push(run(
        world,
        &[&["mfa", "enable"], &name[..], &codes].concat(),
        whose,
    ));
    world.aws.advance(90);
    let (first, second) = pair(world);
    let codes = ["--code1", &first, "--code2", &second];
    runs.push(run(
        world,
        &[&["mfa", "resync"], &name[..], &codes].concat(),
        whose,
    ));
    runs.push(run(world, &["mfa", "list"], whose));
    runs.push(run(world, &["mfa", "list", "--all"], &[]));
    // Whoever has a device shows it before AWS lets them give it up.
    world.aws.advance(90);
    let (code, _) = pair(world);
    let force = [
        "mfa",
        "deactivate",
        "--force",
        name[0],
        name[1],
        "-t",
        &code,
    ];
    runs.push(run(world, &force, whose));
    runs.push(run(world, &["mfa", "delete", name[0], name[1]], whose));
    runs
}

fn keys(world: &World, whose: &[&str], user: &str) -> Vec<Run> {
    let user = world.aws.account().existing_user(user).unwrap();
    let mut runs = vec![
        run(world, &["key", "create", "--to", "second"], whose),
        run(world, &["key", "list"], whose),
    ];
    let keys = user.keys();
    let id = keys.last().unwrap().0.clone();
    for command in [
        &["key", "deactivate", &id, "--force"][..],
        &["key", "activate", &id],
        &["key", "delete", &id, "--force", "--yes"],
    ] {
        runs.push(run(world, command, whose));
    }
    runs
}

fn passwords(world: &World, whose: &[&str], user: &str) -> Vec<Run> {
    const FIRST: &str = "a long enough Passw0rd!";
    const SECOND: &str = "another long Passw0rd!";
    const THIRD: &str = "yet an0ther, and Longer!";
    let given = |command: &[&str], whose: &[&str], lines: String| {
        let arguments = [&["password"], command, &["--password-stdin"], whose].concat();
        world.run_with_stdin(arguments, &lines)
    };
    let mut runs = vec![
        given(&["create"], whose, format!("{FIRST}\n")),
        run(world, &["password", "show"], whose),
        given(&["reset"], whose, format!("{SECOND}\n")),
    ];
    // The other's password is for the other to change.
    if user == CALLER {
        runs.push(given(&["change"], whose, format!("{SECOND}\n{THIRD}\n")));
    }
    runs.push(run(world, &["password", "delete", "--yes"], whose));
    runs
}

fn hands_on(world: &World) -> Vec<Run> {
    let down = ["handson", "down", "--user", USER, "--force", "--yes"];
    // A device of the same name that somebody has left is looked at, and stays.
    let leftover = world.aws.account().unassigned_mfa(USER);
    let nothing = run(world, &down, &[]);
    let other = world.aws.account().existing_user(OTHER).unwrap();
    other.remove_device(&leftover.serial);
    let mut runs = vec![
        nothing,
        up_by_command(world, &[]),
        run(world, &["handson", "list"], &[]),
    ];
    let account = world.aws.account();
    if let Some(user) = account.existing_user(USER) {
        account.group("people").member(&user);
        user.virtual_mfa_named("phone");
        let _ = user
            .policy_document(serde_json::json!({ "Statement": [] }))
            .attach("ReadOnlyAccess")
            .password("a long enough Passw0rd!")
            .owns(Belonging::SigningCertificate, "CERTIFICATE1234567890")
            .owns(Belonging::SshPublicKey, "APKA1234567890EXAMPLE")
            .owns(
                Belonging::ServiceSpecificCredential,
                "ACCA1234567890EXAMPLE",
            );
    }
    if let Some(role) = account.existing_role(ROLE) {
        let _ = role
            .policy_document(serde_json::json!({ "Statement": [] }))
            .in_instance_profile("machine");
    }
    runs.push(run(world, &down, &[]));
    // A role whose user is gone is found in the list of roles.
    runs.push(run(world, &down, &[]));
    runs
}

/// A world whose caller has this policy and nothing else.
fn world(policy: &Value) -> World {
    let world = World::new();
    let caller = world.aws.user(CALLER).policy_document(policy.clone());
    let key = world.key(&caller);
    world.write_credentials(section("default", &key));
    let _ = world.key(&world.aws.user(OTHER));
    world
}

/// What was denied. Who makes a thing with tags is told of either action by the one request.
fn denied(world: &World) -> BTreeSet<String> {
    let log = world.aws.log();
    let denied = log.iter().filter(|entry| entry.outcome == "AccessDenied");
    let actions = denied.flat_map(|entry| match entry.operation.as_str() {
        "CreateUser" => vec!["CreateUser", "TagUser"],
        "CreateRole" => vec!["CreateRole", "TagRole"],
        "CreateVirtualMFADevice" => vec!["CreateVirtualMFADevice", "TagMFADevice"],
        other => vec![other],
    });
    actions.map(|action| format!("iam:{action}")).collect()
}

/// The same without one action of one statement.
fn without(policy: &Value, statement: usize, action: usize) -> Value {
    let mut policy = policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    let actions = statements[statement]["Action"].as_array_mut().unwrap();
    actions.remove(action);
    if actions.is_empty() {
        statements.remove(statement);
    }
    policy
}

fn check(case: &Case) {
    let policy = World::new().run(case.print).succeeded().json();
    let whole = world(&policy);
    for run in (case.run)(&whole) {
        assert_eq!(run.code, 0, "{:?}: {}", case.print, run.stderr);
    }
    // AWS wants a session with MFA for one action, and the long-term key has tried it.
    let by_rule = denied(&whole);
    let known = |action: &String| action == "iam:DeactivateMFADevice";
    assert!(by_rule.iter().all(known), "{:?}: {by_rule:?}", case.print);
    let statements = policy["Statement"].as_array().unwrap().iter().enumerate();
    let points = statements.flat_map(|(place, statement)| {
        let actions = statement["Action"].as_array().unwrap().iter().enumerate();
        actions.map(move |(number, action)| (place, number, action.as_str().unwrap()))
    });
    let points: Vec<_> = points.collect();
    std::thread::scope(|scope| {
        for share in 0..4 {
            let (policy, points, by_rule) = (&policy, &points, &by_rule);
            scope.spawn(move || {
                for (place, number, action) in points.iter().skip(share).step_by(4) {
                    let world = world(&without(policy, *place, *number));
                    let failed = (case.run)(&world).iter().any(|run| run.code != 0);
                    let denied = denied(&world);
                    let told = failed || !by_rule.contains(*action);
                    assert!(
                        told && denied.contains(*action),
                        "{:?}: {action} of statement {place} is not needed, denied was {denied:?}",
                        case.print
                    );
                }
            });
        }
    });
}

#[test]
fn users_need_all_of_it_for_their_own_affairs_and_no_more() {
    check(&CASES[0]);
    check(&CASES[2]);
    check(&CASES[4]);
}

#[test]
fn administrators_need_all_of_it_for_others_and_no_more() {
    check(&CASES[1]);
    check(&CASES[3]);
    check(&CASES[5]);
    check(&CASES[6]);
}

#[test]
fn hands_on_users_take_all_of_it_and_no_more() {
    check(&CASES[7]);
}

#[test]
fn so_they_do_where_the_names_are_known() {
    check(&CASES[8]);
}

#[test]
fn it_is_for_users_anywhere_in_the_hierarchy_and_for_nobody_else() {
    let policy = World::new()
        .run(["key", "--print-policy"])
        .succeeded()
        .json();
    let world = World::new();
    let caller = world
        .aws
        .user("/division/caller")
        .policy_document(policy.clone());
    world.write_credentials(section("default", &world.key(&caller)));
    world.run(["key", "list"]).succeeded();
    world.aws.user("/caller/other");
    world
        .run(["key", "list", "--user", "other"])
        .failed(5, "may not call ListAccessKeys");
}

#[test]
fn the_flag_is_enough_where_a_command_wants_more() {
    for command in ["activate", "deactivate", "delete"] {
        let run = World::new().run(["key", command, "--print-policy"]);
        assert!(run.succeeded().stdout.contains("iam:DeleteAccessKey"));
        World::new().run(["key", command]).failed(2, "<ID>");
    }
}
