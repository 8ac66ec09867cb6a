//! The simulated world: sites, members, links, disks and clocks from one seed, in virtual time, in one
//! thread, without sockets. What it runs is the product itself: the account's engine with its store, on a
//! disk that loses what was not synced, against the embedded site.
//!
//! | file | holds |
//! |---|---|
//! | `plan` | what a world consists of and what will happen in it, made from a seed |
//! | [`World`] | the running world |
//! | `link`, `device`, `stock`, `keys` | what stands in it: virtual links, our devices, stock clients, key stores |
//! | `faults`, [`lies`] | what can go wrong, and what others can say that is not so; counted by kind |
//! | `journal`, `view`, `spy` | what people asked for, what stores hold, what passes on links: the judge's sources |
//! | `judge` | what must hold, after each step and at the end |
//! | `script` | one exchange to be broken at every byte, every commit, every write |
//! | `run`, `shrink` | many seeds; a smaller world that fails in the same way |
//!
//! One seed is one world: printed when it fails, it can be run again and shrunk.

#![forbid(unsafe_code)]

mod device;
mod faults;
mod journal;
mod judge;
mod keys;
pub mod lies;
mod limits;
mod link;
mod plan;
#[cfg(feature = "plant")]
pub mod plants;
mod rng;
mod run;
pub mod script;
mod shrink;
mod spy;
mod stock;
mod view;
mod world;

pub use faults::{Counts, DONE, Fault, KINDS, Moment};
pub use judge::Finding;
pub use link::{Direction, Ending};
pub use plan::{Act, Client, Climate, Deed, Plan, Role};
pub use run::{Sum, run_logged, run_plan, run_seed, run_seeds, run_triggered};
pub use shrink::shrink;
pub use world::{How, Outcome, Trigger, World};
