//! The network of the demo: two sites, and a relay on each node's link.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tmtp_relay::{Direction, Relay};
use tmtp_site::{Gaps, Server, ServerConfig, Timers};
use tmtp_wire::address::SiteAddress;

use super::cast::{Node, SITES};
use super::faults::{Fault, Way};
use super::report::{self, Report};
use super::rng::Rng;
use crate::failure::{Failure, Outcome};

/// A link that vanishes keeps its node locked for so long; 120 s at the public server. Links on which nobody writes
/// are closed after it, too, and so are those that take nothing while the site writes (16 min there).
pub(super) const SILENCE: Duration = Duration::from_secs(6);
/// An unconfirmed message is repeated after so long; 30 s at the public server. As long is the silence that now and then
/// follows a login after a lost link.
const REPEAT: Duration = Duration::from_secs(3);
/// What a calm link takes, each way.
const LATENCY: Duration = Duration::from_millis(10);

/// Sites and relays.
pub(super) struct Net {
    sites: Vec<Server>,
    relays: BTreeMap<Node, Relay>,
}

impl Net {
    /// Starts all of them.
    pub(super) async fn start(rng: &Rng) -> Outcome<Self> {
        let fail = |error: std::io::Error| Failure::io("the demo's network does not start", &error);
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut sites = Vec::new();
        for (index, name) in SITES.into_iter().enumerate() {
            let timers =
                Timers { silence: SILENCE, repeat: REPEAT, write_stall: Some(SILENCE), ..Timers::default() };
            let gaps = Some(Gaps::as_public(rng.fork(200 + index as u64).next()));
            let config =
                ServerConfig { listen: any, name: name.to_owned(), timers, gaps, ..ServerConfig::default() };
            sites.push(Server::start(config).await.map_err(fail)?);
        }
        let mut relays = BTreeMap::new();
        for (index, node) in Node::all().enumerate() {
            let Some(site) = sites.get(node.site) else { continue };
            let seed = rng.fork(100 + index as u64).next();
            let target =
                target(site.address()).ok_or_else(|| fail(std::io::ErrorKind::AddrNotAvailable.into()))?;
            let relay = Relay::start(target, seed).await.map_err(fail)?;
            relay.handle().latency(LATENCY);
            relays.insert(node, relay);
        }
        Ok(Net { sites, relays })
    }

    /// Where a node finds its site.
    pub(super) fn address(&self, node: Node) -> String {
        let at = self.relays.get(&node).map(Relay::address);
        at.map(|at| SiteAddress { pinned: true, host: at.ip().to_string(), port: at.port() }.to_string())
            .unwrap_or_default()
    }

    /// Does to a link what the fault says. Kills are not the network's.
    pub(super) fn strike(&self, fault: &Fault) {
        let handle = |node: &Node| self.relays.get(node).map(Relay::handle);
        match fault {
            Fault::Cut(node) => handle(node).map(|link| link.cut_now()),
            Fault::CutAfter(node, bytes, Way::Up) => {
                handle(node).map(|link| link.cut_after(*bytes, Direction::Up))
            }
            Fault::CutAfter(node, bytes, Way::Down) => {
                handle(node).map(|link| link.cut_after(*bytes, Direction::Down))
            }
            Fault::Stall(node, _) => handle(node).map(|link| link.stall()),
            Fault::Latency(node, latency) => handle(node).map(|link| link.latency(*latency)),
            Fault::Refuse(node, _) => handle(node).map(|link| link.refuse(true)),
            Fault::BlackHole(node, _) => handle(node).map(|link| link.black_hole()),
            Fault::Kill(..) => None,
        };
    }

    /// What stalls goes on; after a link has vanished, new ones can be made.
    pub(super) fn heal(&self, node: Node) {
        if let Some(relay) = self.relays.get(&node) {
            relay.handle().heal();
        }
    }

    /// Connections are taken again.
    pub(super) fn accept(&self, node: Node) {
        if let Some(relay) = self.relays.get(&node) {
            relay.handle().refuse(false);
        }
    }

    /// A calm link from here on.
    pub(super) fn peace(&self, node: Node) {
        self.heal(node);
        self.accept(node);
        if let Some(relay) = self.relays.get(&node) {
            relay.handle().latency(LATENCY);
        }
    }

    /// Whether no site has anything left to deliver.
    pub(super) fn is_empty(&self) -> bool {
        self.sites.iter().all(|site| site.handle().undelivered() == 0)
    }

    /// The timers that were shortened.
    pub(super) fn timers() -> report::Timers {
        report::Timers { silence_s: SILENCE.as_secs_f64(), repeat_s: REPEAT.as_secs_f64() }
    }

    /// Adds what sites and relays have counted.
    pub(super) fn count(&self, report: &mut Report) {
        for site in &self.sites {
            let record = site.handle().record();
            report.accepted_twice += record.accepted_twice();
            report.logins += record.logins;
            report.gaps += record.gaps;
            report.violations += record.violations.len() as u64;
        }
        for relay in self.relays.values() {
            let counters = relay.handle().counters();
            report.cuts += counters.cuts;
            report.stalls += counters.stalls;
            report.black_holes += counters.black_holes;
            report.refusals += counters.refusals;
            report.violations += counters.torn;
        }
    }

    /// Ends relays and sites.
    pub(super) async fn stop(self) {
        drop(self.relays);
        for site in self.sites {
            site.stop().await;
        }
    }
}

/// Where a site of this process listens.
fn target(site: &SiteAddress) -> Option<SocketAddr> {
    Some(SocketAddr::from((site.host.parse::<std::net::IpAddr>().ok()?, site.port)))
}
