//! Putting a hands-on user up: the loop that carries out what [`crate::handson::up`] says.
//!
//! AWS is looked at before the first step and after every one whose outcome is in doubt; in between,
//! what was done is noted where it would be seen. Before the first deed everything is tried out that
//! a later one needs: the files, the QR code, whoever makes codes, and consent.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Home;
use super::look::{Device, Looked, Wanted, check_home, user_arn};
use super::notes::Notes;
use crate::code::Code;
use crate::commands::key::safe::Maker;
use crate::commands::mfa::codes::Source;
use crate::commands::mfa::create::about;
use crate::commands::mfa::hand::{Handing, Hands};
use crate::consent;
use crate::context::Context;
use crate::device::Seed;
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::handson::files::{self, Found, MARK, Places, REGION, REGION_MARK, RoleProfile};
use crate::handson::tags::Tags;
use crate::handson::up::{self, Step};
use crate::ini::Flavor;
use crate::profile;
use crate::secret::Secret;
use crate::signin::{self, Obstacle, Operator, Place, Revising, Revision, Room};
use crate::terminal::Terminal;
use crate::ui::Ui;

/// How often a step in doubt, or codes that a person typed, are tried.
pub(super) const TRIES: usize = 3;

/// What the flag of the profile with the key is called.
pub(super) const KEY_FLAG: &str = files::FLAGS[0];

pub(super) struct Raising<'a> {
    pub(super) context: &'a Context,
    pub(super) ui: &'a Ui,
    pub(super) errand: &'a Errand<'a>,
    pub(super) operator: &'a Operator<'a>,
    pub(super) wanted: &'a Wanted,
    pub(super) places: &'a Places,
    /// For how long it is wanted, from now on.
    pub(super) lifetime: Option<Duration>,
    pub(super) handing: &'a Handing,
    pub(super) given: Option<&'a [Code; 2]>,
    pub(super) mfa_process: Option<&'a Secret>,
    pub(super) yes: bool,
    /// How long to wait for a lock or a command.
    pub(super) timeout: Duration,
}

/// What is there at the end.
#[derive(Debug)]
pub(super) struct Raised {
    pub(super) user_arn: String,
    /// The profile that it was put up with, if it was one.
    pub(super) administrator: Option<String>,
    pub(super) role_arn: String,
    pub(super) serial: String,
    pub(super) key_id: String,
    pub(super) expires: Option<Timestamp>,
    pub(super) qr_file: Option<String>,
    /// Where it was asked for, and this run has created the device.
    pub(super) shown_seed: Option<Secret>,
}

/// Whoever takes the seed of a new device, and whoever makes its codes.
pub(super) struct Equipment<'a> {
    /// None where the codes were given, and the seed was taken before.
    pub(super) hands: Option<Hands<'a>>,
    pub(super) source: Source,
}

/// What a run knows beside what AWS and the files show.
pub(super) struct Memory<'a> {
    pub(super) home: Home,
    pub(super) notes: Notes,
    pub(super) looked: Looked,
    pub(super) equipment: Option<Equipment<'a>>,
    pub(super) seed: Option<Seed>,
    pub(super) proven: bool,
    pub(super) agreed: bool,
    pub(super) doubts: usize,
    pub(super) expires: Option<Timestamp>,
    pub(super) serial: String,
    pub(super) user_arn: String,
}

impl<'a> Raising<'a> {
    pub(super) async fn run(&self) -> Result<Raised> {
        let user = &self.wanted.user;
        let notes = Notes::open(self.context, self.ui, user, self.timeout).await?;
        let home = Home::of(self.operator).await?;
        check_home(&self.wanted.policies, &home)?;
        let mut memory = Memory {
            serial: home.device(user),
            user_arn: home.user(user),
            home,
            notes,
            looked: Looked::default(),
            equipment: None,
            seed: None,
            proven: false,
            agreed: false,
            doubts: 0,
            expires: None,
        };
        memory.looked = self.look(&memory).await?;
        memory.user_arn = user_arn(&memory.looked, &memory.home, user);
        memory.expires = match memory.looked.tags() {
            Some(tags) => {
                self.end_stays(tags.expires)?;
                tags.expires
            }
            None => self.end()?,
        };
        files::check_free(&self.files()?, self.places, &memory.user_arn)?;
        loop {
            let step = self.next(&memory)?;
            if step == Step::Done {
                if !self.nothing_is_in_doubt(&mut memory).await? {
                    continue;
                }
                memory.revise(|note| note.all_made(&memory.serial))?;
                return self.raised(memory);
            }
            if !memory.agreed && !matches!(step, Step::ProveKey | Step::Settle) {
                self.prepare(&mut memory, &step).await?;
            }
            self.take(&mut memory, step).await?;
        }
    }

    /// The end is recorded with the user and is not moved; whoever names another one is told. A run that
    /// goes on after a while names the same one.
    fn end_stays(&self, recorded: Option<Timestamp>) -> Result<()> {
        const WHILE: SignedDuration = SignedDuration::from_mins(15);
        let Some(end) = self.end()? else {
            return Ok(());
        };
        let is_far = |recorded: Timestamp| end.duration_since(recorded).abs() > WHILE;
        if recorded.is_none_or(is_far) {
            self.ui.note(&format!(
                "user {} is there already, so `--expires` changes nothing; to move the end, take it down and put it up again",
                self.wanted.user
            ));
        }
        Ok(())
    }

    /// When it will not be wanted any more, by AWS's clock.
    fn end(&self) -> Result<Option<Timestamp>> {
        let Some(lifetime) = self.lifetime else {
            return Ok(None);
        };
        let end = self.operator.aws().now().checked_add(lifetime);
        end.map(Some).map_err(|error| {
            Failure::new(Kind::Usage, "that time is too far away")
                .at("--expires")
                .because(error)
        })
    }

    pub(super) fn files(&self) -> Result<profile::Files> {
        signin::read_files(self.context)
    }

    fn next(&self, memory: &Memory<'_>) -> Result<Step> {
        let found = Found::read(&self.files()?, &memory.user_arn);
        let now = self.operator.aws().now();
        let looked = &memory.looked;
        let mut observed =
            looked.observed(self.wanted, &found, &self.places.key, &memory.note(), now)?;
        observed.proven = memory.proven;
        observed.seed_known = memory.seed.is_some();
        observed.codes_given = self.given.is_some();
        observed.wired = found.role_in(&self.places.role).is_some_and(|profile| {
            let lines = self.role_lines(memory);
            lines
                .iter()
                .all(|(key, value)| profile.get(key) == Some(value))
        });
        Ok(up::next(&observed))
    }

    /// Tries out what a later step needs, and asks.
    async fn prepare(&self, memory: &mut Memory<'a>, step: &Step) -> Result<()> {
        if *step == Step::NothingToEnable {
            return Ok(());
        }
        if !matches!(memory.looked.device, Device::Enabled) {
            memory.equipment = Some(self.equip(&memory.serial)?);
        }
        let revising = self.profile_with_role(memory)?;
        signin::rehearse(self.context, self.ui, &revising, self.timeout).await?;
        let found = Found::read(&self.files()?, &memory.user_arn);
        if found.key_in(&self.places.key).flatten().is_none() {
            let place = Place::Profile(self.places.key.clone(), KEY_FLAG);
            drop(Room::make(self.context, self.ui, place, self.timeout).await?);
        }
        self.consent(memory).await?;
        memory.agreed = true;
        Ok(())
    }

    async fn consent(&self, memory: &Memory<'_>) -> Result<()> {
        let Wanted {
            user,
            role,
            policies,
            ..
        } = self.wanted;
        let Places {
            key,
            role: with,
            section,
        } = self.places;
        let what = match &memory.looked.user {
            Some(_) => format!("go on with hands-on user {user} and role {role}"),
            None => format!("create hands-on user {user} and role {role}"),
        };
        self.ui.say(&format!(
            "user {user}: no permissions, an access key in profile `{key}`, an MFA device {}",
            memory.serial
        ));
        self.ui.say(&format!(
            "role {role}: {}; only for this user, and only with a code; profile `{with}`, section [{section}]",
            policies.join(", ")
        ));
        if files::is_foreign(&self.files()?, section) {
            self.ui.say(&format!(
                "section [{section}] holds temporary credentials that another tool wrote: signing in replaces them"
            ));
        }
        consent::obtain(self.ui, self.yes, &what).await
    }

    pub(super) fn equip(&self, serial: &str) -> Result<Equipment<'a>> {
        let account = crate::arn::Arn::parse(serial).map_or("", |arn| arn.account);
        let hands = match self.given {
            Some(_) => None,
            None => {
                let mut hands = self.handing.prepare(self.context, self.ui, self.timeout)?;
                hands.measure(&self.wanted.user, account)?;
                Some(hands)
            }
        };
        let source = match (self.given, self.mfa_process) {
            (None, Some(command)) => Source::Command {
                command: command.clone(),
                origin: "--mfa-process".to_owned(),
            },
            (given, _) => Source::choose(given.cloned(), self.operator, self.ui)?,
        };
        // A command of the administrator's makes codes of another device, unless it was told the seed.
        let strange = matches!(source, Source::Command { .. })
            && self.mfa_process.is_none()
            && !self.handing.is_automatic();
        let source = match strange {
            false => source,
            true => Source::Terminal(Terminal::open(self.ui).map_err(nobody)?),
        };
        Ok(Equipment { hands, source })
    }

    pub(super) fn explain(&self, obstacle: Obstacle, subject: &str) -> Failure {
        self.operator
            .explain(obstacle, about(subject, Some(&self.wanted.user)))
    }

    pub(super) fn maker(&self) -> Maker<'_> {
        Maker {
            context: self.context,
            ui: self.ui,
            operator: self.operator,
            errand: self.errand,
            user: &self.wanted.user,
            wait: self.timeout,
        }
    }

    pub(super) fn tags(&self, memory: &Memory<'_>, partner: &str) -> Tags {
        Tags {
            partner: partner.to_owned(),
            expires: memory.expires,
            ..Tags::default()
        }
    }

    /// What the profile with the role says.
    fn role_lines(&self, memory: &Memory<'_>) -> Vec<(&'static str, String)> {
        let role_arn = match &memory.looked.role {
            Some(role) => role.arn.clone(),
            None => memory.user_arn.replace(
                &format!(":user/{}", self.wanted.user),
                &format!(":role/{}", self.wanted.role),
            ),
        };
        let mut lines = vec![
            ("role_arn", role_arn),
            ("source_profile", self.places.key.clone()),
            ("mfa_serial", memory.serial.clone()),
            ("awsmfa_profile", self.places.section.clone()),
        ];
        lines.extend(
            self.mfa_process
                .map(|command| ("mfa_process", command.expose().to_owned())),
        );
        lines.push((MARK, memory.user_arn.clone()));
        lines
    }

    /// The region of the administrator's profile goes along, unless a person has set one.
    pub(super) fn profile_with_role(&self, memory: &Memory<'_>) -> Result<Revising<'static>> {
        let mut lines = self.role_lines(memory);
        let found = Found::read(&self.files()?, &memory.user_arn);
        let own = found.role_in(&self.places.role);
        let region = self.operator.plan().region.as_ref();
        if let Some(region) = region.filter(|_| !own.is_some_and(RoleProfile::has_own_region)) {
            let written = [REGION, REGION_MARK].map(|key| (key, region.value.clone()));
            let mark = lines.len() - 1;
            lines.splice(mark..mark, written);
        }
        Ok(put(Flavor::Config, &self.places.role, lines))
    }

    fn raised(&self, memory: Memory<'_>) -> Result<Raised> {
        let found = Found::read(&self.files()?, &memory.user_arn);
        let key_id = found.key_in(&self.places.key).flatten().unwrap_or_default();
        let hands = memory.equipment.as_ref().and_then(|all| all.hands.as_ref());
        let plan = self.operator.plan();
        let administrator = plan.source.name().map(|_| plan.profile.value.clone());
        Ok(Raised {
            administrator,
            key_id: key_id.to_owned(),
            role_arn: memory.looked.role.map(|role| role.arn).unwrap_or_default(),
            qr_file: hands.and_then(Hands::file),
            shown_seed: hands
                .zip(memory.seed.as_ref())
                .and_then(|(hands, seed)| hands.shown(seed).cloned()),
            user_arn: memory.user_arn,
            serial: memory.serial,
            expires: memory.expires,
        })
    }
}

/// These lines in this section.
pub(super) fn put(
    flavor: Flavor,
    section: &str,
    lines: Vec<(&'static str, String)>,
) -> Revising<'static> {
    let revision = Revision::Set(section.to_owned(), lines);
    Revising {
        flavor,
        decide: Box::new(move |_| vec![revision.clone()]),
    }
}

fn nobody(error: std::io::Error) -> Failure {
    Failure::new(
        Kind::Code,
        "two codes of the new device are needed, and there is no terminal to ask for them",
    )
    .because(error)
    .next("name a command that prints them with `--mfa-process`, and one that takes the seed with `--seed-command`")
}
