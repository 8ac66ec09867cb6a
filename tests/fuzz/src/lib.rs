//! Everything that reads what others sent, as plain functions: bytes in, *taken* or *refused* out.
//!
//! A panic, or an assertion in here that does not hold, is a finding. `tests/mutations.rs` drives the functions
//! by damaged recordings on the stable toolchain, a fixed number from a fixed seed; `libfuzzer/` drives the same
//! ones by coverage, by hand.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a finding is shown by a panic")]

pub mod corpus;
pub mod damage;
mod site;

pub use site::requests;

use tmtp_session::{Config, Event, Input, Opening, Session};
use tmtp_wire::frame::{FrameReader, Piece};
use tmtp_wire::headsum::{self, HeadSum};
use tmtp_wire::request::Token;
use tmtp_wire::time::Mono;
use tmtp_wire::{datahead, message};

/// A stream cut into frames. No more data may come out than went in.
pub fn frames(bytes: &[u8]) -> bool {
    let mut reader = FrameReader::new();
    let mut data = 0;
    for part in bytes.chunks(97) {
        reader.push(part);
        loop {
            match reader.next() {
                Ok(Some(Piece::Data(bytes))) => data += bytes.len(),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => return false,
            }
        }
    }
    assert!(data <= bytes.len(), "more data than bytes");
    true
}

/// A header from a site.
pub fn header(bytes: &[u8]) -> bool {
    message::parse(bytes.to_vec()).is_ok()
}

/// A data head. What is written again must be understood as before.
pub fn data_head(bytes: &[u8]) -> bool {
    let Ok(head) = datahead::parse(bytes) else { return false };
    let _ = (head.text_len(1000, bytes.len() as u64), head.thread());
    if let Ok(written) = datahead::encode(&head) {
        assert!(datahead::parse(&written).as_ref() == Ok(&head), "what we write reads as it was meant");
    }
    true
}

/// A header's checksum.
pub fn checksum(bytes: &[u8]) -> bool {
    headsum::verify(bytes) == HeadSum::Right
}

/// Everything that a site says on one link, to a session that has logged in. Nothing comes behind the end.
pub fn session(bytes: &[u8]) -> bool {
    let opening = Opening::Login {
        uid: "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".parse().unwrap(),
        secret: "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K".parse().unwrap(),
        tag: Token::from_random(1),
    };
    let mut session = Session::new(Mono(0), Config { inline_max: 100, ..Config::new(opening) });
    let mut ends = 0;
    for part in bytes.chunks(211) {
        while session.poll_transmit(Mono(0)).is_some() {}
        session.handle_input(Mono(0), Input::Bytes(part)).unwrap();
        while let Some(event) = session.poll_event() {
            assert_eq!(ends, 0, "an event behind the end");
            ends += usize::from(matches!(event, Event::Ended(_)));
        }
    }
    ends == 0
}
