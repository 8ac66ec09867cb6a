//! Second thoughts about the outbox: withdraw, send again, take as sent.

use rusqlite::Connection;
use tmtp_store::OutgoingState;
use tmtp_store::write::outbox::{self, Kind, Outcome, Stage};
use tmtp_store::write::{inbox, parked, threads};
use tmtp_wire::ids::{MessageRef, SendId};

use super::Problem;
use super::send::has_or_gets_an_id;
use crate::api::{NotNow, Refused, Reply, Withdrawn};
use crate::core::Core;
use crate::outbox::{is_for_the_person, poison_of};

impl Core {
    pub(super) fn withdraw(&mut self, conn: &Connection, send_id: SendId) -> Result<Reply, Problem> {
        let item = outbox::by_send_id(conn, send_id)?;
        let Some(item) = item.filter(|item| matches!(item.kind, Kind::Post(_) | Kind::Ping(_))) else {
            return self.withdraw_gone(conn, send_id);
        };
        let outcome = match item.stage {
            Stage::Queued | Stage::Failed => {
                self.withdraw_row(conn, &item)?;
                Withdrawn::Removed
            }
            // Its last record is held back, so it was certainly not taken.
            Stage::Sending => {
                self.withdraw_row(conn, &item)?;
                self.break_off(&item);
                Withdrawn::Removed
            }
            // Its person knows that it may have arrived, and does not want to be reminded of it any more.
            Stage::Doubt if is_for_the_person(&item) => {
                self.dismiss(conn, &item)?;
                Withdrawn::WillNotResend
            }
            Stage::Released | Stage::Doubt => {
                outbox::forbid_resend(conn, item.id)?;
                // What is behind it in its thread need not wait any more.
                self.pump_wanted = true;
                Withdrawn::WillNotResend
            }
        };
        Ok(Reply::Withdrawn(outcome))
    }

    fn withdraw_gone(&mut self, conn: &Connection, send_id: SendId) -> Result<Reply, Problem> {
        let own = self.uid().map(|uid| uid.as_str().to_owned()).unwrap_or_default();
        let outcome = match outbox::outcome(conn, send_id)? {
            Some(Outcome::Sent) => Withdrawn::AlreadySent,
            Some(Outcome::Withdrawn) => Withdrawn::Removed,
            Some(Outcome::Dismissed) => Withdrawn::WillNotResend,
            None if inbox::find(conn, MessageRef::Local(send_id), &own)?.is_some() => Withdrawn::AlreadySent,
            None => return Err(Refused::NotFound.into()),
        };
        Ok(Reply::Withdrawn(outcome))
    }

    pub(super) fn send_again(&mut self, conn: &Connection, send_id: SendId) -> Result<Reply, Problem> {
        let item = outbox::by_send_id(conn, send_id)?.ok_or(Refused::NotFound)?;
        if item.stage != Stage::Failed && !is_for_the_person(&item) {
            return Err(NotNow::NotInDoubt.into());
        }
        outbox::queue_again(conn, item.id)?;
        if let Some(thread) = item.thread
            && !has_or_gets_an_id(conn, &threads::by_id(conn, thread)?)?
        {
            return Err(NotNow::BeginningMissing.into());
        }
        parked::cure(conn, &poison_of(send_id))?;
        self.pump_wanted = true;
        self.outgoing(&item, OutgoingState::Queued);
        Ok(Reply::Done)
    }

    pub(super) fn take_as_sent(&mut self, conn: &Connection, send_id: SendId) -> Result<Reply, Problem> {
        let item = outbox::by_send_id(conn, send_id)?.ok_or(Refused::NotFound)?;
        if !is_for_the_person(&item) {
            return Err(NotNow::NotInDoubt.into());
        }
        if self.begins_thread(conn, &item)? {
            return Err(NotNow::BeginsThread.into());
        }
        self.count("taken_as_sent");
        match item.kind {
            Kind::Post(message) => self.sent_without_id(conn, &item, message)?,
            Kind::Ping(_) | Kind::Alias(_) | Kind::Node(_) => self.sent(conn, &item)?,
        }
        Ok(Reply::Done)
    }
}
