//! The text of pings and invitations, and pings themselves (wire 6, 8).

use super::api::Site;
use super::handle::Stop;
use super::link::{LinkId, Seat};
use super::post::{Draft, Part};
use super::request::{Request, Target};
use tmtp_wire::limits::{PING_BYTES, PING_UTF16};

impl Site {
    /// Refuses a text by its announced length, before any of it is read.
    pub(super) fn check_text_length(request: &Request) -> Result<(), Stop> {
        if request.datalen > PING_BYTES as u64 {
            return Err(Stop::Quit("data too long for request type"));
        }
        Ok(())
    }

    /// Refuses a text for what it is.
    pub(super) fn check_text(data: &[u8]) -> Result<(), Stop> {
        let text = std::str::from_utf8(data).map_err(|_| Stop::Quit("data not valid UTF8"))?;
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Stop::Quit("data not valid UTF8"));
        }
        if text.encode_utf16().count() > PING_UTF16 {
            return Err(Stop::Quit("data too long for request type"));
        }
        Ok(())
    }

    pub(super) fn ping(
        &mut self,
        id: LinkId,
        seat: Seat,
        request: &Request,
        data: Vec<u8>,
    ) -> Result<(), Stop> {
        Self::check_text(&data)?;
        let outcome = self.send_ping(id, seat, request, data);
        self.answer(id, &request.id, outcome)
    }

    fn send_ping(&mut self, id: LinkId, seat: Seat, request: &Request, data: Vec<u8>) -> super::handle::Sent {
        if self.directory.lookup(&request.from)? != Some(seat.user) {
            return Err(Stop::said("from must identify sender"));
        }
        let Some(to) = self.directory.lookup(&request.to)? else {
            return Err(Stop::said(format!("Lookup: iAlias {} not found", request.to)));
        };
        let target = [Target { id: self.directory.uid(to).to_owned(), kind: 1 }];
        let mut draft = Draft::new("ping", request);
        draft.head.text("alias", &request.from).text("to", &request.to);
        let receipt = self.post(id, seat, draft, data, &[Part::Targets(&target), Part::Myself])?;
        Ok(Some(receipt))
    }
}
