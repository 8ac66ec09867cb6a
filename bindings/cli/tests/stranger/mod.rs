//! A member who keeps no rule but those of the frames: what it posts is what a test wants, byte by byte.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not seen as tests")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tmtp_client::FileTrustStore;
use tmtp_link::clock::{Clock, SystemClock};
use tmtp_link::{Dialer, Proxy, Stream};
use tmtp_session::{Config, Event, Input, Opening, Session, Transmit};
use tmtp_wire::names::Alias;
use tmtp_wire::request::{Request, To};
use tmtp_wire::time::Mono;

use crate::common::{PATIENCE, Site};

/// A member with a link that stands.
pub(crate) struct Stranger {
    runtime: tokio::runtime::Runtime,
    stream: Stream,
}

impl Stranger {
    /// Registers under this alias.
    pub(crate) fn join(site: &Site, alias: &str) -> Stranger {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let trust = tempfile::tempdir().unwrap();
        let dialer = Dialer::new(Arc::new(FileTrustStore::new(trust.path().join("trust"))), Proxy::None);
        let address = site.address.parse().unwrap();
        let mut stream = runtime.block_on(dialer.dial(&address, PATIENCE)).unwrap();
        let mut session = Session::new(now(), Config::new(Opening::Register { label: "x".to_owned() }));
        let mut online = false;
        while !online {
            while let Some(Transmit::Bytes(bytes)) = session.poll_transmit(now()) {
                stream.push(&bytes).unwrap();
            }
            let read = runtime.block_on(exchange(&mut stream));
            session.handle_input(now(), Input::Bytes(&read)).unwrap();
            while let Some(event) = session.poll_event() {
                online |= matches!(event, Event::LoggedIn { .. });
            }
        }
        let mut stranger = Stranger { runtime, stream };
        let alias: Alias = alias.parse().unwrap();
        stranger.ask(&Request::NewAlias(alias), &[]);
        stranger
    }

    /// Posts to a member: this head, and what comes behind it.
    pub(crate) fn post(&mut self, to: &str, head: &Value, behind: &[u8]) {
        let head = head.to_string();
        let request = Request::Post {
            to: vec![To::Member(to.parse().unwrap())],
            datahead: u32::try_from(head.len()).unwrap(),
            datalen: (head.len() + behind.len()) as u64,
            datasum: None,
        };
        self.ask(&request, &[head.as_bytes(), behind].concat());
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, request: &Request, data: &[u8]) {
        let bytes = [request.encode("s1").unwrap().as_slice(), data].concat();
        for piece in bytes.chunks(8 << 10) {
            self.stream.push(piece).unwrap();
        }
        let mut answer = String::new();
        while !answer.contains("\"ack\"") {
            let read = self.runtime.block_on(exchange(&mut self.stream));
            answer.push_str(&String::from_utf8_lossy(&read));
        }
        assert!(!answer.contains("\"error\""), "{answer}");
    }
}

/// Writes what waits, and reads what is there.
async fn exchange(stream: &mut Stream) -> Vec<u8> {
    let mut read = Vec::new();
    while !stream.try_flush().unwrap() {
        stream.writable().await;
    }
    tokio::time::timeout(Duration::from_secs(30), stream.readable()).await.unwrap();
    stream.try_read(&mut read).unwrap();
    read
}

fn now() -> Mono {
    SystemClock.now().mono
}
