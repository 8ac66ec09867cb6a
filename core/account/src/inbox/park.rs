//! Storing raw what this version does not interpret, or could not: confirmed, counted, and there for a later
//! version. Never what may hold a node's password.

use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tmtp_store::StoreError;
use tmtp_store::write::parked::{self, Raw};
use tmtp_wire::message::Queued;

use crate::api::{Event, ParkedWhy};
use crate::core::Core;
use crate::plant::{self, Plant};

/// Where the data of a frame is.
pub(crate) enum Body<'a> {
    /// In memory.
    Here(&'a [u8]),
    /// In a file of this account, with its SHA-256.
    File(&'a str, [u8; 32]),
}

impl<'a> Body<'a> {
    /// What goes into the row of it: its bytes, or the name of its file.
    pub(super) fn places(&self) -> (Option<&'a [u8]>, Option<&'a str>) {
        match *self {
            Body::Here(data) => (Some(data), None),
            Body::File(file, _) => (None, Some(file)),
        }
    }
}

impl Core {
    /// Stores a frame raw. A file that is not needed for it goes after the commit. If it is the copy of an own
    /// post, that can no longer prove itself.
    pub(crate) fn park(
        &mut self,
        conn: &Connection,
        head: &Queued,
        body: Body<'_>,
        why: ParkedWhy,
    ) -> Result<(), StoreError> {
        let (data, file) = body.places();
        if self.is_own(&head.from) {
            self.proof_is_spoilt(conn, head.datasum)?;
        }
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
        let size = head.datalen;
        let raw =
            Raw { msgid: &id, op, why: why.code(), header: &header, content: &content, data, file, size };
        if parked::park(conn, &raw)? {
            self.count("parked");
            self.event(Event::Parked(why));
        } else {
            self.drop_file(file);
        }
        Ok(())
    }

    pub(super) fn drop_file(&mut self, file: Option<&str>) {
        if let Some(file) = file {
            self.effects.unneeded(file.to_owned());
        }
    }
}

/// By what a frame is known again: its header, and a hash of its data.
pub(super) fn content_of(header: &[u8], body: &Body<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(header);
    match body {
        Body::Here(data) => hash.update(super::hash(data)),
        Body::File(_, sha256) => hash.update(sha256),
    }
    hash.finalize().into()
}
