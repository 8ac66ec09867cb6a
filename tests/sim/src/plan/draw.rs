//! Draws a world: who is there, what they want, what goes wrong. All of it from one sequence of random
//! numbers, before the world begins.

use super::{Act, Client, Climate, Deed, Role};
use crate::faults::{Fault, Moment};
use crate::lies::{self, Lie};
use crate::limits::{LOW_DELIVERY_MAX, LOW_OWN_COPY_MAX};
use crate::link::{Direction, Ending};
use crate::rng::Rng;

/// Who is there.
pub(super) fn cast(sites: usize, rng: &mut Rng) -> Vec<Client> {
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

/// What happens, in order of time.
pub(super) fn deeds(
    cast: &[Client],
    climate: &Climate,
    calm: u64,
    low_limits: bool,
    rng: &mut Rng,
) -> Vec<Deed> {
    let mut deeds = nodes(cast, rng);
    wishes(cast, climate, calm, low_limits, &mut deeds, rng);
    stays(cast, calm, &mut deeds, rng);
    wrongs(cast, climate, calm, low_limits, &mut deeds, rng);
    deeds.sort_by_key(|deed| deed.at);
    deeds
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
pub(super) fn members(cast: &[Client], site: usize) -> Vec<usize> {
    let here =
        cast.iter().enumerate().filter(|(number, client)| client.site == site && client.member == *number);
    here.map(|(number, _)| number).collect()
}

fn wishes(
    cast: &[Client],
    climate: &Climate,
    calm: u64,
    low_limits: bool,
    deeds: &mut Vec<Deed>,
    rng: &mut Rng,
) {
    let count = rng.between(climate.wishes.0, climate.wishes.1);
    let busy = rng.chance(50);
    let mut at = rng.between(5_000, 30_000);
    for _ in 0..count {
        // Half of the worlds write in bursts: many at one moment, then nothing for a while.
        let pause = if busy && rng.chance(85) { rng.below(150) } else { rng.below(2 * calm / count.max(1)) };
        at = (at + pause).min(calm);
        let client = rng.index(cast.len());
        let act = wish(cast, client, low_limits, rng);
        // Second thoughts, while it is on its way.
        if matches!(act, Act::Begin { .. } | Act::Reply { .. }) && rng.chance(4) {
            deeds.push(Deed { at: at + rng.below(1_500), client, act: Act::Withdraw(0) });
        }
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

fn wish(cast: &[Client], client: usize, low_limits: bool, rng: &mut Rng) -> Act {
    let others: Vec<usize> =
        members(cast, cast[client].site).into_iter().filter(|other| *other != cast[client].member).collect();
    let stock = cast[client].role == Role::Stock;
    let file = match rng.below(100) {
        0..12 if !stock => Some(rng.between(0, 3_000)),
        12..14 if !stock => Some(rng.between(66_000, 200_000)),
        // Above the size up to which a post proves itself, or above that up to which it is taken unasked.
        14..22 if !stock && low_limits => Some(rng.between(LOW_OWN_COPY_MAX, 2 * LOW_OWN_COPY_MAX)),
        22..24 if !stock && low_limits => Some(rng.between(LOW_DELIVERY_MAX, LOW_DELIVERY_MAX + 20_000)),
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

/// Some people let their link go for a while, and take it up again.
fn stays(cast: &[Client], calm: u64, deeds: &mut Vec<Deed>, rng: &mut Rng) {
    for (client, who) in cast.iter().enumerate() {
        if who.role == Role::Stock || !rng.chance(35) {
            continue;
        }
        for _ in 0..rng.between(1, 4) {
            let off = rng.between(10_000, calm);
            deeds.push(Deed { at: off, client, act: Act::Stay(false) });
            deeds.push(Deed { at: off + rng.between(500, 90_000), client, act: Act::Stay(true) });
        }
    }
}

fn wrongs(
    cast: &[Client],
    climate: &Climate,
    calm: u64,
    low_limits: bool,
    deeds: &mut Vec<Deed>,
    rng: &mut Rng,
) {
    // One world in twenty is left in peace: what is wrong there is wrong without any excuse.
    let count = if rng.chance(5) { 0 } else { rng.between(climate.faults.0, climate.faults.1) };
    for _ in 0..count {
        let client = rng.index(cast.len());
        let fault = fault(rng);
        deeds.push(Deed { at: rng.between(1_000, calm), client, act: Act::Wrong(fault) });
    }
    // These wait for a post above the limit.
    if count > 0 && low_limits {
        for _ in 0..rng.between(2, 5) {
            let (at, client) = (rng.between(1_000, calm / 2), rng.index(cast.len()));
            deeds.push(Deed { at, client, act: Act::Wrong(Fault::CutUnproven(any_end(rng))) });
        }
    }
    // In most worlds nobody uses a copy beside its original: what is judged there has no such excuse.
    if count > 0 && rng.chance(30) {
        for _ in 0..rng.between(2, 5) {
            let fault = Fault::CloneInParallel(rng.between(20_000, 600_000));
            let (at, client) = (rng.between(20_000, calm), rng.index(cast.len()));
            deeds.push(Deed { at, client, act: Act::Wrong(fault) });
        }
    }
}

/// Some members of ours have a stock client besides.
pub(super) fn mixed(
    cast: &mut Vec<Client>,
    deeds: &mut Vec<Deed>,
    calm: u64,
    low_limits: bool,
    rng: &mut Rng,
) {
    let wild = deeds.iter().any(|deed| matches!(deed.act, Act::Wrong(_)));
    let firsts: Vec<usize> = (0..cast.len()).filter(|number| cast[*number].role == Role::First).collect();
    for member in firsts {
        if !rng.chance(30) {
            continue;
        }
        let (number, site) = (cast.len(), cast[member].site);
        let latency = rng.between(1, 80);
        cast.push(Client { site, member, role: Role::FurtherStock, latency, stays: true });
        let made = rng.between(5_000, 60_000);
        deeds.push(Deed { at: made, client: member, act: Act::MakeNode(number) });
        // Half of them never write: their members are known for what the other nodes do. The others are heard of soon.
        let count = if rng.chance(50) { 0 } else { rng.between(4, 10) };
        for _ in 0..count {
            let at = rng.between(made, (made + 300_000).min(calm.max(made + 1)));
            deeds.push(Deed { at, client: number, act: Act::Reply { pick: rng.next(), file: None } });
        }
        if wild && low_limits {
            unproven(cast, site, (made + 30_000, calm), deeds, rng);
        }
    }
    deeds.sort_by_key(|deed| deed.at);
}

/// Posts without a copy at this site, each with a cut that is meant for it.
fn unproven(cast: &[Client], site: usize, when: (u64, u64), deeds: &mut Vec<Deed>, rng: &mut Rng) {
    let ours: Vec<usize> = (0..cast.len())
        .filter(|client| cast[*client].site == site && cast[*client].role == Role::First)
        .collect();
    for _ in 0..rng.between(3, 7) {
        let (at, client) = (rng.between(when.0, when.1.max(when.0 + 1)), ours[rng.index(ours.len())]);
        deeds.push(Deed { at, client, act: Act::Wrong(Fault::CutUnproven(any_end(rng))) });
        let file = Some(rng.between(LOW_OWN_COPY_MAX, 2 * LOW_OWN_COPY_MAX));
        deeds.push(Deed { at: at + 100, client, act: Act::Reply { pick: rng.next(), file } });
    }
}

/// In most worlds there is one who lies, at the first site, and a site that refuses for no reason now and then.
pub(super) fn liars(
    cast: &mut Vec<Client>,
    deeds: &mut Vec<Deed>,
    calm: u64,
    low_limits: bool,
    rng: &mut Rng,
) {
    if !rng.chance(70) {
        return;
    }
    let honest = cast.len();
    cast.push(Client { site: 0, member: honest, role: Role::Liar, latency: rng.between(1, 80), stays: true });
    // A thread should be begun before somebody else writes into it.
    let mut lie = |kind| Deed {
        at: rng.between(15_000, calm),
        client: honest,
        act: Act::Wrong(Fault::Lie(Lie { kind, pick: rng.next() })),
    };
    let kinds = lies::Kind::ALL.into_iter().filter(|kind| *kind != lies::Kind::Oversized || low_limits);
    let again = [lies::Kind::Name, lies::Kind::NamesInList, lies::Kind::Oversized];
    let again = again.into_iter().filter(|kind| *kind != lies::Kind::Oversized || low_limits);
    let kinds: Vec<lies::Kind> = kinds.chain(again).collect();
    deeds.extend(kinds.into_iter().map(&mut lie));
    for _ in 0..rng.between(1, 4) {
        let fault = Fault::RudeError(rng.next());
        deeds.push(Deed { at: rng.between(10_000, calm), client: rng.index(honest), act: Act::Wrong(fault) });
    }
    deeds.sort_by_key(|deed| deed.at);
}

fn any_end(rng: &mut Rng) -> Ending {
    if rng.chance(50) { Ending::Fin } else { Ending::Reset }
}

fn fault(rng: &mut Rng) -> Fault {
    let way = if rng.chance(50) { Direction::ToSite } else { Direction::ToClient };
    let down = if rng.chance(70) { rng.between(50, 5_000) } else { rng.between(5_000, 200_000) };
    let spell = rng.between(500, 60_000);
    match rng.below(26) {
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
        23 => Fault::CutUnproven(any_end(rng)),
        24 => Fault::Hold(spell),
        _ => Fault::Gap(any_end(rng)),
    }
}
