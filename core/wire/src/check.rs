//! What people type, checked before it may become a request. Each refusal names field, limit and actual
//! size in one sentence; nothing is cut silently. Names have types of their own in [`crate::names`].

use std::fmt;

use crate::limits::{
    NOTE_BYTES_MAX, PING_BYTES, PING_UTF16, RECIPIENTS_MAX, SUBJECT_BYTES_MAX, TEXT_BYTES_MAX,
};

/// An input that cannot be sent, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Which input, in lower case: `alias`, `subject`, …
    pub field: &'static str,
    /// The rule that it breaks.
    pub limit: Limit,
    /// Its size in the unit of the limit, where the limit has one.
    pub actual: Option<u64>,
}

/// A rule for an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Something must be there.
    NotEmpty,
    /// At least so many bytes of UTF-8.
    AtLeastBytes(u64),
    /// At most so many bytes of UTF-8.
    AtMostBytes(u64),
    /// At most so many UTF-16 units.
    AtMostUtf16(u64),
    /// At most so many bytes when form-urlencoded: other than letters, digits, blank and `-_.~` count 3.
    AtMostEscaped(u64),
    /// At most so many of them.
    AtMostItems(u64),
    /// Only letters, marks, numbers, punctuation, symbols and the blank.
    Printable,
    /// No control characters.
    NoControl,
    /// No U+FFFD, which stands for broken text.
    NoReplacement,
    /// Not made of dots alone.
    NotOnlyDots,
    /// `=host:port` or `+host:port`.
    SiteAddress,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.field)?;
        match self.limit {
            Limit::NotEmpty => f.write_str("must not be empty")?,
            Limit::AtLeastBytes(n) => write!(f, "at least {n} bytes")?,
            Limit::AtMostBytes(n) => write!(f, "at most {n} bytes")?,
            Limit::AtMostUtf16(n) => write!(f, "at most {n} characters")?,
            Limit::AtMostEscaped(n) => {
                write!(
                    f,
                    "at most {n} bytes when encoded (other than plain letters and digits count three)"
                )?;
            }
            Limit::AtMostItems(n) => write!(f, "at most {n}")?,
            Limit::Printable => f.write_str("only visible characters and plain blanks")?,
            Limit::NoControl => f.write_str("no control characters")?,
            Limit::NoReplacement => f.write_str("no broken characters (U+FFFD)")?,
            Limit::NotOnlyDots => f.write_str("must not be made of dots alone")?,
            Limit::SiteAddress => f.write_str("must look like =host:port or +host:port")?,
        }
        match self.actual {
            Some(actual) => write!(f, ", this one has {actual}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for InputError {}

fn refuse<T>(field: &'static str, limit: Limit, actual: Option<usize>) -> Result<T, InputError> {
    Err(InputError { field, limit, actual: actual.map(|count| count as u64) })
}

fn at_most_bytes(field: &'static str, text: &str, most: usize) -> Result<(), InputError> {
    if text.len() > most {
        return refuse(field, Limit::AtMostBytes(most as u64), Some(text.len()));
    }
    Ok(())
}

/// The text of a ping or an invitation: at most 420 bytes and 140 UTF-16 units, may be empty (wire 6).
pub fn ping_text(text: &str) -> Result<&str, InputError> {
    at_most_bytes("text", text, PING_BYTES)?;
    let units = text.encode_utf16().count();
    if units > PING_UTF16 {
        return refuse("text", Limit::AtMostUtf16(PING_UTF16 as u64), Some(units));
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return refuse("text", Limit::NoReplacement, None);
    }
    Ok(text)
}

/// The subject of a new thread: must be there (client-formats R4).
pub fn subject_of_thread(text: &str) -> Result<&str, InputError> {
    if text.trim().is_empty() {
        return refuse("subject", Limit::NotEmpty, None);
    }
    subject(text)
}

/// The subject of a reply: one line, may be empty.
pub fn subject(text: &str) -> Result<&str, InputError> {
    at_most_bytes("subject", text, SUBJECT_BYTES_MAX)?;
    no_control("subject", text)
}

/// That something is said: a text, a subject, or at least one attachment.
pub fn something_said(subject: &str, text: &str, attachments: usize) -> Result<(), InputError> {
    if attachments == 0 && text.trim().is_empty() && subject.trim().is_empty() {
        return refuse("text", Limit::NotEmpty, None);
    }
    Ok(())
}

/// The note beside a recipient: one line, may be empty.
pub fn note(text: &str) -> Result<&str, InputError> {
    at_most_bytes("note", text, NOTE_BYTES_MAX)?;
    no_control("note", text)
}

/// The text of a message: Markdown of any length up to 1 MiB, may be empty.
pub fn message_text(text: &str) -> Result<&str, InputError> {
    at_most_bytes("text", text, TEXT_BYTES_MAX)?;
    Ok(text)
}

/// The number of recipients of a post.
pub fn recipients(count: usize) -> Result<(), InputError> {
    if count > RECIPIENTS_MAX {
        return refuse("recipients", Limit::AtMostItems(RECIPIENTS_MAX as u64), Some(count));
    }
    Ok(())
}

fn no_control<'a>(field: &'static str, text: &'a str) -> Result<&'a str, InputError> {
    if text.chars().any(char::is_control) { refuse(field, Limit::NoControl, None) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_something_by_text_subject_or_attachment() {
        assert!(something_said("", "x", 0).is_ok() && something_said("x", "", 0).is_ok());
        assert!(something_said("", "", 1).is_ok());
        for (subject, text) in [("", ""), (" ", "\n\t "), ("", "\u{a0}")] {
            let refused = something_said(subject, text, 0).unwrap_err();
            assert_eq!((refused.field, refused.limit), ("text", Limit::NotEmpty));
        }
    }

    #[test]
    fn ping_text_is_limited_in_bytes_and_in_units() {
        assert!(ping_text("").is_ok());
        assert!(ping_text(&"字".repeat(140)).is_ok());
        assert_eq!(ping_text(&"a".repeat(141)).unwrap_err().limit, Limit::AtMostUtf16(140));
        assert_eq!(ping_text(&"😀".repeat(71)).unwrap_err().actual, Some(142));
        assert_eq!(ping_text(&"a".repeat(421)).unwrap_err().limit, Limit::AtMostBytes(420));
        assert_eq!(ping_text("a\u{fffd}").unwrap_err().limit, Limit::NoReplacement);
    }

    #[test]
    fn a_thread_needs_a_subject_and_a_reply_does_not() {
        assert_eq!(subject_of_thread(" ").unwrap_err().to_string(), "subject: must not be empty");
        assert!(subject("").is_ok());
        let long = subject(&"x".repeat(1204)).unwrap_err();
        assert_eq!(long.to_string(), "subject: at most 1000 bytes, this one has 1204");
        assert_eq!(subject("a\nb").unwrap_err().limit, Limit::NoControl);
    }

    #[test]
    fn notes_texts_and_recipients_have_their_limits() {
        assert!(note(&"x".repeat(1001)).is_err());
        assert!(message_text("a\n\tb\u{0}").is_ok());
        assert!(message_text(&"x".repeat(TEXT_BYTES_MAX + 1)).is_err());
        assert!(recipients(200).is_ok());
        assert_eq!(recipients(201).unwrap_err().to_string(), "recipients: at most 200, this one has 201");
    }
}
