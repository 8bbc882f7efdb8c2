//! Variables, homes and paths that are unusual, and what is made of them.

use std::fs;

use crate::bad_input::{ready, refused};
use crate::told::Told;
use crate::world::{World, section};

#[cfg(unix)]
mod not_unicode {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn odd(text: &str) -> OsString {
        let mut bytes = text.as_bytes().to_vec();
        bytes.push(0xff);
        OsString::from_vec(bytes)
    }

    #[test]
    fn an_argument_is_a_usage_error() {
        let world = ready();
        for flag in ["--profile=", "--to=", "--token-code=", "--role-arn=", ""] {
            let run = world.run([odd(flag)]);
            assert_eq!(run.code, 2, "{flag}: {}", run.stderr);
        }
        assert_eq!(world.aws.connections(), 0);
    }

    #[test]
    fn a_variable_is_named_and_its_value_is_not_shown() {
        for name in [
            "AWSMFA_PROFILE",
            "AWS_PROFILE",
            "AWSMFA_TOKEN_CODE",
            "AWS_MFA_SERIAL",
            "AWS_REGION",
            "AWS_ENDPOINT_URL",
            "HTTPS_PROXY",
            "no_proxy",
        ] {
            let world = ready();
            let before = world.files();
            let mut command = world.command(["--timeout", "1s"]);
            if name != "AWSMFA_TOKEN_CODE" {
                command.arg("123456");
            }
            if name == "AWS_MFA_SERIAL" {
                world.write_config("");
            }
            command.env(name, odd("hunter2"));
            let output = command.output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            world.search(&[&stderr]);
            assert_eq!(output.status.code(), Some(3), "{name}: {stderr}");
            assert!(
                stderr.contains(&format!("  at: {name}\n")),
                "{name}: {stderr}"
            );
            assert!(!stderr.contains("hunter2"), "{stderr}");
            if name != "AWS_MFA_SERIAL" {
                assert_eq!(world.files(), before);
            }
            assert_eq!(world.aws.connections(), 0);
        }
    }

    #[test]
    fn a_home_or_a_file_of_such_a_name_is_used() {
        let world = ready();
        let odd = world.path("").join(odd("home"));
        fs::create_dir_all(odd.join(".aws")).unwrap();
        fs::copy(world.credentials_path(), odd.join(".aws/credentials")).unwrap();
        fs::copy(world.config_path(), odd.join(".aws/config")).unwrap();
        let code = world.aws.code("arn:aws:iam::123456789012:mfa/alice");
        let output = world.command([code]).env("HOME", &odd).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{:?}", output.stderr);
        let written = fs::read_to_string(odd.join(".aws/credentials")).unwrap();
        assert!(written.contains("[default-mfa]"));
    }
}

#[test]
fn without_a_home_the_variables_are_enough() {
    let mut world = ready();
    let code = world.aws.code("arn:aws:iam::123456789012:mfa/alice");
    world.set("AWS_CONFIG_FILE", world.config_path().to_str().unwrap());
    world.set(
        "AWS_SHARED_CREDENTIALS_FILE",
        world.credentials_path().to_str().unwrap(),
    );
    let mut command = world.command([code]);
    command.env_remove("HOME").env_remove("USERPROFILE");
    let output = command.output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(world.issued_to("default-mfa").is_some());
}

#[test]
fn a_relative_path_is_where_the_program_was_started() {
    for relative in [
        "credentials",
        "./credentials",
        "sub/credentials",
        "sub/../credentials",
    ] {
        let mut world = World::new();
        let (_, key, mfa) = world.default_user("alice");
        world.write_credentials("");
        fs::create_dir(world.path("sub")).unwrap();
        fs::write(world.path(relative), section("default", &key)).unwrap();
        world.set("AWS_SHARED_CREDENTIALS_FILE", relative);
        world.run([world.aws.code(&mfa.serial)]).succeeded();
        let written = fs::read_to_string(world.path(relative)).unwrap();
        assert!(written.contains("[default-mfa]"), "{relative}: {written}");
        assert_eq!(world.credentials(), "");
    }
}

#[test]
fn a_directory_in_a_file_s_place_is_refused() {
    for variable in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        let mut world = ready();
        world.set(variable, world.path(".aws").to_str().unwrap());
        refused(&world, &["123456"], Told(7, "directory", ".aws", "*"));
    }
}
