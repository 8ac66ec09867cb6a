//! User edits keep away from logins, from each other and from everything else (wire 18.3).

use std::time::Duration;

use tmtp_session::{Body, Opening};
use tmtp_wire::request::Request;

use crate::world::*;

fn edit(world: &mut World, key: u64) {
    world.submit(key, alias_request(), Body::None).unwrap();
}

#[test]
fn an_edit_waits_two_seconds_after_the_login_and_others_need_not() {
    let mut world = World::online();
    edit(&mut world, 1);
    world.ping(2);
    assert_eq!(world.frames(), ["9:q2"]);
    world.answers("q2");
    world.wait(Duration::from_millis(1999));
    assert!(world.frames().is_empty());
    assert!(world.session.has_unsent());
    world.wait(Duration::from_millis(1));
    assert_eq!(world.frames(), ["3:q1"]);
}

#[test]
fn the_two_seconds_begin_when_the_site_says_login_ok() {
    let mut world = World::fresh(login());
    edit(&mut world, 1);
    world.wait(secs(10));
    world.log_in();
    world.wait(Duration::from_millis(1999));
    assert!(world.frames().is_empty());
    world.wait(Duration::from_millis(1));
    assert_eq!(world.frames(), ["3:q1"]);
}

#[test]
fn after_a_registration_an_edit_may_leave_at_once_but_not_before() {
    let mut world = World::fresh(Opening::Register { label: "phone".into() });
    edit(&mut world, 1);
    assert_eq!(world.frames(), ["0:1", "1"]);
    world.says(GREETING);
    world.says(&format!(r#"{{"nodeid":"{SECRET}","op":"registered","uid":"{UID}"}}"#));
    assert!(world.frames().is_empty());
    world.says(INFO);
    assert_eq!(world.frames(), ["3:q1"]);
}

#[test]
fn an_edit_waits_until_nothing_is_open_and_holds_back_what_follows() {
    let mut world = World::online();
    world.wait(secs(3));
    world.ping(1);
    edit(&mut world, 2);
    world.ping(3);
    assert_eq!(world.frames(), ["9:q1"]);
    world.answers("q1");
    assert_eq!(world.frames(), ["3:q2"]);
    world.says(r#"{"id":"q2","op":"ack"}"#);
    assert_eq!(world.frames(), ["9:q3"]);
}

#[test]
fn only_one_edit_is_open() {
    let mut world = World::online();
    world.wait(secs(3));
    edit(&mut world, 1);
    world.submit(2, Request::NewNode("phone".parse().unwrap()), Body::None).unwrap();
    assert_eq!(world.frames(), ["3:q1"]);
    world.says(r#"{"error":"AddAlias: alias A already taken","id":"q1","op":"ack"}"#);
    assert_eq!(world.frames(), ["3:q2"]);
}

#[test]
fn confirmations_and_pulses_leave_beside_an_edit() {
    let mut world = World::online();
    world.wait(secs(3));
    edit(&mut world, 1);
    world.frames();
    world.command(tmtp_session::Command::Confirm("a".into())).unwrap();
    assert_eq!(world.frames(), ["10:a"]);
}
