//! What stock clients have: they fold nothing, so they show what the site has accepted twice.

use std::collections::{BTreeMap, BTreeSet};

use tmtp_site::AcceptedPost;
use tmtp_wire::ids::MsgId;

use super::at_end::accepted;
use super::screens::reordered;
use super::{Finding, item_of};
use crate::plan::Role;
use crate::world::World;

/// A stock client folds nothing: what was accepted twice is there twice.
pub(super) fn stock_screens(world: &mut World) {
    let stocks: Vec<usize> = (0..world.slots.len()).filter(|client| world.is_stock(*client)).collect();
    for at in stocks {
        let arrived = world.stock(at).map(|stock| stock.arrived.clone()).unwrap_or_default();
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        let mut threads: BTreeMap<MsgId, Vec<usize>> = BTreeMap::new();
        for post in &arrived {
            let Some(item) = item_of(&post.text) else {
                // It makes what it can of what is no post.
                if post.text.is_empty() && world.is_lied_in() {
                    continue;
                }
                world.find(Finding::Alien { at, text: post.text.clone() });
                continue;
            };
            *times.entry(item).or_default() += 1;
            threads.entry(post.thread).or_default().push(item);
        }
        for (item, times) in &times {
            if *times > 1 && world.is_liar(at) {
                // It has said that it folds.
                world.remainders.add("doubled_at_one_who_lies");
            } else if *times > 1 && world.is_unheard_of(at, *item) {
                // A post too large to prove itself, and nobody could know that not all nodes of this member fold.
                world.remainders.add("large_post_doubled_at_an_unknown_stock_node");
            } else if *times > 1 && !world.may_be_doubled(*item) && !world.sent_by_two(*item) {
                world.find(Finding::Doubled { item: *item, at, times: *times });
            }
        }
        for numbers in threads.values() {
            if let Some((first, second)) = reordered(world, numbers) {
                world.find(Finding::Reordered { at, first, second });
            }
        }
        missing_at_stock(world, at, &arrived.iter().map(|post| post.msgid.to_string()).collect());
    }
}

impl World {
    /// Whether an item was written at the site of this client.
    fn is_at_the_site_of(&self, at: usize, number: usize) -> bool {
        let site = |client: usize| self.slots.get(client).map(|slot| slot.plan.site);
        self.journal.items.get(number).is_some_and(|item| site(item.client) == site(at))
    }

    /// Whether the sender of an item, which was sent without own copies, had got nothing from this stock client before
    /// it sent the item for the last time.
    fn is_unheard_of(&self, at: usize, number: usize) -> bool {
        let accepted = accepted(self);
        let Some(posts) = accepted.get(&number) else { return false };
        let (Some(last), Some(sender)) = (posts.last(), self.journal.items.get(number)) else { return false };
        let further = self.slots.get(at).is_some_and(|slot| slot.plan.role == Role::FurtherStock);
        if !further || posts.iter().any(|post| post.own_copy) {
            return false;
        }
        let of_it = |number: &usize| self.journal.items.get(*number).is_some_and(|item| item.client == at);
        let told = |post: &AcceptedPost| {
            let mut nodes = post.recipients.iter();
            post.order < last.order && nodes.any(|node| self.client_of_node(node) == Some(sender.client))
        };
        !accepted.iter().any(|(number, posts)| of_it(number) && posts.iter().any(told))
    }
}

fn missing_at_stock(world: &mut World, at: usize, arrived: &BTreeSet<String>) {
    let mut missing = Vec::new();
    for there in &world.sites {
        for post in &there.site.record().posts {
            let meant = post.recipients.iter().any(|node| world.client_of_node(node) == Some(at));
            // A stock sender's own posts come back to it like to everybody.
            if meant && !post.cut_short && !arrived.contains(&post.msgid) {
                missing.push(post.msgid.clone());
            }
        }
    }
    let accepted = accepted(world);
    for msgid in missing {
        // Each site counts its messages for itself.
        let mut here = accepted.iter().filter(|(number, _)| world.is_at_the_site_of(at, **number));
        let item = here.find(|(_, posts)| posts.iter().any(|post| post.msgid == msgid));
        let item = item.map_or(0, |(item, _)| *item);
        if world.journal.items.get(item).is_some_and(|item| item.told().is_some()) {
            continue;
        }
        let client = world.journal.items.get(item).map_or(0, |item| item.client);
        world.find(Finding::Lost { client, item, at });
    }
}
