//! An outbox that empties at a distance. To receivers that have shown a send id, posts may do without a copy to
//! the own node; to stock receivers each one proves itself by such a copy, and each copy takes a turn of the
//! node's queue. Times run from the dial to the last answer, and to the last copy taken in.

use std::time::{Duration, Instant};

use crate::child::Process;
use crate::count::Rounds;
use crate::error::{BenchError, Outcome};
use crate::figure::{Figure, Target};
use crate::limits::{ONE_WAY, OUTBOX, ROUNDS, ROUNDS_STOCK};
use crate::stage::{Feeder, Pair, SIDES, Side, Stage};

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let way = stage.way(0)?;
    let pair = stage.pair(&way).await?;
    let [mut folding, mut stock, mut proven] = [const { Rounds::new() }; 3];
    let mut peer = stage.feeder(true).await?;
    let mut flushes = Flushes::prepare(stage, &pair, &mut peer).await?;
    for _ in 0..ROUNDS {
        for side in SIDES {
            let (answered, _) = flushes.play(stage, side, 0).await?;
            folding.push(side, OUTBOX as f64 / answered);
        }
    }
    let mut peer = stage.feeder(false).await?;
    flushes = Flushes::prepare(stage, &pair, &mut peer).await?;
    for _ in 0..ROUNDS_STOCK {
        for side in SIDES {
            let (answered, taken) = flushes.play(stage, side, OUTBOX).await?;
            stock.push(side, OUTBOX as f64 / answered);
            proven.push(side, taken);
        }
    }
    let ((with, bare_with), (without, bare_without)) = (stock.medians(), folding.medians());
    let target = Target::RatioAtLeast(0.95);
    Ok(vec![
        folding.figure("posts at 100 ms, outbox of 200, receivers fold", "1/s", target),
        stock.figure("posts at 100 ms, outbox of 200, stock receivers", "1/s", target),
        proven.figure("until the last of those to stock receivers is proven", "s", Target::Shown),
        Figure::new(
            "rate to stock receivers / to those that fold",
            "",
            with / without,
            bare_with / bare_without,
            Target::Shown,
        )
        .without_ratio(),
    ])
}

/// Outboxes of both sides in a thread that a peer began.
struct Flushes {
    pair: Pair,
    peer: String,
    threads: [String; 2],
}

impl Flushes {
    /// Has the peer begin the threads.
    async fn prepare(stage: &mut Stage, pair: &Pair, peer: &mut Feeder) -> Outcome<Flushes> {
        let mut threads = Vec::new();
        for side in SIDES {
            threads.push(thread(stage, pair, side, peer).await?);
        }
        let threads = <[String; 2]>::try_from(threads).map_err(|_| BenchError::Expected("two threads"))?;
        Ok(Flushes { pair: pair.clone(), peer: peer.key.uid.clone(), threads })
    }

    /// Seconds until everything is answered, and until nothing waits for the sender any more.
    async fn play(&mut self, stage: &mut Stage, side: Side, copies: usize) -> Outcome<(f64, f64)> {
        let [ours, bare] = &self.threads;
        let thread = if side == Side::Ours { ours } else { bare };
        let order = self.pair.flush(side, &self.peer, thread, OUTBOX, copies);
        let mut worker = Process::worker(&order, None)?;
        worker.ready().await?;
        stage.latency(0, ONE_WAY).await?;
        let began = Instant::now();
        worker.go().await?;
        let answered = worker.took().await?.seconds;
        stage.until_taken(self.pair.uid(side)).await?;
        let taken = began.elapsed().as_secs_f64();
        worker.go().await?;
        worker.end().await?;
        stage.latency(0, Duration::ZERO).await?;
        Ok((answered, taken))
    }
}

/// Has a peer begin a thread with a side's member, who takes that in.
pub(super) async fn thread(stage: &mut Stage, pair: &Pair, side: Side, peer: &mut Feeder) -> Outcome<String> {
    let (threads, _) = peer.feed(pair.uid(side), 1).await?;
    stage.drain(pair, side).await?;
    threads.into_iter().next().ok_or(BenchError::Expected("a thread"))
}
