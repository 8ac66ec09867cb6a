//! Sites for the tests of this crate: a thread each, blocking sockets, rustls, and whatever a test has them say.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part of this")]

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tmtp_link::{Dialer, MemoryTrustStore, Pin, Proxy};
use tmtp_wire::address::SiteAddress;

/// A test's limit for whatever should not take long.
pub const SOON: Duration = Duration::from_secs(20);

/// One link of a site, encrypted.
pub type Tls = StreamOwned<ServerConnection, TcpStream>;

/// A key and a certificate for it.
#[derive(Clone)]
pub struct Identity {
    pub certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

impl Identity {
    pub fn new() -> Identity {
        Identity::with(&KeyPair::generate().unwrap(), |_| {})
    }

    pub fn with(key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = CertificateParams::new(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        change(&mut params);
        let certificate = params.self_signed(key).unwrap().der().clone();
        Identity { certificate, key: key.serialize_der() }
    }

    pub fn pin(&self) -> Pin {
        Pin::of(&self.certificate).unwrap()
    }

    pub fn config(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.clone()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let key = provider.key_provider.load_private_key(key).unwrap();
        let certified = Arc::new(CertifiedKey::new(vec![self.certificate.clone()], key));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Always(certified)));
        config.send_tls13_tickets = 2;
        Arc::new(config)
    }

    /// This certificate with somebody else's key.
    pub fn stolen_by(&self, other: &Identity) -> Identity {
        Identity { certificate: self.certificate.clone(), key: other.key.clone() }
    }
}

/// Unlike rustls' own it does not check that key and certificate belong together.
#[derive(Debug)]
struct Always(Arc<CertifiedKey>);

impl ResolvesServerCert for Always {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// A listening site. Its threads end with the test's process.
pub struct Site {
    pub local: SocketAddr,
    pub links: Arc<AtomicUsize>,
}

impl Site {
    /// Accepts links and has each one served by `serve`, one at a time.
    pub fn raw(serve: impl FnMut(TcpStream) + Send + 'static) -> Site {
        Site::listening(TcpListener::bind("127.0.0.1:0").unwrap(), serve)
    }

    pub fn listening(listener: TcpListener, mut serve: impl FnMut(TcpStream) + Send + 'static) -> Site {
        let (local, links) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&links);
        thread::spawn(move || {
            for link in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                serve(link.unwrap());
            }
        });
        Site { local, links }
    }

    /// The same, encrypted.
    pub fn tls(identity: &Identity, mut serve: impl FnMut(Tls) + Send + 'static) -> Site {
        let config = identity.config();
        Site::raw(move |tcp| {
            tcp.set_nodelay(true).unwrap();
            serve(StreamOwned::new(ServerConnection::new(Arc::clone(&config)).unwrap(), tcp));
        })
    }

    /// Sends back what it gets.
    pub fn echo(identity: &Identity) -> Site {
        Site::tls(identity, |mut link| {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = link.read(&mut chunk) {
                if link.write_all(&chunk[..length]).and_then(|()| link.flush()).is_err() {
                    return;
                }
            }
        })
    }

    pub fn address(&self) -> SiteAddress {
        address('=', self.local)
    }
}

pub fn address(prefix: char, local: SocketAddr) -> SiteAddress {
    format!("{prefix}{local}").parse().unwrap()
}

pub fn dialer() -> (Dialer, Arc<MemoryTrustStore>) {
    let trust = Arc::new(MemoryTrustStore::new());
    (Dialer::new(trust.clone(), Proxy::None), trust)
}

/// Reads until there are `length` bytes.
pub async fn read(stream: &mut tmtp_link::Stream, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        stream.readable().await;
        stream.try_read(&mut bytes).unwrap();
    }
    bytes
}

/// Reads until the end.
pub async fn read_to_end(stream: &mut tmtp_link::Stream) -> (Vec<u8>, tmtp_session::StreamEnd) {
    let mut bytes = Vec::new();
    loop {
        stream.readable().await;
        if let Err(end) = stream.try_read(&mut bytes) {
            return (bytes, end);
        }
    }
}

pub async fn flush(stream: &mut tmtp_link::Stream) {
    while !stream.try_flush().unwrap() {
        stream.writable().await;
    }
}

/// Sits between client and site, passes bytes on, keeps what the client sent, and can stop reading from it.
pub struct Sniffer {
    pub local: SocketAddr,
    seen: Arc<Mutex<Vec<u8>>>,
    gate: Arc<(Mutex<Gate>, Condvar)>,
}

#[derive(Default)]
struct Gate {
    shut: bool,
    over: bool,
}

impl Sniffer {
    pub fn new(site: SocketAddr) -> Sniffer {
        let (seen, gate) =
            (Arc::new(Mutex::new(Vec::new())), Arc::new((Mutex::new(Gate::default()), Condvar::new())));
        let (keep, watch) = (Arc::clone(&seen), Arc::clone(&gate));
        let listener = Site::raw(move |client| {
            let site = TcpStream::connect(site).unwrap();
            let (from_site, to_client) = (site.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || pass(from_site, to_client));
            sniff(client, site, &keep, &watch);
        });
        Sniffer { local: listener.local, seen, gate }
    }

    /// Stops or goes on reading from the client, after the read that is under way.
    pub fn shut(&self, shut: bool) {
        self.gate.0.lock().unwrap().shut = shut;
        self.gate.1.notify_all();
    }

    /// Waits for the end of the client's stream. How many records it sent, and how much of one more.
    pub fn records(&self) -> (usize, usize) {
        let mut gate = self.gate.0.lock().unwrap();
        while !gate.over {
            gate = self.gate.1.wait(gate).unwrap();
        }
        let seen = self.seen.lock().unwrap();
        let (mut rest, mut count) = (&seen[..], 0);
        while let [_, _, _, high, low, ..] = rest {
            let length = 5 + usize::from(u16::from_be_bytes([*high, *low]));
            if rest.len() < length {
                break;
            }
            rest = &rest[length..];
            count += 1;
        }
        (count, rest.len())
    }
}

fn sniff(mut client: TcpStream, mut site: TcpStream, seen: &Mutex<Vec<u8>>, gate: &(Mutex<Gate>, Condvar)) {
    let mut chunk = vec![0; 65536];
    // So that it looks at the gate now and then.
    client.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    loop {
        let mut state = gate.0.lock().unwrap();
        while state.shut {
            state = gate.1.wait(state).unwrap();
        }
        drop(state);
        match client.read(&mut chunk) {
            Ok(length @ 1..) => {
                seen.lock().unwrap().extend(&chunk[..length]);
                let _ = site.write_all(&chunk[..length]);
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Ok(_) | Err(_) => {
                let _ = site.shutdown(std::net::Shutdown::Write);
                gate.0.lock().unwrap().over = true;
                gate.1.notify_all();
                return;
            }
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut chunk = vec![0; 65536];
    while let Ok(length @ 1..) = from.read(&mut chunk) {
        if to.write_all(&chunk[..length]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(std::net::Shutdown::Write);
}
