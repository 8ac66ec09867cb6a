//! JSON as both peers of the protocol read and write it.
//!
//! Reading: bytes become an [`Object`] whose members are found without regard to case, of duplicates the
//! last counts, and `null` counts as absent (wire 4.1). Bytes that are not UTF-8 and lone surrogates
//! become U+FFFD, as they do at the site. Writing: [`Writer`] makes one compact object, [`go_escape`] the
//! text form of the public server. Depth and size are limited; nothing here knows any field.

mod read;
mod write;

pub use write::{Writer, escape, go_escape};

/// Why bytes are not a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The first thing in it is not `{`.
    #[error("not a JSON object")]
    NotAnObject,
    /// It breaks the grammar at this byte or the one before, or ends too early.
    #[error("not JSON at byte {at}")]
    Syntax {
        /// Offset in bytes from the start.
        at: usize,
    },
    /// It nests deeper than [`crate::limits::JSON_DEPTH_MAX`].
    #[error("JSON nested too deep")]
    TooDeep,
    /// Something other than white space follows the object.
    #[error("data behind the JSON object")]
    Trailing,
}

/// A member that is there but of another type, or out of its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field {field} has the wrong type")]
pub struct BadField {
    /// The member's name, in lower case.
    pub field: &'static str,
}

/// A JSON value. Numbers stay text, so that no digit is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// The digits as they were written.
    Number(String),
    /// A text, unescaped.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

impl Value {
    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }
}

/// An object: its members in the order in which they were written, duplicates included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    members: Vec<(String, Value)>,
}

impl Object {
    /// Reads exactly one object, with nothing but white space around it.
    pub fn parse(bytes: &[u8]) -> Result<Object, JsonError> {
        read::object(bytes)
    }

    /// The members in written order, duplicates and `null` included.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.members.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The value of the last member of this name that is not `null`. `name` is in ASCII lower case.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let found = self.members.iter().rev().filter(|(_, value)| *value != Value::Null);
        found.into_iter().find(|(key, _)| same_name(key, name)).map(|(_, value)| value)
    }

    /// A text member.
    pub fn str(&self, name: &'static str) -> Result<Option<&str>, BadField> {
        self.typed(name, Value::as_str)
    }

    /// A non-negative integer: plain digits, neither point nor exponent.
    pub fn u64(&self, name: &'static str) -> Result<Option<u64>, BadField> {
        self.typed(name, |value| match value {
            Value::Number(digits) => digits.parse().ok(),
            _ => None,
        })
    }

    /// A signed integer: plain digits, neither point nor exponent.
    pub fn i64(&self, name: &'static str) -> Result<Option<i64>, BadField> {
        self.typed(name, |value| match value {
            Value::Number(digits) => digits.parse().ok(),
            _ => None,
        })
    }

    /// A truth value.
    pub fn bool(&self, name: &'static str) -> Result<Option<bool>, BadField> {
        self.typed(name, |value| match value {
            Value::Bool(truth) => Some(*truth),
            _ => None,
        })
    }

    /// An array.
    pub fn array(&self, name: &'static str) -> Result<Option<&[Value]>, BadField> {
        self.typed(name, |value| match value {
            Value::Array(items) => Some(items.as_slice()),
            _ => None,
        })
    }

    /// An object.
    pub fn object(&self, name: &'static str) -> Result<Option<&Object>, BadField> {
        self.typed(name, Value::as_object)
    }

    fn typed<'a, T>(
        &'a self,
        name: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, BadField> {
        match self.get(name) {
            None => Ok(None),
            Some(value) => read(value).map(Some).ok_or(BadField { field: name }),
        }
    }
}

/// Whether a written key means `name` (in lower case): simple case folding, as the site's language does it.
/// Two letters outside ASCII fold into it: the long s and the Kelvin sign.
fn same_name(key: &str, name: &str) -> bool {
    let folded = key.chars().map(|c| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    folded.eq(name.chars())
}

#[cfg(test)]
mod tests;
