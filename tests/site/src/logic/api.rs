//! The site as its driver sees it. Every call takes in what happened, then lets all links go on as far as
//! they can; nothing happens between calls.

use std::collections::{BTreeMap, BTreeSet};

use tmtp_wire::time::{Mono, Wall};

use super::config::Config;
use super::link::{Handler, Link, LinkEnd, LinkId};
use super::presence::Presence;
use super::queue::NodeQueue;
use super::record::{Record, Violation, ViolationKind};
use super::secrets::Generator;
use super::storage::Facts;
use super::users::{Directory, NodeNo};

/// A TMTP site without I/O. See the crate's text.
#[derive(Debug)]
pub struct Site {
    pub(super) config: Config,
    pub(super) now: Mono,
    pub(super) wall: Wall,
    pub(super) last_id: u64,
    pub(super) generator: Generator,
    pub(super) directory: Directory,
    pub(super) queues: Vec<NodeQueue>,
    pub(super) presence: Presence,
    pub(super) links: BTreeMap<LinkId, Link>,
    pub(super) last_link: u64,
    /// Links that may be able to go on.
    pub(super) ready: BTreeSet<LinkId>,
    /// Links whose output or wishes may have changed since the driver last asked.
    touched: BTreeSet<LinkId>,
    pub(super) facts: Facts,
    pub(super) record: Record,
    /// The next post dies with the site after so many recipients.
    pub(super) crash_after: Option<usize>,
    /// The next post of these members, by uid, is refused in these words.
    pub(super) refusals: BTreeMap<String, String>,
}

impl Site {
    /// A site without members.
    pub fn new(config: Config) -> Site {
        Site {
            now: Mono::default(),
            wall: Wall::default(),
            // It comes from a clock, which may stand anywhere: there is room behind it in any case.
            last_id: config.first_id.min(u64::MAX / 2),
            generator: Generator::new(config.seed),
            directory: Directory::default(),
            queues: Vec::new(),
            presence: Presence::default(),
            links: BTreeMap::new(),
            last_link: 0,
            ready: BTreeSet::new(),
            touched: BTreeSet::new(),
            facts: Facts::new(config.durable),
            record: Record::default(),
            crash_after: None,
            refusals: BTreeMap::new(),
            config,
        }
    }

    /// A client has connected. The time limit for its login runs from here.
    pub fn open(&mut self, now: Mono, wall: Wall) -> LinkId {
        self.clock(now, wall);
        self.last_link += 1;
        self.record.links += 1;
        let id = LinkId(self.last_link);
        self.links.insert(id, Link::new(now, now + self.config.timers.login));
        id
    }

    /// Plaintext has come, in pieces of any size. It is kept even while [`Site::takes_input`] is false; the
    /// driver keeps that short by not reading then.
    pub fn receive(&mut self, now: Mono, wall: Wall, id: LinkId, bytes: &[u8]) {
        self.clock(now, wall);
        if let Some(link) = self.links.get_mut(&id)
            && !link.is_over()
            && !bytes.is_empty()
        {
            link.input.push(bytes);
            link.heard = now;
            self.ready.insert(id);
        }
        self.settle();
    }

    /// The client's side of a link has ended. Requests that are complete are still handled (wire 2).
    pub fn receive_end(&mut self, now: Mono, wall: Wall, id: LinkId, end: LinkEnd) {
        self.clock(now, wall);
        if let Some(link) = self.links.get_mut(&id) {
            link.input.end.get_or_insert(end);
            self.ready.insert(id);
            if end == LinkEnd::Reset {
                self.kill_output(id);
            }
        }
        self.settle();
    }

    /// Up to `max` bytes to write to the client. Taken counts as written: the next delivery begins, and
    /// the repetition timer runs, when the last byte of a message has been taken. So take only what can
    /// be written at once.
    pub fn take_output(&mut self, now: Mono, wall: Wall, id: LinkId, max: usize) -> Vec<u8> {
        self.clock(now, wall);
        let mut out = Vec::new();
        while out.len() < max {
            let Some(link) = self.links.get_mut(&id) else { break };
            let Some(write) = link.write.as_mut() else { break };
            link.moved = now;
            write.at += write.payload.copy(write.at, max - out.len(), &mut out);
            if write.at >= write.payload.len() {
                let then = write.then;
                link.write = None;
                self.write_done(id, then);
                self.settle();
            }
        }
        out
    }

    /// Whether there is something to write to a link.
    pub fn has_output(&self, id: LinkId) -> bool {
        self.links.get(&id).is_some_and(|link| link.write.is_some())
    }

    /// Whether the site reads from the link. While it does not (wire 12.4, 12.6), the driver must leave
    /// what comes in the socket.
    pub fn takes_input(&self, id: LinkId) -> bool {
        self.links.get(&id).is_some_and(|link| link.is_reading() && link.input.end.is_none())
    }

    /// Whether the link is over, so that the driver has to close it, once its output is written.
    pub fn wants_close(&self, id: LinkId) -> bool {
        self.links.get(&id).is_none_or(|link| matches!(link.handler, Handler::Ended))
    }

    /// Whether it has to be closed without close_notify, as when the site's process stops (wire 2).
    pub fn closes_bare(&self, id: LinkId) -> bool {
        self.links.get(&id).is_some_and(|link| link.bare)
    }

    /// The link's connection is gone. What was complete is still handled; nothing more is written.
    pub fn closed(&mut self, now: Mono, wall: Wall, id: LinkId) {
        self.clock(now, wall);
        if let Some(link) = self.links.get_mut(&id) {
            link.gone = true;
            link.input.end.get_or_insert(LinkEnd::Reset);
            self.ready.insert(id);
            self.kill_output(id);
        }
        self.settle();
        self.links.retain(|other, link| *other != id || !matches!(link.handler, Handler::Ended));
    }

    /// The links whose output or wishes may have changed since the last call, for drivers that wait.
    pub fn take_touched(&mut self) -> BTreeSet<LinkId> {
        std::mem::take(&mut self.touched)
    }

    /// What the site has seen.
    pub fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn clock(&mut self, now: Mono, wall: Wall) {
        self.now = self.now.max(now);
        self.wall = wall;
    }

    /// Lets every link that may go on do so.
    pub(super) fn settle(&mut self) {
        while let Some(id) = self.ready.pop_first() {
            self.touched.insert(id);
            while self.grant_writer(id) || self.go_on(id) {}
            if self.links.get(&id).is_some_and(|link| link.gone && matches!(link.handler, Handler::Ended)) {
                self.links.remove(&id);
            }
        }
    }

    pub(super) fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn queue(&mut self, node: NodeNo) -> &mut NodeQueue {
        let at = node.0 as usize;
        if self.queues.len() <= at {
            self.queues.resize_with(at + 1, NodeQueue::default);
        }
        // In range: it has just been made long enough.
        &mut self.queues[at]
    }

    /// Records a violation and closes the link without a word.
    pub(super) fn violate(&mut self, id: LinkId, kind: ViolationKind) {
        let seat = self.links.get(&id).and_then(|link| link.seat);
        let node = seat.map(|seat| self.directory.node_name(seat.node));
        tracing::warn!(link = id.0, ?kind, "A client did what no client may do; its link is closed.");
        self.record.violated(Violation { kind, link: id.0, node, at: self.now.0 });
        self.end(id, None);
    }
}
