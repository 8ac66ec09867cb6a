//! What a site sends: headers to types (wire 9).
//!
//! In: the JSON of one header, as [`crate::frame`] cut it out. Out: a [`Message`]. A frame with `from` and
//! `id` is [`Queued`] whatever its op: it must be confirmed, or it blocks the node's queue for ever. So an
//! error in such a frame still tells its id. Texts have lengths to which they must keep. Nothing here
//! looks at the data behind a header, or at the checksum ([`crate::headsum`]).

use std::fmt;
use std::str::FromStr;

use crate::ids::{MsgId, NodeSecret, Uid};
use crate::json::{BadField, JsonError, Object, Value};
use crate::limits::{OP_MAX, POSTED_MAX, QUEUED_ID_MAX, SITE_ERROR_MAX, SITE_NAME_MAX};
use crate::plain;

/// One header from a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// The answer to op 0; always the first.
    TmtpRev(Greeting),
    /// The answer to Register.
    Registered {
        /// The new member.
        uid: Uid,
        /// The password of its first node.
        secret: NodeSecret,
        /// Set if the wanted alias was refused. The member exists all the same.
        error: Option<String>,
    },
    /// Logged in.
    Info {
        /// Who announces presence to this member.
        ohi: Vec<Uid>,
    },
    /// The answer to a request with an id.
    Answer(Answer),
    /// Somebody came or went. A hint, not a fact (wire 15).
    Presence {
        /// Who.
        from: Uid,
        /// Came (`true`) or went.
        online: bool,
    },
    /// The site ends the link.
    Quit {
        /// Why; `logout ok` after a quit of ours.
        error: String,
    },
    /// A message out of the node's queue, to be confirmed.
    Queued(Queued),
    /// A direct message of an op that we do not know. Not to be confirmed.
    Unknown {
        /// The op.
        op: String,
    },
}

/// What a site says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Greeting {
    /// The protocol version, `1`.
    pub id: String,
    /// The site's name for people, harmless ([`plain::line`]).
    pub name: String,
    /// Whether sign-in by a provider is asked for: 1 or 2; absent if not announced (wire 17).
    pub auth: Option<u64>,
    /// Number of sign-in providers.
    pub authby: usize,
}

/// A site's answer to a request (the protocol's op `ack`).
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The request's id.
    pub id: String,
    /// The id of the message that was made, for ops 5, 7, 8 and 9.
    pub msgid: Option<MsgId>,
    /// When, as the site wrote it.
    pub posted: Option<String>,
    /// Set if the request was refused. For people, harmless ([`plain::line`]); holds names of the site's insides.
    pub error: Option<String>,
}

impl fmt::Debug for Answer {
    /// Without the error text, which quotes aliases.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let refused = self.error.is_some();
        f.debug_struct("Answer")
            .field("id", &self.id)
            .field("msgid", &self.msgid)
            .field("refused", &refused)
            .finish()
    }
}

/// A message out of the node's queue.
#[derive(Clone, PartialEq, Eq)]
pub struct Queued {
    /// The site's id for it.
    pub id: MsgId,
    /// Who caused it.
    pub from: Uid,
    /// When, as the site wrote it, at most 40 bytes. Empty if it wrote nothing.
    pub posted: String,
    /// What it is.
    pub op: QueuedOp,
    /// Bytes of data behind the header.
    pub datalen: u64,
    /// Bytes of the datahead; may exceed `datalen`.
    pub datahead: u64,
    /// The number that the sender gave, handed on by the site without a look.
    pub datasum: Option<u64>,
    /// The header exactly as received.
    pub raw: Vec<u8>,
}

impl Queued {
    /// The header as it may be stored: `None` if it holds a node's password.
    pub fn redacted_raw(&self) -> Option<Vec<u8>> {
        (!names_a_secret(&self.raw)).then(|| self.raw.clone())
    }
}

impl fmt::Debug for Queued {
    /// Without the raw header, which may hold a password or what people call themselves.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queued")
            .field("id", &self.id)
            .field("from", &self.from)
            .field("op", &self.op.name())
            .field("datalen", &self.datalen)
            .field("datahead", &self.datahead)
            .finish_non_exhaustive()
    }
}

/// The kinds of queued messages.
#[derive(Clone, PartialEq, Eq)]
pub enum QueuedOp {
    /// A node of this member has logged in. `datasum` repeats the tag of that login.
    Login,
    /// This member's aliases or nodes have changed.
    User {
        /// The alias that was added.
        new_alias: Option<String>,
        /// The label of the node that was added.
        new_node: Option<String>,
        /// That node's password.
        secret: Option<NodeSecret>,
    },
    /// This member's presence list was changed by one of the nodes.
    OhiEdit {
        /// `add` or `drop`.
        kind: String,
        /// Whom.
        uids: Vec<String>,
    },
    /// An invitation into a group; the data is its text.
    Invite {
        /// The group.
        gid: String,
        /// Who invites.
        alias: String,
        /// Who is invited.
        to: String,
    },
    /// A group's members have changed (wire 16).
    Member {
        /// The group.
        gid: String,
        /// `invite`, `join`, `alias` or `drop`; may be missing (wire 8, op 6).
        act: Option<String>,
        /// Whom it concerns.
        alias: String,
        /// The alias from now on, for `alias`.
        new_alias: Option<String>,
    },
    /// A post.
    Delivery {
        /// Set if it came by PostNotify: how many are told (wire 9).
        notify: Option<u64>,
    },
    /// The note about a PostNotify.
    Notify {
        /// Id of the delivery that it is about.
        postid: String,
    },
    /// A ping; the data is its text.
    Ping {
        /// Who sent it.
        alias: String,
        /// To which alias.
        to: String,
    },
    /// An op that we do not know.
    Other(String),
}

impl QueuedOp {
    /// The op as it is on the wire; `other` for those we do not know.
    pub fn name(&self) -> &'static str {
        match self {
            QueuedOp::Login => "login",
            QueuedOp::User { .. } => "user",
            QueuedOp::OhiEdit { .. } => "ohiedit",
            QueuedOp::Invite { .. } => "invite",
            QueuedOp::Member { .. } => "member",
            QueuedOp::Delivery { .. } => "delivery",
            QueuedOp::Notify { .. } => "notify",
            QueuedOp::Ping { .. } => "ping",
            QueuedOp::Other(_) => "other",
        }
    }
}

impl fmt::Debug for QueuedOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A header that cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("bad message: {fault}")]
pub struct MessageError {
    /// The id text, if this is a queued message (it has `from` and an `id` that can be confirmed).
    pub queued_id: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is not a JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member has the wrong type or range.
    #[error(transparent)]
    Field(#[from] BadField),
    /// A member that must be there is not.
    #[error("field {field} is missing")]
    Missing {
        /// The member's name.
        field: &'static str,
    },
    /// A member is no identifier of its kind.
    #[error("field {field} is not a valid id")]
    NotAnId {
        /// The member's name.
        field: &'static str,
    },
    /// A member is too long.
    #[error("field {field} is longer than {limit} bytes")]
    TooLong {
        /// The member's name.
        field: &'static str,
        /// Bytes allowed.
        limit: usize,
    },
}

/// Reads a header.
pub fn parse(raw: Vec<u8>) -> Result<Message, MessageError> {
    let object =
        Object::parse(&raw).map_err(|error| MessageError { queued_id: None, fault: Fault::Json(error) })?;
    if object.get("from").is_some() && object.get("id").is_some() {
        let id = object.str("id").ok().flatten().filter(|id| !id.is_empty() && id.len() <= QUEUED_ID_MAX);
        let queued_id = id.map(str::to_owned);
        return queued(&object, raw).map(Message::Queued).map_err(|fault| MessageError { queued_id, fault });
    }
    direct(&object).map_err(|fault| MessageError { queued_id: None, fault })
}

/// Whether a header has a member with a node's password, whatever else is wrong with it. Such a header must
/// be neither stored nor shown.
pub fn names_a_secret(raw: &[u8]) -> bool {
    match Object::parse(raw) {
        Ok(object) => object.get("nodeid").is_some(),
        Err(_) => true,
    }
}

fn direct(object: &Object) -> Result<Message, Fault> {
    let fields = Fields(object);
    Ok(match fields.text("op", OP_MAX)? {
        "tmtprev" => Message::TmtpRev(Greeting {
            id: fields.owned("id", SITE_NAME_MAX)?,
            name: fields.words("name", SITE_NAME_MAX)?.unwrap_or_default(),
            auth: object.u64("auth")?,
            authby: object.array("authby")?.map_or(0, <[Value]>::len),
        }),
        "registered" => Message::Registered {
            uid: fields.id("uid")?,
            secret: fields.id("nodeid")?,
            error: fields.words("error", SITE_ERROR_MAX)?,
        },
        "info" => Message::Info { ohi: uids(object)? },
        "ack" => Message::Answer(Answer {
            id: fields.owned("id", SITE_NAME_MAX)?,
            msgid: fields.maybe_id("msgid")?,
            posted: fields.maybe("posted", POSTED_MAX)?,
            error: fields.words("error", SITE_ERROR_MAX)?,
        }),
        "ohi" => Message::Presence { from: fields.id("from")?, online: object.u64("status")? == Some(1) },
        "quit" => Message::Quit { error: fields.words("error", SITE_ERROR_MAX)?.unwrap_or_default() },
        other => Message::Unknown { op: other.to_owned() },
    })
}

fn uids(object: &Object) -> Result<Vec<Uid>, Fault> {
    let bad = Fault::NotAnId { field: "ohi" };
    let items = object.array("ohi")?.unwrap_or_default();
    items.iter().map(|item| item.as_str().and_then(|text| text.parse().ok()).ok_or(bad)).collect()
}

fn queued(object: &Object, raw: Vec<u8>) -> Result<Queued, Fault> {
    let fields = Fields(object);
    Ok(Queued {
        id: fields.id("id")?,
        from: fields.id("from")?,
        posted: fields.maybe("posted", POSTED_MAX)?.unwrap_or_default(),
        op: queued_op(&fields)?,
        datalen: object.u64("datalen")?.unwrap_or(0),
        datahead: object.u64("datahead")?.unwrap_or(0),
        datasum: object.u64("datasum")?,
        raw,
    })
}

fn queued_op(fields: &Fields<'_>) -> Result<QueuedOp, Fault> {
    let name = |field| fields.owned(field, SITE_NAME_MAX);
    let maybe_name = |field| fields.maybe(field, SITE_NAME_MAX);
    Ok(match fields.text("op", OP_MAX)? {
        "login" => QueuedOp::Login,
        "user" => QueuedOp::User {
            new_alias: maybe_name("newalias")?,
            new_node: maybe_name("newnode")?,
            secret: fields.maybe_id("nodeid")?,
        },
        "ohiedit" => QueuedOp::OhiEdit { kind: name("type")?, uids: presence_list(fields.0)? },
        "invite" => QueuedOp::Invite { gid: name("gid")?, alias: name("alias")?, to: name("to")? },
        "member" => QueuedOp::Member {
            gid: name("gid")?,
            act: maybe_name("act")?,
            alias: name("alias")?,
            new_alias: maybe_name("newalias")?,
        },
        "delivery" => QueuedOp::Delivery { notify: fields.0.u64("notify")? },
        "notify" => QueuedOp::Notify { postid: name("postid")? },
        "ping" => QueuedOp::Ping { alias: name("alias")?, to: name("to")? },
        other => QueuedOp::Other(other.to_owned()),
    })
}

/// The uids of an echoed `for` list, whose elements have capitals in their keys (wire 4.2).
fn presence_list(object: &Object) -> Result<Vec<String>, Fault> {
    let bad = Fault::NotAnId { field: "for" };
    let items = object.array("for")?.unwrap_or_default();
    let id = |item: &Value| {
        item.as_object().and_then(|element| element.str("id").ok().flatten().map(str::to_owned))
    };
    items.iter().map(|item| id(item).ok_or(bad)).collect()
}

/// Typed access with lengths.
struct Fields<'a>(&'a Object);

impl<'a> Fields<'a> {
    fn maybe_text(&self, field: &'static str, limit: usize) -> Result<Option<&'a str>, Fault> {
        match self.0.str(field)? {
            Some(text) if text.len() > limit => Err(Fault::TooLong { field, limit }),
            text => Ok(text),
        }
    }

    fn text(&self, field: &'static str, limit: usize) -> Result<&'a str, Fault> {
        self.maybe_text(field, limit)?.ok_or(Fault::Missing { field })
    }

    fn maybe(&self, field: &'static str, limit: usize) -> Result<Option<String>, Fault> {
        Ok(self.maybe_text(field, limit)?.map(str::to_owned))
    }

    /// A text for people, made harmless here, where it enters: from here it gets into errors, states and screens.
    fn words(&self, field: &'static str, limit: usize) -> Result<Option<String>, Fault> {
        Ok(self.maybe_text(field, limit)?.map(|text| plain::line(text).into_owned()))
    }

    fn owned(&self, field: &'static str, limit: usize) -> Result<String, Fault> {
        self.text(field, limit).map(str::to_owned)
    }

    fn maybe_id<T: FromStr>(&self, field: &'static str) -> Result<Option<T>, Fault> {
        match self.0.str(field)? {
            Some(text) => text.parse().map(Some).map_err(|_| Fault::NotAnId { field }),
            None => Ok(None),
        }
    }

    fn id<T: FromStr>(&self, field: &'static str) -> Result<T, Fault> {
        self.maybe_id(field)?.ok_or(Fault::Missing { field })
    }
}

#[cfg(test)]
mod tests;
