//! The network between an app and a site, on real sockets: slow, cut, stalled, vanished or closed, as the test says.
//! An app joins the relay's address instead of the site's.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tmtp_client::SiteAddress;
use tmtp_relay::{Handle, Relay};

use crate::error::KitError;
use crate::runtime::{count, enter, run, until};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Way {
    /// From the app to the site.
    Up,
    /// From the site to the app.
    Down,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct RelayCounters {
    /// Links that were let through.
    pub links: i64,
    /// Links that run at the moment.
    pub running: i64,
    /// Links that were cut.
    pub cuts: i64,
    /// Links that fell into a black hole.
    pub black_holes: i64,
    /// Connections that were refused.
    pub refusals: i64,
    /// Links on which the app itself ended its stream inside a TLS record: a violation, always.
    pub torn: i64,
    /// Bytes that came from apps.
    pub bytes_up: i64,
    /// Bytes that came from the site.
    pub bytes_down: i64,
}

/// A running relay. Letting it go ends everything at once.
#[derive(uniffi::Object)]
pub struct KitRelay {
    handle: Handle,
    address: String,
    relay: Mutex<Option<Relay>>,
}

/// Starts a relay in front of a site.
///
/// Errors: `Wrong`, that is no address of a site on this machine.
#[uniffi::export]
pub async fn start_relay(site_address: String) -> Result<Arc<KitRelay>, KitError> {
    let wrong = |_| KitError::wrong("the address of the site");
    let SiteAddress { host, port, .. } = site_address.parse().map_err(wrong)?;
    let host = host.trim_matches(['[', ']']).parse().map_err(|_| KitError::wrong("the host of the site"))?;
    run(async move {
        let relay = Relay::start(std::net::SocketAddr::new(host, port), 1).await?;
        let (handle, address) = (relay.handle(), format!("={}", relay.address()));
        Ok(Arc::new(KitRelay { handle, address, relay: Mutex::new(Some(relay)) }))
    })
    .await
}

#[uniffi::export]
impl KitRelay {
    /// Where to join instead of the site.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Delays everything by this long each way.
    pub fn latency(&self, each_way_ms: i64) -> Result<(), KitError> {
        let each_way = u64::try_from(each_way_ms).map_err(|_| KitError::wrong("the latency"))?;
        self.handle.latency(Duration::from_millis(each_way));
        Ok(())
    }

    /// Lets so many bytes per second through, per link and way; none takes the limit away.
    pub fn rate(&self, bytes_per_second: Option<i64>) -> Result<(), KitError> {
        let rate =
            bytes_per_second.map(u64::try_from).transpose().map_err(|_| KitError::wrong("the rate"))?;
        self.handle.rate(rate);
        Ok(())
    }

    /// Nothing moves any more, either way, until `heal`.
    pub fn stall(&self) {
        self.handle.stall();
    }

    /// All links that stand are dead from now on, and both ends see silence: an old path that has vanished. New ones are
    /// dead, too, until `heal`.
    pub fn black_hole(&self) {
        self.handle.black_hole();
    }

    /// Stalled links run on, new ones run; dead ones stay dead.
    pub fn heal(&self) {
        self.handle.heal();
    }

    /// Refuses new connections, or takes them again.
    pub fn refuse(&self, refuse: bool) {
        self.handle.refuse(refuse);
    }

    /// Cuts all links now.
    pub fn cut(&self) {
        self.handle.cut_now();
    }

    /// Cuts the next link on which so many bytes have gone that way since it began.
    pub fn cut_after(&self, bytes: i64, way: Way) -> Result<(), KitError> {
        let bytes = u64::try_from(bytes).map_err(|_| KitError::wrong("the bytes"))?;
        self.handle.cut_after(bytes, direction(way));
        Ok(())
    }

    /// What has happened so far.
    pub fn counters(&self) -> RelayCounters {
        counted(&self.handle)
    }

    /// Waits until exactly so many links run.
    pub async fn await_running(&self, exactly: i64, deadline_ms: i64) -> Result<(), KitError> {
        let handle = self.handle.clone();
        let look = move || (counted(&handle).running == exactly).then_some(());
        until("links that run", deadline_ms, look).await
    }

    /// Waits until at least so many bytes have come that way, over all links so far.
    pub async fn await_bytes(&self, at_least: i64, way: Way, deadline_ms: i64) -> Result<i64, KitError> {
        let handle = self.handle.clone();
        let look = move || {
            let counters = counted(&handle);
            let bytes = match way {
                Way::Up => counters.bytes_up,
                Way::Down => counters.bytes_down,
            };
            Some(bytes).filter(|bytes| *bytes >= at_least)
        };
        until("bytes", deadline_ms, look).await
    }

    /// Ends it: links end between records. Again: nothing to do.
    pub async fn stop(&self) -> Result<(), KitError> {
        let relay = self.take();
        run(async move {
            if let Some(relay) = relay {
                relay.stop().await;
            }
            Ok(())
        })
        .await
    }
}

impl KitRelay {
    fn take(&self) -> Option<Relay> {
        self.relay.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for KitRelay {
    fn drop(&mut self) {
        let relay = self.take();
        if let Ok(_inside) = enter() {
            drop(relay);
        }
    }
}

fn counted(handle: &Handle) -> RelayCounters {
    let counters = handle.counters();
    RelayCounters {
        links: count(counters.links),
        running: i64::try_from(handle.running()).unwrap_or(i64::MAX),
        cuts: count(counters.cuts),
        black_holes: count(counters.black_holes),
        refusals: count(counters.refusals),
        torn: count(counters.torn),
        bytes_up: count(counters.bytes_up),
        bytes_down: count(counters.bytes_down),
    }
}

fn direction(way: Way) -> tmtp_relay::Direction {
    match way {
        Way::Up => tmtp_relay::Direction::Up,
        Way::Down => tmtp_relay::Direction::Down,
    }
}
