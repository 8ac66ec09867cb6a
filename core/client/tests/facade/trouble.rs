//! Defects, damage, locked keys, stores of the future: what is said, and that nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tmtp_client::{
    AccountHandle, BrokenWhy, Client, Clock, Config, DialFailure, Error, Event, Instance, KeyAnswer,
    KeyError, KeyStore, MemoryKeyStore, NodeSecret, Now, OutgoingState, Random, Settings, State, SystemClock,
    SystemRandom, WaitWhy, WakeEnd, Wall,
};
use tmtp_relay::Relay;

use crate::world::{LONG, World, join, letter, page};

/// Random numbers that fail on demand: a defect in the middle of a step.
struct Brittle(Arc<AtomicBool>);

impl Random for Brittle {
    fn next(&mut self) -> u64 {
        assert!(!self.0.swap(false, Ordering::SeqCst), "a defect, made on purpose");
        SystemRandom.next()
    }
}

#[tokio::test]
async fn a_defect_in_the_middle_of_a_step_is_shown_and_loses_nothing() {
    let world = World::new().await;
    let breaks = Arc::new(AtomicBool::new(false));
    let brittle = Arc::clone(&breaks);
    let instance =
        Instance { random: Arc::new(move || Box::new(Brittle(Arc::clone(&brittle)))), ..Instance::default() };
    let client = Client::open(Config { instance, ..Config::new(world.path("ada")) }).await.unwrap();
    let here = client.join(join(world.site.address(), "ada lovelace")).await.unwrap();
    let kept = here.send(letter("kept", &[], "Kept")).await.unwrap();
    let cursor = client.event_cursor();

    breaks.store(true, Ordering::SeqCst);
    let lost = here.send(letter("lost", &[], "Lost")).await;
    assert!(matches!(lost, Err(Error::Broken)), "{lost:?}");
    let events = client.next_events(cursor, 50, LONG).await.unwrap().events;
    assert!(
        events.iter().any(|event| event.event == Event::StateChanged(State::Broken(BrokenWhy::Panicked))),
        "{events:?}"
    );

    here.send(letter("lost", &[], "Lost")).await.unwrap();
    here.wake(LONG).await.unwrap();
    assert_eq!(here.wait_sent(kept.send_id, LONG).await.unwrap(), OutgoingState::Sent);
    assert_eq!(here.threads(false, page(10)).await.unwrap().items.len(), 2);
    world.is_content();
}

/// A clock that fails on demand, in whichever task looks at it next.
struct BrittleClock(Arc<AtomicBool>);

impl Clock for BrittleClock {
    fn now(&self) -> Now {
        assert!(!self.0.swap(false, Ordering::SeqCst), "a defect, made on purpose");
        SystemClock.now()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_defect_in_any_task_of_ours_is_overcome_and_loses_nothing() {
    let world = World::quick().await;
    let breaks = Arc::new(AtomicBool::new(false));
    let clock = Arc::new(BrittleClock(Arc::clone(&breaks)));
    let instance = Instance { clock, ..Instance::default() };
    let settings = Settings { busy_bound: Duration::from_secs(3), ..Settings::default() };
    let config = Config { instance, settings, ..Config::new(world.path("ada")) };
    let client = Client::open(config).await.unwrap();
    let here = client.join(join(world.site.address(), "ada lovelace")).await.unwrap();
    for round in 0..6_u64 {
        client.foreground().unwrap();
        let mut states = here.watch_state();
        tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
        let draft = format!("note {round}");
        // Whatever this meets, and whoever does it.
        let (shaken, shaking) = (client.clone(), here.clone());
        breaks.store(true, Ordering::SeqCst);
        let lost = tokio::spawn(async move {
            match round % 3 {
                0 => drop(shaking.send(letter(&draft, &[], "Note")).await),
                1 => drop(shaken.push(None, Duration::from_secs(4)).await),
                _ => drop(shaken.background(Duration::from_secs(4))),
            }
        });
        let _ = lost.await;
        let met = async {
            while breaks.load(Ordering::SeqCst) {
                // Something has to look at the clock.
                let _ = here.close(LONG).await;
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(LONG, met).await.unwrap();
        // What meets a task in its last moments is told so, and is asked again.
        let kept = letter(&format!("kept {round}"), &[], "Kept");
        let sent = match here.send(kept.clone()).await {
            Err(Error::Broken) => here.send(kept).await.unwrap(),
            first => first.unwrap(),
        };
        client.foreground().unwrap();
        here.user_acts().await;
        assert_eq!(here.wait_sent(sent.send_id, LONG).await.unwrap(), OutgoingState::Sent);
    }
    world.is_content();
}

/// A clock that somebody sets.
struct SetClock(Arc<AtomicI64>);

impl Clock for SetClock {
    fn now(&self) -> Now {
        Now { wall: Wall(self.0.load(Ordering::SeqCst)), ..SystemClock.now() }
    }
}

#[tokio::test]
async fn a_clock_before_1970_is_said_to_be_wrong_and_loses_nothing() {
    let world = World::new().await;
    let right = SystemClock.now().wall.0;
    let set = Arc::new(AtomicI64::new(-3_600_000));
    let instance = Instance { clock: Arc::new(SetClock(Arc::clone(&set))), ..Instance::default() };
    let client = Client::open(Config { instance, ..Config::new(world.path("ada")) }).await.unwrap();
    let refused = client.join(join(world.site.address(), "ada lovelace")).await;
    assert!(matches!(refused, Err(Error::ClockWrong)), "{refused:?}");
    assert!(client.accounts().await.unwrap().is_empty());

    set.store(right, Ordering::SeqCst);
    let here = client.join(join(world.site.address(), "ada lovelace")).await.unwrap();
    for wrong in [-3_600_000, i64::MIN, i64::MAX] {
        set.store(wrong, Ordering::SeqCst);
        here.send(letter(&format!("note {wrong}"), &[], "Written at no time")).await.unwrap();
        let limit = if wrong < 0 { Duration::from_secs(1) } else { LONG };
        let looked = here.wake(limit).await.unwrap();
        if wrong < 0 {
            assert_eq!(looked.end, WakeEnd::NotKnown(WaitWhy::Dial(DialFailure::ClockWrong)));
        }
        assert!(!here.threads(false, page(10)).await.unwrap().items.is_empty());
        assert!(!here.wakes(page(10)).await.unwrap().items.is_empty());
        here.status().await.unwrap();
        client.accounts().await.unwrap();
        set.store(right, Ordering::SeqCst);
        here.user_acts().await;
        assert_eq!(here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
    }
    assert_eq!(here.threads(false, page(10)).await.unwrap().items.len(), 3);
    world.is_content();
}

/// A key store that is not there before the first unlock.
#[derive(Default)]
struct Unlockable {
    keys: MemoryKeyStore,
    locked: AtomicBool,
}

impl KeyStore for Unlockable {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        if self.locked.load(Ordering::SeqCst) { Ok(KeyAnswer::NotNow) } else { self.keys.get(name) }
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        self.keys.put(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.keys.remove(name)
    }
}

#[tokio::test]
async fn a_locked_key_store_is_waited_for_and_never_taken_for_an_empty_one() {
    let world = World::new().await;
    let keys = Arc::new(Unlockable::default());
    let config =
        Config { keys: Some(Arc::clone(&keys) as Arc<dyn KeyStore>), ..Config::new(world.path("ada")) };
    let client = Client::open(config.clone()).await.unwrap();
    let name = client.join(join(world.site.address(), "ada lovelace")).await.unwrap().name().clone();
    client.stop(LONG).await.unwrap();
    let registrations = world.site.handle().record().registrations;

    keys.locked.store(true, Ordering::SeqCst);
    let again = Client::open(config).await.unwrap();
    let here = again.account(&name).await.unwrap();
    assert!(matches!(here.wake(LONG).await.unwrap().end, WakeEnd::NotKnown(_)));
    assert_eq!(here.state(), State::Locked);
    keys.locked.store(false, Ordering::SeqCst);
    here.user_acts().await;
    assert_eq!(here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
    assert_eq!(world.site.handle().record().registrations, registrations);
}

async fn reopened(world: &World, home: &str) -> AccountHandle {
    let client = Client::open(Config::new(world.path(home))).await.unwrap();
    let name = client.accounts().await.unwrap().first().unwrap().name.clone();
    client.account(&name).await.unwrap()
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_left_as_it_is() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    ada.client.stop(LONG).await.unwrap();
    let database = world.path("ada lovelace/accounts/127.0.0.1/mail.db");
    let mut bytes = std::fs::read(&database).unwrap();
    // The number of the format stands here in every SQLite file.
    bytes[60..64].copy_from_slice(&900_u32.to_be_bytes());
    std::fs::write(&database, &bytes).unwrap();

    let here = reopened(&world, "ada lovelace").await;
    assert!(matches!(here.threads(false, page(1)).await, Err(Error::NewerStore { found: 900, .. })));
    assert!(matches!(here.wake(LONG).await, Err(Error::NewerStore { found: 900, .. })));
    let known = match here.state() {
        State::NewerStore { found: 900, known } => known,
        other => panic!("{other:?}"),
    };
    let client = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let listed = client.accounts().await.unwrap().remove(0);
    assert_eq!(listed.state, State::NewerStore { found: 900, known });
    assert!(matches!(listed.problem, Some(Error::NewerStore { found: 900, .. })), "{listed:?}");
    assert!(std::fs::read(&database).unwrap() == bytes, "it was touched");
}

#[tokio::test]
async fn a_damaged_store_is_salvaged_and_the_old_one_kept() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    for number in 0..40 {
        let mut note = letter(&format!("note {number}"), &[], &format!("No {number}"));
        note.text = "x".repeat(3000);
        ada.here.send(note).await.unwrap();
    }
    ada.client.stop(LONG).await.unwrap();
    let folder = world.path("ada lovelace/accounts/127.0.0.1");
    let mut bytes = std::fs::read(folder.join("mail.db")).unwrap();
    let page_at = (bytes.len() / 4096 - 6) * 4096;
    bytes[page_at..page_at + 4096].fill(0x5a);
    std::fs::write(folder.join("mail.db"), bytes).unwrap();

    let here = reopened(&world, "ada lovelace").await;
    let wiped = world.path("ada lovelace/accounts/wiped");
    std::fs::create_dir(&wiped).unwrap();
    std::fs::write(wiped.join("mail.db"), vec![0x5a; 8192]).unwrap();
    let client = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let listed = client.accounts().await.unwrap().remove(1);
    assert_eq!((listed.state, listed.site), (State::Damaged, None));
    assert!(matches!(listed.problem, Some(Error::Damaged)));
    std::fs::remove_dir_all(&wiped).unwrap();
    let report = here.salvage().await.unwrap();
    assert!(folder.join(&report.kept).exists());
    let saved = here.threads(false, page(100)).await.unwrap().items.len();
    assert!(saved >= 30, "{saved} of 40");
    let report = here.wake(LONG).await.unwrap();
    assert!(!matches!(report.end, WakeEnd::NotKnown(_)), "{report:?}");
}

#[tokio::test]
async fn a_stop_ends_in_time_while_the_network_is_silent() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let ada = world.newcomer("ada").await;
    let address = format!("={}", relay.address()).parse().unwrap();
    let here = ada.join(join(&address, "ada lovelace")).await.unwrap();
    let _link = here.stay().await.unwrap();
    let mut states = here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
    relay.handle().stall();
    here.send(letter("note", &[], "Accepted")).await.unwrap();
    let began = Instant::now();
    // In order or cut short: in time either way.
    let _ = ada.stop(Duration::from_secs(2)).await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let again = reopened(&world, "ada").await;
    assert_eq!(again.threads(false, page(10)).await.unwrap().items.len(), 1);
}

/// An app may spawn what it awaits, on any runtime.
#[test]
fn calls_can_be_spawned() {
    fn spawnable<T: Send + 'static>(_: impl Fn(&'static Client, &'static AccountHandle) -> T) {}
    spawnable(|client, _| client.accounts());
    spawnable(|client, _| client.stop(LONG));
    spawnable(|_, here| here.send(letter("a", &[], "b")));
    spawnable(|_, here| here.stay());
    spawnable(|_, here| here.wake(LONG));
    spawnable(|_, here| here.salvage());
    spawnable(|_, here| here.threads(true, page(1)));
}
