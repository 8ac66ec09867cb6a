//! Which key a site has, for a person to compare, and accepting another one on purpose.

use std::sync::Arc;
use std::time::Duration;

use tmtp_link::{DialError, Dialer, MemoryTrustStore, Pin};
use tmtp_wire::address::SiteAddress;

use super::Client;
use crate::error::Error;
use crate::slot::off_thread;

/// The key of a site that is known by its key (`=host:port`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SiteKey {
    /// The one that is pinned here.
    pub pinned: Option<Pin>,
    /// The one that the site shows now.
    pub seen: Pin,
}

impl Client {
    /// Looks at the key that a site shows now, without logging in and without trusting it.
    ///
    /// # Errors
    /// [`Error::Network`], [`Error::TimedOut`], [`Error::Untrusted`] and [`Error::ClockWrong`] (for `+host:port`).
    pub async fn site_key(&self, site: &SiteAddress, deadline: Duration) -> Result<SiteKey, Error> {
        let pinned = {
            let (trust, site) = (Arc::clone(&self.house.trust), site.clone());
            off_thread(move || trust.pinned(&site).map_err(|_| Error::KeyStore)).await?
        };
        // A trust store that forgets: the key is looked at, not pinned.
        let dialer = Dialer::new(Arc::new(MemoryTrustStore::default()), self.house.proxy.clone())
            .with_clock(Arc::clone(&self.house.instance.clock));
        let stream = dialer.dial(site, deadline).await.map_err(dial_error)?;
        let seen = stream.site_pin().ok_or(Error::Untrusted)?;
        stream.close().await;
        Ok(SiteKey { pinned, seen })
    }

    /// Trusts this key of a site from now on, in place of any other. Ask whoever runs the site first. Accounts
    /// that had stopped because of the old one go on.
    pub async fn trust(&self, site: &SiteAddress, pin: Pin) -> Result<(), Error> {
        let (trust, wanted) = (Arc::clone(&self.house.trust), site.clone());
        off_thread(move || trust.pin(&wanted, pin).map_err(|_| Error::KeyStore)).await?;
        for slot in self.known().await? {
            let concerned = slot.read(|reader| Ok(reader.account()?.site)).await;
            if concerned.is_ok_and(|of| of == *site) {
                slot.hint(tmtp_account::Input::Hint(tmtp_account::Hint::UserActs)).await;
            }
        }
        Ok(())
    }
}

fn dial_error(error: DialError) -> Error {
    match error {
        DialError::TimedOut => Error::TimedOut,
        other => Error::of_wait(tmtp_account::WaitWhy::Dial(other.failure())),
    }
}
