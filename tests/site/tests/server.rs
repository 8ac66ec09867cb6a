//! The site over real sockets and TLS.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests may fail as tests do")]

mod common;

use std::io::Write;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use common::{Client, frame, post, socket_address};
use tmtp_site::{Server, ServerConfig, Timers, ViolationKind};

async fn start() -> (Server, SocketAddr) {
    let server = Server::start(ServerConfig::default()).await.unwrap();
    let address = socket_address(&server);
    (server, address)
}

/// Runs a blocking client beside the server.
async fn client<R: Send + 'static>(act: impl FnOnce() -> R + Send + 'static) -> R {
    tokio::task::spawn_blocking(act).await.unwrap()
}

#[tokio::test]
async fn mail_is_delivered_between_two_links() {
    let (server, address) = start().await;
    client(move || {
        let (mut anna, mut berta) = (Client::connect(address), Client::connect(address));
        anna.register();
        let (berta_uid, _) = berta.register();
        anna.send(&post("p", &[&berta_uid], 5), b"hello");
        let answer = anna.next("ack");
        let got = berta.next("delivery");
        assert_eq!((got.data.as_slice(), got.text("id")), (&b"hello"[..], answer.text("msgid")));
        anna.send(r#"{"op":12}"#, b"");
        assert_eq!(anna.next("quit").text("error"), "logout ok");
        assert!(anna.ends_properly());
        // The confirmation is in when the next request is answered.
        berta.send(r#"{"op":3,"id":"probe","newalias":"x"}"#, b"");
        berta.next("ack");
    })
    .await;
    assert_eq!(server.handle().undelivered(), 0);
    assert_eq!(server.handle().record().confirmations, 1);
    server.stop().await;
}

#[tokio::test]
async fn five_megabytes_go_up_and_down() {
    let (server, address) = start().await;
    let data: Vec<u8> = (0..5_000_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    client(move || {
        let mut anna = Client::connect(address);
        let (uid, _) = anna.register();
        anna.send(&post("p", &[&uid], data.len()), &data);
        assert!(anna.next("delivery").data == data);
    })
    .await;
    server.stop().await;
}

/// Begins a post, sends two records of its data, the second without its last `missing` bytes, then FIN.
async fn cut_upload(missing: usize) -> Vec<ViolationKind> {
    let (server, address) = start().await;
    client(move || {
        let mut anna = Client::connect(address);
        anna.register();
        let begin = anna.records(&frame(&post("p", &[], 10_000), &[1; 1000]));
        let more = anna.records(&[2; 2000]);
        anna.socket.write_all(&begin).unwrap();
        anna.socket.write_all(&more[..more.len() - missing]).unwrap();
        anna.socket.shutdown(Shutdown::Write).unwrap();
        anna.ends_properly();
    })
    .await;
    let kinds = server.handle().record().violations.iter().map(|violation| violation.kind).collect();
    server.stop().await;
    kinds
}

#[tokio::test]
async fn an_end_inside_a_record_of_an_upload_is_seen_and_one_between_records_is_harmless() {
    assert_eq!(cut_upload(1).await, [ViolationKind::TornRecord]);
    assert_eq!(cut_upload(2020).await, [ViolationKind::TornRecord]);
    assert_eq!(cut_upload(0).await, []);
}

#[tokio::test]
async fn a_second_connection_resumes_the_first_ones_session() {
    let (server, address) = start().await;
    client(move || {
        let config = tmtp_site::any_key_tls().unwrap();
        let mut first = Client::connect_with(address, config.clone());
        let (uid, secret) = first.register();
        assert!(!first.was_resumed());
        first.send(r#"{"op":12}"#, b"");
        first.next("quit");
        let mut second = Client::connect_with(address, config);
        second.login(&uid, &secret);
        assert!(second.was_resumed());
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_log_in_is_closed_without_a_word() {
    let timers = Timers { login: Duration::from_millis(50), ..ServerConfig::default().timers };
    let server = Server::start(ServerConfig { timers, ..ServerConfig::default() }).await.unwrap();
    let address = socket_address(&server);
    client(move || {
        let mut anna = Client::connect(address);
        anna.send(r#"{"op":0,"id":"1"}"#, b"");
        anna.next("tmtprev");
        assert!(anna.read().is_err());
        assert!(anna.ends_properly());
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_restart_ends_links_bare_and_keeps_the_mail() {
    let (server, address) = start().await;
    let handle = server.handle();
    client(move || {
        let mut anna = Client::connect(address);
        let (uid, secret) = anna.register();
        handle.hold(&uid);
        anna.send(&post("p", &[&uid], 4), b"mail");
        anna.next("ack");
        handle.restart();
        assert!(!anna.ends_properly());
        handle.release(&uid);
        let mut again = Client::connect(address);
        again.login(&uid, &secret);
        assert_eq!(again.next("delivery").data, b"mail");
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_locks_its_node_until_its_socket_is_closed() {
    let (server, address) = start().await;
    client(move || {
        let mut anna = Client::connect(address);
        let mut berta = Client::connect(address);
        anna.register();
        let (uid, secret) = berta.register();
        // More than the kernel's buffers take.
        let data = vec![7; 20_000_000];
        anna.send(&post("p", &[&uid], data.len()), &data);
        anna.next("ack");
        let mut busy = Client::connect(address);
        busy.send(r#"{"op":0,"id":"1"}"#, b"");
        busy.send(&format!(r#"{{"op":2,"uid":"{uid}","node":"{secret}"}}"#), b"");
        assert_eq!(busy.next("quit").text("error"), "node already connected");
        drop(berta);
        login_when_free(address, &uid, &secret);
    })
    .await;
    server.stop().await;
}

/// Tries to log in until the node is free.
fn login_when_free(address: SocketAddr, uid: &str, secret: &str) {
    let begin = std::time::Instant::now();
    loop {
        assert!(begin.elapsed() < Duration::from_secs(20), "the node is never freed");
        let mut client = Client::connect(address);
        client.send(r#"{"op":0,"id":"1"}"#, b"");
        client.send(&format!(r#"{{"op":2,"uid":"{uid}","node":"{secret}"}}"#), b"");
        client.next("tmtprev");
        if client.read().unwrap().text("op") == "info" {
            return;
        }
    }
}

#[tokio::test]
async fn a_client_that_goes_while_its_confirmations_stall_the_site_leaves_its_node_free() {
    let timers = Timers { confirmation_wait: Duration::from_millis(50), ..ServerConfig::default().timers };
    let server = Server::start(ServerConfig { timers, ..ServerConfig::default() }).await.unwrap();
    let address = socket_address(&server);
    client(move || {
        let mut anna = Client::connect(address);
        let (uid, secret) = anna.register();
        let stray = frame(r#"{"op":10,"id":"0000000000000000","type":"ok"}"#, b"");
        let records = anna.records(&stray.repeat(15));
        anna.socket.write_all(&records).unwrap();
        drop(anna);
        login_when_free(address, &uid, &secret);
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_its_links_and_refuses_new_ones() {
    let (server, address) = start().await;
    let mut anna = client(move || {
        let mut anna = Client::connect(address);
        anna.register();
        anna
    })
    .await;
    server.stop().await;
    client(move || {
        assert!(!anna.ends_properly());
        assert!(std::net::TcpStream::connect(address).is_err());
    })
    .await;
}
