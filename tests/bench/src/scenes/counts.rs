//! System calls and syncs per message: the difference between a short run and a long one, so that whatever happens
//! once per start cancels. Counted by strace, all threads together.

use crate::child::Process;
use crate::count::Calls;
use crate::error::Outcome;
use crate::figure::{Figure, Target};
use crate::limits::{BASELINE_CALLS, BASELINE_SYNCS, COUNTED, COUNTED_SENT};
use crate::order::{Order, OursTask};
use crate::stage::{Pair, Side, Stage};

use super::posts::thread;

const RECEIVED: Target = Target::Between(1.0, 1.02);
const SENT: Target = Target::AtMost(2.0);
const SENT_IN_FLUSH: Target = Target::AtMost(1.2);

const SYNCS: &str = "syncs per received message";
const CALLS: &str = "system calls per received message";
const SYNCS_SENT: &str = "syncs per message sent, one by one";
const SYNCS_SENT_ALL: &str = "the same, own copies not taken off";
const SYNCS_FLUSHED: &str = "syncs per message sent in a flush";
const SYNCS_FLUSHED_ALL: &str = "the same in a flush, own copies not taken off";

pub(super) async fn run(stage: &mut Stage) -> Outcome<Vec<Figure>> {
    if !stage.strace {
        return Ok(vec![
            Figure::not_measured(
                "strace is not here: base line",
                "each",
                Target::BaselineAtMost(BASELINE_CALLS),
            ),
            Figure::not_measured(SYNCS, "each", RECEIVED),
            Figure::not_measured(SYNCS_SENT, "each", SENT),
            Figure::not_measured(SYNCS_FLUSHED, "each", SENT_IN_FLUSH),
        ]);
    }
    let site = stage.site.clone();
    let pair = stage.pair(&site).await?;
    let (bare_calls, bare_syncs) = received(stage, &pair, Side::Bare).await?;
    let (calls, syncs) = received(stage, &pair, Side::Ours).await?;
    let (each, each_copies) = sent(stage, &pair, false).await?;
    let (flushed, flushed_copies) = sent(stage, &pair, true).await?;
    Ok(vec![
        Figure::of_baseline(
            "base line: system calls per received message",
            "each",
            bare_calls,
            BASELINE_CALLS,
        ),
        Figure::of_baseline("base line: syncs per received message", "each", bare_syncs, BASELINE_SYNCS),
        Figure::new(SYNCS, "each", syncs, bare_syncs, RECEIVED),
        Figure::new(CALLS, "each", calls, bare_calls, Target::Shown),
        Figure::count(SYNCS_SENT, "each", each - each_copies, SENT),
        Figure::count(SYNCS_SENT_ALL, "each", each, Target::Shown),
        Figure::count(SYNCS_FLUSHED, "each", flushed - flushed_copies, SENT_IN_FLUSH),
        Figure::count(SYNCS_FLUSHED_ALL, "each", flushed, Target::Shown),
    ])
}

/// Calls and syncs for each received message.
async fn received(stage: &mut Stage, pair: &Pair, side: Side) -> Outcome<(f64, f64)> {
    let mut feeder = stage.feeder(true).await?;
    let mut counted = Vec::new();
    for count in [COUNTED.0, COUNTED.1] {
        feeder.feed(pair.uid(side), count).await?;
        let (mut worker, calls) = start(stage, &pair.drain(side))?;
        worker.took().await?;
        worker.end().await?;
        counted.push(Calls::parse(&std::fs::read_to_string(calls)?));
    }
    Ok(difference(&counted, COUNTED.1 - COUNTED.0))
}

/// Syncs for each sent message, from `send` to the site's answer, and own copies for each. A copy counts as received,
/// so one sync each may be taken off, also where it shared its commit with an answer.
async fn sent(stage: &mut Stage, pair: &Pair, in_flush: bool) -> Outcome<(f64, f64)> {
    let mut peer = stage.feeder(true).await?;
    let thread = thread(stage, pair, Side::Ours, &mut peer).await?;
    let own = pair.uid(Side::Ours);
    let (mut counted, mut copies) = (Vec::new(), Vec::new());
    for count in [COUNTED_SENT.0, COUNTED_SENT.1] {
        let before = stage.own_copies(own).await?;
        let (name, thread) = (pair.name(), thread.clone());
        let task = if in_flush {
            OursTask::Flush { name, thread, count }
        } else {
            OursTask::SendEach { name, thread, count }
        };
        let (mut worker, calls) = start(stage, &pair.ours(task))?;
        if in_flush {
            worker.ready().await?;
            worker.go().await?;
        }
        worker.took().await?;
        stage.until_taken(own).await?;
        worker.go().await?;
        worker.end().await?;
        counted.push(Calls::parse(&std::fs::read_to_string(calls)?));
        copies.push((stage.own_copies(own).await? - before) as f64);
    }
    let more = COUNTED_SENT.1 - COUNTED_SENT.0;
    let (_, syncs) = difference(&counted, more);
    let copies = copies.last().zip(copies.first()).map_or(f64::NAN, |(long, short)| long - short);
    Ok((syncs, copies / more as f64))
}

fn start(stage: &Stage, order: &Order) -> Outcome<(Process, std::path::PathBuf)> {
    let calls = stage.folder("calls")?.join("table");
    Ok((Process::worker(order, Some(&calls))?, calls))
}

fn difference(counted: &[Calls], messages: usize) -> (f64, f64) {
    let (short, long) = (counted.first().copied(), counted.last().copied());
    long.unwrap_or_default().per_message(short.unwrap_or_default(), messages)
}
