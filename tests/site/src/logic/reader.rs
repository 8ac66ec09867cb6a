//! How a link's handler goes on: it cuts requests out of the bytes, collects their data, and waits where
//! the public server's would wait.

use super::api::Site;
use super::handle::Stop;
use super::link::{BegunPost, Handler, Input, LinkEnd, LinkId, Upload, Waiter};
use super::queue::Confirmed;
use super::record::{FatalInput, ViolationKind};
use super::request::{self, Op, Request};
use crate::limits::{DATALEN_FATAL, FIRST_LOOK, HEADER_MIN, READ_BUFFER, UPLOAD_RESERVE};

/// What can be cut out of the bytes.
enum Cut {
    Nothing,
    Request { request: Box<Request>, at: u64, header: u64 },
    Bad(&'static str),
}

/// The next request's header (wire 3).
fn cut(input: &mut Input) -> Cut {
    let unread = input.unread();
    if unread.len() < FIRST_LOOK {
        return Cut::Nothing;
    }
    let digits = unread.get(..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let length = digits
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| usize::from_str_radix(digits, 16).ok())
        .unwrap_or(0);
    if length < HEADER_MIN {
        return Cut::Bad("invalid header length");
    }
    let end = length + 4;
    let Some(header) = unread.get(4..end) else { return Cut::Nothing };
    match request::parse(header) {
        Some(request) => {
            let at = input.position();
            input.consume(end);
            Cut::Request { request: Box::new(request), at, header: end as u64 }
        }
        None => Cut::Bad("invalid header"),
    }
}

impl Site {
    /// Lets the handler take one step; `false` if it has to wait.
    pub(super) fn go_on(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return false };
        match &link.handler {
            Handler::Reading => match cut(&mut link.input) {
                Cut::Request { request, at, header } => {
                    let outcome = self.begin(id, *request, at, header);
                    self.stop_on(id, outcome);
                    true
                }
                Cut::Bad(error) => {
                    self.end(id, Some(error));
                    true
                }
                Cut::Nothing => self.meet_end(id),
            },
            Handler::Upload(_) => self.collect(id),
            Handler::Holding { until, stored, .. } => {
                let due = *until <= self.now && *stored <= self.facts.stored();
                due && self.release_reply(id)
            }
            Handler::Stalled { .. } => self.retry_confirmation(id),
            Handler::Replying | Handler::Ending { .. } | Handler::Ended => false,
        }
    }

    fn stop_on(&mut self, id: LinkId, outcome: Result<(), Stop>) {
        match outcome {
            // Refusals by answer have been answered by now; a site that died has closed its links.
            Ok(()) | Err(Stop::Said(_) | Stop::Died) => {}
            Err(Stop::Quit(error)) => self.end(id, Some(error)),
            Err(Stop::Violation(kind)) => self.violate(id, kind),
        }
    }

    /// A header is complete: what can be refused before the data, is.
    fn begin(&mut self, id: LinkId, request: Request, at: u64, header: u64) -> Result<(), Stop> {
        self.check_order(id, &request)?;
        if request.datalen > DATALEN_FATAL {
            return Err(Stop::fatal(FatalInput::DatalenTooLarge));
        }
        match request.op {
            Op::Ping | Op::GroupInvite => {
                Self::check_text_length(&request)?;
                if header + request.datalen > READ_BUFFER {
                    return Err(Stop::fatal(FatalInput::PingTooLong));
                }
            }
            Op::PostNotify if request.datalen <= request.notelen => {
                return Err(Stop::Quit("data too short for request type"));
            }
            Op::PostNotify if request.for_not_self && request.targets.is_empty() => {
                return Err(Stop::Quit("recipient list empty"));
            }
            _ => {}
        }
        if request.datalen > self.config.message_max {
            return Err(Stop::Violation(ViolationKind::MessageTooLarge));
        }
        let post = matches!(request.op, Op::Post | Op::PostNotify).then(|| self.begin_post(request.op));
        let room = usize::try_from(request.datalen.min(UPLOAD_RESERVE)).unwrap_or_default();
        let upload = Upload { data: Vec::with_capacity(room), request, at, post };
        if let Some(link) = self.links.get_mut(&id) {
            link.handler = Handler::Upload(Box::new(upload));
        }
        Ok(())
    }

    fn begin_post(&mut self, op: Op) -> BegunPost {
        let id = self.next_id();
        let note_id = if op == Op::PostNotify { self.next_id() } else { 0 };
        BegunPost { id, note_id, posted: self.wall.to_string(), note_complete: None }
    }

    /// Moves what has come into the data; when it is complete the request is carried out.
    fn collect(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return false };
        let Handler::Upload(upload) = &mut link.handler else { return false };
        let missing = upload.request.datalen.saturating_sub(upload.data.len() as u64);
        let unread = link.input.unread();
        let count = usize::try_from(missing).unwrap_or(usize::MAX).min(unread.len());
        upload.data.extend_from_slice(unread.get(..count).unwrap_or_default());
        link.input.consume(count);
        if let Some(post) = &mut upload.post
            && post.note_complete.is_none()
            && upload.data.len() as u64 >= upload.request.notelen
        {
            post.note_complete = Some(self.wall.to_string());
        }
        if (count as u64) < missing {
            return self.meet_end(id);
        }
        let handler = std::mem::replace(&mut link.handler, Handler::Reading);
        if let Handler::Upload(upload) = handler {
            let outcome = self.execute(id, *upload);
            self.stop_on(id, outcome);
        }
        true
    }

    /// Nothing more can be read; `true` if nothing more will come and the link was ended for it.
    fn meet_end(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return false };
        let Some(end) = link.input.end else { return false };
        let posting = matches!(&link.handler, Handler::Upload(upload) if upload.post.is_some());
        match end {
            LinkEnd::FinInsideRecord if posting => self.violate(id, ViolationKind::TornRecord),
            LinkEnd::Reset if posting => {
                self.record.resets_in_upload += 1;
                self.end(id, None);
            }
            _ => self.end(id, None),
        }
        true
    }

    /// A reply may go now: it stands in line for the writer, ahead of what its request has queued.
    fn release_reply(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return false };
        let handler = std::mem::replace(&mut link.handler, Handler::Replying);
        if let Handler::Holding { reply, .. } = handler {
            link.waiting.push_back(Waiter::Reply(reply));
        }
        if let Some(seat) = link.seat {
            let queue = self.queue(seat.node);
            if queue.link == Some(id) {
                queue.open = true;
                self.kick(seat.node);
            }
        }
        true
    }

    /// A confirmation for which there was no room is tried again, or dropped when its time is over.
    fn retry_confirmation(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return false };
        let Handler::Stalled { until, confirmation } = &link.handler else { return false };
        let (until, confirmation) = (*until, confirmation.clone());
        let Some(seat) = link.seat else { return false };
        match self.queue(seat.node).confirm(&confirmation) {
            Confirmed::NoRoom if self.now < until => return false,
            Confirmed::NoRoom | Confirmed::Stray => self.record.stray_confirmations += 1,
            Confirmed::Removed(key) => self.confirmed(seat.node, key),
            Confirmed::Kept => {}
        }
        if let Some(link) = self.links.get_mut(&id) {
            link.heard = self.now;
            link.handler = Handler::Reading;
        }
        true
    }
}
