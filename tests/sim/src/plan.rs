//! What a world consists of and what will happen in it: a cast and a list of deeds, made from a seed. The
//! list is plain data, so that a failing world can be shrunk by leaving deeds out, and the same list is the
//! same world again.

use serde::Serialize;

use crate::faults::{Fault, Moment};
use crate::link::{Direction, Ending};
use crate::rng::Rng;

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
    /// Decides about something that is in doubt: sends it again, or takes it for sent.
    Decide(u64, bool),
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
        let cast = cast(sites, &mut rng);
        let calm = rng.between(3 * 60_000, 25 * 60_000);
        let mut deeds = nodes(&cast, &mut rng);
        wishes(&cast, climate, calm, &mut deeds, &mut rng);
        wrongs(&cast, climate, calm, &mut deeds, &mut rng);
        deeds.sort_by_key(|deed| deed.at);
        Plan { seed, sites, cast, deeds, calm }
    }
}

fn cast(sites: usize, rng: &mut Rng) -> Vec<Client> {
    let mut cast = Vec::new();
    let members = if sites == 2 { 4 } else { rng.between(2, 5) };
    for number in 0..members {
        let site = usize::from(sites == 2 && number >= 2);
        let stock = number % 2 == 1 && rng.chance(30);
        let latency = if rng.chance(15) { rng.between(150, 900) } else { rng.between(1, 80) };
        let member = cast.len();
        let role = if stock { Role::Stock } else { Role::First };
        cast.push(Client { site, member, role, latency, stays: stock || rng.chance(80) });
        if stock {
            continue;
        }
        for _ in 0..[0, 0, 0, 0, 0, 0, 1, 1, 1, 2][rng.index(10)] {
            let latency = rng.between(1, 200);
            cast.push(Client { site, member, role: Role::Further, latency, stays: rng.chance(70) });
        }
    }
    cast
}

fn nodes(cast: &[Client], rng: &mut Rng) -> Vec<Deed> {
    let further = cast.iter().enumerate().filter(|(_, client)| client.role == Role::Further);
    further
        .map(|(number, client)| {
            let at = if rng.chance(60) { rng.between(5_000, 60_000) } else { rng.between(60_000, 180_000) };
            Deed { at, client: client.member, act: Act::MakeNode(number) }
        })
        .collect()
}

/// Members at a site, by the number of their first client.
fn members(cast: &[Client], site: usize) -> Vec<usize> {
    let here =
        cast.iter().enumerate().filter(|(number, client)| client.site == site && client.member == *number);
    here.map(|(number, _)| number).collect()
}

fn wishes(cast: &[Client], climate: &Climate, calm: u64, deeds: &mut Vec<Deed>, rng: &mut Rng) {
    let count = rng.between(climate.wishes.0, climate.wishes.1);
    let busy = rng.chance(50);
    let mut at = rng.between(5_000, 30_000);
    for _ in 0..count {
        // Half of the worlds write in bursts: many at one moment, then nothing for a while.
        let pause = if busy && rng.chance(85) { rng.below(150) } else { rng.below(2 * calm / count.max(1)) };
        at = (at + pause).min(calm);
        let client = rng.index(cast.len());
        let act = wish(cast, client, rng);
        deeds.push(Deed { at, client, act });
        if !cast[client].stays && rng.chance(60) {
            deeds.push(Deed {
                at: at + rng.below(2_000),
                client,
                act: Act::Look(rng.between(2_000, 40_000)),
            });
        }
    }
    for (client, _) in cast.iter().enumerate().filter(|(_, who)| !who.stays) {
        let mut at = 1_000;
        while at < calm {
            deeds.push(Deed { at, client, act: Act::Look(rng.between(3_000, 40_000)) });
            at += rng.between(30_000, 200_000);
        }
    }
}

fn wish(cast: &[Client], client: usize, rng: &mut Rng) -> Act {
    let others: Vec<usize> =
        members(cast, cast[client].site).into_iter().filter(|other| *other != cast[client].member).collect();
    let stock = cast[client].role == Role::Stock;
    let file = match rng.below(100) {
        0..12 if !stock => Some(rng.between(0, 3_000)),
        12..14 if !stock => Some(rng.between(66_000, 200_000)),
        _ => None,
    };
    match rng.below(100) {
        0..40 => {
            let to = others.iter().copied().filter(|_| rng.chance(65)).collect();
            Act::Begin { to, file }
        }
        40..84 => Act::Reply { pick: rng.next(), file },
        84..92 if stock && !others.is_empty() => Act::Invite(others[rng.index(others.len())]),
        84..89 if !stock && !others.is_empty() => Act::Ping(others[rng.index(others.len())]),
        89..92 if !stock => Act::Withdraw(rng.next()),
        92..94 if !stock => Act::Read(rng.next()),
        94..95 if !stock => Act::DeleteMessage(rng.next()),
        95..96 if !stock => Act::DeleteThread(rng.next()),
        96..98 if !stock => Act::Look(rng.between(2_000, 40_000)),
        _ => Act::Begin { to: others, file },
    }
}

fn wrongs(cast: &[Client], climate: &Climate, calm: u64, deeds: &mut Vec<Deed>, rng: &mut Rng) {
    // One world in twenty is left in peace: what is wrong there is wrong without any excuse.
    let count = if rng.chance(5) { 0 } else { rng.between(climate.faults.0, climate.faults.1) };
    for _ in 0..count {
        let client = rng.index(cast.len());
        let fault = fault(rng);
        deeds.push(Deed { at: rng.between(1_000, calm), client, act: Act::Wrong(fault) });
    }
}

fn fault(rng: &mut Rng) -> Fault {
    let way = if rng.chance(50) { Direction::ToSite } else { Direction::ToClient };
    let down = if rng.chance(70) { rng.between(50, 5_000) } else { rng.between(5_000, 200_000) };
    let spell = rng.between(500, 60_000);
    match rng.below(24) {
        0 => Fault::Cut(Ending::Fin),
        1 => Fault::Cut(Ending::CloseNotify),
        2 => Fault::Cut(Ending::Reset),
        3 => Fault::BlackHole,
        4 => Fault::HalfOpen(Direction::ToSite),
        5 => Fault::HalfOpen(Direction::ToClient),
        6 => Fault::Stall(way, rng.between(100, 40_000)),
        7 => Fault::Refuse(spell),
        8 => Fault::Kill(Moment::Now, down),
        9..12 => Fault::Kill(Moment::AtWrite(rng.between(1, 12)), down),
        12 => Fault::Kill(Moment::BeforeCommit, down),
        13 => Fault::Kill(Moment::AfterCommit, down),
        14 => Fault::Kill(Moment::AfterOutputs, down),
        15 => Fault::DiskFull(spell),
        16 => Fault::FullAtWrite(rng.between(1, 12)),
        17 => {
            let span = i64::try_from(rng.between(1_000, 400 * 86_400_000)).unwrap_or_default();
            Fault::WallJump(if rng.chance(50) { span } else { -span })
        }
        18 => Fault::Sleep(rng.between(1_000, 400_000)),
        19 => Fault::KeysAway(spell),
        20 => Fault::Clone,
        21 => Fault::SiteRestart,
        22 => Fault::SiteDiesInFanout(rng.index(3)),
        _ => Fault::Hold(spell),
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
                assert!(members(&plan.cast, site).len() >= 2);
                assert!(plan.cast.iter().any(|client| client.site == site && client.role == Role::First));
            }
        }
    }
}
