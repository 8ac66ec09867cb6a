//! The scripted exchange, cut at every single byte of the plaintext that passes at one client: in each
//! direction, with an end that both sides see, with silence, and with the process killed. Afterwards
//! everything must have arrived everywhere exactly once, judged at the site before any folding.

#![allow(clippy::print_stdout, reason = "how many points and worlds there were is a result")]

use std::time::Instant;

use tmtp_sim::script::{FOCUS, break_at, short_exchange};
use tmtp_sim::{Direction, How, Trigger, run_plan};

fn all_bytes(direction: Direction, how: How) {
    let plan = short_exchange();
    let whole = run_plan(plan.clone());
    assert_eq!(whole.findings, [], "unbroken");
    let way = usize::from(direction == Direction::ToClient);
    let bytes = whole.passed[FOCUS][way];
    let point = |number| Trigger::Byte { client: FOCUS, direction, number, how };
    let points: Vec<Trigger> = (0..bytes).map(point).collect();
    let begun = Instant::now();
    let matrix = break_at(&plan, &points, || {});
    println!(
        "{direction:?} {how:?}: points covered {} of {bytes}, in {:.1} s",
        matrix.struck,
        begun.elapsed().as_secs_f64()
    );
    assert_eq!(matrix.failures, 0, "{:#?}", matrix.failed);
    assert_eq!(matrix.struck as u64, bytes);
}

#[test]
fn cut_towards_the_site_with_an_end_everything_arrives_once() {
    all_bytes(Direction::ToSite, How::Fin);
}

#[test]
fn cut_towards_the_site_in_silence_everything_arrives_once() {
    all_bytes(Direction::ToSite, How::Silence);
}

#[test]
fn killed_while_writing_everything_arrives_once() {
    all_bytes(Direction::ToSite, How::Kill);
}

#[test]
fn cut_towards_the_client_with_an_end_everything_arrives_once() {
    all_bytes(Direction::ToClient, How::Fin);
}

#[test]
fn cut_towards_the_client_in_silence_everything_arrives_once() {
    all_bytes(Direction::ToClient, How::Silence);
}

#[test]
fn killed_while_reading_everything_arrives_once() {
    all_bytes(Direction::ToClient, How::Kill);
}
