//! What a plain member does with what comes: kept first, confirmed then, and nothing folded.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

use std::sync::Arc;
use std::time::Duration;

use tmtp_link::MemoryTrustStore;
use tmtp_member::{Delivery, Key, Mailbox, Member};
use tmtp_site::{Server, ServerConfig};
use tmtp_wire::datahead::{self, PostHead};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

/// What nothing here should ever need.
const PATIENCE: Duration = Duration::from_secs(30);

/// Tells a test what comes; fails when the test asks for it.
struct Told {
    news: mpsc::UnboundedSender<News>,
    full: bool,
}

#[derive(Debug)]
enum News {
    Joined(Key),
    Came(Delivery),
    Unreadable,
    Online(bool),
}

#[derive(Debug, PartialEq, Eq)]
struct Full;

impl Mailbox for Told {
    type Error = Full;

    fn joined(&mut self, key: &Key) -> Result<(), Full> {
        self.news.send(News::Joined(key.clone())).map_err(|_| Full)
    }

    fn delivered(&mut self, delivery: Delivery) -> Result<(), Full> {
        if self.full { Err(Full) } else { self.news.send(News::Came(delivery)).map_err(|_| Full) }
    }

    fn unreadable(&mut self) -> Result<(), Full> {
        self.news.send(News::Unreadable).map_err(|_| Full)
    }

    fn online(&mut self, online: bool) -> Result<(), Full> {
        self.news.send(News::Online(online)).map_err(|_| Full)
    }
}

struct Running {
    news: mpsc::UnboundedReceiver<News>,
    stop: watch::Sender<bool>,
    over: tokio::task::JoinHandle<Result<(), Full>>,
}

impl Running {
    fn start(site: &Server, key: Option<Key>, full: bool) -> Running {
        let (sender, news) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let member = Member { mailbox: Told { news: sender, full }, key };
        let address = site.address().clone();
        let trust = Arc::new(MemoryTrustStore::default());
        let over = tokio::spawn(async move { member.serve(&address, trust, stopped).await });
        Running { news, stop, over }
    }

    async fn next(&mut self) -> News {
        timeout(PATIENCE, self.news.recv()).await.unwrap().unwrap()
    }

    /// Up to the link that stands; what it logs in with.
    async fn online(&mut self) -> Option<Key> {
        let mut key = None;
        loop {
            match self.next().await {
                News::Joined(joined) => key = Some(joined),
                News::Online(true) => return key,
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A post of the member's to itself, put into the site's hands without the member.
fn post(site: &Server, key: &Key, data: &[u8], datahead: usize) {
    let header = format!(
        r#"{{"op":7,"id":"p","for":[{{"id":"{}","type":1}}],"datalen":{},"datahead":{datahead}}}"#,
        key.0,
        data.len()
    );
    let frames = [
        frame(r#"{"op":0,"id":"1"}"#, b""),
        frame(r#"{"op":1,"newnode":"x","newalias":"_"}"#, b""),
        frame(&header, data),
    ];
    site.handle().with(|site, now, wall| {
        let link = site.open(now, wall);
        for bytes in frames {
            site.receive(now, wall, link, &bytes);
            site.take_output(now, wall, link, usize::MAX);
        }
        site.closed(now, wall, link);
    });
}

/// The thread that is answered.
const THREAD: &str = "18eac40f98d50007";

fn reply_head() -> Vec<u8> {
    datahead::encode(&PostHead { thread_id: Some(THREAD.into()), ..PostHead::default() }).unwrap()
}

fn frame(header: &str, data: &[u8]) -> Vec<u8> {
    [format!("{:04x}{header}", header.len()).as_bytes(), data].concat()
}

#[tokio::test]
async fn a_delivery_is_taken_apart_and_confirmed_and_what_is_no_post_is_told() {
    let site = Server::start(ServerConfig::default()).await.unwrap();
    let mut member = Running::start(&site, None, false);
    let key = member.online().await.unwrap();
    let head = reply_head();
    post(&site, &key, &[head.as_slice(), b"some text"].concat(), head.len());
    let News::Came(delivery) = member.next().await else { panic!("no delivery") };
    assert_eq!((delivery.text.as_str(), delivery.thread.as_str()), ("some text", THREAD));
    post(&site, &key, b"no head at all", 7);
    assert!(matches!(member.next().await, News::Unreadable));
    // It quits only after what it has to say is written, confirmations among it.
    member.stop.send_replace(true);
    assert_eq!(timeout(PATIENCE, member.over).await.unwrap().unwrap(), Ok(()));
    assert_eq!(site.handle().queued(key.0.as_str()), 0);
    assert_eq!(site.handle().record().violations, []);
}

#[tokio::test]
async fn what_the_mailbox_does_not_take_is_not_confirmed_and_comes_to_the_next() {
    let site = Server::start(ServerConfig::default()).await.unwrap();
    let mut first = Running::start(&site, None, true);
    let key = first.online().await.unwrap();
    let head = reply_head();
    post(&site, &key, &[head.as_slice(), b"kept"].concat(), head.len());
    assert_eq!(timeout(PATIENCE, first.over).await.unwrap().unwrap(), Err(Full));
    assert_eq!(site.handle().queued(key.0.as_str()), 1);
    let mut second = Running::start(&site, Some(key), false);
    assert!(second.online().await.is_none(), "it does not register again");
    let News::Came(delivery) = second.next().await else { panic!("no delivery") };
    assert_eq!(delivery.text, "kept");
}
