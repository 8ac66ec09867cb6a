//! The site over sockets: TCP, TLS 1.3 with a self-made certificate or a given one, real time, and a folder if
//! it is to last.
//!
//! One task per link moves bytes between its socket and the one [`Site`] behind a lock; one thread keeps the
//! journal. No task decides anything about mail. Read more in `shared` (the lock, the clock, who is woken),
//! `connection` (one link), `tls` (records) and `journal` (the folder).

mod certificate;
mod connection;
mod journal;
mod shared;
mod tls;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use rustls::ServerConfig as TlsConfig;
use tmtp_wire::address::SiteAddress;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::limits::ACCEPT_PAUSE;
use crate::logic::{Config, Gaps, Site, Timers};
pub use certificate::Certificate;
pub use shared::Handle;
use shared::Shared;

/// What a server is told when it is started.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The folder of a site that lasts. `None`: everything is in memory and gone with the server.
    pub dir: Option<PathBuf>,
    /// What it shows and proves who it is with. `None`: a certificate of its own making.
    pub certificate: Option<Certificate>,
    /// The site's name.
    pub name: String,
    /// The site's times. A write that does not move is left to the kernel unless `write_stall` is set.
    pub timers: Timers,
    /// Whether now and then nothing is delivered for a while after a login; see [`Config::gaps`].
    pub gaps: Option<Gaps>,
    /// Whether registration demands a sign-in; see [`Config::demand_sign_in`].
    pub demand_sign_in: bool,
    /// Whether the record keeps a line for each post; see [`Config::record_posts`].
    pub record_posts: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            dir: None,
            certificate: None,
            name: "site".to_owned(),
            timers: Timers { write_stall: None, ..Timers::default() },
            gaps: None,
            demand_sign_in: false,
            record_posts: true,
        }
    }
}

/// A running site. Dropping it ends it as a kill would; [`Server::stop`] ends it in order.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    local: SocketAddr,
    address: SiteAddress,
    acceptor: JoinHandle<()>,
    keeper: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Starts a site and accepts connections when this returns. Errors: the address cannot be listened on;
    /// the folder cannot be used, is damaged, or belongs to another running site. Must be called inside a
    /// tokio runtime with time and I/O.
    pub async fn start(config: ServerConfig) -> io::Result<Server> {
        let logic = Config {
            name: config.name,
            demand_sign_in: config.demand_sign_in,
            timers: config.timers,
            gaps: config.gaps,
            first_id: shared::nanoseconds(),
            seed: getrandom::u64().map_err(io::Error::other)?,
            durable: config.dir.is_some(),
            record_posts: config.record_posts,
            ..Config::default()
        };
        let (site, journal) = match &config.dir {
            Some(dir) => journal::open(dir, logic).map(|(site, journal)| (site, Some(journal)))?,
            None => (Site::new(logic), None),
        };
        let identity = match (config.certificate, &config.dir) {
            (Some(given), _) => given.into(),
            (None, Some(dir)) => certificate::load_or_make(dir)?,
            (None, None) => certificate::make()?,
        };
        let tls = Arc::new(tls::config(identity)?);
        let listener = TcpListener::bind(config.listen).await?;
        let local = listener.local_addr()?;
        let shared = Arc::new(Shared::new(site));
        let keeper = match journal {
            Some(journal) => Some(shared::keep(Arc::clone(&shared), journal)?),
            None => None,
        };
        let acceptor = tokio::spawn(accept(listener, tls, Arc::clone(&shared)));
        Ok(Server { shared, local, address: site_address(local), acceptor, keeper })
    }

    /// Where the site listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Where the site is, as people pass it around: known by its key. Under which name a given certificate makes it
    /// known, its giver knows.
    pub fn address(&self) -> &SiteAddress {
        &self.address
    }

    /// The record and the controls, for use while the server runs and after.
    pub fn handle(&self) -> Handle {
        Handle::new(Arc::clone(&self.shared))
    }

    /// Ends the server: no new links, those there are end without a quit (wire 12.8), everything that was
    /// accepted is stored.
    pub async fn stop(mut self) {
        self.shared.stop();
        // It ends by itself now; a panic in it has been reported by then.
        let _ = (&mut self.acceptor).await;
        if let Some(keeper) = self.keeper.take() {
            let _ = tokio::task::spawn_blocking(move || keeper.join()).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop();
        self.acceptor.abort();
    }
}

fn site_address(local: SocketAddr) -> SiteAddress {
    let ip = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SiteAddress { pinned: true, host: ip.to_string(), port: local.port() }
}

/// Accepts links until the server stops; their tasks end with this one.
async fn accept(listener: TcpListener, tls: Arc<TlsConfig>, shared: Arc<Shared>) {
    let mut links = JoinSet::new();
    loop {
        tokio::select! {
            () = shared.stopped() => break,
            Some(_) = links.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((socket, _)) => serve(&mut links, socket, &tls, &shared),
                Err(error) => {
                    tracing::warn!(%error, "A connection could not be accepted.");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    while links.join_next().await.is_some() {}
}

fn serve(links: &mut JoinSet<()>, socket: TcpStream, tls: &Arc<TlsConfig>, shared: &Arc<Shared>) {
    let connection = tls::Tls::new(Arc::clone(tls)).and_then(|tls| {
        socket.set_nodelay(true)?;
        Ok(connection::Connection::new(socket, tls, Arc::clone(shared)))
    });
    match connection {
        Ok(connection) => {
            links.spawn(connection.run());
        }
        Err(error) => tracing::warn!(%error, "A connection could not be set up."),
    }
}
