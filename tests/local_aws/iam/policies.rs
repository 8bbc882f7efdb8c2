//! Policies of users and roles: managed ones attached, inline ones put, both listed and taken away.
//!
//! Each action exists twice, once for users and once for roles; [`Holder`] is the difference.

use super::super::form::{Check, Text};
use super::super::grants::{Granted, Grants};
use super::super::lag::New;
use super::super::managed;
use super::super::model::Account;
use super::super::policy::Policy;
use super::super::quota;
use super::super::refusal::Refusal;
use super::super::service::Call;
use super::super::sigv4::percent_encoded;
use super::super::xml::Xml;
use super::documents;
use super::names::{self, POLICY_ARN, POLICY_DOCUMENT};
use super::page::Page;
use super::subject::{self, Keys};

/// Who holds the policies.
pub struct Holder {
    parameter: &'static str,
    /// As in the names of actions and quotas, and in messages.
    kind: &'static str,
    word: &'static str,
    grants: for<'a> fn(&'a mut Account, &str) -> Option<&'a mut Grants>,
    /// Letters of the name where a managed policy is concerned, and elsewhere.
    letters: [usize; 2],
}

pub const USER: Holder = Holder {
    parameter: "UserName",
    kind: "User",
    word: "user",
    grants: |account, name| account.users.get_mut(name).map(|user| &mut user.grants),
    letters: [names::NEW_USER, names::USER],
};

pub const ROLE: Holder = Holder {
    parameter: "RoleName",
    kind: "Role",
    word: "role",
    grants: |account, name| account.roles.get_mut(name).map(|role| &mut role.grants),
    letters: [names::ROLE, names::ROLE],
};

const PATH_PREFIX: Text = Text {
    parameter: "PathPrefix",
    length: 1..=512,
    pattern: "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/",
    allows: |letter| letter.is_ascii_alphanumeric() || "/.,+@=_-".contains(letter),
};

impl Holder {
    /// Refuses unless the caller may do this to a holder who exists.
    fn grants<'c>(
        &self,
        call: &'c Call<'_>,
        name: &'c str,
        action: &str,
        keys: Keys,
    ) -> Result<&'c Grants, Refusal> {
        let action = format!("iam:{action}");
        Ok(match self.kind {
            "User" => &subject::user_with(call, Some(name), &action, keys)?.grants,
            _ => &subject::role_with(call, name, &action, keys)?.grants,
        })
    }

    fn grants_mut<'c>(&self, call: &'c mut Call<'_>, name: &str) -> &'c mut Grants {
        (self.grants)(call.account_mut(), name).expect("the holder was just found")
    }

    fn quotas(&self, account: &Account) -> (usize, usize) {
        let quotas = &account.quotas;
        match self.kind {
            "User" => (quotas.policies_per_user, quotas.user_policy_length),
            _ => (quotas.policies_per_role, quotas.role_policy_length),
        }
    }

    pub fn attach(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let (name, arn) = self.managed(call, "Attach")?;
        let policy = policy(call.account(), &arn).ok_or_else(|| {
            Refusal::no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
        })?;
        let (most, _) = self.quotas(call.account());
        let settling = call.world.lags.start(New::Policy, call.now);
        let attached = &mut self.grants_mut(call, &name).attached;
        if attached.contains_key(&arn) {
            return Ok(Xml::default());
        }
        quota::check(&format!("PoliciesPer{}", self.kind), attached.len(), most)?;
        attached.insert(arn, Granted { policy, settling });
        Ok(Xml::default())
    }

    pub fn detach(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let (name, arn) = self.managed(call, "Detach")?;
        let attached = &mut self.grants_mut(call, &name).attached;
        let found = attached.remove(&arn).map(|_| Xml::default());
        let removal = call.world.lags.start(New::Removal, call.now);
        let account = call.account_mut();
        let in_iam = match self.kind {
            "User" => account.users.get_mut(&name).map(|user| &mut user.in_iam),
            _ => account.roles.get_mut(&name).map(|role| &mut role.in_iam),
        };
        if let Some(in_iam) = in_iam {
            in_iam.removal = removal;
        }
        found.ok_or_else(|| Refusal::no_such_entity(format!("Policy {arn} was not found.")))
    }

    /// The holder and the managed policy that the request names.
    fn managed(&self, call: &Call<'_>, verb: &str) -> Result<(String, String), Refusal> {
        let mut check = Check::new(call.form);
        let name = check.required_name(self.parameter, self.letters[0]);
        let arn = check.required(&POLICY_ARN);
        check.done()?;
        let keys = vec![("iam:PolicyARN".to_owned(), arn.to_owned())];
        self.grants(call, name, &format!("{verb}{}Policy", self.kind), keys)?;
        if !looks_like_a_policy(arn) {
            return Err(subject::invalid_input(format!("ARN {arn} is not valid.")));
        }
        Ok((name.to_owned(), arn.to_owned()))
    }

    pub fn list_attached(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let mut check = Check::new(call.form);
        let name = check.required_name(self.parameter, self.letters[0]);
        let prefix = check.optional(&PATH_PREFIX).unwrap_or("/");
        let page = Page::read(&mut check, call.world.page_size);
        check.done()?;
        let action = format!("ListAttached{}Policies", self.kind);
        let grants = self.grants(call, name, &action, Keys::new())?;
        let arns = grants.attached.keys();
        let arns: Vec<&String> = arns.filter(|arn| path(arn).starts_with(prefix)).collect();
        page?.write("AttachedPolicies", &arns, |xml, arn| {
            xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default())
                .text("PolicyArn", arn);
        })
    }

    pub fn put(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let mut check = Check::new(call.form);
        let name = check.required_name(self.parameter, self.letters[1]);
        let policy_name = check.required_name("PolicyName", names::POLICY);
        let document = check.required(&POLICY_DOCUMENT);
        check.done()?;
        let action = format!("Put{}Policy", self.kind);
        let grants = self.grants(call, name, &action, Keys::new())?;
        let policy = documents::identity(document)?;
        let others = grants
            .inline
            .iter()
            .filter(|(other, _)| *other != policy_name);
        let length = |policy: &Policy| documents::length(&policy.document().to_string());
        let present: usize = others.map(|(_, granted)| length(&granted.policy)).sum();
        let (_, most) = self.quotas(call.account());
        if present + documents::length(document) > most {
            let word = self.word;
            return Err(Refusal::new(
                409,
                "LimitExceeded",
                format!("Maximum policy size of {most} bytes exceeded for {word} {name}"),
            ));
        }
        let settling = call.world.lags.start(New::Policy, call.now);
        let inline = &mut self.grants_mut(call, name).inline;
        inline.insert(policy_name.to_owned(), Granted { policy, settling });
        Ok(Xml::default())
    }

    pub fn get(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let (name, policy_name) = self.inline(call, "Get")?;
        let inline = &self.grants_mut(call, &name).inline;
        let granted = inline.get(&policy_name);
        let granted = granted.ok_or_else(|| self.no_such_policy(&policy_name))?;
        let document = granted.policy.document().to_string();
        let mut result = Xml::default();
        result
            .text(self.parameter, &name)
            .text("PolicyName", &policy_name)
            .text("PolicyDocument", percent_encoded(document.as_bytes()));
        Ok(result)
    }

    pub fn delete(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let (name, policy_name) = self.inline(call, "Delete")?;
        let removed = self.grants_mut(call, &name).inline.remove(&policy_name);
        let removed = removed.map(|_| Xml::default());
        removed.ok_or_else(|| self.no_such_policy(&policy_name))
    }

    /// The holder and the inline policy that the request names.
    fn inline(&self, call: &Call<'_>, verb: &str) -> Result<(String, String), Refusal> {
        let mut check = Check::new(call.form);
        let name = check.required_name(self.parameter, self.letters[1]);
        let policy_name = check.required_name("PolicyName", names::POLICY);
        check.done()?;
        let action = format!("{verb}{}Policy", self.kind);
        self.grants(call, name, &action, Keys::new())?;
        Ok((name.to_owned(), policy_name.to_owned()))
    }

    pub fn list(&self, call: &mut Call<'_>) -> Result<Xml, Refusal> {
        let mut check = Check::new(call.form);
        let name = check.required_name(self.parameter, self.letters[1]);
        let page = Page::read(&mut check, call.world.page_size);
        check.done()?;
        let action = format!("List{}Policies", self.kind);
        let grants = self.grants(call, name, &action, Keys::new())?;
        let names: Vec<&String> = grants.inline.keys().collect();
        page?.write_texts("PolicyNames", &names)
    }

    fn no_such_policy(&self, name: &str) -> Refusal {
        let word = self.word;
        Refusal::no_such_entity(format!(
            "The {word} policy with name {name} cannot be found."
        ))
    }
}

/// What GetPolicy tells of a managed policy, as far as anybody here wants to know.
pub fn get_managed(call: &mut Call<'_>) -> Result<Xml, Refusal> {
    let mut check = Check::new(call.form);
    let arn = check.required(&POLICY_ARN);
    check.done()?;
    subject::allowed_as(call, "iam:GetPolicy", arn, &format!("policy {arn}"))?;
    if !looks_like_a_policy(arn) {
        return Err(subject::invalid_input(format!("ARN {arn} is not valid.")));
    }
    policy(call.account(), arn)
        .ok_or_else(|| Refusal::no_such_entity(format!("Policy {arn} was not found.")))?;
    let mut result = Xml::default();
    result.within("Policy", |xml| {
        xml.text("PolicyName", arn.rsplit('/').next().unwrap_or_default())
            .text("Arn", arn)
            .text("Path", path(arn))
            .text("DefaultVersionId", "v1")
            .text("IsAttachable", "true");
    });
    Ok(result)
}

/// AWS's own, or the account's.
fn policy(account: &Account, arn: &str) -> Option<Policy> {
    let own = account.policies.get(arn).cloned();
    own.or_else(|| managed::by_arn(arn, &account.partition))
}

fn looks_like_a_policy(arn: &str) -> bool {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(fields.as_slice(), ["arn", _, "iam", "", owner, resource]
        if (*owner == "aws" || owner.len() == 12)
            && resource.strip_prefix("policy/").is_some_and(|name| !name.is_empty()))
}

/// `/job-function/` of `arn:aws:iam::aws:policy/job-function/Billing`.
fn path(arn: &str) -> &str {
    let resource = arn
        .split_once(":policy")
        .map_or("/", |(_, resource)| resource);
    &resource[..=resource.rfind('/').unwrap_or_default()]
}
