//! The steps of putting a hands-on user up, one method each: what is asked of AWS or written, and what
//! would be seen of it.

use std::time::Duration;

use super::look::Device;
use super::raise::{KEY_FLAG, Memory, Raising, TRIES, put};
use crate::aws::{IamSituation, NewRole, Situation, Tag, UserKey};
use crate::commands::key::safe::Unmade;
use crate::commands::key::settle::prove;
use crate::commands::mfa::codes::Clerk;
use crate::commands::mfa::create::{delete, hand_over, is};
use crate::commands::mfa::pairing::{Deed, Pairing};
use crate::commands::news::patiently;
use crate::device::Seed;
use crate::failure::{Failure, Kind, Result};
use crate::handson::files::{Found, MARK};
use crate::handson::note::Made;
use crate::handson::tags::{ACCESS_KEY, Tags};
use crate::handson::up::Step;
use crate::handson::{description, trust};
use crate::ini::Flavor;
use crate::pauses::Pauses;
use crate::profile;
use crate::signin::{self, Obstacle, Place};

impl<'a> Raising<'a> {
    pub(super) async fn take(&self, memory: &mut Memory<'a>, step: Step) -> Result<()> {
        match step {
            Step::CreateUser => self.create_user(memory).await,
            Step::CreateRole => self.create_role(memory).await,
            Step::Attach(missing) => self.attach(memory, missing).await,
            Step::CreateKey => self.create_key(memory).await,
            Step::DeleteKey(id) => self.delete_key(memory, &id).await,
            Step::TagKey(id) => self.tag_key(memory, &id).await,
            Step::ProveKey => self.prove_key(memory).await,
            Step::CreateDevice => self.create_device(memory).await,
            Step::DeleteDevice => {
                delete(self.operator, self.errand, &memory.serial).await?;
                memory.looked.device = Device::Absent;
                memory.revise(|note| note.settle(Made::Device))
            }
            Step::EnableDevice => self.enable_device(memory).await,
            Step::Wire => self.write_profile(memory).await,
            Step::Settle => self.settle(memory).await,
            Step::Done => Ok(()),
            Step::NothingToEnable => Err(Failure::new(
                Kind::Configuration,
                format!(
                    "codes were given, and there is no device {} that they could be of",
                    memory.serial
                ),
            )
            .at("--code1")
            .next("leave them out: the device is created first, and its codes are asked for then")),
        }
    }

    async fn create_user(&self, memory: &mut Memory<'_>) -> Result<()> {
        let user = self.wanted.user.as_str();
        let tags = self.tags(memory, &self.wanted.role).lines();
        let again = self.ask(memory, Made::User)?;
        let creating = self
            .operator
            .call(async |aws, key| aws.create_user(key, user, &tags).await);
        let doing = format!("creating user {user}");
        let created = self.errand.step(&doing, creating).await;
        if let Some(mut created) = self.made(memory, created, Made::User, again).await? {
            created.tags = tags;
            memory.user_arn.clone_from(&created.arn);
            memory.looked.user = Some(created);
            self.errand
                .done(format!("user {user} is created, without permissions"));
        }
        Ok(())
    }

    /// AWS refuses a trust policy that names a user it does not know everywhere yet.
    async fn create_role(&self, memory: &mut Memory<'_>) -> Result<()> {
        let (user, role) = (&self.wanted.user, &self.wanted.role);
        let tags = Tags {
            policies: self.wanted.policies.clone(),
            ..self.tags(memory, user)
        };
        let (tags, trust, description) = (
            tags.lines(),
            trust::policy(&memory.user_arn),
            description(user),
        );
        let new = NewRole {
            name: role,
            trust: &trust,
            description: &description,
            tags: &tags,
        };
        let again = self.ask(memory, Made::Role)?;
        let waiting = self.waiting(memory, Made::User);
        let creating = patiently(
            self.ui,
            Pauses::for_news(self.timeout),
            &waiting,
            |obstacle| is(obstacle, IamSituation::PolicyMalformed),
            async || {
                self.operator
                    .call(async |aws, key| aws.create_role(key, new).await)
                    .await
            },
        );
        let doing = format!("creating role {role}, once AWS knows user {user} everywhere");
        let created = self.errand.step(&doing, creating).await;
        if let Some(mut created) = self.made(memory, created, Made::Role, again).await? {
            created.tags = tags;
            created.trust = Some(trust);
            memory.looked.role = Some(created);
            self.errand.done(format!(
                "role {role} is created, for user {user} alone and only with a code"
            ));
        }
        Ok(())
    }

    async fn attach(&self, memory: &mut Memory<'_>, missing: Vec<String>) -> Result<()> {
        let role = self.wanted.role.as_str();
        for arn in missing {
            let attaching = self.once_known(memory, Made::Role, async || {
                self.operator
                    .call(async |aws, key| aws.attach_role_policy(key, role, &arn).await)
                    .await
            });
            let doing = format!("attaching {arn} to role {role}");
            let attached = self.errand.step(&doing, attaching).await;
            attached.map_err(|obstacle| self.explain(obstacle, &format!("policy {arn}")))?;
            self.errand.done(format!("role {role} has {arn}"));
            memory.looked.attached.push(arn);
        }
        Ok(())
    }

    /// The section is marked first: by that a key is ours although nobody has its secret.
    async fn create_key(&self, memory: &mut Memory<'_>) -> Result<()> {
        let profile = &self.places.key;
        let mark = (MARK, memory.user_arn.clone());
        let revising = put(Flavor::Credentials, profile, vec![mark]);
        signin::revise(self.context, self.ui, &revising, self.timeout).await?;
        let place = Place::Profile(profile.clone(), KEY_FLAG);
        let maker = self.maker();
        let again = memory.note().is_new(Made::Key, self.operator.aws().now());
        if again && self.is_shown(memory, Made::Key, false).await? {
            return Ok(());
        }
        self.ask(memory, Made::Key)?;
        let is_news = |unmade: &Unmade| match unmade {
            Unmade::Refused(obstacle) => is(obstacle, IamSituation::NoSuchEntity),
            _ => false,
        };
        let waiting = self.waiting(memory, Made::User);
        let pauses = self.pauses(memory, Made::User);
        let make = async || maker.make(&place).await;
        match patiently(self.ui, pauses, &waiting, is_news, make).await {
            Ok((new, _)) => {
                let id = new.key.id;
                self.errand
                    .done(format!("access key {id} is in profile `{profile}`"));
                memory.revise(|note| note.settle(Made::Key))?;
                memory.looked.keys.push(UserKey {
                    id,
                    active: true,
                    created: new.created,
                });
                Ok(())
            }
            Err(Unmade::NoRoom(failure)) => {
                memory.revise(|note| note.settle(Made::Key))?;
                Err(failure)
            }
            Err(Unmade::Refused(obstacle)) => {
                let outcome: Result<(), Obstacle> = Err(obstacle);
                self.made(memory, outcome, Made::Key, false).await.map(drop)
            }
            // The next run finds a key of which nobody has the secret, as after a lost reply.
            Err(Unmade::Unwritten { key, failure, .. }) => {
                let id = &key.key.id;
                if maker.delete(id).await.is_err() {
                    return Err(failure);
                }
                // What cannot be noted, the next run waits for.
                drop(memory.revise(|note| note.settle(Made::Key)));
                Err(failure.done(format!("access key {id} is deleted again")))
            }
        }
    }

    async fn delete_key(&self, memory: &mut Memory<'_>, id: &str) -> Result<()> {
        let deleted = self.maker().delete(id).await;
        deleted.map_err(|obstacle| self.explain(obstacle, &format!("access key {id}")))?;
        self.errand.done(format!(
            "access key {id}, whose secret was lost on the way, is deleted"
        ));
        memory.looked.keys.retain(|key| key.id != id);
        memory.revise(|note| note.settle(Made::Key))?;
        Ok(())
    }

    async fn tag_key(&self, memory: &mut Memory<'_>, id: &str) -> Result<()> {
        let user = self.wanted.user.as_str();
        let tag: Tag = (ACCESS_KEY.to_owned(), id.to_owned());
        let tags = std::slice::from_ref(&tag);
        let tagging = self.once_known(memory, Made::User, async || {
            self.operator
                .call(async |aws, key| aws.tag_user(key, user, tags).await)
                .await
        });
        let doing = format!("tagging user {user} with access key {id}");
        let tagged = self.errand.step(&doing, tagging).await;
        tagged.map_err(|obstacle| self.explain(obstacle, &format!("user {user}")))?;
        if let Some(user) = &mut memory.looked.user {
            user.tags.retain(|(key, _)| key != ACCESS_KEY);
            user.tags.push(tag);
        }
        Ok(())
    }

    async fn prove_key(&self, memory: &mut Memory<'_>) -> Result<()> {
        let files = self.files()?;
        let found = Found::read(&files, &memory.user_arn);
        let id = found.key_in(&self.places.key).flatten().unwrap_or_default();
        let Some(key) = profile::pair(&files, id) else {
            return Err(Failure::new(
                Kind::Configuration,
                format!(
                    "profile `{}` has lost the secret of access key {id}",
                    self.places.key
                ),
            )
            .next(self.wanted.take_down()));
        };
        let pauses = Pauses::for_news(self.timeout);
        let user = &self.wanted.user;
        prove(self.ui, self.errand, self.operator, &key, user, pauses).await?;
        memory.proven = true;
        Ok(())
    }

    async fn create_device(&self, memory: &mut Memory<'a>) -> Result<()> {
        let user = self.wanted.user.as_str();
        let serial = memory.serial.clone();
        let tags = self.tags(memory, user).lines();
        let again = self.ask(memory, Made::Device)?;
        let creating = self
            .operator
            .call(async |aws, key| aws.create_virtual_mfa_device(key, user, &tags).await);
        let doing = format!("creating device {serial}");
        let created = self.errand.step(&doing, creating).await;
        let Some(created) = self.made(memory, created, Made::Device, again).await? else {
            return Ok(());
        };
        self.errand.done(format!("device {serial} is created"));
        let seed = Seed::from_base32(&created.seed).ok_or_else(|| {
            Failure::new(Kind::Aws, "the seed that AWS made for the device is none")
        })?;
        if let Some(hands) = memory.equipment.as_ref().and_then(|all| all.hands.as_ref()) {
            let handed = hand_over(self.operator, self.errand, hands, &seed, &serial).await;
            if let Err(failure) = handed {
                // It is deleted again, and not waited for.
                if failure.kind() != Kind::Interrupted {
                    drop(memory.revise(|note| note.settle(Made::Device)));
                }
                return Err(failure);
            }
        }
        memory.looked.device = Device::Waiting(tags);
        memory.seed = Some(seed);
        Ok(())
    }

    async fn enable_device(&self, memory: &mut Memory<'a>) -> Result<()> {
        let (user, serial) = (self.wanted.user.as_str(), memory.serial.clone());
        let Some(equipment) = &memory.equipment else {
            memory.equipment = Some(self.equip(&serial)?);
            return Ok(());
        };
        let clerk = Clerk {
            operator: self.operator,
            ui: self.ui,
            serial: &serial,
            timeout: self.timeout,
        };
        let codes = clerk.pair(&equipment.source, memory.seed.as_ref()).await?;
        let pairing = Pairing {
            operator: self.operator,
            ui: self.ui,
            errand: self.errand,
            deed: Deed::Enable,
            user,
            serial: &serial,
            codes: &codes,
            new_device: self.pauses(memory, Made::Device),
            lists: Pauses::for_news(self.timeout),
        };
        let obstacle = match pairing.make().await {
            Ok(()) => {
                self.errand
                    .done(format!("device {serial} is enabled for {user}"));
                memory.looked.device = Device::Enabled;
                return Ok(());
            }
            Err(refused) => refused.obstacle,
        };
        let wrong = obstacle.situation() == Some(&Situation::WrongCode);
        let subject = format!("device {serial}");
        if wrong && memory.doubts + 1 < TRIES && equipment.source.can_try_again() {
            memory.doubts += 1;
            let failure = self.explain(obstacle, &subject);
            self.ui
                .warn(&format!("{}: two others, please", failure.what()));
            return Ok(());
        }
        if !obstacle.may_be_done() {
            return Err(self.explain(obstacle, &subject));
        }
        self.count_doubt(memory, obstacle, &subject)?;
        memory.looked = self.look(memory).await?;
        Ok(())
    }

    /// Makes a call about what was made a moment ago, again if AWS does not know it everywhere yet.
    async fn once_known<T>(
        &self,
        memory: &Memory<'_>,
        made: Made,
        call: impl AsyncFn() -> Result<T, Obstacle>,
    ) -> Result<T, Obstacle> {
        let waiting = self.waiting(memory, made);
        patiently(
            self.ui,
            self.pauses(memory, made),
            &waiting,
            is_unknown,
            call,
        )
        .await
    }

    fn waiting(&self, memory: &Memory<'_>, made: Made) -> String {
        let subject = self.subject(memory, made);
        format!("AWS does not know {subject} everywhere yet")
    }

    /// What is old is known, or gone.
    fn pauses(&self, memory: &Memory<'_>, made: Made) -> Pauses {
        match memory.note().is_new(made, self.operator.aws().now()) {
            true => Pauses::for_news(self.timeout),
            false => Pauses::none(),
        }
    }

    async fn write_profile(&self, memory: &Memory<'_>) -> Result<()> {
        let revising = self.profile_with_role(memory)?;
        signin::revise(self.context, self.ui, &revising, self.timeout).await?;
        self.errand
            .done(format!("profile `{}` is written", self.places.role));
        Ok(())
    }

    /// Whoever has typed two codes has waited for as long already.
    async fn settle(&self, memory: &Memory<'_>) -> Result<()> {
        let role = &self.wanted.role;
        while let Some(time) = memory.looked.settled_at() {
            let left = time.duration_since(self.operator.aws().now());
            let Some(left) = Duration::try_from(left).ok().filter(|left| !left.is_zero()) else {
                break;
            };
            let _working = self
                .ui
                .working(&format!("AWS is making role {role} known everywhere"));
            tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        }
        Ok(())
    }
}

/// AWS knows no such thing. If its words are about a policy, that is none of ours.
fn is_unknown(obstacle: &Obstacle) -> bool {
    let Obstacle::Refusal(refusal) = obstacle else {
        return false;
    };
    refusal.situation == Situation::Iam(IamSituation::NoSuchEntity)
        && !refusal.message.to_ascii_lowercase().starts_with("policy")
}
