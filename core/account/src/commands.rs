//! What a person asks for. Each command is done whole in its savepoint or refused without a trace, and
//! answered after the commit.

mod drafts;
mod edit;
mod marks;
mod people;
mod ping;
mod send;
mod used;
mod withdraw;

use rusqlite::Connection;
use tmtp_session::Command as Word;
use tmtp_store::StoreError;
use tmtp_store::write::too_large;
use tmtp_wire::check::{InputError, Limit};
use tmtp_wire::ids::MsgId;
use tmtp_wire::limits::ATTACHMENTS_MAX;

use crate::api::{Attachment, Command, Event, NotNow, Refused, Reply, State, Ticket, TooLargeAnswer};
use crate::core::Core;
use crate::limits::DRAFT_ID_BYTES;
use crate::tx::{Tx, is_trouble};

impl Core {
    /// Does what is asked for, or refuses it.
    pub(crate) fn command(
        &mut self,
        tx: &mut Tx<'_>,
        ticket: Ticket,
        command: Command,
    ) -> Result<(), StoreError> {
        self.tickets.push(ticket);
        let mark = self.effects.mark();
        let result = match self.forbidden(&command) {
            Some(refused) => Err(refused),
            None => match tx.all_or_nothing(|conn| self.do_command(conn, command)) {
                Ok(reply) => Ok(reply),
                Err(problem) => Err(problem.into_refused()?),
            },
        };
        if result.is_err() {
            self.effects.rewind(&mark);
        }
        self.effects.reply(ticket, result);
        Ok(())
    }

    /// A store that is not this installation's own, or that is damaged, is only read. Without the node's
    /// secret nothing can ever leave, so nothing is accepted for sending.
    fn forbidden(&self, command: &Command) -> Option<Refused> {
        let state = &self.condition.as_ref()?.state;
        let sends = matches!(
            command,
            Command::Send(_)
                | Command::Ping(_)
                | Command::AddAlias(_)
                | Command::AddNode(_)
                | Command::SendAgain(_)
        );
        let refused = match state {
            State::Cloned | State::Damaged | State::Broken => true,
            State::KeyLost => sends,
            _ => false,
        };
        refused.then(|| Refused::State(Box::new(state.clone())))
    }

    fn do_command(&mut self, conn: &Connection, command: Command) -> Result<Reply, Problem> {
        match command {
            Command::Send(send) => self.send(conn, &send),
            Command::WasSent(send) => self.was_sent(conn, &send),
            Command::Ping(ping) => self.ping(conn, &ping),
            Command::AddAlias(alias) => self.add_alias(conn, &alias),
            Command::AliasIsOurs(alias) => self.alias_is_ours(conn, &alias),
            Command::AddNode(label) => self.add_node(conn, &label),
            Command::NodeTicket(label) => self.node_ticket(conn, &label),
            Command::ForgetNodeSecret(label) => self.forget_node_secret(conn, &label),
            Command::Withdraw(send_id) => self.withdraw(conn, send_id),
            Command::SendAgain(send_id) => self.send_again(conn, send_id),
            Command::TakeAsSent(send_id) => self.take_as_sent(conn, send_id),
            Command::MarkRead(message) => self.mark_read(conn, message),
            Command::MarkThreadRead(thread) => self.mark_thread_read(conn, thread),
            Command::MarkPingsRead => self.mark_pings_read(conn),
            Command::DeleteMessage(message) => self.delete_message(conn, message),
            Command::DeleteThread(thread) => self.delete_thread(conn, thread),
            Command::GoWithoutUnreachable(thread) => self.go_without(conn, thread),
            Command::RemoveContact { alias, uid } => self.remove_contact(conn, &alias, &uid),
            Command::SaveDraft(draft) => self.save_draft(conn, &draft),
            Command::DeleteDraft(id) => self.delete_draft(conn, &id),
            Command::AnswerTooLarge(msgid, answer) => self.answer_too_large(conn, msgid, answer),
            Command::Probe => self.probe(),
        }
    }

    fn answer_too_large(
        &mut self,
        conn: &Connection,
        id: MsgId,
        answer: TooLargeAnswer,
    ) -> Result<Reply, Problem> {
        if !too_large::answer(conn, id, answer == TooLargeAnswer::Accept)? {
            return Err(Refused::NotFound.into());
        }
        self.asking = too_large::asking(conn)?;
        Ok(Reply::Done)
    }

    fn probe(&mut self) -> Result<Reply, Problem> {
        if self.link.up().is_none_or(|up| up.online.is_none() || up.leaving) {
            return Err(Refused::NotNow(NotNow::NoLink).into());
        }
        self.effects.word(Word::Probe);
        Ok(Reply::Done)
    }

    fn drafts_changed(&mut self) {
        self.event(Event::DraftsChanged);
    }
}

/// Why a command came to nothing: it was refused, or the store failed.
pub(crate) enum Problem {
    Refused(Refused),
    Store(StoreError),
}

impl Problem {
    /// Only trouble with the store ends the step.
    fn into_refused(self) -> Result<Refused, StoreError> {
        match self {
            Problem::Refused(refused) => Ok(refused),
            Problem::Store(error) if is_trouble(&error) => Err(error),
            Problem::Store(StoreError::NotFound) => Ok(Refused::NotFound),
            Problem::Store(error) => {
                tracing::error!(%error, "A command did not fit what is stored.");
                Ok(Refused::Storage)
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Problem::Store(error)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Problem::Refused(refused)
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Self {
        Problem::Refused(Refused::Input(error))
    }
}

impl From<NotNow> for Problem {
    fn from(why: NotNow) -> Self {
        Problem::Refused(Refused::NotNow(why))
    }
}

impl Refused {
    /// What a command is answered with when the store has failed under it.
    pub(crate) fn from_store(error: &StoreError) -> Refused {
        match error {
            StoreError::Full { needed } => Refused::StorageFull { needed: *needed },
            StoreError::QuotaExceeded { limit, .. } => Refused::QuotaExceeded { limit: *limit },
            StoreError::NotWritable { .. } => Refused::ReadOnly,
            StoreError::Corrupt { .. } => Refused::Damaged,
            _ => Refused::Storage,
        }
    }
}

/// A draft id is a key: short, and there.
fn check_draft_id(id: &str) -> Result<(), InputError> {
    let limit = DRAFT_ID_BYTES as u64;
    let actual = Some(id.len() as u64);
    match id.len() {
        0 => Err(InputError { field: "draft", limit: Limit::NotEmpty, actual: None }),
        len if len > DRAFT_ID_BYTES => {
            Err(InputError { field: "draft", limit: Limit::AtMostBytes(limit), actual })
        }
        _ => Ok(()),
    }
}

fn check_attachments(list: &[Attachment]) -> Result<(), InputError> {
    if list.len() > ATTACHMENTS_MAX {
        let limit = Limit::AtMostItems(ATTACHMENTS_MAX as u64);
        return Err(InputError { field: "attachments", limit, actual: Some(list.len() as u64) });
    }
    Ok(())
}
