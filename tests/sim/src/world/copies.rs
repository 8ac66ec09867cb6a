//! Copied devices. A copy without the key, or without the id of the installation, knows what it is: it shows
//! the mail, takes nothing for sending and never dials. A copy of everything cannot know; it is used beside
//! its original here, until somebody notices, empties it and throws it away. Both compete for one node, and
//! what comes for that node comes to one of them.

use tmtp_account::{Command, Hint, Input, Output, Refused, Reply, Send, State, Ticket, To, Wish};

use super::wrong::Struck;
use super::{Due, Line, Party, Slot, Using, World};
use crate::device::{Copied, Task};
use crate::journal::Fate;
use crate::judge::{self, Finding};
use crate::limits::COPY_LOOK_EVERY;
use crate::plan::{self, Role};

/// What a copy that knows what it is does within some hours.
#[derive(Debug, Default)]
struct Watched {
    dials: u32,
    answers: Vec<Result<Reply, Refused>>,
}

impl World {
    /// A copy that can know what it is.
    pub(super) fn copy_of_a_part(&mut self, client: usize) -> Struck {
        let now = self.now;
        let what = if self.rng.chance(50) { Copied::ButForTheInstall } else { Copied::ButForTheKey };
        let Some(site) = self.slots.get(client).map(|slot| slot.plan.site) else { return Struck::Nothing };
        let Some(address) = self.sites.get(site).map(|there| there.address.clone()) else {
            return Struck::Nothing;
        };
        let Some(device) = self.device(client).filter(|device| device.process.is_some()) else {
            return Struck::Nothing;
        };
        let view = device.process.as_ref().map(|process| &process.view);
        if view.and_then(|view| view.uid().ok().flatten()).is_none() {
            return Struck::Nothing;
        }
        let shows = |view: &crate::view::View| {
            let rows = view.shown().unwrap_or_default();
            rows.into_iter().map(|shown| shown.text).collect::<Vec<_>>()
        };
        let before = view.map(shows);
        let mut copy = device.copy(what);
        if let Err(why) = copy.start(&address, now) {
            self.find(Finding::CannotOpen { client, why: format!("a copy: {why}") });
            return Struck::Now;
        }
        let Some(process) = &mut copy.process else { return Struck::Now };
        let clocks = |hours: u64| copy.clock.at(now + hours * 3_600_000);
        process.account.put(Input::Wish(Wish::Stay));
        process.account.put(Input::Command(Ticket(1), Command::Send(note_to_self())));
        let mut watched = Watched::default();
        for hour in 0..6 {
            process.account.put(Input::Hint(Hint::UserActs));
            process.account.step(clocks(hour));
            while let Some(output) = process.account.poll_output() {
                match output {
                    Output::Dial => watched.dials += 1,
                    Output::Reply(_, answer) => watched.answers.push(answer),
                    _ => {}
                }
            }
        }
        let state = process.account.state().clone();
        let same = before == Some(shows(&process.view));
        copy.die();
        self.judge_part(client, what, &state, &watched, same);
        Struck::Now
    }

    fn judge_part(&mut self, client: usize, what: Copied, state: &State, watched: &Watched, same: bool) {
        let knows = match what {
            Copied::ButForTheInstall => *state == State::Cloned,
            _ => *state == State::KeyLost,
        };
        let refused = watched.answers.iter().all(|answer| matches!(answer, Err(Refused::State(_))));
        if watched.dials > 0 {
            self.find(Finding::CopyDials { client });
        }
        if !knows || !refused || watched.answers.len() != 1 || !same {
            let what = format!("{what:?}, state {state:?}, answers {:?}, same mail: {same}", watched.answers);
            self.find(Finding::CopyUnnoticed { client, what });
        }
        self.done.add("copy_noticed");
    }

    /// A copy of everything begins to be used.
    pub(super) fn copy_of_all(&mut self, client: usize, span: u64) -> Struck {
        let now = self.now;
        let Some(slot) = self.slots.get(client) else { return Struck::Nothing };
        // Edits of the member are left alone: two nodes or aliases instead of one would only be noise.
        let edits = |device: &crate::device::Device| {
            device.errands.iter().any(|errand| {
                matches!(errand.task, Task::Alias(_) | Task::Node(_) | Task::Ticket(_) | Task::Forget(_))
            })
        };
        let ready = slot.device().is_some_and(|device| {
            let view = device.process.as_ref().map(|process| &process.view);
            let registered = view.and_then(|view| view.uid().ok().flatten()).is_some();
            registered && !edits(device) && device.doom.is_none() && !device.disk.dead()
        });
        if !ready || slot.copy_of.is_some() || slot.copy.is_some() {
            return Struck::Nothing;
        }
        let Some(device) = slot.device() else { return Struck::Nothing };
        let copy = device.copy(Copied::Whole);
        let plan = plan::Client { role: Role::Further, stays: true, ..slot.plan.clone() };
        let number = self.slots.len();
        let slot = Slot { copy_of: Some(client), ..Slot::new(plan, Party::Ours(Box::new(copy)), true) };
        self.slots.push(slot);
        if let Some(original) = self.slots.get_mut(client) {
            original.copy = Some(number);
        }
        self.at(now, Due::Start(number));
        self.at(now + span, Due::CopyUnused(number));
        Struck::Now
    }

    /// Nobody uses the copy any more: it is emptied, and then thrown away.
    pub(super) fn copy_unused(&mut self, number: usize) {
        let Some(slot) = self.slots.get_mut(number) else { return };
        let Some(original) = slot.copy_of else { return };
        if slot.using == Using::InUse {
            slot.using = Using::Emptied;
            self.set_stay(original, false);
            self.set_stay(number, true);
        } else if self.is_empty(number) {
            self.slots.get_mut(number).into_iter().for_each(|slot| slot.using = Using::Over);
            self.device(number).into_iter().for_each(|device| device.errands.clear());
            self.set_stay(number, false);
            let stays = self.slots.get(original).is_some_and(|slot| slot.plan.stays) || self.is_calm();
            self.set_stay(original, stays);
            return;
        }
        self.at(self.now + COPY_LOOK_EVERY, Due::CopyUnused(number));
    }

    /// Whether a client has handed everything to its site that was handed to it.
    fn is_empty(&self, client: usize) -> bool {
        let mut items = self.journal.items.iter().enumerate().filter(|(_, item)| item.client == client);
        if items.any(|(number, item)| item.fate == Fate::Open && !judge::is_hopeless(self, number)) {
            return false;
        }
        let process = self.slots.get(client).and_then(|slot| slot.device()?.process.as_ref());
        let rows = process.and_then(|process| process.view.outbox().ok());
        rows.is_some_and(|rows| !rows.iter().any(|row| row.moves() || self.will_be_sent_again(client, row)))
    }

    /// Whose device a person takes into the hand: where there is a copy, now the one, now the other.
    pub(super) fn in_hand(&self, client: usize, deed: usize) -> usize {
        let copy = self.slots.get(client).and_then(|slot| slot.copy);
        let used = |copy: &usize| self.slots.get(*copy).is_some_and(|slot| slot.using == Using::InUse);
        copy.filter(used).filter(|_| deed % 2 == 1).unwrap_or(client)
    }

    /// Whether a client rests by force: an original whose copy is being emptied, or a copy that is over.
    pub(super) fn must_rest(&self, client: usize) -> bool {
        let Some(slot) = self.slots.get(client) else { return false };
        let copy = slot.copy.and_then(|copy| self.slots.get(copy));
        slot.using == Using::Over || copy.is_some_and(|copy| copy.using == Using::Emptied)
    }

    /// Whether some copy is still used, or not emptied.
    pub(crate) fn copies_are_used(&self) -> bool {
        self.slots.iter().any(|slot| slot.copy_of.is_some() && slot.using != Using::Over)
    }

    /// The clients that are one and the same node: this one and its copy or original.
    pub(crate) fn same_node(&self, client: usize) -> Vec<usize> {
        let other = self.slots.get(client).and_then(|slot| slot.copy_of.or(slot.copy));
        std::iter::once(client).chain(other).collect()
    }

    /// Whether a client was used beside a copy of itself, or is one.
    pub(crate) fn has_a_copy(&self, client: usize) -> bool {
        self.same_node(client).len() > 1
    }

    /// A state was told; counts what is seen of the competition for a node.
    pub(super) fn note_competition(&mut self, client: usize, state: &State) {
        if !self.has_a_copy(client) {
            return;
        }
        let other = self.same_node(client).into_iter().find(|same| *same != client);
        let linked = other.and_then(|other| self.slots.get(other)).map(|slot| slot.line);
        if matches!(state, State::NodeBusy { .. }) && matches!(linked, Some(Line::Up(_))) {
            self.done.add("node_busy_beside_a_copy");
        }
    }
}

fn note_to_self() -> Send {
    Send {
        draft: "of a copy".to_owned(),
        to: To::NewThread { recipients: Vec::new(), from_alias: None },
        subject: String::new(),
        text: "Nobody may ever see this.".to_owned(),
        attachments: Vec::new(),
    }
}
