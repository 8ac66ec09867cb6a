//! A site that breaks the protocol beside one that does not; a disk without room.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use tmtp_ffi::events::Change;
use tmtp_ffi::state::AccountState;
use tmtp_ffi::{Account, TmtpError};
use tmtp_kit::store::read_store;
use tmtp_kit::{HostileWay, KitHostile, start_hostile, start_site};

use crate::stage::{Events, PATIENCE, Stage, is_state, join, to_one};

/// The site behaves so from now on, and the account has a link to it: for a person acts, once, whether the account has
/// noticed the end of its old link or not.
async fn turn(hostile: &KitHostile, way: HostileWay, account: &Account) {
    let links = hostile.links();
    hostile.turn(way);
    account.user_acts().await.unwrap();
    hostile.await_links(links + 1, PATIENCE).await.unwrap();
}

#[tokio::test]
async fn two_accounts_one_site_hostile() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let other_site = start_site(Default::default()).await.unwrap();
    let hostile = start_hostile(other_site.address()).await.unwrap();
    let other = join(&app.client, &hostile.address(), "ann at sea", "reef").await;
    app.online(&stage).await;

    let ways = [
        HostileWay::Nonsense,
        HostileWay::BadHeader,
        HostileWay::HalfFrame,
        HostileWay::Endless,
        HostileWay::OtherVersion,
        HostileWay::Silent,
        HostileWay::HangsUp,
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let mut events = Events::from_now(&app.client);
        turn(&hostile, way, &other).await;
        // The other account does not notice.
        let text = format!("message {number}");
        let send_id = app.send(to_one(&text, &bert.uid(), &text)).await;
        app.sent(&send_id).await;
        let messages = bert.await_messages(number as i64 + 1, PATIENCE).await.unwrap();
        assert_eq!(messages.iter().filter(|message| !message.own).count(), number + 1);
        bert.send(vec![app.uid().await.0], "News".to_owned(), text.clone(), vec![]).await.unwrap();
        bert.wake(PATIENCE).await.unwrap();
        events.until(|change| matches!(change, Change::MessageArrived { .. })).await;
    }
    // And this one goes on where it was, once its site is honest again.
    let mut events = Events::from_now(&app.client);
    turn(&hostile, HostileWay::Honest, &other).await;
    events.until(|change| is_state(change, &AccountState::Online)).await;

    app.stop().await;
    assert_eq!(stage.record().posts.len(), 2 * ways.len());
    let stores = read_store(stage.home()).await.unwrap();
    assert!(stores.iter().all(|store| store.intact));
    let messages: Vec<usize> = stores.iter().map(|store| store.messages.len()).collect();
    assert_eq!(messages, [2 * ways.len(), 0]);
}

#[tokio::test]
async fn disk_full_and_room_again() {
    let stage = Stage::set_with_a_small_disk().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let uid = app.uid().await.0;
    app.online(&stage).await;
    let mut events = Events::from_now(&app.client);

    stage.world.disk_full(true);
    bert.send(vec![uid.clone()], "News".to_owned(), "The boat is back.".to_owned(), vec![]).await.unwrap();
    bert.wake(PATIENCE).await.unwrap();
    let full =
        |change: &Change| matches!(change, Change::StateChanged { state: AccountState::StorageFull { .. } });
    events.until(full).await;
    // Nothing is confirmed that cannot be kept, and nothing is accepted that cannot be kept.
    assert_eq!(stage.site.queued(&uid), 1);
    let refused = app.account.send(to_one("draft", &bert.uid(), "Is there room?"), None).await;
    assert!(matches!(refused, Err(TmtpError::StorageFull { .. })));

    stage.world.disk_full(false);
    app.account.user_acts().await.unwrap();
    events.until(|change| matches!(change, Change::MessageArrived { .. })).await;
    let send_id = app.send(to_one("draft", &bert.uid(), "Is there room?")).await;
    app.sent(&send_id).await;
    stage.site.await_queued(uid, 0, PATIENCE).await.unwrap();
    assert_eq!(bert.await_messages(1, PATIENCE).await.unwrap()[0].text, "Is there room?");
    app.stop().await;
    assert_eq!(stage.received().await, ["The boat is back."]);
    assert_eq!(stage.record().posts.len(), 2);
}
