//! Identifiers. Each is a type of its own, so that a uid can never stand where an alias belongs.
//!
//! An identifier that exists is well-formed: the only ways to make one check it. Forms and limits are
//! those of the public server (uid: 32 characters of its base-32 alphabet, node secret: 40, message id:
//! 16 lower-case hex digits, alias: see [`crate::check`]).

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The base-32 alphabet of uids and node secrets: no vowels, no zero, upper case only.
pub const BASE32: &[u8; 32] = b"%+123456789BCDFGHJKLMNPQRSTVWXYZ";

/// Why a text is not an identifier. Never holds the text: it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: {need}")]
pub struct BadId {
    /// Which identifier was expected.
    pub what: &'static str,
    /// The form that it must have.
    pub need: &'static str,
}

fn is_base32(text: &str, len: usize) -> bool {
    text.len() == len && text.bytes().all(|b| BASE32.contains(&b))
}

/// A member's public, permanent id at one site: 32 characters of [`BASE32`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(String);

impl Uid {
    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uid {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        if is_base32(text, 32) {
            Ok(Uid(text.to_owned()))
        } else {
            Err(BadId { what: "uid", need: "32 characters of %+123456789BCDFGHJKLMNPQRSTVWXYZ" })
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uid({}…)", self.0.get(..4).unwrap_or_default())
    }
}

/// The password of one node (the protocol's `nodeid`): 40 characters of [`BASE32`]. It cannot be changed
/// or revoked, so it is wiped when dropped and has neither `Display` nor a telling `Debug`.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct NodeSecret(String);

impl NodeSecret {
    /// The secret itself, for the login frame and the key store. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeSecret {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        if is_base32(text, 40) {
            Ok(NodeSecret(text.to_owned()))
        } else {
            Err(BadId { what: "node secret", need: "40 characters of %+123456789BCDFGHJKLMNPQRSTVWXYZ" })
        }
    }
}

impl fmt::Debug for NodeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeSecret(…)")
    }
}

/// The id that a site gives to a message: a counter from one clock, the order of a thread. 16 lower-case
/// hex digits on the wire. Says nothing about the order of arrival.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgId(pub u64);

impl FromStr for MsgId {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let plain = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match u64::from_str_radix(text, 16) {
            Ok(n) if plain => Ok(MsgId(n)),
            _ => Err(BadId { what: "message id", need: "16 lower-case hex digits" }),
        }
    }
}

impl fmt::Display for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for MsgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MsgId({self})")
    }
}

/// The random id that a sender gives to a post before its first byte leaves, the same in each attempt:
/// non-zero and below 2^53, so that every JSON reader keeps it whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SendId(u64);

impl SendId {
    /// One above the largest value.
    pub const END: u64 = 1 << 53;

    /// Makes an id of 64 random bits; the upper eleven are cut off, and zero becomes one.
    pub fn from_random(bits: u64) -> Self {
        SendId((bits & (Self::END - 1)).max(1))
    }

    /// The id as a number, if it is one.
    pub fn new(value: u64) -> Option<Self> {
        (value != 0 && value < Self::END).then_some(SendId(value))
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl FromStr for SendId {
    type Err = BadId;
    /// Reads the form that `Display` writes: 14 lower-case hex digits.
    fn from_str(text: &str) -> Result<Self, BadId> {
        let plain = text.len() == 14 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let bad = BadId { what: "send id", need: "14 lower-case hex digits" };
        let value = u64::from_str_radix(text, 16).map_err(|_| bad)?;
        SendId::new(value).filter(|_| plain).ok_or(bad)
    }
}

impl fmt::Display for SendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014x}", self.0)
    }
}

impl fmt::Debug for SendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendId({self})")
    }
}

/// How a message is called: by the site's id once there is one, by its sender's [`SendId`] before. Both
/// go on to work for ever. Written as 16 hex digits, or as `_` and 14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageRef {
    /// The site's id.
    Site(MsgId),
    /// The id that this member's own node gave it before it was sent.
    Local(SendId),
}

/// How a thread is called: like its first message.
pub type ThreadRef = MessageRef;

impl FromStr for MessageRef {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        match text.strip_prefix('_') {
            Some(local) => local.parse().map(MessageRef::Local),
            None => text.parse().map(MessageRef::Site),
        }
        .map_err(|_: BadId| BadId { what: "id", need: "16 hex digits, or _ and 14 hex digits" })
    }
}

impl fmt::Display for MessageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MessageRef::Site(id) => id.fmt(f),
            MessageRef::Local(id) => write!(f, "_{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_take_only_their_own_form() {
        assert!("3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".parse::<Uid>().is_ok());
        for bad in ["", "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY", "3f%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1"] {
            assert!(bad.parse::<Uid>().is_err(), "{bad}");
        }
        assert_eq!("16a9f0c3d5e40001".parse::<MsgId>().unwrap(), MsgId(0x16a9_f0c3_d5e4_0001));
        for bad in ["16A9f0c3d5e40001", "16a9f0c3d5e4000", "+6a9f0c3d5e40001", "16a9f0c3d5e4000_"] {
            assert!(bad.parse::<MsgId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn references_come_back_as_they_were_written() {
        for text in ["16a9f0c3d5e40001", "_0178a6c3ffb2d4"] {
            assert_eq!(text.parse::<MessageRef>().unwrap().to_string(), text);
        }
        assert!("_00000000000000".parse::<MessageRef>().is_err(), "zero is no send id");
    }

    #[test]
    fn a_secret_does_not_show_itself() {
        let text = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K";
        let secret: NodeSecret = text.parse().unwrap();
        assert!(!format!("{secret:?}").contains("7XK2"));
        assert_eq!(secret.expose(), text);
    }
}
