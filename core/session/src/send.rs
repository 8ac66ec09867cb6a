//! What leaves, and in which order. Frames are never interleaved: one that has begun goes on to its end.
//! Between frames: the opening flight, then confirmations, quit, probe, pulse, requests as submitted.
//!
//! In: wishes. Out: at most 16 KiB at a time ([`Sender::poll`]) with a [`Report`] of what that completed.
//! Small frames share a record. The last piece of a streamed body is held back until released. User edits
//! wait until they may leave, and until nothing else is open; while one is open no other request leaves
//! (wire 18.3). Times are the machine's matter.

use std::collections::VecDeque;

use tmtp_wire::request::{EncodeError, Request};

use crate::input::{Body, Rejected, RequestKey};
use crate::limits::{CONFIRMATIONS_MAX, TRANSMIT_MAX};
use crate::open::{Asker, OpenRequests, is_large};
use crate::output::Transmit;

/// What a call of [`Sender::poll`] brought about.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Bytes of a request left.
    pub(crate) request: bool,
    /// The probe left.
    pub(crate) probe: bool,
    /// A streamed body has got this far, in bytes of its data.
    pub(crate) progress: Option<(RequestKey, u64)>,
    /// A streamed body waits for its release.
    pub(crate) awaiting_release: Option<RequestKey>,
}

struct Pending {
    key: RequestKey,
    id: String,
    request: Request,
    header: Vec<u8>,
    body: Body,
    released: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Probe,
    Quit,
    Request,
}

/// The frame that is being handed out.
struct Current {
    kind: Kind,
    /// Of which request, if it is one.
    key: Option<RequestKey>,
    bytes: Vec<u8>,
    at: usize,
    tail: Option<Tail>,
}

/// The part of a body that the caller fetches.
struct Tail {
    key: RequestKey,
    lead: u64,
    total: u64,
    at: u64,
    released: bool,
    announced: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Quit {
    #[default]
    No,
    Wanted,
    Sent,
}

/// How a request that is given up stood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Abandoned {
    /// It had not begun.
    Forgotten,
    /// It had begun.
    Begun,
}

/// Everything that waits to leave.
#[derive(Default)]
pub(crate) struct Sender {
    opening: VecDeque<Vec<u8>>,
    confirmations: VecDeque<String>,
    quit: Quit,
    probe: bool,
    pulse: bool,
    pending: VecDeque<Pending>,
    current: Option<Current>,
    edits_free: bool,
    /// Number of the last request id that was given out.
    count: u64,
}

impl Sender {
    /// Adds a frame to the opening flight.
    pub(crate) fn open_with(&mut self, request: &Request) -> Result<(), EncodeError> {
        self.opening.push_back(request.encode("")?);
        Ok(())
    }

    /// Whether nothing of the opening has left yet.
    pub(crate) fn untouched(&self, flight: usize) -> bool {
        self.current.is_none() && self.opening.len() == flight
    }

    pub(crate) fn confirm(&mut self, id: String) -> Result<(), Rejected> {
        if self.quit == Quit::Sent {
            return Err(Rejected::Leaving);
        }
        if self.confirmations.contains(&id) {
            return Ok(());
        }
        if self.confirmations.len() >= CONFIRMATIONS_MAX {
            return Err(Rejected::TooManyConfirmations);
        }
        Request::Confirm { id: id.clone() }.encode("")?;
        self.confirmations.push_back(id);
        Ok(())
    }

    pub(crate) fn quit(&mut self) {
        if self.quit == Quit::No {
            self.quit = Quit::Wanted;
        }
    }

    pub(crate) fn quitting(&self) -> bool {
        self.quit != Quit::No
    }

    pub(crate) fn probe(&mut self) {
        self.probe = true;
    }

    pub(crate) fn pulse(&mut self, due: bool) {
        self.pulse = due;
    }

    /// From now on user edits may leave.
    pub(crate) fn free_edits(&mut self) {
        self.edits_free = true;
    }

    pub(crate) fn submit(&mut self, key: RequestKey, request: Request, body: Body) -> Result<(), Rejected> {
        if body.len() != Some(request.datalen()) {
            return Err(Rejected::BodyLength);
        }
        if self.pending.iter().any(|pending| pending.key == key) {
            return Err(Rejected::KeyInUse);
        }
        let id = format!("q{}", self.count + 1);
        let header = request.encode(&id)?;
        self.count += 1;
        self.pending.push_back(Pending { key, id, request, header, body, released: false });
        Ok(())
    }

    /// Requests that have not begun.
    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// Whether a large request waits to begin.
    pub(crate) fn has_large(&self) -> bool {
        self.pending.iter().any(|pending| is_large(&pending.request))
    }

    pub(crate) fn release(&mut self, key: RequestKey) -> Result<(), Rejected> {
        let tail = self.current.as_mut().and_then(|current| current.tail.as_mut());
        if let Some(tail) = tail.filter(|tail| tail.key == key) {
            tail.released = true;
            return Ok(());
        }
        let pending = self.pending.iter_mut().find(|pending| pending.key == key);
        pending.ok_or(Rejected::UnknownKey)?.released = true;
        Ok(())
    }

    pub(crate) fn abandon(&mut self, key: RequestKey, open: &OpenRequests) -> Result<Abandoned, Rejected> {
        if let Some(at) = self.pending.iter().position(|pending| pending.key == key) {
            self.pending.remove(at);
            return Ok(Abandoned::Forgotten);
        }
        if open.has(key) { Ok(Abandoned::Begun) } else { Err(Rejected::UnknownKey) }
    }

    /// Whether something would leave if it could: held-back pieces and edits count too.
    pub(crate) fn has_unsent(&self) -> bool {
        self.current.is_some()
            || !self.opening.is_empty()
            || !self.confirmations.is_empty()
            || self.quit == Quit::Wanted
            || self.probe
            || self.pulse
            || (self.quit == Quit::No && !self.pending.is_empty())
    }

    /// Requests of which not every byte has been handed out.
    pub(crate) fn unsent(&self) -> Vec<RequestKey> {
        let current = self.current.as_ref().and_then(|current| current.key);
        current.into_iter().chain(self.pending.iter().map(|pending| pending.key)).collect()
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        *self = Sender { quit: Quit::Sent, count: self.count, ..Sender::default() };
    }

    /// The next record.
    pub(crate) fn poll(&mut self, open: &mut OpenRequests, report: &mut Report) -> Option<Transmit> {
        let mut record = Vec::new();
        while record.len() < TRANSMIT_MAX {
            if self.current.is_none() {
                self.current = self.next_frame(open);
            }
            let Some(current) = &mut self.current else { break };
            current.take_into(&mut record, report);
            if current.at < current.bytes.len() {
                break;
            }
            if let Some(tail) = &mut current.tail {
                if record.is_empty() {
                    let piece = tail.next_piece(report);
                    let last = matches!(piece, Some(Transmit::Stream { last: true, .. }));
                    tail.announce(report);
                    if piece.is_some() {
                        report.request = true;
                    }
                    if last {
                        self.complete(open, report);
                    }
                    return piece;
                }
                tail.announce(report);
                break;
            }
            self.complete(open, report);
        }
        if record.is_empty() { None } else { Some(Transmit::Bytes(record)) }
    }

    fn complete(&mut self, open: &mut OpenRequests, report: &mut Report) {
        match self.current.take().map(|current| current.kind) {
            Some(Kind::Request) => open.complete_last(),
            Some(Kind::Probe) => {
                open.complete_last();
                report.probe = true;
            }
            Some(Kind::Quit) => self.quit = Quit::Sent,
            Some(Kind::Plain) | None => {}
        }
    }

    fn next_frame(&mut self, open: &mut OpenRequests) -> Option<Current> {
        if let Some(frame) = self.opening.pop_front() {
            return Some(Current::plain(Kind::Plain, frame));
        }
        if self.quit == Quit::Sent {
            return None;
        }
        if let Some(id) = self.confirmations.pop_front() {
            return Current::of(Kind::Plain, &Request::Confirm { id }, "");
        }
        if self.quit == Quit::Wanted {
            return Current::of(Kind::Quit, &Request::Quit, "");
        }
        if std::mem::take(&mut self.probe) {
            self.count += 1;
            let id = format!("p{}", self.count);
            let frame = Current::of(Kind::Probe, &Request::Probe, &id);
            open.begin(id, Asker::Probe, &Request::Probe);
            return frame;
        }
        if std::mem::take(&mut self.pulse) {
            return Current::of(Kind::Plain, &Request::Pulse, "");
        }
        let next = self.next_request(open)?;
        open.begin(next.id.clone(), Asker::Caller(next.key), &next.request);
        Some(Current::request(next))
    }

    /// The oldest request that may leave now.
    fn next_request(&mut self, open: &OpenRequests) -> Option<Pending> {
        if open.has_edit() {
            return None;
        }
        let first_is_edit = self.pending.front()?.request.is_user_edit();
        let at = match (first_is_edit, self.edits_free) {
            (false, _) => 0,
            (true, true) if open.of_caller() == 0 => 0,
            (true, true) => return None,
            // Held back by the clock only: what comes behind need not wait with it.
            (true, false) => self.pending.iter().position(|pending| !pending.request.is_user_edit())?,
        };
        self.pending.remove(at)
    }
}

impl Current {
    fn plain(kind: Kind, bytes: Vec<u8>) -> Current {
        Current { kind, key: None, bytes, at: 0, tail: None }
    }

    /// A frame without data. All of these encode: their texts were checked when they were taken.
    fn of(kind: Kind, request: &Request, id: &str) -> Option<Current> {
        request.encode(id).ok().map(|bytes| Current::plain(kind, bytes))
    }

    fn request(pending: Pending) -> Current {
        let mut bytes = pending.header;
        let mut tail = None;
        match pending.body {
            Body::None => {}
            Body::Whole(data) => bytes.extend_from_slice(&data),
            Body::Streamed { lead, rest } => {
                bytes.extend_from_slice(&lead);
                tail = Some(Tail {
                    key: pending.key,
                    lead: lead.len() as u64,
                    total: rest,
                    at: 0,
                    released: pending.released,
                    announced: false,
                });
            }
        }
        Current { kind: Kind::Request, key: Some(pending.key), bytes, at: 0, tail }
    }

    fn take_into(&mut self, record: &mut Vec<u8>, report: &mut Report) {
        let room = TRANSMIT_MAX - record.len();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let part = rest.get(..room).unwrap_or(rest);
        record.extend_from_slice(part);
        self.at += part.len();
        report.request |= self.kind == Kind::Request && !part.is_empty();
    }
}

impl Tail {
    fn only_last_is_left(&self) -> bool {
        self.total - self.at <= TRANSMIT_MAX as u64
    }

    fn next_piece(&mut self, report: &mut Report) -> Option<Transmit> {
        let last = self.only_last_is_left();
        if last && !self.released {
            return None;
        }
        let len = (self.total - self.at).min(TRANSMIT_MAX as u64);
        let piece = Transmit::Stream { key: self.key, offset: self.at, len: u32::try_from(len).ok()?, last };
        self.at += len;
        report.progress = Some((self.key, self.lead + self.at));
        Some(piece)
    }

    /// Says once that nothing but the last piece is left.
    fn announce(&mut self, report: &mut Report) {
        if self.only_last_is_left() && !self.released && !self.announced {
            self.announced = true;
            report.awaiting_release = Some(self.key);
        }
    }
}
