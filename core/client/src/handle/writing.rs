//! What changes mail. Each call returns when its change is durable on this device; what has to reach the site
//! then waits in the outbox, and leaves when a link is held ([`AccountHandle::stay`]) or looked for
//! ([`AccountHandle::wake`]).

use std::path::{Path, PathBuf};
use std::time::Duration;

use tmtp_account::{
    Attachment, Command, Ping, Recipient, Reply, SaveDraft, Send, To as Inner, TooLargeAnswer, Withdrawn,
};
use tmtp_store::OutgoingState;
use tmtp_store::files::Staged;
use tmtp_store::read::{DraftFile, DraftRow};
use tmtp_wire::ids::{MessageRef, MsgId, SendId, ThreadRef, Uid};
use tmtp_wire::names::{Alias, Label};

use super::AccountHandle;
use crate::error::Error;
use crate::handle::reading::{AliasAnswer, alias_answer};
use crate::staging::Staging;
use crate::ticket::NodeTicket;

/// A message to be sent, or a draft to be kept.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Chosen by the caller, 1 to 200 bytes: under it the message is sent once, however often it is asked for.
    pub draft: String,
    /// To whom.
    pub to: To,
    /// One line, at most 1000 bytes. A new thread must have one.
    pub subject: String,
    /// Markdown, at most 1 MiB. May be empty beside a subject or an attachment.
    pub text: String,
    /// Files to send along. They are copied first and may be changed or removed afterwards.
    pub attachments: Vec<PathBuf>,
}

/// Where a message goes.
#[derive(Clone, Debug)]
pub enum To {
    /// To these members, at most 200, as the beginning of a thread. Nobody: a note to self.
    NewThread {
        /// Aliases that the site has checked (their members have pinged this one), own aliases, or uids.
        recipients: Vec<Recipient>,
        /// Which own alias to write under; the oldest one if `None`.
        from_alias: Option<Alias>,
    },
    /// To everybody in this thread.
    Reply(ThreadRef),
}

impl From<To> for Inner {
    fn from(to: To) -> Inner {
        match to {
            To::NewThread { recipients, from_alias } => Inner::NewThread { recipients, from_alias },
            To::Reply(thread) => Inner::Reply(thread),
        }
    }
}

/// A ping to be sent: a short text to somebody whose alias is known, who then knows this member.
#[derive(Clone, Debug)]
pub struct NewPing {
    /// Chosen by the caller, 1 to 200 bytes: under it the ping is sent once, however often it is asked for.
    pub draft: String,
    /// Under which own alias; the oldest one if `None`.
    pub from: Option<Alias>,
    /// To whom.
    pub to: Alias,
    /// At most 420 bytes and 140 UTF-16 units; may be empty.
    pub text: String,
}

/// A message that is durable and on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its id for [`AccountHandle::withdraw`] and the like.
    pub send_id: SendId,
    /// Its thread.
    pub thread: ThreadRef,
    /// The message.
    pub message: MessageRef,
    /// How far it is.
    pub state: OutgoingState,
}

impl AccountHandle {
    /// Sends a message. When this returns, message and files are durable on this device, and it stays in the
    /// outbox until the site has taken it, the person withdraws it, or the site refuses it (P1).
    ///
    /// Idempotent by its draft: called again with the same content, also after a kill or a dropped call, it returns the
    /// same message. Files that are not there any more are then compared by their names.
    ///
    /// # Errors
    /// Nothing was accepted. [`Error::File`]: an attachment cannot be read. [`Error::DraftUsed`]: another message, or
    /// a ping, was sent under this id.
    pub async fn send(&self, message: NewMessage) -> Result<Sent, Error> {
        let NewMessage { draft, to, subject, text, attachments } = message;
        // Whoever may not write should not have files copied first.
        self.slot.line().await?;
        let names = names(&attachments);
        let of = |attachments| Send { draft, to: to.into(), subject, text, attachments };
        let staging = match Staging::take_in(&self.slot, attachments).await {
            Ok(staging) => staging,
            Err(error @ (Error::File { .. } | Error::StorageFull { .. } | Error::QuotaExceeded { .. })) => {
                let before = self.slot.command(Command::WasSent(of(names))).await;
                return match before {
                    Err(Error::NotFound) => Err(error),
                    answer => sent(answer?),
                };
            }
            Err(error) => return Err(error),
        };
        let command = of(staging.attachments());
        sent(staging.hand_over(&self.slot, Command::Send(command)).await?)
    }

    /// Sends a draft that was kept, with its files. Durable and idempotent as [`AccountHandle::send`].
    ///
    /// # Errors
    /// [`Error::NotFound`]: there is no such draft, and none was sent. [`Error::DraftUsed`]: something else was sent
    /// under its id.
    pub async fn send_draft(&self, draft: &str) -> Result<Sent, Error> {
        // Nobody takes the files away between reading and sending.
        let (slot, id) = (self.slot.clone(), draft.to_owned());
        let sending = async move {
            match slot.read(move |reader| reader.draft(&id)).await? {
                Some(row) => slot.command(Command::Send(of_draft(row)?)).await.map(Some),
                None => Ok(None),
            }
        };
        match self.slot.with_drafts(sending).await? {
            Some(reply) => sent(reply),
            None => self.sent_before(draft).await?.ok_or(Error::NotFound),
        }
    }

    /// What became of this draft when it was sent before.
    async fn sent_before(&self, draft: &str) -> Result<Option<Sent>, Error> {
        let draft = draft.to_owned();
        let row = self.slot.read(move |reader| reader.outgoing_of_draft(&draft)).await?;
        Ok(row.and_then(|row| {
            let (thread, message) = (row.thread?, row.message?);
            Some(Sent { send_id: row.send_id, thread, message, state: row.state })
        }))
    }

    /// Sends a ping. Durable and idempotent as [`AccountHandle::send`].
    pub async fn ping(&self, ping: NewPing) -> Result<(SendId, OutgoingState), Error> {
        let NewPing { draft, from, to, text } = ping;
        match self.slot.command(Command::Ping(Ping { draft, from, to, text })).await? {
            Reply::Pinged { send_id, state } => Ok((send_id, state)),
            _ => Err(Error::Broken),
        }
    }

    /// Waits until an item of the outbox is settled: sent or refused. When the time is over first, how far it is
    /// then. Needs a link held or a wake beside it, else nothing moves.
    ///
    /// # Errors
    /// [`Error::NotFound`]: there is no such item; one that was withdrawn is gone.
    pub async fn wait_sent(&self, send_id: SendId, deadline: Duration) -> Result<OutgoingState, Error> {
        let settled =
            |state: &OutgoingState| matches!(state, OutgoingState::Sent | OutgoingState::Failed { .. });
        let look = move |reader: &tmtp_store::Reader| match reader.outgoing(send_id)? {
            Some(row) if !settled(&row.state) => Ok(None),
            found => Ok(Some(found)),
        };
        match self.slot.until(deadline, look).await? {
            Some(found) => found.map(|row| row.state).ok_or(Error::NotFound),
            None => {
                let now = self.slot.read(move |reader| reader.outgoing(send_id)).await?;
                now.map(|row| row.state).ok_or(Error::NotFound)
            }
        }
    }

    /// Asks the site for one more alias. Durable; [`AccountHandle::wait_alias`] waits for the site's word.
    pub async fn add_alias(&self, alias: Alias) -> Result<(), Error> {
        self.done(Command::AddAlias(alias)).await
    }

    /// Waits for the site's word on an alias. True: it is this member's. False: the time was over first, and it
    /// is still being asked for.
    ///
    /// # Errors
    /// [`Error::Refused`] with the site's reason; [`Error::NotFound`] if it was never asked for.
    pub async fn wait_alias(&self, alias: &Alias, deadline: Duration) -> Result<bool, Error> {
        let wanted = alias.clone();
        let look = move |reader: &tmtp_store::Reader| {
            Ok(match alias_answer(reader, &wanted)? {
                AliasAnswer::Wanted => None,
                answer => Some(answer),
            })
        };
        match self.slot.until(deadline, look).await? {
            Some(AliasAnswer::Held) => Ok(true),
            Some(AliasAnswer::Refused(reason)) => Err(Error::Refused { reason }),
            Some(AliasAnswer::Unknown) => Err(Error::NotFound),
            Some(AliasAnswer::Wanted) | None => Ok(false),
        }
    }

    /// Makes a further node of this member and gives what its device needs. The request is durable; the answer
    /// needs a link, which is held for as long as this takes. *Idempotent*: called again for the same label, it
    /// gives the same ticket, until [`AccountHandle::forget_node_ticket`].
    ///
    /// # Errors
    /// [`Error::TimedOut`]: the site has not answered within `deadline`; ask again. [`Error::Refused`].
    /// [`Error::NotNow`]: there is such a node already, and its ticket was forgotten; choose another label.
    pub async fn add_node(&self, label: Label, deadline: Duration) -> Result<NodeTicket, Error> {
        match self.done(Command::AddNode(label.clone())).await {
            Ok(()) | Err(Error::NotNow(tmtp_account::NotNow::AlreadyHad)) => {}
            Err(error) => return Err(error),
        }
        let _link = self.stay().await?;
        let wanted = label.clone();
        let look = move |reader: &tmtp_store::Reader| super::reading::node_answer(reader, &wanted);
        match self.slot.until(deadline, look).await? {
            Some(Ok(())) => {}
            Some(Err(reason)) => return Err(Error::Refused { reason }),
            None => return Err(Error::TimedOut),
        }
        match self.slot.command(Command::NodeTicket(label)).await {
            Ok(Reply::NodeTicket { site, uid, secret, aliases }) => {
                Ok(NodeTicket { site, uid, secret, aliases })
            }
            Ok(_) => Err(Error::Broken),
            Err(Error::NotFound) => Err(Error::NotNow(tmtp_account::NotNow::AlreadyHad)),
            Err(error) => Err(error),
        }
    }

    /// The other device has what it needs: forgets the secret here.
    pub async fn forget_node_ticket(&self, label: Label) -> Result<(), Error> {
        self.done(Command::ForgetNodeSecret(label)).await
    }

    /// Does not send this, if that is still possible; the answer says what became of it. What is removed is gone with
    /// its text: who may want it again keeps it as a draft first.
    pub async fn withdraw(&self, send_id: SendId) -> Result<Withdrawn, Error> {
        match self.slot.command(Command::Withdraw(send_id)).await? {
            Reply::Withdrawn(outcome) => Ok(outcome),
            _ => Err(Error::Broken),
        }
    }

    /// Sends again what failed or is in doubt: the person accepts that it may arrive twice.
    pub async fn send_again(&self, send_id: SendId) -> Result<(), Error> {
        self.done(Command::SendAgain(send_id)).await
    }

    /// What is in doubt has arrived, says the person.
    pub async fn take_as_sent(&self, send_id: SendId) -> Result<(), Error> {
        self.done(Command::TakeAsSent(send_id)).await
    }

    /// The person has seen this message.
    pub async fn mark_read(&self, message: MessageRef) -> Result<(), Error> {
        self.done(Command::MarkRead(message)).await
    }

    /// The person has seen all messages of this thread.
    pub async fn mark_thread_read(&self, thread: ThreadRef) -> Result<(), Error> {
        self.done(Command::MarkThreadRead(thread)).await
    }

    /// The person has seen all pings.
    pub async fn mark_pings_read(&self) -> Result<(), Error> {
        self.done(Command::MarkPingsRead).await
    }

    /// Deletes a message here. Its ids stay, so that it does not come back.
    pub async fn delete_message(&self, message: MessageRef) -> Result<(), Error> {
        self.done(Command::DeleteMessage(message)).await
    }

    /// Deletes all messages of a thread here. A later one shows it again.
    pub async fn delete_thread(&self, thread: ThreadRef) -> Result<(), Error> {
        self.done(Command::DeleteThread(thread)).await
    }

    /// The person knows that some entries of this thread's recipient list name nobody ([`Error::Unreachable`]): from now
    /// on replies go to the others.
    pub async fn go_without_unreachable(&self, thread: ThreadRef) -> Result<(), Error> {
        self.done(Command::GoWithoutUnreachable(thread)).await
    }

    /// Forgets that this alias, given exactly, is said to be this member's, checked or claimed. A later ping, or claim,
    /// tells it again.
    ///
    /// # Errors
    /// [`Error::NotFound`]: nobody says so.
    pub async fn remove_contact(&self, alias: String, uid: Uid) -> Result<(), Error> {
        self.done(Command::RemoveContact { alias, uid }).await
    }

    /// Keeps what is not finished, with its files. One of the same id is replaced.
    ///
    /// # Errors
    /// [`Error::DraftUsed`]: it was sent meanwhile, or taken back, and is not kept: what comes late behind its sending
    /// is to be ignored, new words want a new id.
    pub async fn save_draft(&self, message: NewMessage) -> Result<(), Error> {
        let NewMessage { draft, to, subject, text, attachments } = message;
        self.slot.line().await?;
        let staging = Staging::take_in(&self.slot, attachments).await?;
        let draft = SaveDraft { id: draft, to: to.into(), subject, text, attachments: staging.attachments() };
        let slot = self.slot.clone();
        let saving = async move { staging.hand_over(&slot, Command::SaveDraft(draft)).await };
        self.slot.with_drafts(saving).await.map(drop)
    }

    /// Forgets a draft and its files.
    pub async fn delete_draft(&self, draft: String) -> Result<(), Error> {
        let slot = self.slot.clone();
        self.slot.with_drafts(async move { slot.command(Command::DeleteDraft(draft)).await }).await.map(drop)
    }

    /// What to do with a delivery above the limit, which holds up everything behind it.
    pub async fn answer_too_large(&self, msgid: MsgId, answer: TooLargeAnswer) -> Result<(), Error> {
        self.done(Command::AnswerTooLarge(msgid, answer)).await
    }

    /// Writes an attachment of a message to a file of the caller's. The file is there whole or not at all; one
    /// that exists is left as it is unless `replace` says otherwise. Works beside another process. Returns its
    /// size.
    ///
    /// # Errors
    /// [`Error::File`]: it cannot be written there, or it exists. [`Error::NotFound`]: no such attachment.
    pub async fn save_attachment(
        &self,
        message: MessageRef,
        name: &str,
        to: &Path,
        replace: bool,
    ) -> Result<u64, Error> {
        let (slot, name, to) = (self.slot.clone(), name.to_owned(), to.to_owned());
        crate::slot::off_thread(move || crate::staging::give_out(&slot, message, &name, &to, replace)).await
    }

    async fn done(&self, command: Command) -> Result<(), Error> {
        self.slot.command(command).await.map(drop)
    }
}

/// Files of which only the names are known.
fn names(files: &[PathBuf]) -> Vec<Attachment> {
    let name = |file: &PathBuf| Attachment {
        name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        staged: Staged { file: String::new(), size: 0, sha256: [0; 32] },
    };
    files.iter().map(name).collect()
}

/// A draft as it is sent: its files are in the store already.
fn of_draft(row: DraftRow) -> Result<Send, Error> {
    let to = match row.thread {
        Some(thread) => Inner::Reply(thread),
        None => Inner::NewThread {
            recipients: row.to.into_iter().map(|(who, note)| Recipient { who, note }).collect(),
            from_alias: match row.from_alias.as_str() {
                "" => None,
                alias => Some(alias.parse()?),
            },
        },
    };
    let taken = |file: DraftFile| Attachment { name: file.name, staged: file.staged };
    let attachments = row.files.into_iter().map(taken).collect();
    Ok(Send { draft: row.id, to, subject: row.subject, text: row.text, attachments })
}

/// A reply of another kind would be a defect of ours.
fn sent(reply: Reply) -> Result<Sent, Error> {
    match reply {
        Reply::Sent { send_id, thread, message, state } => Ok(Sent { send_id, thread, message, state }),
        _ => Err(Error::Broken),
    }
}
