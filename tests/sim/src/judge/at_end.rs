//! The judgement at the end of a world, when everything has come to rest:
//!
//! - everything that `send` took was accepted by the site once, or is withdrawn, or was set aside by hand;
//! - everything that the site queued for a node is there, the copied queue of a new node too;
//! - every post is there once, whole, in the thread of its sender, in the order in which he sent it;
//! - nobody shows anything else;
//! - the site saw nothing that no client may do.
//!
//! A device and a copy of it that was used beside it are one node to the site: what must be there must be at
//! one of the two.
//!
//! What the design allows to remain is counted in [`World::remainders`], never overlooked.

use std::collections::BTreeMap;

use tmtp_site::{AcceptedPost, ViolationKind};

use super::fates::{arrival_of, fate_of};
use super::labels::labels;
use super::lies::{contacts, parked, reached};
use super::queues::{pings, queues};
use super::screens::{files, nothing_else, order, same_threads};
use super::stocks::stock_screens;
use super::{Finding, item_of};
use crate::limits::LOW_MESSAGE_MAX;
use crate::plan::Role;
use crate::view::Shown;
use crate::world::World;

/// What one client shows at the end.
pub(super) struct Screen {
    pub(super) client: usize,
    /// By thread, in a person's order: the texts.
    pub(super) threads: Vec<Vec<Shown>>,
}

/// See the module's text.
pub(crate) fn at_end(world: &mut World) {
    violations(world);
    orphans(world);
    let screens = screens(world);
    let accepted = accepted(world);
    for number in 0..world.journal.items.len() {
        let posts = accepted.get(&number).cloned().unwrap_or_default();
        reached(world, number, &posts, &accepted);
        fate_of(world, number, &posts);
        for post in &posts {
            arrival_of(world, number, post, &screens);
        }
    }
    for screen in &screens {
        nothing_else(world, screen);
        order(world, screen);
        files(world, screen);
    }
    same_threads(world, &screens);
    queues(world);
    pings(world);
    stock_screens(world);
    contacts(world);
    parked(world);
    labels(world);
}

fn violations(world: &mut World) {
    let all: Vec<_> = world.sites.iter().map(|there| there.site.record().violations.clone()).collect();
    for (site, violations) in all.into_iter().enumerate() {
        for violation in violations {
            // Somebody tries what is too large for this site, as long as it is not set aside.
            if violation.kind == ViolationKind::MessageTooLarge && world.is_too_large_somewhere() {
                world.done.add("tried_what_is_too_large_for_the_site");
                continue;
            }
            world.find(Finding::Violation { site, kind: violation.kind });
        }
    }
}

/// Registrations whose answer was lost: a remainder that the protocol has (wire 14.1).
fn orphans(world: &mut World) {
    let made: u64 = world.sites.iter().map(|there| there.site.record().registrations).sum();
    let known = world.members.values().filter(|member| member.uid.is_some()).count() as u64;
    for _ in known..made {
        world.remainders.add("orphaned_registrations");
    }
}

fn screens(world: &mut World) -> Vec<Screen> {
    let mut screens = Vec::new();
    let mut unreadable = Vec::new();
    for (client, slot) in world.slots.iter().enumerate() {
        let Some(process) = slot.device().and_then(|device| device.process.as_ref()) else { continue };
        match process.view.shown() {
            Ok(rows) => screens.push(Screen { client, threads: by_thread(rows) }),
            Err(error) => unreadable.push((client, error.to_string())),
        }
    }
    for (client, why) in unreadable {
        world.find(Finding::Unreadable { client, why });
    }
    screens
}

fn by_thread(rows: Vec<Shown>) -> Vec<Vec<Shown>> {
    let mut threads: Vec<Vec<Shown>> = Vec::new();
    for row in rows {
        match threads.last_mut() {
            Some(thread) if thread.last().is_some_and(|last| last.thread_row == row.thread_row) => {
                thread.push(row)
            }
            _ => threads.push(vec![row]),
        }
    }
    threads
}

/// Which accepted posts are which item: by sender and send id; those of stock clients by their bytes.
pub(crate) fn accepted(world: &World) -> BTreeMap<usize, Vec<AcceptedPost>> {
    let mut items = BTreeMap::new();
    let mut bytes = BTreeMap::new();
    for (number, item) in world.journal.items.iter().enumerate() {
        let Some(slot) = world.slots.get(item.client) else { continue };
        if let Some(stock) = slot.stock() {
            bytes.extend(stock.written.clone());
            continue;
        }
        let uid = world.members.get(&slot.plan.member).and_then(|member| member.uid.as_ref());
        if let (Some(uid), Some(send_id)) = (uid, item.send_id()) {
            items.insert((uid.to_string(), send_id.value()), number);
        }
    }
    let mut found: BTreeMap<usize, Vec<AcceptedPost>> = BTreeMap::new();
    for there in &world.sites {
        for post in &there.site.record().posts {
            let by_id = post.send_id.and_then(|send_id| items.get(&(post.from.clone(), send_id)));
            if let Some(number) = by_id.or_else(|| bytes.get(&post.sha256)) {
                found.entry(*number).or_default().push(post.clone());
            }
        }
    }
    found
}

impl World {
    /// Whether an item may be somewhere twice: its person took the risk, the site died inside its fan-out, or
    /// two devices with one outbox have made different posts of it.
    pub(crate) fn may_be_doubled(&self, number: usize) -> bool {
        let Some(item) = self.journal.items.get(number) else { return false };
        let any_cut = || self.sites.iter().any(|there| there.site.record().cut_short() > 0);
        let posts = || accepted(self).remove(&number).unwrap_or_default();
        let differ = || {
            let posts = posts();
            posts.iter().any(|post| Some(&post.sha256) != posts.first().map(|first| &first.sha256))
        };
        item.by_hand
            || (any_cut() && posts().iter().any(|post| post.cut_short))
            || (self.has_a_copy(item.client) && differ())
    }

    /// Whether two devices that are one node have sent an item, each for itself.
    pub(crate) fn sent_by_two(&self, number: usize) -> bool {
        let Some(item) = self.journal.items.get(number) else { return false };
        self.has_a_copy(item.client) && accepted(self).get(&number).is_some_and(|posts| posts.len() > 1)
    }

    /// Which client of ours a node of the site is, by the site's name for it.
    pub(crate) fn client_of_node(&self, node: &str) -> Option<usize> {
        self.nodes.get(node).copied()
    }

    /// Whether somebody has asked to take this item back, answered or not.
    pub(crate) fn was_called_back(&self, text: &str) -> bool {
        item_of(text).and_then(|number| self.journal.items.get(number)).is_some_and(|item| item.called_back)
    }

    /// Whether the site cannot take an item for its size.
    pub(crate) fn is_too_large(&self, number: usize) -> bool {
        let size = self.journal.items.get(number).and_then(|item| item.file.as_ref()).map(|file| file.size);
        self.plan.low_limits && size.is_some_and(|size| size > LOW_MESSAGE_MAX - 3_000)
    }

    fn is_too_large_somewhere(&self) -> bool {
        (0..self.journal.items.len()).any(|number| self.is_too_large(number))
    }

    /// Whether a client is one who lies.
    pub(crate) fn is_liar(&self, client: usize) -> bool {
        self.slots.get(client).is_some_and(|slot| slot.plan.role == Role::Liar)
    }

    /// Whether a client is a stock one, or one who lies.
    pub(crate) fn is_stock(&self, client: usize) -> bool {
        self.slots.get(client).is_some_and(|slot| slot.plan.role.is_foreign())
    }
}
