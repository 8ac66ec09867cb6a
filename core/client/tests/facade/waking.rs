//! Looking once: it always ends, and says what is known.

use std::time::{Duration, Instant};

use tmtp_client::{State, WaitWhy, WakeEnd};
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
