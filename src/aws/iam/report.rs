//! The account's credential report: having it made, and fetching it.
//!
//! AWS makes one on request, hands out the same one for four hours, and takes its time where there
//! are many users (IAM User Guide, "Get credential reports for your AWS account").

use aws_sdk_iam::types::ReportStateType;
use jiff::Timestamp;

use crate::aws::explain::Refusal;
use crate::aws::retry::Missing;
use crate::aws::sts::timestamp;
use crate::aws::{Aws, Call};
use crate::secret::AccessKey;

/// How far AWS is with a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Making {
    UnderWay,
    /// There is one to be fetched.
    Complete,
}

/// A report, as AWS has made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Comma-separated values, one line per user and one of titles before them.
    pub content: Vec<u8>,
    pub generated: Timestamp,
}

impl Aws {
    /// Has a report made, unless there is one that is younger than four hours. Needs
    /// `iam:GenerateCredentialReport`.
    pub async fn generate_credential_report(&self, key: &AccessKey) -> Result<Making, Refusal> {
        let call = Call::new("GenerateCredentialReport", key);
        let attempt = |wire| self.iam(key, wire).generate_credential_report().send();
        self.send(&call, attempt, |output| {
            let state = output.state.ok_or(Missing("State"))?;
            Ok(match state {
                ReportStateType::Complete => Making::Complete,
                _ => Making::UnderWay,
            })
        })
        .await
    }

    /// The report that was made last. Needs `iam:GetCredentialReport`.
    pub async fn credential_report(&self, key: &AccessKey) -> Result<Report, Refusal> {
        let call = Call::new("GetCredentialReport", key);
        let attempt = |wire| self.iam(key, wire).get_credential_report().send();
        self.send(&call, attempt, |output| {
            let generated = output.generated_time.as_ref().and_then(timestamp);
            Ok(Report {
                content: output.content.ok_or(Missing("Content"))?.into_inner(),
                generated: generated.ok_or(Missing("GeneratedTime"))?,
            })
        })
        .await
    }
}
