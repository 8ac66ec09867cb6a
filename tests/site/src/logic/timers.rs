//! The site's times: one table of what may be due on a link and when.

use tmtp_wire::time::{Mono, Wall};

use super::api::Site;
use super::link::{Handler, LinkEnd, LinkId};
use super::queue::Phase;

/// What may be due on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// Not logged in in time.
    Login,
    /// No byte from the client for too long.
    Silence,
    /// The handler may go on: a stall is over.
    Stall,
    /// The message in flight is sent again.
    Repetition,
    /// The site notices a new link: a gap is over.
    Gap,
    /// A write has not moved for too long.
    DeadWrite,
}

impl Site {
    /// When [`Site::timeout`] has to be called next, if nothing else happens before.
    pub fn next_timeout(&self) -> Option<Mono> {
        self.links.keys().filter_map(|id| self.next_timeout_of(*id)).min()
    }

    /// The same for one link, for drivers with a task for each.
    pub fn next_timeout_of(&self, id: LinkId) -> Option<Mono> {
        self.deadlines(id).into_iter().flatten().map(|(at, _)| at).min()
    }

    /// Does what is due.
    pub fn timeout(&mut self, now: Mono, wall: Wall) {
        self.clock(now, wall);
        let ids: Vec<LinkId> = self.links.keys().copied().collect();
        for id in ids {
            for (at, due) in self.deadlines(id).into_iter().flatten() {
                if at <= now {
                    self.strike(id, due);
                }
            }
        }
        self.settle();
    }

    fn deadlines(&self, id: LinkId) -> [Option<(Mono, Due)>; 4] {
        let Some(link) = self.links.get(&id) else { return [None; 4] };
        let timers = &self.config.timers;
        let reading = match link.seat {
            _ if !link.is_reading() => None,
            None => Some((link.login_until, Due::Login)),
            Some(_) => Some((link.heard + timers.silence, Due::Silence)),
        };
        let stall = match link.handler {
            Handler::Stalled { until, .. } => Some((until, Due::Stall)),
            Handler::Holding { until, stored, .. } if stored <= self.facts.stored() => {
                Some((until, Due::Stall))
            }
            _ => None,
        };
        let queue = link.seat.and_then(|seat| self.queues.get(seat.node.0 as usize));
        let delivery = match queue {
            Some(queue) if queue.link == Some(id) => match queue.phase {
                Phase::Awaiting { until } => Some((until, Due::Repetition)),
                Phase::Deaf { until } => Some((until, Due::Gap)),
                _ => None,
            },
            _ => None,
        };
        let write = link.write.as_ref().and(timers.write_stall);
        [reading, stall, delivery, write.map(|stall| (link.moved + stall, Due::DeadWrite))]
    }

    fn strike(&mut self, id: LinkId, due: Due) {
        match due {
            Due::Login | Due::Silence => self.end(id, None),
            Due::Stall => {
                self.ready.insert(id);
            }
            Due::Repetition | Due::Gap => {
                let Some(seat) = self.links.get(&id).and_then(|link| link.seat) else { return };
                self.record.repetitions += u64::from(due == Due::Repetition);
                self.queue(seat.node).phase = Phase::Resting;
                self.kick(seat.node);
            }
            Due::DeadWrite => {
                if let Some(link) = self.links.get_mut(&id) {
                    link.input.end.get_or_insert(LinkEnd::Reset);
                }
                self.kill_output(id);
            }
        }
    }
}
