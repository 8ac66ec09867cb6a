//! Requests whose answers are awaited, oldest first. A site answers in the order of asking (wire 13), so an
//! answer belongs to the oldest one or the site is wrong.

use std::collections::VecDeque;

use tmtp_wire::message::Answer;
use tmtp_wire::request::Request;

use crate::input::RequestKey;
use crate::limits::TRANSMIT_MAX;
use crate::output::Misbehaviour;

/// Whose request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    /// The caller's.
    Caller(RequestKey),
    /// The session's own probe.
    Probe,
}

#[derive(Debug)]
struct OpenRequest {
    id: String,
    asker: Asker,
    is_edit: bool,
    makes_message: bool,
    /// It fills more than a record.
    is_large: bool,
    /// Its last byte has been handed out.
    complete: bool,
}

/// Whether a request fills more than a record: then the path may have much of it for long.
pub(crate) fn is_large(request: &Request) -> bool {
    request.datalen() > TRANSMIT_MAX as u64
}

/// The open requests.
#[derive(Debug, Default)]
pub(crate) struct OpenRequests {
    list: VecDeque<OpenRequest>,
}

impl OpenRequests {
    /// A request begins to be handed out.
    pub(crate) fn begin(&mut self, id: String, asker: Asker, request: &Request) {
        let (is_edit, makes_message) = (request.is_user_edit(), request.makes_message());
        let is_large = is_large(request);
        self.list.push_back(OpenRequest { id, asker, is_edit, makes_message, is_large, complete: false });
    }

    /// The youngest one has been handed out to its last byte.
    pub(crate) fn complete_last(&mut self) {
        if let Some(request) = self.list.back_mut() {
            request.complete = true;
        }
    }

    /// Matches an answer with the oldest request and removes that.
    pub(crate) fn answer(&mut self, answer: &Answer) -> Result<Asker, Misbehaviour> {
        let Some(oldest) = self.list.front() else { return Err(Misbehaviour::AnswerUnknown) };
        if oldest.id != answer.id {
            let known = self.list.iter().any(|request| request.id == answer.id);
            return Err(if known { Misbehaviour::AnswerOutOfOrder } else { Misbehaviour::AnswerUnknown });
        }
        if !oldest.complete {
            return Err(Misbehaviour::AnswerTooEarly);
        }
        if oldest.makes_message && answer.msgid.is_none() && answer.error.is_none() {
            return Err(Misbehaviour::AnswerWithoutMessageId);
        }
        let asker = oldest.asker;
        self.list.pop_front();
        Ok(asker)
    }

    /// Whether an answer is awaited: to anything that has been sent completely.
    pub(crate) fn awaits_answer(&self) -> bool {
        self.list.front().is_some_and(|oldest| oldest.complete)
    }

    /// Open requests of the caller.
    pub(crate) fn of_caller(&self) -> usize {
        self.list.iter().filter(|request| request.asker != Asker::Probe).count()
    }

    /// Whether a request of this key is open.
    pub(crate) fn has(&self, key: RequestKey) -> bool {
        self.list.iter().any(|request| request.asker == Asker::Caller(key))
    }

    /// Whether a probe is open.
    pub(crate) fn has_probe(&self) -> bool {
        self.list.iter().any(|request| request.asker == Asker::Probe)
    }

    /// Whether a large request is open.
    pub(crate) fn has_large(&self) -> bool {
        self.list.iter().any(|request| request.is_large)
    }

    /// Whether a user edit is open.
    pub(crate) fn has_edit(&self) -> bool {
        self.list.iter().any(|request| request.is_edit)
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
    }
}
