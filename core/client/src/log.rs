//! Where the core's log goes, safe by type: a record holds a level, where in the code it was written, a sentence
//! that stands there literally, numbers, and codes. Texts that were put together while running (and could hold
//! somebody's words, names or secrets) never get through, whatever the code tries to log.
//!
//! In come `tracing` events of all crates of the core; out go [`Record`]s to one [`LogSink`]. Spans are not
//! used. Other crates' events are not taken.

use std::fmt::{self, Write};
use std::sync::Arc;

use tmtp_wire::code::Code;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Metadata, Subscriber};

/// Targets that are ours.
const OURS: &str = "tmtp_";
/// Longest sentence that is passed on, in bytes. Ours are shorter.
const SENTENCE_MAX: usize = 160;
/// Fields of a record that are passed on. Ours have two or three.
const FIELDS_MAX: usize = 8;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A defect of ours.
    Error,
    /// Something that should not be, and was dealt with.
    Warning,
    /// What happens, such as a network that is lost.
    Info,
    /// For whoever works on the core.
    Debug,
}

/// A value that cannot hold anybody's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogSafe {
    /// A count, a size, a time.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A word that stands in the code.
    Code(&'static str),
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// How much it matters.
    pub severity: Severity,
    /// Which part of the core.
    pub part: &'static str,
    /// Which line of its code.
    pub line: Option<u32>,
    /// What happened, as it stands in the code. Empty if the code did not write it literally.
    pub sentence: String,
    /// What belongs to it.
    pub fields: Vec<(&'static str, LogSafe)>,
}

/// Takes records. Called on whatever thread logs, also inside transactions: it must be quick, must not block,
/// and must not call the client.
pub trait LogSink: Send + Sync {
    /// One more.
    fn take(&self, record: Record);
}

/// There is a log already: a process has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this process has a log already")]
pub struct HasLog;

/// Sends everything up to `least` to this sink, from now on and for the whole process.
pub fn install(sink: Arc<dyn LogSink>, least: Severity) -> Result<(), HasLog> {
    tracing::subscriber::set_global_default(Forward { sink, least }).map_err(|_| HasLog)
}

struct Forward {
    sink: Arc<dyn LogSink>,
    least: Severity,
}

fn severity(level: &Level) -> Option<Severity> {
    match *level {
        Level::ERROR => Some(Severity::Error),
        Level::WARN => Some(Severity::Warning),
        Level::INFO => Some(Severity::Info),
        Level::DEBUG => Some(Severity::Debug),
        _ => None,
    }
}

impl Subscriber for Forward {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        of.is_event()
            && of.target().starts_with(OURS)
            && severity(of.level()).is_some_and(|of| of <= self.least)
    }

    fn event(&self, event: &Event<'_>) {
        let of = event.metadata();
        let Some(severity) = severity(of.level()) else { return };
        let mut safe = Safe::default();
        event.record(&mut safe);
        let Safe { sentence, fields } = safe;
        self.sink.take(Record { severity, part: of.target(), line: of.line(), sentence, fields });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Keeps what is safe of an event.
#[derive(Default)]
struct Safe {
    sentence: String,
    fields: Vec<(&'static str, LogSafe)>,
}

impl Safe {
    fn keep(&mut self, field: &Field, value: LogSafe) {
        if self.fields.len() < FIELDS_MAX {
            self.fields.push((field.name(), value));
        }
    }
}

impl Visit for Safe {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, LogSafe::Number(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, LogSafe::Number(i64::try_from(value).unwrap_or(i64::MAX)));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, LogSafe::Flag(value));
    }

    /// A text is not static just because it is a string.
    fn record_str(&mut self, _: &Field, _: &str) {}

    /// A [`Code`] is, and comes as an error. Any other error may hold texts.
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        if let Some(code) = value.downcast_ref::<Code>() {
            self.keep(field, LogSafe::Code(code.0));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.sentence = literal(value).unwrap_or_default();
        }
    }
}

/// The sentence, if it was written without anything put into it: format arguments without arguments write
/// themselves in one piece, and the pieces of any other come one by one. What comes in one piece and is an
/// argument alone (`"{x}"`) is kept out of the core by a test.
fn literal(sentence: &dyn fmt::Debug) -> Option<String> {
    struct OnePiece(Option<String>);
    impl Write for OnePiece {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            if self.0.is_some() || piece.len() > SENTENCE_MAX {
                return Err(fmt::Error);
            }
            self.0 = Some(piece.to_owned());
            Ok(())
        }
    }
    let mut piece = OnePiece(None);
    write!(piece, "{sentence:?}").ok()?;
    piece.0
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<Record>>);

    impl LogSink for Kept {
        fn take(&self, record: Record) {
            self.0.lock().unwrap().push(record);
        }
    }

    fn logged(write: impl FnOnce()) -> Vec<Record> {
        let sink = Arc::new(Kept::default());
        let forward = Forward { sink: Arc::clone(&sink) as Arc<dyn LogSink>, least: Severity::Info };
        tracing::subscriber::with_default(forward, write);
        let mut records = sink.0.lock().unwrap();
        std::mem::take(&mut *records)
    }

    #[test]
    fn a_sentence_and_numbers_come_through() {
        let records = logged(|| tracing::info!(bytes = 17_u64, again = true, "A message has arrived."));
        let record = records.first().unwrap();
        assert_eq!(record.sentence, "A message has arrived.");
        assert_eq!(record.fields, [("bytes", LogSafe::Number(17)), ("again", LogSafe::Flag(true))]);
        assert_eq!((record.severity, record.part), (Severity::Info, module_path!()));
    }

    #[test]
    fn a_code_comes_through_and_no_other_error() {
        let records = logged(|| {
            let error = std::io::Error::other("7XK2");
            let other: &(dyn std::error::Error + 'static) = &error;
            tracing::info!(code = Code("link.refused").field(), other, "A dial has failed.");
        });
        assert_eq!(records.first().unwrap().fields, [("code", LogSafe::Code("link.refused"))]);
    }

    /// A code that is logged as a text never reaches anybody.
    #[test]
    fn no_line_of_the_core_logs_a_code_as_a_text() {
        let core = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = vec![core.to_owned()];
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("log.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for line in text.lines().filter(|line| line.contains("tracing::")) {
                    assert!(!line.contains(".code(),"), "{}: {line}", path.display());
                }
            }
        }
    }

    #[test]
    fn whatever_was_put_together_stays_out() {
        let secret = String::from("7XK2");
        let records = logged(|| {
            tracing::warn!(key = secret, other = %secret, third = ?secret, "The key is {secret}.");
            tracing::warn!("{secret} is the key, said {}.", secret);
        });
        assert_eq!(records.len(), 2);
        assert!(!format!("{records:?}").contains("7XK2"), "{records:?}");
        assert!(records.iter().all(|record| record.fields.is_empty() && record.sentence.is_empty()));
    }

    #[test]
    fn others_and_small_things_are_not_taken() {
        let records = logged(|| {
            tracing::info!(target: "somebody_else", "Hello.");
            tracing::debug!("Not interesting.");
        });
        assert_eq!(records, []);
    }

    /// Every message of a log macro in the core is a literal without a placeholder.
    #[test]
    fn no_line_of_the_core_logs_a_bare_argument() {
        let core = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut files = vec![core.to_owned()];
        let mut seen = 0;
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let tests = path.ends_with("log.rs");
            if path.extension().is_none_or(|ext| ext != "rs") || tests {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for (at, _) in text.match_indices("tracing::") {
                let call = &text[at..];
                let is_call = ["error!(", "warn!(", "info!(", "debug!(", "trace!("]
                    .iter()
                    .any(|name| call["tracing::".len()..].starts_with(name));
                let end = call.find(");").unwrap_or(call.len());
                if is_call {
                    seen += 1;
                    let sentence = call[..end].rsplit('"').nth(1).unwrap_or("{");
                    assert!(!sentence.contains('{'), "{}: {}", path.display(), &call[..end]);
                }
            }
        }
        assert!(seen > 5, "only {seen} calls found: does this test still look at the right place?");
    }
}
