//! The order in which a key is rotated, or a rotation taken back, as a step machine: what is seen
//! says what is next.
//!
//! Two things can be seen by nobody once they are lost, and are in a [`Record`] on the disk before
//! the step they are about: that a rotation was begun, so that a key whose secret was in a reply that
//! never arrived is known for what it is; and the pair that is replaced in the file, so that it can
//! be put back. Everything else AWS and the user's files show. Nothing here asks or writes.

mod parts;
mod record;

pub use parts::{Confusion, Parts, Seen, TOLERANCE};
pub use record::{Pair, Phase, RECORD, Record, kept_secret, secret_name};

/// Whether to the new key or back to the old one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Forward { delete_old: bool },
    Back,
}

/// One of the two keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    Old,
    New,
}

/// What AWS shows of the old key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    Absent,
    Inactive,
    Active,
}

/// What is known of the new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum New {
    Absent,
    /// It is there, and its secret was in a reply that nobody has.
    Orphan,
    Inactive,
    Active,
}

/// Which of the two the profiles hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    Old,
    New,
    /// Some this, some that.
    Both,
}

/// All that the next step depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observed {
    pub way: Way,
    pub old: Old,
    pub new: New,
    /// A key that has nothing to do with it takes the place of the new one.
    pub other: bool,
    pub held: Held,
    /// The record says that this way was begun.
    pub begun: bool,
    /// AWS accepts the key that the way leads to.
    pub proven: bool,
    /// The record says that it is over.
    pub over: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Delete the other key: a user can have two.
    MakeRoom,
    /// Write the record.
    Begin,
    /// Create the new key and write it into the profiles.
    Create,
    /// Delete the new key, which nobody can use.
    Discard,
    Activate(Which),
    /// Write this key into the profiles that hold the other.
    Write(Which),
    /// Wait until AWS accepts this key.
    Prove(Which),
    Deactivate(Which),
    DeleteOld,
    /// Write into the record that it is over, or remove it.
    Finish,
    /// Nothing: everything is as it should be.
    Done,
    /// Nothing can be done: the old key is gone.
    NothingToRestore,
}

/// The step that follows from what is seen.
pub fn next(observed: &Observed) -> Step {
    match observed.way {
        _ if observed.over => Step::Done,
        Way::Forward { delete_old } => forward(observed, delete_old),
        Way::Back => back(observed),
    }
}

fn forward(observed: &Observed, delete_old: bool) -> Step {
    let Observed {
        old,
        new,
        other,
        held,
        begun,
        proven,
        ..
    } = *observed;
    match new {
        New::Absent if other => Step::MakeRoom,
        New::Absent if !begun => Step::Begin,
        New::Absent => Step::Create,
        New::Orphan => Step::Discard,
        New::Inactive => Step::Activate(Which::New),
        New::Active if held != Held::New => Step::Write(Which::New),
        New::Active if !proven => Step::Prove(Which::New),
        New::Active => match old {
            Old::Active => Step::Deactivate(Which::Old),
            Old::Inactive if delete_old => Step::DeleteOld,
            Old::Inactive | Old::Absent => Step::Finish,
        },
    }
}

fn back(observed: &Observed) -> Step {
    let Observed {
        old,
        new,
        held,
        begun,
        proven,
        ..
    } = *observed;
    match (old, new) {
        (Old::Absent, _) => Step::NothingToRestore,
        _ if !begun => Step::Begin,
        (Old::Inactive, _) => Step::Activate(Which::Old),
        _ if held != Held::Old => Step::Write(Which::Old),
        _ if !proven => Step::Prove(Which::Old),
        (_, New::Orphan) => Step::Discard,
        (_, New::Active) => Step::Deactivate(Which::New),
        (_, New::Inactive | New::Absent) => Step::Finish,
    }
}

/// All steps from here to the end, if nothing comes in between.
pub fn plan(observed: &Observed) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut seen = *observed;
    loop {
        let step = next(&seen);
        if step == Step::Done {
            return steps;
        }
        steps.push(step);
        if step == Step::NothingToRestore {
            return steps;
        }
        seen = seen.after(step);
    }
}

impl Observed {
    /// What will be seen once `step` is carried out.
    #[must_use]
    pub fn after(self, step: Step) -> Self {
        match step {
            Step::MakeRoom => Self {
                other: false,
                ..self
            },
            Step::Begin => Self {
                begun: true,
                ..self
            },
            Step::Create => Self {
                new: New::Active,
                held: Held::New,
                ..self
            },
            Step::Discard => Self {
                new: New::Absent,
                ..self
            },
            Step::Activate(Which::Old) => Self {
                old: Old::Active,
                ..self
            },
            Step::Activate(Which::New) => Self {
                new: New::Active,
                ..self
            },
            Step::Write(which) => Self {
                held: match which {
                    Which::Old => Held::Old,
                    Which::New => Held::New,
                },
                ..self
            },
            Step::Prove(_) => Self {
                proven: true,
                ..self
            },
            Step::Deactivate(Which::Old) => Self {
                old: Old::Inactive,
                ..self
            },
            Step::Deactivate(Which::New) => Self {
                new: New::Inactive,
                ..self
            },
            Step::DeleteOld => Self {
                old: Old::Absent,
                ..self
            },
            Step::Finish => Self { over: true, ..self },
            Step::Done | Step::NothingToRestore => self,
        }
    }
}

#[cfg(test)]
mod tests;
