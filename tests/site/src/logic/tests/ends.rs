//! Quits with their texts, and what happens to the rest of a stream (wire 3, 10).

use super::harness::{World, frame, ops, user};
use crate::LinkEnd;

fn quit_of(header: &str, data: &[u8]) -> String {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.send(anna.link, &header.replace("ANNA", &anna.uid), data);
    world.ended(anna.link)
}

#[test]
fn each_impossible_request_is_thrown_out_with_its_text() {
    let long = "x".repeat(421);
    for (header, data, error) in [
        (r#"{"op":13,"a":1}"#, &b""[..], "invalid header"),
        (r#"{"op":3,"id":"a"}"#, b"", "invalid header"),
        (r#"{"op":3,"id":"a","newnode":"n","newalias":"long enough"}"#, b"", "invalid header"),
        (r#"{"op":4,"id":"a","type":"other","for":[{"id":"u"}]}"#, b"", "invalid header"),
        (r#"{"op":6,"id":"a","act":"other","gid":"walkers of"}"#, b"", "invalid header"),
        (r#"{"op":6,"id":"a","act":"drop","gid":"walkers of"}"#, b"", "invalid header"),
        (r#"{"op":6,"id":"a","act":"alias","gid":"walkers of"}"#, b"", "invalid header"),
        (r#"{"op":8,"id":"a","for":[],"datalen":2,"notelen":2}"#, b"xx", "data too short for request type"),
        (
            r#"{"op":8,"id":"a","for":[],"datalen":2,"notelen":1,"fornotself":true}"#,
            b"xx",
            "recipient list empty",
        ),
        (
            r#"{"op":9,"id":"a","from":"f","to":"t","datalen":421}"#,
            long.as_bytes(),
            "data too long for request type",
        ),
        (
            r#"{"op":9,"id":"a","from":"f","to":"t","datalen":141}"#,
            &long.as_bytes()[..141],
            "data too long for request type",
        ),
        (r#"{"op":9,"id":"a","from":"f","to":"t","datalen":2}"#, b"\xff\xfe", "data not valid UTF8"),
        (
            r#"{"op":9,"id":"a","from":"f","to":"t","datalen":3}"#,
            "\u{fffd}".as_bytes(),
            "data not valid UTF8",
        ),
        (
            r#"{"op":5,"id":"a","gid":"g","from":"f","to":"t","datalen":2}"#,
            b"\xff\xfe",
            "data not valid UTF8",
        ),
        (r#"{"op":10,"id":"a"}"#, b"", "invalid header"),
        (r#"{"op":12}"#, b"", "logout ok"),
    ] {
        assert_eq!(quit_of(header, data), error, "{header}");
    }
}

#[test]
fn a_bad_length_prefix_is_noticed_when_twelve_bytes_are_there() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.raw(anna.link, b"+00b{\"op\":1");
    assert!(world.is_open(anna.link));
    world.raw(anna.link, b"1");
    assert_eq!(world.ended(anna.link), "invalid header length");
    assert_eq!(quit_of("{\"op\":1", b"1}     "), "invalid header length");
}

#[test]
fn length_digits_in_upper_case_are_taken() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.raw(anna.link, b"001A{\"op\":3,\"newalias\":\"x\",\"id\":\"p\"}");
    assert_eq!(world.ended(anna.link), "invalid header");
    let berta = world.register("berta berta");
    world.raw(berta.link, b"002A{\"op\":3,\"newalias\":\"x\",\"id\":\"p\"}          ");
    assert_eq!(ops(&world.take(berta.link)), ["ack"]);
}

#[test]
fn a_request_refused_by_answer_keeps_the_stream_in_step() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let bad = format!(r#"{{"op":7,"id":"1","for":[{}],"datalen":10}}"#, user("NOBODY"));
    let good = format!(r#"{{"op":7,"id":"2","for":[{}],"datalen":1}}"#, user(&anna.uid));
    world.raw(anna.link, &[frame(&bad, b"0009{\"op\":"), frame(&good, b"x")].concat());
    let frames = world.take(anna.link);
    assert_eq!(frames[0].text("error"), "OpenNodes: iUid NOBODY not found");
    assert_eq!(ops(&frames[1..]).len(), 2, "answer and own copy");
}

#[test]
fn frames_arrive_byte_by_byte_or_all_at_once() {
    let run = |size: usize| {
        let mut world = World::new();
        let anna = world.register("anna anna");
        let mut bytes = Vec::new();
        for id in 0..3 {
            let header = format!(r#"{{"op":7,"id":"{id}","for":[{}],"datalen":3}}"#, user(&anna.uid));
            bytes.extend(frame(&header, b"abc"));
        }
        let mut out = Vec::new();
        for piece in bytes.chunks(size) {
            world.raw(anna.link, piece);
            out.extend(world.take_bytes(anna.link, 7));
        }
        while world.site.has_output(anna.link) {
            out.extend(world.take_bytes(anna.link, 7));
        }
        let mut frames: Vec<_> = super::harness::frames(&out).into_iter().map(|frame| frame.raw).collect();
        frames.sort();
        frames
    };
    assert_eq!(run(1), run(usize::MAX));
}

#[test]
fn requests_complete_before_the_end_are_answered() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    for id in 0..3 {
        world.send(anna.link, &format!(r#"{{"op":7,"id":"{id}","for":[],"datalen":1}}"#), b"x");
    }
    world.raw(anna.link, b"0040{\"op\":7,\"half");
    world.finish(anna.link, LinkEnd::CloseNotify);
    assert_eq!(ops(&world.take(anna.link)), ["ack", "ack", "ack"]);
    assert!(world.site.wants_close(anna.link));
}

#[test]
fn a_half_sent_post_leaves_nothing() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let header = format!(r#"{{"op":7,"id":"p","for":[{}],"datalen":100}}"#, user(&anna.uid));
    world.send(anna.link, &header, b"half of it");
    world.finish(anna.link, LinkEnd::Fin);
    assert!(!world.is_open(anna.link));
    assert_eq!((world.site.undelivered(), world.site.record().violations.len()), (0, 0));
}

#[test]
fn a_reset_throws_away_what_was_being_written_and_keeps_what_was_accepted() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    for id in 0..3 {
        let header = format!(r#"{{"op":7,"id":"{id}","for":[{}],"datalen":1}}"#, user(&anna.uid));
        world.send(anna.link, &header, b"x");
    }
    world.finish(anna.link, LinkEnd::Reset);
    assert_eq!(world.take_bytes(anna.link, 100), b"");
    assert!(world.site.wants_close(anna.link));
    assert_eq!(world.site.queued(&anna.uid), 3);
}

#[test]
fn a_pulse_has_no_answer() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.send(anna.link, r#"{"op":11}    "#, b"");
    assert_eq!(world.take_bytes(anna.link, 100), b"");
    assert!(world.is_open(anna.link));
}

#[test]
fn a_quit_waits_for_the_delivery_being_written() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let berta = world.register("berta berta");
    world.post(anna.link, "p", &user(&berta.uid), &[7; 1000]);
    let first = world.take_bytes(berta.link, 100);
    world.send(berta.link, r#"{"op":12}"#, b"");
    let rest = world.take_bytes(berta.link, usize::MAX);
    let frames = super::harness::frames(&[first, rest].concat());
    assert_eq!(ops(&frames), ["delivery", "quit"]);
}

#[test]
fn what_is_not_unicode_in_a_header_comes_back_as_the_replacement_character() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    for id in [&b"\\ud800"[..], b"\xff", b"\\udc00"] {
        let header = [&br#"{"op":3,"newalias":"x","id":""#[..], id, b"\"}"].concat();
        world.raw(anna.link, &[format!("{:04x}", header.len()).as_bytes(), &header].concat());
        let answer = world.take(anna.link).remove(0);
        assert_eq!((answer.text("op"), answer.text("id")), ("ack".to_owned(), "\u{fffd}".to_owned()));
    }
}
