//! The client processes: started, told things, listened to, killed.
//!
//! A child is this program again, in a mode of its own, with a home of its own. Its lines reach the demo through
//! one channel, marked with the child's turn, so that a line of a child that was killed meanwhile is known as
//! old. A child ends when its standard input ends, so none outlives the demo.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc;

use super::cast::Client;
use super::protocol::{Said, Tell};
use crate::failure::{Failure, Outcome};

/// What comes from the children.
#[derive(Debug)]
pub(super) struct Heard {
    /// From whom.
    pub(super) client: Client,
    /// Its line; `None` when it has no more to say.
    pub(super) said: Option<Said>,
}

/// A running client.
pub(super) struct Process {
    client: Client,
    child: Child,
    stdin: ChildStdin,
    /// Ends by itself when the child's output ends.
    _listening: tokio::task::JoinHandle<()>,
}

/// How to start a client.
#[derive(Clone, Debug)]
pub(super) struct Start {
    /// The mode and its options.
    pub(super) words: Vec<String>,
    /// Its home.
    pub(super) home: PathBuf,
    /// Where its standard error goes.
    pub(super) log: PathBuf,
}

impl Process {
    /// Starts one.
    pub(super) fn start(client: Client, how: &Start, heard: mpsc::Sender<Heard>) -> Outcome<Self> {
        let fail = |error: std::io::Error| Failure::io("a client of the demo does not start", &error);
        let program = std::env::current_exe().map_err(fail)?;
        let log = std::fs::File::options().create(true).append(true).open(&how.log).map_err(fail)?;
        let mut child = Command::new(program)
            .arg("--home")
            .arg(&how.home)
            .args(&how.words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(fail)?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or_else(|| fail(std::io::ErrorKind::BrokenPipe.into()))?;
        let _listening = tokio::spawn(listen(client, stdout, heard));
        Ok(Process { client, child, stdin, _listening })
    }

    /// Tells it something. A child that is gone does not hear it; that it is gone is heard by itself.
    pub(super) async fn tell(&mut self, tell: &Tell) {
        if let Ok(mut line) = serde_json::to_vec(tell) {
            line.push(b'\n');
            let _ = self.stdin.write_all(&line).await;
        }
    }

    /// SIGKILL. What it has said before is followed by a [`Heard`] without words.
    pub(super) async fn kill(&mut self) {
        // It may have ended by itself; then there is nothing left to kill.
        let _ = self.child.kill().await;
    }

    /// Waits until it has ended after [`Tell::Stop`].
    pub(super) async fn ended(mut self) -> Outcome<()> {
        drop(self.stdin);
        let status = self.child.wait().await.map_err(|error| Failure::io("a client of the demo", &error))?;
        if status.success() {
            return Ok(());
        }
        Err(Failure::new("demo", format!("the client {} ended badly ({status})", self.client.name())))
    }
}

async fn listen(client: Client, stdout: ChildStdout, heard: mpsc::Sender<Heard>) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        // The last line of a killed process may be half a line.
        let Ok(said) = serde_json::from_str(&line) else { continue };
        if heard.send(Heard { client, said: Some(said) }).await.is_err() {
            return;
        }
    }
    let _ = heard.send(Heard { client, said: None }).await;
}

/// Runs this program once in a mode that prints lines, and returns them.
pub(super) async fn lines_of(home: &Path, words: &[&str]) -> Outcome<Vec<String>> {
    let fail = |error: std::io::Error| Failure::io("a process of the demo does not start", &error);
    let program = std::env::current_exe().map_err(fail)?;
    let done = Command::new(program).arg("--home").arg(home).args(words).output().await.map_err(fail)?;
    if !done.status.success() {
        let error = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        return Err(Failure::new("demo", format!("a store could not be read: {error}")));
    }
    Ok(String::from_utf8_lossy(&done.stdout).lines().map(str::to_owned).collect())
}
