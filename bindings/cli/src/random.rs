//! Random numbers from the operating system.

use crate::failure::{Failure, Outcome};

/// 64 random bits.
pub(crate) fn random() -> Outcome<u64> {
    getrandom::u64().map_err(|error| Failure::new("io", format!("no random numbers: {error}")))
}
