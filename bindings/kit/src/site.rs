//! A site in the test's own process, over TLS: it does what the public server does, keeps a record of what it has
//! seen, and can be told to hold mail back, to restart, and to die at a bad moment.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tmtp_site::{Handle, Server, ServerConfig, Timers};

use crate::error::KitError;
use crate::runtime::{count, enter, run, until};

mod record;

pub use record::{NodeCount, SitePost, SiteRecord, SiteViolation};

/// How a site is made.
#[derive(Clone, Debug, Default, uniffi::Record)]
pub struct SiteOptions {
    /// What it calls itself; a neutral word if none.
    #[uniffi(default)]
    pub name: Option<String>,
    /// The folder of a site that lasts, as an absolute path; in memory and gone with the site if none.
    #[uniffi(default)]
    pub dir: Option<String>,
    /// The port on 127.0.0.1; a free one if none.
    #[uniffi(default)]
    pub port: Option<i32>,
    /// Whether registration demands a sign-in, which no client of this version can do.
    #[uniffi(default = false)]
    pub demand_sign_in: bool,
    /// Until a link without a login is ended; as long as the public server's if none.
    #[uniffi(default)]
    pub login_ms: Option<i64>,
    /// Until a link is ended on which nothing comes from the client. For so long a node whose link has vanished is
    /// held for alive. As long as the public server's (two minutes) if none.
    #[uniffi(default)]
    pub silence_ms: Option<i64>,
    /// Until a message that was not confirmed is sent again; as long as the public server's if none.
    #[uniffi(default)]
    pub repeat_ms: Option<i64>,
}

/// Something that a site counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SiteCount {
    /// Links that were opened.
    Links,
    /// Members that were made.
    Registrations,
    /// Logins that succeeded.
    Logins,
    /// Logins that were refused because the node had a link.
    NodesBusy,
    /// Posts that were accepted.
    Posts,
    /// Messages that were written out, repetitions included.
    Deliveries,
    /// Messages written again because no confirmation came.
    Repetitions,
    /// Confirmations that removed a message.
    Confirmations,
}

/// A running site. Letting it go ends it as a kill would.
#[derive(uniffi::Object)]
pub struct KitSite {
    handle: Handle,
    address: String,
    server: Mutex<Option<Server>>,
}

/// Starts a site, which takes links when this returns.
///
/// Errors: `System`, the port or the folder cannot be used.
#[uniffi::export]
pub async fn start_site(options: SiteOptions) -> Result<Arc<KitSite>, KitError> {
    let port = options.port.map_or(Ok(0), u16::try_from).map_err(|_| KitError::wrong("the port"))?;
    let mut config = ServerConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        dir: options.dir.map(PathBuf::from),
        demand_sign_in: options.demand_sign_in,
        ..ServerConfig::default()
    };
    if let Some(name) = options.name {
        config.name = name;
    }
    let Timers { login, silence, repeat, .. } = &mut config.timers;
    set(login, options.login_ms)?;
    set(silence, options.silence_ms)?;
    set(repeat, options.repeat_ms)?;
    run(async move {
        let server = Server::start(config).await?;
        let (handle, address) = (server.handle(), server.address().to_string());
        Ok(Arc::new(KitSite { handle, address, server: Mutex::new(Some(server)) }))
    })
    .await
}

fn set(timer: &mut Duration, given_ms: Option<i64>) -> Result<(), KitError> {
    if let Some(given) = given_ms {
        *timer = Duration::from_millis(u64::try_from(given).map_err(|_| KitError::wrong("a time"))?);
    }
    Ok(())
}

#[uniffi::export]
impl KitSite {
    /// Where it is, as people pass it around: `=127.0.0.1:port`.
    pub fn address(&self) -> String {
        self.address.clone()
    }

    /// Everything that it has seen. Restarts do not clear it.
    pub fn record(&self) -> SiteRecord {
        self.handle.record().into()
    }

    /// How often something has happened so far.
    pub fn count(&self, what: SiteCount) -> i64 {
        counted(&self.handle, what)
    }

    /// Waits until something has happened at least so often; how often it is by then.
    pub async fn await_count(
        &self,
        what: SiteCount,
        at_least: i64,
        deadline_ms: i64,
    ) -> Result<i64, KitError> {
        let handle = self.handle.clone();
        let look = move || Some(counted(&handle, what)).filter(|count| *count >= at_least);
        until(name(what), deadline_ms, look).await
    }

    /// Messages that wait for the nodes of a member.
    pub fn queued(&self, uid: &str) -> i64 {
        length(self.handle.queued(uid))
    }

    /// Waits until exactly so many messages wait for the nodes of a member.
    pub async fn await_queued(&self, uid: String, exactly: i64, deadline_ms: i64) -> Result<(), KitError> {
        let handle = self.handle.clone();
        let look = move || (length(handle.queued(&uid)) == exactly).then_some(());
        until("messages that wait at the site", deadline_ms, look).await
    }

    /// Waits until no message waits for any node: everything was delivered and confirmed.
    pub async fn await_all_delivered(&self, deadline_ms: i64) -> Result<(), KitError> {
        let handle = self.handle.clone();
        until("deliveries", deadline_ms, move || (handle.undelivered() == 0).then_some(())).await
    }

    /// Delivers nothing to the nodes of a member until `release`.
    ///
    /// Errors: `NotThere`, there is no such member.
    pub fn hold(&self, uid: &str) -> Result<(), KitError> {
        if self.handle.hold(uid) { Ok(()) } else { Err(KitError::not_there("the member")) }
    }

    /// Delivers again.
    ///
    /// Errors: `NotThere`, there is no such member.
    pub fn release(&self, uid: &str) -> Result<(), KitError> {
        if self.handle.release(uid) { Ok(()) } else { Err(KitError::not_there("the member")) }
    }

    /// Ends all links as the death of the process would; what is queued survives.
    pub fn restart(&self) {
        self.handle.restart();
    }

    /// The next post kills the site after so many of its receivers have got it; it is back at once.
    pub fn crash_inside_post(&self, after: i32) {
        self.handle.crash_inside_fanout(usize::try_from(after).unwrap_or(0));
    }

    /// Ends it in order. Its record stays readable. Again: nothing to do.
    pub async fn stop(&self) -> Result<(), KitError> {
        let server = self.take();
        run(async move {
            if let Some(server) = server {
                server.stop().await;
            }
            Ok(())
        })
        .await
    }
}

impl KitSite {
    fn take(&self) -> Option<Server> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for KitSite {
    fn drop(&mut self) {
        let server = self.take();
        if let Ok(_inside) = enter() {
            drop(server);
        }
    }
}

fn counted(handle: &Handle, what: SiteCount) -> i64 {
    handle.with(|site, _, _| {
        let record = site.record();
        count(match what {
            SiteCount::Links => record.links,
            SiteCount::Registrations => record.registrations,
            SiteCount::Logins => record.logins,
            SiteCount::NodesBusy => record.nodes_busy,
            SiteCount::Posts => record.posts_accepted,
            SiteCount::Deliveries => record.deliveries.values().sum(),
            SiteCount::Repetitions => record.repetitions,
            SiteCount::Confirmations => record.confirmations,
        })
    })
}

fn name(what: SiteCount) -> &'static str {
    match what {
        SiteCount::Links => "links",
        SiteCount::Registrations => "registrations",
        SiteCount::Logins => "logins",
        SiteCount::NodesBusy => "refusals of busy nodes",
        SiteCount::Posts => "posts",
        SiteCount::Deliveries => "deliveries",
        SiteCount::Repetitions => "repetitions",
        SiteCount::Confirmations => "confirmations",
    }
}

fn length(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
