//! The site's state as facts that a disk can keep, each an addition to those before it.
//!
//! In durable mode every effect makes a fact; what depends on it (a reply, a delivery) waits until the
//! driver says that the fact is stored (wire 12.1). Replaying all facts, or a [`Site::snapshot`], makes the
//! same site again. Only removals need not be synced: a crash may bring confirmed messages back (wire 12.3).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tmtp_wire::time::{Mono, Wall};

use super::api::Site;
use super::config::Config;
use super::groups::{Membership, Standing};
use super::link::Seat;
use super::queue::{Key, Message};
use super::users::{Directory, NodeNo, UserNo};
use crate::limits::RESTART_JUMP;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Fact {
    User { uid: String, secret: [u8; 32] },
    Node { user: u32, secret: [u8; 32], copy_from: Option<u32> },
    Alias { user: u32, alias: String },
    Group { gid: String, members: Vec<(u32, String, Standing)> },
    Message { id: u64, urgent: bool, nodes: Vec<u32>, head: String },
    Removed { node: u32, id: u64, urgent: bool },
    LastId { id: u64 },
}

/// One fact about a site. Opaque: it is turned into bytes and back.
#[derive(Clone, Debug)]
pub struct StorageOp {
    fact: Fact,
    message: Option<Arc<Message>>,
}

/// The stored form of a fact is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a fact about a site")]
pub struct NotAFact;

impl StorageOp {
    /// The fact without the data of a message, as JSON.
    pub fn header(&self) -> Vec<u8> {
        serde_json::to_vec(&self.fact).unwrap_or_default()
    }

    /// The data of a message; empty for other facts.
    pub fn data(&self) -> &[u8] {
        self.message.as_ref().map(|message| message.data.as_slice()).unwrap_or_default()
    }

    /// Whether something waits for this fact to be stored.
    pub fn needs_sync(&self) -> bool {
        !matches!(self.fact, Fact::Removed { .. })
    }

    /// Reads what [`StorageOp::header`] and [`StorageOp::data`] gave.
    pub fn decode(header: &[u8], data: Vec<u8>) -> Result<StorageOp, NotAFact> {
        let fact: Fact = serde_json::from_slice(header).map_err(|_| NotAFact)?;
        let message = match &fact {
            Fact::Message { id, urgent, head, .. } => {
                let head = head.clone().into_bytes();
                Some(Arc::new(Message { id: *id, urgent: *urgent, head, data }))
            }
            _ => None,
        };
        Ok(StorageOp { fact, message })
    }

    fn message(message: &Arc<Message>, nodes: Vec<u32>) -> StorageOp {
        let head = String::from_utf8_lossy(&message.head).into_owned();
        let fact = Fact::Message { id: message.id, urgent: message.urgent, nodes, head };
        StorageOp { fact, message: Some(Arc::clone(message)) }
    }
}

/// The facts that have come up, those polled, those stored.
#[derive(Debug)]
pub(super) struct Facts {
    durable: bool,
    pending: Vec<StorageOp>,
    pushed: u64,
    stored: u64,
}

impl Facts {
    pub(super) fn new(durable: bool) -> Facts {
        Facts { durable, pending: Vec::new(), pushed: 0, stored: 0 }
    }

    /// How many facts there have been: whatever waits for all of them waits for this number.
    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    pub(super) fn stored(&self) -> u64 {
        self.stored
    }

    fn push(&mut self, make: impl FnOnce() -> StorageOp) {
        if self.durable {
            self.pushed += 1;
            self.pending.push(make());
        }
    }

    fn push_fact(&mut self, make: impl FnOnce() -> Fact) {
        self.push(|| StorageOp { fact: make(), message: None });
    }

    pub(super) fn user(&mut self, uid: &str, secret: [u8; 32]) {
        self.push_fact(|| Fact::User { uid: uid.to_owned(), secret });
    }

    pub(super) fn node(&mut self, seat: Seat, secret: [u8; 32]) {
        self.push_fact(|| Fact::Node { user: seat.user.0, secret, copy_from: Some(seat.node.0) });
    }

    pub(super) fn alias(&mut self, user: UserNo, alias: &str) {
        self.push_fact(|| Fact::Alias { user: user.0, alias: alias.to_owned() });
    }

    pub(super) fn group(&mut self, gid: &str, directory: &Directory) {
        self.push_fact(|| group_fact(gid, directory));
    }

    pub(super) fn message(&mut self, message: &Arc<Message>, nodes: &BTreeSet<NodeNo>) {
        self.push(|| StorageOp::message(message, nodes.iter().map(|node| node.0).collect()));
    }

    pub(super) fn removed(&mut self, node: NodeNo, key: Key) {
        self.push_fact(|| Fact::Removed { node: node.0, id: key.id, urgent: !key.later });
    }
}

fn group_fact(gid: &str, directory: &Directory) -> Fact {
    let members = directory.groups.get(gid).into_iter().flatten();
    let members = members.map(|(user, member)| (user.0, member.alias.clone(), member.standing));
    Fact::Group { gid: gid.to_owned(), members: members.collect() }
}

impl Site {
    /// The facts that have come up since the last call, to be stored in this order. None unless
    /// [`Config::durable`] is on.
    pub fn poll_storage(&mut self) -> Vec<StorageOp> {
        std::mem::take(&mut self.facts.pending)
    }

    /// Whether there are facts to poll.
    pub fn has_storage(&self) -> bool {
        !self.facts.pending.is_empty()
    }

    /// The next `count` of the polled facts are stored; what waited for them goes on.
    pub fn stored(&mut self, now: Mono, wall: Wall, count: u64) {
        self.clock(now, wall);
        self.facts.stored = self.facts.pushed.min(self.facts.stored + count);
        self.ready.extend(self.links.keys().copied());
        for node in 0..self.queues.len() {
            self.kick(NodeNo(u32::try_from(node).unwrap_or(u32::MAX)));
        }
        self.settle();
    }

    /// Facts that make this site anew, fewer than those that made it. Facts that were not yet polled are
    /// part of it: poll and drop them, then call [`Site::stored`] for them too.
    pub fn snapshot(&self) -> Vec<StorageOp> {
        let mut facts = vec![Fact::LastId { id: self.last_id }];
        facts.extend(self.directory.all_nodes().map(|(user, first, secret)| {
            if first {
                Fact::User { uid: self.directory.uid(user).to_owned(), secret: *secret }
            } else {
                Fact::Node { user: user.0, secret: *secret, copy_from: None }
            }
        }));
        let aliases = self.directory.all_aliases();
        facts.extend(aliases.map(|(user, alias)| Fact::Alias { user: user.0, alias: alias.to_owned() }));
        facts.extend(self.directory.groups.keys().map(|gid| group_fact(gid, &self.directory)));
        let mut ops: Vec<_> = facts.into_iter().map(|fact| StorageOp { fact, message: None }).collect();
        let mut messages: BTreeMap<Key, (Arc<Message>, Vec<u32>)> = BTreeMap::new();
        for (node, queue) in (0..).zip(&self.queues) {
            for message in queue.messages() {
                let slot = messages.entry(message.key()).or_insert_with(|| (Arc::clone(message), Vec::new()));
                slot.1.push(node);
            }
        }
        ops.extend(messages.into_values().map(|(message, nodes)| StorageOp::message(&message, nodes)));
        ops
    }

    /// Makes a site of the facts that were stored.
    pub fn restore(config: Config, ops: impl IntoIterator<Item = StorageOp>) -> Site {
        let mut site = Site::new(config);
        let mut last_id = 0;
        for StorageOp { fact, message } in ops {
            if let Fact::LastId { id } | Fact::Message { id, .. } = &fact {
                last_id = last_id.max(*id);
            }
            site.apply(fact, message);
        }
        if last_id > 0 {
            site.last_id = site.last_id.max(last_id.saturating_add(RESTART_JUMP));
        }
        site.generator.skip(2 * site.directory.all_nodes().count() as u64);
        site
    }

    fn apply(&mut self, fact: Fact, message: Option<Arc<Message>>) {
        match fact {
            Fact::User { uid, secret } => {
                self.directory.add_user(&uid, secret);
            }
            Fact::Node { user, secret, copy_from } => {
                let Ok(node) = self.directory.add_node(UserNo(user), secret) else { return };
                let from = copy_from.map(|from| self.queue(NodeNo(from)).messages().cloned().collect());
                for message in from.unwrap_or_else(Vec::new) {
                    self.queue(node).push(message, 0);
                }
            }
            Fact::Alias { user, alias } => {
                // It was free when the fact was made, so it is now.
                let _ = self.directory.add_alias(UserNo(user), &alias);
            }
            Fact::Group { gid, members } => {
                let members = members
                    .into_iter()
                    .map(|(user, alias, standing)| (UserNo(user), Membership { alias, standing }));
                self.directory.groups.insert(gid, members.collect());
            }
            Fact::Message { nodes, .. } => {
                let Some(message) = message else { return };
                for node in nodes {
                    self.queue(NodeNo(node)).push(Arc::clone(&message), 0);
                }
            }
            Fact::Removed { node, id, urgent } => {
                self.queue(NodeNo(node)).remove(Key { later: !urgent, id });
            }
            Fact::LastId { .. } => {}
        }
    }
}
