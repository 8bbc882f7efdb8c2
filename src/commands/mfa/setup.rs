//! `awsmfa mfa setup`: from nothing to a device that is enabled, in the profile, and signed in with.
//!
//! The loop that carries out what [`crate::device::next`] says. What AWS shows is looked at before
//! the first step and after every one whose outcome is in doubt.

use std::cell::Cell;
use std::time::Duration;

use clap::{Args, ValueHint};
use jiff::Timestamp;
use serde::Serialize;

use super::codes::{Clerk, GivenCodes, Source};
use super::create::{about, create, delete, hand_over, is};
use super::hand::{Handing, Hands};
use super::which::serial_of;
use crate::aws::{IamSituation, Situation};
use crate::code::Code;
use crate::commands::whose::Whose;
use crate::commands::{Target, login};
use crate::consent;
use crate::context::Context;
use crate::device::{self, Observed, Seed, Seen, Step};
use crate::errand::Errand;
use crate::failure::{Failure, Kind, Result};
use crate::iam_name::Named;
use crate::profile::Request;
use crate::signin::{self, Obstacle, Operator};
use crate::terminal::Terminal;
use crate::ui::{Output, Ui};

/// How often a step in doubt, or codes that a person typed, are tried.
const TRIES: usize = 3;

/// Create a virtual MFA device, enable it, write it into the profile, and sign in
///
/// Shows a QR code, asks for the first code and, half a minute later, for the second, enables the
/// device with them, writes `mfa_serial` into the profile (if you agree, or with `--yes`), and signs
/// in with the code after those. Cut off at any point, the same command goes on: a device that was
/// enabled is used, and one that was created and whose seed is lost is replaced, if you agree. For
/// somebody else (`--user`) it stops after enabling.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// The device's name [default: the user's]
    #[arg(long, visible_alias = "virtual-mfa-device-name", value_name = "NAME", value_hint = ValueHint::Other)]
    name: Option<String>,

    #[command(flatten)]
    handing: Handing,

    #[command(flatten)]
    codes: GivenCodes,

    /// Stop after enabling the device and writing it into the profile
    #[arg(long)]
    no_login: bool,

    /// Agree to what would be asked: replacing a device that was never enabled, writing `mfa_serial`
    #[arg(short, long)]
    yes: bool,

    #[command(flatten)]
    whose: Whose,
}

/// What `--output json` prints. A secret is never part of it.
#[derive(Serialize)]
struct Report<'a> {
    action: &'static str,
    serial_number: &'a str,
    user: &'a str,
    qr_file: Option<String>,
    /// The file into which `mfa_serial` was written.
    written_to: Option<String>,
    signed_in: bool,
}

/// How far it came.
struct Outcome {
    serial: String,
    user: String,
    qr_file: Option<String>,
    written_to: Option<String>,
    sign_in: bool,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments {
        name,
        handing,
        codes,
        no_login,
        yes,
        whose,
    } = arguments;
    if let Some(name) = &name {
        Named::Device.check(name, "--name")?;
    }
    let given = codes.parse()?;
    let (orders, user) = whose.orders(target.clone())?;
    let errand = Errand::new(ui, "run `awsmfa mfa setup` again: it goes on from there");
    let outcome = errand.run(async {
        let named = orders.request.clone();
        let operator = Operator::new(context, ui, orders).await?;
        let own = user.is_none();
        let user = operator.user(user.as_deref()).await?;
        let identity = operator.identity().await?;
        let serial = serial_of(identity, name.as_deref().unwrap_or(&user));
        let setup = Setup {
            context,
            ui,
            errand: &errand,
            operator: &operator,
            account: identity.account.clone(),
            request: own.then_some(named),
            user,
            serial,
            handing,
            given,
            yes,
            no_login: no_login || !own,
            timeout: target.timeout,
            next_code: Cell::new(None),
        };
        setup.run().await
    })?;
    let signed_in = outcome.sign_in;
    if signed_in {
        let ui = ui.as_text();
        let serial = outcome.serial.clone();
        let arguments = login::Arguments::with_device(serial);
        login::run(context, &ui, target, arguments)
            .map_err(|failure| failure.done(format!("device {} is enabled", outcome.serial)))?;
    }
    if ui.output() == Output::Json {
        return ui.document(&Report {
            action: "enabled",
            serial_number: &outcome.serial,
            user: &outcome.user,
            qr_file: outcome.qr_file,
            written_to: outcome.written_to,
            signed_in,
        });
    }
    Ok(())
}

struct Setup<'a> {
    context: &'a Context,
    ui: &'a Ui,
    errand: &'a Errand<'a>,
    operator: &'a Operator<'a>,
    account: String,
    /// The request for the person's own profile; none for somebody else's device.
    request: Option<Request>,
    user: String,
    serial: String,
    handing: Handing,
    given: Option<[Code; 2]>,
    yes: bool,
    no_login: bool,
    timeout: Duration,
    /// When the device shows a code that this run has not spent.
    next_code: Cell<Option<Timestamp>>,
}

/// What a new device needs: whoever takes its seed, and whoever makes its codes.
struct Equipment<'a> {
    /// None where the codes were given, and the seed was taken before.
    hands: Option<Hands<'a>>,
    source: Source,
}

impl<'a> Setup<'a> {
    async fn run(&self) -> Result<Outcome> {
        self.consent_can_be_had()?;
        let mut equipment = None;
        let mut seed: Option<Seed> = None;
        let mut seen = None;
        let mut written_to = None;
        let mut declined = false;
        // Whether a device that is waiting can only be one that this run has asked for.
        let mut asked_for = false;
        let mut doubts = 0;
        loop {
            let device = match seen {
                Some(device) => device,
                None => self.look().await?,
            };
            seen = Some(device);
            let observed = Observed {
                device,
                seed_known: seed.is_some(),
                codes_given: self.given.is_some(),
                wired: declined || self.wiring()?.is_none(),
                no_login: self.no_login || !self.can_sign_in(),
            };
            let step = device::next(&observed);
            // Before the first deed everything is tried out that a later one needs.
            if matches!(step, Step::Delete | Step::Create | Step::Enable) && equipment.is_none() {
                equipment = Some(self.equip()?);
            }
            match (step, &mut equipment) {
                (Step::Delete, _) => {
                    if !asked_for {
                        self.consent_to_replace().await?;
                    }
                    delete(self.operator, self.errand, &self.serial).await?;
                    seen = Some(Seen::Absent);
                }
                (Step::Create, Some(equipment)) => match self.create(equipment).await? {
                    Ok(new) => {
                        seed = Some(new);
                        seen = Some(Seen::Waiting);
                    }
                    Err(obstacle) => {
                        self.look_again(obstacle, &mut doubts)?;
                        asked_for = true;
                        seen = None;
                    }
                },
                (Step::Enable, Some(equipment)) => {
                    let source = &equipment.source;
                    seen = match self.enable(source, seed.as_ref(), &mut doubts).await? {
                        true => Some(Seen::Enabled),
                        false => None,
                    };
                }
                (Step::Wire, _) => match self.wire().await? {
                    Some(file) => written_to = Some(file),
                    None => declined = true,
                },
                (Step::SignIn | Step::Done, equipment) => {
                    let hands = equipment.as_ref().and_then(|all| all.hands.as_ref());
                    let qr_file = hands.and_then(Hands::file);
                    return self.end(step == Step::SignIn, qr_file, written_to).await;
                }
                (Step::NothingToEnable | Step::Create | Step::Enable, _) => {
                    return Err(self.nothing_to_enable());
                }
            }
        }
    }

    fn equip(&self) -> Result<Equipment<'a>> {
        let hands = match self.given {
            Some(_) => None,
            None => {
                let mut hands = self.handing.prepare(self.context, self.ui, self.timeout)?;
                hands.measure(self.name(), &self.account)?;
                Some(hands)
            }
        };
        Ok(Equipment {
            hands,
            source: Source::choose(self.given.clone(), self.operator, self.ui)?,
        })
    }

    /// Creates the device and hands its seed over.
    async fn create(&self, equipment: &mut Equipment<'_>) -> Result<Result<Seed, Obstacle>> {
        let Some(hands) = &equipment.hands else {
            return Err(self.nothing_to_enable());
        };
        let seed = match create(self.operator, self.errand, self.name(), &self.serial).await {
            Ok(seed) => seed,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        hand_over(self.operator, self.errand, hands, &seed, &self.serial).await?;
        // A command that was not told the new seed makes codes of another device.
        if let (Source::Command { .. }, false, Ok(terminal)) = (
            &equipment.source,
            self.handing.is_automatic(),
            Terminal::open(self.ui),
        ) {
            equipment.source = Source::Terminal(terminal);
        }
        Ok(Ok(seed))
    }

    fn name(&self) -> &str {
        device::name(&self.serial).unwrap_or(&self.serial)
    }

    /// Where the device is, by AWS's two lists. Who may not see those that are assigned to nobody
    /// learns from the attempt to create one.
    async fn look(&self) -> Result<Seen> {
        let user = self.user.as_str();
        let (enabled, waiting) = {
            let _working = self.ui.working("looking for the device");
            let enabled = self
                .operator
                .call(async |aws, key| aws.mfa_devices_of(key, Some(user)).await);
            let waiting = self
                .operator
                .call(async |aws, key| aws.virtual_mfa_devices(key, true).await);
            tokio::join!(enabled, waiting)
        };
        let explain = |obstacle| self.operator.explain(obstacle, about("device", Some(user)));
        let enabled = enabled.map_err(explain)?;
        if enabled.iter().any(|device| device.serial == self.serial) {
            return Ok(Seen::Enabled);
        }
        let waiting = match waiting {
            Err(obstacle) if matches!(obstacle.situation(), Some(Situation::Denied(_))) => {
                return Ok(Seen::Absent);
            }
            waiting => waiting.map_err(explain)?,
        };
        match waiting.iter().any(|device| device.serial == self.serial) {
            true => Ok(Seen::Waiting),
            false => Ok(Seen::Absent),
        }
    }

    /// Gets two codes and enables the device; false if what came of it has to be looked at, or
    /// other codes may do better.
    async fn enable(
        &self,
        source: &Source,
        seed: Option<&Seed>,
        doubts: &mut usize,
    ) -> Result<bool> {
        let clerk = self.clerk();
        let codes = clerk.pair(source, seed).await?;
        let now = self.operator.aws().now();
        self.next_code.set(Some(device::step_end(now)));
        let [first, second] = codes.each_ref().map(Code::secret);
        let (user, serial) = (&self.user, &self.serial);
        let enabling = self.operator.call(async |aws, key| {
            aws.enable_mfa_device(key, user, serial, [first, second])
                .await
        });
        let doing = format!("enabling device {serial}");
        let obstacle = match self.errand.step(&doing, enabling).await {
            Ok(()) => {
                self.errand
                    .done(format!("device {serial} is enabled for {user}"));
                return Ok(true);
            }
            Err(obstacle) => obstacle,
        };
        *doubts += 1;
        let doubt = obstacle.may_be_done();
        let wrong = obstacle.situation() == Some(&Situation::WrongCode);
        let again = *doubts < TRIES && (doubt || wrong && source.can_try_again());
        let failure = self
            .operator
            .explain(obstacle, about(&format!("device {serial}"), Some(user)));
        if !again {
            return Err(failure);
        }
        if doubt {
            self.ui
                .note("AWS's answer was lost; looking what became of it");
        } else {
            self.ui
                .warn(&format!("{}: two others, please", failure.what()));
        }
        Ok(false)
    }

    /// The name is another's, or the answer was lost.
    fn look_again(&self, obstacle: Obstacle, doubts: &mut usize) -> Result<()> {
        *doubts += 1;
        if obstacle.may_be_done() && *doubts < TRIES {
            self.ui
                .note("AWS's answer was lost; looking what became of it");
            return Ok(());
        }
        let taken = is(&obstacle, IamSituation::AlreadyExists);
        let doubt = obstacle.may_be_done();
        if doubt {
            self.errand.left_open();
        }
        let subject = format!("a device {}", self.serial);
        let failure = self.operator.explain(obstacle, about(&subject, None));
        Err(match taken {
            true => failure.next("if it was never enabled, `awsmfa mfa delete` removes it"),
            false => failure,
        })
    }

    /// Consent is refused before the first deed, where there is nobody to give it.
    fn consent_can_be_had(&self) -> Result<()> {
        let wiring = self.wiring()?;
        if let (Some(wiring), false, Err(_)) = (wiring, self.yes, Terminal::open(self.ui)) {
            return Err(Failure::new(
                Kind::Configuration,
                format!(
                    "to write `mfa_serial` into profile {} needs consent, and there is no terminal to ask for it",
                    wiring.profile
                ),
            )
            .at(wiring.file.display())
            .next("agree with `--yes`"));
        }
        Ok(())
    }

    async fn consent_to_replace(&self) -> Result<()> {
        let serial = &self.serial;
        let what = format!(
            "replace device {serial}, which was created before and never enabled, by a new one"
        );
        consent::obtain(self.ui, self.yes, &what)
            .await
            .map_err(|failure| match failure.kind() {
                Kind::Configuration => failure.next("if an app has its seed: `awsmfa mfa setup --code1 CODE --code2 CODE` enables it as it is"),
                _ => failure,
            })
    }

    fn wiring(&self) -> Result<Option<signin::Wiring>> {
        match &self.request {
            Some(request) => signin::wiring(self.context, request, &self.serial),
            None => Ok(None),
        }
    }

    /// Writes the device into the profile; `None` where the person does not want that.
    async fn wire(&self) -> Result<Option<String>> {
        let (Some(wiring), Some(request)) = (self.wiring()?, &self.request) else {
            return Ok(None);
        };
        let file = wiring.file.display().to_string();
        let profile = &wiring.profile;
        let what = match &wiring.present {
            Some(other) => {
                format!(
                    "replace `mfa_serial = {other}` of profile {profile} in {file} by the new device"
                )
            }
            None => format!("write `mfa_serial` of profile {profile} into {file}"),
        };
        match consent::obtain(self.ui, self.yes, &what).await {
            Err(failure) if failure.kind() == Kind::Configuration => {
                self.ui
                    .note(&format!("to do it yourself: mfa_serial = {}", self.serial));
                return Ok(None);
            }
            agreed => agreed?,
        }
        let (context, ui) = (self.context, self.ui);
        signin::wire(context, ui, request, &wiring, &self.serial, self.timeout).await?;
        self.errand
            .done(format!("mfa_serial of profile {profile} is in {file}"));
        Ok(Some(file))
    }

    /// Whether anybody can make a code for the sign-in.
    fn can_sign_in(&self) -> bool {
        self.operator.plan().mfa_process.is_some() || Terminal::open(self.ui).is_ok()
    }

    async fn end(
        &self,
        sign_in: bool,
        qr_file: Option<String>,
        written_to: Option<String>,
    ) -> Result<Outcome> {
        if sign_in {
            self.await_unspent_code().await?;
        } else if !self.no_login {
            let profile = &self.operator.plan().profile.value;
            self.ui.note(&format!(
                "there is nobody to ask for the next code: `awsmfa -p {profile} CODE` signs in"
            ));
        }
        Ok(Outcome {
            serial: self.serial.clone(),
            user: self.user.clone(),
            qr_file,
            written_to,
            sign_in,
        })
    }

    /// The code that the device shows was the second one, if this run has asked for it.
    async fn await_unspent_code(&self) -> Result<()> {
        let Some(next) = self.next_code.get() else {
            return Ok(());
        };
        let terminal = Terminal::open(self.ui).ok();
        self.clerk().wait_until(next, terminal.as_ref()).await
    }

    fn clerk(&self) -> Clerk<'_> {
        Clerk {
            operator: self.operator,
            ui: self.ui,
            serial: &self.serial,
            timeout: self.timeout,
        }
    }

    fn nothing_to_enable(&self) -> Failure {
        Failure::new(
            Kind::Configuration,
            format!(
                "codes were given, and there is no device {} that they could be of",
                self.serial
            ),
        )
        .at("--code1")
        .next("leave them out: the device is created first, and its codes are asked for then")
        .next("or create it with `awsmfa mfa create`, and give its codes to this command")
    }
}
