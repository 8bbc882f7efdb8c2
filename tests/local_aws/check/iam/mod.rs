//! The IAM actions that change something, one file per area.

mod deletion;
mod device_errors;
mod devices;
mod keys;
mod late;
mod passwords;
mod permissions;
mod policies;
mod reports;
mod roles;
mod users;

use super::client::{Credentials, Reply, iam};
use crate::local_aws::{LocalAws, Preset};

/// An action, its parameters, and the verdict on them.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// An administrator's key, and the server to use it on.
struct Admin {
    aws: LocalAws,
    key: Credentials,
}

fn admin() -> Admin {
    let aws = LocalAws::start();
    let key = Credentials::from(&aws.user("admin").policy(Preset::Admin).key());
    Admin { aws, key }
}

impl Admin {
    fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        iam(&self.aws, &self.key, action, parameters)
    }

    /// The call must succeed.
    fn done(&self, action: &str, parameters: &[(&str, &str)]) -> Reply {
        let reply = self.call(action, parameters);
        assert_eq!(reply.verdict(), "200", "{action} {parameters:?}");
        reply
    }

    /// The verdicts of a table of calls.
    fn refuses(&self, cases: &[Case<'_>]) {
        for (action, parameters, expected) in cases {
            let verdict = self.call(action, parameters).verdict();
            assert_eq!(verdict, *expected, "{action} {parameters:?}");
        }
    }
}
