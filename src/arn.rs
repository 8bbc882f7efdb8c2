//! Amazon Resource Names, as far as signing in needs them: which partition, which account, what
//! kind of thing.
//!
//! Parsing is strict about the six fields and says nothing about whether the thing exists.
//! Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)" and "IAM
//! identifiers".

use std::fmt;

/// `arn:partition:service:region:account:resource`, borrowed from the text it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` unless there are six fields, the first of them `arn`, with a partition, a service
    /// and a resource. The resource may hold further colons.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut fields = text.splitn(6, ':');
        if fields.next()? != "arn" {
            return None;
        }
        let arn = Self {
            partition: fields.next()?,
            service: fields.next()?,
            region: fields.next()?,
            account: fields.next()?,
            resource: fields.next()?,
        };
        let complete = [arn.partition, arn.service, arn.resource]
            .iter()
            .all(|field| !field.is_empty());
        let clean = text.bytes().all(|byte| byte.is_ascii_graphic());
        (complete && clean).then_some(arn)
    }

    /// The account, if it is the twelve digits of one.
    pub fn account_id(&self) -> Option<&'a str> {
        (self.account.len() == 12 && self.account.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(self.account)
    }

    /// `("role", "path/name")` of `role/path/name`.
    pub fn kind_and_name(&self) -> (&'a str, &'a str) {
        self.resource.split_once('/').unwrap_or((self.resource, ""))
    }

    /// The last step of the resource's path: the friendly name.
    pub fn name(&self) -> &'a str {
        self.resource
            .rsplit_once('/')
            .map_or(self.resource, |(_, name)| name)
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:{}:{}:{}:{}",
            self.partition, self.service, self.region, self.account, self.resource
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_in_a_path_and_another_partition() {
        let arn = Arn::parse("arn:aws-cn:iam::123456789012:role/team/Admin").unwrap();
        assert_eq!(arn.partition, "aws-cn");
        assert_eq!(arn.account_id(), Some("123456789012"));
        assert_eq!(arn.kind_and_name(), ("role", "team/Admin"));
        assert_eq!(arn.name(), "Admin");
    }

    #[test]
    fn what_is_not_an_arn() {
        for text in [
            "",
            "GAHT12345678",
            "arn:aws:iam::123456789012",
            "arn::iam::123456789012:role/x",
            "arn:aws:iam::123456789012:",
            "arn:aws:iam::123456789012:role/x\n[evil]",
            "ARN:aws:iam::123456789012:role/x",
        ] {
            assert_eq!(Arn::parse(text), None, "{text:?}");
        }
    }
}
