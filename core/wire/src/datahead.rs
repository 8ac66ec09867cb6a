//! The second JSON object of a post, in front of its text and attachments (client-formats 5, 6).
//!
//! Reading is tolerant: keys in any case, unknown members ignored, a missing member is an empty one; sizes
//! and counts are limited. Writing is strict: what breaks a stock client cannot be encoded (client-formats
//! R2 to R10; R1 and the rest of R2 are in [`crate::request`]). We add two members that others ignore:
//! `sendid`, and in `attach` elements `sha256`.

mod read;
mod rules;
mod write;

pub use read::parse;
pub use write::encode;

use crate::ids::{BadId, MsgId, SendId, Uid};
use crate::json::{BadField, JsonError};
use crate::names::Gid;

/// A post's datahead. Texts are the sender's claims; an empty text is a member that was not there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PostHead {
    /// What the sender calls himself. Not checked by anybody.
    pub alias: String,
    /// The thread as it was written, `None` for a new one.
    pub thread_id: Option<String>,
    /// The subject; may be empty in a reply.
    pub subject: String,
    /// The attachments in the order of their bytes.
    pub attach: Vec<Attach>,
    /// The recipients of a new thread.
    pub cc: Vec<Cc>,
    /// Set in a confirm copy: the message that is confirmed.
    pub confirm_id: Option<String>,
    /// Set in a confirm copy: when that message was posted.
    pub confirm_posted: Option<String>,
    /// The data is a batch of updates for the sender's other nodes.
    pub node_sync: bool,
    /// Our sender's own id for the post.
    pub send_id: Option<SendId>,
}

/// An attachment as it is announced.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attach {
    /// With prefix: `u:` file, `f:` blank form, `r:` filled form. A label, never a path.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Name of the form's kind; empty for files.
    pub ffn: String,
    /// Our sender's hash of the content.
    pub sha256: Option<[u8; 32]>,
}

/// A recipient as the sender lists it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Cc {
    /// Alias, or for a group its gid.
    pub who: String,
    /// Alias of the one who added it.
    pub by: String,
    /// Uid, or for a group the gid again.
    pub who_uid: String,
    /// Uid of the one who added it.
    pub by_uid: String,
    /// When it was added, as written.
    pub date: String,
    /// A comment.
    pub note: String,
    /// Always true with stock clients.
    pub subscribe: bool,
}

impl Cc {
    /// Whether this entry is a group.
    pub fn is_group(&self) -> bool {
        !self.who.is_empty() && self.who == self.who_uid
    }

    /// Whether an entry of this name and uid names a member or a group: a post cannot be addressed to another.
    pub fn names_somebody(who: &str, who_uid: &str) -> bool {
        let group = !who.is_empty() && who == who_uid;
        if group { who_uid.parse::<Gid>().is_ok() } else { who_uid.parse::<Uid>().is_ok() }
    }
}

impl PostHead {
    /// The thread as an id: `None` for a new one, an error if it was written in another form.
    pub fn thread(&self) -> Result<Option<MsgId>, BadId> {
        self.thread_id.as_deref().map(str::parse).transpose()
    }

    /// Whether this post begins a thread.
    pub fn starts_thread(&self) -> bool {
        self.thread_id.is_none() && self.confirm_id.is_none() && !self.node_sync
    }

    /// Bytes of all attachments.
    pub fn attached(&self) -> Result<u64, HeadError> {
        let sum = self.attach.iter().try_fold(0_u64, |sum, attach| sum.checked_add(attach.size));
        sum.ok_or(HeadError::SizesExceedData)
    }

    /// Bytes of the text between the datahead and the attachments.
    pub fn text_len(&self, datalen: u64, datahead: u64) -> Result<u64, HeadError> {
        let behind = datalen.checked_sub(datahead).ok_or(HeadError::SizesExceedData)?;
        behind.checked_sub(self.attached()?).ok_or(HeadError::SizesExceedData)
    }
}

impl std::fmt::Debug for PostHead {
    /// Shape only: everything else in here is people's words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostHead")
            .field("starts_thread", &self.starts_thread())
            .field("attach", &self.attach.len())
            .field("cc", &self.cc.len())
            .field("send_id", &self.send_id)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Attach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attach").field("size", &self.size).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Cc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cc").field("is_group", &self.is_group()).finish_non_exhaustive()
    }
}

/// A datahead that cannot be read, or must not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// It is not a JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member has the wrong type (client-formats R3).
    #[error(transparent)]
    Field(#[from] BadField),
    /// It has too many bytes.
    #[error("datahead: at most {limit} bytes, this one has {actual}")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes that it has.
        actual: usize,
    },
    /// A list has too many elements.
    #[error("{field}: at most {limit}")]
    TooMany {
        /// Which list.
        field: &'static str,
        /// Elements allowed.
        limit: usize,
    },
    /// The attachments are larger than the data (client-formats R8).
    #[error("attachments exceed the data")]
    SizesExceedData,
    /// A new thread without subject (R4).
    #[error("a new thread needs a subject")]
    NoSubject,
    /// A new thread whose list does not begin with its author, or with a group (R4, group threads).
    #[error("the recipients of a new thread begin with its author")]
    AuthorNotFirst,
    /// A recipient by uid who is not in the list of a new thread (R5).
    #[error("each recipient of a new thread stands in its list")]
    RecipientNotListed,
    /// A thread or confirm id that is not 16 hex digits (R6).
    #[error("{field} must have 16 lower-case hex digits")]
    NotAMessageId {
        /// Which member.
        field: &'static str,
    },
    /// An attachment name without prefix, or without anything behind it (R7).
    #[error("attachment names begin with u:, f: or r:")]
    NamePrefix,
    /// Two attachments with one name (R7).
    #[error("attachment names must differ")]
    NameTwice,
    /// An attachment name that is too long when escaped (R7).
    #[error("attachment names have at most {limit} bytes when escaped, this one has {actual}")]
    NameTooLong {
        /// Bytes allowed.
        limit: usize,
        /// Bytes that it has.
        actual: usize,
    },
    /// A filled form that cannot be a JSON object (R9).
    #[error("a filled form is a JSON object")]
    NotAForm,
    /// A note that others would cut (client-formats 18).
    #[error("a note has at most {limit} bytes")]
    NoteTooLong {
        /// Bytes allowed.
        limit: usize,
    },
}

#[cfg(test)]
mod tests;
