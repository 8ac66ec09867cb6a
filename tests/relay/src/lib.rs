//! A bad network between a client and a site, on real sockets: latency, a limited rate, cuts, stalls, black holes
//! and refusals, at a caller's word or by a plan drawn from a seed.
//!
//! Towards the site it behaves as the rules for clients demand (wire 18.1): it forwards whole TLS records only, cuts
//! between them, or goes silent. Towards the client it cuts at any byte. A client that itself ends its stream inside
//! a record is counted as `torn`; that would have taken a public server down.
//!
//! In: the address of a site. Out: an address to connect to instead, and counters. It reads no plaintext and holds
//! no keys.

#![forbid(unsafe_code)]

mod control;
mod limits;
mod link;
mod pace;
mod plan;
mod records;
mod relay;

pub use control::{Counters, Direction, Handle};
pub use plan::{Every, Plan};
pub use relay::Relay;
