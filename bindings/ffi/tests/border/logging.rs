//! The log: no content in it, one thread for the sink, and a sink that misbehaves harms nobody.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::ThreadId;
use std::time::Duration;

use tmtp_ffi::log::LogLevel;
use tmtp_ffi::options::NewMessage;
use tmtp_ffi::{LogRecord, LogSink, LogSinkError};
use tmtp_kit::KitWorld;

use crate::world::{LONG, Stage, With, break_it, note};

/// Passes on what it gets, and on which thread.
struct Kept(Sender<(ThreadId, LogRecord)>);

impl LogSink for Kept {
    fn log(&self, record: LogRecord) -> Result<(), LogSinkError> {
        self.0.send((std::thread::current().id(), record)).map_err(|_| LogSinkError::Failed)
    }
}

/// Throws at each record.
struct Thrower(Sender<()>);

impl LogSink for Thrower {
    fn log(&self, _: LogRecord) -> Result<(), LogSinkError> {
        self.0.send(()).unwrap();
        panic!("thrown on purpose")
    }
}

#[tokio::test]
async fn a_sink_sees_no_content_on_one_thread_and_may_throw() {
    let (stage, world) = (Stage::new().await, KitWorld::new());
    let (threw, thrown) = channel();
    // A defect is logged for certain.
    let with = With { log: Some(Arc::new(Thrower(threw))), world: Some(world.world()), keys: None };
    let thrower = stage.open_with("bob babbage", with).await;
    break_it(&thrower, &world);
    thrown.recv_timeout(Duration::from_secs(60)).unwrap();
    thrower.stop(LONG).await.unwrap();
    drop(thrower);

    let (send, received) = channel();
    let world = KitWorld::new();
    let with = With { log: Some(Arc::new(Kept(send))), world: Some(world.world()), keys: None };
    let client = stage.open_with("ada lovelace", with).await;
    let account = stage.join(&client, "ada lovelace").await.unwrap();
    let secret =
        NewMessage { subject: "7XK2 subject".into(), text: "7XK2 text".into(), ..note("7XK2 draft") };
    account.send(secret, None).await.unwrap();
    client.wake(None, LONG, None).await.unwrap();
    stage.site.restart();
    break_it(&client, &world);
    let mut threads = Vec::new();
    loop {
        let (thread, record) = received.recv_timeout(Duration::from_secs(60)).unwrap();
        threads.push(thread);
        let shown = format!("{record:?}");
        for word in ["7XK2", "ada", "lovelace", "127.0.0.1"] {
            assert!(!shown.contains(word), "{word} in {shown}");
        }
        if record.level == LogLevel::Error {
            assert!(!record.sentence.is_empty() && record.part.starts_with("tmtp_"), "{shown}");
            break;
        }
    }
    assert!(threads.iter().all(|thread| Some(thread) == threads.first()));
    client.stop(LONG).await.unwrap();
}
