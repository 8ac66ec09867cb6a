//! What people decide about what waits for their word: a delivery above the limit, a post in doubt that
//! nothing will prove. A person sees such things in a list, when told and whenever the app is opened, and
//! takes some time; some are left for later, and some posts are left in doubt for good.

use tmtp_wire::ids::SendId;

use super::{Due, Using, World};
use crate::device::{Errand, Task};
use crate::limits::ASK_AGAIN;
use crate::view::Waiting;

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
        self.look_at_refused(client);
        self.look_at_contacts(client);
    }

    /// What the site has refused for no reason is sent again.
    fn look_at_refused(&mut self, client: usize) {
        let Some(process) = self.process(client) else { return };
        for row in process.view.outbox().unwrap_or_default() {
            if !self.will_be_sent_again(client, &row) {
                continue;
            }
            let item = SendId::new(row.send_id).and_then(|send_id| self.item_of(client, send_id));
            let (Some(item), Some(device)) = (item, self.device(client)) else { continue };
            let decided =
                |errand: &Errand| matches!(errand.task, Task::Retry(of) | Task::Withdraw(of) if of == item);
            if device.errands.iter().any(decided) {
                continue;
            }
            let at = self.now + self.rng.below(THINKS);
            self.decide(client, Task::Retry(item), at);
        }
    }

    /// Whether a person will send this again: the site has refused it for no reason. Of what a list of lies names it
    /// would never accept everybody.
    pub(super) fn will_be_sent_again(&self, client: usize, row: &Waiting) -> bool {
        let item = || SendId::new(row.send_id).and_then(|send_id| self.item_of(client, send_id));
        row.state == "failed"
            && item().is_some_and(|item| self.was_refused_rudely(item) && !self.answers_a_lie(item))
    }

    /// Takes note of whom the site has checked.
    fn look_at_contacts(&mut self, client: usize) {
        let Some(device) = self.device(client).filter(|device| !device.disk.dead()) else { return };
        let Some(process) = &device.process else { return };
        let checked = process.view.checked().unwrap_or_default();
        device.checked.extend(checked);
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
