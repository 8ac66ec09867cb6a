//! Each planted defect is found: by whole worlds, or by one of the matrices over the scripted exchange. A
//! test that cannot fail proves nothing; these show that the others can.
//!
//! Built with `--features plant` only.

#![allow(clippy::print_stdout, reason = "how many points and worlds there were is a result")]
#![cfg(feature = "plant")]

use tmtp_sim::plants::{by_name, names, plant};
use tmtp_sim::{Climate, run_seeds};

/// Worlds until a defect counts as not found.
const WORLDS: u64 = 1_000;
const AT_A_TIME: u64 = 20;

/// The first seed in whose world it is found, and what was found there.
fn hunted(name: &str) -> Option<(u64, String)> {
    let defect = by_name(name)?;
    let mut from = 1;
    while from <= WORLDS {
        let sum = run_seeds(from, AT_A_TIME, &Climate::default(), || plant(Some(defect)), |_| {});
        if let Some((seed, findings)) = sum.violations.first() {
            return Some((*seed, findings.first()?.to_string()));
        }
        from += AT_A_TIME;
    }
    None
}

#[test]
fn every_planted_defect_is_found() {
    assert!(names().len() >= 12);
    let mut missed = Vec::new();
    for name in names() {
        match hunted(&name) {
            Some((seed, finding)) => println!("{name:28} found in seed {seed}: {finding}"),
            None => {
                println!("{name:28} NOT FOUND in {WORLDS} worlds");
                missed.push(name);
            }
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
}

#[test]
fn without_a_plant_the_same_worlds_are_sound() {
    let sum = run_seeds(1, AT_A_TIME, &Climate::default(), || plant(None), |_| {});
    assert!(sum.violations.is_empty(), "{:#?}", sum.violations);
}
