//! Taking in what waits: store, confirm, next.

use std::fs::File;
use std::io::Write;
use std::time::{Duration, Instant};

use tmtp_wire::frame::Piece;
use tmtp_wire::message::{Message, Queued, QueuedOp};

use super::{Bare, Shelf};
use crate::error::{BenchError, Outcome};
use crate::limits::CHUNK;

/// Takes in everything up to the link's own login message, which proves that nothing else waits. Gives the
/// seconds from the first message stored to the last, and how many there were. `stored` is called for each message, before it is confirmed.
pub(crate) async fn drain(
    link: &mut Bare,
    shelf: &mut Shelf,
    mut stored: impl FnMut(usize) -> Outcome<()>,
) -> Outcome<(f64, usize)> {
    let (mut messages, mut span) = (0, Span::default());
    loop {
        let (message, datahead) = link.header().await?;
        let Message::Queued(queued) = message else {
            link.skip().await?;
            continue;
        };
        receive(link, shelf, &queued, datahead).await?;
        if matches!(queued.op, QueuedOp::Login) && queued.datasum == Some(link.tag) {
            link.confirm(&queued).await?;
            return Ok((span.length().as_secs_f64(), messages));
        }
        if matches!(queued.op, QueuedOp::Delivery { .. }) {
            messages += 1;
            span.mark();
            stored(messages)?;
        }
        link.confirm(&queued).await?;
    }
}

/// From the first of several moments to the last.
#[derive(Default)]
pub(crate) struct Span {
    ends: Option<(Instant, Instant)>,
}

impl Span {
    /// Now is one of them.
    pub(crate) fn mark(&mut self) {
        let now = Instant::now();
        self.ends = Some((self.ends.map_or(now, |(first, _)| first), now));
    }

    /// How long it was.
    pub(crate) fn length(&self) -> Duration {
        self.ends.map_or(Duration::ZERO, |(first, last)| last - first)
    }
}

/// Stores one message whose header has come: in a row, and what is large in a file beside it.
pub(super) async fn receive(
    link: &mut Bare,
    shelf: &mut Shelf,
    queued: &Queued,
    datahead: u64,
) -> Outcome<()> {
    let mut data = Vec::new();
    let mut file: Option<File> = None;
    loop {
        match link.piece().await? {
            Piece::Data(bytes) => match &mut file {
                Some(file) => file.write_all(&bytes)?,
                None if queued.datalen > CHUNK as u64 && data.len() as u64 >= datahead => {
                    let mut new = File::create(shelf.file(queued))?;
                    new.write_all(&bytes)?;
                    file = Some(new);
                }
                None => data.extend_from_slice(&bytes),
            },
            Piece::End => break,
            Piece::Header { .. } => return Err(BenchError::Expected("data")),
        }
    }
    if let Some(file) = file {
        file.sync_all()?;
        shelf.sync_folder()?;
    }
    let cut = usize::try_from(datahead).unwrap_or(usize::MAX).min(data.len());
    let (head, text) = data.split_at(cut);
    shelf.keep(queued, head, text)
}
