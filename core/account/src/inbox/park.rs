//! Storing raw what this version does not interpret, or could not: confirmed, counted, and there for a later
//! version. Never what may hold a node's password.

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tmtp_store::StoreError;
use tmtp_store::write::parked::{self, Raw};
use tmtp_wire::message::Queued;

use crate::api::{Event, ParkedWhy};
use crate::core::Core;
use crate::limits::POISON_FRAME;
use crate::plant::{self, Plant};

/// Where the data of a frame is.
pub(crate) enum Body<'a> {
    /// In memory.
    Here(&'a [u8]),
    /// In a file of this account, with its SHA-256.
    File(&'a str, [u8; 32]),
}

impl Core {
    /// Stores a frame raw. A file that is not needed for it goes after the commit.
    pub(crate) fn park(
        &mut self,
        conn: &Connection,
        head: &Queued,
        body: Body<'_>,
        why: ParkedWhy,
    ) -> Result<(), StoreError> {
        let (data, file) = match &body {
            Body::Here(data) => (Some(*data), None),
            Body::File(file, _) => (None, Some(*file)),
        };
        let Some(header) = head.redacted_raw() else {
            self.count("dropped_secrets");
            self.drop_file(file);
            return Ok(());
        };
        if plant::on(Plant::DropUnknown) && why == ParkedWhy::NotYet {
            self.drop_file(file);
            return Ok(());
        }
        let content = content_of(&header, &body);
        let id = head.id.to_string();
        let op = match &head.op {
            tmtp_wire::message::QueuedOp::Other(op) => op.as_str(),
            known => known.name(),
        };
        let raw = Raw { msgid: &id, op, why: why.code(), header: &header, content: &content, data, file };
        if parked::park(conn, &raw)? {
            self.count("parked");
            self.event(Event::Parked(why));
        } else {
            self.drop_file(file);
        }
        Ok(())
    }

    fn drop_file(&mut self, file: Option<&str>) {
        if let Some(file) = file {
            self.effects.unneeded(file.to_owned());
        }
    }

    /// Notes that a frame is wrong in itself. True if it was so before with equal bytes: then it is stored
    /// raw and can be confirmed.
    pub(crate) fn park_poison(
        &mut self,
        conn: &Connection,
        id: &str,
        raw: &[u8],
        data: &[u8],
    ) -> Result<bool, StoreError> {
        let mut content = content_of(raw, &Body::Here(data));
        if raw.is_empty() {
            // Nothing of it may be stored: it is known by its id only.
            content = super::hash(id.as_bytes());
        }
        if parked::poisoned(conn, &content)? < POISON_FRAME {
            return Ok(false);
        }
        let why = ParkedWhy::BadFrame;
        let frame = Raw {
            msgid: id,
            op: "",
            why: why.code(),
            header: raw,
            content: &content,
            data: Some(data),
            file: None,
        };
        if parked::park(conn, &frame)? {
            self.count("parked");
            self.event(Event::Parked(why));
        }
        parked::cure(conn, &content)?;
        Ok(true)
    }
}

fn content_of(header: &[u8], body: &Body<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(header);
    match body {
        Body::Here(data) => hash.update(super::hash(data)),
        Body::File(_, sha256) => hash.update(sha256),
    }
    hash.finalize().into()
}
