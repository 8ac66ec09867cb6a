//! What needs the accounts' writer, as plain data: it is done in this process, or handed to the one that runs.
//!
//! An order can be repeated: when the process that was to do it vanishes, another does it again. What must not
//! happen twice (a message, a ping) carries a draft id that its asker has chosen.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::output::shapes;

/// Something to be done by whoever holds the home.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// Become a member.
    Join { address: String, alias: String, name: Option<String>, wait: Duration },
    /// Take a further node into use.
    JoinNode { ticket: String, name: Option<String> },
    /// Remove an account.
    Remove { account: String },
    /// Take a copied account into use.
    Adopt { account: String },
    /// Save what reads of a damaged store.
    Salvage { account: String },
    /// Ask for an alias.
    AliasAdd { account: String, alias: String, wait: Duration },
    /// Make a node and hand out what it needs.
    NodeAdd { account: String, label: String, wait: Duration },
    /// What the node needs was shown: it is not shown again.
    NodeForget { account: String, label: String },
    /// Accept a ping.
    Ping { account: String, draft: String, from: Option<String>, to: String, text: String },
    /// Accept a message.
    Send(Message),
    /// Wait until an item has left the outbox or was refused.
    Await { account: String, send_id: String, wait: Duration },
    /// Wake once: all accounts if none is named.
    Sync { account: Option<String>, wait: Duration },
    /// Mark a message as read.
    MarkRead { account: String, message: String },
    /// Mark all of a thread as read.
    MarkThreadRead { account: String, thread: String },
    /// Delete a message.
    DeleteMessage { account: String, message: String },
    /// Delete a thread.
    DeleteThread { account: String, thread: String },
    /// Forget a contact.
    RemoveContact { account: String, alias: String, uid: String },
    /// The person knows that not everybody in a thread can be reached.
    GoWithout { account: String, thread: String },
    /// Take back.
    Withdraw { account: String, send_id: String },
    /// Decide about an item in doubt.
    Settle { account: String, send_id: String, send_again: bool },
    /// Decide about a message above the limit.
    Large { account: String, message: String, accept: bool },
    /// Say how each account is doing.
    Status,
    /// Say whether the holder is a `watch`, which stays, or a command, which ends.
    IsWatch,
    /// Trust another key of a site.
    Trust { address: String, key: String },
}

impl Order {
    /// Whether this only waits: it may be broken off at any time, nothing is half done.
    pub(crate) fn only_waits(&self) -> bool {
        matches!(self, Order::Await { .. } | Order::Sync { .. })
    }

    /// Whether it is broken off when nobody waits for it any more: what it has begun by then stays, and the same order
    /// goes on with it. Others are done at once, or go on to their end.
    pub(crate) fn may_be_given_up(&self) -> bool {
        self.only_waits()
            || matches!(self, Order::Join { .. } | Order::AliasAdd { .. } | Order::NodeAdd { .. })
    }

    /// What has come of an order when the process that was to do it has ended and the next finds nothing to do it to:
    /// then it was done.
    pub(crate) fn done_before(&self) -> Option<Done> {
        match self {
            Order::Remove { .. }
            | Order::DeleteMessage { .. }
            | Order::DeleteThread { .. }
            | Order::Large { .. } => Some(Done::Nothing),
            Order::Withdraw { account, send_id } => Some(Done::Sent(shapes::Sent {
                account: account.clone(),
                send_id: Some(send_id.clone()),
                thread: None,
                msgid: None,
                state: "withdrawn".to_owned(),
                reason: None,
            })),
            _ => None,
        }
    }

    /// The same order for somebody else, after so much of its time has passed.
    pub(crate) fn after(mut self, passed: Duration) -> Self {
        match &mut self {
            Order::Await { wait, .. } | Order::Sync { wait, .. } => *wait = wait.saturating_sub(passed),
            Order::AliasAdd { wait, .. } | Order::NodeAdd { wait, .. } | Order::Join { wait, .. } => {
                *wait = wait.saturating_sub(passed)
            }
            _ => {}
        }
        self
    }
}

/// A message to be accepted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(crate) account: String,
    pub(crate) draft: String,
    pub(crate) to: To,
    pub(crate) subject: String,
    pub(crate) text: String,
    /// Absolute paths.
    pub(crate) attach: Vec<PathBuf>,
}

/// Where a message goes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum To {
    /// A new thread: recipients with their notes, under this alias. Nobody: a note to self.
    New { recipients: Vec<(String, String)>, from: Option<String> },
    /// A thread that exists.
    Thread(String),
}

/// What came of a wake of one account. The messages are read by whoever asked: all of their texts may be more than a
/// line should hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Woken {
    pub(crate) synced: shapes::Synced,
    /// The messages that came, oldest first, as far as they are named.
    pub(crate) arrived: Vec<String>,
}

/// What an order led to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    Account(shapes::Account),
    Salvaged(shapes::Salvaged),
    Node(shapes::Node),
    Sent(shapes::Sent),
    Synced(Vec<Woken>),
    Status(Vec<shapes::Status>),
    IsWatch(bool),
    /// It is done, and that is all.
    Nothing,
}
