//! Each way in which a site can break the protocol ends the session under its own name.

use tmtp_session::{Ended, Misbehaviour, Opening};
use tmtp_wire::frame::FrameError;
use tmtp_wire::json::{BadField, JsonError};
use tmtp_wire::message::Fault;

use crate::world::*;

fn blamed(world: &mut World) -> Misbehaviour {
    match world.ended() {
        Some(Ended::PeerMisbehaved(why)) => why,
        other => panic!("{other:?}"),
    }
}

/// What the site says to a session that is online with two pings open.
fn online(header: &str) -> Misbehaviour {
    let mut world = World::online();
    world.ping(1);
    world.ping(2);
    world.drain();
    world.says(header);
    blamed(&mut world)
}

/// What it says to a session that has been greeted.
fn greeted(opening: Opening, headers: &[&str]) -> Misbehaviour {
    let mut world = World::fresh(opening);
    world.drain();
    world.says(GREETING);
    for header in headers {
        world.says(header);
    }
    blamed(&mut world)
}

fn register() -> Opening {
    Opening::Register { label: "phone".into() }
}

#[test]
fn frames_out_of_step() {
    let mut world = World::online();
    world.bytes(b"12x4");
    assert_eq!(blamed(&mut world), Misbehaviour::Framing(FrameError::BadLength));
    let mut world = World::online();
    world.bytes(b"0008[1,2,3,]");
    assert_eq!(blamed(&mut world), Misbehaviour::Framing(FrameError::Json(JsonError::NotAnObject)));
    let field = FrameError::Field(BadField { field: "datalen" });
    assert_eq!(online(r#"{"op":"x","datalen":"7"}"#), Misbehaviour::Framing(field));
}

#[test]
fn headers_that_cannot_be_understood() {
    assert_eq!(online(r#"{"id":"no op"}"#), Misbehaviour::Header(Fault::Missing { field: "op" }));
    let no_id = format!(r#"{{"from":"{OTHER}","id":7,"op":"login"}}"#);
    assert_eq!(online(&no_id), Misbehaviour::Header(Fault::Field(BadField { field: "id" })));
    let long = format!(r#"{{"op":"quit","error":"{}"}}"#, "x".repeat(5000));
    assert_eq!(online(&long), Misbehaviour::Header(Fault::TooLong { field: "error", limit: 4096 }));
    assert_eq!(
        greeted(register(), &[&format!(r#"{{"nodeid":"weak","op":"registered","uid":"{UID}"}}"#)]),
        Misbehaviour::Header(Fault::NotAnId { field: "nodeid" })
    );
}

#[test]
fn things_before_the_greeting() {
    for header in [INFO, r#"{"id":"q1","op":"ack"}"#, r#"{"op":"weather"}"#, &queued_header(1, "ping", 0)] {
        let mut world = World::fresh(login());
        world.says(header);
        assert_eq!(blamed(&mut world), Misbehaviour::BeforeGreeting, "{header}");
    }
}

#[test]
fn things_before_the_login() {
    let presence = format!(r#"{{"from":"{OTHER}","op":"ohi","status":1}}"#);
    for header in [r#"{"id":"q1","op":"ack"}"#, &presence, &queued_header(1, "ping", 0)] {
        assert_eq!(greeted(login(), &[header]), Misbehaviour::BeforeLogin, "{header}");
    }
}

#[test]
fn openings_that_were_not_asked_for() {
    let registered = format!(r#"{{"nodeid":"{SECRET}","op":"registered","uid":"{UID}"}}"#);
    assert_eq!(online(GREETING), Misbehaviour::GreetingTwice);
    assert_eq!(online(INFO), Misbehaviour::InfoUnasked);
    assert_eq!(greeted(login(), &[&registered]), Misbehaviour::RegisteredUnasked);
    assert_eq!(greeted(register(), &[&registered, &registered]), Misbehaviour::RegisteredUnasked);
    assert_eq!(greeted(register(), &[INFO]), Misbehaviour::RegisteredMissing);
}

#[test]
fn a_direct_message_with_data() {
    assert_eq!(online(r#"{"datalen":3,"op":"weather"}"#), Misbehaviour::DirectWithData);
}

#[test]
fn answers_that_fit_no_request_or_not_the_oldest() {
    let answer = |id: &str| format!(r#"{{"id":"{id}","msgid":"16a9f0c3d5e40001","op":"ack"}}"#);
    assert_eq!(online(&answer("q7")), Misbehaviour::AnswerUnknown);
    assert_eq!(online(&answer("q2")), Misbehaviour::AnswerOutOfOrder);
    let mut world = World::online();
    world.says(&answer("q1"));
    assert_eq!(blamed(&mut world), Misbehaviour::AnswerUnknown);
}

#[test]
fn an_answer_before_the_end_of_its_request() {
    let mut world = World::online();
    world.stream(1, 100);
    world.drain();
    world.answers("q1");
    assert_eq!(blamed(&mut world), Misbehaviour::AnswerTooEarly);
}

#[test]
fn an_answer_that_says_nothing() {
    assert_eq!(online(r#"{"id":"q1","op":"ack"}"#), Misbehaviour::AnswerWithoutMessageId);
}
