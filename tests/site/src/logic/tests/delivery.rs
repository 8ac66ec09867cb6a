//! Stop and wait, repetition, confirmations, one writer at a time (wire 12).

use super::harness::{World, ops, user};
use crate::LinkEnd;

#[test]
fn an_unconfirmed_message_comes_again_after_thirty_seconds_without_limit() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "p", &user(&berta.uid), b"one");
    let first = world.take(berta.link).remove(0);
    for _ in 0..3 {
        world.advance(29_999);
        world.send(berta.link, r#"{"op":11}    "#, b"");
        assert!(world.take(berta.link).is_empty());
        world.advance(1);
        assert_eq!(world.take(berta.link).remove(0).raw, first.raw);
    }
    assert_eq!(world.site.record().repetitions, 3);
}

#[test]
fn the_next_message_waits_for_the_confirmation_of_the_one_before() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    for id in ["1", "2"] {
        world.post(anna.link, id, &user(&berta.uid), id.as_bytes());
    }
    let first = world.take(berta.link);
    assert_eq!(first.len(), 1);
    world.confirm(berta.link, "0000000000000001");
    assert!(world.take(berta.link).is_empty(), "another id confirms nothing");
    world.confirm(berta.link, &first[0].text("id"));
    assert_eq!(world.take(berta.link)[0].data, b"2");
    assert_eq!(world.site.record().stray_confirmations, 1);
}

#[test]
fn the_message_in_flight_comes_first_on_the_next_link_right_behind_the_greeting() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "p", &user(&berta.uid), b"one");
    let first = world.take(berta.link).remove(0);
    world.logout(berta.link);
    let link = world.try_login(&berta.uid, &berta.secret);
    let frames = world.take(link);
    assert_eq!(ops(&frames), ["info", "delivery"]);
    assert_eq!(frames[1].raw, first.raw);
    world.confirm(link, &first.text("id"));
    assert_eq!(ops(&world.take(link)), ["login"]);
}

#[test]
fn an_unasked_confirmation_behind_login_confirms_the_repetition() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "p", &user(&berta.uid), b"one");
    let id = world.take(berta.link)[0].text("id");
    world.finish(berta.link, LinkEnd::Reset);
    let link = world.greet();
    let login = format!(r#"{{"op":2,"uid":"{}","node":"{}"}}"#, berta.uid, berta.secret);
    world.send(link, &login, b"");
    world.confirm(link, &id);
    assert_eq!(ops(&world.take(link)), ["info", "delivery", "login"]);
}

#[test]
fn twelve_stray_confirmations_delay_the_next_request_by_four_seconds() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    for stray in 0..12 {
        world.confirm(anna.link, &format!("{stray:016x}"));
    }
    let ping = r#"{"op":9,"id":"p","from":"anna anna","to":"anna anna"}"#;
    world.send(anna.link, ping, b"");
    assert!(!world.site.takes_input(anna.link));
    world.advance(3_999);
    assert!(world.take(anna.link).is_empty());
    world.advance(1);
    let mut said = ops(&world.take(anna.link));
    said.sort();
    assert_eq!(said, ["ack", "ping"]);
}

#[test]
fn a_confirmation_sent_while_the_message_is_written_counts_when_it_is() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let answer = world.post(anna.link, "p", &user(&berta.uid), &[1; 10_000]);
    world.take_bytes(berta.link, 500);
    world.confirm(berta.link, &answer.text("msgid"));
    assert_eq!(world.site.queued(&berta.uid), 1);
    world.take_bytes(berta.link, usize::MAX);
    assert_eq!(world.site.queued(&berta.uid), 0);
}

#[test]
fn while_a_delivery_is_written_answers_wait_and_nothing_more_is_read() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "p", &user(&berta.uid), &[1; 10_000]);
    let mut out = world.take_bytes(berta.link, 500);
    for id in ["1", "2"] {
        world.send(berta.link, &format!(r#"{{"op":7,"id":"{id}","for":[],"datalen":1}}"#), b"x");
    }
    assert!(!world.site.takes_input(berta.link));
    assert_eq!(world.site.record().posts_accepted, 2, "the first of the two is handled, the second is not");
    out.extend(world.take_bytes(berta.link, usize::MAX));
    assert_eq!(ops(&super::harness::frames(&out)), ["delivery", "ack", "ack"]);
}

#[test]
fn the_repetition_is_counted_from_the_last_byte_taken() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "p", &user(&berta.uid), &[1; 1000]);
    world.take_bytes(berta.link, 500);
    world.advance(100_000);
    world.take_bytes(berta.link, usize::MAX);
    world.advance(19_999);
    assert!(!world.site.has_output(berta.link));
    world.send(berta.link, r#"{"op":11}    "#, b"");
    world.advance(10_001);
    assert!(world.site.has_output(berta.link));
}

#[test]
fn a_new_node_starts_with_what_waited_for_the_one_that_asked() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "1", &user(&berta.uid), b"one");
    let first = world.take(berta.link).remove(0);
    world.post(anna.link, "2", &user(&berta.uid), b"two");
    world.send(berta.link, r#"{"op":3,"id":"n","newnode":"<tab>"}"#, b"");
    assert_eq!(ops(&world.take(berta.link)), ["ack"], "the user message waits behind what is in flight");
    world.confirm(berta.link, &first.text("id"));
    let user = world.take(berta.link).remove(0);
    assert_eq!(user.text("op"), "user");
    assert!(user.raw.contains(r#""newnode":"\u003ctab\u003e","nodeid":""#), "{}", user.raw);
    let link = world.try_login(&berta.uid, &user.text("nodeid"));
    let frames = world.drain(link);
    assert_eq!(ops(&frames), ["info", "user", "delivery", "delivery", "login"]);
    assert_eq!(frames[2].raw, first.raw);
}

#[test]
fn held_nodes_get_nothing_until_released() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    assert!(world.site.hold(&berta.uid));
    world.post(anna.link, "p", &user(&berta.uid), b"one");
    assert!(!world.site.has_output(berta.link));
    assert_eq!(world.site.queued(&berta.uid), 1);
    world.site.release(world.mono(), world.wall(), &berta.uid);
    assert_eq!(ops(&world.take(berta.link)), ["delivery"]);
}
