//! Words of our own that a log may show: `code = Code(why.code()).field()`. A log takes no texts, for they may hold
//! what somebody wrote; this type can only be made of a word that stands in the code, and logs know it by its type.

use std::error::Error;
use std::fmt;

/// A word that stands in the code: a stable code, or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub &'static str);

impl Code {
    /// As a field of a log: errors are the only values whose type a log can see.
    pub fn field(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Code {}
