//! Requests: order, window, records, streams and their release.

use tmtp_session::{Body, Command, Config, Ended, Event, Rejected, RequestKey, Transmit};
use tmtp_wire::request::{EncodeError, Request};

use crate::world::*;

const PIECE: u64 = 16 * 1024;

#[test]
fn requests_leave_in_order_and_their_answers_find_their_keys() {
    let mut world = World::online();
    world.ping(70);
    world.post(80, 5);
    assert_eq!(world.frames(), ["9:q1", "7:q2"]);
    world.answers("q1");
    world.says(r#"{"error":"no","id":"q2","op":"ack"}"#);
    let events = world.events();
    let [Event::Answered { key: first, outcome: good }, Event::Answered { key: second, outcome: refused }] =
        events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!((*first, *second), (RequestKey(70), RequestKey(80)));
    assert!(good.msgid.is_some() && good.error.is_none());
    assert_eq!(refused.error.as_deref(), Some("no"));
}

#[test]
fn the_window_counts_what_waits_and_what_is_not_answered() {
    let mut world = World::with(Config { window: 2, ..Config::new(login()) });
    world.log_in();
    assert_eq!(world.session.room(), 2);
    world.ping(1);
    world.drain();
    world.ping(2);
    assert_eq!(world.session.room(), 0);
    let third = world.submit(3, ping_request(0), Body::None);
    assert_eq!(third, Err(Rejected::WindowFull));
    world.drain();
    world.answers("q1");
    assert_eq!(world.session.room(), 1);
}

#[test]
fn a_long_frame_is_cut_into_records_and_small_ones_share_one() {
    let mut world = World::online();
    world.records.clear();
    world.post(1, 40_000);
    world.ping(2);
    world.ping(3);
    assert_eq!(world.frames(), ["7:q1", "9:q2", "9:q3"]);
    assert_eq!(world.records.len(), 3);
    assert_eq!(&world.records[..2], [16_384, 16_384]);
}

#[test]
fn confirmations_overtake_requests_only_between_frames() {
    let mut world = World::online();
    world.post(1, 40_000);
    world.ping(2);
    world.transmit();
    world.command(Command::Probe).unwrap();
    world.command(Command::Confirm("a".into())).unwrap();
    assert_eq!(world.frames(), ["7:q1", "10:a", "3:p3", "9:q2"]);
}

#[test]
fn the_last_piece_of_a_stream_waits_for_its_release() {
    let mut world = World::online();
    world.stream(1, 2 * PIECE + 100);
    assert!(matches!(world.transmit(), Some(Transmit::Bytes(_))));
    assert!(world.events().is_empty());
    let key = RequestKey(1);
    let piece = |offset, len, last| Some(Transmit::Stream { key, offset, len, last });
    assert_eq!(world.transmit(), piece(0, 16_384, false));
    assert_eq!(world.events(), [Event::Progress { key, handed_out: 10 + PIECE }]);
    assert_eq!(world.transmit(), piece(PIECE, 16_384, false));
    let progress = Event::Progress { key, handed_out: 10 + 2 * PIECE };
    assert_eq!(world.events(), [progress, Event::AwaitingRelease(key)]);
    assert_eq!(world.transmit(), None);
    assert!(world.session.has_unsent());
    assert!(world.events().is_empty());
    world.release(1);
    assert_eq!(world.transmit(), piece(2 * PIECE, 100, true));
    assert_eq!(world.frames(), ["7:q1"]);
    assert!(!world.session.has_unsent());
    assert!(world.between_frames());
}

#[test]
fn a_stream_of_one_piece_waits_behind_its_lead() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    assert_eq!(world.events(), [Event::AwaitingRelease(RequestKey(1))]);
    world.release(1);
    assert!(matches!(world.transmit(), Some(Transmit::Stream { offset: 0, len: 100, last: true, .. })));
}

#[test]
fn a_stream_released_early_does_not_wait() {
    let mut world = World::online();
    world.stream(1, PIECE);
    world.release(1);
    assert_eq!(world.frames(), ["7:q1"]);
    assert_eq!(world.events(), [Event::Progress { key: RequestKey(1), handed_out: 10 + PIECE }]);
}

#[test]
fn nothing_leaves_behind_a_piece_that_is_held_back() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    world.ping(2);
    world.command(Command::Confirm("a".into())).unwrap();
    assert_eq!(world.frames(), ["7:q1"]);
    world.release(1);
    assert_eq!(world.frames(), ["10:a", "9:q2"]);
}

#[test]
fn a_stream_given_up_before_it_began_is_forgotten() {
    let mut world = World::online();
    world.stream(1, 100);
    world.ping(2);
    world.command(Command::Abandon(RequestKey(1))).unwrap();
    assert_eq!(world.frames(), ["9:q2"]);
    assert_eq!(world.ended(), None);
}

#[test]
fn a_stream_given_up_after_it_began_ends_the_session() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    world.command(Command::Abandon(RequestKey(1))).unwrap();
    assert_eq!(world.ended(), Some(Ended::Abandoned));
    assert!(world.transmit().is_none());
}

#[test]
fn what_contradicts_itself_is_rejected_and_changes_nothing() {
    let mut world = World::online();
    let body = |bytes: usize| Body::Whole(vec![0; bytes]);
    assert_eq!(world.submit(1, ping_request(2), body(3)), Err(Rejected::BodyLength));
    assert_eq!(world.submit(1, ping_request(2), Body::None), Err(Rejected::BodyLength));
    let streamed = Body::Streamed { lead: vec![0; 5], rest: 0 };
    assert_eq!(world.submit(1, post_request(5), streamed), Err(Rejected::BodyLength));
    for request in [Request::Quit, Request::Pulse, Request::TmtpRev, Request::Probe] {
        assert_eq!(world.submit(1, request, Body::None), Err(Rejected::NotSubmittable));
    }
    let long = world.submit(1, ping_request(500), body(500));
    assert_eq!(long, Err(Rejected::Encode(EncodeError::TextTooLong { field: "text", limit: 420 })));
    assert_eq!(world.command(Command::Release(RequestKey(1))), Err(Rejected::UnknownKey));
    assert_eq!(world.command(Command::Abandon(RequestKey(1))), Err(Rejected::UnknownKey));
    assert!(world.frames().is_empty());
    assert_eq!(world.session.room(), 16);
}

#[test]
fn a_key_serves_one_request_at_a_time() {
    let mut world = World::online();
    world.ping(1);
    assert_eq!(world.submit(1, ping_request(0), Body::None), Err(Rejected::KeyInUse));
    world.drain();
    assert_eq!(world.submit(1, ping_request(0), Body::None), Err(Rejected::KeyInUse));
    world.answers("q1");
    world.ping(1);
    assert_eq!(world.frames(), ["9:q1", "9:q2"]);
}

#[test]
fn a_probe_is_asked_once_and_answered_by_any_answer() {
    let mut world = World::online();
    world.command(Command::Probe).unwrap();
    world.command(Command::Probe).unwrap();
    assert_eq!(world.frames(), ["3:p1"]);
    world.command(Command::Probe).unwrap();
    assert!(world.frames().is_empty());
    world.says(r#"{"error":"newalias must be 8+ characters","id":"p1","op":"ack"}"#);
    assert_eq!(world.events(), [Event::Probed]);
    world.command(Command::Probe).unwrap();
    assert_eq!(world.frames(), ["3:p2"]);
}
