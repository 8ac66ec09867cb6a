//! An encrypted stream to a site: plaintext in, plaintext out, and the kernel never gets anything but whole TLS
//! records, one per write and only when the socket polls writable.
//!
//! The last point is not cosmetic. A stream that ends inside a TLS record while a post uploads takes the public
//! server down for all its users (wire 18.1), and a phone kills processes as it likes. So nothing may ever be "half
//! written" for longer than a system call, and an orderly end is close_notify, FIN, and waiting for the site's FIN.
//!
//! In: plaintext of at most one record at a time. Out: plaintext, then once how the stream ended. It looks at
//! nothing it carries, has no timers but those of closing, and never reconnects.

mod close;
mod records;

use std::io::{self, Read, Write};
use std::task::{Context, Poll, Waker};

use rustls::{ClientConnection, HandshakeKind};
use tmtp_session::StreamEnd;
use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::net::TcpStream;

use crate::dial::DialError;
use crate::limits::{QUEUED_MAX, READ_CHUNK, RECORD_PLAINTEXT_MAX};
use crate::tls::Policy;
use crate::trust::Pin;

use records::Records;

/// A connection to a site, encrypted and trusted. Dropping it without [`Stream::close`] is for dead links only.
pub struct Stream {
    tcp: TcpStream,
    tls: ClientConnection,
    /// Encrypted, waiting for the kernel.
    records: Records,
    /// What the kernel gives is decrypted from here.
    chunk: Box<[u8]>,
    /// Plaintext that came together with the end of the handshake.
    early: Vec<u8>,
    /// How it ended, told once all plaintext before it has been taken.
    ended: Option<StreamEnd>,
}

/// What one [`Stream::try_read`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// This many bytes of plaintext, perhaps 0, and perhaps there is more.
    Some(usize),
    /// Nothing more for now: wait until it is readable.
    Nothing,
}

/// Why plaintext was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// More than one record holds.
    #[error("more plaintext than one record holds")]
    TooLong,
    /// Flush first.
    #[error("too much is waiting for the kernel already")]
    Full,
    /// The stream has ended.
    #[error("the stream has ended")]
    Ended,
}

impl Stream {
    /// Shakes hands. Our last handshake message is not sent yet: it leaves together with the first plaintext, which
    /// saves a packet and no round trip is lost (wire 20.1). Without a time limit; the caller has one.
    pub(crate) async fn handshake(tcp: TcpStream, policy: &Policy) -> Result<Stream, DialError> {
        let tls =
            ClientConnection::new(policy.config.clone(), policy.name.clone()).map_err(DialError::from_tls)?;
        let mut stream = Stream {
            tcp,
            tls,
            records: Records::default(),
            chunk: vec![0; READ_CHUNK].into_boxed_slice(),
            early: Vec::new(),
            ended: None,
        };
        let mut early = Vec::new();
        stream.records.collect(&mut stream.tls);
        while stream.tls.is_handshaking() {
            while !stream.flush_some().map_err(DialError::from_io)? {
                stream.tcp.writable().await.map_err(DialError::from_io)?;
            }
            stream.tcp.readable().await.map_err(DialError::from_io)?;
            match stream.receive() {
                Ok(0) => return Err(DialError::Unreachable(io::ErrorKind::UnexpectedEof)),
                Ok(length) => {
                    if let Err(error) = stream.decrypt(length, &mut early) {
                        // The alert tells the site why; nobody waits for it to get through.
                        let _ = stream.flush_some();
                        return Err(DialError::from_tls(error));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(DialError::from_io(error)),
            }
        }
        stream.early = early;
        Ok(stream)
    }

    /// The key of the site's certificate, also when a ticket stood for it.
    pub fn site_pin(&self) -> Option<Pin> {
        self.tls.peer_certificates()?.first().and_then(Pin::of)
    }

    /// Whether a ticket of an earlier connection shortened the handshake.
    pub fn resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// Encrypted bytes that wait for the kernel.
    pub fn unflushed(&self) -> usize {
        self.records.waiting()
    }

    /// Waits until [`Stream::try_read`] has something to say. Cancel-safe.
    pub async fn readable(&self) {
        if self.early.is_empty() && self.ended.is_none() {
            // Counts towards the task's share of the thread as the read does: otherwise a caller whose share is used up
            // would be told "readable" and "nothing" in turn for ever. An error is found again by the read.
            let _ = std::future::poll_fn(|context| self.tcp.poll_read_ready(context)).await;
        }
    }

    /// Waits until the kernel may take a record. Cancel-safe.
    pub async fn writable(&self) {
        let _ = self.tcp.writable().await;
    }

    /// Appends plaintext to `into`, from one system call at most. How the stream ended is told after everything that
    /// came before, and again each time after.
    pub fn try_read(&mut self, into: &mut Vec<u8>) -> Result<Taken, StreamEnd> {
        if !self.early.is_empty() {
            let length = self.early.len();
            into.append(&mut self.early);
            return Ok(Taken::Some(length));
        }
        if let Some(end) = self.ended {
            return Err(end);
        }
        let before = into.len();
        let end = match self.receive() {
            Ok(0) => Some(StreamEnd::Fin),
            Ok(length) => match self.decrypt(length, into) {
                Ok(true) => Some(StreamEnd::CloseNotify),
                Ok(false) => None,
                // The connection itself stands: only a kernel's word is a reset. So the caller closes in order, and
                // what is under way upwards does not end inside a record.
                Err(error) => {
                    tracing::info!(%error, "What came from the site is no longer TLS of this stream.");
                    Some(StreamEnd::Fin)
                }
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Taken::Nothing),
            Err(error) => Some(end_of(&error)),
        };
        self.ended = end;
        match end {
            Some(end) if into.len() == before => Err(end),
            _ => Ok(Taken::Some(into.len() - before)),
        }
    }

    /// Takes plaintext for exactly one record. Nothing is written yet.
    pub fn push(&mut self, plaintext: &[u8]) -> Result<(), NotTaken> {
        if plaintext.len() > RECORD_PLAINTEXT_MAX {
            return Err(NotTaken::TooLong);
        }
        if self.records.waiting() > QUEUED_MAX {
            return Err(NotTaken::Full);
        }
        let written = self.tls.writer().write(plaintext);
        self.records.collect(&mut self.tls);
        // rustls refuses a part only when its buffer is full, and we have just emptied it.
        if written.is_ok_and(|length| length == plaintext.len()) { Ok(()) } else { Err(NotTaken::Ended) }
    }

    /// Hands the kernel whole records, one per call, as long as the socket polls writable. True when none is left.
    pub fn try_flush(&mut self) -> Result<bool, StreamEnd> {
        self.flush_some().map_err(|error| end_of(&error))
    }

    fn flush_some(&mut self) -> io::Result<bool> {
        while let Some(rest) = self.records.first() {
            let written = match self.tcp.try_io(Interest::WRITABLE, || polls_writable(&self.tcp)) {
                Ok(()) => self.tcp.try_write(rest),
                Err(error) => Err(error),
            };
            match written {
                Ok(length) => self.records.written(length),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// One read from the kernel into the chunk. Polling with a waker that does nothing makes tokio forget the
    /// readiness after a short read, which saves the system call that would only say "nothing more".
    fn receive(&mut self) -> io::Result<usize> {
        let mut chunk = ReadBuf::new(&mut self.chunk);
        let mut context = Context::from_waker(Waker::noop());
        match std::pin::Pin::new(&mut self.tcp).poll_read(&mut context, &mut chunk) {
            Poll::Ready(Ok(())) => Ok(chunk.filled().len()),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// Decrypts the first `length` bytes of the chunk. True if the site has said that it will say nothing more.
    fn decrypt(&mut self, length: usize, into: &mut Vec<u8>) -> Result<bool, rustls::Error> {
        let mut bytes = self.chunk.get(..length).unwrap_or_default();
        let mut closed = false;
        while !bytes.is_empty() && !closed {
            let general = |_| rustls::Error::General("no room for a record".to_owned());
            self.tls.read_tls(&mut bytes).map_err(general)?;
            let state = self.tls.process_new_packets();
            // Alerts and key updates of our own.
            self.records.collect(&mut self.tls);
            // Also what came before something that is wrong. It ends in an error when there is no more.
            let _ = self.tls.reader().read_to_end(into);
            let state = state?;
            closed = state.peer_has_closed();
        }
        Ok(closed)
    }
}

/// How a stream ended that this error ended.
fn end_of(error: &io::Error) -> StreamEnd {
    match error.kind() {
        // The kernel's own verdict on bytes that nobody acknowledged.
        io::ErrorKind::TimedOut => StreamEnd::Stalled,
        io::ErrorKind::UnexpectedEof => StreamEnd::Fin,
        _ => StreamEnd::Reset,
    }
}

/// Asks the kernel itself. tokio remembers an earlier answer, and a write after an outdated "yes" may be taken in
/// part. The kernel's "no" also makes it report the next "yes", so tokio can be told to forget.
#[cfg(unix)]
fn polls_writable(tcp: &TcpStream) -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    let mut sockets = [PollFd::new(tcp, PollFlags::OUT)];
    loop {
        match poll(&mut sockets, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) {
            Ok(0) => return Err(io::ErrorKind::WouldBlock.into()),
            // Writable, or broken, which the write finds out.
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(not(unix))]
fn polls_writable(_tcp: &TcpStream) -> io::Result<()> {
    Ok(())
}
