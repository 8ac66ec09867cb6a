//! `tmtp` as its users drive it: processes, homes, exit codes, JSON. Nothing of the library is used here.

#![allow(dead_code, reason = "each test file uses a part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// What nothing here should ever need; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program.
pub(crate) fn tmtp() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tmtp"));
    command.env_remove("TMTP_HOME").env("NO_COLOR", "1");
    command
}

/// A running `tmtp site serve`.
pub(crate) struct Site {
    child: Child,
    pub(crate) address: String,
    dir: tempfile::TempDir,
}

impl Site {
    /// One that keeps everything in a folder of its own.
    pub(crate) fn start() -> Site {
        let dir = tempfile::tempdir().unwrap();
        let (child, address) = Site::serve("127.0.0.1:0", dir.path());
        Site { child, address, dir }
    }

    fn serve(listen: &str, dir: &Path) -> (Child, String) {
        let mut child = tmtp()
            .args(["site", "serve", "--listen", listen, "--name", "harbour", "--dir"])
            .arg(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("=127.0.0.1:"), "{line}");
        (child, line.trim().to_owned())
    }

    /// It takes connections and says nothing, as a network that swallows everything.
    pub(crate) fn stop(&self) {
        signal("-STOP", &self.child);
    }

    pub(crate) fn go_on(&self) {
        signal("-CONT", &self.child);
    }

    /// The process is gone between two instructions.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The same site, which has lost its key.
    pub(crate) fn restart_with_another_key(&mut self) {
        self.kill();
        for name in ["key.der", "certificate.der"] {
            std::fs::remove_file(self.dir.path().join(name)).unwrap();
        }
        self.restart();
    }

    /// The same site again, at the same address.
    pub(crate) fn restart(&mut self) {
        let listen = self.address.trim_start_matches('=').to_owned();
        self.child = Site::serve(&listen, self.dir.path()).0;
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A person with a home.
pub(crate) struct Member {
    pub(crate) home: tempfile::TempDir,
    pub(crate) alias: String,
}

/// What a command said.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) json: Value,
    pub(crate) text: String,
}

impl Member {
    pub(crate) fn new(alias: &str) -> Member {
        Member { home: tempfile::tempdir().unwrap(), alias: alias.to_owned() }
    }

    /// One that has joined.
    pub(crate) fn joined(alias: &str, site: &Site) -> Member {
        let member = Member::new(alias);
        member.ok(&["join", &site.address, "--alias", alias]);
        member
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = tmtp();
        command.arg("--home").arg(self.home.path());
        command
    }

    /// Runs a command with `--json`.
    pub(crate) fn run(&self, words: &[&str]) -> Answer {
        self.run_with(words, "")
    }

    /// The same with something on standard input.
    pub(crate) fn run_with(&self, words: &[&str], stdin: &str) -> Answer {
        let mut command = self.command();
        command.arg("--json").args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read its input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        answer(child.wait_with_output().unwrap())
    }

    /// Runs a command for people whose output goes there; its exit code, and what it said on standard error.
    pub(crate) fn runs_to(&self, stdout: impl Into<Stdio>, words: &[&str]) -> (i32, String) {
        let output = self.command().args(words).stdin(Stdio::null()).stdout(stdout).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Runs a command that must exit with 0.
    pub(crate) fn ok(&self, words: &[&str]) -> Value {
        let answer = self.run(words);
        assert_eq!(answer.code, 0, "tmtp {words:?}: {}", answer.text);
        answer.json
    }

    /// Runs a command for people.
    pub(crate) fn human(&self, words: &[&str]) -> String {
        let output = self.command().args(words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// All rows of a list, page by page.
    pub(crate) fn items(&self, words: &[&str]) -> Vec<Value> {
        let mut rows = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut all = words.to_vec();
            if let Some(cursor) = &cursor {
                all.extend(["--page", cursor]);
            }
            let page = self.ok(&all);
            rows.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return rows,
            }
        }
    }

    /// The texts of all messages, thread by thread.
    pub(crate) fn texts(&self) -> Vec<String> {
        let threads = self.items(&["threads"]);
        let of = |thread: &Value| self.items(&["thread", thread["thread"].as_str().unwrap()]);
        threads.iter().flat_map(of).map(|message| message["text"].as_str().unwrap().to_owned()).collect()
    }

    /// Starts `watch` and waits until it is online.
    pub(crate) fn watch(&self) -> Watch {
        let watch = self.watch_offline();
        watch.until(|line| line["event"] == "state" && line["state"] == "online");
        watch
    }

    /// Starts `watch`.
    pub(crate) fn watch_offline(&self) -> Watch {
        let mut command = self.command();
        let mut child =
            command.args(["--json", "watch"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        Watch { child, lines }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }
}

/// A pipe that nobody reads any more.
pub(crate) fn closed_pipe() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

/// A device without room. `None` where the system has none for tests.
pub(crate) fn full_device() -> Option<Stdio> {
    std::fs::File::options().write(true).open("/dev/full").ok().map(Stdio::from)
}

fn answer(output: Output) -> Answer {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    Answer { code: output.status.code().unwrap(), json, text }
}

/// A running `watch`.
pub(crate) struct Watch {
    child: Child,
    lines: Receiver<Value>,
}

impl Watch {
    /// Waits for a line; the lines before it are dropped.
    pub(crate) fn until(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(&line) => return line,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => panic!("the line did not come"),
                Err(RecvTimeoutError::Disconnected) => panic!("watch has ended"),
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ctrl-Z. Returns when it stands still.
    pub(crate) fn stop(&self) {
        signal("-STOP", &self.child);
    }

    /// `fg`.
    pub(crate) fn go_on(&self) {
        signal("-CONT", &self.child);
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ctrl-C; the exit code.
    pub(crate) fn interrupt(mut self) -> i32 {
        interrupt(&self.child);
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ctrl-C.
pub(crate) fn interrupt(child: &Child) {
    signal("-INT", child);
}

pub(crate) fn signal(name: &str, child: &Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

fn read_lines(stdout: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // A killed process may leave half a line.
            if let Ok(value) = serde_json::from_str(&line)
                && sender.send(value).is_err()
            {
                return;
            }
        }
    });
    receiver
}

/// Asks again until the answer is yes.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within a minute");
    }
}

/// Both learn each other's uid by pings.
pub(crate) fn introduce(first: &Member, second: &Member) {
    first.ok(&["ping", &second.alias, "hello"]);
    second.ok(&["ping", &first.alias, "hello back"]);
    first.ok(&["sync"]);
    second.ok(&["sync"]);
}
