//! Frames that are wrong in themselves: a header that cannot be understood, a checksum that does not fit. The
//! first time one comes the link ends, for the fault may be on the way. The second time it is stored raw, with
//! all of its data, and confirmed, or it would come back for ever (P3). One with much data is spooled into a
//! file like any large delivery, within the same limits: above them the member is asked.
//!
//! In: what the session says of such a frame. Out: a row of `parked`, and the confirmation by the frame's own
//! id text. Never stored: what may hold a node's password, which comes without header and data.

use rusqlite::Connection;
use tmtp_session::Misbehaviour;
use tmtp_store::StoreError;
use tmtp_store::write::parked::{self, Raw};
use tmtp_wire::ids::{MsgId, Uid};
use tmtp_wire::json::Object;

use super::hash;
use super::park::{Body, content_of};
use crate::api::{Event, ParkedWhy, WaitWhy};
use crate::core::Core;
use crate::limits::POISON_FRAME;
use crate::tx::Tx;

/// A wrong frame whose data does not come whole.
#[derive(Clone)]
pub(crate) struct BadFrame {
    /// Its id text.
    pub(crate) id: String,
    /// Under which id the member is asked about it: its own, or one made of its text if that is none.
    pub(crate) key: MsgId,
    /// Who sent it, if it says so in a way that can be read.
    pub(crate) from: Option<Uid>,
    /// Its header.
    pub(crate) raw: Vec<u8>,
    /// Bytes of data.
    pub(crate) datalen: u64,
}

impl BadFrame {
    fn new(id: String, raw: Vec<u8>, datalen: u64) -> Self {
        let key = id.parse().unwrap_or_else(|_| {
            let [a, b, c, d, e, f, g, h, ..] = hash(id.as_bytes());
            MsgId(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
        });
        let header = Object::parse(&raw).ok();
        let from = header.and_then(|header| header.str("from").ok().flatten()?.parse().ok());
        BadFrame { id, key, from, raw, datalen }
    }
}

impl Core {
    /// A wrong frame with all its data.
    pub(crate) fn bad_frame(
        &mut self,
        tx: &mut Tx<'_>,
        id: &str,
        raw: &[u8],
        data: &[u8],
        why: Misbehaviour,
    ) -> Result<(), StoreError> {
        // Of one that may hold a password nothing is stored: it is known by its id only.
        let content = if raw.is_empty() { hash(id.as_bytes()) } else { content_of(raw, &Body::Here(data)) };
        if !self.came_before(tx, &content, why)? {
            return Ok(());
        }
        if let Some(needed) = self.lacks(raw.len() as u64 + data.len() as u64) {
            return self.over_quota(tx, needed);
        }
        let conn = tx.conn()?;
        self.store_bad(conn, id, raw, &Body::Here(data), data.len() as u64)?;
        parked::cure(conn, &content)?;
        self.confirm(id);
        Ok(())
    }

    /// A wrong frame with much data begins. It is known by its header: its data is not fetched to compare it.
    pub(crate) fn bad_large_began(
        &mut self,
        tx: &mut Tx<'_>,
        id: String,
        raw: Vec<u8>,
        datalen: u64,
        why: Misbehaviour,
    ) -> Result<(), StoreError> {
        if !self.came_before(tx, &hash(&raw), why)? {
            return Ok(());
        }
        self.spool(tx, BadFrame::new(id, raw, datalen).into())
    }

    /// The data of a wrong frame is in a file, and durable.
    pub(crate) fn take_bad(
        &mut self,
        conn: &Connection,
        frame: &BadFrame,
        file: &str,
        sha256: [u8; 32],
    ) -> Result<(), StoreError> {
        self.store_bad(conn, &frame.id, &frame.raw, &Body::File(file, sha256), frame.datalen)?;
        parked::cure(conn, &hash(&frame.raw))
    }

    /// Counts a wrong frame. If it has not come before, the link ends, and it will come again.
    fn came_before(
        &mut self,
        tx: &mut Tx<'_>,
        content: &[u8],
        why: Misbehaviour,
    ) -> Result<bool, StoreError> {
        tracing::warn!(%why, "A frame is wrong.");
        self.count("bad_frames");
        if parked::poisoned(tx.conn()?, content)? >= POISON_FRAME {
            return Ok(true);
        }
        let random = self.random();
        self.pacing.service_failed(self.now.mono, WaitWhy::SiteTrouble, random);
        self.leave_now(tx)?;
        Ok(false)
    }

    fn store_bad(
        &mut self,
        conn: &Connection,
        id: &str,
        raw: &[u8],
        body: &Body<'_>,
        size: u64,
    ) -> Result<(), StoreError> {
        let (data, file) = body.places();
        let content = if raw.is_empty() { hash(id.as_bytes()) } else { content_of(raw, body) };
        let why = ParkedWhy::BadFrame;
        let row =
            Raw { msgid: id, op: "", why: why.code(), header: raw, content: &content, data, file, size };
        if parked::park(conn, &row)? {
            self.count("parked");
            self.event(Event::Parked(why));
        } else {
            self.drop_file(file);
        }
        let token = Object::parse(raw).ok().and_then(|header| header.u64("datasum").ok().flatten());
        self.proof_is_spoilt(conn, token)
    }
}
