//! One exchange that has a bit of everything, to be broken at every byte, every commit and every write:
//! registration, alias, pings, a second node, threads with and without files, a large file, replies from
//! all sides, a burst that goes without own copies, a note to self, a stock receiver.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::plan::{Act, Client, Deed, Plan, Role};
use crate::run::run_triggered;
use crate::world::{Outcome, Trigger};

/// The client whose links, commits and writes are broken.
pub const FOCUS: usize = 0;
const SECOND_NODE: usize = 1;
const FRIEND: usize = 2;
const STOCK: usize = 3;

/// The exchange without much repetition, to be broken at every byte.
pub fn short_exchange() -> Plan {
    let mut script = Script::new(&[(FOCUS, Role::First), (FOCUS, Role::Further), (FRIEND, Role::First)]);
    script.then(FOCUS, Act::Ping(FRIEND));
    script.then(FRIEND, Act::Ping(FOCUS));
    script.then(FOCUS, begin(&[FRIEND], Some(40)));
    script.then(FRIEND, Act::Reply { pick: 0, file: None });
    script.then(FOCUS, Act::MakeNode(SECOND_NODE));
    // At one moment: several own copies are under way.
    script.at_once(FOCUS, &[0, 0, 0, 0].map(|pick| Act::Reply { pick, file: None }));
    script.then(SECOND_NODE, begin(&[FRIEND], None));
    script.plan()
}

/// The whole exchange: with a file that is streamed in many pieces, a stock receiver, a note to self.
pub fn exchange() -> Plan {
    let cast = [(FOCUS, Role::First), (FOCUS, Role::Further), (FRIEND, Role::First), (STOCK, Role::Stock)];
    let mut script = Script::new(&cast);
    script.then(FOCUS, Act::Ping(FRIEND));
    script.then(FRIEND, Act::Ping(FOCUS));
    script.then(FRIEND, begin(&[FOCUS], None));
    script.then(FOCUS, begin(&[FRIEND, STOCK], Some(40)));
    script.then(FOCUS, Act::MakeNode(SECOND_NODE));
    script.then(FRIEND, Act::Reply { pick: 0, file: None });
    script.then(STOCK, Act::Reply { pick: 0, file: None });
    script.then(FOCUS, begin(&[], None));
    script.then(FOCUS, begin(&[FRIEND], Some(70_000)));
    script.then(SECOND_NODE, begin(&[FRIEND], None));
    script.at_once(FOCUS, &[0, 0, 1, 0, 0].map(|pick| Act::Reply { pick, file: None }));
    script.then(FRIEND, Act::Reply { pick: 0, file: Some(10) });
    script.then(SECOND_NODE, Act::Reply { pick: 0, file: None });
    script.plan()
}

fn begin(to: &[usize], file: Option<u64>) -> Act {
    Act::Begin { to: to.to_vec(), file }
}

/// A plan that is written down deed by deed.
struct Script {
    cast: Vec<Client>,
    deeds: Vec<Deed>,
    at: u64,
}

impl Script {
    fn new(cast: &[(usize, Role)]) -> Script {
        let client = |(member, role): &(usize, Role)| Client {
            site: 0,
            member: *member,
            role: *role,
            latency: 2,
            stays: true,
        };
        Script { cast: cast.iter().map(client).collect(), deeds: Vec::new(), at: 6_000 }
    }

    /// Some time after what came before.
    fn then(&mut self, client: usize, act: Act) {
        self.at_once(client, &[act]);
    }

    fn at_once(&mut self, client: usize, acts: &[Act]) {
        self.at += 700;
        let at = self.at;
        self.deeds.extend(acts.iter().map(|act| Deed { at, client, act: act.clone() }));
    }

    fn plan(self) -> Plan {
        Plan {
            seed: 1,
            sites: 1,
            cast: self.cast,
            deeds: self.deeds,
            calm: self.at + 3_000,
            low_limits: false,
        }
    }
}

/// What became of all points.
#[derive(Debug, Default)]
pub struct Matrix {
    /// How many points there were.
    pub points: usize,
    /// At how many of them the fault really struck.
    pub struck: usize,
    /// The points that failed, in words; at most 20.
    pub failed: Vec<String>,
    /// How many failed.
    pub failures: usize,
}

/// Breaks the exchange at each of these points, on all processors. `each` runs in each thread first.
pub fn break_at(plan: &Plan, points: &[Trigger], each: impl Fn() + Sync) -> Matrix {
    let next = AtomicUsize::new(0);
    let matrix = Mutex::new(Matrix { points: points.len(), ..Matrix::default() });
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                each();
                while let Some(point) = points.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run_triggered(plan.clone(), *point);
                    note(
                        &mut matrix.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
                        point,
                        &outcome,
                    );
                }
            });
        }
    });
    matrix.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn note(matrix: &mut Matrix, point: &Trigger, outcome: &Outcome) {
    matrix.struck += usize::from(outcome.struck);
    if let Some(finding) = outcome.findings.first() {
        matrix.failures += 1;
        if matrix.failed.len() < 20 {
            matrix.failed.push(format!("{point:?}: {finding}"));
        }
    }
}
