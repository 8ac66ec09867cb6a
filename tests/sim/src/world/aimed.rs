//! The one fault that an exhaustive test aims at one byte, one commit or one write.

use super::{Due, World};
use crate::faults::Moment;
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
