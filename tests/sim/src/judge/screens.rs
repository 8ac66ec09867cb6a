//! What one client shows at the end, by itself and beside the others: nothing that nobody wrote, nothing
//! twice, in order, whole, in the same threads.

use std::collections::BTreeMap;

use super::at_end::Screen;
use super::{Finding, item_of};
use crate::journal::{Fate, Kind};
use crate::view::View;
use crate::world::World;

/// Nobody shows what nobody wrote, and nothing twice.
pub(super) fn nothing_else(world: &mut World, screen: &Screen) {
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
pub(super) fn order(world: &mut World, screen: &Screen) {
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
pub(super) fn reordered(world: &World, numbers: &[usize]) -> Option<(usize, usize)> {
    let mut last: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    for number in numbers {
        let item = world.journal.items.get(*number)?;
        let Fate::Taken { order, .. } = item.fate else { continue };
        // Sent again by hand, or failed and sent later: it takes its place where it was accepted last.
        if item.by_hand
            || world.was_refused_rudely(*number)
            || world.may_be_doubled(*number)
            || world.sent_by_two(*number)
        {
            continue;
        }
        match last.insert(item.client, (order, *number)) {
            // What is still in doubt has no place yet: its sender sees it behind everything.
            Some((before, first))
                if before > order && !is_in_doubt(world, first) && !is_in_doubt(world, *number) =>
            {
                return Some((first, *number));
            }
            _ => {}
        }
    }
    None
}

/// Whether an item still waits in its sender's outbox for a proof or a person, or in that of a copy of its device, or was
/// set aside there.
fn is_in_doubt(world: &World, number: usize) -> bool {
    let Some(item) = world.journal.items.get(number) else { return false };
    let Some(send_id) = item.send_id() else { return false };
    world.same_node(item.client).into_iter().any(|client| {
        let process = world.slots.get(client).and_then(|slot| slot.device()?.process.as_ref());
        let rows = process.and_then(|process| process.view.outbox().ok()).unwrap_or_default();
        rows.iter()
            .any(|row| row.send_id == send_id.value() && matches!(row.state.as_str(), "doubt" | "failed"))
    })
}

pub(super) fn files(world: &mut World, screen: &Screen) {
    let mut damaged = Vec::new();
    let Some(device) = world.slots.get(screen.client).and_then(|slot| slot.device()) else { return };
    let Some(process) = &device.process else { return };
    for shown in screen.threads.iter().flatten() {
        let item = item_of(&shown.text);
        let Some((number, item)) = item.and_then(|number| Some((number, world.journal.items.get(number)?)))
        else {
            continue;
        };
        // The names of files that somebody lies about are theirs; what becomes of them is looked at elsewhere.
        if item.told().is_some() {
            continue;
        }
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
pub(super) fn same_threads(world: &mut World, screens: &[Screen]) {
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
