//! The relay between plain sockets that speak in (empty) TLS records.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tmtp_relay::{Direction, Every, Plan, Relay};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

fn record(length: u16) -> Vec<u8> {
    let mut record = vec![23, 3, 3];
    record.extend(length.to_be_bytes());
    record.resize(5 + usize::from(length), 7);
    record
}

/// A site of one link: the other end of what the client sees.
async fn link(relay: &Relay, listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = TcpStream::connect(relay.address()).await.unwrap();
    (client, listener.accept().await.unwrap().0)
}

async fn world() -> (Relay, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (Relay::start(listener.local_addr().unwrap(), 1).await.unwrap(), listener)
}

async fn take(from: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// Everything until the stream ends, whether by FIN or reset.
async fn rest(from: &mut TcpStream) -> usize {
    let (mut total, mut chunk) = (0, [0; 4096]);
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        total += length;
    }
    total
}

/// A site that sends back what it gets, on any number of links.
async fn echo() -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut links = tokio::task::JoinSet::new();
        while let Ok((mut link, _)) = listener.accept().await {
            links.spawn(async move {
                let (mut from, mut to) = link.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    (address, task)
}

#[tokio::test]
async fn bytes_pass_both_ways_and_are_counted() {
    let (relay, listener) = world().await;
    let (mut client, mut site) = link(&relay, &listener).await;
    client.write_all(&record(100)).await.unwrap();
    assert_eq!(take(&mut site, 105).await, record(100));
    site.write_all(b"any bytes").await.unwrap();
    assert_eq!(take(&mut client, 9).await, b"any bytes");
    client.write_all(&record(1)).await.unwrap();
    take(&mut site, 6).await;
    let counters = relay.handle().counters();
    assert_eq!((counters.links, counters.bytes_up, counters.bytes_down), (1, 111, 9));
    assert_eq!(counters.round_trips, 2, "the connection, and one exchange");
}

#[tokio::test]
async fn an_end_of_either_side_reaches_the_other_after_all_bytes() {
    let (relay, listener) = world().await;
    let (mut client, mut site) = link(&relay, &listener).await;
    client.write_all(&record(5)).await.unwrap();
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut site).await, 10);
    site.write_all(b"late").await.unwrap();
    drop(site);
    assert_eq!(rest(&mut client).await, 4);
    assert_eq!(relay.handle().counters().torn, 0);
}

#[tokio::test]
async fn latency_delays_each_way_and_the_connection() {
    let (address, _echo) = echo().await;
    let relay = Relay::start(address, 1).await.unwrap();
    relay.handle().latency(Duration::from_millis(40));
    let began = Instant::now();
    let mut client = TcpStream::connect(relay.address()).await.unwrap();
    client.write_all(&record(5)).await.unwrap();
    take(&mut client, 10).await;
    assert!(began.elapsed() >= Duration::from_millis(160), "two round trips: {:?}", began.elapsed());
    let again = Instant::now();
    client.write_all(&record(5)).await.unwrap();
    take(&mut client, 10).await;
    assert!(again.elapsed() >= Duration::from_millis(80), "one round trip: {:?}", again.elapsed());
}

#[tokio::test]
async fn a_rate_limits_what_passes() {
    let (relay, listener) = world().await;
    relay.handle().rate(Some(100_000));
    let (mut client, mut site) = link(&relay, &listener).await;
    let began = Instant::now();
    client.write_all(&record(9_995)).await.unwrap();
    take(&mut site, 10_000).await;
    assert!(began.elapsed() >= Duration::from_millis(100), "{:?}", began.elapsed());
}

#[tokio::test]
async fn towards_the_site_only_whole_records_pass() {
    let (relay, listener) = world().await;
    let (mut client, mut site) = link(&relay, &listener).await;
    client.write_all(&[record(20), record(20)[..24].to_vec()].concat()).await.unwrap();
    take(&mut site, 25).await;
    relay.handle().cut_now();
    assert_eq!(rest(&mut site).await, 0, "nothing of the second record");
    assert_eq!(rest(&mut client).await, 0);
    let counters = relay.handle().counters();
    assert_eq!((counters.cuts, counters.torn), (1, 0), "the relay itself stopped inside the record");
}

#[tokio::test]
async fn a_client_that_ends_inside_a_record_is_torn() {
    let (relay, listener) = world().await;
    let (mut client, mut site) = link(&relay, &listener).await;
    client.write_all(&record(20)[..24]).await.unwrap();
    drop(client);
    assert_eq!(rest(&mut site).await, 0);
    assert_eq!(relay.handle().counters().torn, 1);
}

#[tokio::test]
async fn a_cut_towards_the_client_falls_on_the_very_byte() {
    for at in [0, 1, 7, 50] {
        let (relay, listener) = world().await;
        relay.handle().cut_after(at, Direction::Down);
        let (mut client, mut site) = link(&relay, &listener).await;
        site.write_all(&[1; 50]).await.unwrap();
        assert_eq!(rest(&mut client).await as u64, at);
        assert_eq!(rest(&mut site).await, 0);
        assert_eq!(relay.handle().counters().cuts, 1);
    }
}

#[tokio::test]
async fn a_cut_towards_the_site_falls_between_records() {
    for (at, passed) in [(9, 0), (10, 10), (19, 10), (20, 20)] {
        let (relay, listener) = world().await;
        relay.handle().cut_after(at, Direction::Up);
        let (mut client, mut site) = link(&relay, &listener).await;
        client.write_all(&[record(5), record(5), record(5)].concat()).await.unwrap();
        assert_eq!(rest(&mut site).await, passed, "cut after {at}");
        assert_eq!(rest(&mut client).await, 0);
    }
}

#[tokio::test]
async fn a_stalled_path_runs_on_when_it_heals() {
    let (relay, listener) = world().await;
    let (mut client, mut site) = link(&relay, &listener).await;
    relay.handle().stall();
    client.write_all(&record(5)).await.unwrap();
    while relay.handle().counters().bytes_up == 0 {
        tokio::task::yield_now().await;
    }
    assert!(site.try_read(&mut [0; 10]).is_err(), "nothing has come");
    relay.handle().heal();
    take(&mut site, 10).await;
    assert_eq!(relay.handle().counters().stalls, 1);
}

#[tokio::test]
async fn a_black_hole_is_silent_for_old_links_and_new_ones_run_when_it_heals() {
    let (relay, listener) = world().await;
    let (mut old, mut old_site) = link(&relay, &listener).await;
    relay.handle().black_hole();
    old.write_all(&record(5)).await.unwrap();
    let (mut during, mut during_site) = link(&relay, &listener).await;
    during.write_all(&record(5)).await.unwrap();
    relay.handle().heal();
    let (mut new, mut new_site) = link(&relay, &listener).await;
    new.write_all(&record(5)).await.unwrap();
    take(&mut new_site, 10).await;
    drop(old);
    // Both are open and have nothing to read.
    let would_block = |end: &mut TcpStream| end.try_read(&mut [0; 10]).is_err();
    assert!(would_block(&mut old_site) && would_block(&mut during_site) && would_block(&mut during));
    assert_eq!(relay.handle().counters().black_holes, 2);
}

/// The parts of a link learn of its end one after the other, on other threads than the one that ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_end_of_a_link_in_a_black_hole_is_told_whichever_part_learns_of_it_first() {
    let (relay, listener) = world().await;
    for _ in 0..400 {
        let (client, site) = link(&relay, &listener).await;
        // The relay has both ends.
        client.writable().await.unwrap();
        relay.handle().black_hole();
        relay.handle().heal();
        // A link behind it, there and back: what the relay had to say of the first is said.
        let (mut next, mut next_site) = link(&relay, &listener).await;
        next.write_all(&record(5)).await.unwrap();
        take(&mut next_site, 10).await;
        next_site.write_all(&record(5)).await.unwrap();
        take(&mut next, 10).await;
        let silent = |end: &TcpStream| end.try_read(&mut [0; 10]).is_err();
        assert!(silent(&site) && silent(&client));
    }
}

#[tokio::test]
async fn a_refused_connection_is_reset() {
    let (relay, listener) = world().await;
    relay.handle().refuse(true);
    let mut client = TcpStream::connect(relay.address()).await.unwrap();
    assert!(client.read(&mut [0; 1]).await.is_err());
    relay.handle().refuse(false);
    link(&relay, &listener).await;
    let counters = relay.handle().counters();
    assert_eq!((counters.refusals, counters.links), (1, 1));
}

#[tokio::test]
async fn a_stopped_relay_ends_its_links_and_takes_no_new_ones() {
    let (relay, listener) = world().await;
    let (mut client, mut site) = link(&relay, &listener).await;
    let address = relay.address();
    let (_, ended, _) = tokio::join!(relay.stop(), rest(&mut client), rest(&mut site));
    assert_eq!(ended, 0);
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_plan_brings_every_kind_of_fault() {
    let (address, _echo) = echo().await;
    let relay = Relay::start(address, 7).await.unwrap();
    let every =
        |mean, lasts| Some(Every { mean: Duration::from_millis(mean), lasts: Duration::from_millis(lasts) });
    relay.plan(Plan {
        cut: every(5, 0),
        stall: every(10, 2),
        black_hole: every(10, 0),
        refuse: every(10, 2),
    });
    let limit = Duration::from_secs(20);
    let all = tokio::time::timeout(limit, async {
        loop {
            let seen = relay.handle().counters();
            if seen.cuts > 2 && seen.stalls > 2 && seen.black_holes > 2 && seen.refusals > 0 {
                return seen;
            }
            let Ok(mut client) = TcpStream::connect(relay.address()).await else { continue };
            while client.write_all(&record(500)).await.is_ok() {
                let mut answer = [0; 505];
                let answer = tokio::time::timeout(Duration::from_millis(20), client.read(&mut answer));
                if !matches!(answer.await, Ok(Ok(1..))) {
                    break;
                }
            }
            client.shutdown().await.ok();
        }
    })
    .await
    .unwrap();
    assert_eq!(all.torn, 0);
}
