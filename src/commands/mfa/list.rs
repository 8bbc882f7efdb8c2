//! `awsmfa mfa list`: the devices of a user, or the virtual ones of the account.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::create::about;
use super::which::devices_of;
use crate::arn::Arn;
use crate::aws::{Device, DeviceKind, VirtualDevice};
use crate::commands::Target;
use crate::commands::whose::Whose;
use crate::context::Context;
use crate::errand::Errand;
use crate::failure::Result;
use crate::profile::spell_expiration;
use crate::signin::{Acting, Operator};
use crate::ui::{Cell, Output, Tone, Ui};

/// List MFA devices: which there are, which make codes, and since when
///
/// All kinds are listed. The one that the profile names is marked.
#[derive(Args, Debug)]
pub(super) struct Arguments {
    /// All virtual devices of the account with their users, those of nobody included
    #[arg(long, conflicts_with = "user")]
    all: bool,

    #[command(flatten)]
    whose: Whose,
}

/// One device, as `--output json` prints it.
#[derive(Serialize)]
struct Row {
    serial_number: String,
    /// `virtual`, `hardware`, `passkey` or `u2f`.
    kind: &'static str,
    makes_codes: bool,
    /// None for one that is assigned to nobody.
    enabled: Option<String>,
    user: Option<String>,
    /// Whether the profile names it.
    in_profile: bool,
}

pub(super) fn run(context: &Context, ui: &Ui, target: Target, arguments: Arguments) -> Result<()> {
    let Arguments { all, whose } = arguments;
    let setup = whose.spelled(&target).command("mfa setup");
    let (mut orders, user) = whose.orders(target)?;
    if all {
        // The account is an administrator's affair, and a role profile's role then asks.
        orders.acting = Acting::ForOthers;
    }
    let rows = Errand::new(ui, "").run(async {
        let operator = Operator::new(context, ui, orders).await?;
        let _working = ui.working("asking AWS for the MFA devices");
        let mut rows: Vec<Row> = if all {
            account_devices(&operator)
                .await?
                .into_iter()
                .map(virtual_row)
                .collect()
        } else {
            // The name is for the rows alone where the key is the user's own.
            let named = operator.user(user.as_deref());
            let (user, devices) = tokio::join!(named, devices_of(&operator, user.as_deref()));
            let user = user?;
            let row = |device| row(device, &user);
            devices?.into_iter().map(row).collect()
        };
        if let Some(named) = &operator.plan().serial {
            for row in &mut rows {
                row.in_profile = row.serial_number == named.value;
            }
        }
        Ok(rows)
    })?;
    if ui.output() == Output::Json {
        return ui.document(&rows);
    }
    if rows.is_empty() {
        ui.say(&format!("there is no MFA device; `{setup}` makes one"));
        return Ok(());
    }
    let mut head = vec!["DEVICE", "KIND", "CODES", "ENABLED"];
    if all {
        head.push("USER");
    }
    let head = head
        .iter()
        .map(|title| Cell::new(*title, Tone::Faint))
        .collect();
    let lines = rows.iter().map(|row| line(row, all));
    ui.fitted_table(&std::iter::once(head).chain(lines).collect::<Vec<_>>())
}

async fn account_devices(operator: &Operator<'_>) -> Result<Vec<VirtualDevice>> {
    let listed = operator.call(async |aws, key| aws.virtual_mfa_devices(key, false).await);
    listed
        .await
        .map_err(|obstacle| operator.explain(obstacle, about("virtual devices", None)))
}

fn row(device: Device, user: &str) -> Row {
    Row {
        kind: device.kind.name(),
        makes_codes: device.can_make_codes(),
        enabled: Some(spell(device.enabled)),
        serial_number: device.serial,
        user: Some(user.to_owned()),
        in_profile: false,
    }
}

fn virtual_row(device: VirtualDevice) -> Row {
    Row {
        kind: DeviceKind::Virtual.name(),
        makes_codes: true,
        enabled: device.enabled.map(spell),
        serial_number: device.serial,
        user: device.user_arn.as_deref().map(owner),
        in_profile: false,
    }
}

/// A user's name; the root user has none, only an ARN.
fn owner(arn: &str) -> String {
    match Arn::parse(arn) {
        Some(parsed) => parsed.name().to_owned(),
        None => arn.to_owned(),
    }
}

fn spell(time: Timestamp) -> String {
    spell_expiration(time)
}

fn line(row: &Row, all: bool) -> Vec<Cell> {
    let mark = if row.in_profile {
        " (in the profile)"
    } else {
        ""
    };
    let codes = match row.makes_codes {
        true => Cell::new("yes", Tone::Good),
        false => Cell::new("no", Tone::Doubtful),
    };
    let mut cells = vec![
        Cell::new(format!("{}{mark}", row.serial_number), Tone::Plain),
        Cell::new(row.kind, Tone::Plain),
        codes,
        match &row.enabled {
            Some(since) => Cell::new(since.clone(), Tone::Plain),
            None => Cell::new("never", Tone::Faint),
        },
    ];
    if all {
        cells.push(match &row.user {
            Some(user) => Cell::new(user.clone(), Tone::Plain),
            None => Cell::new("(nobody)", Tone::Faint),
        });
    }
    cells
}
