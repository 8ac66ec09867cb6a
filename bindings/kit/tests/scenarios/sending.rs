//! What becomes of something that is sent, whatever happens to the link, the process or the call meanwhile.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use tmtp_ffi::state::OutgoingState;
use tmtp_ffi::{Cancel, TmtpError};
use tmtp_kit::relay::Way;
use tmtp_kit::site::SiteCount;

use crate::stage::{Events, PATIENCE, Stage, other_network, to_one};

#[tokio::test]
async fn first_join_and_first_message() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.client.foreground().unwrap();
    let send_id = app.send(to_one("draft", &bert.uid(), "Shall we go out on Sunday?")).await;
    app.sent(&send_id).await;
    let messages = bert.await_messages(1, PATIENCE).await.unwrap();
    assert_eq!(messages[0].text, "Shall we go out on Sunday?");
    assert_eq!(messages[0].from_uid, app.uid().await.0);

    app.stop().await;
    let record = stage.record();
    assert_eq!((record.registrations, record.posts.len()), (2, 1));
    let stored = stage.stored().await;
    assert_eq!((stored.aliases, stored.outbox), (vec!["ann at sea".to_owned()], vec![]));
    assert_eq!(stored.messages[0].state.as_deref(), Some("sent"));
}

#[tokio::test]
async fn offline_compose_then_network() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    stage.relay.refuse(true);
    app.client.foreground().unwrap();
    let send_id = app.send(to_one("draft", &bert.uid(), "Written in a tunnel.")).await;
    assert_eq!(stage.stored().await.outbox[0].state, "queued");
    assert_eq!(stage.record().posts, []);

    stage.relay.refuse(false);
    app.client.network(other_network()).unwrap();
    app.sent(&send_id).await;
    assert_eq!(bert.await_messages(1, PATIENCE).await.unwrap().len(), 1);
    app.stop().await;
    assert_eq!(stage.record().posts.len(), 1);
}

#[tokio::test]
async fn link_cut_during_send_resolved_as_sent() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.online(&stage).await;
    let mut events = Events::from_now(&app.client);
    // The site takes the message; its answer is the next that comes down, and does not come.
    stage.relay.cut_after(0, Way::Down).unwrap();
    let send_id = app.send(to_one("draft", &bert.uid(), "Did this arrive?")).await;
    events.until_outgoing(&send_id, &OutgoingState::InDoubt).await;
    events.until_outgoing(&send_id, &OutgoingState::Sent).await;
    assert_eq!(bert.await_messages(1, PATIENCE).await.unwrap().len(), 1);

    app.stop().await;
    let record = stage.record();
    assert_eq!((record.posts.len(), record.accepted_again), (1, 0));
    assert_eq!(stage.relay.counters().cuts, 1);
    let stored = stage.stored().await;
    assert_eq!((stored.messages.len(), stored.outbox), (1, vec![]));
    assert_eq!(stored.messages[0].state.as_deref(), Some("sent"));
}

#[tokio::test]
async fn link_cut_during_send_resolved_as_not_sent() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.online(&stage).await;
    let mut events = Events::from_now(&app.client);
    // The app hands the whole message out, and nothing of it comes to the site.
    stage.relay.cut_after(0, Way::Up).unwrap();
    let send_id = app.send(to_one("draft", &bert.uid(), "Did this arrive?")).await;
    events.until_outgoing(&send_id, &OutgoingState::InDoubt).await;
    assert_eq!(stage.record().posts, []);
    events.until_outgoing(&send_id, &OutgoingState::Queued).await;
    events.until_outgoing(&send_id, &OutgoingState::Sent).await;
    assert_eq!(bert.await_messages(1, PATIENCE).await.unwrap().len(), 1);

    app.stop().await;
    let record = stage.record();
    assert_eq!((record.posts.len(), record.accepted_again), (1, 0));
    assert_eq!(stage.stored().await.messages.len(), 1);
}

#[tokio::test]
async fn kill_during_an_upload_of_20_mb() {
    const SIZE: i64 = 20_000_000;
    let stage = Stage::set_for_two_processes().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    app.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let file = stage.file(&folder, SIZE as usize);
    let before = stage.relay.counters().bytes_up;
    stage.relay.rate(Some(5_000_000)).unwrap();

    let mut child = Command::new(env!("CARGO_BIN_EXE_tmtp-kit-app"))
        .args([&stage.home(), &bert.uid(), &file])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut send_id = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut send_id).unwrap();
    stage.relay.await_bytes(before + 3_000_000, Way::Up, PATIENCE).await.unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(stage.record().posts, []);
    let stored = stage.stored().await;
    assert_eq!(stored.outbox[0].send_id, send_id.trim());
    assert!(["queued", "sending"].contains(&stored.outbox[0].state.as_str()));

    // Started again, the app asks for the same: it is the same message, and goes once.
    stage.relay.rate(None).unwrap();
    let app = stage.app_again().await;
    let mut message = to_one("picture", &bert.uid(), "With a picture.");
    message.attachments = vec![file];
    assert_eq!(app.send(message).await.0, send_id.trim());
    app.client.foreground().unwrap();
    app.sent(&send_id.trim().into()).await;
    assert_eq!(bert.await_messages(1, PATIENCE).await.unwrap()[0].attached_bytes, SIZE);
    app.stop().await;
    let record = stage.record();
    assert_eq!((record.posts.len(), record.accepted_again), (1, 0));
    assert_eq!(stage.stored().await.messages.len(), 1);
}

#[tokio::test]
async fn same_send_called_twice_around_a_cancelled_call() {
    let stage = Stage::set().await;
    let bert = stage.bert().await;
    let app = stage.app().await;
    let folder = tempfile::tempdir().unwrap();
    let mut message = to_one("draft", &bert.uid(), "With a picture.");
    message.attachments = vec![stage.file(&folder, 8_000_000)];

    let cancel = Cancel::new();
    let (account, first, giving_up) = (app.account.clone(), message.clone(), cancel.clone());
    let call = tokio::spawn(async move { account.send(first, Some(giving_up)).await });
    tokio::task::yield_now().await;
    cancel.cancel();
    // Given up in time, or too late: what it has done is the same message.
    let given_up = call.await.unwrap();
    assert!(given_up.is_ok() || given_up == Err(TmtpError::Cancelled));

    let second = app.account.send(message.clone(), None).await.unwrap();
    app.client.foreground().unwrap();
    let third = app.account.send(message, None).await.unwrap();
    // It may be sent by now, and have its id of the site.
    assert_eq!(second.send_id, third.send_id);
    app.sent(&second.send_id).await;
    let arrived = bert.await_messages(1, PATIENCE).await.unwrap();
    assert_eq!(arrived[0].attached_bytes, 8_000_000);

    app.stop().await;
    assert_eq!(stage.record().posts.len(), 1);
    assert_eq!(stage.site.count(SiteCount::Posts), 1);
    assert_eq!(stage.stored().await.messages.len(), 1);
}
