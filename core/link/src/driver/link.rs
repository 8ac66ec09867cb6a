//! The driver's side of its link: reading and writing without ever waiting, and noticing a write that stalls.

use tmtp_account::Now;
use tmtp_session::StreamEnd;
use tokio::time::Instant;

use super::Engine;
use super::tasks::Dialing;
use crate::limits::{READ_BATCH, WRITE_BATCH, WRITE_STALL};
use crate::stream::{Stream, Taken};

/// What there is of a link.
pub(super) enum Link {
    None,
    Dialing(Dialing),
    Up(Box<Up>),
}

pub(super) struct Up {
    pub(super) stream: Stream,
    /// Writing stopped only to give others a turn.
    more: bool,
    /// Since when the kernel has taken nothing, and how much it was waiting for then.
    stuck: Option<(Instant, usize)>,
}

/// What one read brought.
#[derive(Default)]
pub(super) struct Read {
    pub(super) plaintext: Vec<u8>,
    pub(super) end: Option<StreamEnd>,
}

impl Link {
    pub(super) fn up(stream: Stream) -> Link {
        Link::Up(Box::new(Up { stream, more: false, stuck: None }))
    }

    /// Waits until reading or writing can go on; for ever without a stream. Cancel-safe.
    pub(super) async fn ready(&self) {
        let Link::Up(up) = self else { return std::future::pending().await };
        let writes = up.more || up.stream.unflushed() > 0;
        tokio::select! {
            () = up.stream.readable() => {}
            () = up.stream.writable(), if writes => {}
        }
    }

    /// When a record that the kernel does not take makes the link a dead one.
    pub(super) fn stalls_at(&self) -> Option<Instant> {
        match self {
            Link::Up(up) => up.stuck.map(|(since, _)| since + WRITE_STALL),
            _ => None,
        }
    }

    /// Reads what is there, up to the size of a batch.
    pub(super) fn read(&mut self) -> Read {
        let mut read = Read::default();
        let Link::Up(up) = self else { return read };
        while read.plaintext.len() < READ_BATCH {
            match up.stream.try_read(&mut read.plaintext) {
                Ok(Taken::Some(_)) => {}
                Ok(Taken::Nothing) => break,
                Err(end) => {
                    read.end = Some(end);
                    break;
                }
            }
        }
        read
    }

    /// Writes as much as the kernel takes, up to a few records. A record is asked for only when none waits, so
    /// nothing that the engine counts as written lies here for long. Gives the end if writing shows it.
    pub(super) fn write(&mut self, engine: &mut impl Engine, now: Now) -> Option<StreamEnd> {
        let Link::Up(up) = self else { return None };
        up.more = false;
        for _ in 0..WRITE_BATCH {
            match up.stream.try_flush() {
                Ok(true) => up.stuck = None,
                Ok(false) => {
                    let waiting = up.stream.unflushed();
                    if up.stuck.is_none_or(|(_, before)| before != waiting) {
                        up.stuck = Some((Instant::now(), waiting));
                    }
                    return None;
                }
                Err(end) => return Some(end),
            }
            let plaintext = engine.poll_transmit(now)?;
            if let Err(error) = up.stream.push(&plaintext) {
                // Not for an engine that keeps to 16 KiB on a stream that has not ended.
                tracing::error!(%error, "The link did not take what was handed out.");
                return Some(StreamEnd::Local);
            }
        }
        up.more = true;
        None
    }
}
