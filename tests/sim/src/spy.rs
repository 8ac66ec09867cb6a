//! Reads along on a client's link: which queued messages came in, and which confirmations go out. So the
//! judge can look at the store at the moment when a confirmation leaves, not later.

use std::collections::BTreeMap;

use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::json::Object;

/// A queued message that came in on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its op.
    pub(crate) op: String,
    /// Its sender.
    pub(crate) from: String,
}

/// One link's two streams.
#[derive(Debug)]
pub(crate) struct Spy {
    outgoing: FrameReader,
    incoming: FrameReader,
    seen: BTreeMap<String, Seen>,
}

impl Default for Spy {
    fn default() -> Self {
        Spy { outgoing: FrameReader::new(), incoming: FrameReader::new(), seen: BTreeMap::new() }
    }
}

impl Spy {
    /// Bytes have come to the client.
    pub(crate) fn came(&mut self, bytes: &[u8]) {
        self.incoming.push(bytes);
        while let Ok(Some(piece)) = self.incoming.next() {
            let Piece::Header { raw, .. } = piece else { continue };
            let Ok(header) = Object::parse(&raw) else { continue };
            let text = |name| header.str(name).ok().flatten().map(str::to_owned);
            if let (Some(id), Some(from), Some(op)) = (text("id"), text("from"), text("op")) {
                self.seen.insert(id, Seen { op, from });
            }
        }
    }

    /// Bytes are about to leave the client. Returns the ids that they confirm, each with what it is.
    pub(crate) fn leaves(&mut self, bytes: &[u8]) -> Vec<(String, Option<Seen>)> {
        let mut confirmed = Vec::new();
        self.outgoing.push(bytes);
        while let Ok(Some(piece)) = self.outgoing.next() {
            let Piece::Header { raw, .. } = piece else { continue };
            let Ok(header) = Object::parse(&raw) else { continue };
            if let (Ok(Some(10)), Ok(Some(id))) = (header.u64("op"), header.str("id")) {
                confirmed.push((id.to_owned(), self.seen.get(id).cloned()));
            }
        }
        confirmed
    }
}

/// Bytes of a link for a person: what is text, without the long ends of data.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(1_500)).unwrap_or_default()).into_owned();
    text.chars().map(|c| if c.is_control() || c == '\u{fffd}' { '.' } else { c }).collect()
}
