//! Wake-ups: a push has come, the platform gives a budget, and the app wants to know what to show.

use tmtp_ffi::wake::{NotKnownWhy, WakeOutcome};
use tmtp_kit::KitKeyAnswer;
use tmtp_kit::site::SiteCount;

use crate::stage::{Events, PATIENCE, SILENCE, Stage, is_state};
use tmtp_ffi::state::AccountState;

/// What a platform gives.
const BUDGET: i64 = 20_000;

#[tokio::test]
async fn wake_with_something() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    bert.send(vec![app.uid().await.0], "News".to_owned(), "The boat is back.".to_owned(), vec![])
        .await
        .unwrap();
    bert.wake(PATIENCE).await.unwrap();

    let summary = app.client.push(None, BUDGET, None).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::New);
    assert_eq!((summary.accounts.len(), summary.accounts[0].arrived_count), (1, 1));
    let arrived = summary.accounts[0].arrived[0].messages[0].clone();
    assert_eq!(app.account.message(arrived).await.unwrap().text, "The boat is back.");
    assert!(summary.took_ms < BUDGET);
    // It is stored, and the link is gone.
    assert_eq!(stage.received().await, ["The boat is back."]);
    stage.site.await_queued(app.uid().await.0, 0, PATIENCE).await.unwrap();
    stage.relay.await_running(0, PATIENCE).await.unwrap();
    app.stop().await;
    assert_eq!(stage.stored().await.wakes, ["new"]);
    stage.record();
}

#[tokio::test]
async fn wake_with_nothing() {
    let stage = Stage::set().await;
    let app = stage.app().await;
    let logins = stage.site.count(SiteCount::Logins);
    let summary = app.client.push(None, BUDGET, None).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NothingNew);
    assert_eq!(summary.accounts[0].arrived_count, 0);
    assert_eq!(stage.site.count(SiteCount::Logins), logins + 1);
    stage.relay.await_running(0, PATIENCE).await.unwrap();
    app.stop().await;
    assert_eq!(stage.stored().await.wakes, ["nothing_new"]);
    stage.record();
}

#[tokio::test]
async fn wake_with_a_dead_network() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let uid = app.uid().await.0;
    bert.send(vec![uid.clone()], "News".to_owned(), "The boat is back.".to_owned(), vec![]).await.unwrap();
    bert.wake(PATIENCE).await.unwrap();

    // It is known at once that there is no way, or not even that.
    stage.relay.refuse(true);
    let summary = app.client.push(None, 3_000, None).await.unwrap();
    assert!(matches!(summary.outcome, WakeOutcome::NotKnown { .. }), "{:?}", summary.outcome);
    assert!(summary.took_ms < 3_000);
    stage.relay.refuse(false);
    stage.relay.black_hole();
    let summary = app.client.push(None, 3_000, None).await.unwrap();
    assert!(matches!(summary.outcome, WakeOutcome::NotKnown { .. }), "{:?}", summary.outcome);
    assert!(summary.took_ms < 3_000);
    assert_eq!(stage.site.queued(&uid), 1);
    assert_eq!(stage.received().await, Vec::<String>::new());

    stage.relay.heal();
    let summary = app.client.push(None, BUDGET, None).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::New);
    app.stop().await;
    assert_eq!(stage.received().await, ["The boat is back."]);
    stage.record();
}

#[tokio::test]
async fn wake_with_node_busy() {
    let stage = Stage::set_with_a_quick_site().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.online(&stage).await;
    // The link vanishes, and the process with it: the site holds both for alive.
    stage.relay.black_hole();
    let stopped = app.client.stop(500).await;
    assert!(stopped.is_ok() || stopped == Err(tmtp_ffi::TmtpError::TimedOut));
    stage.relay.heal();
    let app = stage.app_again().await;
    bert.send(vec![app.uid().await.0], "News".to_owned(), "The boat is back.".to_owned(), vec![])
        .await
        .unwrap();
    bert.wake(PATIENCE).await.unwrap();

    let summary = app.client.push(None, 1_500, None).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NotKnown { why: NotKnownWhy::NodeBusy });
    assert!(stage.site.count(SiteCount::NodesBusy) >= 1);
    assert_eq!(stage.received().await, Vec::<String>::new());
    // Once the site has noticed, what waits comes.
    let summary = app.client.push(None, SILENCE + BUDGET, None).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::New);
    app.stop().await;
    assert_eq!(stage.received().await, ["The boat is back."]);
    stage.record();
}

#[tokio::test]
async fn wake_before_first_unlock() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let uid = app.uid().await.0;
    app.stop().await;
    bert.send(vec![uid.clone()], "News".to_owned(), "The boat is back.".to_owned(), vec![]).await.unwrap();
    bert.wake(PATIENCE).await.unwrap();

    stage.keys.answer(KitKeyAnswer::NotNow);
    let app = stage.app_again().await;
    let logins = stage.site.count(SiteCount::Logins);
    let summary = app.client.push(None, BUDGET, None).await.unwrap();
    assert_eq!(summary.outcome, WakeOutcome::NotKnown { why: NotKnownWhy::Locked });
    assert_eq!((stage.site.count(SiteCount::Logins), stage.site.queued(&uid)), (logins, 1));

    let mut events = Events::from_now(&app.client);
    stage.keys.answer(KitKeyAnswer::Honest);
    app.client.foreground().unwrap();
    app.client.unlocked().unwrap();
    events.until(|change| is_state(change, &AccountState::Online)).await;
    stage.site.await_queued(uid, 0, PATIENCE).await.unwrap();
    app.stop().await;
    assert_eq!(stage.received().await, ["The boat is back."]);
    stage.record();
}
