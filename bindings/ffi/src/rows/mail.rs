//! Mail: threads, messages, pings, people.

use super::*;

/// Somebody in a thread.
#[derive(Clone, uniffi::Record)]
pub struct RecipientRow {
    /// The alias under which they were addressed.
    pub alias: Alias,
    /// The member.
    pub uid: Uid,
    /// What stands beside the name; may be empty.
    pub note: String,
}

/// A thread as a list shows it.
#[derive(Clone, uniffi::Record)]
pub struct ThreadRow {
    /// Which.
    pub thread: ThreadId,
    /// Its subject.
    pub subject: String,
    /// Whether its beginning has come; without it nobody knows to whom a reply goes.
    pub begun: bool,
    /// Who began it.
    pub from_uid: Uid,
    /// Under which alias.
    pub from_alias: Alias,
    /// Whether this member began it.
    pub own: bool,
    /// To whom it goes, as many as a list shows.
    pub to: Vec<RecipientRow>,
    /// Whether there are more.
    pub to_more: bool,
    /// Messages in it.
    pub messages: i64,
    /// Messages in it that were not seen.
    pub unread: i64,
    /// When the newest was posted, by the site's clock; none while it waits.
    pub posted_ms: Option<i64>,
    /// The beginning of the newest message.
    pub preview: String,
}

/// A thread with a page of its messages: one screen.
#[derive(Clone, uniffi::Record)]
pub struct ThreadScreen {
    /// The thread.
    pub thread: ThreadRow,
    /// A page of its messages, with what is attached to them.
    pub messages: Vec<MessageRow>,
    /// Where the next page begins; none at the end.
    pub next: Option<PageCursor>,
}

/// A message.
#[derive(Clone, uniffi::Record)]
pub struct MessageRow {
    /// Which.
    pub message: MessageId,
    /// Its thread.
    pub thread: ThreadId,
    /// For `withdraw` and the like, if this device sends it.
    pub send_id: Option<SendId>,
    /// Whether this member wrote it.
    pub own: bool,
    /// Who wrote it.
    pub from_uid: Uid,
    /// Under which alias, as the writer says.
    pub from_alias: Alias,
    /// Under which alias the writer is known here.
    pub from_known: Option<Alias>,
    /// Its own subject; empty if it is the thread's.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// When it was posted, by the site's clock; none while it waits.
    pub posted_ms: Option<i64>,
    /// When it was written, by the writer's clock.
    pub written_ms: Option<i64>,
    /// Whether it was not seen.
    pub unread: bool,
    /// How far it is, if this member wrote it here.
    pub state: Option<OutgoingState>,
    /// What is attached to it.
    pub attachments: Vec<AttachmentRow>,
    /// Who else was named in it.
    pub cc: Vec<RecipientRow>,
}

/// Something attached to a message.
#[derive(Clone, uniffi::Record)]
pub struct AttachmentRow {
    /// Its name: harmless on any screen and disk, and unlike the others of its message, so that it can be asked for. The
    /// label of its sender all the same: never a path.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// What it is.
    pub kind: AttachmentKind,
    /// Name of the form's kind; empty for files.
    pub form: String,
    /// Its bytes do not match the hash that the sender gave.
    pub damaged: bool,
}

/// What an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AttachmentKind {
    /// A file.
    File,
    /// A blank form.
    Form,
    /// A filled form.
    Filled,
}

/// Who stands behind an alias.
#[derive(Clone, uniffi::Record)]
pub struct ContactRow {
    /// The alias.
    pub alias: Alias,
    /// The member.
    pub uid: Uid,
    /// Somebody else says so; the site has not.
    pub claimed: bool,
    /// Another member is said to have this alias, too.
    pub conflict: bool,
    /// Who says so.
    pub by_uid: Uid,
}

/// A ping.
#[derive(Clone, uniffi::Record)]
pub struct PingRow {
    /// The site's id.
    pub message: Option<MessageId>,
    /// For `withdraw` and the like, if this device sends it.
    pub send_id: Option<SendId>,
    /// Whether this member sent it.
    pub own: bool,
    /// Who sent it.
    pub from_uid: Uid,
    /// Under which alias.
    pub from_alias: Alias,
    /// To whom.
    pub to_alias: Alias,
    /// What it says; may be empty.
    pub text: String,
    /// When it was posted, by the site's clock.
    pub posted_ms: Option<i64>,
    /// When it was written, by the writer's clock.
    pub written_ms: Option<i64>,
    /// Whether it was not seen.
    pub unread: bool,
    /// How far it is, if this member sent it here.
    pub state: Option<OutgoingState>,
}

/// Something that was stored raw.
#[derive(Clone, uniffi::Record)]
pub struct ParkedRow {
    /// The site's id, as it was given.
    pub message: MessageId,
    /// What it claims to be.
    pub op: String,
    /// Why it was not interpreted, as a stable word.
    pub why: String,
    /// Bytes behind its header that are kept.
    pub size: i64,
}

impl From<core::RecipientRow> for RecipientRow {
    fn from(row: core::RecipientRow) -> RecipientRow {
        RecipientRow { alias: Alias(row.alias), uid: Uid(row.uid), note: row.note }
    }
}

impl From<core::ThreadRow> for ThreadRow {
    fn from(row: core::ThreadRow) -> ThreadRow {
        ThreadRow {
            thread: thread_out(row.thread),
            subject: row.subject,
            begun: row.begun,
            from_uid: Uid(row.from_uid),
            from_alias: Alias(row.from_alias),
            own: row.own,
            to: row.to.into_iter().map(RecipientRow::from).collect(),
            to_more: row.to_more,
            messages: count(row.messages),
            unread: count(row.unread),
            posted_ms: row.posted.map(|at| at.0),
            preview: row.preview,
        }
    }
}

impl From<(core::ThreadRow, core::List<core::MessageRow>)> for ThreadScreen {
    fn from((thread, messages): (core::ThreadRow, core::List<core::MessageRow>)) -> ThreadScreen {
        let (messages, next) = list(messages);
        ThreadScreen { thread: thread.into(), messages, next }
    }
}

impl From<core::MessageRow> for MessageRow {
    fn from(row: core::MessageRow) -> MessageRow {
        MessageRow {
            message: message_out(row.msgid),
            thread: thread_out(row.thread),
            send_id: row.send_id.map(send_id_out),
            own: row.own,
            from_uid: Uid(row.from_uid),
            from_alias: Alias(row.from_alias),
            from_known: row.from_known.map(Alias),
            subject: row.subject,
            text: row.text,
            posted_ms: row.posted.map(|at| at.0),
            written_ms: row.written.map(|at| at.0),
            unread: row.unread,
            state: row.state.map(OutgoingState::from),
            attachments: row.attachments.into_iter().map(AttachmentRow::from).collect(),
            cc: row.cc.into_iter().map(RecipientRow::from).collect(),
        }
    }
}

impl From<core::AttachmentRow> for AttachmentRow {
    fn from(row: core::AttachmentRow) -> AttachmentRow {
        let kind = match row.kind {
            core::AttachmentKind::File => AttachmentKind::File,
            core::AttachmentKind::Form => AttachmentKind::Form,
            core::AttachmentKind::Filled => AttachmentKind::Filled,
        };
        AttachmentRow { name: row.name, size: count(row.size), kind, form: row.form, damaged: row.damaged }
    }
}

impl From<core::ContactRow> for ContactRow {
    fn from(row: core::ContactRow) -> ContactRow {
        ContactRow {
            alias: Alias(row.alias),
            uid: Uid(row.uid),
            claimed: row.claimed,
            conflict: row.conflict,
            by_uid: Uid(row.by_uid),
        }
    }
}

impl From<core::PingRow> for PingRow {
    fn from(row: core::PingRow) -> PingRow {
        PingRow {
            message: row.msgid.map(delivery_out),
            send_id: row.send_id.map(send_id_out),
            own: row.own,
            from_uid: Uid(row.from_uid),
            from_alias: Alias(row.from_alias),
            to_alias: Alias(row.to_alias),
            text: row.text,
            posted_ms: row.posted.map(|at| at.0),
            written_ms: row.written.map(|at| at.0),
            unread: row.unread,
            state: row.state.map(OutgoingState::from),
        }
    }
}

impl From<core::ParkedRow> for ParkedRow {
    fn from(row: core::ParkedRow) -> ParkedRow {
        ParkedRow { message: MessageId(row.msgid), op: row.op, why: row.why, size: count(row.size) }
    }
}
