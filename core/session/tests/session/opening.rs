//! From the link's first byte to the login.

use tmtp_session::{
    Command, Config, Ended, Event, Incompatibility, Input, Opening, RequestKey, State, StreamEnd,
};
use tmtp_wire::ids::MsgId;

use crate::world::*;

fn register() -> Opening {
    Opening::Register { label: "phone".into() }
}

fn registered() -> String {
    format!(r#"{{"nodeid":"{SECRET}","op":"registered","uid":"{UID}"}}"#)
}

#[test]
fn version_login_and_reconfirmation_leave_in_one_record() {
    let reconfirm = Some(MsgId(0x16a9_f0c3_d5e4_0001));
    let mut world = World::with(Config { reconfirm, ..Config::new(login()) });
    assert_eq!(world.frames(), ["0:1", "2", "10:16a9f0c3d5e40001"]);
    assert_eq!(world.records.len(), 1);
}

#[test]
fn requests_submitted_at_once_leave_in_the_first_record_too() {
    let mut world = World::fresh(login());
    world.ping(1);
    world.post(2, 100);
    assert_eq!(world.frames(), ["0:1", "2", "9:q1", "7:q2"]);
    assert_eq!(world.records.len(), 1);
}

#[test]
fn greeting_and_info_make_the_session_online() {
    let mut world = World::fresh(login());
    world.drain();
    assert_eq!(world.session.state(), State::Opening);
    world.says(GREETING);
    world.says(&format!(r#"{{"info":"login ok","ohi":["{OTHER}"],"op":"info"}}"#));
    assert_eq!(world.session.state(), State::Online);
    let events = world.events();
    assert!(matches!(&events[0], Event::Greeted(greeting) if greeting.name == "site"));
    assert_eq!(events[1], Event::LoggedIn { present: vec![OTHER.parse().unwrap()] });
}

#[test]
fn a_registration_tells_the_new_member_before_the_login() {
    let mut world = World::fresh(register());
    assert_eq!(world.frames(), ["0:1", "1"]);
    world.says(GREETING);
    world.says(&registered());
    world.says(INFO);
    let events = world.events();
    let expected =
        Event::Registered { uid: UID.parse().unwrap(), secret: SECRET.parse().unwrap(), error: None };
    assert_eq!(events[1], expected);
    assert!(matches!(events[2], Event::LoggedIn { .. }));
}

#[test]
fn a_look_ends_with_the_greeting() {
    let mut world = World::fresh(Opening::Look);
    assert_eq!(world.frames(), ["0:1"]);
    world.says(r#"{"auth":1,"authby":[{}],"id":"1","name":"site","op":"tmtprev"}"#);
    let events = world.events();
    assert!(matches!(&events[0], Event::Greeted(greeting) if greeting.authby == 1));
    assert_eq!(events[1], Event::Ended(Ended::LoggedOut));
}

#[test]
fn each_refusal_of_a_login_is_an_end_of_its_own() {
    for (opening, text, ended) in [
        (login(), "node already connected", Ended::NodeBusy),
        (login(), "login failed", Ended::LoginRefused),
        (login(), "corrupt base32 value", Ended::LoginRefused),
        (register(), "authentication required", Ended::RegistrationNeedsSignIn),
        (register(), "register failure", Ended::RefusedBySite("register failure".into())),
        (login(), "logout ok", Ended::RefusedBySite("logout ok".into())),
    ] {
        let mut world = World::fresh(opening);
        world.drain();
        world.says(GREETING);
        world.says(&format!(r#"{{"error":"{text}","op":"quit"}}"#));
        assert_eq!(world.ended(), Some(ended), "{text}");
    }
}

#[test]
fn another_protocol_is_told_from_another_version() {
    for (first, incompatibility) in [
        (b"HTTP/1.1 400 Bad Request\r\n".to_vec(), Incompatibility::NotTmtp),
        (b"0008not json".to_vec(), Incompatibility::NotTmtp),
        (frame(r#"{"id":"2","op":"tmtprev"}"#), Incompatibility::Version),
    ] {
        let mut world = World::fresh(login());
        world.bytes(&first);
        assert_eq!(world.ended(), Some(Ended::PeerIncompatible(incompatibility)));
    }
}

#[test]
fn a_link_that_ends_early_is_lost() {
    for end in
        [StreamEnd::CloseNotify, StreamEnd::Fin, StreamEnd::Reset, StreamEnd::Stalled, StreamEnd::Local]
    {
        let mut world = World::fresh(login());
        world.session.handle_input(world.now, Input::End(end)).unwrap();
        assert_eq!(world.ended(), Some(Ended::Lost(end)));
        assert_eq!(world.session.poll_timeout(), None);
        assert!(world.transmit().is_none());
    }
}

#[test]
fn an_opening_that_cannot_be_sent_ends_before_the_first_byte() {
    let mut world = World::fresh(Opening::Register { label: String::new() });
    assert!(world.transmit().is_none());
    assert!(matches!(world.ended(), Some(Ended::OpeningInvalid(_))));
}

#[test]
fn leaving_before_anything_was_written_ends_at_once() {
    let mut world = World::fresh(login());
    world.ping(1);
    world.command(Command::Quit).unwrap();
    assert_eq!(world.ended(), Some(Ended::LoggedOut));
    assert!(world.transmit().is_none());
}

#[test]
fn after_the_end_nothing_is_taken_and_nothing_more_is_said() {
    let mut world = World::online();
    world.session.handle_input(world.now, Input::End(StreamEnd::Fin)).unwrap();
    world.session.handle_input(world.now, Input::End(StreamEnd::Reset)).unwrap();
    world.bytes(b"anything");
    assert!(world.command(Command::Probe).is_err());
    assert!(world.command(Command::Release(RequestKey(1))).is_err());
    assert_eq!(world.events(), [Event::Ended(Ended::Lost(StreamEnd::Fin))]);
    assert_eq!(world.session.state(), State::Ended);
}
