//! Looking once: it always ends, and says what is known.

use std::time::{Duration, Instant};

use tmtp_client::{AccountName, Client, Config, LedgerPage, NotKnown, State, WaitWhy, WakeEnd, WakeOutcome};
use tmtp_relay::Relay;

use crate::world::{LONG, World, join, page};

#[tokio::test]
async fn a_wake_proves_that_nothing_is_there() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let report = ada.here.wake(LONG).await.unwrap();
    assert_eq!((report.end, report.arrived_count), (WakeEnd::NothingNew, 0));
    assert_eq!(ada.here.state(), State::Off);
    let wakes = ada.here.wakes(page(10)).await.unwrap();
    assert!(!wakes.items.is_empty());
    world.is_content();
}

#[tokio::test]
async fn a_wake_names_what_has_come() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.writes(&bob, "One", &[]).await;
    ada.writes(&bob, "Two", &[]).await;
    ada.looks().await;
    let report = bob.here.wake(LONG).await.unwrap();
    assert_eq!((&report.end, report.arrived_count), (&WakeEnd::New, 2));
    for (_, message) in &report.arrived {
        assert!(["One", "Two"].contains(&bob.here.message(*message).await.unwrap().subject.as_str()));
    }
    assert!(report.stages.iter().any(|(stage, _)| *stage == "logged_in"), "{:?}", report.stages);
}

#[tokio::test]
async fn wakes_beside_each_other_share_one_look() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let ada = world.newcomer("ada").await;
    let address = format!("={}", relay.address()).parse().unwrap();
    let here = ada.join(join(&address, "ada lovelace")).await.unwrap();
    let before = world.site.handle().record().logins;
    // The first cannot log in before the others have asked: calls are taken in their order.
    relay.handle().stall();
    let all_have_asked = async {
        here.user_acts().await;
        relay.handle().heal();
    };
    let (one, two, three, ()) =
        tokio::join!(here.wake(LONG), here.wake(LONG), here.wake(LONG), all_have_asked);
    for report in [one, two, three] {
        assert_eq!(report.unwrap().end, WakeEnd::NothingNew);
    }
    assert_eq!(world.site.handle().record().logins, before + 1);
}

#[tokio::test]
async fn a_wake_that_comes_behind_the_login_of_another_looks_itself() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.writes(&bob, "Found by the first", &[]).await;
    ada.looks().await;
    let before = world.site.handle().record().logins;
    let cursor = bob.client.event_cursor();
    let first = tokio::spawn({
        let here = bob.here.clone();
        async move { here.wake(LONG).await }
    });
    bob.sees(cursor, |event| matches!(event, tmtp_client::Event::MessageArrived { .. })).await;
    assert_eq!(bob.here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
    assert_eq!(first.await.unwrap().unwrap().end, WakeEnd::New);
    assert_eq!(world.site.handle().record().logins, before + 2);
}

#[tokio::test]
async fn a_wake_into_a_dead_network_ends_in_time_and_says_that_nothing_is_known() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let ada = world.newcomer("ada").await;
    let address = format!("={}", relay.address()).parse().unwrap();
    let here = ada.join(join(&address, "ada lovelace")).await.unwrap();
    relay.handle().refuse(true);
    let began = Instant::now();
    let report = here.wake(Duration::from_secs(2)).await.unwrap();
    assert!(matches!(report.end, WakeEnd::NotKnown(WaitWhy::Dial(_))), "{report:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // Silence instead of a refusal.
    relay.handle().refuse(false);
    relay.handle().stall();
    let began = Instant::now();
    let report = here.wake(Duration::from_secs(2)).await.unwrap();
    assert!(matches!(report.end, WakeEnd::NotKnown(_)), "{report:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_wake_goes_on_when_nobody_holds_the_link_any_more() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let link = ada.here.stay().await.unwrap();
    let (report, stopped) = tokio::join!(ada.here.wake(LONG), link.stop(LONG));
    assert!(!matches!(report.unwrap().end, WakeEnd::NotKnown(_)));
    stopped.unwrap();
    let mut states = ada.here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Off)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_wake_that_was_dropped_still_brings_its_mail() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.writes(&bob, "Arrives anyway", &[]).await;
    ada.looks().await;
    let cursor = bob.client.event_cursor();
    let waking = tokio::spawn({
        let here = bob.here.clone();
        async move { here.wake(LONG).await }
    });
    bob.sees(cursor, |event| matches!(event, tmtp_client::Event::StateChanged(State::Connecting))).await;
    waking.abort();
    bob.sees(cursor, |event| matches!(event, tmtp_client::Event::WakeEnded(_))).await;
    assert_eq!(bob.threads().await, ["Arrives anyway"]);
    world.is_content();
}

#[tokio::test]
async fn a_push_wakes_those_whom_it_names_and_everybody_when_it_names_nobody_here() {
    let world = World::new().await;
    let other = World::new().await;
    let (ada, bob) = world.friends().await;
    let second = bob.client.join(join(other.site.address(), "bob elsewhere")).await.unwrap();
    ada.writes(&bob, "For Bob", &[]).await;
    ada.looks().await;
    let uid = bob.here.status().await.unwrap().uid.unwrap();
    let logins = || (world.site.handle().record().logins, other.site.handle().record().logins);
    let before = logins();

    let payload = format!("{{\"site\":\"{}\",\"uid\":\"{uid}\"}}", &world.site.address().to_string()[1..]);
    let summary = bob.client.push(Some(payload.into_bytes()), LONG).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::New);
    assert_eq!(logins(), (before.0 + 1, before.1));
    let [wake] = summary.accounts.as_slice() else { panic!("{summary:?}") };
    assert_eq!((&wake.account, wake.arrived_count, wake.arrived.len()), (bob.here.name(), 1, 1));
    // What is named can be shown at once.
    let shown = bob.here.message(wake.arrived[0].messages[0]).await.unwrap();
    assert_eq!(shown.subject, "For Bob");
    let stages: Vec<&str> = wake.stages.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(
        stages,
        ["received", "opened", "dialed", "linked", "logged_in", "arrived", "drained", "ended"]
    );

    for payload in [None, Some(b"\xff{".to_vec()), Some(br#"{"site":"elsewhere:1"}"#.to_vec())] {
        let before = logins();
        let summary = bob.client.push(payload, LONG).await.unwrap();
        assert_eq!(summary.outcome, WakeOutcome::NothingNew, "{summary:?}");
        assert_eq!(logins(), (before.0 + 1, before.1 + 1));
    }
    let rows = bob.client.ledger(LedgerPage { limit: 3, after: None }).await.unwrap();
    assert_eq!(rows.rows.len(), 3);
    let rest = bob.client.ledger(LedgerPage { limit: 100, after: rows.next }).await.unwrap();
    assert!(rest.rows.iter().any(|row| row.wake.outcome == "new" && row.account == *bob.here.name()));
    assert!(rows.rows.iter().any(|row| row.account == *second.name()));
    let exported = bob.client.ledger_export().await.unwrap();
    assert_eq!(exported.lines().count(), 3 + rest.rows.len());
    assert!(!exported.contains("For Bob") && !exported.contains("ada"), "{exported}");
    world.is_content();
}

#[tokio::test]
async fn a_dead_network_is_told_before_the_budget_is_over_and_beside_what_another_account_has() {
    let (world, other) = (World::new().await, World::new().await);
    let relay = Relay::start(other.site.local_addr(), 1).await.unwrap();
    let (ada, bob) = world.friends().await;
    let address = format!("={}", relay.address()).parse().unwrap();
    let dead = bob.client.join(join(&address, "bob elsewhere")).await.unwrap();
    ada.writes(&bob, "For Bob", &[]).await;
    ada.looks().await;
    relay.handle().stall();
    let began = Instant::now();
    let budget = Duration::from_secs(4);
    let summary = bob.client.push(None, budget).await.unwrap();
    assert!(began.elapsed() < budget, "{:?}", began.elapsed());
    assert_eq!(summary.outcome, WakeOutcome::New);
    let of = |name: &AccountName| {
        summary.accounts.iter().find(|wake| wake.account == *name).unwrap().outcome.clone()
    };
    assert_eq!(of(bob.here.name()), WakeOutcome::New);
    assert!(matches!(of(dead.name()), WakeOutcome::NotKnown(_)), "{summary:?}");
}

#[tokio::test]
async fn a_wake_beside_a_held_link_finds_it_living_or_replaces_it() {
    let world = World::quick().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let address = format!("={}", relay.address()).parse().unwrap();
    let here = client.join(join(&address, "ada lovelace")).await.unwrap();
    client.foreground().unwrap();
    let mut states = here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
    // The first look may still see the login itself end.
    client.push(None, LONG).await.unwrap();
    assert_eq!(client.push(None, LONG).await.unwrap().outcome, WakeOutcome::Live);
    relay.handle().stall();
    let summary = client.push(None, Duration::from_secs(2)).await.unwrap();
    assert!(matches!(summary.outcome, WakeOutcome::NotKnown(_)), "{summary:?}");
}

#[tokio::test]
async fn a_busy_node_and_another_process_are_reasons_of_their_own() {
    let world = World::new().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let client = world.newcomer("ada").await;
    let address = format!("={}", relay.address()).parse().unwrap();
    let here = client.join(join(&address, "ada lovelace")).await.unwrap();
    client.foreground().unwrap();
    let mut states = here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
    // Another process of the same home.
    let beside = Client::open(Config::new(world.path("ada"))).await.unwrap();
    let summary = beside.push(None, LONG).await.unwrap();
    let by = Some(std::process::id());
    assert_eq!(summary.outcome, WakeOutcome::NotKnown(NotKnown::InUse { by }));
    // Its row is shown, though it could not be noted in a store that is somebody else's.
    let rows = beside.ledger(LedgerPage::default()).await.unwrap().rows;
    assert_eq!(rows.first().unwrap().wake.outcome, "in_use");

    // The site goes on to hold the link for alive that vanishes here.
    relay.handle().black_hole();
    client.will_suspend(Duration::from_millis(500)).await.unwrap();
    relay.handle().heal();
    client.resumed().unwrap();
    client.background(Duration::ZERO).unwrap();
    let summary = client.push(None, Duration::from_secs(4)).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NotKnown(NotKnown::NodeBusy), "{summary:?}");
}

#[tokio::test]
async fn a_push_that_was_dropped_still_brings_its_mail_and_its_row() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.writes(&bob, "Arrives anyway", &[]).await;
    ada.looks().await;
    let cursor = bob.client.event_cursor();
    let pushed = tokio::spawn({
        let client = bob.client.clone();
        async move { client.push(None, LONG).await }
    });
    bob.sees(cursor, |event| matches!(event, tmtp_client::Event::StateChanged(State::Connecting))).await;
    pushed.abort();
    bob.sees(cursor, |event| matches!(event, tmtp_client::Event::WakeEnded(_))).await;
    assert_eq!(bob.threads().await, ["Arrives anyway"]);
    let rows = bob.client.ledger(LedgerPage::default()).await.unwrap().rows;
    assert_eq!(rows.first().unwrap().wake.outcome, "new");
}
