//! Which address is connected to, and what is said when none can be.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use support::{Identity, SOON, Site};
use tmtp_link::dial::{Resolver, Resolving, TlsFault};
use tmtp_link::{DialError, Dialer, MemoryTrustStore, Proxy};
use tmtp_wire::address::SiteAddress;

/// Resolves everything to the same addresses.
struct Fixed(Vec<SocketAddr>);

impl Resolver for Fixed {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
        Box::pin(async move { Ok(self.0.clone()) })
    }
}

fn dialer(resolver: impl Resolver + 'static) -> Dialer {
    Dialer::with_resolver(Arc::new(MemoryTrustStore::new()), Proxy::None, Arc::new(resolver))
}

fn site() -> SiteAddress {
    "=site.example:1".parse().unwrap()
}

/// An address where nobody listens.
fn closed(host: &str) -> SocketAddr {
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

#[tokio::test]
async fn a_refused_ipv6_address_leads_to_the_ipv4_one() {
    let good = Site::echo(&Identity::new());
    assert!(dialer(Fixed(vec![closed("::1"), good.local])).dial(&site(), SOON).await.is_ok());
    assert_eq!(good.links.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_family_that_worked_comes_first_until_the_network_changes() {
    let bad = Site::listening(TcpListener::bind("[::1]:0").unwrap(), drop);
    let good = Site::echo(&Identity::new());
    let dialer = dialer(Fixed(vec![bad.local, good.local]));
    for tried in [1, 1] {
        dialer.dial(&site(), SOON).await.unwrap();
        assert_eq!(bad.links.load(Ordering::SeqCst), tried);
    }
    dialer.network_changed();
    dialer.dial(&site(), SOON).await.unwrap();
    assert_eq!(bad.links.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn nobody_listening_anywhere_is_refused() {
    let outcome = dialer(Fixed(vec![closed("::1"), closed("127.0.0.1")])).dial(&site(), SOON).await;
    assert!(matches!(outcome, Err(DialError::Refused)), "{:?}", outcome.err());
}

#[tokio::test]
async fn a_name_without_addresses_does_not_resolve() {
    assert!(matches!(
        dialer(Fixed(vec![])).dial(&site(), SOON).await,
        Err(DialError::Resolve { source: None })
    ));

    struct Failing;
    impl Resolver for Failing {
        fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
            Box::pin(async { Err(io::ErrorKind::NotFound.into()) })
        }
    }
    assert!(matches!(dialer(Failing).dial(&site(), SOON).await, Err(DialError::Resolve { source: Some(_) })));
}

#[tokio::test(start_paused = true)]
async fn a_resolver_that_hangs_is_given_up() {
    struct Hanging;
    impl Resolver for Hanging {
        fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
            Box::pin(std::future::pending())
        }
    }
    let began = tokio::time::Instant::now();
    assert!(matches!(dialer(Hanging).dial(&site(), SOON).await, Err(DialError::TimedOut)));
    assert_eq!(began.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn a_site_that_accepts_and_says_nothing_is_given_up_at_the_callers_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let dialer = dialer(Fixed(vec![silent.local_addr().unwrap()]));
    let outcome = dialer.dial(&site(), Duration::from_millis(50)).await;
    assert!(matches!(outcome, Err(DialError::TimedOut)), "{:?}", outcome.err());
}

#[tokio::test]
async fn a_portal_that_answers_without_tls_is_told_apart() {
    let portal = Site::raw(|mut link| {
        let _ = io::Write::write_all(&mut link, b"HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n");
        let _ = io::copy(&mut link, &mut io::sink());
    });
    let outcome = dialer(Fixed(vec![portal.local])).dial(&site(), SOON).await;
    assert!(matches!(outcome, Err(DialError::Tls { fault: TlsFault::NotTls, .. })), "{:?}", outcome.err());
}
