//! One client's turn: steps, outputs, bytes to write; the part of the driver and of the process. Here are
//! the moments at which a process dies, and here the judge looks on.

use tmtp_account::{Event, Input, Output, ParkedWhy, State, Wish};
use tmtp_disk::When;
use tmtp_store::{OutgoingState, StoreError};

use super::{Due, Line, Party, World};
use crate::device::Process;
use crate::faults::Moment;
use crate::judge::{self, Finding};
use crate::limits::{ASK_AGAIN, CLIENT_WINDOW, STEPS_AT_ONCE};
use crate::link::{Direction, Ending};
use crate::stock::Want;
use crate::world::Trigger;

impl World {
    /// Hands something to an account, if its process lives.
    pub(super) fn put(&mut self, client: usize, input: Input) {
        if let Some(process) = self.process(client) {
            process.account.put(input);
        }
    }

    pub(super) fn process(&mut self, client: usize) -> Option<&mut Process> {
        self.device(client)?.process.as_mut()
    }

    /// Lets a client do whatever it can do now.
    pub(super) fn turn(&mut self, client: usize) {
        let Some(slot) = self.slots.get(client) else { return };
        if slot.asleep {
            return;
        }
        match slot.party {
            Party::Ours(_) => self.device_turn(client),
            Party::Stock(_) => self.stock_turn(client),
        }
        self.arm_client(client);
    }

    fn device_turn(&mut self, client: usize) {
        let mut committed = false;
        for round in 0.. {
            if round > STEPS_AT_ONCE {
                self.find(Finding::Circles { client: Some(client) });
                self.kill(client);
                return;
            }
            let Some(step) = self.step(client) else { break };
            committed |= step == Step::Committed;
            self.outputs(client);
            let wrote = self.write_out(client);
            let wants = self.process(client).is_some_and(|process| process.account.wants_step());
            if step == Step::None && !wrote && !wants {
                break;
            }
        }
        judge::after_turn(self, client);
        let doomed = self.device(client).and_then(|device| device.doom);
        if let Some((Moment::AfterOutputs, _)) = doomed.filter(|_| committed) {
            self.die_of_doom(client);
        }
    }

    /// One step, if one is wanted or due. `None`: no process lives any more.
    fn step(&mut self, client: usize) -> Option<Step> {
        let world_now = self.now;
        let device = self.device(client)?;
        let now = device.clock.at(world_now);
        let process = device.process.as_mut()?;
        let due = process.account.poll_timeout().is_some_and(|at| at <= now.mono);
        if !due && !process.account.wants_step() {
            return Some(Step::None);
        }
        let syncs = device.disk.syncs();
        process.account.step(now);
        let committed = device.disk.syncs() > syncs;
        let dead = device.disk.dead();
        device.commits += u64::from(committed && !dead);
        self.steps += 1;
        self.mix(client as u64);
        if dead {
            self.die_of_doom(client);
            return None;
        }
        if committed {
            let doomed = self.device(client).and_then(|device| device.doom);
            if let Some((Moment::AfterCommit, _)) = doomed {
                self.die_of_doom(client);
                return None;
            }
            self.trigger_at_commit(client);
            self.process(client)?;
        }
        Some(if committed { Step::Committed } else { Step::Idle })
    }

    fn outputs(&mut self, client: usize) {
        let mut fresh = false;
        while let Some(output) = self.process(client).and_then(|process| process.account.poll_output()) {
            match output {
                Output::Reply(ticket, outcome) => {
                    self.note(|| format!("client {client}  reply {outcome:?}"));
                    self.answered(client, ticket, outcome);
                }
                Output::Event(event) => {
                    self.note(|| format!("client {client}  {event:?}"));
                    fresh |= matches!(event, Event::MessageArrived { .. } | Event::PingArrived { .. });
                    self.heard(client, &event);
                }
                Output::Dial => {
                    judge::dialled(self, client);
                    self.dial(client);
                }
                Output::Close => {
                    self.note(|| format!("client {client}  closes"));
                    self.close(client);
                }
                Output::Job(id, job) => {
                    let done = job.run();
                    if self.device(client).is_some_and(|device| device.disk.dead()) {
                        self.die_of_doom(client);
                        return;
                    }
                    self.put(client, Input::JobDone(id, done));
                }
            }
        }
        if fresh {
            judge::arrived(self, client);
        }
    }

    fn heard(&mut self, client: usize, event: &Event) {
        let member = self.slots.get(client).map_or(client, |slot| slot.plan.member);
        match event {
            Event::Registered(uid) => {
                if let Some(member) = self.members.get_mut(&member) {
                    member.uid = Some(uid.clone());
                }
            }
            Event::AliasesChanged | Event::StateChanged(State::Online) => self.look_for_alias(client, member),
            Event::Parked(ParkedWhy::NotYet) => {}
            // Who sent it is seen at the end.
            Event::Parked(_) if self.is_lied_in() => {}
            Event::Parked(why) => self.find(Finding::Parked { client, why: why.code().to_owned() }),
            Event::StateChanged(State::Broken | State::Damaged) => self.find(Finding::Broken { client }),
            Event::StateChanged(state) => self.note_competition(client, state),
            Event::TooLarge { .. } => {
                self.done.add("too_large_asked");
                self.look_at_lists(client);
            }
            Event::OutgoingChanged { state: OutgoingState::InDoubt, .. } => self.look_at_lists(client),
            Event::WakeEnded(report) => judge::wake_ended(self, client, &report.end),
            _ => {}
        }
        if matches!(event, Event::StateChanged(_) | Event::AliasesChanged | Event::NodeMade) {
            // What could not be done may be possible now.
            for errand in self.device(client).into_iter().flat_map(|device| &mut device.errands) {
                errand.not_before = 0;
            }
            self.at(self.now, Due::Errands(client));
        }
    }

    fn look_for_alias(&mut self, client: usize, number: usize) {
        let Some(member) = self.members.get(&number) else { return };
        let alias = member.alias.clone();
        let Some(process) = self.process(client) else { return };
        let named = process.view.holds(&alias).unwrap_or_default();
        let uid = process.view.uid().ok().flatten();
        if let Some(member) = self.members.get_mut(&number) {
            member.named |= named;
            member.uid = member.uid.take().or_else(|| uid?.parse().ok());
        }
    }

    /// Writes what the account wants to write, as far as the path has room. Says whether it did.
    fn write_out(&mut self, client: usize) -> bool {
        let mut wrote = false;
        loop {
            let world_now = self.now;
            let Some(Line::Up(link)) = self.slots.get(client).map(|slot| slot.line) else { break };
            if self.links.get(&link).is_none_or(|link| link.in_flight(Direction::ToSite) >= CLIENT_WINDOW) {
                if let Some(slot) = self.slots.get_mut(client) {
                    slot.blocked = true;
                }
                break;
            }
            let Some(device) = self.device(client) else { break };
            let now = device.clock.at(world_now);
            let Some(process) = device.process.as_mut() else { break };
            let Some(bytes) = process.account.poll_transmit(now) else { break };
            wrote = true;
            self.note(|| format!("client {client}  writes {}", crate::spy::readable(&bytes)));
            judge::leaves(self, client, &bytes);
            self.client_writes(client, link, bytes);
            self.cut_if_unproven(client);
        }
        wrote
    }

    fn stock_turn(&mut self, client: usize) {
        let mono = self.mono();
        loop {
            let Some(stock) = self.stock(client) else { return };
            if stock.timeout().is_some_and(|at| at <= mono) {
                stock.tick(mono);
            }
            let want = stock.want(mono);
            let member = (stock.uid().cloned(), stock.is_named());
            if let Some(known) = self.members.get_mut(&client) {
                (known.uid, known.named) = member;
            }
            match want {
                Some(Want::Dial) => self.dial(client),
                Some(Want::Close) => self.close(client),
                None if !self.stock_writes(client) => break,
                None => {}
            }
        }
        self.stock_answers(client);
    }

    fn stock_writes(&mut self, client: usize) -> bool {
        let mono = self.mono();
        let Some(Line::Up(link)) = self.slots.get(client).map(|slot| slot.line) else { return false };
        if self.links.get(&link).is_none_or(|link| link.in_flight(Direction::ToSite) >= CLIENT_WINDOW) {
            if let Some(slot) = self.slots.get_mut(client) {
                slot.blocked = true;
            }
            return false;
        }
        let Some(bytes) = self.stock(client).and_then(|stock| stock.transmit(mono)) else { return false };
        self.note(|| format!("client {client}  writes {}", crate::spy::readable(&bytes)));
        self.client_writes(client, link, bytes);
        true
    }

    /// Bytes have come to a client's process.
    pub(super) fn client_reads(&mut self, client: usize, bytes: Vec<u8>) {
        let mono = self.mono();
        self.note(|| format!("client {client}  reads  {}", crate::spy::readable(&bytes)));
        let Some(slot) = self.slots.get_mut(client) else { return };
        match &mut slot.party {
            Party::Stock(stock) => stock.received(mono, &bytes),
            Party::Ours(_) => {
                slot.spy.came(&bytes);
                self.put(client, Input::Received(bytes));
            }
        }
    }

    fn arm_client(&mut self, client: usize) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(client) else { return };
        let next = match &slot.party {
            Party::Stock(stock) => stock.timeout().map(|at| at.0),
            Party::Ours(device) => {
                let timeout = device.process.as_ref().and_then(|process| process.account.poll_timeout());
                timeout.map(|at| at.0.saturating_sub(device.clock.ahead))
            }
        };
        let Some(next) = next.map(|next| next.max(now)) else { return };
        if slot.armed.is_none_or(|armed| armed > next) {
            slot.armed = Some(next);
            self.at(next, Due::Client(client));
        }
    }

    pub(super) fn client_timer(&mut self, client: usize) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(client) else { return };
        if slot.armed.is_some_and(|armed| armed <= now) {
            slot.armed = None;
        }
        self.turn(client);
    }

    /// A process starts on a device.
    pub(super) fn start(&mut self, client: usize) {
        let now = self.now;
        let Some(slot) = self.slots.get_mut(client) else { return };
        let stays = slot.stays;
        let Some(address) = self.sites.get(slot.plan.site).map(|there| there.address.clone()) else { return };
        let Some(device) = self.device(client) else { return };
        if device.process.is_some() {
            return;
        }
        let started = device.start(&address, now);
        if device.disk.dead() {
            self.die_of_doom(client);
            return;
        }
        match started {
            Ok(()) => {}
            Err(tmtp_account::OpenError::Store(StoreError::Full { .. } | StoreError::Busy)) => {
                self.at(now + ASK_AGAIN, Due::Start(client));
                return;
            }
            Err(why) => {
                self.find(Finding::CannotOpen { client, why: why.to_string() });
                return;
            }
        }
        if stays {
            self.put(client, Input::Wish(Wish::Stay));
        }
        judge::opened(self, client);
        self.trigger_at_commit(client);
        self.look_at_lists(client);
        self.run_errands(client);
        self.turn(client);
    }

    /// The process dies in the way that was planned for it, and starts again later.
    pub(super) fn die_of_doom(&mut self, client: usize) {
        let now = self.now;
        let doom = self.device(client).and_then(|device| device.doom.take());
        let (moment, down) = doom.unwrap_or((Moment::Now, 1_000));
        self.faults.add(crate::faults::Fault::Kill(moment, down).kind());
        self.kill(client);
        self.at(now + down, Due::Start(client));
    }

    /// The process dies now. The kernel closes its socket.
    pub(super) fn kill(&mut self, client: usize) {
        let Some(device) = self.device(client) else { return };
        let lost = device.die();
        self.note(|| format!("client {client}  dies, {lost} changes are lost"));
        if lost > 0 {
            self.faults.add("unsynced_lost");
        }
        // Files that were taken in and are in no row yet are swept when the store is opened.
        for item in self.journal.items.iter_mut().filter(|item| item.client == client) {
            if let Some(file) = &mut item.file {
                file.staged = None;
            }
        }
        let ending = if self.rng.chance(70) { Ending::Fin } else { Ending::Reset };
        let Some(slot) = self.slots.get_mut(client) else { return };
        let line = std::mem::replace(&mut slot.line, Line::None);
        if let Line::Up(link) | Line::Closing(link) = line {
            self.drop_socket(link, ending);
        }
    }

    fn trigger_at_commit(&mut self, client: usize) {
        let Some(Trigger::Commit { client: whose, number, moment }) = self.trigger else { return };
        let Some(device) = self.device(client).filter(|_| whose == client) else { return };
        match moment {
            Moment::BeforeCommit if device.commits + 1 == number => {
                device.doom = Some((Moment::BeforeCommit, 1_000));
                device.disk.die_at_sync(1, When::Before);
                self.trigger = None;
                self.struck = true;
            }
            Moment::AfterCommit if device.commits == number => {
                self.trigger = None;
                self.struck = true;
                self.kill(client);
                self.at(self.now + 1_000, Due::Start(client));
            }
            Moment::AfterOutputs if device.commits == number => {
                device.doom = Some((Moment::AfterOutputs, 1_000));
                self.trigger = None;
                self.struck = true;
            }
            _ => {}
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    None,
    Idle,
    Committed,
}
