//! The encoding of a request, and the checks before it.

use std::collections::HashSet;

use super::{EncodeError, GroupAct, OhiKind, Request, To};
use crate::frame;
use crate::ids::Uid;
use crate::json::Writer;
use crate::limits::{
    DATALEN_MAX, HEAD_AND_DATAHEAD_MAX, HEADER_MAX_SENT, LABEL_BYTES_MAX, LENGTH_DIGITS, OHI_UIDS_MAX,
    PING_BYTES, QUEUED_ID_MAX, RECIPIENTS_MAX, REQUEST_ID_MAX,
};

impl Request {
    /// The whole header frame: length digits and JSON. `id` comes back in the answer of those requests that
    /// have one, and is ignored for the others.
    pub fn encode(&self, id: &str) -> Result<Vec<u8>, EncodeError> {
        self.check(id)?;
        let mut header = Writer::new();
        header.u64("op", self.op());
        self.write_id(id, &mut header);
        self.write_members(&mut header);
        let header = header.finish();
        let limit = self.header_limit();
        let too_long = |actual| EncodeError::HeaderTooLong { limit, actual };
        if header.len() > limit {
            return Err(too_long(header.len()));
        }
        let heads = LENGTH_DIGITS + header.len() + self.datahead();
        if self.datahead() > 0 && heads > HEAD_AND_DATAHEAD_MAX {
            return Err(EncodeError::HeadsTooLong { actual: heads });
        }
        let mut out = Vec::with_capacity(LENGTH_DIGITS + header.len());
        frame::encode(header.as_bytes(), &mut out).map_err(|error| too_long(error.actual))?;
        Ok(out)
    }

    /// The op number.
    pub fn op(&self) -> u64 {
        match self {
            Request::TmtpRev => 0,
            Request::Register { .. } => 1,
            Request::Login { .. } => 2,
            Request::NewAlias(_) | Request::NewNode(_) | Request::Probe => 3,
            Request::OhiEdit { .. } => 4,
            Request::GroupInvite { .. } => 5,
            Request::GroupEdit { .. } => 6,
            Request::Post { .. } => 7,
            Request::PostNotify(_) => 8,
            Request::Ping { .. } => 9,
            Request::Confirm { .. } => 10,
            Request::Pulse => 11,
            Request::Quit => 12,
        }
    }

    /// Bytes of data that must follow the header.
    pub fn datalen(&self) -> u64 {
        match self {
            Request::Post { datalen, .. }
            | Request::Ping { datalen, .. }
            | Request::GroupInvite { datalen, .. } => *datalen,
            Request::PostNotify(post) => post.datalen,
            _ => 0,
        }
    }

    /// Whether the answer to it, if not an error, must name a message.
    pub fn makes_message(&self) -> bool {
        matches!(self.op(), 5 | 7 | 8 | 9)
    }

    /// Whether it changes the member's aliases or nodes. Such edits may meet neither each other nor a
    /// message that names the member twice (wire 18.3).
    pub fn is_user_edit(&self) -> bool {
        matches!(self, Request::NewAlias(_) | Request::NewNode(_))
    }

    fn datahead(&self) -> usize {
        match self {
            Request::Post { datahead, .. } => *datahead as usize,
            Request::PostNotify(post) => (post.datahead as usize).saturating_add(post.notehead as usize),
            _ => 0,
        }
    }

    fn header_limit(&self) -> usize {
        match self {
            Request::Post { .. } | Request::PostNotify(_) => HEAD_AND_DATAHEAD_MAX,
            // A thousand uids of 32 characters are safe in this op (wire 18.2).
            Request::OhiEdit { .. } => HEAD_AND_DATAHEAD_MAX,
            _ => HEADER_MAX_SENT,
        }
    }

    fn check(&self, id: &str) -> Result<(), EncodeError> {
        if id.len() > REQUEST_ID_MAX {
            return Err(EncodeError::TextTooLong { field: "request id", limit: REQUEST_ID_MAX });
        }
        if self.datalen() > DATALEN_MAX {
            return Err(EncodeError::Lengths);
        }
        match self {
            Request::Register { label } => text("label", label, LABEL_BYTES_MAX),
            Request::Confirm { id } => text("message id", id, QUEUED_ID_MAX),
            Request::OhiEdit { uids, .. } if uids.is_empty() => Err(EncodeError::Empty { field: "for" }),
            Request::OhiEdit { uids, .. } => count("for", uids.len(), OHI_UIDS_MAX),
            Request::Ping { datalen, .. } | Request::GroupInvite { datalen, .. }
                if *datalen > PING_BYTES as u64 =>
            {
                Err(EncodeError::TextTooLong { field: "text", limit: PING_BYTES })
            }
            Request::Post { to, datahead, datalen, .. } => {
                recipients(to)?;
                data_parts(*datahead, *datalen)
            }
            Request::PostNotify(post) => {
                recipients(&post.to)?;
                recipients(&post.note_to)?;
                if post.not_self && post.to.is_empty() {
                    return Err(EncodeError::Empty { field: "for" });
                }
                if post.notehead == 0 {
                    return Err(EncodeError::NoDatahead);
                }
                let rest = post.datalen.checked_sub(u64::from(post.notehead)).ok_or(EncodeError::Lengths)?;
                data_parts(post.datahead, rest)
            }
            _ => Ok(()),
        }
    }

    fn write_id(&self, id: &str, header: &mut Writer) {
        match self {
            Request::TmtpRev => {
                header.str("id", "1");
            }
            Request::Confirm { id } => {
                header.str("id", id);
            }
            Request::Register { .. } | Request::Login { .. } | Request::Pulse | Request::Quit => {}
            _ => {
                header.str("id", id);
            }
        }
    }

    fn write_members(&self, header: &mut Writer) {
        match self {
            Request::TmtpRev | Request::Pulse | Request::Quit => header,
            Request::Register { label } => header.str("newnode", label).str("newalias", "_"),
            Request::Login { uid, secret, tag } => {
                header.str("uid", uid.as_str()).str("node", secret.expose()).u64("datasum", tag.value())
            }
            Request::NewAlias(alias) => header.str("newalias", alias.as_str()),
            Request::NewNode(label) => header.str("newnode", label.as_str()),
            Request::Probe => header.str("newalias", "x"),
            Request::OhiEdit { kind, uids } => write_ohi(header, *kind, uids),
            Request::GroupInvite { gid, from, to, datalen, datasum } => header
                .str("gid", gid.as_str())
                .str("from", from.as_str())
                .str("to", to.as_str())
                .u64("datalen", *datalen)
                .maybe_u64("datasum", *datasum),
            Request::GroupEdit { gid, act } => write_group_act(header.str("gid", gid.as_str()), act),
            Request::Post { to, datahead, datalen, datasum } => header
                .objects("for", to.iter().map(To::written))
                .u64("datahead", u64::from(*datahead))
                .u64("datalen", *datalen)
                .maybe_u64("datasum", *datasum),
            Request::PostNotify(post) => header
                .objects("for", post.to.iter().map(To::written))
                .bool("fornotself", post.not_self)
                .objects("notefor", post.note_to.iter().map(To::written))
                .u64("notehead", u64::from(post.notehead))
                .u64("notelen", u64::from(post.notehead))
                .u64("datahead", u64::from(post.datahead))
                .u64("datalen", post.datalen)
                .maybe_u64("datasum", post.datasum),
            Request::Ping { from, to, datalen, datasum } => header
                .str("from", from.as_str())
                .str("to", to.as_str())
                .u64("datalen", *datalen)
                .maybe_u64("datasum", *datasum),
            // The type says nothing, but without it the site ends the link (wire 8, op 10).
            Request::Confirm { .. } => header.str("type", "ok"),
        };
    }
}

fn write_ohi<'a>(header: &'a mut Writer, kind: OhiKind, uids: &[Uid]) -> &'a mut Writer {
    let kind = match kind {
        OhiKind::Init => "init",
        OhiKind::Add => "add",
        OhiKind::Drop => "drop",
    };
    let element = |uid: &Uid| {
        let mut element = Writer::new();
        element.str("id", uid.as_str());
        element
    };
    header.str("type", kind).objects("for", uids.iter().map(element))
}

fn write_group_act<'a>(header: &'a mut Writer, act: &GroupAct) -> &'a mut Writer {
    match act {
        GroupAct::Join { new_alias: None } => header.str("act", "join"),
        GroupAct::Join { new_alias: Some(alias) } => {
            header.str("act", "join").str("newalias", alias.as_str())
        }
        GroupAct::Alias { new_alias } => header.str("act", "alias").str("newalias", new_alias.as_str()),
        GroupAct::Drop { to } => header.str("act", "drop").str("to", to.as_str()),
    }
}

fn text(field: &'static str, text: &str, limit: usize) -> Result<(), EncodeError> {
    if text.is_empty() {
        Err(EncodeError::Empty { field })
    } else if text.len() > limit {
        Err(EncodeError::TextTooLong { field, limit })
    } else {
        Ok(())
    }
}

fn count(field: &'static str, actual: usize, limit: usize) -> Result<(), EncodeError> {
    if actual > limit { Err(EncodeError::TooMany { field, limit }) } else { Ok(()) }
}

fn data_parts(datahead: u32, datalen: u64) -> Result<(), EncodeError> {
    if datahead == 0 {
        Err(EncodeError::NoDatahead)
    } else if u64::from(datahead) > datalen {
        Err(EncodeError::Lengths)
    } else {
        Ok(())
    }
}

impl To {
    fn written(&self) -> Writer {
        let (id, kind) = match self {
            To::Member(uid) => (uid.as_str(), 1),
            To::GroupAll(gid) => (gid.as_str(), 2),
            To::GroupOthers(gid) => (gid.as_str(), 3),
        };
        let mut element = Writer::new();
        element.str("id", id).u64("type", kind);
        element
    }
}

/// One more than the recipients: the sender's own copy.
fn recipients(to: &[To]) -> Result<(), EncodeError> {
    count("for", to.len(), RECIPIENTS_MAX + 1)?;
    let mut seen = HashSet::new();
    let name = |to: &To| match to {
        To::Member(uid) => (true, uid.as_str().to_owned()),
        To::GroupAll(gid) | To::GroupOthers(gid) => (false, gid.as_str().to_owned()),
    };
    if to.iter().all(|to| seen.insert(name(to))) { Ok(()) } else { Err(EncodeError::NamedTwice) }
}
