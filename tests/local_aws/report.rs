//! The account's credential report: whether there is one, and what it says.

/// The course of GenerateCredentialReport.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    /// How many further calls find a new report still in progress.
    pub polls: u32,
    pub state: State,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    #[default]
    None,
    /// So many calls until it is there.
    InProgress(u32),
    Complete {
        generated: u64,
        csv: String,
    },
}
