//! What became of each item: sent as often as it should have been, to all whom it was for, and there at every
//! node that the site queued it for.

use std::collections::BTreeSet;

use tmtp_account::Withdrawn;
use tmtp_site::AcceptedPost;
use tmtp_wire::ids::MsgId;

use super::Finding;
use super::at_end::Screen;
use crate::view::Waiting;
use crate::world::World;

/// Whether an item was sent as often as it should have been.
pub(super) fn fate_of(world: &mut World, number: usize, posts: &[AcceptedPost]) {
    let Some(item) = world.journal.items.get(number).cloned() else { return };
    let (client, times) = (item.client, posts.len());
    if !item.is_post() || item.send_id().is_none() {
        return;
    }
    let cut_short = posts.iter().any(|post| post.cut_short);
    if cut_short {
        world.remainders.add("cut_short_by_the_site");
    }
    if times > 1 && !cut_short {
        if world.has_a_copy(client) {
            // The proof may have come to the other one, or both had it in the outbox.
            world.remainders.add("accepted_again_from_a_parallel_clone");
        } else if item.withdrawn == Some(Withdrawn::WillNotResend) && !item.by_hand {
            world.find(Finding::SentAgainThoughWithdrawn { item: number });
        } else if item.by_hand {
            world.remainders.add("sent_again_by_hand");
        } else if posts.iter().rev().skip(1).any(|post| post.own_copy) {
            // The own copy of an earlier attempt was the proof.
            world.find(Finding::AcceptedTwice { item: number, times });
        } else {
            world.remainders.add("accepted_again_and_folded");
        }
    }
    match item.withdrawn {
        // The site died inside its fan-out, so that nothing told its sender.
        Some(Withdrawn::Removed) if cut_short => world.remainders.add("removed_but_cut_short_by_the_site"),
        Some(Withdrawn::Removed) if times > 0 && world.has_a_copy(client) => {
            world.remainders.add("removed_but_sent_by_a_parallel_clone");
        }
        Some(Withdrawn::Removed) if times > 0 => world.find(Finding::SentThoughRemoved { item: number }),
        Some(Withdrawn::Removed | Withdrawn::WillNotResend) => {}
        _ if times == 0 && world.is_stock(client) => world.remainders.add("lost_by_a_stock_client"),
        _ if times == 0 => unsent(world, number),
        _ => {}
    }
}

/// The site never got it: then its sender's outbox must still have it, with its reason.
fn unsent(world: &mut World, number: usize) {
    let Some(item) = world.journal.items.get(number) else { return };
    let client = item.client;
    match waiting(world, number) {
        Some(row) if row.state == "doubt" => world.remainders.add("still_in_doubt"),
        Some(row) if row.behind_a_doubt => world.remainders.add("behind_what_is_still_in_doubt"),
        // Whoever takes the beginning of a thread back takes what follows it back.
        Some(row) if row.reason == "beginning_withdrawn" => {
            world.remainders.add("replies_to_what_was_withdrawn")
        }
        Some(_) if world.is_too_large(number) => world.done.add("set_aside_as_too_large"),
        Some(row) if row.reason == "beginning_refused" && world.begins_too_large(number) => {
            world.remainders.add("replies_to_what_is_too_large");
        }
        Some(_) if world.answers_a_lie(number) => world.remainders.add("refused_in_a_thread_of_lies"),
        Some(row) => world.find(Finding::Failed { client, item: number, reason: row.reason }),
        None if item.taken_as_sent => world.remainders.add("taken_as_sent_by_hand"),
        // Handled counts as sent where nothing can be refused, and this site refuses what cannot be.
        None if world.was_refused_rudely(number) => world.remainders.add("refused_while_nobody_listened"),
        None => world.find(Finding::Vanished { client, item: number }),
    }
}

/// How an accepted post stands at one device.
enum Stand {
    Here,
    Missing,
    /// There is something else under its id.
    Alien(String),
    Unreadable(String),
}

/// Whether an accepted post is at every node that it was queued for, and at its sender.
pub(super) fn arrival_of(world: &mut World, number: usize, post: &AcceptedPost, screens: &[Screen]) {
    let Ok(msgid) = post.msgid.parse::<MsgId>() else { return };
    let Some(item) = world.journal.items.get(number).cloned() else { return };
    // What is no post is stored raw: that it is there at all is looked for in the queues.
    if item.told().is_some_and(|told| told.broken) {
        return;
    }
    let mut clients: BTreeSet<usize> =
        post.recipients.iter().filter_map(|node| world.client_of_node(node)).collect();
    clients.insert(item.client);
    for at in clients {
        if world.slots.get(at).and_then(|slot| slot.device()?.process.as_ref()).is_none() {
            continue;
        }
        let same = world.same_node(at);
        let stands: Vec<Stand> = same.iter().map(|one| stand(world, *one, msgid, &item.text)).collect();
        let aliens = stands.iter().filter_map(|stand| match stand {
            Stand::Alien(text) => Some(Finding::Alien { at, text: text.clone() }),
            Stand::Unreadable(why) => Some(Finding::Unreadable { client: at, why: why.clone() }),
            Stand::Here | Stand::Missing => None,
        });
        aliens.for_each(|finding| world.find(finding));
        let times = same.iter().map(|one| shown_times(screens, *one, &item.text)).max().unwrap_or_default();
        let discarded = same.iter().filter_map(|one| world.slots.get(*one)?.device());
        let discarded = discarded.into_iter().any(|device| device.discarded.contains_key(&msgid));
        if stands.iter().any(|stand| matches!(stand, Stand::Here)) || discarded {
            // Where it should be, or counted with the queues.
        } else if post.cut_short || (at == item.client && item.by_hand) {
            // Who took it for sent does not know its id; the site died before it came there.
        } else if at == item.client && !post.own_copy && item.withdrawn == Some(Withdrawn::WillNotResend) {
            taken_back_but_sent(world, number, times > 0);
        } else if (times > 0 || has_deleted(world, at)) && at == item.client && !post.own_copy {
            // Sent twice without a copy, or proven by a later one: the sender does not know this id.
            world.remainders.add("second_id_unknown_to_sender");
        } else if stands.iter().any(|stand| matches!(stand, Stand::Missing)) {
            world.find(Finding::Lost { client: item.client, item: number, at });
        }
        if times > 1 && !world.may_be_doubled(number) {
            world.find(Finding::Doubled { item: number, at, times });
        }
    }
}

/// It was taken back while it might have been sent, it was, and its sender does not know its id. Then he still sees it
/// in the outbox as such, or a later proof has settled it and he sees it as sent, or he has dismissed or deleted it.
fn taken_back_but_sent(world: &mut World, number: usize, is_shown: bool) {
    let Some(item) = world.journal.items.get(number) else { return };
    let waits = waiting(world, number).is_some_and(|row| row.state == "doubt" && row.withdrawn);
    if waits {
        world.remainders.add("taken_back_but_sent_and_says_so");
    } else if is_shown {
        world.remainders.add("taken_back_but_proven_sent");
    } else if item.seen_unproven {
        world.remainders.add("taken_back_but_sent_and_dismissed");
    } else if has_deleted(world, item.client) {
        world.remainders.add("taken_back_but_sent_and_deleted");
    } else {
        world.find(Finding::VanishedInDoubt { item: number });
    }
}

/// Whether a person has deleted something there.
fn has_deleted(world: &World, client: usize) -> bool {
    world.slots.get(client).and_then(|slot| slot.device()).is_some_and(|device| device.deletions > 0)
}

/// An item in its sender's outbox.
fn waiting(world: &World, number: usize) -> Option<Waiting> {
    let item = world.journal.items.get(number)?;
    let send_id = item.send_id().map_or(0, |send_id| send_id.value());
    let view = &world.slots.get(item.client)?.device()?.process.as_ref()?.view;
    view.outbox().ok()?.into_iter().find(|row| row.send_id == send_id)
}

fn stand(world: &World, at: usize, msgid: MsgId, wanted: &str) -> Stand {
    let Some(device) = world.slots.get(at).and_then(|slot| slot.device()) else { return Stand::Missing };
    let Some(process) = &device.process else { return Stand::Missing };
    match process.view.message(msgid) {
        Ok(Some(Some(text))) if text == wanted => Stand::Here,
        Ok(Some(Some(text))) => Stand::Alien(text),
        Ok(Some(None)) if device.deletions > 0 => Stand::Here,
        Ok(_) => Stand::Missing,
        Err(error) => Stand::Unreadable(error.to_string()),
    }
}

fn shown_times(screens: &[Screen], at: usize, text: &str) -> usize {
    let shown =
        screens.iter().filter(|screen| screen.client == at).flat_map(|screen| &screen.threads).flatten();
    shown.filter(|shown| shown.text == text).count()
}
