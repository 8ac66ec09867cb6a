//! The most memory of a small native program that is woken: start, login, one message durable, quit. Built as the
//! library is shipped, in the profile of an extension, with an empty store and with one of a million messages.

use std::path::Path;

use tokio::process::Command;

use crate::count::median;
use crate::error::{BenchError, Outcome};
use crate::figure::{Figure, Target};
use crate::limits::{MANY, WOKEN};
use crate::product;
use crate::stage::{Pair, Side, Stage};

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let host = product::host()?;
    let site = stage.site.clone();
    let empty = stage.pair(&site).await?;
    let large = stage.large(MANY).await?;
    let small = woken(stage, &host, &empty).await?;
    let big = woken(stage, &host, &large).await?;
    Ok(vec![
        Figure::count("peak memory of a wake with one message", "MB", small, Target::AtMost(7.0)),
        Figure::count("the same with a store of a million messages", "MB", big, Target::Shown),
        Figure::count("a million beside none", "times", big / small, Target::AtMost(1.05)),
    ])
}

/// Megabytes, the median of some wakes with one message each.
async fn woken(stage: &mut Stage, host: &Path, pair: &Pair) -> Outcome<f64> {
    let mut feeder = stage.feeder(true).await?;
    let mut peaks = Vec::new();
    for _ in 0..WOKEN {
        feeder.feed(pair.uid(Side::Ours), 1).await?;
        let output = Command::new(host).arg("wake").arg(pair.home()).output().await?;
        if !output.status.success() {
            return Err(BenchError::Refused(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = said.split_whitespace();
        let (Some("new"), Some("1"), Some(kib)) = (words.next(), words.next(), words.next()) else {
            return Err(BenchError::Expected("one new message"));
        };
        let kib: f64 = kib.parse().map_err(|_| BenchError::Expected("a number of KiB"))?;
        peaks.push(kib * 1024.0 / 1e6);
    }
    Ok(median(peaks))
}
