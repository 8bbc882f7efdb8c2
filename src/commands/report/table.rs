//! The report as columns: one line for every user, the verdict at its end.

use jiff::Timestamp;

use super::{Judged, verdict};
use crate::failure::Result;
use crate::report::{Days, Key, User};
use crate::ui::{Cell, Tone, Ui};

const TITLES: [&str; 6] = ["USER", "PASSWORD", "MFA", "KEY 1", "KEY 2", "VERDICT"];

pub(super) fn print(ui: &Ui, judged: &[Judged<'_>], now: Timestamp) -> Result<()> {
    if judged.is_empty() {
        ui.say("nobody breaks a rule");
        return Ok(());
    }
    let head = TITLES.map(|title| Cell::new(title, Tone::Faint)).to_vec();
    let lines = judged.iter().map(|judged| line(judged, now));
    let table: Vec<Vec<Cell>> = std::iter::once(head).chain(lines).collect();
    ui.fitted_table(&table)
}

fn line((user, findings): &Judged<'_>, now: Timestamp) -> Vec<Cell> {
    let mfa = match user.has_mfa() {
        true => Cell::new("yes", Tone::Plain),
        false => Cell::new("no", Tone::Faint),
    };
    let keys: Vec<Key> = user.keys().collect();
    let key = |number| {
        let found = keys.iter().find(|key| key.number == number);
        found.map_or_else(absent, |it| key_cell(it, now))
    };
    let verdict = match findings.is_empty() {
        true => Cell::new("ok", Tone::Good),
        false => Cell::new(verdict(findings), Tone::Bad),
    };
    let name = Cell::new(user.name(), Tone::Plain);
    vec![name, password(*user, now), mfa, key(1), key(2), verdict]
}

fn absent() -> Cell {
    Cell::new("-", Tone::Faint)
}

fn password(user: User<'_>, now: Timestamp) -> Cell {
    match user.password() {
        None => absent(),
        Some(password) => Cell::new(used(password.used, now), Tone::Plain),
    }
}

fn key_cell(key: &Key, now: Timestamp) -> Cell {
    let age = match key.rotated {
        Some(then) => format!("{} d old", Days::since(then, now).0),
        None => "age unknown".to_owned(),
    };
    match key.active {
        true => Cell::new(format!("{age}, {}", used(key.used, now)), Tone::Plain),
        false => Cell::new(format!("{age}, inactive"), Tone::Faint),
    }
}

fn used(then: Option<Timestamp>, now: Timestamp) -> String {
    match then.map(|then| Days::since(then, now).0) {
        None => "never used".to_owned(),
        Some(0) => "used today".to_owned(),
        Some(days) => format!("used {days} d ago"),
    }
}
