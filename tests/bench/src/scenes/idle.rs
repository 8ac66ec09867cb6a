//! How often ten held accounts that have nothing to do wake the device: in an hour of virtual time, and, as the scene
//! `awake`, in ten real minutes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::child::Process;
use crate::error::{BenchError, Outcome};
use crate::figure::{Figure, Target};
use crate::limits::{ACCOUNTS, AWAKE, AWAKE_SETTLE, IDLE, ONE_WAKE, PATIENCE, SETTLE};
use crate::order::Order;
use crate::phone::{Answer, Task};
use crate::product;
use crate::stage::Stage;

/// In virtual time.
pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let home = stage.folder("idle")?;
    let task = Task::Idle { accounts: ACCOUNTS, settle: SETTLE, seconds: IDLE };
    let mut worker = Process::worker(&Order::Phone { home, task }, None)?;
    let Answer::Idle { moments, links } = worker.hear("how often it has woken").await? else {
        return Err(BenchError::Expected("a count of wake-ups"));
    };
    Ok(vec![
        Figure::count(
            "wake-ups of ten held accounts in an hour, virtual",
            "each",
            moments as f64,
            Target::AtMost(33.0),
        ),
        Figure::count(
            "logins meanwhile, the first ten included",
            "each",
            links as f64,
            Target::Exactly(ACCOUNTS as f64),
        ),
    ])
}

/// In real time.
pub(super) async fn awake(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let target = Target::AtMost(6.0);
    let name = "wake-ups of ten held accounts in ten real minutes";
    if !stage.strace {
        return Ok(vec![Figure::not_measured(name, "each", target)]);
    }
    let host = product::host()?;
    let sites = vec![stage.site.clone(); ACCOUNTS];
    let pairs = stage.pairs(&sites).await?;
    let home = pairs.first().ok_or(BenchError::Expected("a pair"))?.home();
    let mut held = hold(&host, &home).await?;
    let process = held.id().ok_or(BenchError::Expected("a running process"))?;
    sleep(AWAKE_SETTLE).await;
    let calls = stage.folder("awake")?.join("calls");
    let before = switches(process)?;
    let mut strace = Command::new("strace");
    strace.args(["-f", "-q", "-ttt", "-o"]).arg(&calls).args(["-p", &process.to_string()]);
    let mut strace = strace.kill_on_drop(true).spawn()?;
    sleep(AWAKE).await;
    strace.start_kill()?;
    strace.wait().await?;
    let after = switches(process)?;
    drop(held.stdin.take());
    held.wait().await?;
    let (wakes, sending) = bursts(&std::fs::read_to_string(calls)?);
    let more: u64 = after.iter().map(|(thread, count)| count - before.get(thread).unwrap_or(&0)).sum();
    Ok(vec![
        Figure::count(name, "each", wakes as f64, target),
        Figure::count("those of them in which something is sent", "each", sending as f64, Target::Shown),
        Figure::count("voluntary switches of its threads meanwhile", "each", more as f64, Target::Shown),
    ])
}

/// Starts the program that holds the links of a home, and waits until it does.
async fn hold(host: &Path, home: &Path) -> Outcome<Child> {
    let mut command = Command::new(host);
    command.arg("stay").arg(home).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut held = command.spawn()?;
    let out = held.stdout.take().ok_or(BenchError::Expected("a pipe"))?;
    let line = timeout(PATIENCE, BufReader::new(out).lines().next_line()).await;
    match line {
        Ok(Ok(Some(line))) if line == "held" => Ok(held),
        Ok(_) => Err(BenchError::Child(held.wait().await?)),
        Err(_) => Err(BenchError::TooLong("that the links are held")),
    }
}

/// How often each thread of a process has gone to sleep by itself.
fn switches(process: u32) -> Outcome<BTreeMap<String, u64>> {
    let mut threads = BTreeMap::new();
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let thread = thread?;
        // One may end between the list and the look.
        let Ok(status) = std::fs::read_to_string(thread.path().join("status")) else { continue };
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let count = line.and_then(|line| line.trim().parse().ok());
        threads.insert(thread.file_name().to_string_lossy().into_owned(), count.unwrap_or(0));
    }
    Ok(threads)
}

/// Wake-ups in what `strace -f -ttt` has noted, and those of them in which something was sent. A wake-up begins with a
/// call that begins or ends after a while without any. The first line of each thread is what strace itself has
/// interrupted.
fn bursts(calls: &str) -> (usize, usize) {
    let (mut moments, mut threads) = (Vec::new(), Vec::new());
    for line in calls.lines() {
        let mut words = line.split_whitespace();
        let (Some(thread), Some(Ok(at))) = (words.next(), words.next().map(str::parse::<f64>)) else {
            continue;
        };
        if threads.contains(&thread) {
            moments.push((at, words.next().is_some_and(|call| call.starts_with("sendto("))));
        } else {
            threads.push(thread);
        }
    }
    moments.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut all, mut sending, mut sent, mut before) = (0, 0, false, f64::NEG_INFINITY);
    for (at, sends) in moments {
        if at - before > ONE_WAKE {
            (all, sent) = (all + 1, false);
        }
        if sends && !sent {
            (sending, sent) = (sending + 1, true);
        }
        before = at;
    }
    (all, sending)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_are_close_together_are_one_wake() {
        let calls = "7 1000.000 epoll_wait(3, <unfinished ...>\n8 1000.001 futex(0x1 <unfinished ...>\n\
                     7 1060.000 <... epoll_wait resumed>) = 1\n8 1060.002 <... futex resumed>) = 0\n\
                     7 1060.003 sendto(9) = 30\n8 1060.004 sendto(8) = 30\n7 1165.000 <... epoll_wait resumed>) = 0\n";
        assert_eq!(bursts(calls), (2, 1));
        assert_eq!(bursts("7 1000.000 epoll_wait(3, <unfinished ...>\n"), (0, 0));
    }
}
