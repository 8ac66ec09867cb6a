//! The session under virtual time, against a scripted site.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail as tests do")]

mod leaving;
mod misbehaviour;
mod opening;
mod receiving;
mod robustness;
mod sending;
mod timers;
mod user_edits;
mod world;
