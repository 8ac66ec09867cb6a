//! The core's log, for whoever wants it: levels, sentences that stand literally in the code, and numbers and codes; never
//! anybody's words, names or secrets.
//!
//! Records wait in a short queue and are passed on by one thread. The core never waits for a sink: what does not fit
//! is dropped, and how much that was is said with the next record. A process has one log: the sink that was given
//! last gets the records of all clients, until its client is gone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tmtp_client::log as core;

use crate::convert::count;
use crate::limits::LOG_QUEUE;
use crate::runtime::THREAD;

/// How much a record matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, uniffi::Enum)]
pub enum LogLevel {
    /// A defect of this library.
    Error,
    /// Something that should not be, and was dealt with.
    Warning,
    /// What happens, such as a network that is lost.
    Info,
    /// For whoever works on the core.
    Debug,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogRecord {
    /// How much it matters.
    pub level: LogLevel,
    /// Which part of the core.
    pub part: String,
    /// Which line of its code.
    pub line: Option<i64>,
    /// What happened, as it stands in the code. Empty if the code did not write it literally.
    pub sentence: String,
    /// What belongs to it.
    pub fields: Vec<LogField>,
    /// How many records were dropped before this one, because the sink was too slow.
    pub dropped: i64,
}

/// A number, a flag or a code of a record.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct LogField {
    /// Its name in the code.
    pub name: String,
    /// Its value; a flag is 0 or 1, a code is 0.
    pub value: i64,
    /// A stable word that stands in the code, if it is one.
    pub code: Option<String>,
}

/// Why a sink failed. The library has no use for the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum LogSinkError {
    /// It did not take the record, or threw something.
    #[error("the log sink failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for LogSinkError {
    /// A sink that throws is no reason to log.
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> LogSinkError {
        LogSinkError::Failed
    }
}

/// Takes log records: always on the same thread, one after the other, never while anything of ours is locked. What it
/// throws is ignored.
#[uniffi::export(rust, foreign)]
pub trait LogSink: Send + Sync {
    /// One more.
    fn log(&self, record: LogRecord) -> Result<(), LogSinkError>;
}

/// The log of this process.
struct Desk {
    queue: SyncSender<LogRecord>,
    dropped: AtomicI64,
    registrations: AtomicU64,
    listener: Mutex<Option<Listener>>,
}

/// Who gets the records.
struct Listener {
    number: u64,
    level: LogLevel,
    sink: Arc<dyn LogSink>,
}

static DESK: OnceLock<Arc<Desk>> = OnceLock::new();

/// As long as this lives, the sink gets the records, unless a newer one does.
pub(crate) struct Registration(u64);

/// Gives the log to this sink. A process whose `tracing` log is somebody else's already has none for us.
pub(crate) fn register(sink: Arc<dyn LogSink>, level: LogLevel) -> Registration {
    let desk = DESK.get_or_init(|| open(level));
    let number = desk.registrations.fetch_add(1, Ordering::SeqCst);
    let before = desk.lock().replace(Listener { number, level, sink });
    // A sink of another language is let go without a lock.
    drop(before);
    Registration(number)
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Some(desk) = DESK.get() else { return };
        let ours = desk.lock().take_if(|listener| listener.number == self.0);
        drop(ours);
    }
}

/// Opens the log of the process, with a thread that lives as long as that.
fn open(level: LogLevel) -> Arc<Desk> {
    let (queue, waiting) = sync_channel(LOG_QUEUE);
    let (dropped, registrations) = (AtomicI64::new(0), AtomicU64::new(0));
    let desk = Arc::new(Desk { queue, dropped, registrations, listener: Mutex::default() });
    let tap = Arc::new(Tap(Arc::clone(&desk)));
    let clerk = Arc::clone(&desk);
    let thread = std::thread::Builder::new().name(format!("{THREAD}-log"));
    if core::install(tap, severity(level)).is_err() || thread.spawn(move || clerk.pass_on(&waiting)).is_err()
    {
        // Nobody misses a log so much that a client should not open.
        return desk;
    }
    desk
}

impl Desk {
    /// Passes records on, one after the other, for as long as the process lives.
    fn pass_on(&self, waiting: &Receiver<LogRecord>) {
        while let Ok(mut record) = waiting.recv() {
            let wants = |listener: &&Listener| record.level <= listener.level;
            let sink = self.lock().as_ref().filter(wants).map(|listener| Arc::clone(&listener.sink));
            let Some(sink) = sink else { continue };
            record.dropped = self.dropped.swap(0, Ordering::SeqCst);
            // What a sink returns, throws or panics with is its own affair.
            let _ = catch_unwind(AssertUnwindSafe(|| sink.log(record)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Listener>> {
        // Every change is a single step, so a panic elsewhere leaves it whole.
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the core puts its records: quick, and waiting for nobody.
struct Tap(Arc<Desk>);

impl core::LogSink for Tap {
    fn take(&self, record: core::Record) {
        if self.0.queue.try_send(crossing(record)).is_err() {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

fn crossing(record: core::Record) -> LogRecord {
    let value = |value: core::LogSafe| match value {
        core::LogSafe::Number(number) => (number, None),
        core::LogSafe::Flag(flag) => (i64::from(flag), None),
        core::LogSafe::Code(code) => (0, Some(code.to_owned())),
    };
    LogRecord {
        level: match record.severity {
            core::Severity::Error => LogLevel::Error,
            core::Severity::Warning => LogLevel::Warning,
            core::Severity::Info => LogLevel::Info,
            core::Severity::Debug => LogLevel::Debug,
        },
        part: record.part.to_owned(),
        line: record.line.map(|line| count(line.into())),
        sentence: record.sentence,
        fields: record
            .fields
            .into_iter()
            .map(|(name, of)| {
                let (value, code) = value(of);
                LogField { name: name.to_owned(), value, code }
            })
            .collect(),
        dropped: 0,
    }
}

fn severity(level: LogLevel) -> core::Severity {
    match level {
        LogLevel::Error => core::Severity::Error,
        LogLevel::Warning => core::Severity::Warning,
        LogLevel::Info => core::Severity::Info,
        LogLevel::Debug => core::Severity::Debug,
    }
}
