//! Runs worlds: one, or many on several threads, each thread with worlds of its own.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

use crate::faults::Counts;
use crate::judge::Finding;
use crate::plan::{Climate, Plan};
use crate::world::{Outcome, Trigger, World};

/// Runs a world to its end. A panic in it is a finding like any other.
pub fn run_plan(plan: Plan) -> Outcome {
    run(World::new(plan))
}

/// Runs a world in which one thing goes wrong at one exact place.
pub fn run_triggered(plan: Plan, trigger: Trigger) -> Outcome {
    let mut world = World::new(plan);
    world.arm(trigger);
    run(world)
}

fn run(world: World) -> Outcome {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if RUNS.get() {
                LAST_PANIC.with_borrow_mut(|last| *last = panic.to_string());
            } else {
                usual(panic);
            }
        }));
    });
    RUNS.set(true);
    let outcome = catch_unwind(AssertUnwindSafe(|| world.run()));
    RUNS.set(false);
    outcome.unwrap_or_else(|_| {
        let what = LAST_PANIC.with_borrow_mut(std::mem::take);
        Outcome { findings: vec![Finding::Panic { what }], ..Outcome::default() }
    })
}

thread_local! {
    /// Whether a world runs in this thread: its panics are findings, not messages.
    static RUNS: Cell<bool> = const { Cell::new(false) };
    static LAST_PANIC: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs a world and keeps a log of what happens in it.
pub fn run_logged(plan: Plan, trigger: Option<Trigger>) -> Outcome {
    let mut world = World::new(plan);
    world.keep_log();
    if let Some(trigger) = trigger {
        world.arm(trigger);
    }
    run(world)
}

/// Runs the world of a seed.
pub fn run_seed(seed: u64, climate: &Climate) -> Outcome {
    run_plan(Plan::of(seed, climate))
}

/// What many worlds have come to.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sum {
    /// How many worlds.
    pub seeds: u64,
    /// Steps of all accounts.
    pub steps: u64,
    /// Posts and pings that `send` took.
    pub posts: u64,
    /// What went wrong, by kind.
    pub faults: Counts,
    /// What the design allows to remain, by kind.
    pub remainders: Counts,
    /// What people did or were told, by kind: see [`crate::DONE`].
    pub done: Counts,
    /// The seeds that failed, with what was found.
    pub violations: Vec<(u64, Vec<Finding>)>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.steps += outcome.steps;
        self.posts += outcome.posts;
        self.faults.join(&outcome.faults);
        self.remainders.join(&outcome.remainders);
        self.done.join(&outcome.done);
        if !outcome.findings.is_empty() {
            self.violations.push((seed, outcome.findings));
        }
    }

    fn join(&mut self, other: Sum) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.posts += other.posts;
        self.faults.join(&other.faults);
        self.remainders.join(&other.remainders);
        self.done.join(&other.done);
        self.violations.extend(other.violations);
    }
}

/// Runs the worlds of `count` seeds from `first` on, with one thread for each processor. `each` is called
/// in every thread before it begins: what is planted is planted by thread.
pub fn run_seeds(
    first: u64,
    count: u64,
    climate: &Climate,
    each: impl Fn() + Sync,
    seen: impl Fn(u64) + Sync,
) -> Sum {
    let next = AtomicU64::new(first);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        each();
        let mut sum = Sum::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first.saturating_add(count) {
                return sum;
            }
            sum.add(seed, run_seed(seed, climate));
            seen(seed);
        }
    };
    let mut all = Sum::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            // Panics of worlds are caught inside; one of the loop itself goes on here.
            match worker.join() {
                Ok(sum) => all.join(sum),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    all.violations.sort_by_key(|(seed, _)| *seed);
    all
}
