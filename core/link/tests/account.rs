//! A real account, driven over real sockets to the embedded site, with the relay in between.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tmtp_account::{
    Account, Command, Env, Event, Input, Now, Refused, Reply, Settings, State, SystemRandom, Ticket, WakeEnd,
    Wish,
};
use tmtp_link::driver::{Order, Outlet};
use tmtp_link::{Clock, Dialer, Driver, MemoryTrustStore, Proxy, SystemClock};
use tmtp_relay::{Direction, Relay};
use tmtp_site::{Server, ServerConfig};
use tmtp_store::{InstallId, MemoryKeyStore, NewAccount, Place, Writer};
use tmtp_wire::address::SiteAddress;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

struct Events(mpsc::UnboundedSender<Event>);

impl Outlet for Events {
    fn reply(&mut self, _ticket: Ticket, outcome: Result<Reply, Refused>) {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    fn event(&mut self, event: Event) {
        let _ = self.0.send(event);
    }
}

struct Member {
    _home: TempDir,
    orders: mpsc::Sender<Order>,
    events: mpsc::UnboundedReceiver<Event>,
    run: JoinHandle<Account>,
}

impl Member {
    fn start(site: SiteAddress) -> Member {
        let home = tempfile::tempdir().unwrap();
        let now = SystemClock.now();
        let new = NewAccount { site: site.clone(), key_name: "key".to_owned(), uid: None, created: now.wall };
        let writer =
            Writer::create(Place::new(home.path().join("account"), InstallId([7; 16])), &new).unwrap();
        let settings = Settings { backoff_first: Duration::from_millis(50), ..Settings::default() };
        let env = Env { keys: Arc::new(MemoryKeyStore::default()), random: Box::new(SystemRandom), settings };
        let account = Account::open(writer, env, now).unwrap();
        let (orders, taken) = mpsc::channel(10);
        let (tell, events) = mpsc::unbounded_channel();
        let dialer = Arc::new(Dialer::new(Arc::new(MemoryTrustStore::new()), Proxy::None));
        let driver = Driver::new(account, site, dialer, Arc::new(SystemClock), taken, Box::new(Events(tell)));
        Member { _home: home, orders, events, run: tokio::spawn(driver.run()) }
    }

    async fn put(&self, input: Input) {
        self.orders.send(Order::Input(input)).await.unwrap_or_else(|_| panic!("the driver has ended"));
    }

    async fn until<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = timeout(SOON, self.events.recv()).await.unwrap().unwrap();
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    async fn until_state(&mut self, wanted: State) {
        self.until(|event| (event == Event::StateChanged(wanted.clone())).then_some(())).await;
    }

    async fn stop(self) -> Account {
        assert!(self.orders.send(Order::Stop { within: SOON }).await.is_ok());
        timeout(SOON, self.run).await.unwrap().unwrap()
    }
}

async fn world() -> (Server, Relay, Member) {
    let server = Server::start(ServerConfig::default()).await.unwrap();
    let relay = Relay::start(server.local_addr(), 1).await.unwrap();
    let site = format!("={}", relay.address()).parse().unwrap();
    (server, relay, Member::start(site))
}

#[tokio::test]
async fn a_member_registers_takes_an_alias_and_leaves_in_order() {
    let (server, relay, mut anna) = world().await;
    anna.put(Input::Command(Ticket(1), Command::AddAlias("anna from afar".parse().unwrap()))).await;
    anna.put(Input::Wish(Wish::Stay)).await;
    anna.until(|event| matches!(event, Event::Registered(_)).then_some(())).await;
    anna.until(|event| (event == Event::AliasesChanged).then_some(())).await;
    let account = anna.stop().await;
    assert_eq!(*account.state(), State::Off);
    let record = server.handle().record();
    assert_eq!((record.registrations, record.violations.len()), (1, 0));
    assert_eq!(server.handle().with(|site, _, _| site.nodes_online()), 0, "the node is free");
    assert_eq!(relay.handle().counters().torn, 0);
    account.close().unwrap();
}

#[tokio::test]
async fn a_link_that_is_cut_is_made_again() {
    let (server, relay, mut anna) = world().await;
    anna.put(Input::Wish(Wish::Stay)).await;
    anna.until_state(State::Online).await;
    relay.handle().cut_now();
    anna.until_state(State::Online).await;
    let account = anna.stop().await;
    let record = server.handle().record();
    assert_eq!((record.registrations, record.logins, record.violations.len()), (1, 1, 0));
    account.close().unwrap();
}

#[tokio::test]
async fn a_handshake_that_is_cut_leads_to_a_second_one_and_to_one_member() {
    let (server, relay, mut anna) = world().await;
    // Inside the site's part of the handshake, so nothing has been said yet.
    relay.handle().cut_after(300, Direction::Down);
    anna.put(Input::Wish(Wish::Stay)).await;
    anna.until_state(State::Online).await;
    anna.stop().await.close().unwrap();
    assert_eq!(relay.handle().counters().cuts, 1);
    assert_eq!(server.handle().record().registrations, 1);
}

#[tokio::test]
async fn a_wake_logs_in_finds_nothing_new_and_leaves() {
    let (server, relay, mut anna) = world().await;
    anna.put(Input::Wish(Wish::Stay)).await;
    anna.until_state(State::Online).await;
    anna.put(Input::Wish(Wish::Off)).await;
    anna.until_state(State::Off).await;
    let before = relay.handle().counters().links;
    let Now { mono, .. } = SystemClock.now();
    anna.put(Input::Wish(Wish::Wake { deadline: mono + SOON })).await;
    let report = anna
        .until(|event| match event {
            Event::WakeEnded(report) => Some(report),
            _ => None,
        })
        .await;
    assert_eq!(report.end, WakeEnd::NothingNew);
    anna.stop().await.close().unwrap();
    assert_eq!(relay.handle().counters().links, before + 1);
    assert_eq!(server.handle().record().violations.len(), 0);
}
