//! A small native program around the library: what the benchmarks `wake` and `awake` measure from outside, built as
//! the library is shipped.
//!
//! `tmtp-bench-host wake HOME` does what an extension does when a push has come: opens, looks at all accounts, stops.
//! It says one line: the outcome, how many messages came, and the most memory that it had, in KiB.
//! `tmtp-bench-host stay HOME` does what an app on the screen does: holds the links of all accounts. It says `held`
//! when all are online, stops at the end of its input, and has no other thread and no timer of its own.

#![forbid(unsafe_code)]

use std::fmt::Debug;
use std::io::{Read, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use tmtp_ffi::log::LogLevel;
use tmtp_ffi::options::{ClientConfig, Profile};
use tmtp_ffi::state::AccountState;
use tmtp_ffi::wake::WakeOutcome;
use tmtp_ffi::{Client, open_client};

/// What a platform grants an extension, in milliseconds.
const BUDGET_MS: i64 = 25_000;

/// How long a farewell may take, in milliseconds.
const FAREWELL_MS: i64 = 5_000;

/// How long an ask for events may wait, in milliseconds.
const WAIT_MS: i64 = 30_000;

/// What went wrong, in words.
type Outcome<T> = Result<T, String>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["wake", home] => wait(wake(home)),
        ["stay", home] => stay(home),
        _ => Err("say `wake HOME` or `stay HOME`".to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tmtp-bench-host: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn open(home: &str, profile: Profile) -> Outcome<Arc<Client>> {
    let config = ClientConfig {
        home: home.to_owned(),
        profile,
        device_name: None,
        proxy: None,
        log_level: LogLevel::Error,
    };
    open_client(config, None, None, None).await.map_err(said)
}

async fn wake(home: &str) -> Outcome<()> {
    let client = open(home, Profile::Extension).await?;
    let summary = client.wake(None, BUDGET_MS, None).await.map_err(said)?;
    client.stop(FAREWELL_MS).await.map_err(said)?;
    let outcome = match summary.outcome {
        WakeOutcome::New => "new".to_owned(),
        WakeOutcome::NothingNew => "nothing-new".to_owned(),
        WakeOutcome::Live => "live".to_owned(),
        WakeOutcome::NotKnown { why } => return Err(said(why)),
    };
    let arrived: i64 = summary.accounts.iter().map(|account| account.arrived_count).sum();
    tell(&format!("{outcome} {arrived} {}", peak_kib()?))
}

fn stay(home: &str) -> Outcome<()> {
    let client = wait(open(home, Profile::App))?;
    client.foreground().map_err(said)?;
    wait(all_online(&client))?;
    tell("held")?;
    // The end of the input is the sign to stop; until then this thread sleeps in one call.
    let mut rest = Vec::new();
    std::io::stdin().read_to_end(&mut rest).map_err(said)?;
    wait(client.stop(FAREWELL_MS)).map_err(said)
}

async fn all_online(client: &Client) -> Outcome<()> {
    let mut cursor = client.event_cursor().map_err(said)?;
    loop {
        let accounts = client.accounts().await.map_err(said)?;
        if accounts.iter().all(|account| matches!(account.state, AccountState::Online)) {
            return Ok(());
        }
        cursor = client.next_events(cursor, 256, WAIT_MS, None).await.map_err(said)?.cursor;
    }
}

fn tell(line: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(said)
}

fn said(error: impl Debug) -> String {
    format!("{error:?}")
}

/// The most memory that this process ever had resident.
fn peak_kib() -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(said)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix("kB")).map(str::trim);
    number.and_then(|number| number.parse().ok()).ok_or_else(|| "no VmHWM in /proc/self/status".to_owned())
}

/// Waits for an answer of the library as a caller in another language does: asleep until it is woken.
fn wait<T>(call: impl Future<Output = T>) -> T {
    struct Sleeper(Thread);
    impl Wake for Sleeper {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Sleeper(thread::current())));
    let mut call = pin!(call);
    loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}
