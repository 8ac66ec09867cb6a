//! Who is believed, and when a key is pinned.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::io::Read;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};

use rcgen::KeyPair;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use support::{Identity, SOON, Site, address, dialer, flush, read};
use tmtp_account::Now;
use tmtp_link::dial::TlsFault;
use tmtp_link::trust::TrustError;
use tmtp_link::{Clock, DialError, Dialer, Pin, Proxy, SystemClock, TrustStore};
use tmtp_wire::address::SiteAddress;
use tmtp_wire::time::Wall;

#[tokio::test]
async fn a_first_use_pins_before_anything_is_said() {
    let (said, saying) = mpsc::channel();
    let identity = Identity::new();
    let site = Site::tls(&identity, move |mut link| {
        let mut byte = [0; 1];
        let _ = said.send(link.read(&mut byte).ok());
    });
    let (dialer, trust) = dialer();
    let stream = dialer.dial(&site.address(), SOON).await.unwrap();
    assert_eq!(trust.pinned(&site.address()).unwrap(), Some(identity.pin()));
    assert!(stream.unflushed() > 0, "our end of the handshake waits for the first plaintext");
    drop(stream);
    assert_eq!(saying.recv_timeout(SOON), Ok(None));
}

#[tokio::test]
async fn a_renewed_certificate_with_the_pinned_key_is_taken() {
    let key = KeyPair::generate().unwrap();
    let (dialer, trust) = dialer();
    let site = Site::echo(&Identity::with(&key, |params| params.serial_number = Some(7.into())));
    trust.pin(&site.address(), Identity::with(&key, |_| {}).pin()).unwrap();
    assert!(dialer.dial(&site.address(), SOON).await.is_ok());
}

#[tokio::test]
async fn an_expired_certificate_with_the_pinned_key_is_taken() {
    let identity = Identity::with(&KeyPair::generate().unwrap(), expired);
    let site = Site::echo(&identity);
    let (dialer, _) = dialer();
    assert!(dialer.dial(&site.address(), SOON).await.is_ok(), "first use");
    assert!(dialer.dial(&site.address(), SOON).await.is_ok(), "second use");
}

#[tokio::test]
async fn a_changed_key_is_refused_until_it_is_pinned_on_purpose() {
    let (old, new) = (Identity::new().pin(), Identity::new());
    let site = Site::echo(&new);
    let (dialer, trust) = dialer();
    trust.pin(&site.address(), old).unwrap();
    for _ in 0..2 {
        match dialer.dial(&site.address(), SOON).await {
            Err(DialError::PinChanged { expected, seen }) => assert_eq!((expected, seen), (old, new.pin())),
            other => panic!("{:?}", other.err()),
        }
    }
    assert_eq!(trust.pinned(&site.address()).unwrap(), Some(old), "nothing was pinned by itself");
    trust.pin(&site.address(), new.pin()).unwrap();
    let mut stream = dialer.dial(&site.address(), SOON).await.unwrap();
    stream.push(b"hello").unwrap();
    flush(&mut stream).await;
    assert_eq!(read(&mut stream, 5).await, b"hello");
}

#[tokio::test]
async fn a_pin_taken_back_on_purpose_is_not_outlived_by_tickets() {
    let identity = Identity::new();
    let site = Site::echo(&identity);
    let (dialer, trust) = dialer();
    let mut stream = dialer.dial(&site.address(), SOON).await.unwrap();
    stream.push(b"x").unwrap();
    flush(&mut stream).await;
    read(&mut stream, 1).await;
    stream.close().await;
    trust.pin(&site.address(), Pin([0; 32])).unwrap();
    assert!(matches!(dialer.dial(&site.address(), SOON).await, Err(DialError::PinChanged { .. })));
}

#[tokio::test]
async fn the_pinned_certificate_without_its_key_is_not_believed() {
    let (owner, thief) = (Identity::new(), Identity::new());
    let site = Site::echo(&owner.stolen_by(&thief));
    let (dialer, trust) = dialer();
    assert!(dialer.dial(&site.address(), SOON).await.is_err(), "first use");
    assert_eq!(trust.pinned(&site.address()).unwrap(), None);
    trust.pin(&site.address(), owner.pin()).unwrap();
    assert!(dialer.dial(&site.address(), SOON).await.is_err(), "later use");
}

#[tokio::test]
async fn a_certificate_is_judged_by_its_roots_when_the_address_says_so() {
    let (good, other) = (Identity::with(&KeyPair::generate().unwrap(), |_| {}), Identity::new());
    let site = Site::echo(&good);
    let plus = address('+', site.local);
    let trusting = |root: &Identity| Dialer::new(Arc::new(Roots::of(root)), Proxy::None);
    assert!(trusting(&good).dial(&plus, SOON).await.is_ok());
    let stranger = trusting(&other).dial(&plus, SOON).await;
    assert!(matches!(stranger, Err(DialError::Untrusted { .. })), "{:?}", stranger.err());
}

#[tokio::test]
async fn a_certificate_out_of_its_time_speaks_of_clocks() {
    for change in [expired, not_yet] {
        let identity = Identity::with(&KeyPair::generate().unwrap(), change);
        let site = Site::echo(&identity);
        let dialer = Dialer::new(Arc::new(Roots::of(&identity)), Proxy::None);
        let outcome = dialer.dial(&address('+', site.local), SOON).await;
        assert!(matches!(outcome, Err(DialError::ClockWrong { .. })), "{:?}", outcome.err());
    }
}

/// A wall clock that somebody sets.
struct Set(AtomicI64);

impl Clock for Set {
    fn now(&self) -> Now {
        Now { wall: Wall(self.0.load(Ordering::SeqCst)), ..SystemClock.now() }
    }
}

#[tokio::test]
async fn a_clock_that_tells_no_time_is_said_to_be_wrong_and_one_that_is_set_right_works() {
    let identity = Identity::with(&KeyPair::generate().unwrap(), |_| {});
    let site = Site::echo(&identity);
    let clock = Arc::new(Set(AtomicI64::new(0)));
    let by_roots = Dialer::new(Arc::new(Roots::of(&identity)), Proxy::None).with_clock(clock.clone());
    let by_pin = dialer().0.with_clock(clock.clone());
    let right = SystemClock.now().wall.0;
    for wrong in [i64::MIN, -1] {
        for set in [right, wrong, right] {
            clock.0.store(set, Ordering::SeqCst);
            for (prefix, dialer) in [('+', &by_roots), ('=', &by_pin)] {
                let outcome = dialer.dial(&address(prefix, site.local), SOON).await;
                if set == right {
                    assert!(outcome.is_ok(), "{prefix}: {:?}", outcome.err());
                } else {
                    assert!(
                        matches!(outcome, Err(DialError::ClockWrong { .. })),
                        "{prefix}: {:?}",
                        outcome.err()
                    );
                }
            }
        }
    }
    // In the year 300 million no certificate is good, and a key is as good as ever.
    clock.0.store(i64::MAX, Ordering::SeqCst);
    let fresh = Dialer::new(Arc::new(Roots::of(&identity)), Proxy::None).with_clock(clock.clone());
    let outcome = fresh.dial(&address('+', site.local), SOON).await;
    assert!(matches!(outcome, Err(DialError::ClockWrong { .. })), "{:?}", outcome.err());
    assert!(by_pin.dial(&address('=', site.local), SOON).await.is_ok());
}

#[tokio::test]
async fn a_self_made_certificate_means_nothing_to_the_platform() {
    let site = Site::echo(&Identity::new());
    let (dialer, trust) = dialer();
    let plus = address('+', site.local);
    match dialer.dial(&plus, SOON).await {
        Err(DialError::Untrusted { .. }) => {}
        // A machine without any roots.
        Err(DialError::Tls { fault: TlsFault::Local, .. }) => {}
        other => panic!("{:?}", other.err()),
    }
    assert_eq!(trust.pinned(&plus).unwrap(), None);
}

#[tokio::test]
async fn a_trust_store_that_cannot_answer_stops_the_dial() {
    let site = Site::echo(&Identity::new());
    let dialer = Dialer::new(Arc::new(Broken), Proxy::None);
    assert!(matches!(
        dialer.dial(&site.address(), SOON).await,
        Err(DialError::TrustStore(TrustError::Damaged))
    ));
    assert_eq!(site.links.load(Ordering::SeqCst), 0);
}

fn expired(params: &mut rcgen::CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
}

fn not_yet(params: &mut rcgen::CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2999, 1, 1);
    params.not_after = rcgen::date_time_ymd(3000, 1, 1);
}

/// Trusts certificates that are their own root.
struct Roots(Arc<dyn ServerCertVerifier>);

impl Roots {
    fn of(root: &Identity) -> Roots {
        let mut roots = RootCertStore::empty();
        roots.add(root.certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Roots(WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap())
    }
}

impl TrustStore for Roots {
    fn pinned(&self, _site: &SiteAddress) -> Result<Option<Pin>, TrustError> {
        Ok(None)
    }
    fn pin(&self, _site: &SiteAddress, _pin: Pin) -> Result<(), TrustError> {
        Ok(())
    }
    fn verifier(&self, _site: &SiteAddress) -> Option<Arc<dyn ServerCertVerifier>> {
        Some(Arc::clone(&self.0))
    }
}

struct Broken;

impl TrustStore for Broken {
    fn pinned(&self, _site: &SiteAddress) -> Result<Option<Pin>, TrustError> {
        Err(TrustError::Damaged)
    }
    fn pin(&self, _site: &SiteAddress, _pin: Pin) -> Result<(), TrustError> {
        Err(TrustError::Damaged)
    }
}
