//! What goes wrong in the world: the faults of the plan.

use tmtp_account::{Hint, Input};
use tmtp_disk::When;

use super::{Due, Line, World};
use crate::device::Process;
use crate::faults::{Fault, Moment};
use crate::limits::LOW_OWN_COPY_MAX;
use crate::link::{Direction, Ending};

/// A fault that finds nothing to strike is tried again after so long.
const TRY_AGAIN: u64 = 4_000;
/// And so often.
const TRIES: u32 = 12;

impl World {
    pub(super) fn wrong(&mut self, number: usize, times: u32, client: usize, fault: &Fault) {
        if self.is_calm() {
            return;
        }
        let client = self.in_hand(client, number / 2);
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
            Fault::Clone => self.copy_of_a_part(client),
            Fault::CloneInParallel(span) => self.copy_of_all(client, span),
            Fault::CutUnproven(ending) => self.arm_unproven(client, ending),
            Fault::SiteRestart => self.site_restart(client),
            Fault::SiteDiesInFanout(after) => self.site_dies(client, after),
            Fault::Hold(span) => self.hold(client, span),
            Fault::Gap(ending) => self.gap(client, ending),
            Fault::Lie(lie) => self.lie(client, lie),
            Fault::RudeError(pick) => self.rude_error(client, pick),
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

    /// The next post that nothing will prove loses its link.
    fn arm_unproven(&mut self, client: usize, ending: Ending) -> Struck {
        match self.slots.get_mut(client) {
            Some(slot) if slot.cut_unproven.is_none() && slot.device().is_some() => {
                slot.cut_unproven = Some(ending);
                Struck::LaterCounted
            }
            _ => Struck::Nothing,
        }
    }

    /// Cuts the link of a client that waits for this, if such a post may have been taken now.
    pub(super) fn cut_if_unproven(&mut self, client: usize) {
        let larger = if self.plan.low_limits { LOW_OWN_COPY_MAX } else { 0 };
        let Some(ending) = self.slots.get(client).and_then(|slot| slot.cut_unproven) else { return };
        let under_way = |process: &mut Process| process.view.unproven_under_way(larger) == Ok(true);
        if self.is_calm() || !self.process(client).is_some_and(under_way) {
            return;
        }
        if let Struck::Now = self.cut(client, ending) {
            self.note(|| format!("client {client}  WRONG cut while unproven"));
            self.faults.add(Fault::CutUnproven(ending).kind());
            self.slots.get_mut(client).into_iter().for_each(|slot| slot.cut_unproven = None);
        }
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

    /// Counted when it comes, see [`World::count_gaps`]: the login may be a while away, or somebody else may end the
    /// link in order first.
    fn gap(&mut self, client: usize, ending: Ending) -> Struck {
        let Some((site, uid)) = self.site_and_uid(client) else { return Struck::Nothing };
        if self.link_of(client).is_none() {
            return Struck::Nothing;
        }
        let asked = self.sites.get_mut(site).is_some_and(|there| there.site.gap_at_next_login(&uid));
        if asked { self.cut(client, ending).later() } else { Struck::Nothing }
    }

    /// Counts the gaps that sites have had.
    pub(super) fn count_gaps(&mut self) {
        let gaps: u64 = self.sites.iter().map(|there| there.site.record().gaps).sum();
        self.faults.add_many(Fault::Gap(Ending::Reset).kind(), gaps);
    }

    pub(super) fn release(&mut self, client: usize) {
        let (mono, wall) = (self.mono(), self.wall());
        let Some((site, uid)) = self.site_and_uid(client) else { return };
        if let Some(there) = self.sites.get_mut(site) {
            there.site.release(mono, wall, &uid);
        }
        self.site_moved(site);
    }

    pub(super) fn site_and_uid(&self, client: usize) -> Option<(usize, String)> {
        let slot = self.slots.get(client)?;
        let uid = self.members.get(&slot.plan.member)?.uid.as_ref()?;
        Some((slot.plan.site, uid.to_string()))
    }
}

pub(super) enum Struck {
    /// It had an effect, and is counted.
    Now,
    /// It will have one, and is counted then.
    LaterCounted,
    /// There was nothing to strike.
    Nothing,
}

impl Struck {
    /// What has struck will be counted when it has its effect.
    fn later(self) -> Struck {
        match self {
            Struck::Now | Struck::LaterCounted => Struck::LaterCounted,
            Struck::Nothing => Struck::Nothing,
        }
    }
}
