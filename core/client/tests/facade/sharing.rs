//! Two clients on one home, homes that were copied, keys that are gone.

use std::path::Path;

use tmtp_client::{Client, Config, Error, State, WakeEnd};

use crate::world::{LONG, World, letter, page};

#[tokio::test]
async fn beside_a_writer_another_client_reads_and_may_not_write() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.here.send(letter("note", &[], "Seen by both")).await.unwrap();
    let beside = Client::open(Config::new(world.path(&ada.alias))).await.unwrap();
    let accounts = beside.accounts().await.unwrap();
    assert_eq!(accounts.first().unwrap().state, State::InUse { by: Some(std::process::id()) });
    let here = beside.account(ada.here.name()).await.unwrap();
    let threads = here.threads(false, page(10)).await.unwrap();
    assert_eq!(threads.items.first().unwrap().subject, "Seen by both");
    let refused = here.send(letter("x", &[&bob.alias], "x")).await;
    assert!(matches!(refused, Err(Error::InUse { by: Some(_) })), "{refused:?}");
    assert!(matches!(here.stay().await, Err(Error::InUse { .. })));
    assert!(matches!(beside.remove(ada.here.name(), LONG).await, Err(Error::InUse { .. })));

    ada.here.close(LONG).await.unwrap();
    here.send(letter("x", &[&bob.alias], "x")).await.unwrap();
    assert!(matches!(ada.here.send(letter("y", &[], "y")).await, Err(Error::InUse { .. })));
    world.is_content();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_copied_home_can_be_read_and_never_logs_in() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.here.send(letter("note", &[], "Old")).await.unwrap();
    ada.client.stop(LONG).await.unwrap();
    copy(&world.path(&ada.alias), &world.path("copy"));
    std::fs::remove_file(world.path("copy/install")).unwrap();
    let logins = world.site.handle().record().logins;

    let clone = Client::open(Config::new(world.path("copy"))).await.unwrap();
    let here = clone.account(ada.here.name()).await.unwrap();
    // Known at once, before anything was tried.
    assert_eq!(here.status().await.unwrap().state, State::Cloned);
    assert_eq!(clone.accounts().await.unwrap().first().unwrap().state, State::Cloned);
    let threads = here.threads(false, page(10)).await.unwrap();
    assert_eq!(threads.items.first().unwrap().subject, "Old");
    assert!(matches!(here.wake(LONG).await.unwrap().end, WakeEnd::NotKnown(_)));
    assert_eq!(here.state(), State::Cloned);
    assert!(matches!(here.send(letter("x", &[&bob.alias], "x")).await, Err(Error::Cloned)));
    assert_eq!(world.site.handle().record().logins, logins);
}

#[tokio::test]
async fn a_home_that_is_copied_whole_takes_no_mail_of_the_original_until_it_is_adopted() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    ada.client.stop(LONG).await.unwrap();
    copy(&world.path(&ada.alias), &world.path("copy"));
    let open = async |home: &str| Client::open(Config::new(world.path(home))).await.unwrap();
    let (clone, original) = (open("copy").await, open(&ada.alias).await);
    let here = clone.account(ada.here.name()).await.unwrap();
    assert_eq!(here.status().await.unwrap().state, State::Cloned);
    assert!(matches!(here.wake(LONG).await.unwrap().end, WakeEnd::NotKnown(_)));
    bob.writes(&ada, "To the original", &[]).await;
    bob.looks().await;
    let there = original.account(ada.here.name()).await.unwrap();
    assert_eq!(there.wake(LONG).await.unwrap().arrived_count, 1);

    // The original is gone.
    original.stop(LONG).await.unwrap();
    here.adopt().await.unwrap();
    bob.writes(&ada, "To the copy", &[]).await;
    bob.looks().await;
    assert_eq!(here.wake(LONG).await.unwrap().arrived_count, 1);
    // It stays so for whoever opens it later, and an account that is at home is left alone.
    clone.stop(LONG).await.unwrap();
    let later = open("copy").await.account(ada.here.name()).await.unwrap();
    assert_eq!(later.status().await.unwrap().state, State::Idle);
    later.adopt().await.unwrap();
    assert_eq!(later.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
}

#[tokio::test]
async fn a_home_that_is_moved_goes_on_and_one_that_nobody_watches_is_not_taken_for_a_copy() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    ada.client.stop(LONG).await.unwrap();
    std::fs::rename(world.path("ada lovelace"), world.path("moved")).unwrap();
    let moved = Client::open(Config::new(world.path("moved"))).await.unwrap();
    let here = moved.account(ada.here.name()).await.unwrap();
    assert_eq!(here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
    moved.stop(LONG).await.unwrap();

    copy(&world.path("moved"), &world.path("by the system"));
    std::fs::remove_dir_all(world.path("moved")).unwrap();
    let config = Config { notice_copies: false, ..Config::new(world.path("by the system")) };
    let here = Client::open(config).await.unwrap().account(ada.here.name()).await.unwrap();
    assert_eq!(here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
}

#[tokio::test]
async fn without_its_key_an_account_can_be_read_and_never_logs_in() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    ada.here.send(letter("note", &[], "Old")).await.unwrap();
    ada.client.stop(LONG).await.unwrap();
    std::fs::remove_dir_all(world.path("ada lovelace/keys")).unwrap();
    let registrations = world.site.handle().record().registrations;

    let again = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let here = again.account(ada.here.name()).await.unwrap();
    assert!(matches!(here.wake(LONG).await.unwrap().end, WakeEnd::NotKnown(_)));
    assert_eq!(here.state(), State::KeyLost);
    assert_eq!(here.threads(false, page(10)).await.unwrap().items.len(), 1);
    assert_eq!(world.site.handle().record().registrations, registrations);
}

#[tokio::test]
async fn a_damaged_account_does_not_stop_the_others() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let second = ada.client.join(crate::world::join(world.site.address(), "ada the second")).await.unwrap();
    ada.client.stop(LONG).await.unwrap();
    let database = world.path("ada lovelace/accounts/127.0.0.1/mail.db");
    std::fs::write(&database, vec![0x5a; 100_000]).unwrap();

    let again = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let accounts = again.accounts().await.unwrap();
    assert_eq!(accounts.len(), 2);
    assert!(matches!(accounts.first().unwrap().problem, Some(Error::Damaged)), "{accounts:?}");
    let damaged = again.account(ada.here.name()).await.unwrap();
    assert!(matches!(damaged.wake(LONG).await, Err(Error::Damaged)));
    let here = again.account(second.name()).await.unwrap();
    assert_eq!(here.wake(LONG).await.unwrap().end, WakeEnd::NothingNew);
}
