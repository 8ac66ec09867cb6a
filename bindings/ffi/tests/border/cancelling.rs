//! Giving up: by a handle before and during a call, by going away, and by letting objects go.

use std::time::Duration;

use tmtp_ffi::events::EventCursor;
use tmtp_ffi::options::NewMessage;
use tmtp_ffi::{Cancel, TmtpError};
use tmtp_kit::site::SiteCount;

use crate::world::{LONG, Stage, first, join, note};

#[tokio::test]
async fn a_call_with_a_handle_that_was_cancelled_before_does_nothing() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    let cancel = Cancel::new();
    cancel.cancel();
    let sent = account.send(note("1"), Some(cancel.clone())).await;
    assert_eq!(sent.err(), Some(TmtpError::Cancelled));
    assert_eq!(client.wake(None, LONG, Some(cancel.clone())).await.err(), Some(TmtpError::Cancelled));
    let events = client.next_events(EventCursor { epoch: 0, seq: 0 }, 1, LONG, Some(cancel)).await;
    assert_eq!(events.err(), Some(TmtpError::Cancelled));
    assert_eq!(account.outbox(first(1)).await.unwrap().items.len(), 0);
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn one_handle_ends_all_calls_that_it_was_given_to() {
    let stage = Stage::new().await;
    let relay = tmtp_kit::start_relay(stage.site.address()).await.unwrap();
    let client = stage.open("ada lovelace").await;
    relay.stall();
    let cancel = Cancel::new();
    let after = client.event_cursor().unwrap();
    let calls = async {
        tokio::join!(
            client.join(join(&relay.address(), "ada lovelace"), Some(cancel.clone())),
            client.next_events(after, 1, LONG, Some(cancel.clone())),
        )
    };
    let cancelling = async {
        // The join is on its way when its link has come to the relay.
        relay.await_running(1, LONG).await.unwrap();
        cancel.cancel();
    };
    let ((joined, events), ()) = tokio::join!(calls, cancelling);
    assert_eq!(joined.err(), Some(TmtpError::Cancelled));
    // An event may have come before: then that is the answer.
    assert!(matches!(events, Err(TmtpError::Cancelled) | Ok(_)));
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn a_send_that_was_given_up_is_found_by_its_draft() {
    let stage = Stage::new().await;
    let (client, account) = stage.member("ada lovelace").await;
    let file = stage.path("large");
    std::fs::write(&file, vec![7; 3_000_000]).unwrap();
    let message = NewMessage { attachments: vec![file], ..note("1") };
    for wait in [0, 1, 5, 20, 100] {
        // Whenever it is given up, it has happened or not.
        let given_up = tokio::time::timeout(Duration::from_millis(wait), account.send(message.clone(), None));
        drop(given_up.await);
    }
    let sent = account.send(message.clone(), None).await.unwrap();
    let again = account.send(message, None).await.unwrap();
    assert_eq!(sent.send_id, again.send_id);
    assert_eq!(account.outbox(first(10)).await.unwrap().items.len(), 1);
    client.wake(None, LONG, None).await.unwrap();
    assert_eq!(stage.site.count(SiteCount::Posts), 1);
    client.stop(LONG).await.unwrap();
}

#[tokio::test]
async fn a_client_that_is_let_go_quits_by_itself_and_can_be_opened_again() {
    let stage = Stage::new().await;
    for round in 0..3 {
        let client = stage.open("ada lovelace").await;
        let account = match round {
            0 => stage.join(&client, "ada lovelace").await.unwrap(),
            _ => client.account("here".into()).await.unwrap(),
        };
        let link = account.stay().await.unwrap();
        stage.site.await_count(SiteCount::Logins, round + 1, LONG).await.unwrap();
        drop((client, account, link));
        // It quits in order, so that the node is free again, long before the site would have given it up.
        let below = stage.path("ada lovelace");
        let free = tokio::time::timeout(Duration::from_secs(20), async {
            while !tmtp_kit::files::files_used(&below, None).unwrap().is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        free.await.unwrap();
    }
    assert_eq!(stage.site.count(SiteCount::NodesBusy), 0);
}

#[tokio::test]
async fn a_stop_wakes_whoever_waits_for_events() {
    let stage = Stage::new().await;
    let client = stage.open("ada lovelace").await;
    let after = client.event_cursor().unwrap();
    let (waited, stopped) = tokio::join!(client.next_events(after, 1, LONG, None), client.stop(LONG));
    stopped.unwrap();
    assert_eq!(waited.err(), Some(TmtpError::Closed));
}
