//! Taking in what waits, next to the site and at a distance.

use std::time::Duration;

use crate::count::Rounds;
use crate::error::Outcome;
use crate::figure::{Figure, Target};
use crate::limits::{BACKLOG, BACKLOG_FAR, ONE_WAY, ROUNDS, ROUNDS_FAR};
use crate::stage::{Pair, SIDES, Stage};

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let site = stage.site.clone();
    let near = stage.pair(&site).await?;
    let near = rates(stage, &near, BACKLOG, ROUNDS).await?;
    let way = stage.way(0)?;
    let far = stage.pair(&way).await?;
    stage.latency(0, ONE_WAY).await?;
    let far = rates(stage, &far, BACKLOG_FAR, ROUNDS_FAR).await?;
    stage.latency(0, Duration::ZERO).await?;
    Ok(vec![
        near.figure("received on loopback", "1/s", Target::RatioAtLeast(0.85)),
        far.figure("received at 100 ms", "1/s", Target::RatioAtLeast(0.98)),
    ])
}

/// Messages a second of both sides, in turns.
async fn rates(stage: &mut Stage, pair: &Pair, count: usize, rounds: usize) -> Outcome<Rounds> {
    let mut feeder = stage.feeder(true).await?;
    let mut rates = Rounds::new();
    for _ in 0..rounds {
        for side in SIDES {
            feeder.feed(pair.uid(side), count).await?;
            rates.push(side, stage.drain(pair, side).await?.rate());
        }
    }
    Ok(rates)
}
