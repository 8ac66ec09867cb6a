//! What a test may do to a site and ask of it, beyond what clients can.

use std::collections::BTreeMap;

use tmtp_wire::time::{Mono, Wall};

use super::api::Site;
use super::link::{Handler, LinkId};
use super::presence::Presence;
use super::users::NodeNo;
use crate::limits::RESTART_JUMP;

impl Site {
    /// Stops deliveries to a member's nodes; a message being written is still written. `false` if there is
    /// no such member.
    pub fn hold(&mut self, uid: &str) -> bool {
        self.set_held(uid, true)
    }

    /// Resumes deliveries to a member's nodes.
    pub fn release(&mut self, now: Mono, wall: Wall, uid: &str) -> bool {
        self.clock(now, wall);
        let found = self.set_held(uid, false);
        self.settle();
        found
    }

    fn set_held(&mut self, uid: &str, held: bool) -> bool {
        let Ok(user) = self.directory.find(uid) else { return false };
        for node in self.directory.nodes_of(user).to_vec() {
            self.queue(node).held = held;
            self.kick(node);
        }
        true
    }

    /// Messages that wait for a member's nodes, those in flight included.
    pub fn queued(&self, uid: &str) -> usize {
        let Ok(user) = self.directory.find(uid) else { return 0 };
        self.directory.nodes_of(user).iter().map(|node| self.waiting_for(*node)).sum()
    }

    /// Messages that wait for any node, once for each.
    pub fn undelivered(&self) -> usize {
        self.queues.iter().map(|queue| queue.len()).sum()
    }

    /// Messages that wait, by node (uid and number as in the record).
    pub fn queued_by_node(&self) -> BTreeMap<String, usize> {
        let queues = self.queues.iter().zip(0..);
        queues.map(|(queue, number)| (self.directory.node_name(NodeNo(number)), queue.len())).collect()
    }

    /// Which node is logged in on a link (uid and number as in the record).
    pub fn node_of(&self, link: LinkId) -> Option<String> {
        let seat = self.links.get(&link)?.seat?;
        Some(self.directory.node_name(seat.node))
    }

    fn waiting_for(&self, node: NodeNo) -> usize {
        self.queues.get(node.0 as usize).map(|queue| queue.len()).unwrap_or_default()
    }

    /// How many nodes hold a link.
    pub fn nodes_online(&self) -> usize {
        self.queues.iter().filter(|queue| queue.link.is_some()).count()
    }

    /// The process dies and starts anew: links are gone without a word, presence too; queues survive, what
    /// was in flight is sent again, ids jump (wire 12.8). The record goes on.
    pub fn restart(&mut self, now: Mono, wall: Wall) {
        self.clock(now, wall);
        self.crash();
        self.settle();
    }

    /// The next post with more than `after` recipient nodes reaches only so many of them; then the site
    /// dies and starts anew, before it answers: the remainder that no client can exclude (wire 12.8).
    pub fn crash_inside_fanout(&mut self, after: usize) {
        self.crash_after = Some(after);
    }

    /// The next post of this member, by uid, is refused in these words, whatever is in it: no site has to have a reason,
    /// and none has to be polite. Later ones are taken again. False if there is a refusal to come already.
    pub fn refuse_next_post(&mut self, uid: &str, words: String) -> bool {
        let free = !self.refusals.contains_key(uid);
        self.refusals.entry(uid.to_owned()).or_insert(words);
        free
    }

    pub(super) fn crash(&mut self) {
        for (id, link) in &mut self.links {
            if !matches!(link.handler, Handler::Ended) {
                link.bare = true;
            }
            link.handler = Handler::Ended;
            link.input.clear();
            link.write = None;
            link.waiting.clear();
            link.uses_presence = false;
            link.dead = true;
            self.ready.insert(*id);
        }
        self.presence = Presence::default();
        for queue in &mut self.queues {
            queue.restart();
        }
        self.last_id = self.last_id.saturating_add(RESTART_JUMP);
    }
}
