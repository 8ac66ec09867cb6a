//! How much later a message arrives that is posted while an outbox empties: it waits behind the copies to the own
//! node that are under way. In round trips, beside the same message in the same place of a session without a flush,
//! which takes half of one, or more behind the login's own message.

use std::time::Duration;

use tmtp_wire::ids::Uid;

use super::posts::thread;
use crate::bare::{Bare, Letter};
use crate::child::Process;
use crate::error::Outcome;
use crate::figure::{Figure, Target};
use crate::limits::{FLUSH, LOOK, ONE_WAY, PROBES_AFTER};
use crate::micros;
use crate::order::Say;
use crate::stage::{Feeder, Pair, Seen, Side, Stage};

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    let way = stage.way(0)?;
    let mut flushes = Flushes::prepare(stage, &way).await?;
    let mut worst = (0.0, 0.0);
    for after in PROBES_AFTER {
        let with = flushes.probe(stage, FLUSH, move |seen, began| seen.posts >= began.posts + after).await?;
        // The first one meets the login's own message, with a flush and without.
        let first = after == 1;
        let without = flushes.probe(stage, 0, move |seen, began| first && seen.logins > began.logins).await?;
        if with - without > worst.0 - worst.1 {
            worst = (with, without);
        }
    }
    flushes.link.quit().await?;
    let (name, target) = ("arrival beside a flush of 50 (baseline: none)", Target::AboveBaselineAtMost(3.0));
    Ok(vec![Figure::new(name, "trips", worst.0, worst.1, target).without_ratio()])
}

struct Flushes {
    pair: Pair,
    own: Uid,
    thread: String,
    peer: Feeder,
    /// The peer's own link, next to the site.
    link: Bare,
    letter: Letter,
}

impl Flushes {
    async fn prepare(stage: &mut Stage, way: &str) -> Outcome<Flushes> {
        let pair = stage.pair(way).await?;
        let mut peer = stage.feeder(true).await?;
        let thread = thread(stage, &pair, Side::Ours, &mut peer).await?;
        let own: Uid = pair.uid(Side::Ours).parse()?;
        let letter = Letter::reply(&peer.key.uid()?, &own, &thread, "bench feeder");
        let link = peer.link().await?;
        Ok(Flushes { pair, own, thread, peer, link, letter })
    }

    /// A session with a flush of so many. As soon as `when` is so, or else when everything is quiet, the peer posts;
    /// gives how many round trips later that was stored.
    async fn probe(
        &mut self,
        stage: &mut Stage,
        count: usize,
        when: impl Fn(Seen, Seen) -> bool,
    ) -> Outcome<f64> {
        let order = self.pair.flush(Side::Ours, &self.peer.key.uid, &self.thread, count, 0);
        let mut worker = Process::worker(&order, None)?;
        worker.ready().await?;
        stage.latency(0, ONE_WAY).await?;
        let began = stage.seen().await?;
        worker.go().await?;
        loop {
            let seen = stage.seen().await?;
            if when(seen, began) {
                break;
            }
            if count == 0 && seen.logins > began.logins {
                stage.until_taken(self.own.as_str()).await?;
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        self.peer.post(&mut self.link, vec![self.letter.clone()], 1).await?;
        let posted = micros();
        let arrived = loop {
            if let Say::Arrived { at } = worker.hear("that a message has come").await? {
                break at;
            }
        };
        stage.until_taken(self.own.as_str()).await?;
        worker.go().await?;
        worker.end().await?;
        stage.latency(0, Duration::ZERO).await?;
        Ok(arrived.saturating_sub(posted) as f64 / (2.0 * ONE_WAY.as_secs_f64() * 1e6))
    }
}
