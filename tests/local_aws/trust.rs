//! A role's trust policy, with its principals bound to whom they named when it was written.
//!
//! AWS keeps the unique id behind a user's or role's ARN: who is deleted and made again under the
//! same name is somebody else, and the document shows the old id from then on (IAM User Guide,
//! "IAM JSON policy elements: Principal").

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::World;
use super::policy::{Context, Policy, Verdict};

#[derive(Clone, Debug)]
pub struct TrustPolicy {
    policy: Policy,
    /// Unique ids by the ARN that the document names.
    bound: BTreeMap<String, String>,
}

impl TrustPolicy {
    /// Binds whatever exists; what does not is taken by its spelling.
    pub fn bind(policy: Policy, world: &World) -> Self {
        let bound = policy
            .principals()
            .filter_map(|arn| Some((arn.to_owned(), world.unique_id(arn)?)))
            .collect();
        Self { policy, bound }
    }

    /// What it says to somebody known by these names, each with the unique id behind it.
    pub fn verdict(&self, context: &Context, names: &[(String, String)]) -> Verdict {
        let mut context = context.clone();
        context.principals = names
            .iter()
            .filter(|(name, id)| self.bound.get(name).is_none_or(|bound| bound == id))
            .map(|(name, _)| name.clone())
            .collect();
        self.policy.verdict(&context)
    }

    /// The document as AWS shows it now.
    pub fn document(&self, world: &World) -> Value {
        let mut document = self.policy.document().clone();
        for (arn, id) in &self.bound {
            if world.unique_id(arn).as_ref() != Some(id) {
                replace(&mut document, arn, id);
            }
        }
        document
    }
}

fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(fields) => fields.values_mut().for_each(|item| replace(item, from, to)),
        _ => (),
    }
}
