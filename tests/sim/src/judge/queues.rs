//! What the site has queued for each node: all of it is in that node's store, in whatever form. For a node
//! that was made by another one this begins with the copy of that one's queue (wire 12.7).

use tmtp_site::QueuedMessage;
use tmtp_wire::ids::MsgId;

use super::Finding;
use super::in_passing::is_to_itself;
use crate::journal::Kind;
use crate::world::World;

/// Everything that was ever queued for a node of ours was taken by it, or knowingly discarded.
pub(super) fn queues(world: &mut World) {
    let records = world.sites.iter().flat_map(|there| there.site.record().queued.clone());
    for (node, queued) in records.collect::<Vec<_>>() {
        // A node that nobody has ever used, or a stock client, which is judged by its posts.
        let Some(at) = world.client_of_node(&node).filter(|at| !world.is_stock(*at)) else { continue };
        for message in queued {
            taken(world, at, &node, &message);
        }
    }
}

fn taken(world: &mut World, at: usize, node: &str, message: &QueuedMessage) {
    let Ok(msgid) = message.msgid.parse::<MsgId>() else { return };
    if is_to_itself(node, message) {
        return;
    }
    if message.copied {
        world.done.add("copied_to_a_new_node");
    }
    let same = world.same_node(at);
    let devices = || same.iter().filter_map(|one| world.slots.get(*one)?.device());
    let known =
        devices().filter_map(|device| device.process.as_ref()?.view.knows(msgid).ok()).any(|known| known);
    let discarded = devices().any(|device| device.discarded.contains_key(&msgid));
    let shown = |device: &crate::device::Device| {
        let there = device.process.as_ref().and_then(|process| process.view.message(msgid).ok().flatten());
        device.discarded.get(&msgid) == Some(&true) && there.is_some()
    };
    if devices().any(shown) {
        world.find(Finding::DiscardedIsShown { at, msgid: message.msgid.clone() });
    }
    if !known && discarded {
        world.remainders.add("discarded_knowingly");
    } else if !known {
        let QueuedMessage { msgid, op, copied, .. } = message.clone();
        world.find(Finding::NotTaken { at, msgid, op, copied });
    }
}

/// Each ping is at the first node of whom it was for; nowhere twice, but at a stock client.
pub(super) fn pings(world: &mut World) {
    let all: Vec<Vec<String>> = (0..world.slots.len()).map(|client| pings_at(world, client)).collect();
    for number in 0..world.journal.items.len() {
        let Some(item) = world.journal.items.get(number).cloned() else { return };
        let Kind::Ping(to) = item.kind else { continue };
        for (at, texts) in all.iter().enumerate() {
            let times = texts.iter().filter(|text| **text == item.text).count();
            let stock = world.is_stock(at);
            if times > 1 && stock {
                world.remainders.add("ping_doubled_at_a_stock_client");
            } else if times > 1 && !item.by_hand {
                world.find(Finding::Doubled { item: number, at, times });
            }
            let must = at == to && item.withdrawn.is_none() && !item.by_hand && item.send_id().is_some();
            let same = world.same_node(at);
            let mut beside = same.iter().filter_map(|one| all.get(*one)).flatten();
            if must && !beside.any(|text| *text == item.text) {
                world.find(Finding::Lost { client: item.client, item: number, at });
            }
        }
    }
}

fn pings_at(world: &World, client: usize) -> Vec<String> {
    let Some(slot) = world.slots.get(client) else { return Vec::new() };
    if let Some(stock) = slot.stock() {
        return stock.pings.clone();
    }
    let process = slot.device().and_then(|device| device.process.as_ref());
    process.and_then(|process| process.view.pings().ok()).unwrap_or_default()
}
