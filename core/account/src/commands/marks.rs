//! What a person does with mail that is here: seen, deleted.

use rusqlite::Connection;
use tmtp_store::write::inbox::Stored;
use tmtp_store::write::outbox;
use tmtp_store::write::{inbox, marks, pings, threads};
use tmtp_wire::ids::{MessageRef, ThreadRef};

use super::Problem;
use crate::api::{Event, NotNow, Refused, Reply};
use crate::core::Core;

impl Core {
    pub(super) fn mark_read(&mut self, conn: &Connection, message: MessageRef) -> Result<Reply, Problem> {
        let stored = self.stored(conn, message)?;
        if marks::read_message(conn, stored.id, stored.thread)? {
            self.message_changed(conn, &stored)?;
        }
        Ok(Reply::Done)
    }

    pub(super) fn mark_thread_read(
        &mut self,
        conn: &Connection,
        thread: ThreadRef,
    ) -> Result<Reply, Problem> {
        let found = threads::find(conn, thread)?.ok_or(Refused::NotFound)?;
        if marks::read_thread(conn, found.id)? {
            self.event(Event::ThreadChanged(found.reference().unwrap_or(thread)));
        }
        Ok(Reply::Done)
    }

    pub(super) fn mark_pings_read(&mut self, conn: &Connection) -> Result<Reply, Problem> {
        pings::mark_all_read(conn)?;
        Ok(Reply::Done)
    }

    pub(super) fn delete_message(
        &mut self,
        conn: &Connection,
        message: MessageRef,
    ) -> Result<Reply, Problem> {
        let stored = self.stored(conn, message)?;
        if waits(conn, &stored)? {
            return Err(NotNow::OnItsWay.into());
        }
        let unneeded = marks::delete_message(conn, stored.id, stored.thread)?;
        self.drop_files(unneeded);
        self.message_changed(conn, &stored)?;
        Ok(Reply::Done)
    }

    pub(super) fn delete_thread(&mut self, conn: &Connection, thread: ThreadRef) -> Result<Reply, Problem> {
        let found = threads::find(conn, thread)?.ok_or(Refused::NotFound)?;
        if !outbox::waiting_in(conn, found.id)?.is_empty() {
            return Err(NotNow::OnItsWay.into());
        }
        let unneeded = marks::delete_thread(conn, found.id)?;
        self.drop_files(unneeded);
        self.event(Event::ThreadChanged(found.reference().unwrap_or(thread)));
        Ok(Reply::Done)
    }

    fn stored(&self, conn: &Connection, message: MessageRef) -> Result<Stored, Problem> {
        let own = self.uid().map(|uid| uid.as_str().to_owned()).unwrap_or_default();
        inbox::find(conn, message, &own)?.ok_or_else(|| Refused::NotFound.into())
    }

    fn message_changed(&mut self, conn: &Connection, stored: &Stored) -> Result<(), Problem> {
        let Some(message) = stored.reference() else { return Ok(()) };
        let thread = threads::by_id(conn, stored.thread)?.reference().unwrap_or(message);
        self.event(Event::MessageChanged { thread, message });
        self.event(Event::ThreadChanged(thread));
        Ok(())
    }
}

/// Whether a message is still in the outbox: withdraw it first.
fn waits(conn: &Connection, stored: &Stored) -> Result<bool, Problem> {
    let Some(send_id) = stored.send_id.filter(|_| stored.own) else { return Ok(false) };
    Ok(outbox::by_send_id(conn, send_id)?.is_some())
}
