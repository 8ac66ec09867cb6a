//! From bytes to whole messages: frames are put together, headers understood, checksums verified.
//!
//! In: bytes. Out: [`Item`]s, which know nothing of the session's state. Data up to a limit is collected,
//! more is handed on in pieces, of wrong messages too: nothing of a queued message is lost here, but for one
//! that may hold a password. A wrong direct message, or a frame that cannot be read, is an error behind which
//! nothing more comes.

use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::headsum::{self, HeadSum};
use tmtp_wire::message::{self, Message, MessageError, Queued};

use crate::output::Misbehaviour;

/// Something complete, or a piece of something large.
pub(crate) enum Item {
    /// A direct message.
    Direct(Message),
    /// A queued message with its data.
    Whole { head: Queued, data: Vec<u8> },
    /// A large one begins.
    LargeBegan(Queued),
    /// Goes on.
    LargeData(Vec<u8>),
    /// Ends.
    LargeEnded,
    /// A queued message that is wrong.
    Bad { id: String, raw: Vec<u8>, data: Vec<u8>, why: Misbehaviour },
    /// A large one that is wrong begins; it goes on and ends like any large one.
    BadLargeBegan { id: String, raw: Vec<u8>, datalen: u64, why: Misbehaviour },
}

/// The frame that is being read.
enum Frame {
    Direct,
    Whole { head: Queued, data: Vec<u8> },
    Large,
    Bad { id: String, raw: Vec<u8>, data: Vec<u8>, why: Misbehaviour },
}

/// Puts messages together.
pub(crate) struct Receiver {
    reader: FrameReader,
    frame: Frame,
    inline_max: u64,
}

impl Receiver {
    pub(crate) fn new(inline_max: u64) -> Receiver {
        Receiver { reader: FrameReader::new(), frame: Frame::Direct, inline_max }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
    }

    /// Whether a frame has begun and not ended.
    pub(crate) fn inside_frame(&self) -> bool {
        self.reader.inside_frame()
    }

    /// The next item; `None` until more bytes come.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, Misbehaviour> {
        while let Some(piece) = self.reader.next().map_err(Misbehaviour::Framing)? {
            let item = match piece {
                Piece::Header { raw, datalen, .. } => self.begin(raw, datalen)?,
                Piece::Data(bytes) => self.go_on(bytes),
                Piece::End => self.end(),
            };
            if item.is_some() {
                return Ok(item);
            }
        }
        Ok(None)
    }

    fn begin(&mut self, raw: Vec<u8>, datalen: u64) -> Result<Option<Item>, Misbehaviour> {
        match message::parse(raw.clone()) {
            Ok(Message::Queued(head)) => Ok(self.begin_queued(head, datalen)),
            Ok(_) if datalen > 0 => Err(Misbehaviour::DirectWithData),
            Ok(direct) => {
                self.frame = Frame::Direct;
                Ok(Some(Item::Direct(direct)))
            }
            Err(MessageError { queued_id: Some(id), fault }) => {
                Ok(self.begin_bad(id, raw, datalen, Misbehaviour::Header(fault)))
            }
            Err(MessageError { queued_id: None, fault }) => Err(Misbehaviour::Header(fault)),
        }
    }

    fn begin_queued(&mut self, head: Queued, datalen: u64) -> Option<Item> {
        let wrong = match headsum::verify(&head.raw) {
            HeadSum::Right => None,
            HeadSum::Wrong => Some(Misbehaviour::HeadSumWrong),
            HeadSum::Missing => Some(Misbehaviour::HeadSumMissing),
        };
        if let Some(why) = wrong {
            return self.begin_bad(head.id.to_string(), head.raw, datalen, why);
        }
        if datalen > self.inline_max {
            self.frame = Frame::Large;
            return Some(Item::LargeBegan(head));
        }
        self.frame = Frame::Whole { head, data: Vec::new() };
        None
    }

    /// A header that may hold a password is not kept, wrong or not, and neither is what stands behind it.
    fn begin_bad(&mut self, id: String, raw: Vec<u8>, datalen: u64, why: Misbehaviour) -> Option<Item> {
        let raw = if message::names_a_secret(&raw) { Vec::new() } else { raw };
        if datalen > self.inline_max && !raw.is_empty() {
            self.frame = Frame::Large;
            return Some(Item::BadLargeBegan { id, raw, datalen, why });
        }
        self.frame = Frame::Bad { id, raw, data: Vec::new(), why };
        None
    }

    fn go_on(&mut self, bytes: Vec<u8>) -> Option<Item> {
        match &mut self.frame {
            Frame::Direct => None,
            Frame::Large => Some(Item::LargeData(bytes)),
            Frame::Whole { data, .. } if data.is_empty() => {
                *data = bytes;
                None
            }
            Frame::Whole { data, .. } => {
                data.extend_from_slice(&bytes);
                None
            }
            Frame::Bad { raw, data, .. } => {
                if !raw.is_empty() {
                    data.extend_from_slice(&bytes);
                }
                None
            }
        }
    }

    fn end(&mut self) -> Option<Item> {
        match std::mem::replace(&mut self.frame, Frame::Direct) {
            Frame::Direct => None,
            Frame::Large => Some(Item::LargeEnded),
            Frame::Whole { head, data } => Some(Item::Whole { head, data }),
            Frame::Bad { id, raw, data, why } => Some(Item::Bad { id, raw, data, why }),
        }
    }
}
