//! Bytes on the wire, TLS included, beyond what the messages themselves have: whole sessions that receive, and whole
//! sessions that send with a copy to the own node each, which so receive as well.

use crate::child::Process;
use crate::error::Outcome;
use crate::figure::{Figure, Target};
use crate::limits::COUNTED_BYTES;
use crate::stage::{Pair, SIDES, Side, Stage};

use super::posts::thread;
use crate::bare::Letter;

const TARGET: Target = Target::RatioAtMost(1.03);

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let way = stage.way(0)?;
    let pair = stage.pair(&way).await?;
    let (mut received, mut sent) = (Vec::new(), Vec::new());
    for side in SIDES {
        received.push(receive(stage, &pair, side).await?);
        sent.push(send(stage, &pair, side).await?);
    }
    let figure = |name, bytes: &[f64]| {
        let [ours, bare] = [bytes.first(), bytes.last()].map(|bytes| bytes.copied().unwrap_or(f64::NAN));
        Figure::new(name, "bytes", ours, bare, TARGET)
    };
    Ok(vec![
        figure("on the wire per received message, beyond its data", &received),
        figure("on the wire per post with its copy, beyond their data", &sent),
    ])
}

async fn receive(stage: &mut Stage, pair: &Pair, side: Side) -> Outcome<f64> {
    let (_, data) = stage.feeder(true).await?.feed(pair.uid(side), COUNTED_BYTES).await?;
    let (_, before) = stage.counters(0).await?;
    stage.drain(pair, side).await?;
    each(stage, before, data).await
}

async fn send(stage: &mut Stage, pair: &Pair, side: Side) -> Outcome<f64> {
    let mut peer = stage.feeder(false).await?;
    let thread = thread(stage, pair, side, &mut peer).await?;
    let (own, to) = (pair.uid(side).parse()?, peer.key.uid()?);
    let data = Letter::reply(&own, &to, &thread, &pair.alias()).data_len()? * COUNTED_BYTES as u64;
    let (_, before) = stage.counters(0).await?;
    let order = pair.flush(side, &peer.key.uid, &thread, COUNTED_BYTES, COUNTED_BYTES);
    let mut worker = Process::worker(&order, None)?;
    worker.ready().await?;
    worker.go().await?;
    worker.took().await?;
    stage.until_taken(pair.uid(side)).await?;
    worker.go().await?;
    worker.end().await?;
    each(stage, before, 2 * data).await
}

async fn each(stage: &mut Stage, before: u64, data: u64) -> Outcome<f64> {
    let (_, after) = stage.counters(0).await?;
    Ok((after - before) as f64 / COUNTED_BYTES as f64 - data as f64 / COUNTED_BYTES as f64)
}
