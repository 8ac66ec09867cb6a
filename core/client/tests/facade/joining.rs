//! Becoming a member, and what is left when that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tmtp_client::{
    Client, Config, Error, Join, KeyAnswer, KeyError, KeyStore, MemoryKeyStore, NodeSecret, SiteAddress,
};
use tmtp_relay::Relay;
use tmtp_site::ServerConfig;

use crate::world::{LONG, World, join};

#[tokio::test]
async fn a_member_has_an_id_and_its_alias() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let accounts = ada.client.accounts().await.unwrap();
    let account = accounts.first().unwrap();
    assert!(account.uid.is_some() && account.problem.is_none());
    assert_eq!(account.aliases.join(","), ada.alias);
    assert_eq!(account.site.as_ref(), Some(world.site.address()));
    assert_eq!(account.name.as_str(), "127.0.0.1");
    world.is_content();
}

#[tokio::test]
async fn an_alias_that_is_taken_leaves_nothing_behind() {
    let world = World::new().await;
    let _ada = world.member("ada lovelace").await;
    let other = world.newcomer("other").await;
    let error = other.join(join(world.site.address(), "ada lovelace")).await.unwrap_err();
    assert!(matches!(&error, Error::Refused { reason } if !reason.is_empty()), "{error:?}");
    assert!(other.accounts().await.unwrap().is_empty());
    assert_eq!(std::fs::read_dir(world.path("other/keys")).map_or(0, Iterator::count), 0);
    assert_eq!(std::fs::read_dir(world.path("other/accounts")).unwrap().count(), 0);
    // The name is free again.
    other.join(join(world.site.address(), "ada the second")).await.unwrap();
    world.is_content();
}

#[tokio::test]
async fn a_site_that_demands_sign_in_is_told_apart() {
    let world = World::with(ServerConfig { demand_sign_in: true, ..ServerConfig::default() }).await;
    let ada = world.newcomer("ada").await;
    let error = ada.join(join(world.site.address(), "ada lovelace")).await.unwrap_err();
    assert!(matches!(error, Error::NeedsSignIn), "{error:?}");
    assert!(ada.accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_site_that_is_not_there_is_given_up_in_time() {
    let world = World::new().await;
    let ada = world.newcomer("ada").await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("={}", nobody.local_addr().unwrap()).parse().unwrap();
    drop(nobody);
    let hurried = Join { deadline: Duration::from_secs(6), ..join(&address, "ada lovelace") };
    let error = tokio::time::timeout(LONG, ada.join(hurried)).await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Network), "{error:?}");
    assert!(ada.accounts().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused_and_another_is_found() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let name = ada.here.name().clone();
    let same = Join { name: Some(name.clone()), ..join(world.site.address(), "ada the second") };
    assert!(matches!(ada.client.join(same).await, Err(Error::NameTaken)));
    let second = ada.client.join(join(world.site.address(), "ada the second")).await.unwrap();
    assert_eq!(second.name().as_str(), format!("{name}-2"));
    assert_eq!(ada.client.accounts().await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_join_that_was_dropped_can_be_taken_up_again() {
    let world = World::new().await;
    let ada = world.newcomer("ada").await;
    let named = Join { name: Some("home".parse().unwrap()), ..join(world.site.address(), "ada lovelace") };
    // Dropped as soon as the account is in the list.
    let cursor = ada.event_cursor();
    let joining = tokio::spawn({
        let (ada, named) = (ada.clone(), named.clone());
        async move { ada.join(named).await }
    });
    let begun = ada.next_events(cursor, 1, LONG).await.unwrap();
    assert_eq!(begun.events.len(), 1);
    joining.abort();
    let _ = joining.await;
    let here = ada.join(named).await.unwrap();
    let accounts = ada.accounts().await.unwrap();
    assert_eq!((accounts.len(), here.name().as_str()), (1, "home"));
    assert_eq!(accounts.first().unwrap().aliases.len(), 1);
    world.is_content();
}

#[tokio::test]
async fn a_join_without_a_name_that_was_dropped_is_taken_up_by_the_same_join() {
    let world = World::new().await;
    let ada = world.newcomer("ada").await;
    let unnamed = join(world.site.address(), "ada lovelace");
    let cursor = ada.event_cursor();
    let joining = tokio::spawn({
        let (ada, unnamed) = (ada.clone(), unnamed.clone());
        async move { ada.join(unnamed).await }
    });
    ada.next_events(cursor, 1, LONG).await.unwrap();
    joining.abort();
    let _ = joining.await;
    ada.join(unnamed).await.unwrap();
    assert_eq!(ada.accounts().await.unwrap().len(), 1);
    assert_eq!(world.site.handle().record().registrations, 1);
    world.is_content();
}

#[tokio::test]
async fn a_join_that_is_finished_is_found_done_and_makes_no_second_member() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let name = ada.here.name().clone();
    for asked in [None, Some(name.clone()), Some("another".parse().unwrap())] {
        let again = Join { name: asked, ..join(world.site.address(), "ada lovelace") };
        assert_eq!(*ada.client.join(again).await.unwrap().name(), name);
    }
    // Another process, on the same home.
    let later = world.newcomer("ada lovelace").await;
    let again = later.join(join(world.site.address(), "ada lovelace")).await.unwrap();
    assert_eq!((again.name(), later.accounts().await.unwrap().len()), (&name, 1));
    assert_eq!(world.site.handle().record().registrations, 1);
    // Somebody else's alias is still refused.
    let other = world.newcomer("other").await;
    assert!(matches!(
        other.join(join(world.site.address(), "ada lovelace")).await,
        Err(Error::Refused { .. })
    ));
    world.is_content();
}

#[tokio::test]
async fn a_node_that_is_taken_into_use_twice_is_one_account() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let ticket = ada.here.add_node("tablet".parse().unwrap(), LONG).await.unwrap();
    let other = ada.here.add_node("watch".parse().unwrap(), LONG).await.unwrap();
    let tablet = world.newcomer("tablet").await;
    let here = tablet.join_node(ticket.clone(), None).await.unwrap();
    for name in [None, Some(here.name().clone()), Some("another".parse().unwrap())] {
        assert_eq!(tablet.join_node(ticket.clone(), name).await.unwrap().name(), here.name());
    }
    assert_eq!(tablet.accounts().await.unwrap().len(), 1);
    // A further node of the same member is another account.
    let second = tablet.join_node(other, None).await.unwrap();
    assert_ne!(second.name(), here.name());
    world.is_content();
}

#[tokio::test]
async fn accounts_made_at_a_time_do_not_get_into_each_other() {
    let world = World::new().await;
    let ada = world.newcomer("ada").await;
    let (one, two) = tokio::join!(
        ada.join(join(world.site.address(), "ada the first")),
        ada.join(join(world.site.address(), "ada the second"))
    );
    assert_ne!(one.unwrap().name(), two.unwrap().name());
    let mut aliases: Vec<String> =
        ada.accounts().await.unwrap().into_iter().flat_map(|account| account.aliases).collect();
    aliases.sort();
    assert_eq!(aliases, ["ada the first", "ada the second"]);
    world.is_content();
}

#[tokio::test]
async fn a_store_whose_making_was_cut_short_does_not_block_its_name() {
    let world = World::new().await;
    let ada = world.newcomer("ada").await;
    std::fs::create_dir_all(world.path("ada/accounts/home")).unwrap();
    std::fs::write(world.path("ada/accounts/home/mail.db"), b"").unwrap();
    let named = Join { name: Some("home".parse().unwrap()), ..join(world.site.address(), "ada lovelace") };
    assert_eq!(ada.join(named).await.unwrap().name().as_str(), "home");
}

/// Cuts the link as soon as a member's secret is kept, and cannot be read from then on.
struct CutsAtRegistration {
    keys: MemoryKeyStore,
    relay: tmtp_relay::Handle,
    locked: AtomicBool,
}

impl KeyStore for CutsAtRegistration {
    fn get(&self, name: &str) -> Result<KeyAnswer, KeyError> {
        if self.locked.load(Ordering::SeqCst) { Ok(KeyAnswer::NotNow) } else { self.keys.get(name) }
    }

    fn put(&self, name: &str, secret: &NodeSecret) -> Result<(), KeyError> {
        // The account tries with another name first whether anything is kept at all.
        if !name.ends_with(".try") {
            self.relay.cut_now();
            self.locked.store(true, Ordering::SeqCst);
        }
        self.keys.put(name, secret)
    }

    fn remove(&self, name: &str) -> Result<(), KeyError> {
        self.keys.remove(name)
    }
}

#[tokio::test]
async fn a_member_that_exists_is_not_thrown_away_for_passing_trouble() {
    let world = World::quick().await;
    let relay = Relay::start(world.site.local_addr(), 1).await.unwrap();
    let keys = Arc::new(CutsAtRegistration {
        keys: MemoryKeyStore::default(),
        relay: relay.handle(),
        locked: AtomicBool::new(false),
    });
    let config =
        Config { keys: Some(Arc::clone(&keys) as Arc<dyn KeyStore>), ..Config::new(world.path("ada")) };
    let ada = Client::open(config).await.unwrap();
    let address: SiteAddress = format!("={}", relay.address()).parse().unwrap();
    let named = Join { name: Some("home".parse().unwrap()), ..join(&address, "ada lovelace") };
    let refused = ada.join(named.clone()).await;
    assert!(matches!(refused, Err(Error::Locked)), "{refused:?}");
    let there = ada.accounts().await.unwrap();
    let uid = there.first().expect("the account stays").uid.clone();
    assert!(uid.is_some());

    keys.locked.store(false, Ordering::SeqCst);
    ada.unlocked().unwrap();
    let here = ada.join(named).await.unwrap();
    let status = here.status().await.unwrap();
    assert_eq!((status.uid, status.aliases.len()), (uid, 1));
    assert_eq!(world.site.handle().record().registrations, 1);
    world.is_content();
}
