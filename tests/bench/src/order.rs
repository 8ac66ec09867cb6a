//! What the processes of a benchmark say to each other: one JSON object a line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tmtp_wire::ids::{NodeSecret, Uid};

use crate::error::Outcome;

/// A member of the site, as the bare loops log in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) uid: String,
    pub(crate) secret: String,
}

impl Key {
    pub(crate) fn uid(&self) -> Outcome<Uid> {
        Ok(self.uid.parse()?)
    }

    pub(crate) fn secret(&self) -> Outcome<NodeSecret> {
        Ok(self.secret.parse()?)
    }
}

/// One account of ours: where, and what it is called in its home.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Seat {
    pub(crate) site: String,
    pub(crate) name: String,
}

/// What a worker process is to do; its only argument.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Our side: through the façade, on this home.
    Ours { home: PathBuf, task: OursTask },
    /// The base line: on this folder, with this member of this site.
    Bare { dir: PathBuf, site: String, key: Key, task: BareTask },
    /// The base line with several links side by side.
    BareFirst { dir: PathBuf, sites: Vec<String>, keys: Vec<Key>, times: usize },
    /// What a phone feels, on this home.
    Phone { home: PathBuf, task: crate::phone::Task },
}

/// What our side is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum OursTask {
    /// Become members. Says `Joined`.
    Join { seats: Vec<Seat> },
    /// Look for mail once. Says `Took` for the time between the first and the last message stored.
    Drain { name: String },
    /// Look for mail as often, all accounts side by side. Says `Stored` for each first message, and `Ready` before
    /// each further time.
    First { names: Vec<String>, times: usize },
    /// Queue replies without a link, say `Ready`, send them when told, say `Took`, hold the link until told.
    Flush { name: String, thread: String, count: usize },
    /// Hold a link and send replies, each after the one before is acknowledged. Says `Took`.
    SendEach { name: String, thread: String, count: usize },
    /// Hold a link, say `Ready`, send a file when told, say `Took` when it is acknowledged.
    SendFile { name: String, to: String, file: PathBuf },
}

/// What a bare loop is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum BareTask {
    /// As [`OursTask::Drain`].
    Drain,
    /// Say `Ready`, post replies when told, with `copies` copies to itself, say `Took`, hold the link until told.
    Flush { to: String, thread: String, alias: String, count: usize, copies: usize },
    /// Hold a link, say `Ready`, copy and send a file when told, say `Took` when it is acknowledged.
    SendFile { to: String, alias: String, file: PathBuf },
}

/// What a worker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Say {
    /// These members exist now, in the order of the seats.
    Joined { uids: Vec<String> },
    /// Waits for a line.
    Ready,
    /// The first message of this account is stored, and its confirmation has been handed out or is about to be.
    Stored { account: usize },
    /// So many messages: seconds from the first to the last, or of the task, and of the whole session.
    Took { seconds: f64, messages: usize, whole: f64 },
    /// A message has come while the link is held; when, in microseconds of the wall clock.
    Arrived { at: u64 },
    /// Over. The most memory that this process ever had resident.
    Ended { peak_kib: u64 },
}

/// What the site's process is told, and what it answers with [`Answer`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Ask {
    /// Delay one relay by so much each way.
    Latency { relay: usize, millis: u64 },
    /// What one relay has counted.
    Counters { relay: usize },
    /// What the site has counted.
    Site,
    /// How many messages wait for a member's nodes.
    Queued { uid: String },
    /// How many posts of a member came with a copy to itself.
    OwnCopies { uid: String },
}

/// The answers of the site's process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It is there: the site's address and those of the relays before it.
    Listening { site: String, relays: Vec<String> },
    /// Done.
    Done,
    /// Of one relay.
    Counters { round_trips: u64, bytes: u64 },
    /// Of the site.
    Site { posts: u64, logins: u64, violations: usize },
    /// So many messages.
    Number(usize),
}
