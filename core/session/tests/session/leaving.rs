//! Quit, and what may still happen before it is through.

use tmtp_session::{Body, Command, Ended, Event, Rejected, RequestKey, State};

use crate::world::*;

const LOGGED_OUT: &str = r#"{"error":"logout ok","op":"quit"}"#;

#[test]
fn a_quit_leaves_behind_confirmations_and_before_requests() {
    let mut world = World::online();
    world.post(1, 40_000);
    world.transmit();
    world.ping(2);
    world.command(Command::Quit).unwrap();
    world.command(Command::Confirm("a".into())).unwrap();
    assert_eq!(world.session.state(), State::Leaving);
    assert_eq!(world.frames(), ["7:q1", "10:a", "12"]);
    world.answers("q1");
    world.says(LOGGED_OUT);
    let events = world.events();
    assert!(matches!(&events[0], Event::Answered { key: RequestKey(1), .. }));
    assert_eq!(events[1], Event::Ended(Ended::LoggedOut));
}

#[test]
fn a_leaving_session_takes_no_requests_and_later_no_confirmations() {
    let mut world = World::online();
    world.command(Command::Quit).unwrap();
    world.command(Command::Quit).unwrap();
    assert_eq!(world.submit(1, ping_request(0), Body::None), Err(Rejected::Leaving));
    assert_eq!(world.command(Command::Probe), Err(Rejected::Leaving));
    assert_eq!(world.frames(), ["12"]);
    assert_eq!(world.command(Command::Confirm("a".into())), Err(Rejected::Leaving));
}

#[test]
fn a_message_that_arrives_while_leaving_is_told() {
    let mut world = World::online();
    world.command(Command::Quit).unwrap();
    world.drain();
    world.bytes(&queued(1, "ping", b"hello"));
    world.says(LOGGED_OUT);
    let events = world.events();
    assert!(matches!(&events[0], Event::Message { .. }));
    assert_eq!(events[1], Event::Ended(Ended::LoggedOut));
}

#[test]
fn a_quit_during_the_login_goes_behind_it() {
    let mut world = World::fresh(login());
    world.drain();
    world.command(Command::Quit).unwrap();
    assert_eq!(world.frames(), ["0:1", "2", "12"]);
    world.says(GREETING);
    world.says(INFO);
    world.says(LOGGED_OUT);
    assert_eq!(world.ended(), Some(Ended::LoggedOut));
}

#[test]
fn a_logout_that_nobody_asked_for_is_a_refusal() {
    let mut world = World::online();
    world.says(LOGGED_OUT);
    assert_eq!(world.ended(), Some(Ended::RefusedBySite("logout ok".into())));
}

#[test]
fn bytes_behind_the_quit_are_ignored() {
    let mut world = World::online();
    world.command(Command::Quit).unwrap();
    world.drain();
    world.bytes(&[frame(LOGGED_OUT), queued(1, "ping", b"x"), b"zzzz".to_vec()].concat());
    assert_eq!(world.events(), [Event::Ended(Ended::LoggedOut)]);
}
