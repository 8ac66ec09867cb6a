//! What is said when something does not work: one sentence, what happened and what to do, and the exit code.
//!
//! A failure crosses the hand-off socket, so it is plain data. Its `code` is stable; the sentence is for people.

use serde::{Deserialize, Serialize};

/// Exit code: done.
pub(crate) const DONE: u8 = 0;
/// Exit code: refused, or something is wrong; the sentence says what.
pub(crate) const REFUSED: u8 = 1;
/// Exit code: the command line is wrong (the one that clap uses).
pub(crate) const USAGE: u8 = 2;
/// Exit code: not settled when the time was over; nothing is lost.
pub(crate) const NOT_YET: u8 = 3;

/// Why a command could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    /// Stable word for scripts.
    pub(crate) code: String,
    /// What happened and what to do, without a period at its end.
    pub(crate) sentence: String,
    /// The exit code.
    pub(crate) exit: u8,
}

impl Failure {
    /// Something is wrong, or was refused.
    pub(crate) fn new(code: &str, sentence: impl Into<String>) -> Self {
        Failure { code: code.to_owned(), sentence: sentence.into(), exit: REFUSED }
    }

    /// The command line asks for something that does not make sense.
    pub(crate) fn usage(sentence: impl Into<String>) -> Self {
        Failure { code: "usage".to_owned(), sentence: sentence.into(), exit: USAGE }
    }

    /// The time was over before the matter was settled.
    pub(crate) fn not_yet(code: &str, sentence: impl Into<String>) -> Self {
        Failure { code: code.to_owned(), sentence: sentence.into(), exit: NOT_YET }
    }

    /// If something was not found: what it is, as it was named, and how to see what there is.
    pub(crate) fn names(self, what: &str, id: &str, list: &str) -> Self {
        if self.code != tmtp_client::Error::NotFound.code() {
            return self;
        }
        Failure {
            sentence: format!("there is no {what} “{id}” here; {list} shows what there is"), ..self
        }
    }

    /// A file, a folder or a socket of this machine did not obey.
    pub(crate) fn io(what: &str, error: &std::io::Error) -> Self {
        let text = error.to_string();
        // The system's words are for people, its numbers are not.
        let words = text.split(" (os error ").next().unwrap_or_default();
        Failure::new("io", format!("{what}: {words}"))
    }
}

/// What every step of a command ends in.
pub(crate) type Outcome<T> = Result<T, Failure>;
