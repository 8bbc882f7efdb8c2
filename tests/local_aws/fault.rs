//! Trouble on order: what may go wrong between a client and AWS, switched on per operation for a
//! number of requests.
//!
//! A fault says what happens; [`super::server`] makes it happen.

use std::collections::VecDeque;
use std::time::Duration;

/// Whether the request is carried out before its connection comes to grief.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// AWS never saw the request.
    Before,
    /// AWS carried it out; only the reply is lost.
    After,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The reply takes this much longer. Adds to any other fault.
    Latency(Duration),
    /// AWS's error document, without the request being carried out.
    Error {
        status: u16,
        code: &'static str,
        message: &'static str,
    },
    /// [`Fault::SERVICE_FAILURE`] though the request is carried out: AWS failed later than that.
    FailureAfter,
    /// AccessDenied in AWS's words for this caller and this action.
    AccessDenied,
    /// A load balancer's HTML page with this status.
    Gateway(u16),
    /// The connection is closed without a reply.
    Close(When),
    /// The connection is reset (RST) without a reply.
    Reset(When),
    /// The request is carried out; the connection closes in the middle of the reply.
    Truncate,
    /// Silence until the client gives up.
    Hang(When),
    /// A hotel's log-in page, status 200, instead of AWS.
    CaptivePortal,
    /// A redirect to this address.
    Redirect(String),
    /// All is well but the `Date` header, which is this many seconds off.
    WrongDate(i64),
}

impl Fault {
    pub const THROTTLING: Self = Self::Error {
        status: 400,
        code: "Throttling",
        message: "Rate exceeded",
    };
    pub const SERVICE_UNAVAILABLE: Self = Self::Error {
        status: 503,
        code: "ServiceUnavailable",
        message: "Service is unavailable, please try again later.",
    };
    pub const INTERNAL_FAILURE: Self = Self::Error {
        status: 500,
        code: "InternalFailure",
        message: "The request processing has failed because of an unknown error, exception or failure.",
    };

    /// IAM's own 500.
    pub const SERVICE_FAILURE: Self = Self::Error {
        status: 500,
        code: "ServiceFailure",
        message: "The request processing has failed because of an unknown error, exception or failure.",
    };
    /// Several requests changed the same thing at once.
    pub const CONCURRENT_MODIFICATION: Self = Self::Error {
        status: 409,
        code: "ConcurrentModification",
        message: "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.",
    };

    /// For the request log.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Latency(_) => "latency",
            Self::Error { code, .. } => code,
            Self::FailureAfter => "failure-after",
            Self::AccessDenied => "AccessDenied",
            Self::Gateway(_) => "gateway",
            Self::Close(When::Before) => "close-before",
            Self::Close(When::After) => "close-after",
            Self::Reset(When::Before) => "reset-before",
            Self::Reset(When::After) => "reset-after",
            Self::Truncate => "truncate",
            Self::Hang(When::Before) => "hang-before",
            Self::Hang(When::After) => "hang-after",
            Self::CaptivePortal => "captive-portal",
            Self::Redirect(_) => "redirect",
            Self::WrongDate(_) => "wrong-date",
        }
    }
}

/// A fault, which requests it waits for, and how often it strikes.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `*` for every operation.
    pub operation: String,
    pub fault: Fault,
    /// Matching requests to let pass first.
    pub skip: u32,
    /// `None`: until cleared.
    pub times: Option<u32>,
}

#[derive(Debug, Default)]
pub struct Faults(VecDeque<Rule>);

/// What awaits one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Strike {
    pub latency: Duration,
    pub fault: Option<Fault>,
}

impl Faults {
    pub fn add(&mut self, rule: Rule) {
        self.0.push_back(rule);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes what is due for a request of `operation`: every latency, and the first other fault.
    pub fn strike(&mut self, operation: &str) -> Strike {
        let mut strike = Strike::default();
        for rule in &mut self.0 {
            if rule.operation != "*" && rule.operation != operation {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            if rule.times == Some(0) {
                continue;
            }
            match &rule.fault {
                Fault::Latency(more) => strike.latency += *more,
                fault if strike.fault.is_none() => strike.fault = Some(fault.clone()),
                _ => continue,
            }
            if let Some(times) = &mut rule.times {
                *times -= 1;
            }
        }
        self.0.retain(|rule| rule.times != Some(0));
        strike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(operation: &str, fault: Fault, skip: u32, times: Option<u32>) -> Rule {
        Rule {
            operation: operation.to_owned(),
            fault,
            skip,
            times,
        }
    }

    #[test]
    fn a_fault_strikes_its_operation_as_often_as_ordered() {
        let mut faults = Faults::default();
        faults.add(rule("A", Fault::Truncate, 1, Some(2)));
        let struck: Vec<bool> = ["A", "B", "A", "A", "A"]
            .iter()
            .map(|operation| faults.strike(operation).fault.is_some())
            .collect();
        assert_eq!(struck, [false, false, true, true, false]);
    }

    #[test]
    fn latency_adds_up_and_other_faults_take_turns() {
        let mut faults = Faults::default();
        let tenth = Duration::from_millis(100);
        faults.add(rule("*", Fault::Latency(tenth), 0, None));
        faults.add(rule("A", Fault::Latency(tenth), 0, None));
        faults.add(rule("A", Fault::Truncate, 0, Some(1)));
        faults.add(rule("*", Fault::Gateway(502), 0, Some(1)));
        let first = faults.strike("A");
        assert_eq!(
            (first.latency, first.fault),
            (2 * tenth, Some(Fault::Truncate))
        );
        let second = faults.strike("A");
        assert_eq!(second.fault, Some(Fault::Gateway(502)));
        assert_eq!(faults.strike("A").fault, None);
    }
}
