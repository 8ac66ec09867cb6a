//! A site that speaks TLS and then nonsense harms only its own account.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tmtp_client::{Client, Config, Error, Join, State, StopWhy, WakeEnd};
use tokio::task::JoinSet;

use crate::world::{LONG, World, join};

/// Answers every link with these bytes, until the process ends.
fn nonsense(answer: &'static [u8]) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(made.cert)], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("={}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(tls, tcp.unwrap());
            let mut some = [0; 64];
            let _ = stream.read(&mut some);
            let _ = stream.write_all(answer);
            // Held until the client has seen enough.
            while stream.read(&mut some).is_ok_and(|count| count > 0) {}
        }
    });
    address
}

#[tokio::test]
async fn a_hostile_site_does_not_touch_the_other_account() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let answers = [b"zzzz".as_slice(), b"0002{}", b"ffff", b"001e{\"op\":\"tmtprev\",\"id\":\"\xff\"}", b""];
    let mut joining = JoinSet::new();
    for answer in answers {
        let (client, address) = (ada.client.clone(), nonsense(answer).parse().unwrap());
        joining.spawn(async move {
            let hurried = Join { deadline: Duration::from_secs(2), ..join(&address, "ada lovelace") };
            (answer, client.join(hurried).await.map(drop))
        });
    }
    while let Some(joined) = joining.join_next().await {
        let (answer, outcome) = joined.unwrap();
        assert!(
            matches!(outcome, Err(Error::Incompatible | Error::Network | Error::TimedOut)),
            "{answer:?} led to {outcome:?}"
        );
    }
    ada.writes(&bob, "Still here", &[]).await;
    ada.looks().await;
    assert_eq!(bob.looks().await.arrived_count, 1);
    assert_eq!(ada.client.accounts().await.unwrap().len(), 1);
    world.is_content();
}

#[tokio::test]
async fn a_site_with_another_key_is_not_spoken_to_until_somebody_trusts_it() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let pin = ada.client.site_key(world.site.address(), LONG).await.unwrap();
    assert_eq!(pin.pinned, Some(pin.seen));
    // As if the site had been another one until now.
    let other = tmtp_client::Pin([7; 32]);
    ada.client.trust(world.site.address(), other).await.unwrap();
    let report = ada.here.wake(LONG).await.unwrap();
    assert!(matches!(report.end, WakeEnd::NotKnown(_)), "{report:?}");
    let _link = ada.here.stay().await.unwrap();
    let mut states = ada.here.watch_state();
    let stopped = tokio::time::timeout(LONG, states.wait_for(|now| matches!(now.state, State::Stopped(_))));
    stopped.await.unwrap().unwrap();
    let again = ada.client.site_key(world.site.address(), LONG).await.unwrap();
    assert_eq!((again.pinned, again.seen), (Some(other), pin.seen));
    ada.client.trust(world.site.address(), pin.seen).await.unwrap();
    tokio::time::timeout(LONG, states.wait_for(|now| now.state == State::Online)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_fresh_process_knows_that_the_last_look_met_another_key() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let pin = ada.client.site_key(world.site.address(), LONG).await.unwrap().seen;
    ada.client.trust(world.site.address(), tmtp_client::Pin([7; 32])).await.unwrap();
    ada.here.wake(LONG).await.unwrap();
    ada.client.stop(LONG).await.unwrap();

    let again = Client::open(Config::new(world.path("ada lovelace"))).await.unwrap();
    let here = again.account(ada.here.name()).await.unwrap();
    assert_eq!(here.status().await.unwrap().state, State::Stopped(StopWhy::PinChanged));
    again.trust(world.site.address(), pin).await.unwrap();
    here.wake(LONG).await.unwrap();
    assert_eq!(here.status().await.unwrap().state, State::Off);
}
