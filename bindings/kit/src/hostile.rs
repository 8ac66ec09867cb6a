//! A site that breaks the protocol. It stands in front of a real one and passes everything on, so that an app can
//! become a member; from the moment that it turns, it answers in a bad way instead.
//!
//! It has a key of its own, which the app pins like any site's.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tmtp_client::SiteAddress;

use crate::error::KitError;
use crate::limits::ENDLESS;
use crate::runtime::until;

mod tls;

/// What a hostile site does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, uniffi::Enum)]
pub enum HostileWay {
    /// It passes everything on, like an honest one.
    #[default]
    Honest,
    /// Bytes that are no frame.
    Nonsense,
    /// A frame whose header is not what it announces.
    BadHeader,
    /// A frame that is announced, and never comes.
    HalfFrame,
    /// Bytes without end.
    Endless,
    /// A greeting in a version that nobody knows.
    OtherVersion,
    /// It takes links and says nothing.
    Silent,
    /// It ends each link at once.
    HangsUp,
}

/// A site that can turn hostile. Letting it go ends it.
#[derive(uniffi::Object)]
pub struct KitHostile {
    address: String,
    local: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    way: Mutex<HostileWay>,
    /// Rises when the way changes: links that stand end then.
    turns: AtomicI64,
    links: AtomicI64,
    stopped: AtomicBool,
}

impl Shared {
    fn way(&self) -> HostileWay {
        *self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts one in front of a real site; honest at first.
///
/// Errors: `Wrong`, that is no address of a site on this machine.
#[uniffi::export]
pub async fn start_hostile(site_address: String) -> Result<Arc<KitHostile>, KitError> {
    let wrong = |_| KitError::wrong("the address of the site");
    let SiteAddress { host, port, .. } = site_address.parse().map_err(wrong)?;
    let host = host.trim_matches(['[', ']']).parse().map_err(|_| KitError::wrong("the host of the site"))?;
    let site = SocketAddr::new(host, port);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let local = listener.local_addr()?;
    let config = tls::server()?;
    let shared = Arc::new(Shared {
        way: Mutex::default(),
        turns: AtomicI64::new(0),
        links: AtomicI64::new(0),
        stopped: AtomicBool::new(false),
    });
    let keeper = Arc::clone(&shared);
    thread(move || accept(&listener, site, &config, &keeper))?;
    Ok(Arc::new(KitHostile { address: format!("={local}"), local, shared }))
}

#[uniffi::export]
impl KitHostile {
    /// Where to join.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Does this from now on, with new links; those that stand end.
    pub fn turn(&self, way: HostileWay) {
        *self.shared.way.lock().unwrap_or_else(PoisonError::into_inner) = way;
        self.shared.turns.fetch_add(1, Ordering::SeqCst);
    }

    /// How many links it has taken.
    pub fn links(&self) -> i64 {
        self.shared.links.load(Ordering::SeqCst)
    }

    /// Waits until it has taken at least so many links; how many it has by then.
    pub async fn await_links(&self, at_least: i64, deadline_ms: i64) -> Result<i64, KitError> {
        let shared = Arc::clone(&self.shared);
        let look = move || Some(shared.links.load(Ordering::SeqCst)).filter(|links| *links >= at_least);
        until("links to a hostile site", deadline_ms, look).await
    }
}

impl Drop for KitHostile {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // The thread that accepts waits for a connection: here is one. If it fails, the thread has ended.
        let _ = TcpStream::connect(self.local);
    }
}

/// A link of an app.
struct Link {
    app: StreamOwned<ServerConnection, TcpStream>,
    site: SocketAddr,
    shared: Arc<Shared>,
    turn: i64,
}

fn accept(listener: &TcpListener, site: SocketAddr, config: &Arc<ServerConfig>, shared: &Arc<Shared>) {
    for tcp in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let (Ok(tcp), Ok(connection)) = (tcp, ServerConnection::new(Arc::clone(config))) else { continue };
        shared.links.fetch_add(1, Ordering::SeqCst);
        let turn = shared.turns.load(Ordering::SeqCst);
        let (app, shared) = (StreamOwned::new(connection, tcp), Arc::clone(shared));
        // A link without a thread hangs up, which is a way, too.
        let _ = thread(move || {
            let mut link = Link { app, site, shared, turn };
            // Whatever breaks here only ends this link.
            let _ = link.serve();
            let _ = link.app.sock.shutdown(Shutdown::Both);
        });
    }
}

fn thread(work: impl FnOnce() + Send + 'static) -> Result<(), KitError> {
    std::thread::Builder::new().name("tmtp-kit-hostile".to_owned()).spawn(work)?;
    Ok(())
}

impl Link {
    fn serve(&mut self) -> std::io::Result<()> {
        self.app.sock.set_read_timeout(Some(Duration::from_millis(10)))?;
        let answer: &[u8] = match self.shared.way() {
            HostileWay::Honest => return self.pass_on(),
            HostileWay::HangsUp => return Ok(()),
            HostileWay::Silent => b"",
            HostileWay::Nonsense => b"zzzz",
            HostileWay::BadHeader => b"0002{}",
            HostileWay::HalfFrame => b"ffff{\"op\":",
            HostileWay::OtherVersion => b"0020{\"op\":\"tmtprev\",\"id\":\"9\"}....",
            HostileWay::Endless => {
                let nines = vec![b'9'; ENDLESS];
                return self.app.write_all(&nines);
            }
        };
        self.read_some()?;
        self.app.write_all(answer)?;
        while !self.is_over() {
            self.read_some()?;
        }
        Ok(())
    }

    /// Passes bytes on, both ways, until an end closes or the site turns.
    fn pass_on(&mut self) -> std::io::Result<()> {
        let mut site = tls::dial(self.site)?;
        site.sock.set_read_timeout(Some(Duration::from_millis(10)))?;
        let mut buffer = vec![0; 16 * 1024];
        while !self.is_over() {
            if let Some(count) = moved(self.app.read(&mut buffer))? {
                site.write_all(buffer.get(..count).unwrap_or_default())?;
            }
            if let Some(count) = moved(site.read(&mut buffer))? {
                self.app.write_all(buffer.get(..count).unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn read_some(&mut self) -> std::io::Result<()> {
        let mut some = [0; 64];
        moved(self.app.read(&mut some)).map(drop)
    }

    fn is_over(&self) -> bool {
        let turned = self.shared.turns.load(Ordering::SeqCst) != self.turn;
        turned || self.shared.stopped.load(Ordering::SeqCst)
    }
}

/// How much was read: nothing within the time is none; the end is an error.
fn moved(read: std::io::Result<usize>) -> std::io::Result<Option<usize>> {
    match read {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}
