//! The `region` line of a section: written where AWS tools would find none, kept up with the
//! profile and taken out again while it is ours, and left alone where a person wrote it.

use crate::local_aws::Mfa;
use crate::world::{AWSMFA, NOTHING, World};

#[test]
fn the_region_line_is_written_where_the_section_would_have_none() {
    for (name, credentials, config, written, mark) in [
        ("no region anywhere", "", "", None, None),
        (
            "of the profile",
            "",
            "[default]\nregion = eu-west-1\n",
            Some("eu-west-1"),
            Some("eu-west-1"),
        ),
        (
            "in the credentials file",
            "region = eu-west-2\n",
            "",
            Some("eu-west-2"),
            Some("eu-west-2"),
        ),
        (
            "the section's own, in the config file",
            "",
            "[default]\nregion = eu-west-1\n[profile default-mfa]\nregion = eu-west-3\n",
            None,
            None,
        ),
        (
            "the section's own, in the credentials file",
            "\n[default-mfa]\nregion = eu-north-1\n",
            "[default]\nregion = eu-west-1\n",
            Some("eu-north-1"),
            None,
        ),
    ] {
        let world = World::new();
        let (_, _, mfa) = world.default_user("alice");
        world.write_credentials(world.credentials() + credentials);
        world.write_config(config);
        world.sign_in(&mfa, NOTHING).succeeded();
        let region = world.value("default-mfa", "region");
        assert_eq!(region.as_deref(), written, "{name}");
        let marked = world.value("default-mfa", "awsmfa_region");
        assert_eq!(marked.as_deref(), mark, "{name}");
    }
}

#[test]
fn a_region_for_this_run_is_used_and_not_written() {
    let mut world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    world
        .write_config("[default]\nregion = eu-west-1\n[profile default-mfa]\nregion = eu-west-1\n");
    let regions = |world: &World| -> Vec<String> {
        let sts = world.aws.log().into_iter();
        sts.filter(|entry| entry.operation == "GetSessionToken")
            .filter_map(|entry| entry.region)
            .collect()
    };
    world.sign_in(&mfa, NOTHING).succeeded();
    world.set("AWS_DEFAULT_REGION", "eu-north-1");
    world.sign_in(&mfa, NOTHING).succeeded();
    world
        .sign_in(&mfa, ["--region", "ap-northeast-1"])
        .succeeded();
    assert_eq!(
        regions(&world),
        ["eu-west-1", "eu-north-1", "ap-northeast-1"]
    );
    assert_eq!(world.value("default-mfa", "region"), None);
}

/// Somebody who has signed in, with a region in the profile.
fn signed_in(region: &str) -> (World, Mfa, String) {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    let before = world.credentials();
    write_region(&world, Some(region));
    world.sign_in(&mfa, NOTHING).succeeded();
    (world, mfa, before)
}

fn write_region(world: &World, region: Option<&str>) {
    let region = region.map(|region| format!("region = {region}\n"));
    world.write_config(format!("[default]\n{}", region.unwrap_or_default()));
}

#[test]
fn the_region_of_a_section_follows_the_profiles() {
    let (world, mfa, before) = signed_in("eu-west-1");
    for region in [Some("eu-west-2"), None, Some("eu-west-3")] {
        write_region(&world, region);
        world.aws.advance(30);
        world.sign_in(&mfa, NOTHING).succeeded();
        let written = world.value("default-mfa", "region");
        assert_eq!(written.as_deref(), region);
        let mark = world.value("default-mfa", "awsmfa_region");
        assert_eq!(mark.as_deref(), region);
    }
    // One that the config file has for the section makes ours superfluous.
    world
        .write_config("[default]\nregion = eu-west-1\n[profile default-mfa]\nregion = eu-west-2\n");
    world.sign_in(&mfa, NOTHING).succeeded();
    assert_eq!(world.value("default-mfa", "region"), None);
    world.run(["logout"]).succeeded();
    assert_eq!(world.credentials(), before);
}

#[test]
fn a_region_that_a_person_has_changed_is_the_persons() {
    let (world, mfa, before) = signed_in("eu-west-1");
    let changed = world
        .credentials()
        .replace("\nregion = eu-west-1", "\nregion = us-east-1");
    world.write_credentials(changed);
    write_region(&world, Some("eu-west-2"));
    for _ in 0..2 {
        world.sign_in(&mfa, NOTHING).succeeded();
        let region = world.value("default-mfa", "region");
        assert_eq!(region.as_deref(), Some("us-east-1"));
        assert_eq!(world.value("default-mfa", "awsmfa_region"), None);
    }
    world.run(["logout"]).succeeded().said("`region`");
    let left = format!("{before}\n[default-mfa]\nregion = us-east-1\n");
    assert_eq!(world.credentials(), left);
}

#[test]
fn signing_out_leaves_the_region_that_was_there() {
    let world = World::new();
    let (_, _, mfa) = world.default_user("alice");
    write_region(&world, Some("eu-west-1"));
    let before = world.credentials() + "\n[default-mfa]\nregion = us-west-2\n\n[next]\n";
    world.write_credentials(&before);
    world.sign_in(&mfa, NOTHING).succeeded();
    world.run(["logout"]).succeeded().said("`region`");
    assert_eq!(world.credentials(), before);
}

#[test]
fn signing_out_takes_the_added_region_with_it_where_the_section_stays() {
    let (world, _, before) = signed_in("eu-west-1");
    world.write_credentials(world.credentials() + "output = json\n");
    world.run(["logout"]).succeeded().said("`output`");
    let left = format!("{before}\n[default-mfa]\noutput = json\n");
    assert_eq!(world.credentials(), left);
}

#[test]
fn a_section_of_an_earlier_version_keeps_its_region() {
    let (world, mfa, _) = signed_in("eu-west-1");
    let unmarked = world
        .credentials()
        .replace("awsmfa_region = eu-west-1\n", "");
    world.write_credentials(unmarked);
    write_region(&world, Some("eu-west-2"));
    world.sign_in(&mfa, NOTHING).succeeded();
    let region = world.value("default-mfa", "region");
    assert_eq!(region.as_deref(), Some("eu-west-1"));
}

/// The region that commands take for this profile, and they take the same one.
#[track_caller]
fn taken(world: &mut World, profile: &str) -> String {
    let run = world.run_for_secrets(["env", "--shell", "json", "-p", profile]);
    let region = run.json()["AWS_REGION"].as_str().unwrap().to_owned();
    world.set("AWS_PROFILE", profile);
    let run = world.run_for_secrets(["exec", "--", AWSMFA, "env", "--shell", "json"]);
    assert_eq!(run.json()["AWS_REGION"], region.as_str(), "{profile}");
    world.aws.clear_log();
    world.run(["whoami"]).succeeded();
    let asked = world.aws.log().pop().unwrap().region;
    assert_eq!(asked.as_ref(), Some(&region), "{profile}");
    world.unset("AWS_PROFILE");
    region
}

#[test]
fn a_section_that_is_named_has_the_region_that_a_person_gave_it() {
    let (mut world, mfa, _) = signed_in("eu-west-1");
    let config = "[default]\nregion = eu-west-2\n";
    world.write_config(config);
    assert_eq!(taken(&mut world, "default-mfa"), "eu-west-2");
    let own = "[profile default-mfa]\nregion = ap-northeast-1\n";
    world.write_config(format!("{config}{own}"));
    assert_eq!(taken(&mut world, "default-mfa"), "ap-northeast-1");
    assert_eq!(taken(&mut world, "default"), "eu-west-2");
    world.write_config(config);
    let changed = world
        .credentials()
        .replace("\nregion = eu-west-1", "\nregion = us-east-1");
    world.write_credentials(changed + "[team]\nregion = sa-east-1\n");
    assert_eq!(taken(&mut world, "default-mfa"), "us-east-1");
    assert_eq!(taken(&mut world, "default"), "eu-west-2");
    // A flag says it for all of them, and one that was there before is no other.
    let flag = ["--region", "eu-west-3", "-p", "default-mfa"];
    let run = world.run_for_secrets(["env", "--shell", "json"].into_iter().chain(flag));
    assert_eq!(run.json()["AWS_REGION"], "eu-west-3");
    world.aws.advance(30);
    world.sign_in(&mfa, ["--to", "team"]).succeeded();
    assert_eq!(taken(&mut world, "team"), "sa-east-1");
    // What it opens when it is renewed is the same AWS.
    world.aws.advance(30);
    world.aws.clear_log();
    world.sign_in(&mfa, ["-p", "team"]).succeeded();
    let asked = world.aws.log().pop().unwrap().region;
    assert_eq!(asked.as_deref(), Some("sa-east-1"));
    assert_eq!(world.value("team", "region").as_deref(), Some("sa-east-1"));
}

#[test]
fn a_profile_that_stands_for_another_has_a_region_of_its_own() {
    let (mut world, _, _) = signed_in("eu-west-1");
    let config = "[default]\nregion = eu-west-1\n[profile auto]\ncredential_process = awsmfa credential-process -p default\n";
    world.write_config(config);
    assert_eq!(taken(&mut world, "auto"), "eu-west-1");
    world.write_config(format!("{config}region = eu-west-3\n"));
    assert_eq!(taken(&mut world, "auto"), "eu-west-3");
    assert_eq!(taken(&mut world, "default"), "eu-west-1");
}
