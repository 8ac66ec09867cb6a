//! A large attachment, both ways: how fast, and how much more memory than for a small one.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::bare::send_file;
use crate::child::Process;
use crate::count::Rounds;
use crate::error::Outcome;
use crate::figure::{Figure, Target};
use crate::limits::{LARGE, ROUNDS, SMALL};
use crate::stage::{Feeder, Pair, SIDES, Side, Stage};

const MIB: f64 = 1024.0;

/// A file and its hash.
struct Sample {
    file: PathBuf,
    hash: [u8; 32],
}

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let (large, small) = (sample(stage, "large", LARGE)?, sample(stage, "small", SMALL)?);
    let site = stage.site.clone();
    let pair = stage.pair(&site).await?;
    let mut peer = stage.feeder(true).await?;
    let [mut taken, mut taken_peak, mut given, mut given_peak] = [const { Rounds::new() }; 4];
    for _ in 0..ROUNDS {
        for side in SIDES {
            let (_, without) = receive(stage, &pair, side, &mut peer, &small).await?;
            let (seconds, with) = receive(stage, &pair, side, &mut peer, &large).await?;
            taken.push(side, LARGE as f64 / 1e6 / seconds);
            taken_peak.push(side, (with - without) / MIB);
            let (_, without) = send(&pair, side, &peer.key.uid, &small).await?;
            let (seconds, with) = send(&pair, side, &peer.key.uid, &large).await?;
            given.push(side, LARGE as f64 / 1e6 / seconds);
            given_peak.push(side, (with - without) / MIB);
        }
    }
    let (rate, peak) = (Target::RatioAtLeast(0.8), Target::AtMost(1.0));
    Ok(vec![
        taken.figure("attachment of 50 MiB received", "MB/s", rate),
        taken_peak.figure("extra peak memory of receiving it", "MiB", peak).without_ratio(),
        given.figure("attachment of 50 MiB sent", "MB/s", rate),
        given_peak.figure("extra peak memory of sending it", "MiB", peak).without_ratio(),
    ])
}

/// Seconds of the whole session that takes a file in, and its peak memory in KiB.
async fn receive(
    stage: &mut Stage,
    pair: &Pair,
    side: Side,
    peer: &mut Feeder,
    sample: &Sample,
) -> Outcome<(f64, f64)> {
    let mut link = peer.link().await?;
    let letter = peer.start(pair.uid(side))?;
    send_file(&mut link, &peer.dir, &letter, &sample.file, Some(sample.hash)).await?;
    link.quit().await?;
    let mut worker = Process::worker(&pair.drain(side), None)?;
    let took = worker.took().await?;
    let peak = worker.end().await?;
    stage.until_taken(pair.uid(side)).await?;
    Ok((took.whole, peak as f64))
}

/// Seconds from the file to the site's answer, and the peak memory in KiB.
async fn send(pair: &Pair, side: Side, to: &str, sample: &Sample) -> Outcome<(f64, f64)> {
    let mut worker = Process::worker(&pair.send_file(side, to, &sample.file), None)?;
    worker.ready().await?;
    worker.go().await?;
    let took = worker.took().await?;
    Ok((took.seconds, worker.end().await? as f64))
}

/// A file of so many bytes that no compression makes smaller.
fn sample(stage: &Stage, name: &str, size: u64) -> Outcome<Sample> {
    let file = stage.folder("samples")?.join(name);
    let mut state = size | 1;
    let bytes: Vec<u8> = (0..size)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect();
    std::fs::write(&file, &bytes)?;
    Ok(Sample { file, hash: Sha256::digest(&bytes).into() })
}
