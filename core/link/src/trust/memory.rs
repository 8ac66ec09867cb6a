//! Pins that are forgotten with the process: for tests and for looking at a site once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tmtp_wire::address::SiteAddress;

use super::{Pin, TrustError, TrustStore};

/// Pins in memory.
#[derive(Debug, Default)]
pub struct MemoryTrustStore {
    pins: Mutex<BTreeMap<SiteAddress, Pin>>,
}

impl MemoryTrustStore {
    /// No pins yet.
    pub fn new() -> MemoryTrustStore {
        MemoryTrustStore::default()
    }

    fn pins(&self) -> MutexGuard<'_, BTreeMap<SiteAddress, Pin>> {
        // Every change is one call on the map, so a panic elsewhere leaves nothing half done.
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TrustStore for MemoryTrustStore {
    fn pinned(&self, site: &SiteAddress) -> Result<Option<Pin>, TrustError> {
        Ok(self.pins().get(site).copied())
    }

    fn pin(&self, site: &SiteAddress, pin: Pin) -> Result<(), TrustError> {
        self.pins().insert(site.clone(), pin);
        Ok(())
    }

    fn pin_first(&self, site: &SiteAddress, pin: Pin) -> Result<Pin, TrustError> {
        Ok(*self.pins().entry(site.clone()).or_insert(pin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_pin_does_not_replace_one_that_stands() {
        let store = MemoryTrustStore::new();
        let site: SiteAddress = "=site:1".parse().unwrap();
        assert_eq!(store.pin_first(&site, Pin([1; 32])).unwrap(), Pin([1; 32]));
        assert_eq!(store.pin_first(&site, Pin([2; 32])).unwrap(), Pin([1; 32]));
        store.pin(&site, Pin([2; 32])).unwrap();
        assert_eq!(store.pinned(&site).unwrap(), Some(Pin([2; 32])));
    }
}
