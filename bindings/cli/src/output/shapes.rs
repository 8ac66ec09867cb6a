//! The JSON that scripts rely on, all of it. Members are never renamed or taken away; ids are strings, times
//! are RFC 3339 in UTC or null, lists are `{"items": […], "next": CURSOR-or-null}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tmtp_client::{Lost, SalvageReport, TableReport};

/// A page of a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct List<T> {
    /// The rows.
    pub(crate) items: Vec<T>,
    /// What `--page` takes to go on; null at the end.
    pub(crate) next: Option<String>,
}

/// Something went wrong.
#[derive(Debug, Serialize)]
pub(crate) struct Error<'a> {
    pub(crate) state: &'static str,
    pub(crate) error: &'a str,
    pub(crate) reason: &'a str,
}

/// `accounts`, and the answer of `join`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) account: String,
    pub(crate) site: String,
    pub(crate) site_name: String,
    pub(crate) uid: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) unread: u64,
}

/// `status`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Status {
    pub(crate) account: String,
    pub(crate) site: String,
    pub(crate) uid: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) since: Option<String>,
    pub(crate) next_try: Option<String>,
    pub(crate) unread: u64,
    pub(crate) queued: u64,
    pub(crate) in_doubt: u64,
    #[serde(default)]
    pub(crate) failed: u64,
    pub(crate) parked: u64,
    pub(crate) too_large: Vec<TooLarge>,
    pub(crate) counters: BTreeMap<String, u64>,
}

/// A message that waits for `large`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TooLarge {
    pub(crate) msgid: String,
    /// The sender's uid.
    pub(crate) from: String,
    /// What to show: the checked alias, else the beginning of the uid.
    pub(crate) name: String,
    pub(crate) trust: String,
    pub(crate) size: u64,
}

/// Who sent something, in a message, a ping, a thread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sender {
    /// The checked alias of the sender if there is one, else what they call themselves, else the beginning of the uid.
    pub(crate) from: String,
    pub(crate) uid: String,
    /// `own`, `checked` by the site, only `claimed`, or in `conflict` with the name of somebody else.
    pub(crate) trust: String,
    /// What they call themselves, if that is not `from`.
    pub(crate) claimed: Option<String>,
    /// The checked name, or own alias, of somebody else, for which theirs can be mistaken.
    pub(crate) like: Option<String>,
    /// True: not in the recipient list of the thread.
    pub(crate) outside: bool,
}

/// `contacts`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Contact {
    pub(crate) account: String,
    pub(crate) alias: String,
    pub(crate) uid: String,
    /// Nobody but some sender says so; nobody can be written to by it.
    pub(crate) claimed: bool,
    /// `own`, `checked`, `claimed` or `conflict`.
    pub(crate) trust: String,
    /// Another uid is said to have the same alias, or one that looks like it.
    pub(crate) conflict: bool,
    /// The uid of the one who claims it; null if it is checked.
    pub(crate) by: Option<String>,
    /// What that one is called.
    pub(crate) by_name: Option<String>,
}

/// `pings`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Ping {
    pub(crate) account: String,
    pub(crate) msgid: Option<String>,
    #[serde(flatten)]
    pub(crate) sender: Sender,
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) posted: Option<String>,
    pub(crate) unread: bool,
}

/// `threads`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Thread {
    pub(crate) account: String,
    pub(crate) thread: String,
    pub(crate) subject: String,
    /// Who wrote the newest message.
    #[serde(flatten)]
    pub(crate) sender: Sender,
    /// The first recipients, by name.
    pub(crate) to: Vec<String>,
    /// It goes to more: `thread` names all of them.
    pub(crate) to_more: bool,
    /// The same people with all that is known of them.
    pub(crate) recipients: Vec<Cc>,
    /// How many in the whole list cannot be reached; `reply` asks for `--without-unreachable`.
    pub(crate) unreachable: u32,
    pub(crate) messages: u64,
    pub(crate) unread: u64,
    pub(crate) posted: Option<String>,
    /// The beginning of the newest message.
    pub(crate) text: String,
    /// False: the first message is missing.
    pub(crate) begun: bool,
}

/// `thread`, `read`, and what `watch` and `sync` say of what arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) account: String,
    pub(crate) thread: String,
    pub(crate) msgid: String,
    pub(crate) send_id: Option<String>,
    #[serde(flatten)]
    pub(crate) sender: Sender,
    /// False: nobody but the sender says that this is their alias, or it can be mistaken for another's.
    pub(crate) checked: bool,
    pub(crate) own: bool,
    pub(crate) cc: Vec<Cc>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) posted: Option<String>,
    pub(crate) unread: bool,
    pub(crate) attachments: Vec<Attachment>,
    /// Of own messages; null for those of others.
    pub(crate) state: Option<String>,
    pub(crate) reason: Option<String>,
}

/// A recipient, as the thread's beginning lists it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cc {
    /// The checked alias if there is one, else what the list calls them, else the beginning of the uid.
    pub(crate) alias: String,
    pub(crate) uid: String,
    pub(crate) note: String,
    /// `own`, `checked`, `claimed` or `conflict`.
    pub(crate) trust: String,
    /// What the list calls them, if that is not `alias`.
    pub(crate) claimed: Option<String>,
    /// The checked name, or own alias, of somebody else, for which theirs can be mistaken.
    pub(crate) like: Option<String>,
    /// False: nothing that is sent to the thread reaches them.
    pub(crate) reachable: bool,
}

/// An attachment of a message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) name: String,
    pub(crate) size: u64,
    /// `file`, `form` or `filled_form`.
    pub(crate) kind: String,
    /// The bytes are not those that the sender announced.
    pub(crate) damaged: bool,
}

/// `outbox`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Outgoing {
    pub(crate) account: String,
    pub(crate) send_id: String,
    /// `post`, `ping`, `alias` or `node`.
    pub(crate) kind: String,
    pub(crate) thread: Option<String>,
    pub(crate) msgid: Option<String>,
    /// The first of those to whom it goes.
    pub(crate) to: Vec<String>,
    /// It goes to more: `thread` names all of them.
    pub(crate) to_more: bool,
    pub(crate) subject: String,
    pub(crate) size: u64,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    /// What it waits for; null if it does not wait.
    pub(crate) waits: Option<Waits>,
    /// Why it failed: a code; null if it has not.
    pub(crate) failed: Option<String>,
}

/// What an item of the outbox waits for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Waits {
    /// `link`, `limit`, `account`, `room`, `earlier`, `beginning`, `alias`, `alone`, `proof` or `person`.
    pub(crate) why: String,
    /// The `send_id` of what goes first, if it is another item.
    pub(crate) behind: Option<String>,
    /// Until when, if that is known.
    pub(crate) until: Option<String>,
}

/// What became of `send`, `reply`, `ping`, `alias add`, `withdraw` and `settle`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sent {
    pub(crate) account: String,
    pub(crate) send_id: Option<String>,
    pub(crate) thread: Option<String>,
    pub(crate) msgid: Option<String>,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
}

/// `withdraw`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Withdrawn {
    #[serde(flatten)]
    pub(crate) sent: Sent,
    /// What was taken back is not kept: this is the last place where it stands.
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// `sync`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Synced {
    pub(crate) account: String,
    /// `new`, `nothing_new`, `live`, `not_known`, or `stopped` when only a person can go on.
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    /// How many messages came. Those that are not among `messages` are in `threads --unread` like the others.
    #[serde(default)]
    pub(crate) arrived: u64,
    /// The first of them, oldest first: all of them, unless they are more than 10 000 or have more than 64 MiB of text.
    pub(crate) messages: Vec<Message>,
    pub(crate) pings: u64,
    pub(crate) queued: u64,
    pub(crate) in_doubt: u64,
}

/// `node add`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Node {
    pub(crate) account: String,
    pub(crate) node: String,
    /// What `join --node` takes. A secret.
    pub(crate) ticket: String,
}

/// `trust`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Key {
    pub(crate) site: String,
    /// The fingerprint that is remembered.
    pub(crate) pinned: Option<String>,
    /// The fingerprint that the site shows.
    pub(crate) seen: String,
    /// `trusted`, `changed` or `unknown`.
    pub(crate) state: String,
}

/// `site serve`, once it accepts connections.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Serving {
    /// The address to join.
    pub(crate) site: String,
    pub(crate) site_name: String,
}

/// `accounts salvage`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Salvaged {
    pub(crate) account: String,
    pub(crate) state: String,
    /// The damaged database's name in the account's folder.
    pub(crate) kept: String,
    pub(crate) files_set_aside: u64,
    pub(crate) tables: Vec<SalvagedTable>,
}

/// A table of `accounts salvage`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SalvagedTable {
    pub(crate) name: String,
    pub(crate) read: u64,
    /// Rows that are gone; `null` if some are and nobody knows how many.
    pub(crate) lost: Option<u64>,
}

impl Salvaged {
    pub(crate) fn of(account: &str, report: &SalvageReport) -> Salvaged {
        let table = |table: &TableReport| SalvagedTable {
            name: table.name.clone(),
            read: table.read,
            lost: match table.lost {
                Lost::Nothing => Some(0),
                Lost::Rows(rows) => Some(rows),
                Lost::Unknown => None,
            },
        };
        Salvaged {
            account: account.to_owned(),
            state: "salvaged".to_owned(),
            kept: report.kept.clone(),
            files_set_aside: report.files_set_aside,
            tables: report.tables.iter().map(table).collect(),
        }
    }
}

/// `save`, `delete`, `large`, `accounts remove`, `accounts adopt`: what was done to what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) account: Option<String>,
    pub(crate) thread: Option<String>,
    pub(crate) msgid: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) state: String,
}

/// A line of `watch`. Which members are there depends on `event`: `message`, `ping`, `outgoing`, `state`,
/// `too_large`, `parked`, `missed`, `unread`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Event {
    pub(crate) event: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) account: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Message>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) ping: Option<Ping>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) thread: Option<Thread>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub(crate) too_large: Option<TooLarge>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) send_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missed: Option<u64>,
}

impl Event {
    /// An event of this kind, with nothing but its account.
    pub(crate) fn of(event: &'static str, account: &str) -> Self {
        Event { event, account: account.to_owned(), ..Event::default() }
    }
}
