use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::failure::Kind;

/// Standard error that can be read back.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Waits until the page says `text`; the spinner needs its third of a second.
    fn wait_for(&self, text: &str) {
        let start = Instant::now();
        while !self.text().contains(text) {
            assert!(start.elapsed() < Duration::from_secs(60), "{}", self.text());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn ui(manner: Manner) -> (Ui, Page) {
    let page = Page::default();
    (Ui::into_sink(manner, Box::new(page.clone())), page)
}

/// As on a terminal, where questions, messages and the spinner meet.
fn terminal_ui() -> (Ui, Page) {
    let page = Page::default();
    let ui = Ui::beside_terminal(Box::new(page.clone()));
    (ui, page)
}

fn failure() -> Failure {
    Failure::new(Kind::File, "the credentials file could not be read")
        .because(io::Error::other("is\x1b[31m red\nerror: forged"))
        .at("~/.aws/credentials")
        .next("make it readable")
        .next("or name another file")
}

#[test]
fn a_failure_says_what_why_where_and_what_next() {
    let (ui, page) = ui(Manner::default());
    ui.failure(&failure());
    assert_eq!(
        page.text(),
        "error: the credentials file could not be read\n  \
           cause: is\\u{1b}[31m red error: forged\n  \
           at: ~/.aws/credentials\n  \
           next: make it readable\n  \
           next: or name another file\n"
    );
}

#[test]
fn colour_is_on_the_labels_alone() {
    let (mut ui, page) = ui(Manner::default());
    ui.colour = true;
    ui.warn("the key is old");
    assert_eq!(
        page.text(),
        "\x1b[1m\x1b[33mwarning:\x1b[0m the key is old\n"
    );
}

#[test]
fn quiet_silences_what_is_no_trouble_and_verbose_adds_the_steps() {
    for (manner, heard) in [
        (Manner::default(), "said\nnote: noted\nwarning: warned\n"),
        (
            Manner {
                quiet: true,
                ..Manner::default()
            },
            "warning: warned\n",
        ),
        (
            Manner {
                verbose: true,
                ..Manner::default()
            },
            "said\nnote: noted\nwarning: warned\ntrace: traced\n",
        ),
    ] {
        let (ui, page) = ui(manner);
        ui.say("said");
        ui.note("noted");
        ui.warn("warned");
        ui.trace(format_args!("trac{}", "ed"));
        assert_eq!(page.text(), heard);
    }
}

#[test]
fn colour_follows_the_environment_and_the_terminal() {
    for (pairs, on_terminal, elsewhere) in [
        (&[("TERM", "xterm")][..], true, false),
        (&[("TERM", "dumb")], false, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], false, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true, false),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], false, false),
        (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "1")], true, true),
        (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")], true, false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false, false),
        (&[], cfg!(windows), false),
    ] {
        let env: Env = pairs.iter().copied().collect();
        assert_eq!(wants_colour(&env, true), on_terminal, "{pairs:?}");
        assert_eq!(wants_colour(&env, false), elsewhere, "{pairs:?}");
    }
}

#[test]
fn a_broken_standard_error_is_no_trouble() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let ui = Ui::into_sink(Manner::default(), Box::new(writer));
    ui.say("unheard");
    ui.failure(&failure());
}

#[test]
fn a_message_waits_until_the_question_is_answered() {
    let (ui, page) = terminal_ui();
    let question = ui.question();
    ui.warn("the key is old");
    ui.say("and more");
    assert_eq!(page.text(), "");
    drop(question);
    assert_eq!(page.text(), "warning: the key is old\nand more\n");
}

#[test]
fn a_message_that_does_not_go_to_the_terminal_waits_for_nothing() {
    let (ui, page) = ui(Manner::default());
    let _question = ui.question();
    ui.say("logged");
    assert_eq!(page.text(), "logged\n");
}

#[test]
fn a_failure_ends_the_line_of_an_open_question() {
    let (ui, page) = terminal_ui();
    let question = ui.question();
    ui.say("held");
    ui.failure(&Failure::new(Kind::Network, "AWS was not reached"));
    assert_eq!(page.text(), "\nheld\nerror: AWS was not reached\n");
    drop(question);
    ui.say("after");
    assert!(page.text().ends_with("error: AWS was not reached\nafter\n"));
}

#[test]
fn a_failure_elsewhere_leaves_the_question_s_line_to_the_terminal() {
    let (ui, page) = ui(Manner::default());
    let _question = ui.question();
    ui.failure(&Failure::new(Kind::Network, "AWS was not reached"));
    assert_eq!(page.text(), "error: AWS was not reached\n");
    assert!(ui.has_question());
}

#[test]
fn a_question_given_up_no_longer_holds_messages_back() {
    let (ui, page) = terminal_ui();
    let question = ui.question();
    ui.say("held");
    ui.give_up_question();
    assert!(!ui.has_question());
    drop(question);
    ui.say("after");
    assert_eq!(page.text(), "held\nafter\n");
}

#[test]
fn quick_work_is_not_announced() {
    let (ui, page) = terminal_ui();
    drop(ui.working("asking AWS"));
    assert_eq!(page.text(), "");
}

#[test]
fn slow_work_is_announced_and_leaves_no_trace() {
    let (ui, page) = terminal_ui();
    let start = Instant::now();
    let working = ui.working("asking AWS");
    page.wait_for("- asking AWS");
    assert!(start.elapsed() >= Duration::from_millis(333));
    ui.say("a message");
    assert!(page.text().ends_with("\r            \ra message\n"));
    page.wait_for("| asking AWS");
    drop(working);
    assert!(page.text().ends_with("\r            \r"));
}

#[test]
fn the_spinner_stays_on_one_line_however_long_and_wide_its_text() {
    let (ui, page) = terminal_ui();
    let working = ui.working(&"認証".repeat(50));
    page.wait_for(&"認証".repeat(15));
    drop(working);
    assert!(!page.text().contains(&"認証".repeat(16)));
    assert!(page.text().ends_with(&format!("\r{}\r", " ".repeat(62))));
}

#[test]
fn the_spinner_rests_while_a_question_is_open() {
    let (ui, page) = terminal_ui();
    let _working = ui.working("asking AWS");
    page.wait_for("asking AWS");
    let question = ui.question();
    let before = page.text();
    assert!(before.ends_with("\r            \r"), "{before:?}");
    thread::sleep(Duration::from_millis(400));
    assert_eq!(page.text(), before);
    drop(question);
    let shown = before.matches("asking AWS").count();
    let start = Instant::now();
    while page.text().matches("asking AWS").count() == shown {
        assert!(start.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(5));
    }
}
