//! Taking an account away, and stopping.

use tmtp_client::{Client, Config, Error, Event, EventCursor};

use crate::world::{LONG, World, join, letter};

#[tokio::test]
async fn a_removed_account_leaves_no_folder_and_no_key() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let _link = ada.here.stay().await.unwrap();
    let name = ada.here.name().clone();
    ada.client.remove(&name, LONG).await.unwrap();
    ada.sees(EventCursor::default(), |event| *event == Event::AccountRemoved).await;
    assert!(ada.client.accounts().await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(world.path("ada lovelace/accounts")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(world.path("ada lovelace/keys")).unwrap().count(), 0);
    assert!(matches!(ada.client.account(&name).await, Err(Error::NotFound)));
    assert!(matches!(ada.here.wake(LONG).await, Err(Error::NotFound)));
    // The name can be used again.
    ada.client.join(join(world.site.address(), "ada the second")).await.unwrap();
    world.is_content();
}

#[tokio::test]
async fn a_removal_that_was_cut_short_is_finished_at_the_next_open() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    ada.client.stop(LONG).await.unwrap();
    let accounts = world.path("ada lovelace/accounts");
    std::fs::rename(accounts.join("127.0.0.1"), accounts.join(".gone-127.0.0.1-1")).unwrap();
    let again = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    assert!(again.accounts().await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(accounts).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(world.path("ada lovelace/keys")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_stopped_client_says_so_and_leaves_nothing_locked() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let _link = ada.here.stay().await.unwrap();
    let sent = ada.writes(&bob, "Before the end", &[]).await;
    let began = std::time::Instant::now();
    ada.client.stop(LONG).await.unwrap();
    assert!(began.elapsed() < LONG / 6, "{:?} while a dial was running", began.elapsed());
    assert!(matches!(ada.client.accounts().await, Err(Error::Closed)));
    assert!(matches!(ada.here.wake(LONG).await, Err(Error::Closed)));
    assert!(matches!(ada.here.status().await, Err(Error::Closed)));

    let again = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let here = again.account(ada.here.name()).await.unwrap();
    here.wake(LONG).await.unwrap();
    assert_eq!(here.wait_sent(sent.send_id, LONG).await.unwrap(), tmtp_client::OutgoingState::Sent);
    assert_eq!(bob.looks().await.arrived_count, 1);
    world.is_content();
}

#[tokio::test]
async fn a_client_that_was_dropped_quits_by_itself() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let link = ada.here.stay().await.unwrap();
    let mut states = ada.here.watch_state();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == tmtp_client::State::Online))
        .await
        .unwrap()
        .unwrap();
    drop((link, ada));
    // The last that is seen is the end of the link, then nobody is left to tell.
    let over = async { while states.changed().await.is_ok() {} };
    tokio::time::timeout(LONG, over).await.unwrap();
    let again = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let here = again.accounts().await.unwrap().first().unwrap().name.clone();
    let report = again.account(&here).await.unwrap().wake(LONG).await.unwrap();
    assert_eq!(report.end, tmtp_client::WakeEnd::NothingNew);
    world.is_content();
}

#[tokio::test]
async fn a_store_that_cannot_be_read_at_the_moment_is_not_taken_for_one_without_secrets() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let name = ada.here.name().clone();
    ada.here.close(LONG).await.unwrap();
    let keys = || std::fs::read_dir(world.path("ada lovelace/keys")).unwrap().count();
    // What stands beside the database is in the way, as on a disk without room.
    let folder = world.path("ada lovelace/accounts/127.0.0.1");
    for file in ["mail.db-shm", "mail.db-wal"] {
        let _ = std::fs::remove_file(folder.join(file));
        std::fs::create_dir(folder.join(file)).unwrap();
    }
    let refused = ada.client.remove(&name, LONG).await;
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!((keys(), ada.client.accounts().await.unwrap().len()), (1, 1));

    for file in ["mail.db-shm", "mail.db-wal"] {
        std::fs::remove_dir(folder.join(file)).unwrap();
    }
    ada.client.remove(&name, LONG).await.unwrap();
    assert_eq!((keys(), ada.client.accounts().await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn an_account_that_could_not_be_removed_is_still_there() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let name = ada.here.name().clone();
    // No name is left under which its folder could be set aside.
    let aside = |number: u32| world.path(&format!("ada lovelace/accounts/.gone-{name}-{number}"));
    let mut taken = 0;
    for number in 1..=tmtp_client::limits::NAME_TRIES {
        std::fs::create_dir(aside(number)).unwrap();
        taken = number;
    }
    let cursor = ada.client.event_cursor();
    ada.client.remove(&name, LONG).await.unwrap_err();
    let events = ada.client.next_events(cursor, 50, std::time::Duration::ZERO).await.unwrap().events;
    assert!(!events.iter().any(|event| event.event == Event::AccountRemoved), "{events:?}");
    assert_eq!(ada.client.accounts().await.unwrap().len(), 1);
    ada.here.send(letter("kept", &[], "Kept")).await.unwrap();
    ada.looks().await;

    std::fs::remove_dir(aside(taken)).unwrap();
    ada.client.remove(&name, LONG).await.unwrap();
    assert!(ada.client.accounts().await.unwrap().is_empty());
    assert!(matches!(ada.here.send(letter("late", &[], "Late")).await, Err(Error::NotFound)));
}
