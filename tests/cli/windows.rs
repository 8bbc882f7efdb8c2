//! What is different on Windows: the names of variables, and what a shell is.

use crate::env::signed_in;
use crate::told::Told;
use crate::world::{NOTHING, World, section};

/// cmd and PowerShell call them `Path` and `ComSpec`, and other starters have other habits.
#[test]
fn a_program_is_found_however_the_variables_are_spelled() {
    let (world, _) = signed_in();
    let inherited = |name| std::env::var(name).unwrap();
    let (path, shell) = (inherited("PATH"), inherited("COMSPEC"));
    for (path_name, shell_name) in [
        ("Path", "ComSpec"),
        ("PATH", "COMSPEC"),
        ("path", "comspec"),
    ] {
        let run = |arguments: &[&str]| {
            let mut command = world.command(arguments);
            command.env_remove("PATH").env_remove("COMSPEC");
            command.env(path_name, &path).env(shell_name, &shell);
            command.output().unwrap()
        };
        let output = run(&["exec", "--", "cmd", "/c", "echo %AWSMFA_SECTION%"]);
        let shown = String::from_utf8_lossy(&output.stdout);
        assert_eq!(shown.trim(), "default-mfa", "{path_name}: {output:?}");
        // The shell reads the end of its input.
        let output = run(&["exec"]);
        assert_eq!(output.status.code(), Some(0), "{shell_name}: {output:?}");
    }
}

#[test]
fn a_variable_is_found_however_it_is_spelled() {
    let mut world = World::new();
    let user = world.aws.user("alice");
    let (key, mfa) = (world.key(&user), world.virtual_mfa(&user));
    world.write_credentials(section("work", &key));
    world.set("aws_profile", "work");
    world.sign_in(&mfa, NOTHING).succeeded();
    assert!(world.issued_to("work-mfa").is_some());
    // What names other credentials does not reach the program.
    let mut command = world.command(["exec", "--", "cmd", "/c", "set"]);
    let output = command
        .env("Aws_Bearer_Token_Bedrock", "x")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).to_ascii_uppercase();
    assert!(shown.contains("AWS_ACCESS_KEY_ID=ASIA"), "{output:?}");
    for name in ["AWS_PROFILE=", "AWS_BEARER_TOKEN"] {
        assert!(!shown.contains(name), "{name}: {shown}");
    }
    world.set("https_Proxy", "socks5://127.0.0.1:1");
    world.fails(["123456"], Told(3, "the proxy is not", "HTTPS_PROXY", "*"));
}
