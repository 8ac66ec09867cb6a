//! Whether a world has come to rest: everything that can be handed out is handed out, every queue is empty,
//! every device runs.

use crate::device::Task;
use crate::journal::{Fate, Kind};
use crate::plan::Role;
use crate::world::World;

/// Whether nothing is under way any more.
pub(crate) fn at_rest(world: &mut World) -> bool {
    unrest_in(world).is_none()
}

/// What is still under way, in words.
pub(crate) fn unrest(world: &mut World) -> String {
    unrest_in(world).unwrap_or_default()
}

fn unrest_in(world: &World) -> Option<String> {
    if world.copies_are_used() {
        return Some("a copied device is still used".to_owned());
    }
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
        if device.errands.iter().any(|errand| matches!(errand.task, Task::Retry(_))) {
            return Some(format!("client {client} is about to send something again"));
        }
        let Some(process) = &device.process else {
            if slot.plan.role == Role::First || device.ticket.is_some() || slot.copy_of.is_some() {
                return Some(format!("client {client} does not run"));
            }
            continue;
        };
        match process.view.outbox() {
            Ok(rows) => {
                let moving = rows.iter().find(|row| row.moves());
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
    let mut busy = queued.filter(|(_, count)| *count > 0).filter_map(|(node, _)| world.client_of_node(&node));
    busy.next().map(|client| format!("client {client} has not taken everything from its site's queue"))
}

/// Items that can never be taken: of further nodes that were never made, or pings to somebody without name.
pub(crate) fn is_hopeless(world: &World, number: usize) -> bool {
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
