//! The one writer of a link, and how a link ends (wire 7, 12.6).
//!
//! Replies, deliveries and presence wait in line; while one is being written nothing else is, and the link
//! cannot end. When it ends, the node is freed before the quit frame is written.

use std::sync::Arc;

use super::api::Site;
use super::link::{Handler, LinkId, Payload, Then, Waiter, Write};
use super::queue::{Key, Phase};
use super::reply;
use super::users::{NodeNo, UserNo};
use crate::limits::PRESENCE_MAX;

impl Site {
    /// Gives the writer to the next in line; `false` if it is taken or nobody waits.
    pub(super) fn grant_writer(&mut self, id: LinkId) -> bool {
        let Some(link) = self.links.get_mut(&id) else { return false };
        if link.write.is_some() {
            return false;
        }
        let dead = link.dead;
        let Some(waiter) = link.waiting.pop_front() else { return false };
        match waiter {
            Waiter::Reply(bytes) => self.write(id, Payload::Direct(bytes), Then::Resume),
            Waiter::Presence(bytes) => self.write(id, Payload::Direct(bytes), Then::Nothing),
            Waiter::Delivery => self.begin_delivery(id, dead),
            Waiter::Ending => self.free_node_and_say_goodbye(id),
        }
        true
    }

    /// On a dead link a write fails at once, and whoever wrote goes on.
    fn write(&mut self, id: LinkId, payload: Payload, then: Then) {
        let now = self.now;
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.dead {
            self.write_done(id, then);
        } else {
            link.moved = now;
            link.write = Some(Write { payload, at: 0, then });
        }
    }

    fn begin_delivery(&mut self, id: LinkId, dead: bool) {
        let Some(seat) = self.links.get(&id).and_then(|link| link.seat) else { return };
        let message = if dead { None } else { self.queue(seat.node).begin() };
        let Some(message) = message else {
            self.queue(seat.node).phase = Phase::Resting;
            return;
        };
        let name = self.directory.node_name(seat.node);
        self.record.delivered(name);
        self.write(id, Payload::Message(Arc::clone(&message)), Then::AwaitConfirmation);
    }

    /// The last byte of a write is taken, or it failed.
    pub(super) fn write_done(&mut self, id: LinkId, then: Then) {
        self.ready.insert(id);
        let Some(link) = self.links.get_mut(&id) else { return };
        match then {
            Then::Nothing => {}
            Then::Resume => {
                if link.edit_open {
                    link.edit_open = false;
                    link.edit_horizon = link.input.received;
                }
                link.heard = self.now;
                link.handler = Handler::Reading;
            }
            Then::AwaitConfirmation => {
                let Some(seat) = link.seat else { return };
                if link.dead {
                    self.queue(seat.node).phase = Phase::Resting;
                    return;
                }
                let until = self.now + self.config.timers.repeat;
                let (stray, removed) = self.queue(seat.node).written(until);
                self.record.stray_confirmations += stray;
                if let Some(key) = removed {
                    self.confirmed(seat.node, key);
                }
            }
            Then::Close => self.ended(id),
        }
    }

    /// A message is confirmed: it is gone, and the next one's turn.
    pub(super) fn confirmed(&mut self, node: NodeNo, key: Key) {
        self.record.confirmations += 1;
        self.facts.removed(node, key);
        self.kick(node);
    }

    /// Lets a node's queue ask for its link's writer, if it is its turn.
    pub(super) fn kick(&mut self, node: NodeNo) {
        let stored = self.facts.stored();
        let Some(id) = self.queue(node).ask(stored) else { return };
        match self.links.get_mut(&id) {
            Some(link) if !link.dead => {
                link.waiting.push_back(Waiter::Delivery);
                self.ready.insert(id);
            }
            _ => self.queue(node).phase = Phase::Resting,
        }
    }

    /// Ends a link, with a quit frame if there is a reason to give and the client has been greeted.
    pub(super) fn end(&mut self, id: LinkId, quit: Option<&'static str>) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.is_over() {
            return;
        }
        link.handler = Handler::Ending { quit: quit.filter(|_| link.greeted) };
        link.input.clear();
        link.waiting.push_back(Waiter::Ending);
        self.ready.insert(id);
    }

    fn free_node_and_say_goodbye(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.waiting.clear();
        let Handler::Ending { quit } = link.handler else { return };
        if let Some(seat) = link.seat
            && self.queue(seat.node).link == Some(id)
        {
            self.queue(seat.node).detach(quit.is_none());
        }
        match quit {
            Some(error) => self.write(id, Payload::Direct(reply::quit(error)), Then::Close),
            None => self.ended(id),
        }
    }

    fn ended(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.handler = Handler::Ended;
        if std::mem::take(&mut link.uses_presence)
            && let Some(seat) = link.seat
        {
            for user in self.presence.leave(seat.user) {
                self.announce(seat.user, user, false, None);
            }
        }
    }

    /// Nothing that is written arrives any more: writes fail, in progress or later.
    pub(super) fn kill_output(&mut self, id: LinkId) {
        let Some(link) = self.links.get_mut(&id) else { return };
        link.dead = true;
        if let Some(write) = link.write.take() {
            self.write_done(id, write.then);
        }
    }

    /// Tells the online nodes of a member that another is there or gone. Returns how many of them could
    /// not be told, each of which blocks the teller for a moment (wire 15).
    ///
    /// The public server also drops what meets an answer being written; here it waits in line, except for
    /// the link `but`, whose answer is known to be next.
    pub(super) fn announce(&mut self, from: UserNo, to: UserNo, here: bool, but: Option<LinkId>) -> u32 {
        let mut head = reply::Head::new("ohi");
        head.text("from", self.directory.uid(from)).number("status", if here { 1 } else { 2 });
        let Ok(frame) = head.direct() else { return 0 };
        let mut dropped = 0;
        for node in self.directory.nodes_of(to).to_vec() {
            let Some(id) = self.queue(node).link.filter(|id| Some(*id) != but) else { continue };
            let Some(link) = self.links.get_mut(&id) else { continue };
            let kept = link.waiting.iter().filter(|waiter| matches!(waiter, Waiter::Presence(_))).count();
            if kept < PRESENCE_MAX {
                link.waiting.push_back(Waiter::Presence(frame.clone()));
                self.ready.insert(id);
            } else {
                dropped += 1;
            }
        }
        self.record.presence_dropped += u64::from(dropped);
        dropped
    }
}
