//! What a client sends: requests to header frames (wire 8), every op from 0 to 12. Encoding only.
//!
//! In: a [`Request`] whose names, ids and counts are checked types. Out: length digits and header; the data
//! is the caller's to append. A request that would harm the site or a stock client cannot be encoded: see
//! [`EncodeError`] (wire 18.2, client-formats R1, R2, R11).

mod encode;

use std::fmt;

use crate::ids::{NodeSecret, SendId, Uid};
use crate::limits::HEAD_AND_DATAHEAD_MAX;
use crate::names::{Alias, Gid, Label};

/// A random number that a login carries and that its own `login` message repeats: the proof that everything
/// queued before has been read (wire 14.3). Non-zero and below 2^53.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u64);

impl Token {
    /// Makes a token of 64 random bits; the upper eleven are cut off, and zero becomes one.
    pub fn from_random(bits: u64) -> Self {
        Token(SendId::from_random(bits).value())
    }

    /// The number as a token, if it is one.
    pub fn new(value: u64) -> Option<Self> {
        SendId::new(value).map(|id| Token(id.value()))
    }

    /// The number.
    pub fn value(self) -> u64 {
        self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:014x})", self.0)
    }
}

/// A recipient of a post.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum To {
    /// All nodes of a member.
    Member(Uid),
    /// All joined members of a group, the sender's nodes included.
    GroupAll(Gid),
    /// All joined members of a group but the sender.
    GroupOthers(Gid),
}

/// What to do with a presence list (wire 15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OhiKind {
    /// At login; the own other nodes are not told.
    Init,
    /// Announce to more members.
    Add,
    /// Announce to fewer.
    Drop,
}

/// What to do in a group (wire 16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupAct {
    /// Accept an invitation, perhaps under another own alias.
    Join {
        /// That alias.
        new_alias: Option<Alias>,
    },
    /// Change the own alias in the group.
    Alias {
        /// The alias from now on.
        new_alias: Alias,
    },
    /// Leave, or put somebody out.
    Drop {
        /// Who goes.
        to: Alias,
    },
}

/// A post together with a note about it (op 8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostNotify {
    /// Who gets the post, and the note.
    pub to: Vec<To>,
    /// Who else gets the note.
    pub note_to: Vec<To>,
    /// Leave out the sender's other nodes.
    pub not_self: bool,
    /// Bytes of the note, all of them its head (client-formats R11).
    pub notehead: u32,
    /// Bytes of the post's head.
    pub datahead: u32,
    /// Bytes of note and post together.
    pub datalen: u64,
    /// A number handed on with the post.
    pub datasum: Option<u64>,
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Op 0: the version; always the first.
    TmtpRev,
    /// Op 1: a new member, without alias: one that was refused would leave a member all the same (wire 14.1).
    Register {
        /// What the node is called. The public server forgets it.
        label: String,
    },
    /// Op 2.
    Login {
        /// Who.
        uid: Uid,
        /// Password of the node.
        secret: NodeSecret,
        /// Comes back in this login's own `login` message.
        tag: Token,
    },
    /// Op 3: one more alias.
    NewAlias(Alias),
    /// Op 3: one more node.
    NewNode(Label),
    /// Op 4: presence.
    OhiEdit {
        /// What to do.
        kind: OhiKind,
        /// For whom, at least one.
        uids: Vec<Uid>,
    },
    /// Op 5: an invitation; its text is the data.
    GroupInvite {
        /// The group; made if it does not exist.
        gid: Gid,
        /// An own alias.
        from: Alias,
        /// Who is invited.
        to: Alias,
        /// Bytes of text.
        datalen: u64,
        /// A number handed on with it.
        datasum: Option<u64>,
    },
    /// Op 6.
    GroupEdit {
        /// The group.
        gid: Gid,
        /// What to do.
        act: GroupAct,
    },
    /// Op 7.
    Post {
        /// Who gets it; nobody: the own other nodes only.
        to: Vec<To>,
        /// Bytes of the datahead, at least 1.
        datahead: u32,
        /// Bytes of the datahead and what follows it.
        datalen: u64,
        /// A number handed on with it.
        datasum: Option<u64>,
    },
    /// Op 8.
    PostNotify(PostNotify),
    /// Op 9: a ping; its text is the data.
    Ping {
        /// An own alias.
        from: Alias,
        /// Whom.
        to: Alias,
        /// Bytes of text.
        datalen: u64,
        /// A number handed on with it.
        datasum: Option<u64>,
    },
    /// Op 10: a queued message is durable here and may be forgotten there.
    Confirm {
        /// Its id, exactly as received.
        id: String,
    },
    /// Op 3 with an alias that is too short: always answered with an error, without any effect (wire 20.3).
    Probe,
    /// Op 11: keeps the link alive; no answer.
    Pulse,
    /// Op 12.
    Quit,
}

/// A request that must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// The header is too long.
    #[error("header: at most {limit} bytes, this one has {actual}")]
    HeaderTooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes that it has.
        actual: usize,
    },
    /// Header and datahead together are too long for the stock client (client-formats R2).
    #[error("header and datahead: at most {HEAD_AND_DATAHEAD_MAX} bytes, these have {actual}")]
    HeadsTooLong {
        /// Bytes that they have, length digits included.
        actual: usize,
    },
    /// A post without a datahead kills the stock client (client-formats R1).
    #[error("a post needs a datahead")]
    NoDatahead,
    /// The parts of the data do not add up.
    #[error("the lengths of the data's parts contradict each other")]
    Lengths,
    /// A text is too long.
    #[error("{field}: at most {limit} bytes")]
    TextTooLong {
        /// Which.
        field: &'static str,
        /// Bytes allowed.
        limit: usize,
    },
    /// A recipient is named twice, which invites a deadlock of the account at the site (wire 18.3).
    #[error("a recipient is named twice")]
    NamedTwice,
    /// Something must be there.
    #[error("{field} must not be empty")]
    Empty {
        /// Which.
        field: &'static str,
    },
    /// Too many of something.
    #[error("{field}: at most {limit}")]
    TooMany {
        /// Which.
        field: &'static str,
        /// How many are allowed.
        limit: usize,
    },
}

#[cfg(test)]
mod tests;
