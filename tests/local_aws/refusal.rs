//! How AWS says no: status, code and message, in AWS's own words.
//!
//! The codes and statuses are those of the API references' "Common Errors" and of the operations'
//! own lists; the messages are the ones AWS sends, trailing spaces and all, because clients (ours
//! among them) tell situations apart by them.

use super::xml::Xml;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// What the client did that no correct client does; for the request log.
    pub violation: Option<String>,
}

impl Refusal {
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
            violation: None,
        }
    }

    /// Marks the request as one that no correct client sends.
    #[must_use]
    pub fn violation(mut self) -> Self {
        self.violation = Some(format!("{}: {}", self.code, self.message));
        self
    }

    pub fn access_denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// An unknown, inactive or unusable key, or a session token that is not the key's.
    pub fn invalid_token() -> Self {
        Self::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        )
    }

    pub fn expired_token() -> Self {
        Self::new(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        )
    }

    pub fn missing_authentication() -> Self {
        Self::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        )
        .violation()
    }

    pub fn incomplete_signature(message: impl Into<String>) -> Self {
        Self::new(400, "IncompleteSignature", message).violation()
    }

    /// Not marked as a violation: a wrong secret and a wrong clock end here too.
    pub fn signature(message: impl Into<String>) -> Self {
        Self::new(403, "SignatureDoesNotMatch", message)
    }

    pub fn no_such_entity(message: impl Into<String>) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    pub fn throttling() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    /// The body of the reply.
    pub fn xml(&self, namespace: &str, request_id: &str) -> String {
        let kind = if self.status < 500 {
            "Sender"
        } else {
            "Receiver"
        };
        Xml::root("ErrorResponse", namespace, |xml| {
            xml.within("Error", |xml| {
                xml.text("Type", kind).text("Code", &self.code);
                if !self.message.is_empty() {
                    xml.text("Message", &self.message);
                }
            });
            xml.text("RequestId", request_id);
        })
    }
}
