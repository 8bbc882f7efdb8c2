//! The server's own small interface under `/_control/`, for scripts in other languages.
//!
//! Only there when asked for, unsigned, never in the request log. Parameters are in the query, the
//! method is GET: `curl http://127.0.0.1:PORT/_control/code?serial=…` is all it takes.
//!
//! - `code?serial=S`: a code that would be accepted now; 409 when all are spent.
//! - `log`, `log?clear=1`: the request log as JSON, with the number of connections.
//! - `clock?offset=N` or `clock?advance=N`: moves the clock; answers the time and the offset.
//! - `fault?kind=K&operation=O&times=N&skip=N` (and `ms`, `status`, `code`, `seconds`, `location`
//!   as the kind needs), `fault?clear=1`.
//! - `key?id=K&active=0`: deactivates or activates an access key.
//! - `pair?serial=S`: two consecutive codes that EnableMFADevice would accept now, one a line.
//! - `state`: everything there is in every account, see [`super::snapshot`].
//! - `lag?new=N&seconds=S` or `lag?new=N&requests=R`: new things of a kind (`access-key`, `user`,
//!   `role`, `trust-policy`, `policy`, `device`, `device-listing`, `login-profile`, `user-name`,
//!   `role-name`, `virtual-device`, `listed-key`, `tags`, `removal`) are not known at once;
//!   `lag?new=N` alone: they are.
//! - `report?polls=N`: how many calls find a new credential report still in progress.

use std::time::Duration;

use serde_json::{Value, json};

use super::clock;
use super::fault::{Fault, Rule, When};
use super::form::Form;
use super::http::{Request, Response};
use super::lag::{Lag, New};
use super::server::Shared;
use super::{snapshot, totp};

pub const PREFIX: &str = "/_control/";

pub fn answer(shared: &Shared, request: &Request) -> Response {
    let command = request.path().strip_prefix(PREFIX).unwrap_or_default();
    let answer = Form::parse(request.query())
        .map_err(|refusal| (400, refusal.message))
        .and_then(|form| run(shared, command, &form));
    match answer {
        Ok(Value::String(text)) => Response::new(200, "text/plain", format!("{text}\n")),
        Ok(value) => Response::new(200, "application/json", format!("{value:#}\n")),
        Err((status, why)) => Response::new(status, "text/plain", format!("{why}\n")),
    }
}

type Trouble = (u16, String);

fn run(shared: &Shared, command: &str, form: &Form) -> Result<Value, Trouble> {
    match command {
        "code" => code(shared, form),
        "log" => Ok(log(shared, form)),
        "clock" => clock(shared, form),
        "fault" => fault(shared, form),
        "key" => key(shared, form),
        "pair" => pair(shared, form),
        "state" => Ok(snapshot::of(&shared.world())),
        "lag" => lag(shared, form),
        "report" => report(shared, form),
        _ => Err((404, format!("there is no {PREFIX}{command}"))),
    }
}

fn code(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    let serial = needed(form, "serial")?;
    let now = shared.clock.now();
    let world = shared.world();
    let device = world
        .accounts
        .values()
        .find_map(|account| account.devices.get(serial))
        .ok_or((404, format!("there is no device {serial}")))?;
    let code = device.unspent(now);
    code.map(Value::String)
        .ok_or((409, "every code that is good now is spent".to_owned()))
}

fn log(shared: &Shared, form: &Form) -> Value {
    let mut log = shared.log();
    let requests: Vec<Value> = log.iter().map(super::log::Entry::json).collect();
    if form.get("clear").is_some() {
        log.clear();
    }
    json!({ "connections": shared.connections(), "requests": requests })
}

fn clock(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    if form.get("offset").is_some() {
        shared.clock.set_offset(number(form, "offset")?);
    }
    if form.get("advance").is_some() {
        shared.clock.advance(number(form, "advance")?);
    }
    let now = shared.clock.now();
    Ok(json!({ "now": clock::iso8601(now), "offset": shared.clock.offset() }))
}

fn fault(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    if form.get("clear").is_some() {
        shared.faults().clear();
        return Ok(json!({}));
    }
    let fault = match needed(form, "kind")? {
        "latency" => Fault::Latency(Duration::from_millis(number(form, "ms")?)),
        "throttling" => Fault::THROTTLING,
        "unavailable" => Fault::SERVICE_UNAVAILABLE,
        "internal" => Fault::INTERNAL_FAILURE,
        "failure-after" => Fault::FailureAfter,
        "denied" => Fault::AccessDenied,
        "gateway" => Fault::Gateway(number(form, "status")?),
        "close-before" => Fault::Close(When::Before),
        "close-after" => Fault::Close(When::After),
        "reset-before" => Fault::Reset(When::Before),
        "reset-after" => Fault::Reset(When::After),
        "hang-before" => Fault::Hang(When::Before),
        "hang-after" => Fault::Hang(When::After),
        "truncate" => Fault::Truncate,
        "captive-portal" => Fault::CaptivePortal,
        "redirect" => Fault::Redirect(needed(form, "location")?.to_owned()),
        "wrong-date" => Fault::WrongDate(number(form, "seconds")?),
        other => return Err((400, format!("there is no fault {other}"))),
    };
    let optional = |name| form.get(name).map(|_| number(form, name)).transpose();
    shared.faults().add(Rule {
        operation: form.get("operation").unwrap_or("*").to_owned(),
        fault,
        skip: optional("skip")?.unwrap_or(0),
        times: optional("times")?,
    });
    Ok(json!({}))
}

fn key(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    let (id, active) = (needed(form, "id")?, needed(form, "active")? == "1");
    let mut world = shared.world();
    let key = world
        .accounts
        .values_mut()
        .flat_map(|account| account.users.values_mut())
        .flat_map(|user| user.keys.iter_mut())
        .find(|key| key.id == id)
        .ok_or((404, format!("there is no key {id}")))?;
    key.active = active;
    Ok(json!({ "active": active }))
}

fn pair(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    let serial = needed(form, "serial")?;
    let step = totp::step(shared.clock.now());
    let world = shared.world();
    let mut accounts = world.accounts.values();
    let device = accounts
        .find_map(|account| account.devices.get(serial))
        .ok_or((404, format!("there is no device {serial}")))?;
    let codes = [step - 1, step].map(|step| totp::code(&device.seed, step));
    Ok(Value::String(codes.join("\n")))
}

fn lag(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    let new = match needed(form, "new")? {
        "access-key" => New::AccessKey,
        "user" => New::User,
        "role" => New::Role,
        "trust-policy" => New::TrustPolicy,
        "policy" => New::Policy,
        "device" => New::Device,
        "device-listing" => New::DeviceListing,
        "login-profile" => New::LoginProfile,
        "user-name" => New::UserName,
        "role-name" => New::RoleName,
        "virtual-device" => New::VirtualDevice,
        "listed-key" => New::ListedKey,
        "tags" => New::Tags,
        "removal" => New::Removal,
        other => return Err((400, format!("nothing new is called {other}"))),
    };
    let lag = if form.get("seconds").is_some() {
        Some(Lag::Seconds(number(form, "seconds")?))
    } else if form.get("requests").is_some() {
        Some(Lag::Requests(number(form, "requests")?))
    } else {
        None
    };
    shared.world().lags.set(new, lag);
    Ok(json!({}))
}

fn report(shared: &Shared, form: &Form) -> Result<Value, Trouble> {
    let polls = number(form, "polls")?;
    for account in shared.world().accounts.values_mut() {
        account.reports.polls = polls;
    }
    Ok(json!({}))
}

fn needed<'f>(form: &'f Form, name: &str) -> Result<&'f str, Trouble> {
    form.get(name)
        .ok_or_else(|| (400, format!("{name} is missing")))
}

fn number<T: std::str::FromStr>(form: &Form, name: &str) -> Result<T, Trouble> {
    needed(form, name)?
        .parse()
        .map_err(|_| (400, format!("{name} is not a number that fits")))
}
