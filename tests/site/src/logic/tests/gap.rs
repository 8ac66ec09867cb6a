//! The delivery gap after an abrupt end (wire 12.3).

use super::harness::{Person, World, ops, user};
use crate::{Config, Gaps, LinkEnd, LinkId, Timers};

const PULSE: &str = r#"{"op":11}    "#;

/// A world in which Berta's link has ended while a message was under way to her, and another waits.
fn cut(config: Config) -> (World, Person, Person) {
    let mut world = World::with(config);
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    for id in ["1", "2"] {
        world.post(anna.link, id, &user(&berta.uid), id.as_bytes());
    }
    assert_eq!(world.take(berta.link).len(), 1);
    world.finish(berta.link, LinkEnd::Reset);
    (world, anna, berta)
}

/// The next login has the gap if this comes back; the greeting has been taken.
fn is_mute(world: &mut World, link: LinkId) -> bool {
    let said = ops(&world.take(link));
    assert_eq!(said[0], "info");
    said == ["info"]
}

#[test]
fn in_a_gap_nothing_is_delivered_and_after_it_everything_in_order() {
    let (mut world, anna, berta) = cut(Config::default());
    assert!(world.site.gap_at_next_login(&berta.uid));
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link));
    world.post(anna.link, "3", &user(&berta.uid), b"3");
    world.advance(29_999);
    world.send(link, PULSE, b"");
    assert!(world.take(link).is_empty());
    world.advance(1);
    let frames = world.drain(link);
    assert_eq!(ops(&frames), ["delivery", "delivery", "login", "delivery"]);
    let data: Vec<_> = frames.iter().map(|frame| frame.data.as_slice()).collect();
    assert_eq!(data, [&b"1"[..], b"2", b"", b"3"]);
    assert_eq!((world.site.record().gaps, world.site.record().repetitions), (1, 0));
}

#[test]
fn in_a_gap_requests_are_handled_and_answered() {
    let (mut world, anna, berta) = cut(Config::default());
    world.site.gap_at_next_login(&berta.uid);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link));
    let both = format!("{},{}", user(&anna.uid), user(&berta.uid));
    assert_eq!(world.post(link, "p", &both, b"x").text("op"), "ack");
    let ping = r#"{"op":9,"id":"q","from":"berta berta","to":"anna anna"}"#;
    assert_eq!(world.ask(link, ping, b"").text("op"), "ack");
    let probe = r#"{"op":3,"id":"r","newalias":"x"}"#;
    assert_eq!(world.ask(link, probe, b"").text("error"), "newalias must be 8+ characters");
    let here = format!(r#"{{"op":4,"id":"o","type":"init","for":[{}]}}"#, user(&berta.uid));
    world.send(anna.link, &here, b"");
    assert_eq!(ops(&world.take(link)), ["ohi"]);
    assert_eq!(ops(&world.drain(anna.link)).last().unwrap(), "ping", "others get theirs");
    world.send(link, r#"{"op":12}"#, b"");
    assert_eq!(world.ended(link), "logout ok");
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(!is_mute(&mut world, link), "the gap has ended with its link");
}

#[test]
fn a_confirmation_sent_in_a_gap_counts_when_its_message_comes() {
    let (mut world, _, berta) = cut(Config::default());
    world.site.gap_at_next_login(&berta.uid);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link));
    world.confirm(link, &world.site.record().queued[&world.site.node_of(link).unwrap()][0].msgid.clone());
    assert!(world.take(link).is_empty());
    world.advance(30_000);
    assert_eq!(ops(&world.take(link)), ["delivery", "delivery"], "the second without another confirmation");
}

#[test]
fn a_message_of_the_gap_does_not_overtake_what_was_in_flight_before_it() {
    let (mut world, _, berta) = cut(Config::default());
    world.site.gap_at_next_login(&berta.uid);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link));
    world.advance(5_000);
    world.send(link, r#"{"op":3,"id":"a","newalias":"berta again"}"#, b"");
    assert_eq!(ops(&world.take(link)), ["ack"]);
    world.advance(25_000);
    assert_eq!(ops(&world.drain(link)), ["delivery", "user", "delivery", "login"]);
}

#[test]
fn a_gap_lasts_as_long_as_a_repetition_takes() {
    let timers = Timers { repeat: std::time::Duration::from_secs(3), ..Timers::default() };
    let (mut world, _, berta) = cut(Config { timers, ..Config::default() });
    world.site.gap_at_next_login(&berta.uid);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link));
    world.advance(2_999);
    assert!(world.take(link).is_empty());
    world.advance(1);
    assert_eq!(world.drain(link).len(), 3);
}

#[test]
fn only_a_login_after_an_abrupt_end_has_a_gap() {
    let mut world = World::new();
    let berta = world.register("berta berta");
    assert!(!world.site.gap_at_next_login("NOBODY"));
    assert!(world.site.gap_at_next_login(&berta.uid));
    world.logout(berta.link);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(!is_mute(&mut world, link), "the old link said goodbye");
    world.finish(link, LinkEnd::CloseNotify);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link), "it was still to come");
    world.finish(link, LinkEnd::Fin);
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(!is_mute(&mut world, link), "it comes once");
}

#[test]
fn by_lot_gaps_come_only_if_a_delivery_was_under_way() {
    let always = || Config { gaps: Some(Gaps { one_in: 1, seed: 1 }), ..Config::default() };
    let (mut world, _, berta) = cut(always());
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(is_mute(&mut world, link));

    let mut world = World::with(always());
    let anna = world.register("anna anna");
    world.finish(anna.link, LinkEnd::Reset);
    let link = world.try_login(&anna.uid, &anna.secret);
    assert!(!is_mute(&mut world, link), "nothing was under way");
}

#[test]
fn a_restart_leaves_no_gap() {
    let (mut world, _, berta) = cut(Config::default());
    world.site.gap_at_next_login(&berta.uid);
    world.site.restart(world.mono(), world.wall());
    let link = world.try_login(&berta.uid, &berta.secret);
    assert!(!is_mute(&mut world, link));
}
