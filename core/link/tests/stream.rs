//! The encrypted stream: one flight, whole records, and how it ends.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::Duration;

use support::{Identity, SOON, Site, Sniffer, Tls, address, dialer, flush, read, read_to_end};
use tmtp_link::Stream;
use tmtp_link::limits::RECORD_PLAINTEXT_MAX;
use tmtp_link::stream::NotTaken;
use tmtp_relay::Relay;
use tmtp_session::StreamEnd;

async fn dial(site: &Site) -> Stream {
    dialer().0.dial(&site.address(), SOON).await.unwrap()
}

/// Says something, and hears it again.
async fn speak(stream: &mut Stream, text: &[u8]) {
    stream.push(text).unwrap();
    flush(stream).await;
    assert_eq!(read(stream, text.len()).await, text);
}

#[tokio::test]
async fn the_first_plaintext_is_answered_after_three_round_trips() {
    let site = Site::echo(&Identity::new());
    let relay = Relay::start(site.local, 1).await.unwrap();
    let (dialer, _) = dialer();
    for already in [0, 3] {
        let mut stream = dialer.dial(&address('=', relay.address()), SOON).await.unwrap();
        speak(&mut stream, b"greeting and login").await;
        assert_eq!(relay.handle().counters().round_trips, already + 3, "TCP, TLS, and the answer");
    }
}

#[tokio::test]
async fn a_second_connection_is_resumed() {
    let site = Site::echo(&Identity::new());
    let (dialer, _) = dialer();
    let mut first = dialer.dial(&site.address(), SOON).await.unwrap();
    speak(&mut first, b"x").await;
    assert!(!first.resumed());
    first.close().await;
    let mut second = dialer.dial(&site.address(), SOON).await.unwrap();
    speak(&mut second, b"y").await;
    assert!(second.resumed());
}

#[tokio::test]
async fn a_stream_that_dies_while_the_path_is_full_has_written_whole_records_only() {
    let site = Site::tls(&Identity::new(), |mut link| {
        let mut chunk = [0; 65536];
        link.read_exact(&mut chunk[..5]).unwrap();
        link.write_all(b"hello").unwrap();
        while let Ok(1..) = link.read(&mut chunk) {}
    });
    for length in [RECORD_PLAINTEXT_MAX, 5000, 100] {
        let sniffer = Sniffer::new(site.local);
        let mut stream = dialer().0.dial(&address('=', sniffer.local), SOON).await.unwrap();
        // Nothing is left unread, which would turn the end into a reset that throws away what was not sent.
        speak(&mut stream, b"hello").await;
        sniffer.shut(true);
        let mut pushed = 1;
        loop {
            stream.push(&vec![0; length]).unwrap();
            pushed += 1;
            if !stream.try_flush().unwrap() && full_for_good(&mut stream).await {
                break;
            }
        }
        drop(stream);
        sniffer.shut(false);
        let (records, torn) = sniffer.records();
        assert_eq!(torn, 0, "a record of {length} bytes was written in part");
        assert!(records <= pushed + 3 && records >= pushed - 1, "{records} of {pushed}");
    }
}

/// Whether the kernel takes nothing more even after a moment, in which it may have moved bytes on.
async fn full_for_good(stream: &mut Stream) -> bool {
    tokio::time::timeout(Duration::from_millis(50), flush(stream)).await.is_err()
}

#[tokio::test]
async fn plaintext_beyond_one_record_or_behind_too_many_is_not_taken() {
    let site = Site::echo(&Identity::new());
    let mut stream = dial(&site).await;
    assert_eq!(stream.push(&vec![0; RECORD_PLAINTEXT_MAX + 1]), Err(NotTaken::TooLong));
    let mut taken = 0;
    while stream.push(&vec![0; RECORD_PLAINTEXT_MAX]).is_ok() {
        taken += 1;
    }
    assert!((1..=8).contains(&taken));
    assert_eq!(stream.push(b"x"), Err(NotTaken::Full));
    flush(&mut stream).await;
    assert_eq!(stream.push(b"x"), Ok(()));
}

#[tokio::test]
async fn a_large_transfer_arrives_as_it_was() {
    let site = Site::echo(&Identity::new());
    let mut stream = dial(&site).await;
    let sent: Vec<u8> = (0..3_000_000u32).map(|at| (at % 251) as u8).collect();
    let (mut chunks, mut got) = (sent.chunks(RECORD_PLAINTEXT_MAX), Vec::new());
    while got.len() < sent.len() {
        if stream.try_flush().unwrap()
            && let Some(chunk) = chunks.next()
        {
            stream.push(chunk).unwrap();
        }
        let waits = stream.unflushed() > 0;
        tokio::select! {
            () = stream.readable() => {}
            () = stream.writable(), if waits => {}
        }
        stream.try_read(&mut got).unwrap();
    }
    assert_eq!(got, sent);
}

/// A site that says something once it has heard something, and then does `then`.
fn parting(then: impl FnMut(Tls) + Send + 'static) -> Site {
    let mut then = then;
    Site::tls(&Identity::new(), move |mut link| {
        let mut byte = [0; 1];
        link.read_exact(&mut byte).unwrap();
        link.write_all(b"last words").unwrap();
        then(link);
    })
}

async fn end_of(site: &Site) -> (Vec<u8>, StreamEnd) {
    let mut stream = dial(site).await;
    stream.push(b"x").unwrap();
    flush(&mut stream).await;
    let told = read_to_end(&mut stream).await;
    assert_eq!(stream.try_read(&mut Vec::new()), Err(told.1), "it stays ended");
    told
}

#[tokio::test]
async fn the_end_of_a_stream_is_told_after_its_last_words() {
    let orderly = parting(|mut link| {
        link.conn.send_close_notify();
        link.flush().unwrap();
    });
    assert_eq!(end_of(&orderly).await, (b"last words".to_vec(), StreamEnd::CloseNotify));
    let bare = parting(drop);
    assert_eq!(end_of(&bare).await, (b"last words".to_vec(), StreamEnd::Fin));
    let broken = parting(|mut link| {
        link.flush().unwrap();
        link.sock
            .write_all(&[
                23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20,
            ])
            .unwrap();
    });
    // The connection stands, so it is closed in order and not dropped as after a reset.
    assert_eq!(end_of(&broken).await, (b"last words".to_vec(), StreamEnd::Fin));
}

#[tokio::test]
async fn a_reset_is_told_as_one() {
    let site = Site::tls(&Identity::new(), |mut link| {
        let mut byte = [0; 1];
        link.read_exact(&mut byte).unwrap();
        let linger = Some(Duration::ZERO);
        socket2::SockRef::from(&link.sock).set_linger(linger).unwrap();
    });
    assert_eq!(end_of(&site).await, (vec![], StreamEnd::Reset));
}

#[tokio::test]
async fn a_close_is_close_notify_and_then_the_end_at_a_record() {
    let (tell, told) = mpsc::channel();
    let site = Site::tls(&Identity::new(), move |mut link| {
        let mut bytes = Vec::new();
        // Fails at an end without close_notify.
        let orderly = link.read_to_end(&mut bytes).is_ok();
        let mut beyond = [0; 10];
        let rest = link.sock.read(&mut beyond).unwrap();
        tell.send((bytes, orderly, rest)).unwrap();
    });
    let sniffer = Sniffer::new(site.local);
    let mut stream = dialer().0.dial(&address('=', sniffer.local), SOON).await.unwrap();
    stream.push(b"quit").unwrap();
    stream.close().await;
    assert_eq!(told.recv_timeout(SOON).unwrap(), (b"quit".to_vec(), true, 0));
    assert_eq!(sniffer.records().1, 0);
}

#[tokio::test]
async fn a_close_waits_for_what_the_site_still_says() {
    let (tell, told) = mpsc::channel();
    let site = Site::tls(&Identity::new(), move |mut link| {
        let _ = link.read_to_end(&mut Vec::new());
        // More than fits into any buffer: comes to an end only if somebody reads it.
        let written = (0..1000).try_for_each(|_| link.sock.write_all(&[0; 16384]));
        tell.send(written.is_ok()).unwrap();
    });
    let mut stream = dial(&site).await;
    stream.push(b"quit").unwrap();
    stream.close().await;
    assert_eq!(told.recv_timeout(SOON), Ok(true));
}

#[tokio::test]
async fn a_close_towards_a_silent_site_has_an_end() {
    let (_end, wait) = mpsc::channel::<()>();
    let site = Site::tls(&Identity::new(), move |mut link| {
        let _ = link.read_to_end(&mut Vec::new());
        let _ = wait.recv();
    });
    let stream = dial(&site).await;
    tokio::time::pause();
    stream.close().await;
}
