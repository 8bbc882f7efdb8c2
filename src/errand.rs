//! Work that takes several calls to AWS, and may be cut short between any two of them.
//!
//! An [`Errand`] runs the work on a runtime of its own, shows what is going on, and remembers what
//! was done. When a step fails, or the person presses Ctrl-C, the failure says what was done, what
//! was under way, and how to go on. It decides nothing: what the next step is, is for a step machine
//! to say (`docs/design.md`, "Step machines").

use std::cell::{Cell, RefCell};

use crate::failure::{Failure, Kind, Result};
use crate::signin::interrupted;
use crate::ui::{Ui, Working};

/// One run of a command that changes things at AWS.
#[derive(Debug)]
pub struct Errand<'a> {
    ui: &'a Ui,
    /// What to do if it is cut short: `run the same again: it goes on from there`.
    go_on: String,
    done: RefCell<Vec<String>>,
    /// How many of the deeds have come to nothing together.
    undone: Cell<usize>,
    under_way: RefCell<Vec<String>>,
    /// Something may be done, and nobody can tell.
    open: Cell<bool>,
}

impl<'a> Errand<'a> {
    pub fn new(ui: &'a Ui, go_on: impl Into<String>) -> Self {
        Self {
            ui,
            go_on: go_on.into(),
            done: RefCell::default(),
            undone: Cell::new(0),
            under_way: RefCell::default(),
            open: Cell::new(false),
        }
    }

    /// Runs `work` to its end, or until Ctrl-C.
    ///
    /// # Errors
    ///
    /// Those of `work`, with what was done before; [`Kind::Interrupted`].
    pub fn run<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| {
                Failure::new(Kind::Internal, "no runtime could be started").because(error)
            })?;
        let outcome = runtime.block_on(async {
            tokio::select! {
                // The signal is listened to before anything is asked.
                biased;
                () = interrupted() => Err(self.interrupted()),
                outcome = work => outcome,
            }
        });
        // A prompt that nobody answered is still being read on its thread.
        runtime.shutdown_background();
        outcome.map_err(|failure| self.with_deeds(failure))
    }

    /// Has a step done that may change something, and says meanwhile what it is: `creating device
    /// x`. If Ctrl-C comes before its end, nobody can tell whether it was carried out.
    pub async fn step<T>(&self, doing: &str, work: impl Future<Output = T>) -> T {
        let _working = self.begin(doing);
        let outcome = work.await;
        self.end(doing);
        outcome
    }

    fn begin(&self, doing: &str) -> Working {
        self.under_way.borrow_mut().push(doing.to_owned());
        self.ui.working(doing)
    }

    fn end(&self, doing: &str) {
        self.under_way.borrow_mut().retain(|other| other != doing);
    }

    /// Says that something is done, and remembers it: `device x is created`.
    pub fn done(&self, deed: impl Into<String>) {
        let deed = deed.into();
        self.ui.say(&deed);
        self.done.borrow_mut().push(deed);
    }

    /// Says that the deed before is undone: `device x is deleted`. Of the two nothing is left that
    /// there would be anything to go on with.
    pub fn taken_back(&self, deed: impl Into<String>) {
        self.done(deed);
        self.undone.set(self.undone.get() + 2);
    }

    pub fn has_done_nothing(&self) -> bool {
        self.done.borrow().is_empty()
    }

    /// Remembers that a step may have been carried out though it failed.
    pub fn left_open(&self) {
        self.open.set(true);
    }

    fn interrupted(&self) -> Failure {
        let under_way = self.under_way.borrow().join(" and ");
        let what = match (under_way.as_str(), self.done.borrow().is_empty()) {
            ("", true) => "interrupted; nothing was done".to_owned(),
            ("", false) => "interrupted".to_owned(),
            (doing, _) => format!("interrupted while {doing}, which may be carried out or not"),
        };
        Failure::new(Kind::Interrupted, what)
    }

    fn with_deeds(&self, failure: Failure) -> Failure {
        let done = self.done.borrow();
        let left = done.len() > self.undone.get();
        let open = self.open.get() || left || !self.under_way.borrow().is_empty();
        let failure = done.iter().fold(failure, Failure::done);
        match open {
            true => failure.next(&*self.go_on),
            false => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Manner;

    fn ui() -> Ui {
        Ui::into_sink(Manner::default(), Box::new(std::io::sink()))
    }

    #[test]
    fn a_failure_tells_what_was_done_before_it_and_how_to_go_on() {
        let ui = ui();
        let errand = Errand::new(&ui, "run it again");
        let failure = errand
            .run(async {
                errand.step("creating x", async {}).await;
                errand.done("x is created");
                Err::<(), _>(Failure::new(Kind::Aws, "no"))
            })
            .unwrap_err();
        assert_eq!(failure.deeds(), ["x is created"]);
        assert_eq!(failure.advice(), ["run it again"]);
        assert_eq!(failure.kind(), Kind::Aws);
    }

    #[test]
    fn where_nothing_was_done_there_is_nothing_to_go_on_with() {
        let ui = ui();
        let errand = Errand::new(&ui, "run it again");
        let failure = errand
            .run(async { Err::<(), _>(Failure::new(Kind::Aws, "no")) })
            .unwrap_err();
        assert!(failure.deeds().is_empty());
        assert!(failure.advice().is_empty());
    }

    #[test]
    fn of_what_was_taken_back_there_is_nothing_to_go_on_with() {
        let ui = ui();
        for (before, advice) in [(false, &[][..]), (true, &["run it again"])] {
            let errand = Errand::new(&ui, "run it again");
            if before {
                errand.done("x is created");
            }
            errand.done("y is created");
            errand.taken_back("y is deleted");
            let failure = errand.with_deeds(Failure::new(Kind::Aws, "no"));
            assert_eq!(failure.deeds().len(), 2 + usize::from(before));
            assert_eq!(failure.advice(), advice);
        }
    }

    #[test]
    fn an_interruption_names_the_step_in_doubt() {
        let ui = ui();
        let errand = Errand::new(&ui, "run it again");
        assert_eq!(errand.interrupted().what(), "interrupted; nothing was done");
        errand.under_way.borrow_mut().push("creating x".to_owned());
        let failure = errand.with_deeds(errand.interrupted());
        assert!(failure.what().starts_with("interrupted while creating x"));
        assert_eq!(failure.advice(), ["run it again"]);
        assert_eq!(failure.kind().exit_code(), 130);
    }
}
