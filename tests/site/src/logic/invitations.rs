//! The group requests (wire 8, 16): they change who belongs to a group, then tell its members.

use super::api::Site;
use super::handle::{Receipt, Sent, Stop};
use super::link::{LinkId, Seat};
use super::post::{Draft, Part};
use super::request::{Op, Request, Target};

/// What a change to a group has come to.
struct Changed {
    /// The alias that the members are told.
    alias: String,
    /// Who hears of it besides the members.
    dropped: Option<String>,
    /// Of the invitation.
    receipt: Option<Receipt>,
}

impl Site {
    /// Ops 5 and 6. By accident op 6 with act "invite" is an invitation too, whose message is a `member`
    /// without act (wire 8).
    pub(super) fn group_edit(
        &mut self,
        id: LinkId,
        seat: Seat,
        request: &Request,
        act: &str,
        data: Vec<u8>,
    ) -> Result<(), Stop> {
        let missing = match act {
            "invite" => {
                Self::check_text(&data)?;
                false
            }
            "join" => false,
            "alias" => request.newalias.is_empty(),
            "drop" => request.to.is_empty(),
            _ => true,
        };
        if missing {
            return Err(Stop::Quit("invalid header"));
        }
        let changed = match self.change_group(id, seat, request, act, data) {
            Ok(changed) => changed,
            Err(stop) => return self.answer(id, &request.id, Err(stop)),
        };
        let receipt = changed.receipt.clone();
        match self.tell_group(id, seat, request, act, changed) {
            Ok(_) => self.answer_with(id, &request.id, receipt, None, 0),
            Err(Stop::Said(error)) => self.answer_with(id, &request.id, receipt, Some(&error), 0),
            Err(stop) => Err(stop),
        }
    }

    fn change_group(
        &mut self,
        id: LinkId,
        seat: Seat,
        request: &Request,
        act: &str,
        data: Vec<u8>,
    ) -> Result<Changed, Stop> {
        let mut changed = Changed { alias: request.to.clone(), dropped: None, receipt: None };
        match act {
            "invite" => changed.receipt = Some(self.invite(id, seat, request, data)?),
            "join" => changed.alias = self.directory.join(&request.gid, seat.user, &request.newalias)?,
            "alias" => {
                changed.alias = self.directory.change_alias(&request.gid, seat.user, &request.newalias)?;
            }
            _ => {
                let dropped = self.directory.drop_member(&request.gid, &request.to, seat.user)?;
                changed.dropped = Some(self.directory.uid(dropped).to_owned());
            }
        }
        self.facts.group(&request.gid, &self.directory);
        Ok(changed)
    }

    fn invite(&mut self, id: LinkId, seat: Seat, request: &Request, data: Vec<u8>) -> Result<Receipt, Stop> {
        if request.gid.len() < tmtp_wire::limits::ALIAS_BYTES_MIN {
            return Err(Stop::said("gid must be 8+ characters"));
        }
        let invitee = self.directory.invite(&request.gid, &request.to, &request.from, seat.user)?;
        let target = [Target { id: self.directory.uid(invitee).to_owned(), kind: 1 }];
        let op = if request.op == Op::GroupInvite { "invite" } else { "member" };
        let mut draft = Draft::new(op, request);
        draft.head.text("gid", &request.gid).text("alias", &request.from).text("to", &request.to);
        self.post(id, seat, draft, data, &[Part::Targets(&target), Part::Myself])
    }

    fn tell_group(&mut self, id: LinkId, seat: Seat, request: &Request, act: &str, changed: Changed) -> Sent {
        let mut draft = Draft::bare("member");
        draft.head.text("gid", &request.gid).text("act", act).text("alias", &changed.alias);
        if act == "alias" {
            draft.head.text("newalias", &request.newalias);
        }
        let mut targets = vec![Target { id: request.gid.clone(), kind: 2 }];
        targets.extend(changed.dropped.map(|id| Target { id, kind: 1 }));
        let receipt = self.post(id, seat, draft, Vec::new(), &[Part::Targets(&targets), Part::Myself])?;
        Ok(Some(receipt))
    }
}
