//! What the messages say.

use crate::limits::TEXT;

/// The subject of every thread.
pub(crate) const SUBJECT: &str = "What the heron saw";

const WORDS: &str = "the heron stands in the reeds and waits until the water is quite still; ";

/// A text of the usual length.
pub(crate) fn text() -> String {
    WORDS.chars().cycle().take(TEXT).collect()
}
