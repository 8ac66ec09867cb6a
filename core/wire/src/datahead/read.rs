//! Dataheads from others: bytes to [`PostHead`].

use super::{Attach, Cc, HeadError, PostHead};
use crate::ids::SendId;
use crate::json::{BadField, Object, Value};
use crate::limits::{ATTACHMENTS_MAX, CC_MAX, DATAHEAD_MAX_READ};

/// Reads a datahead: exactly the first `datahead` bytes of a post's data.
pub fn parse(bytes: &[u8]) -> Result<PostHead, HeadError> {
    if bytes.len() > DATAHEAD_MAX_READ {
        return Err(HeadError::TooLong { limit: DATAHEAD_MAX_READ, actual: bytes.len() });
    }
    let object = Object::parse(bytes)?;
    Ok(PostHead {
        alias: text(&object, "alias")?,
        thread_id: Some(text(&object, "threadid")?).filter(|id| !id.is_empty()),
        subject: text(&object, "subject")?,
        attach: list(&object, "attach", ATTACHMENTS_MAX, attach)?,
        cc: list(&object, "cc", CC_MAX, cc)?,
        confirm_id: Some(text(&object, "confirmid")?).filter(|id| !id.is_empty()),
        confirm_posted: Some(text(&object, "confirmposted")?).filter(|date| !date.is_empty()),
        node_sync: object.bool("nodesync")?.unwrap_or(false),
        // Members of our own making: what another client may have meant by them is not an error.
        send_id: object.u64("sendid").ok().flatten().and_then(SendId::new),
    })
}

fn text(object: &Object, field: &'static str) -> Result<String, BadField> {
    Ok(object.str(field)?.unwrap_or_default().to_owned())
}

fn list<T>(
    object: &Object,
    field: &'static str,
    limit: usize,
    read: impl Fn(&Object) -> Result<T, BadField>,
) -> Result<Vec<T>, HeadError> {
    let items = object.array(field)?.unwrap_or_default();
    if items.len() > limit {
        return Err(HeadError::TooMany { field, limit });
    }
    let element = |item: &Value| match item {
        Value::Object(object) => read(object),
        Value::Null => read(&Object::default()),
        _ => Err(BadField { field }),
    };
    items.iter().map(|item| element(item).map_err(HeadError::Field)).collect()
}

fn attach(object: &Object) -> Result<Attach, BadField> {
    Ok(Attach {
        name: text(object, "name")?,
        size: object.u64("size")?.unwrap_or(0),
        ffn: text(object, "ffn")?,
        sha256: object.str("sha256").ok().flatten().and_then(from_hex),
    })
}

fn cc(object: &Object) -> Result<Cc, BadField> {
    Ok(Cc {
        who: text(object, "who")?,
        by: text(object, "by")?,
        who_uid: text(object, "whouid")?,
        by_uid: text(object, "byuid")?,
        date: text(object, "date")?,
        note: text(object, "note")?,
        subscribe: object.bool("subscribe")?.unwrap_or(false),
    })
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash)
}
