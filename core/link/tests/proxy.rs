//! Through proxies: what is said to them, and what they may answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;

use support::{Identity, SOON, Site, flush, read};
use tmtp_link::dial::{Credentials, ProxyFault};
use tmtp_link::{DialError, Dialer, MemoryTrustStore, Proxy};

/// Not resolvable here; only the proxy is asked about it.
const SITE: &str = "=mail.site.invalid:4001";

/// One step of a fake proxy's part: what it waits for, what it answers.
type Step = (Vec<u8>, Vec<u8>);

/// Plays its part, then connects to `site`. What it got where it expected something else comes out of the channel.
fn proxy(steps: Vec<Step>, site: Option<SocketAddr>) -> (Site, mpsc::Receiver<Vec<u8>>) {
    let (wrong, got) = mpsc::channel();
    let proxy = Site::raw(move |mut client| {
        for (expected, answer) in &steps {
            let mut seen = vec![0; expected.len()];
            client.read_exact(&mut seen).unwrap();
            if seen != *expected {
                wrong.send(seen).unwrap();
            }
            client.write_all(answer).unwrap();
        }
        if let Some(site) = site {
            let site = TcpStream::connect(site).unwrap();
            let (mut up, mut down) =
                ((client.try_clone().unwrap(), site.try_clone().unwrap()), (site, client));
            thread::spawn(move || std::io::copy(&mut up.0, &mut up.1));
            thread::spawn(move || std::io::copy(&mut down.0, &mut down.1));
        }
    });
    (proxy, got)
}

fn auth() -> Option<Credentials> {
    Some(Credentials { user: "alice".to_owned(), password: "pa ss".to_owned() })
}

fn socks(at: &Site, auth: Option<Credentials>) -> Proxy {
    Proxy::Socks5 { host: at.local.ip().to_string(), port: at.local.port(), auth }
}

fn http(at: &Site, auth: Option<Credentials>) -> Proxy {
    Proxy::HttpConnect { host: at.local.ip().to_string(), port: at.local.port(), auth }
}

async fn dial(proxy: Proxy, site: &str) -> Result<tmtp_link::Stream, DialError> {
    Dialer::new(Arc::new(MemoryTrustStore::new()), proxy).dial(&site.parse().unwrap(), SOON).await
}

async fn speaks(stream: Result<tmtp_link::Stream, DialError>) {
    let mut stream = stream.unwrap();
    stream.push(b"hello").unwrap();
    flush(&mut stream).await;
    assert_eq!(read(&mut stream, 5).await, b"hello");
}

fn socks_request() -> Vec<u8> {
    [&[5, 1, 0, 3, 17][..], b"mail.site.invalid", &4001u16.to_be_bytes()].concat()
}

#[tokio::test]
async fn socks5_is_given_the_name_and_connects() {
    let site = Site::echo(&Identity::new());
    let answer = vec![5, 0, 0, 1, 10, 0, 0, 1, 0, 80];
    let (at, wrong) = proxy(vec![(vec![5, 1, 0], vec![5, 0]), (socks_request(), answer)], Some(site.local));
    speaks(dial(socks(&at, None), SITE).await).await;
    assert!(wrong.try_recv().is_err());
}

#[tokio::test]
async fn socks5_is_given_the_password_when_it_asks() {
    let site = Site::echo(&Identity::new());
    let steps = vec![
        (vec![5, 2, 0, 2], vec![5, 2]),
        ([&[1, 5][..], b"alice", &[5], b"pa ss"].concat(), vec![1, 0]),
        (socks_request(), [&[5, 0, 0, 3, 2][..], b"me", &[0, 80]].concat()),
    ];
    let (at, wrong) = proxy(steps, Some(site.local));
    speaks(dial(socks(&at, auth()), SITE).await).await;
    assert!(wrong.try_recv().is_err());
}

#[tokio::test]
async fn addresses_go_to_socks5_as_addresses() {
    for (site, coded) in [
        ("=[2001:db8::5]:7", vec![0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]),
        ("=10.1.2.3:7", vec![10, 1, 2, 3]),
    ] {
        let kind = if coded.len() == 16 { 4 } else { 1 };
        let request = [&[5, 1, 0, kind][..], &coded, &[0, 7]].concat();
        let (at, wrong) = proxy(vec![(vec![5, 1, 0], vec![5, 0]), (request, vec![5, 4, 0, 1])], None);
        fails(dial(socks(&at, None), site).await, ProxyFault::Socks(4));
        assert!(wrong.try_recv().is_err());
    }
}

#[tokio::test]
async fn http_connect_is_given_the_name_and_the_password() {
    let site = Site::echo(&Identity::new());
    let request = "CONNECT mail.site.invalid:4001 HTTP/1.1\r\nHost: mail.site.invalid:4001\r\n\
                   Proxy-Authorization: Basic YWxpY2U6cGEgc3M=\r\n\r\n";
    let answer = b"HTTP/1.1 200 Connection established\r\nVia: a\r\n\r\n".to_vec();
    let (at, wrong) = proxy(vec![(request.as_bytes().to_vec(), answer)], Some(site.local));
    speaks(dial(http(&at, auth()), SITE).await).await;
    assert!(wrong.try_recv().is_err());
}

fn fails(outcome: Result<tmtp_link::Stream, DialError>, fault: ProxyFault) {
    match outcome {
        Err(DialError::ProxyRefused(seen)) => assert_eq!(seen, fault),
        other => panic!("{:?} where {fault:?} was expected", other.err()),
    }
}

#[tokio::test]
async fn a_refusal_of_socks5_is_told_with_its_reason() {
    for (steps, auth, fault) in [
        (vec![(vec![5, 1, 0], vec![5, 0xff])], None, ProxyFault::AuthNeeded),
        (vec![(vec![5, 1, 0], vec![5, 2])], None, ProxyFault::AuthNeeded),
        (vec![(vec![5, 2, 0, 2], vec![5, 0xff])], auth(), ProxyFault::AuthRefused),
        (vec![(vec![5, 2, 0, 2], vec![5, 2]), (vec![0; 13], vec![1, 1])], auth(), ProxyFault::AuthRefused),
        (vec![(vec![5, 1, 0], b"HT".to_vec())], None, ProxyFault::NotAProxy),
        (vec![(vec![5, 1, 0], vec![5, 0]), (socks_request(), vec![5, 2, 0, 1])], None, ProxyFault::Socks(2)),
        (vec![(vec![5, 1, 0], vec![5, 0]), (socks_request(), vec![5, 0, 0, 9])], None, ProxyFault::NotAProxy),
    ] {
        fails(dial(socks(&proxy(steps, None).0, auth), SITE).await, fault);
    }
    let long = Some(Credentials { user: "a".repeat(256), password: "b".to_owned() });
    fails(
        dial(socks(&proxy(vec![(vec![5, 2, 0, 2], vec![5, 2])], None).0, long), SITE).await,
        ProxyFault::AuthUnfit,
    );
}

#[tokio::test]
async fn a_refusal_of_http_is_told_with_its_reason() {
    for (answer, auth, fault) in [
        ("HTTP/1.1 407 Auth\r\n\r\n", None, ProxyFault::AuthNeeded),
        ("HTTP/1.1 407 Auth\r\n\r\n", auth(), ProxyFault::AuthRefused),
        ("HTTP/1.0 503 No\r\nA: b\r\n\r\n", None, ProxyFault::Http(503)),
        ("HTTP/1.1 200", None, ProxyFault::NotAProxy),
        ("SSH-2.0-OpenSSH\r\n", None, ProxyFault::NotAProxy),
        ("HTTP/1.1 many thanks\r\n\r\n", None, ProxyFault::NotAProxy),
    ] {
        let answer =
            if answer.ends_with('\n') { answer.to_owned() } else { format!("{answer} {}", "x".repeat(9000)) };
        fails(dial(http(&proxy(vec![(vec![0], answer.into_bytes())], None).0, auth), SITE).await, fault);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_refused() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Proxy::Socks5 { host: gone.ip().to_string(), port: gone.port(), auth: None };
    assert!(matches!(dial(proxy, SITE).await, Err(DialError::Refused)));
}
