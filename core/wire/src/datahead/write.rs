//! Our own dataheads: [`PostHead`] to bytes, refused if a rule is broken.

use std::fmt::Write as _;

use super::{Attach, Cc, HeadError, PostHead};
use crate::json::Writer;
use crate::limits::{HEAD_AND_DATAHEAD_MAX, LENGTH_DIGITS};

/// Writes a datahead: lower-case keys, the stock client's order, our own members last. The same head gives
/// the same bytes every time.
pub fn encode(head: &PostHead) -> Result<Vec<u8>, HeadError> {
    head.check()?;
    let mut object = Writer::new();
    object
        .str("alias", &head.alias)
        .str("threadid", head.thread_id.as_deref().unwrap_or_default())
        .str("subject", &head.subject);
    if !head.attach.is_empty() {
        object.objects("attach", head.attach.iter().map(attach));
    }
    if !head.cc.is_empty() {
        object.objects("cc", head.cc.iter().map(cc));
    }
    if let Some(id) = &head.confirm_id {
        object.str("confirmid", id);
    }
    if let Some(date) = &head.confirm_posted {
        object.str("confirmposted", date);
    }
    if head.node_sync {
        object.bool("nodesync", true);
    }
    object.maybe_u64("sendid", head.send_id.map(|id| id.value()));
    let bytes = object.finish().into_bytes();
    let limit = HEAD_AND_DATAHEAD_MAX - LENGTH_DIGITS;
    if bytes.len() > limit {
        return Err(HeadError::TooLong { limit, actual: bytes.len() });
    }
    Ok(bytes)
}

fn attach(attach: &Attach) -> Writer {
    let mut object = Writer::new();
    object.str("name", &attach.name).maybe_u64("size", Some(attach.size).filter(|size| *size > 0));
    if !attach.ffn.is_empty() {
        object.str("ffn", &attach.ffn);
    }
    if let Some(hash) = &attach.sha256 {
        let mut digits = String::with_capacity(64);
        for byte in hash {
            let _ = write!(digits, "{byte:02x}");
        }
        object.str("sha256", &digits);
    }
    object
}

fn cc(cc: &Cc) -> Writer {
    let mut object = Writer::new();
    object
        .str("who", &cc.who)
        .str("by", &cc.by)
        .str("whouid", &cc.who_uid)
        .str("byuid", &cc.by_uid)
        .str("date", &cc.date)
        .str("note", &cc.note)
        .bool("subscribe", cc.subscribe);
    object
}
