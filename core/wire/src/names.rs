//! Names that people choose: aliases, group names, node labels. A value of one of these types has passed
//! the checks that keep the public server alive (wire 6, 18.2), so it may stand in any request.

use std::fmt;
use std::str::FromStr;

use crate::check::{InputError, Limit};
use crate::limits::{ALIAS_BYTES_MIN, ALIAS_ESCAPED_MAX, LABEL_BYTES_MAX};
pub use crate::printable::is_printable;

/// A member's public name at a site. Compared byte by byte; blanks at its ends count.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alias(String);

/// A group's name. Shares one namespace with the aliases of its site.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gid(String);

/// What a member calls one of the own nodes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label(String);

impl FromStr for Alias {
    type Err = InputError;
    fn from_str(text: &str) -> Result<Self, InputError> {
        site_name("alias", text).map(|()| Alias(text.to_owned()))
    }
}

impl FromStr for Gid {
    type Err = InputError;
    fn from_str(text: &str) -> Result<Self, InputError> {
        site_name("group", text).map(|()| Gid(text.to_owned()))
    }
}

impl FromStr for Label {
    type Err = InputError;
    fn from_str(text: &str) -> Result<Self, InputError> {
        let error = |limit, actual| Err(InputError { field: "label", limit, actual });
        if text.is_empty() {
            error(Limit::NotEmpty, None)
        } else if text.len() > LABEL_BYTES_MAX {
            error(Limit::AtMostBytes(LABEL_BYTES_MAX as u64), Some(text.len() as u64))
        } else if !text.chars().all(is_printable) {
            error(Limit::Printable, None)
        } else {
            Ok(Label(text.to_owned()))
        }
    }
}

macro_rules! name_impls {
    ($($name:ident)*) => {$(
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            /// Names belong to people: logs get the length only.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({} bytes)", stringify!($name), self.0.len())
            }
        }
    )*};
}

name_impls!(Alias Gid Label);

fn site_name(field: &'static str, text: &str) -> Result<(), InputError> {
    let error = |limit, actual: Option<usize>| {
        Err(InputError { field, limit, actual: actual.map(|count| count as u64) })
    };
    let escaped = escaped_len(text);
    if text.len() < ALIAS_BYTES_MIN {
        error(Limit::AtLeastBytes(ALIAS_BYTES_MIN as u64), Some(text.len()))
    } else if escaped > ALIAS_ESCAPED_MAX {
        error(Limit::AtMostEscaped(ALIAS_ESCAPED_MAX as u64), Some(escaped))
    } else if text.chars().all(|c| c == '.') {
        error(Limit::NotOnlyDots, None)
    } else if !text.chars().all(is_printable) {
        error(Limit::Printable, None)
    } else {
        Ok(())
    }
}

/// Bytes of the form-urlencoded text: letters, digits, `-_.~` and the blank count 1, each other byte 3.
pub fn escaped_len(text: &str) -> usize {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() || b"-_.~ ".contains(&byte) { 1 } else { 3 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(text: &str) -> Option<Limit> {
        text.parse::<Alias>().err().map(|error| error.limit)
    }

    #[test]
    fn names_that_the_server_takes_pass() {
        for good in
            ["Blue Heron", " 8 bytes", "日本語", "a...b...", "Ünïcødé-名", "eight..8", "<&\">\u{301}abc"]
        {
            assert_eq!(limit(good), None, "{good}");
        }
    }

    #[test]
    fn names_that_the_server_refuses_or_dies_of_are_refused() {
        assert_eq!(limit("seven 7"), Some(Limit::AtLeastBytes(8)));
        assert_eq!(limit(".."), Some(Limit::AtLeastBytes(8)));
        assert_eq!(limit("........"), Some(Limit::NotOnlyDots));
        for bad in
            ['\u{200d}', '\u{200f}', '\u{ad}', '\u{a0}', '\u{3000}', '\u{2028}', '\u{e000}', '\u{fffd}', '\n']
        {
            assert_eq!(limit(&format!("Blue{bad}Heron")), Some(Limit::Printable), "{bad:?}");
        }
        assert_eq!(limit("Blue\u{378}Heron"), Some(Limit::Printable), "unassigned");
    }

    #[test]
    fn length_is_counted_as_the_servers_file_names_are() {
        assert_eq!(limit(&"字".repeat(27)), None);
        assert_eq!(limit(&"字".repeat(28)), Some(Limit::AtMostEscaped(245)));
        assert_eq!(limit(&"a ".repeat(122)), None);
        assert_eq!(limit(&"a ".repeat(123)), Some(Limit::AtMostEscaped(245)));
    }

    #[test]
    fn a_refusal_names_field_limit_and_actual_length() {
        let error = "Blue".parse::<Gid>().unwrap_err();
        assert_eq!(error.to_string(), "group: at least 8 bytes, this one has 4");
    }

    #[test]
    fn labels_are_short_and_printable() {
        assert!("phone".parse::<Label>().is_ok());
        assert!("".parse::<Label>().is_err());
        assert!("a\tb".parse::<Label>().is_err());
        assert!("x".repeat(65).parse::<Label>().is_err());
    }
}
