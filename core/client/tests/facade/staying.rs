//! Holding a link: what comes is told, what is sent leaves at once, and whatever breaks is mended.

use std::net::SocketAddr;
use std::time::Duration;

use tmtp_client::limits::EVENTS_KEPT;
use tmtp_client::{Client, Config, Event, EventCursor, OutgoingState, Settings, State, WakeEnd};
use tmtp_relay::Relay;

use crate::world::{LONG, Person, World, join, page};

#[tokio::test]
async fn a_held_link_brings_mail_and_takes_it_away() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let (ada_stays, bob_stays) = (ada.here.stay().await.unwrap(), bob.here.stay().await.unwrap());
    let cursor = bob.client.event_cursor();
    let sent = ada.writes(&bob, "At once", &[]).await;
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
    let arrived = bob.sees(cursor, |event| matches!(event, Event::MessageArrived { .. })).await;
    let Event::MessageArrived { message, unread, .. } = arrived else { unreachable!() };
    assert!(unread);
    assert_eq!(bob.here.message(message).await.unwrap().subject, "At once");
    ada_stays.stop(LONG).await.unwrap();
    bob_stays.stop(LONG).await.unwrap();
    assert_eq!((ada.here.state(), bob.here.state()), (State::Off, State::Off));
    world.is_content();
}

#[tokio::test]
async fn the_link_is_held_until_the_last_guard_is_gone() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let (one, two) = (ada.here.stay().await.unwrap(), ada.here.stay().await.unwrap());
    let mut states = ada.here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
    one.stop(LONG).await.unwrap();
    assert_eq!(ada.here.state(), State::Online);
    // The first look may still see the login itself end.
    ada.here.wake(LONG).await.unwrap();
    assert_eq!(ada.here.wake(LONG).await.unwrap().end, WakeEnd::Live);
    two.stop(LONG).await.unwrap();
    assert_eq!(ada.here.state(), State::Off);
}

#[tokio::test]
async fn events_that_nobody_fetched_in_time_are_counted() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let cursor = ada.client.event_cursor();
    for turn in 0..EVENTS_KEPT / 2 + 50 {
        let note = crate::world::letter("the same draft", &[], &format!("Version {turn}"));
        ada.here.save_draft(note).await.unwrap();
        ada.here.delete_draft("the same draft".into()).await.unwrap();
    }
    let batch = ada.client.next_events(cursor, usize::MAX, LONG).await.unwrap();
    assert_eq!(batch.events.len(), EVENTS_KEPT);
    assert!(batch.missed >= 90, "{} missed", batch.missed);
    let rest = ada.client.next_events(batch.cursor, 10, Duration::ZERO).await.unwrap();
    assert_eq!((rest.events.len(), rest.missed), (0, 0));
    let elsewhere = EventCursor { epoch: cursor.epoch.wrapping_add(1), ..cursor };
    assert!(ada.client.next_events(elsewhere, 1, Duration::ZERO).await.unwrap().new_epoch);
}

/// A member whose way to the site goes through a relay, with short waits after failures.
async fn through(world: &World, relay: SocketAddr, alias: &str) -> Person {
    let settings = Settings {
        backoff_first: Duration::from_millis(20),
        backoff_max: Duration::from_millis(200),
        busy_bound: Duration::from_secs(3),
        dials_per_hour: 10_000,
        logins_per_hour: 10_000,
        ..Settings::default()
    };
    let config = Config { settings, ..Config::new(world.path(alias)) };
    let client = Client::open(config).await.unwrap();
    let here = client.join(join(&format!("={relay}").parse().unwrap(), alias)).await.unwrap();
    Person { client, here, alias: alias.to_owned() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mail_arrives_once_while_the_link_is_cut_again_and_again() {
    let world = World::quick().await;
    let relay = Relay::start(world.site.local_addr(), 5).await.unwrap();
    let ada = through(&world, relay.address(), "ada lovelace").await;
    let bob = world.member("bob babbage").await;
    ada.pings(&bob).await;
    bob.pings(&ada).await;
    let _ada_stays = ada.here.stay().await.unwrap();
    let _bob_stays = bob.here.stay().await.unwrap();
    let mut last = None;
    for number in 0..12 {
        let sent = ada.writes(&bob, &format!("No {number}"), &[]).await;
        if number % 3 == 1 {
            relay.handle().cut_now();
        }
        if number % 4 == 0 {
            ada.settled(&sent).await;
        }
        last = Some(sent);
    }
    ada.here.user_acts().await;
    assert_eq!(ada.settled(&last.unwrap()).await, OutgoingState::Sent);
    // Those before it are through, too, or will be: wait for each.
    for row in ada.here.outbox(page(100)).await.unwrap().items {
        assert_eq!(ada.here.wait_sent(row.send_id, LONG).await.unwrap(), OutgoingState::Sent);
    }
    let all_here = async {
        while bob.threads().await.len() < 12 {
            let cursor = bob.client.event_cursor();
            bob.client.next_events(cursor, 1, Duration::from_secs(1)).await.unwrap();
        }
    };
    tokio::time::timeout(LONG, all_here).await.unwrap();
    let mut subjects = bob.threads().await;
    subjects.sort();
    let before = subjects.len();
    subjects.dedup();
    assert_eq!((before, subjects.len()), (12, 12));
    assert!(relay.handle().counters().cuts > 0);
    assert_eq!(relay.handle().counters().torn, 0);
    world.is_content();
}
