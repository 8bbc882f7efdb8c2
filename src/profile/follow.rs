//! From the chosen profile back to the long-term key.
//!
//! One step at a time, never by recursion, each profile at most once. A step is one of three: a
//! section of ours, written or [`promised`], leads to the profile it is made for; a name with a
//! `NAME-long-term` beside it (aws-mfa's convention) leads there; any other profile leads on
//! through `source_profile`, or to the one it stands for ([`served::stands_for`]), or holds the key.
//! What it refuses: loops, told with the whole way, and profiles that are not there, told with who
//! sent us. Values are only collected here; whether AWS takes them is looked at by [`super::roles`]
//! and its neighbours.

use std::collections::HashSet;

use super::choose::{Choice, environment_key};
use super::credential_source;
use super::given::Given;
use super::lost;
use super::names::{LONG_TERM, check_profile};
use super::promised;
use super::settings::{Found, Settings, Shared};
use super::trail::{Hop, Trail};
use super::{Marks, Origin, Purpose, Request, Source, Sourced, key, served, set_aside};
use crate::context::Env;
use crate::failure::{Failure, Kind, Result};
use crate::secret::AccessKey;

enum Step {
    To(Sourced<String>),
    Found(Source),
}

struct Walk<'s> {
    shared: &'s Shared<'s>,
    env: &'s Env,
    purpose: Purpose,
    given: Given,
    /// Whether the next profile's own role counts even beside a key: it does where it is signed
    /// in to, and not where it is another's source (botocore and the SDKs agree on that).
    entering: bool,
    way: Vec<String>,
    seen: HashSet<String>,
    profile: Option<Sourced<String>>,
    base: Option<String>,
    nodes: Vec<Settings<'s>>,
    stand_ins: Vec<Settings<'s>>,
    hops: Vec<Hop>,
    followed: Option<(Sourced<String>, Marks)>,
    convention: bool,
    without_role: bool,
    from_environment: bool,
}

pub(super) fn follow<'s>(
    shared: &'s Shared<'s>,
    env: &'s Env,
    request: &Request,
    choice: Choice,
) -> Result<Trail<'s>> {
    let mut walk = Walk {
        shared,
        env,
        purpose: request.purpose,
        given: Given::by_flags(request),
        entering: request.purpose != Purpose::Session,
        way: Vec::new(),
        seen: HashSet::new(),
        profile: None,
        base: None,
        nodes: Vec::new(),
        stand_ins: Vec::new(),
        hops: Vec::new(),
        followed: None,
        convention: false,
        without_role: request.purpose == Purpose::Session,
        from_environment: false,
    };
    let source = match choice.environment_key {
        Some(key) => walk.start_from_environment(&choice.profile, key)?,
        None => walk.walk_from(choice.profile.clone())?,
    };
    let profile = walk.profile.unwrap_or(choice.profile);
    let before = walk.way.iter().take_while(|name| **name != profile.value);
    let followed = walk.followed.iter().map(|(section, _)| &section.value);
    let named = before.chain(followed);
    Ok(Trail {
        named: named.filter_map(|name| shared.profile(name)).collect(),
        profile,
        nodes: walk.nodes.into_iter().chain(walk.stand_ins).collect(),
        // A session of ours on the way to the key says nothing of the profile.
        without_role: walk.without_role && walk.hops.is_empty(),
        hops: walk.hops,
        base: walk.base.filter(|_| source.name().is_some()),
        source,
        followed: walk.followed,
        convention: walk.convention,
        from_environment: walk.from_environment,
    })
}

impl<'s> Walk<'s> {
    /// Keys of the environment and no profile named. If `[default]` is a section made this way, it
    /// is the one to renew.
    fn start_from_environment(
        &mut self,
        profile: &Sourced<String>,
        key: AccessKey,
    ) -> Result<Source> {
        let marks = self.shared.profile(&profile.value).as_ref().and_then(marks);
        if let Some(marks) = marks.filter(|marks| marks.source.is_none()) {
            self.given.or_recorded(&profile.value, &marks);
            self.followed = Some((profile.clone(), marks));
        }
        self.environment(&profile.value, key)
    }

    /// The key is the environment's; the profile lends its settings but not its role, as in the
    /// AWS CLI.
    fn environment(&mut self, profile: &str, key: AccessKey) -> Result<Source> {
        let settings = self.shared.profile(profile);
        let settings = settings.filter(|settings| marks(settings).is_none());
        if let Some(settings) = &settings {
            settings.check()?;
        }
        if let Some(arn) = self.given.role_arn.take() {
            self.add_hop(arn, profile, settings.iter());
        }
        self.nodes.extend(settings);
        self.from_environment = true;
        Ok(Source::Environment { key })
    }

    fn walk_from(&mut self, start: Sourced<String>) -> Result<Source> {
        let mut at = start;
        loop {
            match self.step(&at)? {
                Step::To(next) => at = next,
                Step::Found(source) => return Ok(source),
            }
        }
    }

    fn step(&mut self, at: &Sourced<String>) -> Result<Step> {
        check_profile(&at.value, &at.origin)?;
        self.visit(at)?;
        let settings = self.shared.profile(&at.value);
        let marks = settings.as_ref().and_then(marks);
        if let Some(long_term) = self.long_term_of(&at.value, settings.as_ref(), marks.as_ref()) {
            return self.step_by_convention(at, settings, marks, long_term);
        }
        if marks.is_none()
            && let Some((next, without_role)) = promised::by(self.shared, at, settings.as_ref())?
        {
            if without_role {
                self.without_role = true;
                self.entering = false;
            }
            self.remember(at, Marks::default());
            return Ok(Step::To(next));
        }
        let settings =
            settings.ok_or_else(|| lost::missing(self.shared, self.env, at, self.link()))?;
        settings.check()?;
        match marks {
            Some(marks) => self.step_through_ours(at, marks),
            None => self.step_through(at, settings),
        }
    }

    /// The setting that has led from the last profile to this one, if a file did.
    fn link(&self) -> &'static str {
        let from = self.way.iter().rev().nth(1);
        match self.stand_ins.last() {
            Some(stand_in) if from == Some(&stand_in.name) => "credential_process",
            _ => "source_profile",
        }
    }

    fn visit(&mut self, at: &Sourced<String>) -> Result<()> {
        self.way.push(at.value.clone());
        if self.seen.insert(at.value.clone()) {
            return Ok(());
        }
        Err(lost::in_circle(&self.way, at))
    }

    /// A section of ours: on to the profile it was made for, with what its flags were.
    fn step_through_ours(&mut self, at: &Sourced<String>, marks: Marks) -> Result<Step> {
        let section = at.value.as_str();
        self.without_role = marks.is_session_in(section);
        self.entering = !self.without_role;
        self.given.or_recorded(section, &marks);
        let origin = Origin::Section(section.to_owned());
        let next = marks.profile.clone().or_else(|| marks.source.clone());
        self.remember(at, marks);
        if let Some(name) = next {
            return Ok(Step::To(Sourced::new(name, origin)));
        }
        let Some(key) = environment_key(self.env)?.filter(|key| !key.is_temporary()) else {
            return Err(Failure::new(
                Kind::Configuration,
                format!("section [{section}] was made with a long-term key from the environment, which is not there now"),
            )
            .at("AWS_ACCESS_KEY_ID")
            .next("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY again, without AWS_SESSION_TOKEN")
            .next("or name a profile that holds a key with `--profile`"));
        };
        let profile = Sourced::new("default".to_owned(), origin);
        let source = self.environment(&profile.value, key)?;
        self.profile.get_or_insert(profile);
        Ok(Step::Found(source))
    }

    /// The section that was named is the one to write; one on the way to the key is not.
    fn remember(&mut self, section: &Sourced<String>, marks: Marks) {
        if self.followed.is_none() && self.hops.is_empty() && self.nodes.is_empty() {
            self.followed = Some((section.clone(), marks));
        }
    }

    /// The section beside `name` that holds its long-term key, if the two are aws-mfa's or ours
    /// made from it. A source that has a long-term key of its own needs no other.
    fn long_term_of(
        &self,
        name: &str,
        settings: Option<&Settings<'s>>,
        marks: Option<&Marks>,
    ) -> Option<Settings<'s>> {
        let long_term = self.shared.profile(&format!("{name}{LONG_TERM}"))?;
        if let Some(marks) = marks {
            return (marks.source.as_ref() == Some(&long_term.name)).then_some(long_term);
        }
        let has_key = settings
            .and_then(|settings| settings.credentials.as_ref())
            .is_some_and(key::holds_long_term);
        (self.hops.is_empty() || !has_key).then_some(long_term)
    }

    fn step_by_convention(
        &mut self,
        at: &Sourced<String>,
        settings: Option<Settings<'s>>,
        marks: Option<Marks>,
        long_term: Settings<'s>,
    ) -> Result<Step> {
        if self.profile.is_none() {
            self.profile = Some(at.clone());
            self.convention = true;
        }
        if let Some(marks) = marks.filter(|_| !self.without_role) {
            self.given.or_recorded(&at.value, &marks);
            if self.followed.is_none() && self.nodes.is_empty() {
                self.followed = Some((at.clone(), marks));
            }
        }
        let link = Sourced::new(long_term.name.clone(), at.origin.clone());
        self.visit(&link)?;
        long_term.check()?;
        if let Some(settings) = &settings {
            settings.check()?;
        }
        let role = if self.entering || !key::has_static(&long_term) {
            let named = settings
                .iter()
                .find_map(|settings| settings.get("role_arn"));
            let by_aws_mfa = || long_term.get("assume_role");
            named
                .or_else(|| long_term.get("role_arn"))
                .or_else(by_aws_mfa)
                .map(Found::sourced)
        } else {
            None
        };
        self.entering = false;
        if let Some(arn) = self.given.role_arn.take().or(role) {
            self.add_hop(arn, &at.value, settings.iter().chain([&long_term]));
        }
        let source = key::of(&long_term, self.purpose)?;
        let source = source.ok_or_else(|| lost::no_key(self.env, &long_term))?;
        self.base = Some(at.value.clone());
        self.nodes.extend(settings);
        self.nodes.push(long_term);
        Ok(Step::Found(source))
    }

    /// Any other profile: on through its role, or its key, or to the one it stands for.
    fn step_through(&mut self, at: &Sourced<String>, settings: Settings<'s>) -> Result<Step> {
        if let Some(next) = served::stands_for(&settings) {
            // Its credentials are those of a sign-in, with the role.
            self.entering = true;
            self.stand_ins.push(settings);
            return Ok(Step::To(next));
        }
        self.profile.get_or_insert_with(|| at.clone());
        let own_role = if self.entering || !key::has_static(&settings) {
            settings.get("role_arn").map(Found::sourced)
        } else {
            None
        };
        self.entering = false;
        let step = match self.given.role_arn.take().or(own_role) {
            None => {
                let source = key::of(&settings, self.purpose)?;
                Step::Found(source.ok_or_else(|| lost::no_key(self.env, &settings))?)
            }
            Some(arn) => {
                self.add_hop(arn, &settings.name, [&settings].into_iter());
                self.behind_role(&settings)?
            }
        };
        let name = &settings.name;
        self.base = Some(name.strip_suffix(LONG_TERM).unwrap_or(name).to_owned());
        self.nodes.push(settings);
        Ok(step)
    }

    /// Whose credentials assume the profile's role.
    fn behind_role(&self, settings: &Settings<'s>) -> Result<Step> {
        let name = &settings.name;
        let own_key = || key::of(settings, self.purpose);
        match (
            set_aside::source_profile(self.shared, settings),
            settings.get("credential_source"),
        ) {
            (Some(_), Some(second)) => Err(Failure::new(
                Kind::Configuration,
                format!("profile `{name}` has both source_profile and credential_source"),
            )
            .at(second.origin())
            .next("remove one of the two lines")),
            (Some(source), None) if source.text == *name => {
                own_key()?.map(Step::Found).ok_or_else(|| {
                    Failure::new(
                        Kind::Configuration,
                        format!("profile `{name}` is its own source_profile and has no access key"),
                    )
                    .at(source.origin())
                    .next("name the profile that holds the key")
                })
            }
            (Some(source), None) => Ok(Step::To(source.sourced())),
            (None, Some(source)) => {
                credential_source::key(self.env, name, &source).map(Step::Found)
            }
            (None, None) => {
                // With a token file the role is assumed by that token, whatever else is there.
                let key = match settings.get("web_identity_token_file") {
                    Some(_) => None,
                    None => own_key()?,
                };
                key.map(Step::Found).ok_or_else(|| {
                    key::other_way(settings).unwrap_or_else(|| lost::no_source(settings))
                })
            }
        }
    }

    fn add_hop<'a>(
        &mut self,
        arn: Sourced<String>,
        profile: &str,
        own: impl Iterator<Item = &'a Settings<'s>> + Clone,
    ) where
        's: 'a,
    {
        let setting = |key| own.clone().find_map(|settings| settings.get(key));
        self.hops.push(Hop {
            arn,
            profile: profile.to_owned(),
            external_id: self
                .given
                .external_id
                .take()
                .or_else(|| setting("external_id").map(Found::sourced)),
            session_name: self
                .given
                .session_name
                .take()
                .or_else(|| setting("role_session_name").map(Found::sourced)),
        });
    }
}

/// The marks of the profile's section, unless a long-term key was put there since: then it is
/// the person's again.
pub(super) fn marks(settings: &Settings<'_>) -> Option<Marks> {
    let part = settings.credentials.as_ref()?;
    Marks::read(&part.section).filter(|_| !key::holds_long_term(part))
}
