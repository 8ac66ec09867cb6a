//! What a world consists of and what will happen in it: a cast and a list of deeds, made from a seed. The
//! list is plain data, so that a failing world can be shrunk by leaving deeds out, and the same list is the
//! same world again.

use serde::Serialize;

use crate::faults::Fault;
use crate::rng::Rng;

mod draw;

/// A whole world, before it runs.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// What everything that is random in it depends on.
    pub seed: u64,
    /// How many sites there are.
    pub sites: usize,
    /// Who is there. Members are numbered like their first client.
    pub cast: Vec<Client>,
    /// What happens, in order of time.
    pub deeds: Vec<Deed>,
    /// When people and the world come to rest.
    pub calm: u64,
    /// The limits of our clients are so low that what is above them is small: see `limits`.
    pub low_limits: bool,
}

/// One device, or a stock client.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    /// At which site.
    pub site: usize,
    /// Whose it is: the number of that member's first client.
    pub member: usize,
    /// What it is.
    pub role: Role,
    /// Milliseconds to the site and from there.
    pub latency: u64,
    /// It holds a link; otherwise it only looks now and then, until the world calms down.
    pub stays: bool,
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Role {
    /// The first node of a member; it registers.
    First,
    /// A further node, made by the first one at some time.
    Further,
    /// A stock client.
    Stock,
    /// A stock client as a further node of a member of ours, made by the first one at some time: what comes from this
    /// member tells nothing of all of their nodes.
    FurtherStock,
    /// One who lies: does what a stock client does, and says what it likes.
    Liar,
}

impl Role {
    /// Whether this is no client of ours.
    pub(crate) fn is_foreign(self) -> bool {
        matches!(self, Role::Stock | Role::FurtherStock | Role::Liar)
    }
}

/// Something that happens.
#[derive(Clone, Debug, Serialize)]
pub struct Deed {
    /// When, in milliseconds of world time.
    pub at: u64,
    /// At which client.
    pub client: usize,
    /// What.
    pub act: Act,
}

/// What happens. A `pick` chooses among what is there then.
#[derive(Clone, Debug, Serialize)]
pub enum Act {
    /// Begins a thread with these members, by client number; with nobody: a note to self.
    Begin {
        /// To whom.
        to: Vec<usize>,
        /// Bytes of a file that goes with it.
        file: Option<u64>,
    },
    /// Replies in a thread that this client knows.
    Reply {
        /// Which.
        pick: u64,
        /// Bytes of a file that goes with it.
        file: Option<u64>,
    },
    /// Pings a member.
    Ping(usize),
    /// Invites a member into a group; only stock clients do.
    Invite(usize),
    /// Makes the further node of this client number.
    MakeNode(usize),
    /// Takes back something of what this client has written.
    Withdraw(u64),
    /// Reads, or deletes, a message that is shown here.
    Read(u64),
    /// Deletes a message that is shown here.
    DeleteMessage(u64),
    /// Deletes a thread that is shown here.
    DeleteThread(u64),
    /// Looks once, for at most so many milliseconds.
    Look(u64),
    /// Holds a link from now on, or lets it go.
    Stay(bool),
    /// Something goes wrong.
    Wrong(Fault),
}

/// How wild a world is.
#[derive(Clone, Copy, Debug)]
pub struct Climate {
    /// Posts and pings per world.
    pub wishes: (u64, u64),
    /// Faults per world.
    pub faults: (u64, u64),
}

impl Default for Climate {
    fn default() -> Self {
        Climate { wishes: (55, 75), faults: (18, 30) }
    }
}

impl Plan {
    /// The world of a seed.
    pub fn of(seed: u64, climate: &Climate) -> Plan {
        let mut rng = Rng::new(seed).branch(1);
        let sites = if rng.chance(25) { 2 } else { 1 };
        let low_limits = rng.chance(60);
        let mut cast = draw::cast(sites, &mut rng);
        let calm = rng.between(3 * 60_000, 25 * 60_000);
        let mut deeds = draw::deeds(&cast, climate, calm, low_limits, &mut rng);
        // Drawn by themselves: what honest people want and what goes wrong is the same without.
        draw::mixed(&mut cast, &mut deeds, calm, low_limits, &mut Rng::new(seed).branch(4));
        draw::liars(&mut cast, &mut deeds, calm, low_limits, &mut Rng::new(seed).branch(3));
        Plan { seed, sites, cast, deeds, calm, low_limits }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_is_the_same_plan_and_another_one_is_another() {
        let write = |seed| serde_json::to_string(&Plan::of(seed, &Climate::default())).unwrap();
        assert_eq!(write(5), write(5));
        assert_ne!(write(5), write(6));
    }

    #[test]
    fn every_site_has_at_least_two_members_and_a_first_client_of_ours() {
        for seed in 0..200 {
            let plan = Plan::of(seed, &Climate::default());
            for site in 0..plan.sites {
                assert!(draw::members(&plan.cast, site).len() >= 2);
                assert!(plan.cast.iter().any(|client| client.site == site && client.role == Role::First));
            }
        }
    }
}
