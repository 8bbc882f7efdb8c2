//! A running `awsmfa serve`, and a client that says exactly what the test wants.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::world::{Run, World};

/// Longer than the endpoint waits for a silent client.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Server<'w> {
    world: &'w World,
    child: Option<Child>,
    document: Value,
}

/// Where to ask, and what to show there.
#[derive(Clone, Debug)]
pub(crate) struct Pass {
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) token: String,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl<'w> Server<'w> {
    /// Starts it with `--output json` and reads what it prints. The tokens are planted.
    #[track_caller]
    pub(crate) fn start<'a>(world: &'w World, more: impl IntoIterator<Item = &'a str>) -> Self {
        let mut child = world.start(["serve", "--output", "json"].into_iter().chain(more));
        let mut printed = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_to_string(&mut printed).unwrap();
        if printed.is_empty() {
            let run = world.outcome(child);
            panic!("it does not serve: {}", run.stderr);
        }
        let document: Value = serde_json::from_str(&printed).unwrap();
        let server = Self {
            world,
            child: Some(child),
            document,
        };
        for row in server.document["profiles"].as_array().unwrap() {
            world.plant(Pass::of(&row["environment"]).token);
        }
        server
    }

    pub(crate) fn document(&self) -> &Value {
        &self.document
    }

    /// Of the only profile, or the first.
    pub(crate) fn pass(&self) -> Pass {
        Pass::of(&self.document["profiles"][0]["environment"])
    }

    pub(crate) fn pass_of(&self, number: usize) -> Pass {
        Pass::of(&self.document["profiles"][number]["environment"])
    }

    /// Ends it with a signal; the result is what it has said.
    #[track_caller]
    pub(crate) fn end(mut self) -> Run {
        let child = self.child.take().unwrap();
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        self.world.outcome(child)
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Pass {
    #[track_caller]
    pub(crate) fn of(environment: &Value) -> Self {
        let text = |name: &str| environment[name].as_str().unwrap();
        Self::new(
            text("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
            text("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        )
    }

    #[track_caller]
    pub(crate) fn new(uri: &str, token: &str) -> Self {
        let address = uri.strip_prefix("http://127.0.0.1:").unwrap();
        let (port, path) = address.split_once('/').unwrap();
        Self {
            port: port.parse().unwrap(),
            path: format!("/{path}"),
            token: token.to_owned(),
        }
    }

    /// The request of an SDK.
    pub(crate) fn request(&self) -> String {
        let Self { port, path, token } = self;
        format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: {token}\r\n\
             Accept: application/json\r\nConnection: close\r\n\r\n"
        )
    }

    #[track_caller]
    pub(crate) fn ask(&self) -> Answer {
        say(self.port, self.request().as_bytes()).expect("an answer")
    }

    /// The credentials' id, from an answer that has to be one.
    #[track_caller]
    pub(crate) fn key_id(&self) -> String {
        let answer = self.ask();
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["AccessKeyId"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Sends these bytes and reads what comes until the connection is closed; none if nothing comes.
pub(crate) fn say(port: u16, bytes: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // It may hang up before it has heard everything.
    let _ = stream.write_all(bytes);
    hear(stream)
}

pub(crate) fn hear(mut stream: TcpStream) -> Option<Answer> {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => heard.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the connection stays open: {error}"),
        }
    }
    let text = String::from_utf8(heard).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().unwrap();
    Some(Answer {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}

/// The first pass of a document that a server prints.
#[track_caller]
pub(crate) fn pass_from(output: impl Read) -> Pass {
    let mut printed = String::new();
    BufReader::new(output).read_to_string(&mut printed).unwrap();
    let document: Value = serde_json::from_str(&printed).unwrap();
    Pass::of(&document["profiles"][0]["environment"])
}

/// Whether whoever runs the tests has the signal called `name` ignored, as `nohup` has HUP; a program
/// started here has it so, too.
pub(crate) fn is_ignored(name: &str) -> bool {
    let shown = std::process::Command::new("perl")
        .args(["-e", &format!("print $SIG{{{name}}} // ''")])
        .output();
    shown.is_ok_and(|shown| shown.stdout == b"IGNORE")
}
