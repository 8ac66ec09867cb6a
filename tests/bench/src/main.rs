//! Benchmarks of the client beside a base line, printed as a table, or with `--json` as one object a line.
//!
//! The base line is a bare loop ([`bare`]): same TLS, same headers, one commit per message, nothing else. Both do
//! the same work against the same site, in turns, each time in a process of its own that this program starts from
//! its own binary ([`child`]): the far side ([`far`]: the site in memory, and the network), and a worker for each
//! measurement, ours ([`ours`], through the façade) or bare. What is measured stands in [`scenes`], one file per
//! subject, as [`figure::Figure`]s with their targets.

#![forbid(unsafe_code)]

mod bare;
mod child;
mod count;
mod error;
mod far;
mod figure;
mod limits;
mod order;
mod ours;
mod phone;
mod product;
mod scenes;
mod stage;
mod text;

use std::io::Write;
use std::process::ExitCode;

use error::{BenchError, Outcome};
use order::{Order, Say};

const HELP: &str = "\
Measures the client beside a bare loop.

Usage: tests/bench/run [--json] [--only SCENE]...

  --json        one object a line: name ours baseline ratio target met
  --only SCENE  only this one: counts, trips, drain, posts, flush, bytes, attachments;
                size, wake, idle, awake (ten minutes), pages
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match start(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tmtp-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: &[String]) -> Outcome<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    // One thread: it saves the link two hand-overs per message, and the other processor is the site's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(async {
        match words.as_slice() {
            [child::FAR, relays] => far::run(relays.parse().unwrap_or(1)).await,
            [child::WORK, order] => work(serde_json::from_str(order)?).await,
            ["--help" | "-h"] => Ok(std::io::stdout().write_all(HELP.as_bytes())?),
            words => scenes::run(&figure::Options::parse(words)?).await,
        }
    });
    // A thread that waits for a line which never comes must not hold the end up.
    runtime.shutdown_background();
    outcome
}

async fn work(order: Order) -> Outcome<()> {
    match order {
        Order::Ours { home, task } => ours::run(&home, task).await,
        Order::Bare { dir, site, key, task } => bare::run(&dir, &site, &key, task).await,
        Order::Phone { home, task } => phone::run(home, task).await,
        Order::BareFirst { dir, sites, keys, times } => bare::first(&dir, &sites, &keys, times).await,
    }
}

/// Says one thing to the process that started this one.
fn say(what: &impl serde::Serialize) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, what)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// The wall clock, which all processes of a run share, in microseconds.
fn micros() -> u64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Says that a task which began then is done.
fn took(began: std::time::Instant, messages: usize) -> Outcome<()> {
    let seconds = began.elapsed().as_secs_f64();
    say(&Say::Took { seconds, messages, whole: seconds })
}

/// Says that a worker is through, and how much memory it needed.
fn ended() -> Outcome<()> {
    say(&Say::Ended { peak_kib: count::peak_kib()? })
}

/// The next line from the process that started this one; `None` when that has ended.
async fn next_line() -> Outcome<Option<String>> {
    let read = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|length| (length > 0).then_some(line))
    };
    let read = tokio::task::spawn_blocking(read).await;
    Ok(read.map_err(|_| BenchError::Expected("a line"))??)
}

/// Waits until the process that started this one says go on.
async fn wait_for_line() -> Outcome<()> {
    next_line().await?.map(|_| ()).ok_or(BenchError::Expected("a line"))
}
