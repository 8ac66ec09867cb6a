//! Round trips from the dial to the first message stored and confirmed, counted by the relay: one for the
//! connection, and one for each time that the site speaks after the client. The counter is read when the message
//! is stored, while its confirmation is on the way.

use crate::child::Process;
use crate::count::Rounds;
use crate::error::Outcome;
use crate::figure::{Figure, Target};
use crate::limits::{ACCOUNTS, ONE_WAY_COUNTING};
use crate::order::Say;
use crate::stage::{Feeder, Pair, SIDES, Side, Stage};

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let ways = (0..ACCOUNTS).map(|relay| stage.way(relay)).collect::<Outcome<Vec<_>>>()?;
    let pairs = stage.pairs(&ways).await?;
    let mut feeder = stage.feeder(true).await?;
    let [mut cold, mut resumed, mut many] = [const { Rounds::new() }; 3];
    for side in SIDES {
        count(stage, &mut feeder, pairs.get(..1).unwrap_or_default(), side, &mut [&mut cold, &mut resumed])
            .await?;
        count(stage, &mut feeder, &pairs, side, &mut [&mut many]).await?;
    }
    let figure = |name, rounds: Rounds| {
        let (ours, bare) = rounds.largest();
        Figure::new(name, "trips", ours, bare, Target::Exactly(3.0))
    };
    Ok(vec![
        figure("dial to first message, first link of a process", cold),
        figure("dial to first message, TLS resumed", resumed),
        figure("dial to first message, the worst of 10 accounts", many),
    ])
}

/// Has these pairs' members of one side look for mail as often as there are places to put the counts into. Pair
/// number n is behind relay number n.
async fn count(
    stage: &mut Stage,
    feeder: &mut Feeder,
    pairs: &[Pair],
    side: Side,
    rounds: &mut [&mut Rounds],
) -> Outcome<()> {
    feed(stage, feeder, pairs, side).await?;
    let mut before = counters(stage, pairs.len()).await?;
    let mut worker = Process::worker(&Pair::first(pairs, side, rounds.len())?, None)?;
    let last = rounds.len();
    for (time, rounds) in (1..).zip(rounds.iter_mut()) {
        let mut left = pairs.len();
        while left > 0 {
            if let Say::Stored { account } = worker.hear("that a message is stored").await? {
                let (trips, _) = stage.counters(account).await?;
                let begun = before.get(account).copied().unwrap_or_default();
                rounds.push(side, (trips - begun) as f64);
                left -= 1;
            }
        }
        if time < last {
            worker.ready().await?;
            feed(stage, feeder, pairs, side).await?;
            before = counters(stage, pairs.len()).await?;
            worker.go().await?;
        }
    }
    worker.end().await?;
    Ok(())
}

/// One message for each, and the distance.
async fn feed(stage: &mut Stage, feeder: &mut Feeder, pairs: &[Pair], side: Side) -> Outcome<()> {
    for (relay, pair) in pairs.iter().enumerate() {
        feeder.feed(pair.uid(side), 1).await?;
        stage.latency(relay, ONE_WAY_COUNTING).await?;
    }
    Ok(())
}

async fn counters(stage: &mut Stage, relays: usize) -> Outcome<Vec<u64>> {
    let mut counters = Vec::new();
    for relay in 0..relays {
        counters.push(stage.counters(relay).await?.0);
    }
    Ok(counters)
}
