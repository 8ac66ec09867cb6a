//! Files, small and large, from disk to disk.

use tmtp_client::{Client, Config, Error, OutgoingState, Settings, TooLargeAnswer, WaitWhy, WakeEnd, Word};

use crate::world::{Person, World};

/// Bytes that no compression or accident makes: each depends on its place.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_megabytes_arrive_as_they_were_in_both_directions() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let content = bytes(5_000_000);
    let large = world.file("large.bin", &content);
    let small = world.file("small.txt", b"small");

    let sent = ada.writes(&bob, "Files", &[&large, &small]).await;
    // What was accepted does not depend on the files any more.
    std::fs::write(&large, b"changed").unwrap();
    ada.looks().await;
    assert_eq!(ada.settled(&sent).await, OutgoingState::Sent);
    bob.looks().await;

    let message = bob.newest_message().await;
    let row = bob.here.message(message).await.unwrap();
    let sizes: Vec<(String, u64, bool)> =
        row.attachments.iter().map(|file| (file.name.clone(), file.size, file.damaged)).collect();
    assert_eq!(sizes, [("large.bin".to_owned(), 5_000_000, false), ("small.txt".to_owned(), 5, false)]);
    let saved = world.path("saved.bin");
    assert_eq!(bob.here.save_attachment(message, "large.bin", &saved, false).await.unwrap(), 5_000_000);
    assert!(std::fs::read(&saved).unwrap() == content, "other bytes");

    // And back, from the file that was saved.
    let thread = bob.newest().await;
    let mut back = crate::world::letter("back", &[&ada.alias], "Back");
    back.to = tmtp_client::To::Reply(thread);
    back.attachments = vec![saved];
    bob.here.send(back).await.unwrap();
    bob.looks().await;
    ada.looks().await;
    let list = ada.here.thread(thread, crate::world::page(9)).await.unwrap();
    let reply = list.items.last().unwrap().msgid;
    let returned = world.path("returned.bin");
    ada.here.save_attachment(reply, "saved.bin", &returned, false).await.unwrap();
    assert!(std::fs::read(&returned).unwrap() == content, "other bytes");
    world.is_content();
}

#[tokio::test]
async fn a_file_that_exists_is_replaced_only_when_that_is_wanted() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let file = world.file("a.txt", b"new");
    ada.writes(&bob, "File", &[&file]).await;
    ada.looks().await;
    bob.looks().await;
    let message = bob.newest_message().await;
    let there = world.file("there.txt", b"old");
    let refused = bob.here.save_attachment(message, "a.txt", &there, false).await;
    assert!(matches!(refused, Err(Error::File { kind: std::io::ErrorKind::AlreadyExists })), "{refused:?}");
    assert_eq!(std::fs::read(&there).unwrap(), b"old");
    bob.here.save_attachment(message, "a.txt", &there, true).await.unwrap();
    assert_eq!(std::fs::read(&there).unwrap(), b"new");
    let missing = bob.here.save_attachment(message, "b.txt", &world.path("b.txt"), false).await;
    assert!(matches!(missing, Err(Error::NotFound)), "{missing:?}");
}

#[tokio::test]
async fn files_of_a_refused_message_do_not_stay() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let file = world.file("a.txt", b"bytes");
    let mut message = crate::world::letter("x", &["nobody at all"], "x");
    message.attachments = vec![file];
    assert!(matches!(ada.here.send(message).await, Err(Error::UnknownRecipient { .. })));
    // Removals run beside; closing waits for nothing else than the account, so look until they are through.
    let files = world.path("ada lovelace/accounts/127.0.0.1/files");
    while std::fs::read_dir(&files).unwrap().count() > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_above_the_limit_waits_for_a_word() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let settings = Settings { delivery_max: 200_000, ..Settings::default() };
    let config = Config { settings, ..Config::new(world.path("bob babbage")) };
    let client = Client::open(config).await.unwrap();
    let here = client.join(crate::world::join(world.site.address(), "bob babbage")).await.unwrap();
    let bob = Person { client, here, alias: "bob babbage".into() };
    ada.pings(&bob).await;
    bob.pings(&ada).await;
    let content = bytes(14_000_000);
    let large = world.file("large.bin", &content);
    ada.writes(&bob, "Wanted", &[&large]).await;
    ada.writes(&bob, "Unwanted", &[&large]).await;
    ada.looks().await;

    for answer in [TooLargeAnswer::Accept, TooLargeAnswer::Discard] {
        let report = bob.here.wake(crate::world::LONG).await.unwrap();
        assert_eq!(report.end, WakeEnd::NotKnown(WaitWhy::TooLarge));
        let waiting = bob.here.status().await.unwrap().too_large;
        let asked: Vec<_> = waiting.iter().filter(|row| row.answer == Word::Ask).collect();
        let [row] = asked.as_slice() else { panic!("{waiting:?}") };
        assert!(row.size > 14_000_000);
        bob.here.answer_too_large(row.msgid, answer).await.unwrap();
    }
    bob.looks().await;
    assert_eq!(bob.threads().await, ["Wanted"]);
    let saved = world.path("saved.bin");
    bob.here.save_attachment(bob.newest_message().await, "large.bin", &saved, false).await.unwrap();
    assert!(std::fs::read(saved).unwrap() == content, "other bytes");
    world.is_content();
}
