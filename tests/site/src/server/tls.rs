//! TLS fed by hand from the socket's bytes, because a site has to know whether a stream ended inside a
//! record (wire 18.1), which the usual wrappers do not tell.
//!
//! TLS 1.3 only, with tickets for resumption, never early data. A clock that stands before 1970 is taken for 1970, and
//! then there are no tickets: rustls' own clocks panic.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::crypto::ring;
use rustls::pki_types::UnixTime;
use rustls::server::ProducesTickets;
use rustls::time_provider::TimeProvider;
use rustls::{ServerConfig, ServerConnection};

use super::certificate::Identity;
use crate::limits::SOCKET_READ;

const RECORD_HEADER: usize = 5;

/// The TLS settings of a site.
pub(super) fn config(identity: Identity) -> io::Result<ServerConfig> {
    let mut config = ServerConfig::builder_with_details(Arc::new(ring::default_provider()), Arc::new(Time))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(identity.chain, identity.key))
        .map_err(io::Error::other)?;
    if tells_time() {
        config.ticketer = Arc::new(Tickets(ring::Ticketer::new().map_err(io::Error::other)?));
    }
    Ok(config)
}

fn tells_time() -> bool {
    SystemTime::now() >= UNIX_EPOCH
}

/// The time of the day, 1970 at the least.
#[derive(Debug)]
struct Time;

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(UnixTime::since_unix_epoch(since))
    }
}

/// Tickets while the clock tells a time: it may be set at any moment.
#[derive(Debug)]
struct Tickets(Arc<dyn ProducesTickets>);

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        tells_time() && self.0.enabled()
    }

    fn lifetime(&self) -> u32 {
        self.0.lifetime()
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        tells_time().then(|| self.0.encrypt(plain)).flatten()
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        tells_time().then(|| self.0.decrypt(cipher)).flatten()
    }
}

/// Follows the records of a stream by their headers.
#[derive(Debug, Default)]
struct Records {
    header: Vec<u8>,
    /// Bytes of the record's body that are still to come.
    left: usize,
}

impl Records {
    fn pass(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let take = if self.left > 0 { self.left } else { RECORD_HEADER - self.header.len() };
            let (now, rest) = bytes.split_at(take.min(bytes.len()));
            bytes = rest;
            if self.left > 0 {
                self.left -= now.len();
                continue;
            }
            self.header.extend_from_slice(now);
            if let [_, _, _, high, low] = self.header[..] {
                self.left = usize::from(u16::from_be_bytes([high, low]));
                self.header.clear();
            }
        }
    }

    fn at_boundary(&self) -> bool {
        self.left == 0 && self.header.is_empty()
    }
}

/// What a piece of the stream has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// Perhaps plaintext.
    Open,
    /// Perhaps plaintext, and then close_notify.
    Closed,
    /// The stream is no TLS any more. What there is to send says so.
    Broken,
}

/// One link's TLS.
#[derive(Debug)]
pub(super) struct Tls {
    connection: ServerConnection,
    records: Records,
}

impl Tls {
    pub(super) fn new(config: Arc<ServerConfig>) -> io::Result<Tls> {
        let connection = ServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Tls { connection, records: Records::default() })
    }

    /// Whether plaintext may be written.
    pub(super) fn is_up(&self) -> bool {
        !self.connection.is_handshaking()
    }

    /// Whether the stream may end here without tearing a record.
    pub(super) fn at_boundary(&self) -> bool {
        self.records.at_boundary()
    }

    /// Takes bytes from the socket, appends plaintext to `plain`.
    pub(super) fn feed(&mut self, mut bytes: &[u8], plain: &mut Vec<u8>) -> Fed {
        self.records.pass(bytes);
        while !bytes.is_empty() {
            if self.connection.read_tls(&mut bytes).is_err() {
                return Fed::Broken;
            }
            let Ok(state) = self.connection.process_new_packets() else { return Fed::Broken };
            self.read_plain(plain);
            if state.peer_has_closed() {
                return Fed::Closed;
            }
        }
        Fed::Open
    }

    fn read_plain(&mut self, plain: &mut Vec<u8>) {
        let mut piece = [0; SOCKET_READ];
        // WouldBlock is the usual end; any other is met again by whoever reads the socket.
        while let Ok(count @ 1..) = self.connection.reader().read(&mut piece) {
            plain.extend_from_slice(piece.get(..count).unwrap_or_default());
        }
    }

    /// Encrypts plaintext, at most a record of it.
    pub(super) fn push(&mut self, plain: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(plain)
    }

    /// Says goodbye.
    pub(super) fn close(&mut self) {
        self.connection.send_close_notify();
    }

    /// Appends what is to go to the socket.
    pub(super) fn drain(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(out)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_between_records_is_a_boundary() {
        let stream = [&[23, 3, 3, 0, 4][..], b"abcd", &[21, 3, 3, 0, 1], b"x"].concat();
        for size in 1..=stream.len() {
            let mut records = Records::default();
            let mut passed = 0;
            for piece in stream.chunks(size) {
                records.pass(piece);
                passed += piece.len();
                assert_eq!(records.at_boundary(), [9, 15].contains(&passed), "{passed} by {size}");
            }
        }
    }
}
