//! What people want: deeds of the plan become errands at a device, which are asked of its account until
//! they are answered. A person who was not answered, because the process died, asks again.

use tmtp_account::{Input, Ticket, Wish};
use tmtp_wire::ids::{MessageRef, SendId, ThreadRef};

use super::commands::Asked;
use super::{Due, Party, World};
use crate::device::Task;
use crate::journal::{Fate, File, Kind};
use crate::limits::ASK_AGAIN;
use crate::plan::{Act, Role};
use crate::stock::{Letter, Post};

impl World {
    pub(super) fn deed(&mut self, number: usize, times: u32) {
        let Some(deed) = self.plan.deeds.get(number).cloned() else { return };
        let client = match deed.act {
            Act::MakeNode(_) | Act::Wrong(_) => deed.client,
            _ => self.in_hand(deed.client, number),
        };
        match deed.act {
            Act::Wrong(fault) => self.wrong(number, times, client, &fault),
            Act::Begin { to, file } => self.wish(client, Kind::Begin(to), file, number),
            Act::Reply { pick, file } => self.wish(client, Kind::Reply { pick, thread: None }, file, number),
            Act::Ping(to) => self.wish(client, Kind::Ping(to), None, number),
            Act::Invite(to) => self.wish(client, Kind::Invitation(to), None, number),
            Act::MakeNode(of) => self.errand(client, Task::Node(of)),
            Act::Look(span) => self.look_once(client, span),
            Act::Stay(stays) => self.set_stay(client, stays),
            Act::Withdraw(pick) => self.pick_item(client, pick, Task::Withdraw),
            Act::Read(pick) => self.pick_shown(client, pick, |name, _| Some(Task::Read(name))),
            Act::DeleteMessage(pick) => {
                self.pick_shown(client, pick, |name, _| Some(Task::DeleteMessage(name)));
            }
            Act::DeleteThread(pick) => {
                self.pick_shown(client, pick, |_, thread| thread.map(Task::DeleteThread));
            }
        }
    }

    fn wish(&mut self, client: usize, kind: Kind, file: Option<u64>, number: usize) {
        let seed = self.plan.seed ^ (number as u64) << 20;
        let file = file.map(|size| File { name: format!("file {number}.bin"), seed, size, staged: None });
        let item = self.journal.add(client, kind, file);
        match self.slots.get(client).map(|slot| &slot.party) {
            Some(Party::Ours(_)) => self.errand(client, Task::Send(item)),
            Some(Party::Stock(_)) => self.stock_wish(client, item),
            None => {}
        }
    }

    fn errand(&mut self, client: usize, task: Task) {
        let now = self.now;
        if let Some(device) = self.device(client) {
            device.send_for(task, now);
        }
        self.run_errands(client);
    }

    fn pick_item(&mut self, client: usize, pick: u64, task: impl Fn(usize) -> Task) {
        let items = self.journal.items.iter().enumerate();
        let own: Vec<usize> = items
            .filter(|(_, item)| item.client == client && item.send_id().is_some())
            .map(|(n, _)| n)
            .collect();
        // Something recent: what was sent long ago cannot be taken back.
        let recent = own.len().min(3);
        if recent > 0 {
            let at = own.len() - 1 - (pick % recent as u64) as usize;
            self.errand(client, task(own[at]));
        }
    }

    fn pick_shown(
        &mut self,
        client: usize,
        pick: u64,
        task: impl Fn(MessageRef, Option<ThreadRef>) -> Option<Task>,
    ) {
        let Some(device) = self.device(client).filter(|device| !device.shown.is_empty()) else { return };
        let at = (pick % device.shown.len() as u64) as usize;
        let task = device.shown.get(at).and_then(|shown| task(shown.name, shown.thread));
        if let Some(task) = task {
            self.errand(client, task);
        }
    }

    fn look_once(&mut self, client: usize, span: u64) {
        let now = self.now;
        let Some(device) = self.device(client) else { return };
        let deadline = device.clock.at(now + span).mono;
        self.put(client, Input::Wish(Wish::Wake { deadline }));
        self.turn(client);
    }

    pub(super) fn set_stay(&mut self, client: usize, stays: bool) {
        if stays && self.must_rest(client) {
            return;
        }
        if let Some(slot) = self.slots.get_mut(client) {
            let kind = if stays { "stay_on" } else { "stay_off" };
            if slot.stays != stays && self.now <= self.plan.calm {
                self.done.add(kind);
            }
            slot.stays = stays;
        }
        self.put(client, Input::Wish(if stays { Wish::Stay } else { Wish::Off }));
        self.turn(client);
    }

    /// After the calm everybody holds a link, so that everything can come to rest.
    pub(super) fn everybody_stays(&mut self) {
        for client in 0..self.slots.len() {
            if !self.slots[client].stays {
                self.set_stay(client, true);
            }
        }
    }

    /// Asks for whatever may be asked for now. Posts and pings are asked for one after the other.
    pub(super) fn run_errands(&mut self, client: usize) {
        let now = self.now;
        if self.slots.get(client).is_none_or(|slot| slot.asleep) || self.process(client).is_none() {
            return;
        }
        let mut sending = false;
        let mut at = 0;
        while let Some(device) = self.device(client) {
            let Some(errand) = device.errands.get_mut(at) else { break };
            let is_send = matches!(errand.task, Task::Send(_));
            let blocked = is_send && sending;
            sending |= is_send;
            if errand.asked.is_some() || errand.not_before.max(errand.earliest) > now || blocked {
                at += 1;
                continue;
            }
            errand.tries += 1;
            errand.not_before = now + ASK_AGAIN;
            let task = errand.task.clone();
            match self.command(client, &task) {
                Asked::Now(command) => {
                    let Some(process) = self.process(client) else { return };
                    let ticket = process.ticket();
                    process.asked.insert(ticket, task.clone());
                    process.account.put(Input::Command(Ticket(ticket), command));
                    if let Some(errand) = self.device(client).and_then(|device| device.errands.get_mut(at)) {
                        errand.asked = Some(ticket);
                    }
                    at += 1;
                }
                Asked::Later => {
                    self.at(now + ASK_AGAIN, Due::Errands(client));
                    at += 1;
                }
                Asked::Never => {
                    if let Some(device) = self.device(client) {
                        device.errands.remove(at);
                    }
                    sending &= !is_send;
                }
            }
        }
        if self.process(client).is_some_and(|process| process.account.wants_step()) {
            self.turn(client);
        }
    }

    fn stock_wish(&mut self, client: usize, number: usize) {
        self.settle_recipients(number);
        let Some(item) = self.journal.items.get(number).cloned() else { return };
        let uids = |members: &[usize]| {
            let known = members.iter().filter_map(|who| self.members.get(who));
            known.filter_map(|member| Some((member.uid.clone()?, member.alias.clone()))).collect::<Vec<_>>()
        };
        let post = |to, thread| Letter::Post(Post { item: number, to, thread, text: item.text.clone() });
        let letter = match &item.kind {
            Kind::Begin(members) => Some(post(uids(members), None)),
            Kind::Reply { pick, .. } => {
                let threads =
                    self.slots.get(client).and_then(|slot| slot.stock()).map(|stock| stock.threads());
                let all: Vec<_> = threads.into_iter().flatten().collect();
                let chosen = all.get((pick % all.len().max(1) as u64) as usize);
                chosen.map(|(id, to)| post((*to).clone(), Some(*id)))
            }
            Kind::Invitation(to) => {
                let member = self.members.get(to).filter(|member| member.named);
                member.and_then(|member| {
                    Some(Letter::Invitation { item: number, to: member.alias.parse().ok()? })
                })
            }
            Kind::Ping(_) | Kind::Lie(_) => None,
        };
        let born = self.slots.get(client).and_then(|slot| slot.stock()?.uid()).is_some();
        let letter = letter.filter(|_| born || !self.is_further(client));
        let (Some(letter), Some(send_id)) = (letter, SendId::new(number as u64 + 1)) else {
            self.journal.items[number].fate = Fate::Impossible;
            return;
        };
        self.journal.taken(number, send_id, None);
        if let Some(stock) = self.stock(client) {
            stock.write(letter);
        }
        self.turn(client);
    }

    fn is_further(&self, client: usize) -> bool {
        self.slots.get(client).is_some_and(|slot| slot.plan.role == Role::FurtherStock)
    }

    /// Notes what was answered to a stock client.
    pub(super) fn stock_answers(&mut self, client: usize) {
        let Some(stock) = self.stock(client) else { return };
        for (number, msgid) in std::mem::take(&mut stock.answered) {
            if let Some(Fate::Taken { message, .. }) =
                self.journal.items.get_mut(number).map(|item| &mut item.fate)
            {
                *message = Some(MessageRef::Site(msgid));
            }
        }
    }
}
