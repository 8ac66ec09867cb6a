//! The lines of JSON between the demo and its clients: what a client is told, and what it says.

use std::io::BufRead;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::orders::Message;

/// A line to a client.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tell {
    /// Become a member. Answered by `joined`.
    Join { account: String, address: String, alias: String },
    /// Make a node for another device. Answered by `ticket`.
    AddNode { account: String, label: String },
    /// Take that node into use, over a link of its own. Answered by `joined`.
    JoinNode { account: String, ticket: String, address: String },
    /// Ping somebody. Answered by `taken`.
    Ping { account: String, draft: String, to: String },
    /// Accept a message. Answered by `taken`, also when it is told twice.
    Send(Message),
    /// The way into the network is another now.
    NetworkChanged,
    /// Quit in order.
    Stop,
}

impl Tell {
    /// What it is about.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Tell::Join { .. } => "join",
            Tell::AddNode { .. } => "node add",
            Tell::JoinNode { .. } => "join --node",
            Tell::Ping { .. } => "ping",
            Tell::Send(_) => "send",
            Tell::NetworkChanged => "network changed",
            Tell::Stop => "stop",
        }
    }
}

/// Lines that wait to be obeyed.
const TELLS_MAX: usize = 64;

/// What this process is told on its standard input; ends with it. On a thread of its own, for reading standard input
/// cannot be broken off.
pub(super) fn tells() -> mpsc::Receiver<Tell> {
    let (sender, receiver) = mpsc::channel(TELLS_MAX);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let Ok(tell) = serde_json::from_str(&line) else { return };
            if sender.blocking_send(tell).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A line from a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    /// It runs; everything in its store has been told.
    Ready,
    /// It is a member.
    Joined { account: String, uid: String },
    /// What the other device needs.
    Ticket { ticket: String },
    /// The draft is durable, under this thread.
    Taken { draft: String, thread: String },
    /// A message is in its store.
    Arrived { account: String, thread: String, text: String },
    /// A ping has arrived.
    Pinged { account: String, from: String },
    /// An account stands differently with its site.
    State { account: String, state: String },
    /// So many items of an account are not sent yet.
    Waiting { account: String, items: u64 },
    /// Something did not work.
    Failed { what: String, reason: String },
}

/// A line of `demo-read`, or of the old client's file: one message in a store, in the order in which the store
/// shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) account: String,
    pub(super) thread: String,
    pub(super) msgid: String,
    pub(super) from_uid: String,
    pub(super) text: String,
    /// SHA-256 of each attachment, in hex.
    pub(super) attachments: Vec<String>,
}

/// What `demo-read` says of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) account: String,
    pub(super) outbox: u64,
    pub(super) in_doubt_sent: u64,
    pub(super) in_doubt_not_sent: u64,
    pub(super) folded: u64,
}

/// A line of `demo-read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Read {
    Held(Held),
    Totals(Totals),
}

/// The number of a message stands at the beginning of its text: `#17 …`.
pub(super) fn number_of(text: &str) -> Option<u32> {
    text.strip_prefix('#')?.split_whitespace().next()?.parse().ok()
}
