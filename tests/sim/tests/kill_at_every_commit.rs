//! The scripted exchange, with the process killed at every commit (before it, after it before anything has
//! left, after everything has left) and at every write to its disk. What was not synced is lost.

#![allow(clippy::print_stdout, reason = "how many points and worlds there were is a result")]

use tmtp_sim::script::{FOCUS, break_at, exchange};
use tmtp_sim::{Moment, Trigger, run_plan};

fn all_commits(moment: Moment) {
    let plan = exchange();
    let whole = run_plan(plan.clone());
    assert_eq!(whole.findings, [], "unbroken");
    let commits = whole.commits[FOCUS];
    let points: Vec<Trigger> =
        (1..=commits).map(|number| Trigger::Commit { client: FOCUS, number, moment }).collect();
    let matrix = break_at(&plan, &points, || {});
    println!("{moment:?}: points covered {} of {commits}", matrix.struck);
    assert_eq!(matrix.failures, 0, "{:#?}", matrix.failed);
    assert_eq!(matrix.struck as u64, commits);
}

#[test]
fn killed_before_a_commit_everything_arrives_once() {
    all_commits(Moment::BeforeCommit);
}

#[test]
fn killed_after_a_commit_before_its_outputs_everything_arrives_once() {
    all_commits(Moment::AfterCommit);
}

#[test]
fn killed_after_the_outputs_of_a_commit_everything_arrives_once() {
    all_commits(Moment::AfterOutputs);
}

#[test]
fn killed_at_a_write_everything_arrives_once() {
    let plan = exchange();
    let writes = run_plan(plan.clone()).writes[FOCUS];
    let points: Vec<Trigger> =
        (1..=writes).map(|number| Trigger::Write { client: FOCUS, number, full: false }).collect();
    let matrix = break_at(&plan, &points, || {});
    println!("killed at a write: points covered {} of {writes}", matrix.struck);
    assert_eq!(matrix.failures, 0, "{:#?}", matrix.failed);
    assert_eq!(matrix.struck as u64, writes);
}
