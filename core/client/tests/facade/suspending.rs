//! Being frozen: before it everything is closed, while it lasts nothing opens, after it everything goes on.

use std::time::{Duration, Instant};

use tmtp_client::{Client, Config, Error, Event, NotKnown, OutgoingState, State, WakeOutcome, WakeRequest};
use tmtp_relay::Relay;

use crate::outside::{files, is_at_rest, locked_files, open_files};
use crate::world::{LONG, Person, World, join, letter, page};

/// What platforms grant.
const GRANTED: Duration = Duration::from_secs(5);

async fn online(person: &Person) {
    person.client.foreground().unwrap();
    let mut states = person.here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_open_or_locked_while_suspended_and_the_link_comes_back() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let home = world.path(&ada.alias);
    online(&ada).await;
    ada.threads().await;
    assert!(!open_files(&home).is_empty() && !locked_files(&home).is_empty(), "else this test sees nothing");

    let began = Instant::now();
    ada.client.will_suspend(GRANTED).await.unwrap();
    assert!(began.elapsed() < GRANTED, "{:?}", began.elapsed());
    is_at_rest(&home);
    assert_eq!(ada.here.state(), State::Suspended);
    // The site was told, and holds nothing for alive.
    assert_eq!(world.site.handle().with(|site, _, _| site.nodes_online()), 0);

    bob.writes(&ada, "Meanwhile", &[]).await;
    bob.looks().await;
    let cursor = ada.client.event_cursor();
    ada.client.resumed().unwrap();
    ada.sees(cursor, |event| matches!(event, Event::MessageArrived { .. })).await;
    assert_eq!(ada.threads().await, ["Meanwhile"]);
    world.is_content();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_calls_are_told_and_change_nothing() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let home = world.path(&ada.alias);
    let before = ada.here.send(letter("before", &[&bob.alias], "Before")).await.unwrap();
    ada.client.will_suspend(GRANTED).await.unwrap();
    // Again is the same.
    ada.client.will_suspend(GRANTED).await.unwrap();
    let rest = files(&home);

    let mut late = letter("late", &[&bob.alias], "Late");
    late.attachments = vec![world.file("plan", &[7; 100_000])];
    let told = [
        ada.here.send(late.clone()).await.err(),
        ada.here.threads(false, page(1)).await.err(),
        ada.here.status().await.err(),
        ada.here.stay().await.err(),
        ada.here.wait_sent(before.send_id, LONG).await.err(),
        ada.here.save_draft(late).await.err(),
        ada.here.salvage().await.err(),
        ada.client.accounts().await.err(),
        ada.client.unread_total().await.err(),
        ada.client.ledger(Default::default()).await.err(),
        ada.client.remove(ada.here.name(), LONG).await.err(),
        ada.client.join(join(world.site.address(), "ada again")).await.err(),
    ];
    for (call, error) in told.into_iter().enumerate() {
        assert!(matches!(error, Some(Error::Suspended)), "call {call}: {error:?}");
    }
    let summary = ada.client.push(None, LONG).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NotKnown(NotKnown::Suspended));
    is_at_rest(&home);
    assert_eq!(files(&home), rest);

    ada.client.resumed().unwrap();
    assert_eq!(ada.looks().await.arrived_count, 0);
    assert_eq!(ada.settled(&before).await, OutgoingState::Sent);
    assert_eq!(ada.threads().await, ["Before"]);
    // The wake that came too early has its row.
    let rows = ada.client.ledger(Default::default()).await.unwrap().rows;
    assert!(rows.iter().any(|row| row.wake.outcome == "suspended"), "{rows:?}");
    assert_eq!(bob.looks().await.arrived_count, 1);
    world.is_content();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_upload_is_cut_at_a_record_and_goes_on_later() {
    let world = World::quick().await;
    let relay = Relay::start(world.site.local_addr(), 3).await.unwrap();
    let bob = world.member("bob babbage").await;
    let client = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada lovelace".into() };
    ada.pings(&bob).await;
    bob.pings(&ada).await;

    relay.handle().rate(Some(2_000_000));
    let cursor = ada.client.event_cursor();
    let file = world.file("film", &vec![42; 6_000_000]);
    let sent = ada.writes(&bob, "Film", &[&file]).await;
    ada.client.foreground().unwrap();
    ada.sees(cursor, |event| matches!(event, Event::Progress { .. })).await;
    ada.client.will_suspend(GRANTED).await.unwrap();
    is_at_rest(&world.path(&ada.alias));
    assert_eq!(relay.handle().counters().torn, 0);

    relay.handle().rate(None);
    ada.client.resumed().unwrap();
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
    bob.looks().await;
    assert_eq!(bob.threads().await, ["Film"]);
    world.is_content();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_send_that_is_overtaken_is_accepted_whole_or_leaves_nothing() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let home = world.path(&ada.alias);
    let film = world.file("film", &vec![42; 60_000_000]);
    let folder = home.join("accounts/127.0.0.1/files");
    let (mut accepted, mut known) = (0, Vec::new());
    // So many bytes are copied when it is overtaken.
    for (turn, copied) in [0, 1, 20_000_000, 45_000_000, 60_000_000, u64::MAX].into_iter().enumerate() {
        let mut message = letter(&format!("film {turn}"), &[], &format!("Film {turn}"));
        message.attachments = vec![film.clone()];
        let here = ada.here.clone();
        let sending = tokio::spawn(async move { here.send(message).await });
        let size = |file: &std::path::PathBuf| std::fs::metadata(file).map_or(0, |about| about.len());
        let largest = |before: &[std::path::PathBuf]| {
            files(&folder).iter().filter(|file| !before.contains(file)).map(size).max().unwrap_or(0)
        };
        while !sending.is_finished() && largest(&known) < copied {
            tokio::task::yield_now().await;
        }
        let began = Instant::now();
        ada.client.will_suspend(GRANTED).await.unwrap();
        assert!(began.elapsed() < GRANTED, "{:?}", began.elapsed());
        is_at_rest(&home);
        match sending.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(error) => assert!(matches!(error, Error::Suspended), "{error:?}"),
        }
        ada.client.resumed().unwrap();
        assert_eq!(ada.here.outbox(page(100)).await.unwrap().items.len(), accepted);
        known = files(&folder);
        assert_eq!(known.len(), accepted, "{known:?}");
    }
    assert!((1..6).contains(&accepted), "{accepted}: overtaken always, or never");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_that_is_just_coming_in_is_there_once_after_a_suspension_in_the_middle() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let home = world.path(&bob.alias);
    let film = world.file("film", &vec![42; 3_000_000]);
    for number in 0..30 {
        let files: Vec<&std::path::Path> = if number == 15 { vec![&film] } else { vec![] };
        ada.writes(&bob, &format!("No {number}"), &files).await;
    }
    ada.looks().await;
    let mut rounds = 0;
    loop {
        let cursor = bob.client.event_cursor();
        bob.client.foreground().unwrap();
        bob.client.resumed().unwrap();
        bob.sees(cursor, |event| matches!(event, Event::MessageArrived { .. } | Event::Receiving { .. }))
            .await;
        bob.client.will_suspend(GRANTED).await.unwrap();
        is_at_rest(&home);
        rounds += 1;
        bob.client.resumed().unwrap();
        if bob.threads().await.len() == 30 {
            break;
        }
    }
    let mut subjects = bob.threads().await;
    subjects.sort();
    subjects.dedup();
    assert_eq!(subjects.len(), 30);
    assert!(rounds > 1, "it was never cut in the middle");
    world.is_content();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_that_is_under_way_ends_with_the_suspension() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let note = ada.here.send(letter("note", &[], "Note")).await.unwrap();
    let here = ada.here.clone();
    let waiting = tokio::spawn(async move { here.wait_sent(note.send_id, LONG).await });
    tokio::task::yield_now().await;
    ada.client.will_suspend(GRANTED).await.unwrap();
    let ended = tokio::time::timeout(GRANTED, waiting).await.expect("it ends").unwrap();
    assert!(matches!(ended, Err(Error::Suspended)), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_on_a_path_that_takes_bytes_does_not_hold_up_a_suspension() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 3).await.unwrap();
    let bob = world.member("bob babbage").await;
    let client = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada lovelace".into() };
    ada.pings(&bob).await;
    bob.pings(&ada).await;

    // The path holds many seconds of it.
    relay.handle().rate(Some(500_000));
    let cursor = ada.client.event_cursor();
    let file = world.file("film", &vec![42; 60_000_000]);
    ada.writes(&bob, "Film", &[&file]).await;
    ada.client.foreground().unwrap();
    ada.sees(cursor, |event| matches!(event, Event::Progress { sent, .. } if *sent > 3_000_000)).await;
    let began = Instant::now();
    ada.client.will_suspend(GRANTED).await.unwrap();
    // Whoever waits for the site's end behind what the path holds waits for two seconds.
    assert!(began.elapsed() < Duration::from_millis(1900), "{:?}", began.elapsed());
    is_at_rest(&world.path("ada lovelace"));
    assert_eq!(relay.handle().counters().torn, 0);
    world.is_content();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mute_site_does_not_hold_up_a_suspension() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada".into() };
    online(&ada).await;
    relay.handle().black_hole();
    let began = Instant::now();
    ada.client.will_suspend(Duration::from_secs(2)).await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(2300), "{:?}", began.elapsed());
    is_at_rest(&world.path("ada"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contradictions_at_any_rate_converge_to_the_last_word() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let home = world.path(&ada.alias);
    for round in 0..8_u64 {
        for _ in 0..20 {
            ada.client.foreground().unwrap();
            ada.client.background(Duration::from_millis(round * 7)).unwrap();
            let early = ada.client.clone();
            tokio::spawn(async move { early.will_suspend(GRANTED).await });
            ada.client.resumed().unwrap();
            ada.client.memory_pressure().unwrap();
            ada.client.unlocked().unwrap();
            ada.client.power(round % 2 == 0).unwrap();
        }
        // One of those may be told of a suspension that was overtaken.
        while ada.client.will_suspend(GRANTED).await.is_err() {}
        is_at_rest(&home);
    }
    ada.client.background(Duration::ZERO).unwrap();
    ada.client.resumed().unwrap();
    ada.client.foreground().unwrap();
    let mut states = ada.here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
    bob.writes(&ada, "Still here", &[]).await;
    let cursor = ada.client.event_cursor();
    bob.looks().await;
    ada.sees(cursor, |event| matches!(event, Event::MessageArrived { .. })).await;
    world.is_content();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_leaves_a_durable_state_within_two_seconds_at_any_time() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let here =
        client.join(join(&format!("={}", relay.address()).parse().unwrap(), "ada lovelace")).await.unwrap();
    let ada = Person { client, here, alias: "ada".into() };
    online(&ada).await;
    // In the middle of an upload into silence.
    let cursor = ada.client.event_cursor();
    relay.handle().rate(Some(500_000));
    let film = world.file("film", &vec![42; 4_000_000]);
    let mut message = letter("film", &[], "Film");
    message.attachments = vec![film];
    let sent = ada.here.send(message).await.unwrap();
    ada.sees(cursor, |event| matches!(event, Event::Progress { .. })).await;
    relay.handle().black_hole();
    let began = Instant::now();
    // Cut short or not: what counts is that it is over, and what is found afterwards.
    let _ = ada.client.stop(Duration::from_secs(2)).await;
    assert!(began.elapsed() < Duration::from_millis(2300), "{:?}", began.elapsed());
    assert!(matches!(ada.client.foreground(), Err(Error::Closed)));
    assert!(matches!(ada.client.resumed(), Err(Error::Closed)));
    let request = WakeRequest { accounts: None, budget: LONG };
    assert!(matches!(ada.client.wake(request).await, Err(Error::Closed)));

    let again = Client::open(Config::new(world.path("ada"))).await.unwrap();
    let here = again.account(ada.here.name()).await.unwrap();
    assert!(here.outgoing(sent.send_id).await.is_ok());
}

/// Tells the same test in another process which home to write to.
const HOME: &str = "TMTP_CLIENT_TEST_HOME";

/// What that other process does: fails unless it may write.
async fn the_other_process(home: &str) {
    let client = Client::open(Config::new(home)).await.unwrap();
    let name = client.accounts().await.unwrap().remove(0).name;
    let here = client.account(&name).await.unwrap();
    here.save_draft(letter("from outside", &[], "From outside")).await.unwrap();
    client.stop(LONG).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_may_write_while_this_one_is_suspended_and_only_then() {
    if let Ok(home) = std::env::var(HOME) {
        return the_other_process(&home).await;
    }
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let home = world.path(&ada.alias);
    online(&ada).await;
    let writes = || {
        let name = "suspending::another_process_may_write_while_this_one_is_suspended_and_only_then";
        let mut process = std::process::Command::new(std::env::current_exe().unwrap());
        let output = process.args([name, "--exact"]).env(HOME, &home).output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(told.contains("running 1 test"), "{told}");
        output.status.success()
    };
    assert!(!writes(), "this process is the writer");
    ada.client.will_suspend(GRANTED).await.unwrap();
    assert!(writes());
    is_at_rest(&home);
    let cursor = ada.client.event_cursor();
    ada.client.resumed().unwrap();
    ada.sees(cursor, |event| *event == Event::StateChanged(State::Online)).await;
    let drafts = ada.here.drafts(page(10)).await.unwrap().items;
    assert_eq!(drafts.first().unwrap().id, "from outside");
    assert!(!writes(), "it is the writer again");
}
