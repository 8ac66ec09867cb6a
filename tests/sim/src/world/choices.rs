//! What people decide about what waits for their word: a delivery above the limit, a post in doubt that
//! nothing will prove. A person sees such things in a list, when told and whenever the app is opened, and
//! takes some time; some are left for later, and some posts are left in doubt for good.

use tmtp_wire::ids::SendId;

use super::{Due, Using, World};
use crate::device::{Errand, Task};
use crate::limits::ASK_AGAIN;

/// Nobody takes longer than this to decide something that is not put off.
const THINKS: u64 = 30_000;

impl World {
    /// A person looks at what waits for a word.
    pub(super) fn look_at_lists(&mut self, client: usize) {
        if self.slots.get(client).is_none_or(|slot| slot.using == Using::Over) {
            return;
        }
        self.look_at_large(client);
        self.look_at_unproven(client);
    }

    fn look_at_large(&mut self, client: usize) {
        let Some(process) = self.process(client) else { return };
        for msgid in process.view.asking().unwrap_or_default() {
            let decided = |errand: &Errand| matches!(errand.task, Task::TooLarge(of, _) if of == msgid);
            if self.device(client).is_none_or(|device| device.errands.iter().any(decided)) {
                continue;
            }
            let fetch = self.rng.chance(65);
            let later = !self.is_calm() && self.rng.chance(20);
            if later {
                self.done.add("too_large_left_for_later");
            }
            let from = if later { self.plan.calm } else { self.now };
            let after = self.rng.below(THINKS);
            self.decide(client, Task::TooLarge(msgid, fetch), from + after);
        }
    }

    fn look_at_unproven(&mut self, client: usize) {
        let Some(process) = self.process(client) else { return };
        for (send_id, withdrawn) in process.view.unproven().unwrap_or_default() {
            let Some(item) = self.item_of(client, send_id) else { continue };
            if let Some(item) = self.journal.items.get_mut(item) {
                item.seen_unproven = true;
            }
            let decided = |errand: &Errand| matches!(errand.task, Task::Decide(of, _) | Task::Withdraw(of) if of == item);
            let Some(device) = self.device(client) else { return };
            if device.left.contains(&send_id) || device.errands.iter().any(decided) {
                continue;
            }
            self.done.add("not_proven");
            if self.rng.chance(15) {
                self.done.add("left_in_doubt");
                self.device(client).into_iter().for_each(|device| _ = device.left.insert(send_id));
                continue;
            }
            let again = self.rng.chance(50);
            let at = self.now + self.rng.below(THINKS);
            // What was taken back is mostly dismissed, and sometimes wanted after all.
            let dismissed = withdrawn && self.rng.chance(70);
            let task = if dismissed { Task::Withdraw(item) } else { Task::Decide(item, again) };
            self.decide(client, task, at);
        }
    }

    fn decide(&mut self, client: usize, task: Task, at: u64) {
        if let Some(device) = self.device(client) {
            device.errands.push(Errand { earliest: at, ..Errand::new(task, at) });
        }
        self.at(at.max(self.now + 1), Due::Errands(client));
        self.at(at + ASK_AGAIN, Due::Errands(client));
    }

    /// The item of a send id, written at this client or at the one that it is a copy of.
    fn item_of(&self, client: usize, send_id: SendId) -> Option<usize> {
        let same = self.same_node(client);
        let mut items = self.journal.items.iter();
        items.position(|item| same.contains(&item.client) && item.send_id() == Some(send_id))
    }
}
