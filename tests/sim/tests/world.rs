//! Whole worlds from seeds. `tests/run` runs thousands of them with the program; here are fewer, and what
//! must hold of the simulation itself.

#![allow(clippy::print_stdout, reason = "how many points and worlds there were is a result")]

use tmtp_sim::{Climate, run_seed, run_seeds};

#[test]
fn a_seed_gives_the_same_world_again() {
    for seed in [3, 4, 5] {
        let (one, two) = (run_seed(seed, &Climate::default()), run_seed(seed, &Climate::default()));
        assert_eq!((one.trace, one.steps, one.posts), (two.trace, two.steps, two.posts), "seed {seed}");
    }
}

#[test]
fn in_every_world_everything_arrives_once() {
    let sum = run_seeds(1, 60, &Climate::default(), || {}, |_| {});
    println!("seeds {} steps {} posts {}", sum.seeds, sum.steps, sum.posts);
    assert!(sum.posts > 1_000);
    assert!(sum.violations.is_empty(), "{:#?}", sum.violations);
}
