//! The other processes: started from this program's own binary, told one line at a time, perhaps under `strace`.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::error::{BenchError, Outcome};
use crate::limits::PATIENCE;
use crate::order::{Order, Say};

/// The first argument of the far side.
pub(crate) const FAR: &str = "far";

/// The first argument of a worker.
pub(crate) const WORK: &str = "work";

/// A running process. Killed when dropped.
pub(crate) struct Process {
    child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts the far side.
    pub(crate) fn far(relays: usize) -> Outcome<Process> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args([FAR, &relays.to_string()]);
        Process::start(command)
    }

    /// Starts a worker. With `calls` its system calls are counted into that file, which slows it down.
    pub(crate) fn worker(order: &Order, calls: Option<&Path>) -> Outcome<Process> {
        let (program, order) = (std::env::current_exe()?, serde_json::to_string(order)?);
        let mut command = match calls {
            None => Command::new(program),
            Some(calls) => {
                let mut strace = Command::new("strace");
                strace.args(["-f", "-c", "-U", "name,calls", "-o"]).arg(calls).arg(program);
                strace
            }
        };
        command.args([WORK, &order]);
        Process::start(command)
    }

    fn start(mut command: Command) -> Outcome<Process> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (to, from) = (child.stdin.take(), child.stdout.take());
        let (Some(to), Some(from)) = (to, from) else {
            return Err(BenchError::Expected("pipes to a process"));
        };
        Ok(Process { child, to, from: BufReader::new(from).lines() })
    }

    /// Tells it one thing.
    pub(crate) async fn tell(&mut self, what: &impl Serialize) -> Outcome<()> {
        let mut line = serde_json::to_vec(what)?;
        line.push(b'\n');
        Ok(self.to.write_all(&line).await?)
    }

    /// The next thing it says. `what` names it, should it not come.
    pub(crate) async fn hear<T: DeserializeOwned>(&mut self, what: &'static str) -> Outcome<T> {
        let Ok(line) = timeout(PATIENCE, self.from.next_line()).await else {
            return Err(BenchError::TooLong(what));
        };
        match line? {
            Some(line) => Ok(serde_json::from_str(&line)?),
            None => Err(BenchError::Child(self.child.wait().await?)),
        }
    }

    /// Lets a worker go on that has said [`Say::Ready`].
    pub(crate) async fn go(&mut self) -> Outcome<()> {
        self.tell(&()).await
    }

    /// Waits until a worker is ready.
    pub(crate) async fn ready(&mut self) -> Outcome<()> {
        loop {
            if let Say::Ready = self.hear("that it is ready").await? {
                return Ok(());
            }
        }
    }

    /// Waits for a worker's time.
    pub(crate) async fn took(&mut self) -> Outcome<Took> {
        loop {
            if let Say::Took { seconds, messages, whole } = self.hear("how long it took").await? {
                return Ok(Took { seconds, messages, whole });
            }
        }
    }

    /// Waits until a worker is through, and gives the most memory that it had, in KiB.
    pub(crate) async fn end(mut self) -> Outcome<u64> {
        let peak = loop {
            if let Say::Ended { peak_kib } = self.hear("that it is through").await? {
                break peak_kib;
            }
        };
        let status: ExitStatus = self.child.wait().await?;
        if status.success() { Ok(peak) } else { Err(BenchError::Child(status)) }
    }
}

/// A worker's time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    pub(crate) seconds: f64,
    pub(crate) messages: usize,
    /// Seconds of the whole session.
    pub(crate) whole: f64,
}

impl Took {
    /// Messages a second, from the first to the last.
    pub(crate) fn rate(self) -> f64 {
        self.messages.saturating_sub(1) as f64 / self.seconds
    }
}
