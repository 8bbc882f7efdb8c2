//! What a pair of files, an environment and a command line come to.

mod follow;
mod ours;
mod promised;
mod region;
mod settings;
mod sources;
mod target;
mod wire;

use std::path::PathBuf;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{File, Files, Plan, Request, Source, resolve};
use crate::context::{Clock, Context};
use crate::failure::{Failure, Kind};
use crate::ini::{Document, Flavor};

const ALICE: &str = "AKIAALICEALICEALICE1";
const BOB: &str = "AKIABOBBOBBOBBOBBOB1";

/// A home with a long-term key for alice in `[default]` and for bob in `[bob]`.
const KEYS: &str = "\
[default]
aws_access_key_id = AKIAALICEALICEALICE1
aws_secret_access_key = alice-secret

[bob]
aws_access_key_id = AKIABOBBOBBOBBOBBOB1
aws_secret_access_key = bob-secret
";

/// The lines of a section that somebody has signed in to.
const TEMPORARY: &str = "\
aws_access_key_id = ASIATEMPORARYTEMPO01
aws_secret_access_key = temporary-secret
aws_session_token = temporary-token
";

/// One case: what there is, and what is asked for.
#[derive(Default)]
struct World<'a> {
    config: &'a str,
    credentials: &'a str,
    env: &'a [(&'a str, &'a str)],
    request: Request,
}

impl World<'_> {
    fn resolve(&self) -> Result<Plan, Failure> {
        resolve(&self.context(), &self.files(), &self.request)
    }

    fn context(&self) -> Context {
        Context {
            env: self.env.iter().copied().collect(),
            home: Some(PathBuf::from("/home/alice")),
            clock: Clock::fixed(Timestamp::UNIX_EPOCH),
        }
    }

    fn files(&self) -> Files {
        let file = |name: &str, text: &str, flavor| File {
            path: PathBuf::from(name),
            document: Document::parse(Zeroizing::new(text.into()), flavor)
                .expect("the case is text"),
        };
        Files {
            config: file("config", self.config, Flavor::Config),
            credentials: file("credentials", self.credentials, Flavor::Credentials),
        }
    }

    #[track_caller]
    fn plan(&self) -> Plan {
        self.resolve().unwrap_or_else(|failure| panic!("{failure}"))
    }

    #[track_caller]
    fn failure(&self) -> Failure {
        let failure = self.resolve().expect_err("this cannot be resolved");
        for secret in ["alice-secret", "bob-secret", "hunter2"] {
            assert!(!format!("{failure:?}").contains(secret), "{failure:?}");
        }
        failure
    }

    /// Kind, part of the sentence, and place of the failure.
    #[track_caller]
    fn refused(&self, kind: Kind, what: &str, place: &str) {
        let failure = self.failure();
        assert_eq!(failure.kind(), kind, "{failure}");
        assert!(failure.what().contains(what), "{failure}");
        assert_eq!(failure.place(), Some(place), "{failure}");
    }
}

fn profile(name: &str) -> Request {
    Request {
        profile: Some(name.to_owned()),
        ..Request::default()
    }
}

/// The section the source is in, or `$` for the environment.
fn source_name(plan: &Plan) -> &str {
    match &plan.source {
        Source::Profile { name, .. } | Source::Process { name, .. } => name,
        Source::Environment { .. } => "$",
    }
}

fn source_key(plan: &Plan) -> Option<&str> {
    match &plan.source {
        Source::Profile { key, .. } | Source::Environment { key } => Some(&key.id),
        Source::Process { .. } => None,
    }
}

fn roles(plan: &Plan) -> Vec<&str> {
    plan.roles.iter().map(|role| role.arn.as_str()).collect()
}
