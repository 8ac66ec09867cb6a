//! What is in the stores of a home, read by a fresh reader beside whoever has them open, or after a kill.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tmtp_client::{AliasState, Cursor, List, OutgoingState, Page};
use tmtp_store::{Reader, StoreError};

use crate::error::KitError;
use crate::runtime::{count, run_blocking};

/// One account's store.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StoredAccount {
    /// How it is called on this device.
    pub name: String,
    /// Where it is a member.
    pub site: String,
    /// The member; none until registered.
    pub uid: Option<String>,
    /// The aliases that it has.
    pub aliases: Vec<String>,
    /// Whether the database passes SQLite's own check.
    pub intact: bool,
    /// All messages, thread by thread, each in the order in which it is shown.
    pub messages: Vec<StoredMessage>,
    /// The outbox, in order.
    pub outbox: Vec<StoredOutgoing>,
    /// The texts of all pings, the newest first.
    pub pings: Vec<String>,
    /// The ids of all drafts.
    pub drafts: Vec<String>,
    /// How each wake ended, the newest first.
    pub wakes: Vec<String>,
    /// What has been counted.
    pub counters: Vec<StoredCount>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StoredMessage {
    /// Its thread.
    pub thread: String,
    /// The message.
    pub message: String,
    /// Whether this member wrote it.
    pub own: bool,
    /// Who wrote it.
    pub from_uid: String,
    /// The thread's or its own subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Whether it was not seen.
    pub unread: bool,
    /// How far it is, if it was written here: `queued`, `sending`, `in_doubt`, `failed`, `sent`.
    pub state: Option<String>,
    /// Names of what is attached.
    pub attachments: Vec<String>,
    /// Bytes of what is attached.
    pub attached_bytes: i64,
}

/// Something in the outbox.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StoredOutgoing {
    /// Its id.
    pub send_id: String,
    /// How far it is.
    pub state: String,
    /// The subject, the alias or the label.
    pub title: String,
}

/// A counter.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct StoredCount {
    /// Its name.
    pub name: String,
    /// How much.
    pub count: i64,
}

/// Reads all stores of a home, by the names of their accounts.
///
/// Errors: `System`, a store cannot be read.
#[uniffi::export]
pub async fn read_store(home: String) -> Result<Vec<StoredAccount>, KitError> {
    run_blocking(move || {
        let accounts = PathBuf::from(home).join("accounts");
        let mut folders: Vec<PathBuf> = match std::fs::read_dir(&accounts) {
            Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        folders.sort();
        folders.iter().filter(|folder| folder.join("mail.db").exists()).map(|folder| read(folder)).collect()
    })
    .await
}

fn read(folder: &Path) -> Result<StoredAccount, KitError> {
    let reader = Reader::open(folder)?;
    let account = reader.account()?;
    let held = reader.aliases()?.into_iter().filter(|row| row.state == AliasState::Held);
    let mut messages = Vec::new();
    for thread in all(|page| reader.threads(false, page))? {
        for message in all(|page| reader.thread(thread.thread, page))? {
            let own_subject = !message.subject.is_empty();
            messages.push(StoredMessage {
                thread: thread.thread.to_string(),
                message: message.msgid.to_string(),
                own: message.own,
                from_uid: message.from.uid,
                subject: if own_subject { message.subject } else { thread.subject.clone() },
                text: message.text,
                unread: message.unread,
                state: message.state.as_ref().map(word),
                attached_bytes: count(message.attachments.iter().map(|file| file.size).sum()),
                attachments: message.attachments.into_iter().map(|file| file.name).collect(),
            });
        }
    }
    let outgoing = all(|page| reader.outbox(page))?.into_iter().map(|row| StoredOutgoing {
        send_id: row.send_id.to_string(),
        state: word(&row.state),
        title: row.title,
    });
    let counters = reader.counters()?.into_iter();
    Ok(StoredAccount {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        site: account.site.to_string(),
        uid: account.uid.map(|uid| uid.to_string()),
        aliases: held.map(|row| row.alias).collect(),
        intact: is_intact(&folder.join("mail.db"))?,
        messages,
        outbox: outgoing.collect(),
        pings: all(|page| reader.pings(page))?.into_iter().map(|ping| ping.text).collect(),
        drafts: all(|page| reader.drafts(page))?.into_iter().map(|draft| draft.id).collect(),
        wakes: all(|page| reader.wakes(page))?.into_iter().map(|wake| wake.outcome).collect(),
        counters: counters.map(|(name, number)| StoredCount { name, count: count(number) }).collect(),
    })
}

/// All pages of a list.
pub(crate) fn all<T>(read: impl Fn(&Page) -> Result<List<T>, StoreError>) -> Result<Vec<T>, StoreError> {
    let mut after: Option<Cursor> = None;
    let mut rows = Vec::new();
    loop {
        let List { items, next } = read(&Page { limit: 100, after })?;
        rows.extend(items);
        match next {
            Some(next) => after = Some(next),
            None => return Ok(rows),
        }
    }
}

/// A state as a stable word.
pub(crate) fn word(state: &OutgoingState) -> String {
    match state {
        OutgoingState::Queued => "queued",
        OutgoingState::Sending => "sending",
        OutgoingState::InDoubt => "in_doubt",
        OutgoingState::Failed { .. } => "failed",
        OutgoingState::Sent => "sent",
    }
    .to_owned()
}

fn is_intact(database: &Path) -> Result<bool, KitError> {
    let trouble = |error: rusqlite::Error| KitError::System { reason: error.to_string() };
    let conn = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(trouble)?;
    let word: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(trouble)?;
    Ok(word == "ok")
}
