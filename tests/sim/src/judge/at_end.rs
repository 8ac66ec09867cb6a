//! The judgement at the end of a world, when everything has come to rest:
//!
//! - everything that `send` took was accepted by the site once, or is withdrawn, or was set aside by hand;
//! - everything that the site accepted is at every node that it was queued for, once, whole, in the thread
//!   of its sender, in the order in which he sent it;
//! - nobody shows anything else;
//! - the site saw nothing that no client may do.
//!
//! What the design allows to remain is counted in [`World::remainders`], never overlooked.

use std::collections::{BTreeMap, BTreeSet};

use tmtp_account::Withdrawn;
use tmtp_site::AcceptedPost;
use tmtp_wire::ids::{MessageRef, MsgId};

use super::{Finding, item_of};
use crate::journal::{Fate, Kind};
use crate::plan::Role;
use crate::view::{Shown, View};
use crate::world::World;

/// What one client shows at the end.
struct Screen {
    client: usize,
    /// By thread, in a person's order: the texts.
    threads: Vec<Vec<Shown>>,
}

/// Whether nothing is under way any more.
pub(crate) fn at_rest(world: &mut World) -> bool {
    unrest_in(world).is_none()
}

/// What is still under way, in words.
pub(crate) fn unrest(world: &mut World) -> String {
    unrest_in(world).unwrap_or_default()
}

fn unrest_in(world: &World) -> Option<String> {
    for (number, item) in world.journal.items.iter().enumerate() {
        if item.fate == Fate::Open && !world.is_stock(item.client) && !is_hopeless(world, number) {
            let errands =
                world.slots.get(item.client).and_then(|slot| slot.device()).map(|device| &device.errands);
            return Some(format!("item {number} of client {} was never taken: {errands:?}", item.client));
        }
    }
    for (client, slot) in world.slots.iter().enumerate() {
        if let Some(stock) = slot.stock() {
            if !stock.is_idle() {
                return Some(format!("stock client {client} has something to write"));
            }
            continue;
        }
        let Some(device) = slot.device() else { continue };
        let Some(process) = &device.process else {
            if slot.plan.role == Role::First || device.ticket.is_some() {
                return Some(format!("client {client} does not run"));
            }
            continue;
        };
        match process.view.outbox() {
            Ok(rows) => {
                let moving = rows.iter().find(|row| row.state != "failed" && row.state != "doubt");
                if let Some(row) = moving {
                    let state = process.account.state();
                    return Some(format!(
                        "client {client} ({state:?}) has a {} that is {}",
                        row.kind, row.state
                    ));
                }
            }
            Err(error) => return Some(format!("client {client} cannot be read: {error}")),
        }
    }
    let queued = world.sites.iter().flat_map(|there| there.site.queued_by_node());
    let mut busy = queued.filter(|(_, count)| *count > 0).filter_map(|(node, _)| node_client(world, &node));
    busy.next().map(|client| format!("client {client} has not taken everything from its site's queue"))
}

/// Items that can never be taken: of further nodes that were never made, or pings to somebody without name.
fn is_hopeless(world: &World, number: usize) -> bool {
    let Some(item) = world.journal.items.get(number) else { return true };
    let Some(slot) = world.slots.get(item.client) else { return true };
    let unmade =
        slot.plan.role == Role::Further && slot.device().is_some_and(|device| device.ticket.is_none());
    let nameless = match item.kind {
        Kind::Ping(to) => world.members.get(&to).is_none_or(|member| !member.named),
        _ => false,
    };
    unmade || nameless
}

/// Which client of ours a node of the site is, by the site's name for it.
fn node_client(world: &World, node: &str) -> Option<usize> {
    world.nodes.get(node).copied()
}

/// See the module's text.
pub(crate) fn at_end(world: &mut World) {
    violations(world);
    orphans(world);
    let screens = screens(world);
    let mut accepted = accepted(world);
    for number in 0..world.journal.items.len() {
        let posts = accepted.remove(&number).unwrap_or_default();
        fate_of(world, number, &posts);
        for (site, post) in &posts {
            arrival_of(world, number, *site, post, &screens);
        }
    }
    for screen in &screens {
        nothing_else(world, screen);
        order(world, screen);
        files(world, screen);
    }
    same_threads(world, &screens);
    pings(world);
    invitations(world);
    stock_screens(world);
}

fn violations(world: &mut World) {
    let all: Vec<_> = world.sites.iter().map(|there| there.site.record().violations.clone()).collect();
    for (site, violations) in all.into_iter().enumerate() {
        for violation in violations {
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
fn accepted(world: &World) -> BTreeMap<usize, Vec<(usize, AcceptedPost)>> {
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
    let mut found: BTreeMap<usize, Vec<(usize, AcceptedPost)>> = BTreeMap::new();
    for (site, there) in world.sites.iter().enumerate() {
        for post in &there.site.record().posts {
            let by_id = post.send_id.and_then(|send_id| items.get(&(post.from.clone(), send_id)));
            if let Some(number) = by_id.or_else(|| bytes.get(&post.sha256)) {
                found.entry(*number).or_default().push((site, post.clone()));
            }
        }
    }
    found
}

/// Whether an item was sent as often as it should have been.
fn fate_of(world: &mut World, number: usize, posts: &[(usize, AcceptedPost)]) {
    let Some(item) = world.journal.items.get(number).cloned() else { return };
    let (client, times) = (item.client, posts.len());
    if !item.is_post() || item.send_id().is_none() {
        return;
    }
    let cut_short = posts.iter().any(|(_, post)| post.cut_short);
    if cut_short {
        world.remainders.add("cut_short_by_the_site");
    }
    if times > 1 && !cut_short {
        if item.withdrawn == Some(Withdrawn::WillNotResend) {
            world.find(Finding::SentAgainThoughWithdrawn { item: number });
        } else if item.by_hand {
            world.remainders.add("sent_again_by_hand");
        } else if posts.iter().rev().skip(1).any(|(_, post)| post.own_copy) {
            // The own copy of an earlier attempt was the proof.
            world.find(Finding::AcceptedTwice { item: number, times });
        } else {
            world.remainders.add("accepted_again_and_folded");
        }
    }
    match item.withdrawn {
        Some(Withdrawn::Removed) if times > 0 => world.find(Finding::SentThoughRemoved { item: number }),
        Some(Withdrawn::Removed | Withdrawn::WillNotResend) => {}
        _ if times == 0 && world.is_stock(client) => world.remainders.add("lost_by_a_stock_client"),
        _ if times == 0 => unsent(world, number),
        _ => {
            if !cut_short && !went_to_all(world, number, posts) {
                world.find(Finding::NotForAll { item: number });
            }
        }
    }
}

/// The site never got it: then its sender's outbox must still have it, with its reason.
fn unsent(world: &mut World, number: usize) {
    let Some(item) = world.journal.items.get(number) else { return };
    let client = item.client;
    let send_id = item.send_id().map_or(0, |send_id| send_id.value());
    let view =
        world.slots.get(client).and_then(|slot| slot.device()?.process.as_ref()).map(|process| &process.view);
    let rows = view.and_then(|view| view.outbox().ok()).unwrap_or_default();
    match rows.into_iter().find(|row| row.send_id == send_id) {
        Some(row) if row.state == "doubt" => world.remainders.add("still_in_doubt"),
        // Whoever takes the beginning of a thread back takes what follows it back.
        Some(row) if row.reason == "beginning_withdrawn" => {
            world.remainders.add("replies_to_what_was_withdrawn")
        }
        Some(row) => world.find(Finding::Failed { client, item: number, reason: row.reason }),
        None if item.by_hand => world.remainders.add("taken_as_sent_by_hand"),
        None => world.find(Finding::Vanished { client, item: number }),
    }
}

/// Whether every node of every member whom it was for is among those that the site queued it for.
fn went_to_all(world: &World, number: usize, posts: &[(usize, AcceptedPost)]) -> bool {
    let Some(Kind::Begin(members)) = world.journal.items.get(number).map(|item| &item.kind) else {
        return true;
    };
    let reached: BTreeSet<&str> = posts
        .iter()
        .flat_map(|(_, post)| post.recipients.iter())
        .filter_map(|node| node.split('.').next())
        .collect();
    members
        .iter()
        .filter_map(|who| world.members.get(who)?.uid.as_ref())
        .all(|uid| reached.contains(uid.as_str()))
}

/// Whether an accepted post is at every node that it was queued for, and at its sender.
fn arrival_of(world: &mut World, number: usize, _site: usize, post: &AcceptedPost, screens: &[Screen]) {
    let Ok(msgid) = post.msgid.parse::<MsgId>() else { return };
    let Some(item) = world.journal.items.get(number).cloned() else { return };
    let mut clients: BTreeSet<usize> =
        post.recipients.iter().filter_map(|node| node_client(world, node)).collect();
    clients.insert(item.client);
    for at in clients {
        let Some(device) = world.slots.get(at).and_then(|slot| slot.device()) else { continue };
        let Some(process) = &device.process else { continue };
        let known = process.view.message(msgid);
        let shown =
            screens.iter().filter(|screen| screen.client == at).flat_map(|screen| &screen.threads).flatten();
        let times = shown.filter(|shown| shown.text == item.text).count();
        let deletions = device.deletions;
        match known {
            Ok(Some(Some(text))) if text == item.text => {}
            Ok(Some(None)) if deletions > 0 => {}
            Ok(Some(Some(text))) => world.find(Finding::Alien { at, text }),
            Ok(_) if post.cut_short || (at == item.client && item.by_hand) => {}
            Ok(_) if times > 0 && at == item.client && !post.own_copy => {
                // Sent twice without a copy: the sender knows of one of them only.
                world.remainders.add("second_id_unknown_to_sender");
            }
            Ok(_) => world.find(Finding::Lost { client: item.client, item: number, at }),
            Err(error) => world.find(Finding::Unreadable { client: at, why: error.to_string() }),
        }
        if times > 1 && !world.may_be_doubled(number) {
            world.find(Finding::Doubled { item: number, at, times });
        }
    }
}

/// Nobody shows what nobody wrote, and nothing twice.
fn nothing_else(world: &mut World, screen: &Screen) {
    let mut seen = BTreeMap::new();
    for shown in screen.threads.iter().flatten() {
        let item = item_of(&shown.text);
        let real =
            item.and_then(|item| world.journal.items.get(item)).is_some_and(|item| item.text == shown.text);
        if !real {
            world.find(Finding::Alien { at: screen.client, text: shown.text.clone() });
        }
        if let Some(item) = item {
            *seen.entry(item).or_insert(0) += 1;
        }
    }
    for (item, times) in seen {
        if times > 1 && !world.may_be_doubled(item) {
            world.find(Finding::Doubled { item, at: screen.client, times });
        }
    }
}

/// One sender's posts of one thread are in the order in which he sent them.
fn order(world: &mut World, screen: &Screen) {
    let mut found = Vec::new();
    for thread in &screen.threads {
        let numbers: Vec<usize> = thread.iter().filter_map(|shown| item_of(&shown.text)).collect();
        found.extend(reordered(world, &numbers));
    }
    for (first, second) in found {
        world.find(Finding::Reordered { at: screen.client, first, second });
    }
}

/// Two items of one sender that stand in the wrong order, if there are any.
fn reordered(world: &World, numbers: &[usize]) -> Option<(usize, usize)> {
    let mut last: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    for number in numbers {
        let item = world.journal.items.get(*number)?;
        let Fate::Taken { order, .. } = item.fate else { continue };
        // Sent again by hand, or failed and sent later: it takes its place where it was accepted last.
        if item.by_hand || world.may_be_doubled(*number) {
            continue;
        }
        match last.insert(item.client, (order, *number)) {
            Some((before, first)) if before > order => return Some((first, *number)),
            _ => {}
        }
    }
    None
}

fn files(world: &mut World, screen: &Screen) {
    let mut damaged = Vec::new();
    let Some(device) = world.slots.get(screen.client).and_then(|slot| slot.device()) else { return };
    let Some(process) = &device.process else { return };
    for shown in screen.threads.iter().flatten() {
        let item = item_of(&shown.text);
        let Some((number, item)) = item.and_then(|number| Some((number, world.journal.items.get(number)?)))
        else {
            continue;
        };
        let wanted: Vec<(String, Vec<u8>)> =
            item.file.iter().map(|file| (file.name.clone(), file.bytes())).collect();
        if read_files(&process.view, process.account.files(), shown.row) != Some(wanted) {
            damaged.push(number);
        }
    }
    for item in damaged {
        world.find(Finding::FileDamaged { item, at: screen.client });
    }
}

fn read_files(view: &View, files: &tmtp_store::Files, row: i64) -> Option<Vec<(String, Vec<u8>)>> {
    let mut read = Vec::new();
    for attached in view.attached(row).ok()? {
        if attached.damaged {
            return None;
        }
        let bytes = match (attached.data, attached.file) {
            (Some(data), _) => data,
            (None, Some((file, start))) => {
                let mut bytes = vec![0; usize::try_from(attached.size).ok()?];
                let got = files.read_at(&file, start, &mut bytes).ok()?;
                bytes.truncate(got);
                bytes
            }
            (None, None) => return None,
        };
        read.push((attached.name, bytes));
    }
    Some(read)
}

/// An item is in the thread that begins with the same item everywhere.
fn same_threads(world: &mut World, screens: &[Screen]) {
    let mut roots: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for screen in screens {
        // Where something was deleted the first message that is shown need not be the first.
        let device = world.slots.get(screen.client).and_then(|slot| slot.device());
        if device.is_none_or(|device| device.deletions > 0) {
            continue;
        }
        for thread in &screen.threads {
            let mut items = thread.iter().filter_map(|shown| item_of(&shown.text));
            let Some(root) = items.clone().next().filter(|root| begins(world, *root)) else { continue };
            for item in items.by_ref() {
                match roots.get(&item) {
                    Some((before, one)) if *before != root => found.push((item, *one, screen.client)),
                    Some(_) => {}
                    None => {
                        roots.insert(item, (root, screen.client));
                    }
                }
            }
        }
    }
    for (item, one, other) in found {
        world.find(Finding::OtherThread { item, one, other });
    }
}

fn begins(world: &World, number: usize) -> bool {
    matches!(world.journal.items.get(number).map(|item| &item.kind), Some(Kind::Begin(_)))
}

/// Each ping is at the first node of whom it was for, once; at a stock client at least once.
fn pings(world: &mut World) {
    let texts: Vec<Vec<String>> = (0..world.slots.len()).map(|client| pings_at(world, client)).collect();
    for number in 0..world.journal.items.len() {
        let Some(item) = world.journal.items.get(number).cloned() else { return };
        let Kind::Ping(to) = item.kind else { continue };
        for (at, texts) in texts.iter().enumerate() {
            let times = texts.iter().filter(|text| **text == item.text).count();
            let stock = world.is_stock(at);
            if times > 1 && stock {
                world.remainders.add("ping_doubled_at_a_stock_client");
            } else if times > 1 && !item.by_hand {
                world.find(Finding::Doubled { item: number, at, times });
            }
            let must = at == to && item.withdrawn.is_none() && !item.by_hand && item.send_id().is_some();
            if times == 0 && must {
                world.find(Finding::Lost { client: item.client, item: number, at });
            }
        }
    }
}

/// What is not understood is kept: each invitation that was answered is at the first node of whom it was
/// for, raw.
fn invitations(world: &mut World) {
    let mut missing = Vec::new();
    for (number, item) in world.journal.items.iter().enumerate() {
        let (Kind::Invitation(at), Fate::Taken { message: Some(MessageRef::Site(msgid)), .. }) =
            (&item.kind, &item.fate)
        else {
            continue;
        };
        let process = world.slots.get(*at).and_then(|slot| slot.device()?.process.as_ref());
        if process.is_some_and(|process| process.view.knows(*msgid) != Ok(true)) {
            missing.push((item.client, number, *at));
        }
    }
    for (client, item, at) in missing {
        world.find(Finding::Lost { client, item, at });
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

/// A stock client folds nothing: what was accepted twice is there twice.
fn stock_screens(world: &mut World) {
    let stocks: Vec<usize> = (0..world.slots.len()).filter(|client| world.is_stock(*client)).collect();
    for at in stocks {
        let arrived = world.stock(at).map(|stock| stock.arrived.clone()).unwrap_or_default();
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        let mut threads: BTreeMap<MsgId, Vec<usize>> = BTreeMap::new();
        for post in &arrived {
            let Some(item) = item_of(&post.text) else {
                world.find(Finding::Alien { at, text: post.text.clone() });
                continue;
            };
            *times.entry(item).or_default() += 1;
            threads.entry(post.thread).or_default().push(item);
        }
        for (item, times) in &times {
            if *times > 1 && !world.may_be_doubled(*item) {
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

fn missing_at_stock(world: &mut World, at: usize, arrived: &BTreeSet<String>) {
    let Some(uid) = world.members.get(&at).and_then(|member| member.uid.as_ref()).map(ToString::to_string)
    else {
        return;
    };
    let mut missing = Vec::new();
    for there in &world.sites {
        for post in &there.site.record().posts {
            let meant = post.recipients.iter().any(|node| node.split('.').next() == Some(uid.as_str()));
            // A stock sender's own posts come back to it like to everybody.
            if meant && !post.cut_short && !arrived.contains(&post.msgid) {
                missing.push(post.msgid.clone());
            }
        }
    }
    let accepted = accepted(world);
    for msgid in missing {
        let item = accepted.iter().find(|(_, posts)| posts.iter().any(|(_, post)| post.msgid == msgid));
        let item = item.map_or(0, |(item, _)| *item);
        let client = world.journal.items.get(item).map_or(0, |item| item.client);
        world.find(Finding::Lost { client, item, at });
    }
}

impl World {
    /// Whether an item may be somewhere twice: its person took the risk, or the site died inside its
    /// fan-out.
    pub(crate) fn may_be_doubled(&self, number: usize) -> bool {
        let Some(item) = self.journal.items.get(number) else { return false };
        let any_cut = || self.sites.iter().any(|there| there.site.record().cut_short() > 0);
        let posts = || accepted(self).remove(&number).unwrap_or_default();
        item.by_hand || (any_cut() && posts().iter().any(|(_, post)| post.cut_short))
    }

    /// Whether somebody has asked to take this item back, answered or not.
    pub(crate) fn was_called_back(&self, text: &str) -> bool {
        item_of(text).and_then(|number| self.journal.items.get(number)).is_some_and(|item| item.called_back)
    }

    /// Whether a client is a stock one.
    pub(crate) fn is_stock(&self, client: usize) -> bool {
        self.slots.get(client).is_some_and(|slot| slot.plan.role == Role::Stock)
    }
}
