//! What this member sends: the outbox and drafts.

use super::*;

/// Something that this member sends.
#[derive(Clone, uniffi::Record)]
pub struct OutgoingRow {
    /// By what it is called in commands.
    pub send_id: SendId,
    /// What it is.
    pub kind: OutgoingKind,
    /// How far it is.
    pub state: OutgoingState,
    /// If it failed, the site's words; empty if there are none.
    pub reason: String,
    /// What it waits for, unless it is on its way, was sent, or has failed.
    pub waits: Option<crate::state::Waits>,
    /// The message, if it is one.
    pub message: Option<MessageId>,
    /// The thread of the message.
    pub thread: Option<ThreadId>,
    /// To whom the thread goes, as many as a list shows.
    pub to: Vec<RecipientRow>,
    /// There are more recipients.
    pub to_more: bool,
    /// The subject of the message, the alias that is pinged or wanted, or the node's label.
    pub title: String,
    /// Bytes behind the header, as far as known.
    pub size: i64,
    /// Attempts begun.
    pub attempts: i64,
    /// Withdrawn while in doubt: it will not be sent again.
    pub withdrawn: bool,
}

/// What something in the outbox is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum OutgoingKind {
    /// A message.
    Message,
    /// A ping.
    Ping,
    /// A request for an alias.
    Alias,
    /// A request for a node.
    Node,
}

/// A message that is durable and on its way.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Sent {
    /// Its id for `withdraw` and the like.
    pub send_id: SendId,
    /// Its thread.
    pub thread: ThreadId,
    /// The message.
    pub message: MessageId,
    /// How far it is.
    pub state: OutgoingState,
}

/// A ping that is durable and on its way.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Pinged {
    /// Its id for `withdraw` and the like.
    pub send_id: SendId,
    /// How far it is.
    pub state: OutgoingState,
}

/// What became of a withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Withdrawn {
    /// It was not sent and will not be.
    Removed,
    /// It may have arrived; it will not be sent again. It stays in the outbox, in doubt and marked as withdrawn: until
    /// a proof comes, or, where none can come, until it is withdrawn once more or taken for sent.
    WillNotResend,
    /// Too late.
    AlreadySent,
}

/// A draft.
#[derive(Clone, uniffi::Record)]
pub struct DraftRow {
    /// Its id, chosen by the app.
    pub draft: String,
    /// The thread that it replies to; none if it begins one.
    pub thread: Option<ThreadId>,
    /// Under which own alias; none: the oldest one.
    pub from_alias: Option<Alias>,
    /// To whom, if it begins a thread.
    pub to: Vec<crate::options::Recipient>,
    /// One line.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// Its files, which were copied when it was kept.
    pub files: Vec<DraftFile>,
    /// When it was kept.
    pub changed_ms: i64,
}

/// A file of a draft.
#[derive(Clone, uniffi::Record)]
pub struct DraftFile {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
}

impl From<core::OutgoingRow> for OutgoingRow {
    fn from(row: core::OutgoingRow) -> OutgoingRow {
        let kind = match row.kind {
            core::OutgoingKind::Message => OutgoingKind::Message,
            core::OutgoingKind::Ping => OutgoingKind::Ping,
            core::OutgoingKind::Alias => OutgoingKind::Alias,
            core::OutgoingKind::Node => OutgoingKind::Node,
        };
        OutgoingRow {
            send_id: send_id_out(row.send_id),
            kind,
            state: row.state.into(),
            reason: row.reason,
            waits: row.waits.map(crate::state::Waits::from),
            message: row.message.map(message_out),
            thread: row.thread.map(thread_out),
            to: row.to.into_iter().map(RecipientRow::from).collect(),
            to_more: row.to_more,
            title: row.title,
            size: count(row.size),
            attempts: row.attempts.into(),
            withdrawn: row.withdrawn,
        }
    }
}

impl From<core::Sent> for Sent {
    fn from(sent: core::Sent) -> Sent {
        Sent {
            send_id: send_id_out(sent.send_id),
            thread: thread_out(sent.thread),
            message: message_out(sent.message),
            state: sent.state.into(),
        }
    }
}

impl From<(core::SendId, core::OutgoingState)> for Pinged {
    fn from((send_id, state): (core::SendId, core::OutgoingState)) -> Pinged {
        Pinged { send_id: send_id_out(send_id), state: state.into() }
    }
}

impl From<core::Withdrawn> for Withdrawn {
    fn from(outcome: core::Withdrawn) -> Withdrawn {
        match outcome {
            core::Withdrawn::Removed => Withdrawn::Removed,
            core::Withdrawn::WillNotResend => Withdrawn::WillNotResend,
            core::Withdrawn::AlreadySent => Withdrawn::AlreadySent,
        }
    }
}

impl From<core::DraftRow> for DraftRow {
    fn from(row: core::DraftRow) -> DraftRow {
        let to = row.to.into_iter().map(|(who, note)| crate::options::Recipient { who, note });
        let file = |file: core::DraftFile| DraftFile { name: file.name, size: count(file.staged.size) };
        DraftRow {
            draft: row.id,
            thread: row.thread.map(thread_out),
            from_alias: Some(row.from_alias).filter(|alias| !alias.is_empty()).map(Alias),
            to: to.collect(),
            subject: row.subject,
            text: row.text,
            files: row.files.into_iter().map(file).collect(),
            changed_ms: row.changed.0,
        }
    }
}
