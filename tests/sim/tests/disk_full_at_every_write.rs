//! The scripted exchange, with an error for want of room at every write to one client's disk, and so in
//! every commit and every file that is taken in.

#![allow(clippy::print_stdout, reason = "how many points and worlds there were is a result")]

use tmtp_sim::script::{FOCUS, break_at, exchange};
use tmtp_sim::{Trigger, run_plan};

#[test]
fn full_at_a_write_everything_arrives_once() {
    let plan = exchange();
    let whole = run_plan(plan.clone());
    assert_eq!(whole.findings, [], "unbroken");
    let writes = whole.writes[FOCUS];
    let points: Vec<Trigger> =
        (1..=writes).map(|number| Trigger::Write { client: FOCUS, number, full: true }).collect();
    let matrix = break_at(&plan, &points, || {});
    println!("disk full at a write: points covered {} of {writes}", matrix.struck);
    assert_eq!(matrix.failures, 0, "{:#?}", matrix.failed);
    assert_eq!(matrix.struck as u64, writes);
}
