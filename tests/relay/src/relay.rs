//! The relay itself: a listener, its links, and the plan.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::control::{Handle, Settings, Shared};
use crate::limits::{ACCEPT_PAUSE, SILENT_MAX};
use crate::link::{self, Silent};
use crate::plan::{self, Plan};

/// A bad network in front of one site. Dropping it ends everything at once; [`Relay::stop`] ends the links between
/// records.
pub struct Relay {
    address: SocketAddr,
    handle: Handle,
    plan: watch::Sender<Plan>,
    tasks: [JoinHandle<()>; 2],
}

impl Relay {
    /// Listens on a port of 127.0.0.1 that the system chooses, for connections to `target`. `seed` decides about
    /// whatever happens by plan.
    pub async fn start(target: SocketAddr, seed: u64) -> io::Result<Relay> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let shared = Shared::new();
        let plan = watch::Sender::new(Plan::default());
        let tasks = [
            tokio::spawn(accept(listener, target, Arc::clone(&shared))),
            tokio::spawn(plan::run(Handle { shared: Arc::clone(&shared) }, plan.subscribe(), seed)),
        ];
        Ok(Relay { address, handle: Handle { shared }, plan, tasks })
    }

    /// Where to connect to instead of the site.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Controls and counters.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Has faults happen by themselves from now on. `Plan::default()` has none.
    pub fn plan(&self, plan: Plan) {
        self.plan.send_replace(plan);
    }

    /// Cuts all links in order and ends. Counters can still be read through a handle.
    pub async fn stop(mut self) {
        self.plan(Plan::default());
        self.handle.refuse(true);
        self.handle.cut_now();
        self.handle.shared.settings.send_modify(|settings| settings.stop = true);
        // It ends when the last link has. It does not panic, and if it did, the links are gone too.
        let [accepting, _] = &mut self.tasks;
        let _ = accepting.await;
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, shared: Arc<Shared>) {
    let mut links = JoinSet::new();
    let mut silent: VecDeque<Silent> = VecDeque::new();
    let mut stopping = shared.settings.subscribe();
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => admit(client, target, &shared, &mut links),
                // Out of sockets; links that end make room.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            },
            Some(ended) = links.join_next() => {
                silent.extend(ended.ok());
                if silent.len() > SILENT_MAX {
                    silent.pop_front();
                }
            }
        }
    }
    drop(listener);
    while links.join_next().await.is_some() {}
}

async fn stopped(settings: &mut watch::Receiver<Settings>) {
    // An error means that the relay is gone, which is the same.
    let _ = settings.wait_for(|settings| settings.stop).await;
}

fn admit(client: TcpStream, target: SocketAddr, shared: &Arc<Shared>, links: &mut JoinSet<Silent>) {
    if shared.settings.borrow().refuse {
        // Closed with a reset, as if nobody listened.
        let _ = SockRef::from(&client).set_linger(Some(Duration::ZERO));
        shared.count(|counters| counters.refusals += 1);
    } else {
        links.spawn(link::run(client, target, Arc::clone(shared)));
    }
}
