//! What the judge looks at while the world runs: after each step, when a confirmation leaves, when
//! something arrives, when a store is opened again.

use std::collections::{BTreeMap, BTreeSet};

use tmtp_account::{State, WaitWhy, WakeEnd};
use tmtp_disk::Disk;
use tmtp_site::QueuedMessage;
use tmtp_wire::ids::MsgId;

use super::Finding;
use crate::view::{Shown, View};
use crate::world::{Line, World};

/// A state that waits must have an end that somebody brings about: a timer, a dial, a close, or a person.
pub(crate) fn after_turn(world: &mut World, client: usize) {
    let Some(slot) = world.slots.get(client) else { return };
    let Some(process) = slot.device().and_then(|device| device.process.as_ref()) else { return };
    let timer = process.account.poll_timeout();
    // Without a link being wanted there is nothing to wait for.
    let under_way = matches!(slot.line, Line::Dialing(_) | Line::Closing(_)) || !slot.stays;
    let fits = match process.account.state() {
        _ if under_way => true,
        // The person, who has it in a list.
        State::Waiting { why: WaitWhy::TooLarge, .. } => {
            // On a disk that is dying nothing can be read.
            !process.view.asking().is_ok_and(|asking| asking.is_empty())
        }
        State::Connecting | State::Online => timer.is_some() && slot.line != Line::None,
        State::Waiting { until, .. } => timer.is_some_and(|at| at <= *until),
        State::NodeBusy { .. } | State::StorageFull { .. } | State::Locked => timer.is_some(),
        _ => true,
    };
    if !fits {
        let asking = process.view.asking();
        let what = format!(
            "{:?}, {:?}, timer {timer:?}, asked about {asking:?}",
            process.account.state(),
            slot.line
        );
        world.find(Finding::WaitsForNobody { client, what });
    }
}

/// Bytes are about to leave: what they confirm must be durable.
pub(crate) fn leaves(world: &mut World, client: usize, bytes: &[u8]) {
    let own = world.slots.get(client).and_then(|slot| world.members.get(&slot.plan.member)?.uid.as_ref());
    let own = own.map(ToString::to_string);
    let Some(slot) = world.slots.get_mut(client) else { return };
    let confirmed = slot.spy.leaves(bytes);
    if confirmed.is_empty() {
        return;
    }
    let Some(device) = slot.device() else { return };
    let Some(process) = &device.process else { return };
    let files =
        if device.disk.unsynced() > 0 { unsynced_files(&device.disk, &process.view) } else { Vec::new() };
    // What is unsynced of the database may be the rest of a step that failed: then the durable part counts.
    let power_cut = database_is_unsynced(&device.disk).then(|| device.disk.durable_copy(1));
    let left = power_cut.as_ref().map(|disk| View::open(&disk.root().join("account"), tmtp_disk::VFS_NAME));
    let mut found = Vec::new();
    for (id, seen) in confirmed {
        // What is confirmed unasked behind a login was seen on an earlier link.
        let Some(seen) = seen else { continue };
        if !files.is_empty() {
            found.push(Finding::ConfirmedUnsynced { client, id: id.clone(), paths: files.join(" ") });
        }
        // A ping to oneself only asks the site whether something is still to come.
        if matches!(seen.op.as_str(), "login" | "user")
            || seen.op == "ping" && own.as_ref() == Some(&seen.from)
        {
            continue;
        }
        let Ok(msgid) = id.parse::<MsgId>() else { continue };
        if device.discarded.contains_key(&msgid) {
            continue;
        }
        match process.view.knows(msgid) {
            Ok(true) => {}
            Ok(false) => found.push(Finding::ConfirmedNotStored { client, id: id.clone(), op: seen.op }),
            Err(error) => found.push(Finding::Unreadable { client, why: error.to_string() }),
        }
        let survives =
            left.as_ref().map(|view| view.as_ref().is_ok_and(|view| view.knows(msgid) == Ok(true)));
        if survives == Some(false) {
            found.push(Finding::ConfirmedUnsynced { client, id, paths: "the database".to_owned() });
        }
    }
    for finding in found {
        world.find(finding);
    }
}

/// Unsynced files that a row names. Others are being received, or were removed, and are swept when the
/// store is opened.
fn unsynced_files(disk: &Disk, view: &View) -> Vec<String> {
    let paths = disk.unsynced_paths();
    let files = paths.iter().filter_map(|path| path.strip_prefix("/account/files/"));
    files.filter(|file| view.names_file(file).unwrap_or(true)).map(str::to_owned).collect()
}

fn database_is_unsynced(disk: &Disk) -> bool {
    disk.unsynced() > 0 && disk.unsynced_paths().iter().any(|path| path.starts_with("/account/mail.db"))
}

/// Something may have been stored: takes note of what is shown, that nothing is shown twice, and that nothing has gone
/// that nobody took back.
///
/// What was taken back before it left is gone, and may be shown again: a copy of the device that still had it has sent
/// it. So a text counts as shown twice only while the row that showed it before is still there, deleted or not.
pub(crate) fn arrived(world: &mut World, client: usize) {
    let Some(device) = world.device(client) else { return };
    let Some(process) = &device.process else { return };
    let News { gone, fresh } = match news(&process.view, &device.rows) {
        Ok(news) => news,
        Err(error) => {
            world.find(Finding::Unreadable { client, why: error.to_string() });
            return;
        }
    };
    let gone: Vec<String> = gone.iter().filter_map(|row| device.rows.remove(row)).collect();
    device.shown.retain(|shown| !gone.contains(&shown.text));
    device.taken_back.extend(gone.iter().cloned());
    let mut doubled = Vec::new();
    let mut back = 0;
    for shown in fresh {
        device.rows.insert(shown.row, shown.text.clone());
        if device.shown.iter().any(|before| before.text == shown.text) {
            doubled.push(shown.text.clone());
        }
        back += u64::from(device.taken_back.remove(&shown.text));
        device.shown.push(shown);
    }
    if back > 0 {
        world.done.add_many("taken_back_and_back_again", back);
    }
    for item in gone {
        if !world.was_called_back(&item) {
            world.find(Finding::ForgotShown { client, item });
        }
    }
    for text in doubled {
        report_doubled(world, client, &text);
    }
}

/// What has changed among the messages of a store.
struct News {
    /// Rows that are there no more, or are another message's now.
    gone: Vec<i64>,
    /// Messages that are shown and were not seen before, in the order of their rows, which does not tell in which order
    /// they were stored.
    fresh: Vec<Shown>,
}

fn news(view: &View, seen: &BTreeMap<i64, String>) -> rusqlite::Result<News> {
    let now = view.texts()?;
    let is_gone = |row: &i64, text: &str| match now.get(row) {
        Some(Some(other)) => other != text,
        Some(None) => false,
        None => true,
    };
    let gone = seen.iter().filter(|(row, text)| is_gone(row, text)).map(|(row, _)| *row).collect();
    let is_fresh = |row: &i64, text: &String| seen.get(row) != Some(text);
    let fresh = now.iter().filter(|(row, text)| text.as_ref().is_some_and(|text| is_fresh(row, text)));
    let fresh: rusqlite::Result<Vec<Option<Shown>>> = fresh.map(|(row, _)| view.shown_row(*row)).collect();
    Ok(News { gone, fresh: fresh?.into_iter().flatten().collect() })
}

fn report_doubled(world: &mut World, at: usize, text: &str) {
    let item = super::item_of(text).unwrap_or_default();
    if !world.may_be_doubled(item) {
        world.find(Finding::Doubled { item, at, times: 2 });
    }
}

/// A store was opened again: what had been shown must still be there.
pub(crate) fn opened(world: &mut World, client: usize) {
    let Some(device) = world.device(client) else { return };
    let before = std::mem::take(&mut device.shown_before);
    arrived(world, client);
    let Some(device) = world.device(client) else { return };
    if device.deletions > 0 || device.disk.dead() {
        return;
    }
    let now: BTreeSet<&str> = device.shown.iter().map(|shown| shown.text.as_str()).collect();
    let missing: Vec<String> = before.into_iter().filter(|text| !now.contains(text.as_str())).collect();
    let missing = missing.into_iter().find(|text| !world.was_called_back(text));
    if let Some(item) = missing {
        world.find(Finding::ForgotShown { client, item });
    }
}

/// An account asks for a link. Only one is allowed at a time.
pub(crate) fn dialled(world: &mut World, client: usize) {
    let busy = world.slots.get(client).is_some_and(|slot| slot.line != Line::None);
    if busy {
        let what = "dials while it has a link".to_owned();
        world.find(Finding::StrangeAnswer { client, what });
    }
    let queued = queued_for(world, client).map_or(0, |(_, queued)| queued.len());
    if let Some(slot) = world.slots.get_mut(client) {
        slot.queued_at_dial = queued;
    }
}

/// The site's name for the node of a client, and everything that it has ever queued for it.
fn queued_for(world: &World, client: usize) -> Option<(&str, &[QueuedMessage])> {
    let site = world.slots.get(client)?.plan.site;
    let (node, _) = world.nodes.iter().find(|(_, of)| **of == client)?;
    let queued = world.sites.get(site)?.site.record().queued.get(node)?;
    Some((node, queued))
}

/// A look has ended. If it says that nothing is waiting, that must be so.
pub(crate) fn wake_ended(world: &mut World, client: usize, end: &WakeEnd) {
    // What a copy has taken is not here, and need not be readable now.
    if !matches!(end, WakeEnd::New | WakeEnd::NothingNew) || world.same_node(client).len() > 1 {
        return;
    }
    world.done.add("looks_with_proof");
    let Some(slot) = world.slots.get(client) else { return };
    let Some(device) = slot.device() else { return };
    let Some(process) = device.process.as_ref().filter(|_| !device.disk.dead()) else { return };
    let Some((node, queued)) = queued_for(world, client) else { return };
    let mut waited = queued.iter().take(slot.queued_at_dial).filter(|message| !is_to_itself(node, message));
    let missing = waited.find(|message| {
        let Ok(msgid) = message.msgid.parse::<MsgId>() else { return false };
        !device.discarded.contains_key(&msgid) && process.view.knows(msgid) == Ok(false)
    });
    if let Some(QueuedMessage { msgid, op, .. }) = missing.cloned() {
        world.find(Finding::ProvenTooEarly { client, msgid, op });
    }
}

/// A node asks its site in this way whether something is still to come; it is no mail.
pub(super) fn is_to_itself(node: &str, message: &QueuedMessage) -> bool {
    message.op == "ping" && node.split('.').next() == Some(message.from.as_str())
}
