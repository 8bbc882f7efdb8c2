//! `awsmfa report`: the account's credential report, made, fetched and judged.
//!
//! `fetch` has AWS make it; what it says is [`crate::report`]'s; `table` and `document` show it.

mod document;
mod fetch;
mod table;

use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::{Target, policy, time_limit, whose};
use crate::aws;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::iam_name::Named;
use crate::profile::spell_expiration;
use crate::report::{Broken, Days, Finding, ROOT, Report, Rule, Rules, User};
use crate::secret::Secret;
use crate::signin::{Acting, Operator};
use crate::ui::{Output, Ui, until};

/// Show the account's credential report, and what is to be seen to for every user
///
/// Has AWS make the report, waits for it, and judges every user. Without a rule, all users are shown
/// and judged by all three, with 90 days. With rules, those are shown who break one of them, and the
/// exit code is 8 if there are any.
///
/// AWS makes a new report every four hours at most; when this one was made is said. `--output csv`
/// prints it as AWS has made it, with rules or `--user` the lines that are meant.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// Rule: who has a password, and the root user with an active key, has MFA
    #[arg(long)]
    no_mfa: bool,

    /// Rule: no active access key is older than this (`90d`)
    #[arg(long, value_name = "DAYS", value_hint = ValueHint::Other)]
    keys_older_than: Option<Days>,

    /// Rule: no password and no active access key was last used longer ago than this (`90d`)
    #[arg(long, value_name = "DAYS", value_hint = ValueHint::Other)]
    unused_for: Option<Days>,

    /// Look at this user alone; `<root_account>` is the root user
    #[arg(long, value_name = "NAME", value_hint = ValueHint::Other)]
    user: Option<String>,

    /// How long to wait for AWS to make the report
    #[arg(long, value_name = "TIME", value_hint = ValueHint::Other, default_value = "5m", value_parser = time_limit)]
    wait: Duration,

    /// A code to sign in with, should AWS want MFA for it; `-` reads it from standard input
    #[arg(short, long, value_name = "CODE", value_hint = ValueHint::Other)]
    token_code: Option<Secret>,

    /// Print the smallest IAM policy that allows this command, and do nothing else
    #[arg(long)]
    print_policy: bool,
}

pub(super) fn run(
    context: &Context,
    ui: &Ui,
    target: Target,
    Arguments {
        no_mfa,
        keys_older_than,
        unused_for,
        user,
        wait,
        token_code,
        print_policy,
    }: Arguments,
) -> Result<()> {
    if print_policy {
        let everybody = policy::Named::default();
        return policy::print(ui, "report", policy::For::Admin, &everybody);
    }
    if let Some(user) = user.as_deref().filter(|user| *user != ROOT) {
        Named::User.check(user, "--user")?;
    }
    let asked = Rules {
        mfa: no_mfa,
        keys_older_than,
        unused_for,
    };
    let orders = whose::orders(target, Acting::ForOthers, token_code);
    let errand = Errand::new(ui, "run the same again");
    let (report, now) = errand.run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let report = fetch::fetch(&operator, ui, wait).await?;
        Ok((report, operator.aws().now()))
    })?;
    ui.note(&format!(
        "AWS made this report at {}; it makes a new one every four hours at most",
        until(report.generated, now, &context.zone())
    ));
    let question = Question {
        asked,
        user: user.as_deref(),
        now,
    };
    question.answer(ui, &report)
}

/// What the command line asked about the report.
struct Question<'a> {
    /// The rules that were named.
    asked: Rules,
    user: Option<&'a str>,
    now: Timestamp,
}

/// A user, and what is to be seen to.
type Judged<'a> = (User<'a>, Vec<Finding>);

impl Question<'_> {
    /// Whether the exit code is the answer.
    fn is_asked(&self) -> bool {
        let Rules {
            mfa,
            keys_older_than,
            unused_for,
        } = self.asked;
        mfa || keys_older_than.is_some() || unused_for.is_some()
    }

    fn answer(&self, ui: &Ui, made: &aws::Report) -> Result<()> {
        if ui.output() == Output::Csv && !self.is_asked() && self.user.is_none() {
            // As it is, understood or not.
            return ui.print(&made.content);
        }
        let report = Report::parse(&made.content).map_err(not_understood)?;
        let judged = self.judge(&report, made.generated)?;
        match ui.output() {
            Output::Csv => {
                let users: Vec<User<'_>> = judged.iter().map(|(user, _)| *user).collect();
                ui.print(&report.csv(&users))?;
            }
            Output::Json => ui.document(&document::Document::new(made, &judged))?,
            Output::Text => table::print(ui, &judged, self.now)?,
        }
        match self.is_asked() && !judged.is_empty() {
            true => Err(findings(&judged)),
            false => Ok(()),
        }
    }

    /// Those who are meant: with rules, who breaks one.
    fn judge<'a>(&self, report: &'a Report<'a>, generated: Timestamp) -> Result<Vec<Judged<'a>>> {
        let rules = match self.is_asked() {
            true => self.asked,
            false => Rules::USUAL,
        };
        let mut users: Vec<User<'_>> = report.users().collect();
        if let Some(name) = self.user {
            users.retain(|user| user.name() == name);
            if users.is_empty() {
                return Err(not_in_it(name, generated));
            }
        }
        let judged = users.into_iter().map(|user| {
            let findings = rules.findings(user, self.now);
            (user, findings)
        });
        let wanted = |(_, findings): &Judged<'_>| !self.is_asked() || !findings.is_empty();
        Ok(judged.filter(wanted).collect())
    }
}

/// All findings on one line.
fn verdict(findings: &[Finding]) -> String {
    let words: Vec<String> = findings.iter().map(Finding::to_string).collect();
    words.join("; ")
}

fn findings(judged: &[Judged<'_>]) -> Failure {
    let breaks = |rule: Rule| {
        let breaks =
            |(_, findings): &&Judged<'_>| findings.iter().any(|finding| finding.rule() == rule);
        judged.iter().filter(breaks).count()
    };
    let counts = Rule::ALL.map(|rule| (rule, breaks(rule)));
    let words: Vec<String> = counts
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(rule, count)| {
            let what = match rule {
                Rule::Mfa => "no MFA",
                Rule::OldKey => "an old key",
                Rule::Unused => "something unused",
            };
            format!("{what}: {count}")
        })
        .collect();
    let users = match judged.len() {
        1 => "1 user breaks a rule".to_owned(),
        count => format!("{count} users break a rule"),
    };
    Failure::new(Kind::Findings, format!("{users} ({})", words.join(", ")))
}

fn not_understood(broken: Broken) -> Failure {
    Failure::new(
        Kind::Aws,
        format!("the report cannot be understood: {}", broken.why),
    )
    .at(format!("line {} of the report", broken.line))
    .next("`--output csv` prints it as it is")
}

fn not_in_it(name: &str, generated: Timestamp) -> Failure {
    Failure::new(Kind::Aws, format!("the report has no user {name}"))
        .at(format!("the report of {}", spell_expiration(generated)))
        .note("who was created since will be in the next one, four hours after this one")
}
