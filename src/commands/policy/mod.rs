//! `--print-policy`: the smallest IAM policy that allows a group of commands.
//!
//! One table (`table`) says which actions a group needs, on what, and under which condition. What everybody may
//! do (GetCallerIdentity, GetSessionToken) is in none of them. A test runs every command with exactly
//! what is printed, and takes away one action after the other.

mod table;

use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Failure, Kind, Result};
use crate::handson::tags::HANDSON;
use crate::ui::Ui;
use table::{GROUPS, On, Statement, When};

/// Who is to run them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum For {
    /// Every user, for their own affairs
    Own,
    /// An administrator, for everybody's
    Admin,
}

/// The flag of the groups that users need for themselves.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct PrintPolicy {
    /// Print the smallest IAM policy that allows these commands, and do nothing else
    #[arg(long, global = true, value_enum, value_name = "FOR", num_args = 0..=1, require_equals = true, default_missing_value = "own")]
    print_policy: Option<For>,
}

impl PrintPolicy {
    /// The command of the group that was named; none where its policy was asked for instead, which
    /// is then printed.
    ///
    /// # Errors
    ///
    /// [`Kind::Usage`] if neither was; as for printing.
    pub(super) fn or_command<C>(
        self,
        ui: &Ui,
        group: &str,
        command: Option<C>,
    ) -> Result<Option<C>> {
        match self.print_policy {
            Some(whose) => print(ui, group, whose, &Named::default()).map(|()| None),
            None => command.map(Some).ok_or_else(|| no_command(group)),
        }
    }
}

/// What the resources are called, where that is known; otherwise any.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) user: Option<String>,
    pub(super) role: Option<String>,
    /// The only policies that may be attached.
    pub(super) policies: Vec<String>,
}

/// In the order in which people write it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    version: &'static str,
    statement: Vec<Spelled>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Spelled {
    sid: &'static str,
    effect: &'static str,
    action: Vec<String>,
    resource: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Value>,
}

/// The policy for a group, as IAM takes it.
fn document(group: &str, whose: For, named: &Named) -> Document {
    let found = GROUPS.iter().find(|(name, _)| *name == group);
    let (_, statements) = found.expect("the table has every group that has the flag");
    let needed = |statement: &&Statement| whose == For::Own || statement.on != On::Oneself;
    let statements = statements.iter().filter(needed);
    Document {
        version: "2012-10-17",
        statement: statements.map(|one| one.spell(whose, named)).collect(),
    }
}

/// A group was named, and none of its commands.
pub(super) fn no_command(group: &str) -> Failure {
    Failure::new(
        Kind::Usage,
        format!("`awsmfa {group}` is several commands, and none was named"),
    )
    .next(format!("`awsmfa {group} --help` lists them"))
}

/// Prints the policy for a group as the AWS CLI's `--policy-document` and the console take it.
pub(super) fn print(ui: &Ui, group: &str, whose: For, named: &Named) -> Result<()> {
    ui.document(&document(group, whose, named))
}

impl Statement {
    fn spell(&self, whose: For, named: &Named) -> Spelled {
        Spelled {
            sid: self.sid,
            effect: "Allow",
            action: self
                .actions
                .iter()
                .map(|action| format!("iam:{action}"))
                .collect(),
            resource: self.on.resource(whose, named),
            condition: self.when.condition(named),
        }
    }
}

impl On {
    fn resource(self, whose: For, named: &Named) -> Value {
        let user = match (whose, named.user.as_deref()) {
            (For::Own, _) => "${aws:username}",
            (For::Admin, name) => name.unwrap_or("*"),
        };
        let of = |kind: &str, name: &str| Value::from(format!("arn:*:iam::*:{kind}/{name}"));
        match self {
            On::Everything => Value::from("*"),
            // Wherever in the hierarchy: a user's ARN has the path before the name, and no name has a
            // slash (IAM User Guide, "IAM identifiers").
            On::User | On::Oneself if user != "*" => {
                Value::from_iter([of("user", user), of("user", &format!("*/{user}"))])
            }
            On::User | On::Oneself => of("user", user),
            On::AnyUser => of("user", "*"),
            On::AnyRole => of("role", "*"),
            On::Role => of("role", named.role.as_deref().unwrap_or("*")),
            On::AnyDevice => of("mfa", "*"),
            On::Device => of("mfa", user),
            On::AnyGroup => of("group", "*"),
            On::AnyInstanceProfile => of("instance-profile", "*"),
            On::Policies if named.policies.is_empty() => of("policy", "*"),
            On::Policies => Value::from_iter(named.policies.iter().cloned()),
        }
    }
}

impl When {
    fn condition(self, named: &Named) -> Option<Value> {
        let there = |key: &str| json!({ format!("{key}/{HANDSON}"): "false" });
        match self {
            When::Always => None,
            When::MadeWithTag => Some(json!({ "Null": there("aws:RequestTag") })),
            When::TaggedAndKnownPolicy if !named.policies.is_empty() => Some(json!({
                "Null": there("aws:ResourceTag"),
                "ArnEquals": { "iam:PolicyARN": named.policies },
            })),
            When::Tagged | When::TaggedAndKnownPolicy => {
                Some(json!({ "Null": there("aws:ResourceTag") }))
            }
        }
    }
}
