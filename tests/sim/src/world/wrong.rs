//! What goes wrong in the world: the faults of the plan, and the one fault that an exhaustive test aims at
//! one byte or one commit.

use tmtp_account::{Hint, Input, Wish};
use tmtp_disk::When;

use super::{Due, Line, World};
use crate::faults::{Fault, Moment};
use crate::judge::Finding;
use crate::link::{Chunk, Direction, Ending};

/// A fault at an exact place, for tests that try them all.
#[derive(Clone, Copy, Debug)]
pub enum Trigger {
    /// When so many plaintext bytes have passed at a client in one direction, over all its links.
    Byte {
        /// Whose.
        client: usize,
        /// Which.
        direction: Direction,
        /// How many bytes pass before it.
        number: u64,
        /// What happens then.
        how: How,
    },
    /// At a commit of a client, counted from 1.
    Commit {
        /// Whose.
        client: usize,
        /// Which.
        number: u64,
        /// When exactly.
        moment: Moment,
    },
    /// At a write of a client's disk, counted from the first one ever.
    Write {
        /// Whose.
        client: usize,
        /// Which.
        number: u64,
        /// It fails for want of room; otherwise the process dies with it.
        full: bool,
    },
}

/// How a link is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Both sides see its end.
    Fin,
    /// Nothing passes any more, and nobody is told.
    Silence,
    /// The client's process is killed.
    Kill,
}

/// A fault that finds nothing to strike is tried again after so long.
const TRY_AGAIN: u64 = 4_000;
/// And so often.
const TRIES: u32 = 12;

impl World {
    /// Lets something go wrong at one exact place.
    pub fn arm(&mut self, trigger: Trigger) {
        self.trigger = Some(trigger);
        let Trigger::Write { client, number, full } = trigger else { return };
        let Some(device) = self.device(client) else { return };
        if full {
            device.disk.full_at_write(number);
        } else {
            device.disk.die_at_write(number);
        }
        self.struck = true;
    }

    pub(super) fn wrong(&mut self, number: usize, times: u32, client: usize, fault: &Fault) {
        if self.is_calm() {
            return;
        }
        match self.strike(client, fault) {
            Struck::Now => {
                self.note(|| format!("client {client}  WRONG {fault:?}"));
                self.faults.add(fault.kind());
            }
            Struck::LaterCounted => {}
            Struck::Nothing if times < TRIES => {
                self.at(self.now + TRY_AGAIN, Due::Deed(number, times + 1));
            }
            Struck::Nothing => {}
        }
    }

    fn strike(&mut self, client: usize, fault: &Fault) -> Struck {
        match *fault {
            Fault::Cut(ending) => self.cut(client, ending),
            Fault::BlackHole => self.mute(client, &Direction::BOTH),
            Fault::HalfOpen(direction) => self.mute(client, &[direction]),
            Fault::Stall(direction, span) => self.stall(client, direction, span),
            Fault::Refuse(span) => self.refuse(client, span),
            Fault::Kill(moment, down) => self.doom(client, moment, down),
            Fault::DiskFull(span) => self.disk_full(client, span),
            Fault::FullAtWrite(number) => self.full_at_write(client, number),
            Fault::WallJump(span) => self.wall_jump(client, span),
            Fault::Sleep(span) => self.sleep(client, span),
            Fault::KeysAway(span) => self.keys_away(client, span),
            Fault::Clone => self.clone_device(client),
            Fault::SiteRestart => self.site_restart(client),
            Fault::SiteDiesInFanout(after) => self.site_dies(client, after),
            Fault::Hold(span) => self.hold(client, span),
        }
    }

    fn link_of(&self, client: usize) -> Option<usize> {
        match self.slots.get(client)?.line {
            Line::Up(link) => Some(link),
            _ => None,
        }
    }

    fn cut(&mut self, client: usize, ending: Ending) -> Struck {
        let now = self.now;
        let Some(link) = self.link_of(client) else { return Struck::Nothing };
        for direction in Direction::BOTH {
            let Some(here) = self.links.get_mut(&link) else { return Struck::Nothing };
            let flying = here.in_flight(direction);
            let keep = if self.rng.chance(40) { flying } else { self.rng.index(flying + 1) };
            if let Some(at) = here.cut(now, direction, keep, ending) {
                self.at(at, Due::Arrive(link, direction));
            }
        }
        Struck::Now
    }

    fn mute(&mut self, client: usize, directions: &[Direction]) -> Struck {
        let now = self.now;
        let Some(link) = self.link_of(client) else { return Struck::Nothing };
        let Some(here) = self.links.get_mut(&link) else { return Struck::Nothing };
        if directions.iter().all(|direction| here.is_mute(*direction)) {
            return Struck::Nothing;
        }
        for direction in directions {
            here.mute(now, *direction, false);
        }
        if let Some(since) = here.unacknowledged() {
            self.at(since + crate::limits::UNACKNOWLEDGED, Due::Unacknowledged(link));
        }
        // The device may notice that its way into the network is another one now.
        if self.rng.chance(40) {
            self.put(client, Input::Hint(Hint::NetworkChanged));
            self.turn(client);
        }
        Struck::Now
    }

    fn stall(&mut self, client: usize, direction: Direction, span: u64) -> Struck {
        let now = self.now;
        let Some(link) = self.link_of(client) else { return Struck::Nothing };
        let Some(here) = self.links.get_mut(&link) else { return Struck::Nothing };
        let until = here.stall(now + span, direction);
        self.at(until, Due::Arrive(link, direction));
        Struck::Now
    }

    fn refuse(&mut self, client: usize, span: u64) -> Struck {
        let until = self.now + span;
        if let Some(slot) = self.slots.get_mut(client) {
            slot.refused_until = until;
        }
        // Without a link to be made anew it would not be felt.
        self.cut(client, Ending::Reset);
        Struck::Now
    }

    fn doom(&mut self, client: usize, moment: Moment, down: u64) -> Struck {
        let Some(device) = self.device(client).filter(|device| device.process.is_some()) else {
            return Struck::Nothing;
        };
        if device.doom.is_some() {
            return Struck::Nothing;
        }
        device.doom = Some((moment, down));
        match moment {
            Moment::Now => self.die_of_doom(client),
            Moment::AtWrite(number) => device.disk.die_at_write(number),
            Moment::BeforeCommit => device.disk.die_at_sync(1, When::Before),
            Moment::AfterCommit | Moment::AfterOutputs => {}
        }
        Struck::LaterCounted
    }

    fn disk_full(&mut self, client: usize, span: u64) -> Struck {
        let Some(device) = self.device(client) else { return Struck::Nothing };
        device.disk.set_room(Some(0));
        self.at(self.now + span, Due::Room(client));
        Struck::Now
    }

    pub(super) fn room(&mut self, client: usize) {
        if let Some(device) = self.device(client) {
            device.disk.set_room(None);
        }
    }

    fn full_at_write(&mut self, client: usize, number: u64) -> Struck {
        let Some(device) = self.device(client).filter(|device| device.process.is_some()) else {
            return Struck::Nothing;
        };
        device.disk.full_at_write(number);
        Struck::Now
    }

    fn wall_jump(&mut self, client: usize, span: i64) -> Struck {
        let Some(device) = self.device(client) else { return Struck::Nothing };
        device.clock.wall = device.clock.wall.saturating_add(span);
        Struck::Now
    }

    fn sleep(&mut self, client: usize, span: u64) -> Struck {
        let until = self.now + span;
        let Some(slot) = self.slots.get_mut(client).filter(|slot| !slot.asleep) else {
            return Struck::Nothing;
        };
        slot.asleep = true;
        self.at(until, Due::Awake(client));
        Struck::Now
    }

    pub(super) fn awake(&mut self, client: usize) {
        let told = self.rng.chance(50);
        let Some(slot) = self.slots.get_mut(client) else { return };
        slot.asleep = false;
        let line = slot.line;
        if told {
            self.put(client, Input::Hint(Hint::Resumed));
        }
        if let Line::Up(link) | Line::Closing(link) = line {
            self.unacknowledged(link);
            self.arrive(link, Direction::ToClient);
        }
        self.run_errands(client);
        self.turn(client);
    }

    fn keys_away(&mut self, client: usize, span: u64) -> Struck {
        let Some(device) = self.device(client) else { return Struck::Nothing };
        device.keys.set_away(true);
        self.at(self.now + span, Due::Keys(client));
        Struck::Now
    }

    pub(super) fn keys(&mut self, client: usize) {
        if let Some(device) = self.device(client) {
            device.keys.set_away(false);
        }
    }

    /// A copy of the device's store is opened elsewhere: it must not dial, whatever is asked of it.
    fn clone_device(&mut self, client: usize) -> Struck {
        let now = self.now;
        let with_key = self.rng.chance(50);
        let Some(site) = self.slots.get(client).map(|slot| slot.plan.site) else { return Struck::Nothing };
        let Some(address) = self.sites.get(site).map(|there| there.address.clone()) else {
            return Struck::Nothing;
        };
        let Some(device) = self.device(client).filter(|device| device.process.is_some()) else {
            return Struck::Nothing;
        };
        let registered =
            device.process.as_ref().and_then(|process| process.view.uid().ok().flatten()).is_some();
        if !registered {
            return Struck::Nothing;
        }
        let mut copy = device.copy(with_key);
        if copy.start(&address, now).is_err() {
            // A copy made while writing may not open; nothing may be deleted of it, and nothing dials.
            self.remainders.add("copies_that_do_not_open");
            return Struck::Now;
        }
        let clocks = copy.clock.at(now);
        let mut dials = 0;
        if let Some(process) = &mut copy.process {
            process.account.put(Input::Wish(Wish::Stay));
            process.account.put(Input::Hint(Hint::UserActs));
            process.account.step(clocks);
            while let Some(output) = process.account.poll_output() {
                dials += u32::from(matches!(output, tmtp_account::Output::Dial));
            }
        }
        copy.die();
        if dials > 0 {
            self.find(Finding::CloneDials { client });
        }
        Struck::Now
    }

    fn site_restart(&mut self, client: usize) -> Struck {
        let (mono, wall) = (self.mono(), self.wall());
        let Some(site) = self.slots.get(client).map(|slot| slot.plan.site) else { return Struck::Nothing };
        let Some(there) = self.sites.get_mut(site) else { return Struck::Nothing };
        there.site.restart(mono, wall);
        self.site_moved(site);
        Struck::Now
    }

    fn site_dies(&mut self, client: usize, after: usize) -> Struck {
        let Some(site) = self.slots.get(client).map(|slot| slot.plan.site) else { return Struck::Nothing };
        let Some(there) = self.sites.get_mut(site) else { return Struck::Nothing };
        there.site.crash_inside_fanout(after);
        Struck::Now
    }

    fn hold(&mut self, client: usize, span: u64) -> Struck {
        let Some((site, uid)) = self.site_and_uid(client) else { return Struck::Nothing };
        let Some(there) = self.sites.get_mut(site) else { return Struck::Nothing };
        there.site.hold(&uid);
        self.at(self.now + span, Due::Release(client));
        Struck::Now
    }

    pub(super) fn release(&mut self, client: usize) {
        let (mono, wall) = (self.mono(), self.wall());
        let Some((site, uid)) = self.site_and_uid(client) else { return };
        if let Some(there) = self.sites.get_mut(site) {
            there.site.release(mono, wall, &uid);
        }
        self.site_moved(site);
    }

    fn site_and_uid(&self, client: usize) -> Option<(usize, String)> {
        let slot = self.slots.get(client)?;
        let uid = self.members.get(&slot.plan.member)?.uid.as_ref()?;
        Some((slot.plan.site, uid.to_string()))
    }

    /// A client's bytes go into its link, unless the trigger strikes among them.
    pub(super) fn client_writes(&mut self, client: usize, link: usize, bytes: Vec<u8>) {
        let first = self.strikes_among(client, Direction::ToSite, bytes.len());
        self.count(client, Direction::ToSite, first.unwrap_or(bytes.len()));
        let Some(first) = first else {
            self.send(link, Direction::ToSite, Chunk::Bytes(bytes));
            return;
        };
        let kept = bytes.get(..first).unwrap_or_default().to_vec();
        if !kept.is_empty() {
            self.send(link, Direction::ToSite, Chunk::Bytes(kept));
        }
        self.strike_byte(client, link);
    }

    /// The same for a site's bytes.
    pub(super) fn site_writes(&mut self, link: usize, bytes: Vec<u8>) {
        let Some(client) = self.links.get(&link).map(|link| link.client) else { return };
        let first = self.strikes_among(client, Direction::ToClient, bytes.len());
        self.count(client, Direction::ToClient, first.unwrap_or(bytes.len()));
        let Some(first) = first else {
            self.send(link, Direction::ToClient, Chunk::Bytes(bytes));
            return;
        };
        let kept = bytes.get(..first).unwrap_or_default().to_vec();
        if !kept.is_empty() {
            self.send(link, Direction::ToClient, Chunk::Bytes(kept));
        }
        self.strike_byte(client, link);
    }

    fn count(&mut self, client: usize, direction: Direction, bytes: usize) {
        if let Some(slot) = self.slots.get_mut(client) {
            slot.passed[usize::from(direction == Direction::ToClient)] += bytes as u64;
        }
    }

    fn strikes_among(&self, client: usize, direction: Direction, bytes: usize) -> Option<usize> {
        let Some(Trigger::Byte { client: whose, direction: which, number, .. }) = self.trigger else {
            return None;
        };
        if whose != client || which != direction {
            return None;
        }
        let passed = self.slots.get(client)?.passed[usize::from(direction == Direction::ToClient)];
        let first = usize::try_from(number.checked_sub(passed)?).ok()?;
        (first < bytes).then_some(first)
    }

    fn strike_byte(&mut self, client: usize, link: usize) {
        let now = self.now;
        let Some(Trigger::Byte { how, direction, .. }) = self.trigger.take() else { return };
        self.struck = true;
        match how {
            How::Kill if direction == Direction::ToSite => {
                self.kill(client);
                self.at(now + 1_000, Due::Start(client));
            }
            // Dies when what was written has come to it.
            How::Kill => {
                let latency = self.links.get(&link).map_or(0, |link| link.latency);
                if let Some(here) = self.links.get_mut(&link) {
                    here.mute(now, Direction::ToClient, true);
                }
                self.at(now + 2 * latency + 1, Due::Killed(client));
            }
            How::Silence => {
                if let Some(here) = self.links.get_mut(&link) {
                    here.mute(now, Direction::ToSite, true);
                    here.mute(now, Direction::ToClient, true);
                }
            }
            How::Fin => {
                for direction in Direction::BOTH {
                    let Some(here) = self.links.get_mut(&link) else { return };
                    if let Some(at) = here.cut(now, direction, usize::MAX, Ending::Fin) {
                        self.at(at, Due::Arrive(link, direction));
                    }
                }
            }
        }
    }

    pub(super) fn killed(&mut self, client: usize) {
        self.kill(client);
        self.at(self.now + 1_000, Due::Start(client));
    }
}

enum Struck {
    /// It had an effect, and is counted.
    Now,
    /// It will have one, and is counted then.
    LaterCounted,
    /// There was nothing to strike.
    Nothing,
}
