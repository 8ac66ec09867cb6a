//! Making a link: resolve the name, race the addresses, pass the proxy, shake hands, know the site by its key.
//!
//! In: a site's address and how long it may take. Out: a [`Stream`] that is encrypted and trusted and on which
//! nothing has been said yet, or the reason. A dial is one attempt: it never waits and tries again, and it is
//! cancelled by dropping it.

mod error;
mod proxy;
mod race;
mod resolve;
mod socket;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tmtp_wire::address::SiteAddress;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::clock::{Clock, SystemClock};
use crate::limits::{CONNECT, HANDSHAKE, POLICIES_MAX, PROXY, RESOLVE};
use crate::stream::Stream;
use crate::tls::Policy;
use crate::trust::{TrustError, TrustStore};

pub use error::{DialError, ProxyFault, TlsFault};
pub use proxy::{Credentials, Proxy};
pub use resolve::{Resolver, Resolving, SystemResolver};

use race::Family;

/// Makes links. Shared by all accounts of a process: it remembers which way worked, and it holds the TLS
/// tickets.
pub struct Dialer {
    trust: Arc<dyn TrustStore>,
    proxy: Proxy,
    resolver: Arc<dyn Resolver>,
    clock: Arc<dyn Clock>,
    policies: Mutex<HashMap<SiteAddress, Policy>>,
    /// The address family of the last success, until the network changes (R45).
    worked: Mutex<Option<Family>>,
}

impl Dialer {
    /// A dialer that asks `trust` and goes through `proxy`.
    pub fn new(trust: Arc<dyn TrustStore>, proxy: Proxy) -> Dialer {
        Dialer::with_resolver(trust, proxy, Arc::new(SystemResolver))
    }

    /// The same with a resolver of one's own.
    pub fn with_resolver(trust: Arc<dyn TrustStore>, proxy: Proxy, resolver: Arc<dyn Resolver>) -> Dialer {
        let clock = Arc::new(SystemClock);
        Dialer { trust, proxy, resolver, clock, policies: Mutex::default(), worked: Mutex::default() }
    }

    /// The same by another clock than the device's: certificates are judged by its time.
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Dialer {
        Dialer { clock, ..self }
    }

    /// Forgets which address family worked. Tickets and pins stay.
    pub fn network_changed(&self) {
        *lock(&self.worked) = None;
    }

    /// Makes a link to `site` within `limit`. The site's key is pinned, durably, before this returns.
    ///
    /// Dropping the future gives up; nothing is left but perhaps a first pin.
    pub async fn dial(&self, site: &SiteAddress, limit: Duration) -> Result<Stream, DialError> {
        match timeout(limit, self.attempt(site)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(DialError::TimedOut),
        }
    }

    async fn attempt(&self, site: &SiteAddress) -> Result<Stream, DialError> {
        let policy = self.policy(site).await?;
        let addresses = self.addresses(site).await?;
        let way = Way { site: site.clone(), proxy: self.proxy.clone(), policy: policy.clone() };
        let (stream, address) =
            race::race(addresses, move |address, connected| way.clone().go(address, connected)).await?;
        if site.pinned {
            self.check_pin(site, &policy, &stream).await?;
        }
        *lock(&self.worked) = Some(Family::of(&address));
        Ok(stream)
    }

    async fn addresses(&self, site: &SiteAddress) -> Result<Vec<SocketAddr>, DialError> {
        let (host, port) = self.proxy.address().unwrap_or((&site.host, site.port));
        let found = match timeout(RESOLVE, self.resolver.resolve(host, port)).await {
            Ok(Ok(found)) if !found.is_empty() => found,
            Ok(Ok(_)) => return Err(DialError::Resolve { source: None }),
            Ok(Err(error)) => return Err(DialError::Resolve { source: Some(error) }),
            Err(_) => return Err(DialError::TimedOut),
        };
        let first = *lock(&self.worked);
        Ok(race::order(found, first.unwrap_or(Family::V6)))
    }

    /// The site's TLS policy, made anew when the store's pin is another than the one it insists on.
    async fn policy(&self, site: &SiteAddress) -> Result<Policy, DialError> {
        let pin =
            if site.pinned { self.ask_trust(site, |trust, site| trust.pinned(site)).await? } else { None };
        if let Some(policy) = lock(&self.policies).get(site).filter(|policy| policy.insists_on(pin)) {
            return Ok(policy.clone());
        }
        let policy = if site.pinned {
            Policy::by_pin(site, pin, &self.clock)?
        } else {
            let verifier = self.trust.verifier(site);
            let (of, clock) = (site.clone(), Arc::clone(&self.clock));
            // The platform's roots may have to be read from files.
            let made = spawn_blocking(move || Policy::by_certificate(&of, verifier, &clock)).await;
            // The platform's verifier panicked, or the runtime is going down.
            made.unwrap_or(Err(DialError::Broken))?
        };
        let mut policies = lock(&self.policies);
        if policies.len() >= POLICIES_MAX {
            policies.clear();
        }
        policies.insert(site.clone(), policy.clone());
        Ok(policy)
    }

    /// Pins the key at first use, before anything is said. Also the second look at a key that a ticket vouched for.
    async fn check_pin(&self, site: &SiteAddress, policy: &Policy, stream: &Stream) -> Result<(), DialError> {
        let seen = stream.site_pin().ok_or(DialError::Tls { fault: TlsFault::Broken, source: None })?;
        let expected = self.ask_trust(site, move |trust, site| trust.pin_first(site, seen)).await?;
        if expected != seen {
            tracing::warn!("The site shows another key than the pinned one.");
            return Err(DialError::PinChanged { expected, seen });
        }
        policy.insist_on(seen);
        Ok(())
    }

    /// Trust stores may block, so they are asked on a thread for that.
    async fn ask_trust<T: Send + 'static>(
        &self,
        site: &SiteAddress,
        ask: impl FnOnce(&dyn TrustStore, &SiteAddress) -> Result<T, TrustError> + Send + 'static,
    ) -> Result<T, DialError> {
        let (trust, site) = (Arc::clone(&self.trust), site.clone());
        match spawn_blocking(move || ask(trust.as_ref(), &site)).await {
            Ok(answer) => answer.map_err(DialError::TrustStore),
            // The store panicked, or the runtime is going down.
            Err(_) => Err(DialError::TrustStore(TrustError::Damaged)),
        }
    }
}

/// Everything about one attempt but its address.
#[derive(Clone)]
struct Way {
    site: SiteAddress,
    proxy: Proxy,
    policy: Policy,
}

impl Way {
    /// From an address to an encrypted stream. Says on `connected` when TCP stands.
    async fn go(
        self,
        address: SocketAddr,
        connected: mpsc::UnboundedSender<()>,
    ) -> Result<Stream, DialError> {
        let mut tcp =
            within(CONNECT, async { socket::connect(address).await.map_err(DialError::from_io) }).await?;
        // The race may be over already; then nobody listens, and this task is being dropped.
        let _ = connected.send(());
        within(PROXY, self.proxy.pass(&mut tcp, &self.site)).await?;
        within(HANDSHAKE, Stream::handshake(tcp, &self.policy)).await
    }
}

async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, DialError>>,
) -> Result<T, DialError> {
    timeout(limit, work).await.unwrap_or(Err(DialError::TimedOut))
}

/// What these locks guard is changed by single calls, so a panic elsewhere leaves nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
