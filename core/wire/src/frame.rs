//! Frames: four hex digits, a JSON header, data (wire 3). Splits a stream of bytes into them and makes them.
//!
//! In: bytes in pieces of any size ([`FrameReader::push`]). Out: a header, then its data in chunks, then
//! an end, and so on ([`FrameReader::next`]). It looks at `datalen` and `datahead` and at nothing else.
//!
//! | state | next piece |
//! |---|---|
//! | waiting for a header | [`Piece::Header`], or an error after which the stream is lost |
//! | in the data | [`Piece::Data`] as it comes, [`Piece::End`] behind the last byte |
//!
//! It never holds more than one header and what was pushed since the last call of `next`.

use std::fmt;

use crate::json::{BadField, JsonError, Object};
use crate::limits::{DATALEN_MAX, HEADER_MAX_WIRE, HEADER_MIN, LENGTH_DIGITS};

/// A part of a frame, in the order in which a frame is made of them.
#[derive(Clone, PartialEq, Eq)]
pub enum Piece {
    /// The whole header of the next frame.
    Header {
        /// The JSON as received, without the length digits.
        raw: Vec<u8>,
        /// Bytes of data that follow.
        datalen: u64,
        /// How many of them the sender calls a second header. May exceed `datalen` (wire 5, 19.9).
        datahead: u64,
    },
    /// The next bytes of the data, never empty.
    Data(Vec<u8>),
    /// The frame is complete; also sent when it has no data.
    End,
}

impl fmt::Debug for Piece {
    /// Sizes only: headers hold passwords and names, data is people's mail.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Piece::Header { raw, datalen, .. } => write!(f, "Header({} bytes, datalen {datalen})", raw.len()),
            Piece::Data(bytes) => write!(f, "Data({} bytes)", bytes.len()),
            Piece::End => f.write_str("End"),
        }
    }
}

/// Why a stream of frames cannot be read on. There is no way back into step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length is not four hex digits, or too short for a header.
    #[error("bad length digits")]
    BadLength,
    /// The header is not a JSON object.
    #[error("bad header: {0}")]
    Json(#[from] JsonError),
    /// A length in the header is not a number that can be.
    #[error("bad header: {0}")]
    Field(#[from] BadField),
    /// The reader has met an error before.
    #[error("the stream is out of step")]
    OutOfStep,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Header,
    Data { left: u64 },
    Broken,
}

/// Splits a stream into frames.
pub struct FrameReader {
    buffer: Vec<u8>,
    /// Where the unread part of `buffer` begins.
    start: usize,
    state: State,
}

impl fmt::Debug for FrameReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameReader").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Default for FrameReader {
    fn default() -> Self {
        FrameReader::new()
    }
}

impl FrameReader {
    /// A reader at the beginning of a stream.
    pub fn new() -> FrameReader {
        FrameReader { buffer: Vec::new(), start: 0, state: State::Header }
    }

    /// Takes in bytes. Call [`FrameReader::next`] until it has nothing more before pushing again, so that
    /// what is held stays small.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether a frame has begun and is not complete.
    pub fn inside_frame(&self) -> bool {
        matches!(self.state, State::Data { .. }) || !self.unread().is_empty()
    }

    /// The next piece; `None` until more bytes come. After an error every further call fails.
    #[expect(clippy::should_implement_trait, reason = "an iterator may not fail and go on later")]
    pub fn next(&mut self) -> Result<Option<Piece>, FrameError> {
        let piece = match self.state {
            State::Header => self.header(),
            State::Data { left } => Ok(self.data(left)),
            State::Broken => Err(FrameError::OutOfStep),
        };
        if piece.is_err() {
            self.state = State::Broken;
            self.buffer = Vec::new();
            self.start = 0;
        }
        piece
    }

    fn unread(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn header(&mut self) -> Result<Option<Piece>, FrameError> {
        let unread = self.unread();
        let early = unread.iter().take(LENGTH_DIGITS);
        if !early.into_iter().all(u8::is_ascii_hexdigit) {
            return Err(FrameError::BadLength);
        }
        let Some(digits) = unread.get(..LENGTH_DIGITS) else { return Ok(None) };
        let length = digits.iter().fold(0, |sum, digit| sum * 16 + hex_value(*digit));
        if length < HEADER_MIN {
            return Err(FrameError::BadLength);
        }
        let end = LENGTH_DIGITS + length;
        let Some(raw) = unread.get(LENGTH_DIGITS..end) else { return Ok(None) };
        let raw = raw.to_vec();
        let object = Object::parse(&raw)?;
        let datalen = length_field(&object, "datalen")?;
        let datahead = length_field(&object, "datahead")?;
        self.start += end;
        self.state = State::Data { left: datalen };
        Ok(Some(Piece::Header { raw, datalen, datahead }))
    }

    fn data(&mut self, left: u64) -> Option<Piece> {
        if left == 0 {
            self.state = State::Header;
            return Some(Piece::End);
        }
        let unread = self.unread();
        let take = unread.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let chunk = unread.get(..take).filter(|chunk| !chunk.is_empty())?.to_vec();
        self.start += take;
        self.state = State::Data { left: left - take as u64 };
        Some(Piece::Data(chunk))
    }
}

fn hex_value(digit: u8) -> usize {
    char::from(digit).to_digit(16).map_or(0, |value| value as usize)
}

fn length_field(object: &Object, field: &'static str) -> Result<u64, BadField> {
    let length = object.u64(field)?.unwrap_or(0);
    if length > DATALEN_MAX { Err(BadField { field }) } else { Ok(length) }
}

/// A header that no frame can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a header has {HEADER_MIN} to {HEADER_MAX_WIRE} bytes, this one has {actual}")]
pub struct HeaderLength {
    /// Bytes of the refused header.
    pub actual: usize,
}

/// Appends the length digits (lower case) and the header. The data, if any, is the caller's to append.
pub fn encode(header: &[u8], out: &mut Vec<u8>) -> Result<(), HeaderLength> {
    if !(HEADER_MIN..=HEADER_MAX_WIRE).contains(&header.len()) {
        return Err(HeaderLength { actual: header.len() });
    }
    out.extend_from_slice(format!("{:04x}", header.len()).as_bytes());
    out.extend_from_slice(header);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(bytes: &[u8], chunk: usize) -> Result<Vec<Piece>, FrameError> {
        let mut reader = FrameReader::new();
        let mut all: Vec<Piece> = Vec::new();
        for part in bytes.chunks(chunk) {
            reader.push(part);
            while let Some(piece) = reader.next()? {
                match (all.last_mut(), piece) {
                    (Some(Piece::Data(before)), Piece::Data(more)) => before.extend(more),
                    (_, piece) => all.push(piece),
                }
            }
        }
        Ok(all)
    }

    #[test]
    fn a_stream_gives_the_same_frames_however_it_is_cut() {
        let stream = b"0009{\"op\":11}0018{\"op\":9, \"DataLen\":5 }  hello000a{\"op\": 12}";
        let whole = pieces(stream, stream.len()).unwrap();
        assert_eq!(whole.len(), 7);
        assert!(whole.contains(&Piece::Data(b"hello".to_vec())));
        for chunk in 1..12 {
            assert_eq!(pieces(stream, chunk).unwrap(), whole, "chunks of {chunk}");
        }
    }

    #[test]
    fn a_datahead_longer_than_the_data_is_legal() {
        let frame = b"001a{\"datalen\":2,\"datahead\":9}ab";
        let first = pieces(frame, 99).unwrap().remove(0);
        assert!(matches!(first, Piece::Header { datalen: 2, datahead: 9, .. }));
    }

    #[test]
    fn bad_prefixes_are_refused_at_their_first_wrong_byte() {
        for bad in [&b"+"[..], b"0x1", b"00 9", b"0007{\"a\":1}", b"000_"] {
            assert_eq!(pieces(bad, 1), Err(FrameError::BadLength), "{bad:?}");
        }
        assert!(pieces(b"000B{\"op\":  11}", 1).is_ok(), "upper case is accepted");
    }

    #[test]
    fn headers_that_do_not_say_their_length_are_refused() {
        let field = |field| Err(FrameError::Field(BadField { field }));
        assert_eq!(pieces(b"000e{\"datalen\":-1}", 99), field("datalen"));
        assert_eq!(pieces(b"000f{\"datahead\":\"\"}", 99), field("datahead"));
        assert_eq!(pieces(b"001f{\"datalen\":9223372036854775807}", 99), field("datalen"));
        assert_eq!(pieces(b"0008[1,2,3,]", 99), Err(FrameError::Json(JsonError::NotAnObject)));
    }

    #[test]
    fn after_an_error_nothing_more_comes() {
        let mut reader = FrameReader::new();
        reader.push(b"zzzz");
        assert_eq!(reader.next(), Err(FrameError::BadLength));
        reader.push(b"0009{\"op\":11}");
        assert_eq!(reader.next(), Err(FrameError::OutOfStep));
    }

    #[test]
    fn a_header_is_written_behind_its_length_and_refused_if_too_long() {
        let mut out = Vec::new();
        encode(b"{\"op\":11}", &mut out).unwrap();
        assert_eq!(out, b"0009{\"op\":11}");
        assert_eq!(encode(&vec![b' '; 65_536], &mut out), Err(HeaderLength { actual: 65_536 }));
    }
}
