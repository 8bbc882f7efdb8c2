//! Stopping the world at a request, and comparing what it looks like.

use std::thread;
use std::time::Duration;

use super::client::{Connection, Credentials, Draft, IAM, iam};
use crate::local_aws::{Fault, LocalAws, Preset, When};

const SOON: Duration = Duration::from_secs(10);

struct Scene {
    aws: LocalAws,
    key: Credentials,
}

fn scene() -> Scene {
    let aws = LocalAws::start();
    let key = Credentials::from(&aws.user("admin").policy(Preset::Admin).key());
    Scene { aws, key }
}

impl Scene {
    fn create(&self, name: &str) -> Draft {
        Draft::new(&self.aws, IAM, "CreateUser", &[("UserName", name)]).signed(&self.key)
    }

    fn exists(&self, user: &str) -> bool {
        self.aws.snapshot()["123456789012"]["users"][user].is_object()
    }
}

#[test]
fn the_world_stops_exactly_before_or_after_a_request_is_carried_out() {
    for (when, abandon) in [
        (When::Before, false),
        (When::Before, true),
        (When::After, false),
        (When::After, true),
    ] {
        let scene = scene();
        let stop = scene.aws.stop("*", 1, when);
        assert_eq!(stop.reached(), None);
        thread::scope(|threads| {
            let client = threads.spawn(|| {
                let mut connection = Connection::open(&scene.aws);
                let first = connection.send(&scene.create("first"));
                (
                    first.is_ok(),
                    connection.send(&scene.create("second")).is_ok(),
                )
            });
            assert_eq!(stop.wait(SOON).as_deref(), Some("CreateUser"));
            assert!(scene.exists("first"));
            assert_eq!(scene.exists("second"), when == When::After);
            if abandon {
                stop.abandon();
            } else {
                stop.release();
            }
            assert_eq!(client.join().unwrap(), (true, !abandon));
        });
        let happened = when == When::After || !abandon;
        assert_eq!(scene.exists("second"), happened, "{when:?} {abandon}");
        assert_eq!(scene.aws.log()[1].carried_out, happened);
        assert_eq!(scene.aws.log().len(), 2);
    }
}

#[test]
fn everything_else_waits_with_what_is_held_and_shares_its_fate() {
    let scene = scene();
    let stop = scene.aws.stop("CreateUser", 0, When::Before);
    thread::scope(|threads| {
        let scene = &scene;
        let clients = ["a", "b"].map(|name| {
            let send = move || {
                Connection::open(&scene.aws)
                    .send(&scene.create(name))
                    .is_ok()
            };
            threads.spawn(send)
        });
        assert!(stop.wait(SOON).is_some());
        stop.abandon();
        // The second may arrive only now; it is none of the stop's then.
        let answered = clients.map(|client| client.join().unwrap());
        let carried_out = scene
            .aws
            .log()
            .iter()
            .filter(|entry| entry.carried_out)
            .count();
        let replies = answered.iter().filter(|answered| **answered).count();
        assert_eq!(replies, carried_out);
        assert!(carried_out < 2);
    });
    // A stop that nothing reaches is withdrawn when it is dropped.
    drop(scene.aws.stop("*", 0, When::Before));
    assert_eq!(scene.create("c").send(&scene.aws).status, 200);
}

#[test]
fn every_request_can_lose_its_reply_or_be_denied_in_its_turn() {
    let scene = scene();
    for number in 0..3 {
        scene.aws.fault_after(number, Fault::Close(When::After));
        let answered: Vec<bool> = (0..3)
            .map(|user| {
                let draft = scene.create(&format!("{number}-{user}"));
                Connection::open(&scene.aws).send(&draft).is_ok()
            })
            .collect();
        let expected: Vec<bool> = (0..3).map(|user| user != number).collect();
        assert_eq!(answered, expected);
        assert!((0..3).all(|user| scene.exists(&format!("{number}-{user}"))));
    }
    scene.aws.fault_after(0, Fault::AccessDenied);
    assert_eq!(
        scene.create("d").send(&scene.aws).verdict(),
        "403 AccessDenied: User: arn:aws:iam::123456789012:user/admin is not authorized to perform: iam:CreateUser on resource: * because no identity-based policy allows the iam:CreateUser action"
    );
    assert!(!scene.exists("d"));
}

#[test]
fn two_runs_that_end_alike_look_alike_and_others_do_not() {
    let run = |until: &str, second_key: bool| {
        let scene = scene();
        let call = |action: &str, parameters: &[(&str, &str)]| {
            let reply = iam(&scene.aws, &scene.key, action, parameters);
            assert_eq!(reply.verdict(), "200", "{action}");
        };
        let name = ("UserName", "handson");
        let tag = [
            ("Tags.member.1.Key", "until"),
            ("Tags.member.1.Value", until),
        ];
        call("CreateUser", &[name, tag[0], tag[1]]);
        call("CreateAccessKey", &[name]);
        if second_key {
            call("CreateAccessKey", &[name]);
        }
        call(
            "CreateVirtualMFADevice",
            &[("VirtualMFADeviceName", "handson")],
        );
        let trust = crate::local_aws::Trust::new("arn:aws:iam::123456789012:user/handson");
        let document = trust.mfa().document().to_string();
        call(
            "CreateRole",
            &[("RoleName", "Dev"), ("AssumeRolePolicyDocument", &document)],
        );
        scene.aws.snapshot()
    };
    let first = run("2026-11-21T21:04:00Z", false);
    assert_eq!(first, run("2026-11-21T21:04:07+00:00", false));
    assert_ne!(first, run("2026-11-21T21:04:00Z", true));
    assert_ne!(first, run("tomorrow", false));
}
