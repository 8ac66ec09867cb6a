//! Mail: threads, messages, pings, people.

use super::*;

/// How far the name of somebody can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum NameTrust {
    /// This member.
    Own,
    /// The site has checked that the name is theirs.
    Checked,
    /// Nobody but a sender says so: show it as a claim.
    Claimed,
    /// It is, or looks like, a name that somebody else has: checked by the site, an own alias, or one under which
    /// another member writes. Show it as a warning.
    Conflict,
}

/// Somebody who sent something.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct SenderRow {
    /// The member, as the site says; empty if a broken header does not say.
    pub uid: Uid,
    /// What to show, one harmless line: the alias that the site has checked, else what they call themselves, else the
    /// beginning of the uid.
    pub name: String,
    /// What they call themselves, if that is not the name.
    pub claimed: Option<String>,
    /// How far the name can be believed; and what they call themselves, if that is somebody else's name.
    pub trust: NameTrust,
    /// The checked name, or own alias, of somebody else, for which theirs can be mistaken.
    pub like: Option<String>,
    /// They are not in the recipient list of the thread: replies do not reach them, and nobody had asked them.
    pub outside: bool,
}

/// Somebody in a thread.
#[derive(Clone, uniffi::Record)]
pub struct RecipientRow {
    /// What to show, one harmless line: the alias that the site has checked, else the one that the list gives, else the
    /// beginning of the uid.
    pub alias: Alias,
    /// What the list calls them, if that is not the alias.
    pub claimed: Option<String>,
    /// The member, or the group; empty if the list does not say.
    pub uid: Uid,
    /// What stands beside the name; may be empty.
    pub note: String,
    /// How far the alias can be believed; and what the list calls them, if that is somebody else's name.
    pub trust: NameTrust,
    /// The checked name, or own alias, of somebody else, for which theirs can be mistaken.
    pub like: Option<String>,
    /// The entry names a member or a group. False: nothing that is sent to the thread reaches whoever is meant.
    pub reachable: bool,
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
    /// Who wrote the newest message.
    pub from: SenderRow,
    /// Whether the newest message is this member's own.
    pub own: bool,
    /// To whom it goes, as many as a list shows.
    pub to: Vec<RecipientRow>,
    /// Whether there are more.
    pub to_more: bool,
    /// Entries of its recipient list, among all of them, that name nobody: whoever is meant gets nothing that is sent
    /// to this thread. A reply is refused (`Unreachable`) until `go_without_unreachable`.
    pub unreachable: i64,
    /// The person has gone on without them.
    pub without_them: bool,
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
    pub from: SenderRow,
    /// Its own subject; empty if it is the thread's.
    pub subject: String,
    /// Markdown.
    pub text: String,
    /// When it was posted, by the site's clock; none while it waits.
    pub posted_ms: Option<i64>,
    /// When it was written, by this device's clock, if it was written here.
    pub written_ms: Option<i64>,
    /// Whether it was not seen.
    pub unread: bool,
    /// How far it is, if this member wrote it here.
    pub state: Option<OutgoingState>,
    /// What is attached to it.
    pub attachments: Vec<AttachmentRow>,
    /// To whom its thread goes, if it begins one.
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
    /// The alias, exactly: for a ping, for removing it.
    pub alias: Alias,
    /// The same, or the beginning of the uid, as one harmless line to show.
    pub name: String,
    /// The member.
    pub uid: Uid,
    /// Only some sender says so; the site has not checked it. Nobody can be written to by it.
    pub claimed: bool,
    /// How far the alias can be believed.
    pub trust: NameTrust,
    /// Another member is said to have this alias, or one that looks like it.
    pub conflict: bool,
    /// Who claims it; none if it is checked.
    pub by: Option<SenderRow>,
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
    /// Who sent it; the site has checked the alias when it came.
    pub from: SenderRow,
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

impl From<core::NameTrust> for NameTrust {
    fn from(trust: core::NameTrust) -> NameTrust {
        match trust {
            core::NameTrust::Own => NameTrust::Own,
            core::NameTrust::Checked => NameTrust::Checked,
            core::NameTrust::Claimed => NameTrust::Claimed,
            core::NameTrust::Conflict => NameTrust::Conflict,
        }
    }
}

impl From<core::SenderRow> for SenderRow {
    fn from(row: core::SenderRow) -> SenderRow {
        let core::SenderRow { uid, name, claimed, trust, like, outside } = row;
        SenderRow { uid: Uid(uid), name, claimed, trust: trust.into(), like, outside }
    }
}

impl From<core::RecipientRow> for RecipientRow {
    fn from(row: core::RecipientRow) -> RecipientRow {
        RecipientRow {
            alias: Alias(row.alias),
            claimed: row.claimed,
            uid: Uid(row.uid),
            note: row.note,
            trust: row.trust.into(),
            like: row.like,
            reachable: row.reachable,
        }
    }
}

impl From<core::ThreadRow> for ThreadRow {
    fn from(row: core::ThreadRow) -> ThreadRow {
        ThreadRow {
            thread: thread_out(row.thread),
            subject: row.subject,
            begun: row.begun,
            from: row.from.into(),
            own: row.own,
            to: row.to.into_iter().map(RecipientRow::from).collect(),
            to_more: row.to_more,
            unreachable: row.unreachable.into(),
            without_them: row.without_them,
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
            from: row.from.into(),
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
            name: row.name,
            uid: Uid(row.uid),
            claimed: row.claimed,
            trust: row.trust.into(),
            conflict: row.conflict,
            by: row.by.map(SenderRow::from),
        }
    }
}

impl From<core::PingRow> for PingRow {
    fn from(row: core::PingRow) -> PingRow {
        PingRow {
            message: row.msgid.map(delivery_out),
            send_id: row.send_id.map(send_id_out),
            own: row.own,
            from: row.from.into(),
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
