//! Suspension, networks that change, events that nobody reads.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not seen as tests")]

use tmtp_ffi::TmtpError;
use tmtp_ffi::events::Change;
use tmtp_ffi::options::Page;
use tmtp_kit::files::files_used;
use tmtp_kit::relay::Way;
use tmtp_kit::site::SiteCount;

use crate::stage::{App, Events, PATIENCE, Stage, other_network, to_one};

/// Suspends, and looks whether nothing of the app is open or locked.
async fn suspend(stage: &Stage, app: &App) {
    app.client.will_suspend(5_000).await.unwrap();
    assert_eq!(files_used(&stage.home(), None).unwrap(), []);
    let late = app.account.threads(false, Page { limit: 10, after: None }).await;
    assert_eq!(late.err(), Some(TmtpError::Suspended));
}

#[tokio::test]
async fn suspend_in_the_middle_of_a_send() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.online(&stage).await;
    let folder = tempfile::tempdir().unwrap();
    let mut message = to_one("draft", &bert.uid(), "With a picture.");
    message.attachments = vec![stage.file(&folder, 20_000_000)];
    let before = stage.relay.counters().bytes_up;
    // So slow that it cannot come to its end before the app is suspended, and more than the path holds.
    stage.relay.rate(Some(500_000)).unwrap();
    let send_id = app.send(message).await;
    stage.relay.await_bytes(before + 200_000, Way::Up, PATIENCE).await.unwrap();

    suspend(&stage, &app).await;
    assert_eq!(stage.record().posts, []);
    assert_eq!(stage.stored().await.outbox[0].state, "queued");
    stage.relay.rate(None).unwrap();
    app.client.resumed().unwrap();
    app.client.foreground().unwrap();
    app.sent(&send_id).await;
    assert_eq!(bert.await_messages(1, PATIENCE).await.unwrap()[0].attached_bytes, 20_000_000);
    app.stop().await;
    assert_eq!(stage.record().posts.len(), 1);
}

#[tokio::test]
async fn suspend_in_the_middle_of_a_drain() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let uid = app.uid().await.0;
    let wanted: Vec<String> = (0..40).map(|number| format!("message {number}")).collect();
    for text in &wanted {
        bert.send(vec![uid.clone()], "News".to_owned(), text.clone(), vec![]).await.unwrap();
    }
    bert.online().await.unwrap();
    stage.site.await_count(SiteCount::Posts, 40, PATIENCE).await.unwrap();
    bert.offline().await.unwrap();
    stage.relay.latency(20).unwrap();
    let confirmed = stage.site.count(SiteCount::Confirmations);
    app.client.foreground().unwrap();
    stage.site.await_count(SiteCount::Confirmations, confirmed + 10, PATIENCE).await.unwrap();

    suspend(&stage, &app).await;
    // What was confirmed is stored, and the rest waits at the site.
    let (stored, queued) = (stage.received().await.len(), stage.site.queued(&uid));
    assert!((10..40).contains(&stored), "{stored}");
    assert!(queued >= 40 - stored as i64, "{queued} wait, {stored} are here");
    app.client.resumed().unwrap();
    app.client.foreground().unwrap();
    stage.site.await_queued(uid, 0, PATIENCE).await.unwrap();
    app.stop().await;
    let mut received = stage.received().await;
    received.sort_by_key(|text| wanted.iter().position(|wanted| wanted == text));
    assert_eq!(received, wanted);
    stage.record();
}

#[tokio::test]
async fn network_change_with_a_silent_old_path() {
    let stage = Stage::set_with_a_quick_site().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.online(&stage).await;
    let logins = stage.site.count(SiteCount::Logins);
    let mut events = Events::from_now(&app.client);
    // The old way is dead and says nothing; the new one works.
    stage.relay.black_hole();
    stage.relay.heal();
    bert.send(vec![app.uid().await.0], "News".to_owned(), "The boat is back.".to_owned(), vec![])
        .await
        .unwrap();
    bert.wake(PATIENCE).await.unwrap();
    app.client.network(other_network()).unwrap();
    events.until(|change| matches!(change, Change::MessageArrived { .. })).await;
    assert!(stage.site.count(SiteCount::Logins) > logins);
    app.stop().await;
    assert_eq!(stage.received().await, ["The boat is back."]);
    stage.record();
}

#[tokio::test]
async fn event_overflow_and_resync() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let cursor = app.client.event_cursor().unwrap();
    // Nobody reads events while a draft is kept again and again, and then something comes.
    for number in 0..1_100 {
        let draft = to_one("draft", &bert.uid(), &format!("version {number}"));
        app.account.save_draft(draft, None).await.unwrap();
    }
    bert.send(vec![app.uid().await.0], "News".to_owned(), "The boat is back.".to_owned(), vec![])
        .await
        .unwrap();
    bert.wake(PATIENCE).await.unwrap();
    app.client.push(None, PATIENCE, None).await.unwrap();

    let batch = app.client.next_events(cursor, 256, 0, None).await.unwrap();
    assert!(batch.missed > 0 && !batch.new_epoch, "{} missed", batch.missed);
    assert_eq!(batch.events[0].seq, cursor.seq + batch.missed + 1);
    // The lists say how it stands, and events go on from there.
    let from = app.client.event_cursor().unwrap();
    let threads = app.account.threads(false, Page { limit: 100, after: None }).await.unwrap();
    assert_eq!((threads.items.len(), threads.items[0].unread), (1, 1));
    let drafts = app.account.drafts(Page { limit: 100, after: None }).await.unwrap();
    assert_eq!(drafts.items[0].text, "version 1099");
    app.account.mark_thread_read(threads.items[0].thread.clone()).await.unwrap();
    let batch = app.client.next_events(from, 256, PATIENCE, None).await.unwrap();
    assert_eq!(batch.missed, 0);
    assert_eq!(batch.events[0].change, Change::ThreadChanged { thread: threads.items[0].thread.clone() });
    app.stop().await;
    assert_eq!(stage.received().await, ["The boat is back."]);
    stage.record();
}
