//! The request log: what arrived, from whom, and what became of it.
//!
//! An entry is complete before the reply leaves, so a test that has its answer can read it.

use std::time::Instant;

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub struct Entry {
    /// When the request had been read.
    pub at: Instant,
    /// The server's clock then, in seconds since the epoch.
    pub clock: u64,
    /// Counted from 1 in order of acceptance.
    pub connection: u64,
    /// `sts`, `iam` or `signin`.
    pub service: &'static str,
    /// `-` where there was none.
    pub operation: String,
    /// Of the credential scope.
    pub region: Option<String>,
    pub key_id: Option<String>,
    /// All parameters as sent, codes included.
    pub parameters: Vec<(String, String)>,
    pub user_agent: Option<String>,
    /// The status of the reply; 0 where none was sent.
    pub status: u16,
    /// `ok`, the error's code, or the fault's name.
    pub outcome: String,
    /// The action ran to its successful end, whatever became of the reply.
    pub carried_out: bool,
    /// What no correct client would have sent.
    pub violation: Option<String>,
}

impl Entry {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(present, _)| present == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        let parameters: serde_json::Map<String, Value> = self
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
            .collect();
        json!({
            "clock": self.clock,
            "connection": self.connection,
            "service": self.service,
            "operation": self.operation,
            "region": self.region,
            "key_id": self.key_id,
            "parameters": parameters,
            "user_agent": self.user_agent,
            "status": self.status,
            "outcome": self.outcome,
            "carried_out": self.carried_out,
            "violation": self.violation,
        })
    }
}
