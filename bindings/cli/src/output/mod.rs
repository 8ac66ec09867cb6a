//! Where answers go: JSON documents for scripts, tables and sentences for people.
//!
//! [`shapes`] has the JSON in one place, [`human`] the texts, [`table`] the columns, [`clock`] times, [`words`] sizes
//! and harmless texts.
//! Colours are off when the output is not a terminal or `NO_COLOR` is set; errors go to standard error, with
//! `--json` as a document to standard output.

mod clock;
pub(crate) mod human;
pub(crate) mod shapes;
pub(crate) mod table;
pub(crate) mod words;

use std::io::{self, Write};

use console::Style;
use serde::Serialize;

use crate::failure::Failure;

/// How to answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Out {
    /// JSON instead of text.
    pub(crate) json: bool,
}

impl Out {
    /// Prints an answer: as one line of JSON, or as the text that `human` makes of it.
    pub(crate) fn answer<T: Serialize>(self, answer: &T, human: impl FnOnce(&T) -> String) -> io::Result<()> {
        let text = if self.json { json_line(answer)? } else { human(answer) };
        self.raw(&text)
    }

    /// Prints a text, with a line end if it has none; nothing for an empty one.
    pub(crate) fn raw(self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        if !text.ends_with('\n') {
            out.write_all(b"\n")?;
        }
        out.flush()
    }

    /// Prints a sentence beside the answer, for people only.
    pub(crate) fn remark(self, text: &str) {
        if !self.json {
            // A remark that nobody can read is no reason to fail.
            let _ = write!(io::stderr().lock(), "{}", words::block(text, ""));
        }
    }

    /// Prints what went wrong.
    pub(crate) fn failure(self, failure: &Failure) {
        let shape = shapes::Error { state: "error", error: &failure.code, reason: &failure.sentence };
        let printed = match (self.json, json_line(&shape)) {
            (true, Ok(line)) => self.raw(&line),
            _ => {
                // What was typed, and what a site says, may stand in it.
                let sentence = words::block(&failure.sentence, "");
                write!(io::stderr().lock(), "{} {sentence}", error_style().apply_to("tmtp:"))
            }
        };
        // Nobody listens any more: the exit code still says it.
        let _ = printed;
    }
}

fn json_line<T: Serialize>(answer: &T) -> io::Result<String> {
    Ok(serde_json::to_string(answer)?)
}

fn error_style() -> Style {
    Style::new().for_stderr().red().bold()
}

/// The styles in use, in one place.
pub(crate) mod style {
    use console::Style;

    /// Headings and names.
    pub(crate) fn strong() -> Style {
        Style::new().bold()
    }
    /// Ids, times and other small print.
    pub(crate) fn dim() -> Style {
        Style::new().dim()
    }
    /// Something new, or well.
    pub(crate) fn good() -> Style {
        Style::new().green()
    }
    /// Something to look at.
    pub(crate) fn attention() -> Style {
        Style::new().yellow()
    }
    /// Something wrong.
    pub(crate) fn bad() -> Style {
        Style::new().red().bold()
    }
}
