//! Seen and not seen, the network, the key store, energy and memory: what a shell reports, and what follows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tmtp_client::{
    Client, Clock, Config, Error, Event, KeyAnswer, KeyError, KeyStore, MemoryKeyStore, Mono, NetworkHint,
    NewMessage, NodeSecret, NotKnown, Now, OutgoingState, Profile, State, SystemClock, To, WakeOutcome,
    WakeRequest, Wall,
};
use tmtp_relay::Relay;

use crate::world::{LONG, Person, World, join, letter};

async fn stands(person: &Person, state: State) {
    let mut states = person.here.watch_state();
    let reached = tokio::time::timeout(LONG, states.wait_for(|now| now.state == state)).await;
    let now = person.here.state();
    reached.unwrap_or_else(|_| panic!("{now:?} instead")).unwrap();
}

#[tokio::test]
async fn in_the_foreground_links_are_held_and_in_the_background_everything_is_sent_and_quit() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    let sent = ada.writes(&bob, "Quick, before it is put away", &[]).await;
    ada.client.background(LONG).unwrap();
    stands(&ada, State::Off).await;
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
    assert_eq!(world.site.handle().with(|site, _, _| site.nodes_online()), 0);

    let counters = ada.here.status().await.unwrap().counters;
    let count = |name: &str| counters.iter().find(|(other, _)| other == name).map_or(0, |(_, count)| *count);
    // The pings were made by wakes; the joining and the foreground held a link each.
    assert_eq!(count("connects_foreground"), 2, "{counters:?}");
    assert_eq!(count("connects_wake"), count("wakes") - 1, "{counters:?}");
    for name in ["wakes", "bytes_in", "bytes_out", "link_seconds"] {
        assert!(count(name) > 0, "{name} in {counters:?}");
    }
    world.is_content();
}

#[tokio::test]
async fn in_the_background_an_account_without_a_link_looks_once() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let sent = ada.writes(&bob, "From the background", &[]).await;
    let logins = world.site.handle().record().logins;
    ada.client.background(LONG).unwrap();
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
    stands(&ada, State::Off).await;
    ada.client.background(LONG).unwrap();
    ada.client.background(LONG).unwrap();
    assert_eq!(world.site.handle().record().logins, logins + 1);
    // No later word has begun another look.
    assert_eq!(ada.here.state(), State::Off);
}

#[tokio::test]
async fn the_background_lets_uploads_come_to_their_end() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada".into() };
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    relay.handle().rate(Some(1_000_000));
    let mut message = letter("film", &[], "Film");
    message.attachments = vec![world.file("film", &vec![42; 2_000_000])];
    let cursor = ada.client.event_cursor();
    let first = ada.here.send(message.clone()).await.unwrap();
    // It waits until the site has taken the beginning of its thread.
    let reply = NewMessage { draft: "second film".into(), to: To::Reply(first.thread), ..message };
    let sent = ada.here.send(reply).await.unwrap();
    ada.sees(cursor, |event| matches!(event, Event::Progress { .. })).await;
    ada.client.background(LONG).unwrap();
    stands(&ada, State::Off).await;
    assert_eq!(ada.here.wait_sent(sent.send_id, Duration::ZERO).await.unwrap(), OutgoingState::Sent);
    world.is_content();
}

#[tokio::test]
async fn the_background_ends_with_its_budget_whatever_is_left() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada".into() };
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    relay.handle().black_hole();
    ada.here.send(letter("note", &[], "Goes nowhere")).await.unwrap();
    let began = Instant::now();
    ada.client.background(Duration::from_secs(2)).unwrap();
    stands(&ada, State::Off).await;
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_silent_old_path_is_replaced_after_a_change_of_the_network() {
    let world = World::quick().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada".into() };
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    relay.handle().stall();
    let cursor = ada.client.event_cursor();
    ada.client.network(NetworkHint { path: 7, ..NetworkHint::default() }).unwrap();
    // The probe is not answered.
    ada.sees(cursor, |event| matches!(event, Event::StateChanged(State::Waiting { .. } | State::Connecting)))
        .await;
    relay.handle().heal();
    ada.client.network(NetworkHint { path: 8, ..NetworkHint::default() }).unwrap();
    stands(&ada, State::Online).await;
}

#[tokio::test]
async fn a_hint_that_there_is_no_network_keeps_nobody_from_trying() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let none = NetworkHint { available: false, validated: false, blocked: true, ..NetworkHint::default() };
    ada.client.network(none).unwrap();
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    ada.client.background(Duration::ZERO).unwrap();
    stands(&ada, State::Off).await;
    assert_eq!(ada.client.push(None, LONG).await.unwrap().outcome, WakeOutcome::NothingNew);
}

/// A key store with three answers.
#[derive(Default)]
struct Moody {
    keys: MemoryKeyStore,
    /// 0: as it is. 1: not now. 2: absent. 3: hangs.
    mood: AtomicU8,
}

impl KeyStore for Moody {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        match self.mood.load(Ordering::SeqCst) {
            0 => self.keys.get(name),
            1 => Ok(KeyAnswer::NotNow),
            2 => Ok(KeyAnswer::Absent),
            _ => {
                while self.mood.load(Ordering::SeqCst) == 3 {
                    std::thread::park_timeout(Duration::from_millis(5));
                }
                self.keys.get(name)
            }
        }
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        self.keys.put(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.keys.remove(name)
    }
}

/// A member whose process was started anew, with keys in this mood.
async fn fresh(world: &World, mood: u8, alias: &str) -> (Person, Arc<Moody>) {
    let keys = Arc::new(Moody::default());
    let config =
        Config { keys: Some(Arc::clone(&keys) as Arc<dyn KeyStore>), ..Config::new(world.path(alias)) };
    let client = Client::open(config.clone()).await.unwrap();
    let name = client.join(join(world.site.address(), alias)).await.unwrap().name().clone();
    client.stop(LONG).await.unwrap();
    keys.mood.store(mood, Ordering::SeqCst);
    let client = Client::open(config).await.unwrap();
    let here = client.account(&name).await.unwrap();
    (Person { client, here, alias: alias.to_owned() }, keys)
}

#[tokio::test]
async fn before_the_first_unlock_a_wake_says_so_in_time_and_unlocking_makes_it_due() {
    let world = World::new().await;
    for (mood, alias) in [(1, "ada lovelace"), (3, "bob babbage")] {
        let (ada, keys) = fresh(&world, mood, alias).await;
        let registrations = world.site.handle().record().registrations;
        let began = Instant::now();
        let summary = ada.client.push(None, Duration::from_secs(8)).await.unwrap();
        assert_eq!(summary.outcome, WakeOutcome::NotKnown(NotKnown::Locked), "{summary:?}");
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        assert_eq!(ada.here.status().await.unwrap().state, State::Locked);
        let rows = ada.client.ledger(Default::default()).await.unwrap().rows;
        assert_eq!(rows.first().unwrap().wake.outcome, "locked");

        ada.client.foreground().unwrap();
        stands(&ada, State::Locked).await;
        keys.mood.store(0, Ordering::SeqCst);
        let began = Instant::now();
        ada.client.unlocked().unwrap();
        stands(&ada, State::Online).await;
        // By itself it would look again only after 15 s.
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        assert_eq!(world.site.handle().record().registrations, registrations);
    }
}

#[tokio::test]
async fn unlocking_right_behind_the_foreground_makes_it_due_too() {
    let world = World::new().await;
    let (ada, keys) = fresh(&world, 1, "ada lovelace").await;
    let summary = ada.client.push(None, Duration::from_secs(8)).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NotKnown(NotKnown::Locked), "{summary:?}");
    keys.mood.store(0, Ordering::SeqCst);
    let began = Instant::now();
    ada.client.foreground().unwrap();
    ada.client.unlocked().unwrap();
    stands(&ada, State::Online).await;
    // By itself it would look again only after 15 s.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_key_that_is_absent_where_a_store_is_makes_nothing_new() {
    let world = World::new().await;
    let (ada, keys) = fresh(&world, 2, "ada lovelace").await;
    let registrations = world.site.handle().record().registrations;
    assert_eq!(ada.here.status().await.unwrap().state, State::KeyLost);
    let summary = ada.client.push(None, LONG).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NotKnown(NotKnown::KeyLost));
    keys.mood.store(0, Ordering::SeqCst);
    assert_eq!(world.site.handle().record().registrations, registrations);
    assert!(ada.here.threads(false, Default::default()).await.is_ok(), "the archive reads");
}

#[tokio::test]
async fn short_memory_and_a_small_profile_change_nothing_that_is_seen() {
    let world = World::new().await;
    let bob = world.member("bob babbage").await;
    let config = Config { profile: Profile::Extension, ..Config::new(world.path("ada lovelace")) };
    let client = Client::open(config).await.unwrap();
    let here = client.join(join(world.site.address(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada lovelace".into() };
    ada.pings(&bob).await;
    bob.pings(&ada).await;
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    for number in 0..5 {
        ada.client.memory_pressure().unwrap();
        ada.client.power(number % 2 == 0).unwrap();
        let sent = ada.writes(&bob, &format!("No {number}"), &[]).await;
        assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
        assert_eq!(ada.threads().await.len(), number + 1);
    }
    world.is_content();
}

#[tokio::test]
async fn deadlines_and_names_that_make_no_sense_are_answered() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let wake = |accounts, budget| ada.client.wake(WakeRequest { accounts, budget });
    let own = ada.here.name().clone();
    assert!(matches!(wake(Some(vec![]), LONG).await, Err(Error::Input(_))));
    assert!(matches!(wake(Some(vec![own.clone(); 1001]), LONG).await, Err(Error::Input(_))));
    assert!(matches!(wake(Some(vec!["nobody".parse().unwrap()]), LONG).await, Err(Error::NotFound)));
    // One that is named twice is looked at once.
    let twice = wake(Some(vec![own.clone(), own.clone()]), LONG).await.unwrap();
    assert_eq!((twice.outcome, twice.accounts.len()), (WakeOutcome::NothingNew, 1));

    let began = Instant::now();
    let hasty = wake(None, Duration::ZERO).await.unwrap();
    assert_eq!(hasty.accounts.len(), 1);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(wake(None, Duration::MAX).await.unwrap().outcome, WakeOutcome::NothingNew);
    ada.client.background(Duration::MAX).unwrap();
    let note = ada.here.send(letter("note", &[], "Note")).await.unwrap();
    assert!(ada.here.wait_sent(note.send_id, Duration::ZERO).await.is_ok());
    assert_eq!(ada.here.wait_sent(note.send_id, Duration::MAX).await.unwrap(), OutgoingState::Sent);
    let link = ada.here.stay().await.unwrap();
    link.stop(Duration::MAX).await.unwrap();
    ada.here.close(Duration::MAX).await.unwrap();
    ada.client.resumed().unwrap();
    ada.client.resumed().unwrap();
    ada.client.will_suspend(Duration::MAX).await.unwrap();
    ada.client.resumed().unwrap();
    // Too short for anything: it answers, and what was accepted is there.
    let _ = ada.client.stop(Duration::ZERO).await;
    assert!(matches!(ada.client.stop(Duration::MAX).await, Ok(()) | Err(Error::TimedOut)));
    assert!(matches!(ada.client.next_events(ada.client.event_cursor(), 1, LONG).await, Err(Error::Closed)));
}

#[tokio::test]
async fn a_reader_of_events_is_let_go_when_the_client_stops() {
    let world = World::new().await;
    let client = world.newcomer("nobody").await;
    let (cursor, reader) = (client.event_cursor(), client.clone());
    let waiting = tokio::spawn(async move { reader.next_events(cursor, 1, LONG).await });
    tokio::task::yield_now().await;
    client.stop(LONG).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("it ends").unwrap();
    assert!(matches!(ended, Err(Error::Closed)), "{ended:?}");
}

/// The device's clocks, and how long it has slept.
#[derive(Default)]
struct Sleepy(AtomicU64);

impl Clock for Sleepy {
    fn now(&self) -> Now {
        let Now { mono, wall } = SystemClock.now();
        let slept = self.0.load(Ordering::SeqCst);
        Now { mono: Mono(mono.0 + slept), wall: Wall(wall.0 + slept.cast_signed()) }
    }
}

#[tokio::test]
async fn a_link_that_stands_is_counted_in_with_the_time_that_the_device_slept() {
    let world = World::new().await;
    let clock = Arc::new(Sleepy::default());
    let mut config = Config::new(world.path("ada"));
    config.instance.clock = Arc::clone(&clock) as Arc<dyn Clock>;
    let client = Client::open(config).await.unwrap();
    let here = client.join(join(world.site.address(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada lovelace".into() };
    ada.client.foreground().unwrap();
    stands(&ada, State::Online).await;
    let seconds = async || {
        let counters = ada.here.status().await.unwrap().counters;
        counters.iter().find(|(name, _)| name == "link_seconds").map_or(0, |(_, count)| *count)
    };
    let before = seconds().await;

    clock.0.store(20_000, Ordering::SeqCst);
    assert!(seconds().await >= before + 20, "the link that stands is counted in");
}
