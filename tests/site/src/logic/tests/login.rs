//! Greeting, registration, login and their refusals (wire 7, 8).

use super::harness::{World, ops};
use crate::{Config, LinkEnd};

#[test]
fn any_version_is_answered_with_one() {
    let mut world = World::new();
    let link = world.open();
    let greeting = world.ask(link, r#"{"op":0,"id":"99"}"#, b"");
    assert_eq!(greeting.raw, r#"{"id":"1","name":"site","op":"tmtprev"}"#);
}

#[test]
fn registration_succeeds_even_if_the_alias_is_refused() {
    let mut world = World::new();
    let link = world.greet();
    world.send(link, r#"{"op":1,"newnode":"x","newalias":"short"}"#, b"");
    let frames = world.take(link);
    assert_eq!(ops(&frames), ["registered", "info"]);
    assert_eq!(frames[0].text("error"), "newalias must be 8+ characters");
    assert_eq!(frames[1].raw, r#"{"info":"login ok","op":"info"}"#);
    assert!(world.is_open(link));
}

#[test]
fn a_login_is_followed_by_its_own_tagged_message() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.logout(anna.link);
    let link = world.greet();
    let login = format!(r#"{{"op":2,"uid":"{}","node":"{}","datasum":77}}"#, anna.uid, anna.secret);
    world.send(link, &login, b"");
    let frames = world.take(link);
    assert_eq!(ops(&frames), ["info", "login"]);
    assert_eq!((frames[1].number("datasum"), frames[1].text("node")), (Some(77), "tbd".to_owned()));
}

#[test]
fn every_refused_login_closes_the_link_with_its_reason() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let stranger = "QQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQQ";
    for (uid, node, error) in [
        (stranger, anna.secret.as_str(), "login failed"),
        ("../x", &anna.secret, "login failed"),
        (&anna.uid, "LB27ML46", "login failed"),
        (&anna.uid, "none", "corrupt base32 value"),
        (&anna.uid, &anna.secret.to_lowercase(), "corrupt base32 value"),
        (&anna.uid, &anna.secret, "node already connected"),
        ("", &anna.secret, "invalid header"),
    ] {
        let link = world.try_login(uid, node);
        assert_eq!(world.ended(link), error, "{uid} {node}");
    }
    assert!(world.is_open(anna.link));
    assert_eq!(world.site.record().nodes_busy, 1);
}

#[test]
fn requests_out_of_order_are_thrown_out() {
    let mut world = World::new();
    let link = world.greet();
    world.send(link, r#"{"op":0,"id":"1"}"#, b"");
    assert_eq!(world.ended(link), "disallowed op repetition");
    let link = world.greet();
    world.send(link, r#"{"op":11,"id":""}"#, b"");
    assert_eq!(world.ended(link), "disallowed op on unauthenticated link");
    let anna = world.register("anna anna");
    world.send(anna.link, r#"{"op":1,"newnode":"x","newalias":"_"}"#, b"");
    assert_eq!(world.ended(anna.link), "disallowed op on connected link");
}

#[test]
fn before_the_greeting_nothing_is_ever_said() {
    let mut world = World::new();
    for bytes in [&b"zzzz{\"op\":0,\"id\":\"1\"}"[..], b"0009{\"op\":12}xxxx", b"0011{\"op\":0,\"id\":1}  "] {
        let link = world.open();
        world.raw(link, bytes);
        assert_eq!(world.take_bytes(link, 100), b"");
        assert!(world.site.wants_close(link));
    }
}

#[test]
fn a_login_later_than_five_seconds_finds_the_link_closed() {
    let mut world = World::new();
    let link = world.greet();
    world.advance(4_999);
    world.raw(link, b"0");
    assert!(world.is_open(link));
    world.advance(1);
    assert_eq!(world.ended(link), "", "silently");
}

#[test]
fn two_minutes_without_a_byte_end_a_link_and_any_byte_prolongs_it() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.advance(119_999);
    world.raw(anna.link, b"0");
    world.advance(119_999);
    let early = world.try_login(&anna.uid, &anna.secret);
    assert_eq!(world.ended(early), "node already connected");
    assert!(world.is_open(anna.link));
    world.advance(1);
    assert_eq!(world.ended(anna.link), "");
    world.login(&anna.uid, &anna.secret);
}

#[test]
fn a_node_is_free_before_its_goodbye_is_written() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.send(anna.link, r#"{"op":12}"#, b"");
    world.login(&anna.uid, &anna.secret);
    assert_eq!(world.ended(anna.link), "logout ok");
}

#[test]
fn a_node_stays_locked_while_a_write_is_not_taken() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let berta = world.register("berta berta");
    let target = super::harness::user(&berta.uid);
    world.post(anna.link, "p", &target, &[7; 100_000]);
    world.take_bytes(berta.link, 50_000);
    world.advance(200_000);
    assert!(!world.site.wants_close(berta.link), "two minutes have struck, the write goes on");
    let busy = world.try_login(&berta.uid, &berta.secret);
    assert_eq!(world.ended(busy), "node already connected");
    world.site.closed(world.mono(), world.wall(), berta.link);
    world.login(&berta.uid, &berta.secret);
}

#[test]
fn a_vanished_client_is_given_up_when_its_write_has_stood_still_for_sixteen_minutes() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let berta = world.register("berta berta");
    world.post(anna.link, "p", &super::harness::user(&berta.uid), &[7; 100_000]);
    world.advance(945_999);
    assert!(world.is_open(berta.link));
    world.advance(1);
    assert!(!world.is_open(berta.link));
    world.login(&berta.uid, &berta.secret);
}

#[test]
fn each_proper_end_frees_the_node_at_once() {
    for end in [LinkEnd::CloseNotify, LinkEnd::Fin, LinkEnd::FinInsideRecord, LinkEnd::Reset] {
        let mut world = World::new();
        let anna = world.register("anna anna");
        world.finish(anna.link, end);
        assert_eq!(world.ended(anna.link), "");
        world.login(&anna.uid, &anna.secret);
        assert_eq!(world.site.record().violations, []);
    }
}

#[test]
fn a_site_that_demands_sign_in_says_so_and_registers_nobody() {
    let mut world = World::with(Config { demand_sign_in: true, ..Config::default() });
    let link = world.open();
    let greeting = world.ask(link, r#"{"op":0,"id":"1"}"#, b"");
    assert!(greeting.raw.starts_with(r#"{"auth":1,"authby":[{"#), "{}", greeting.raw);
    world.send(link, r#"{"op":1,"newnode":"x","newalias":"_","oidc":{"id_token":"x"}}"#, b"");
    assert_eq!(world.ended(link), "authentication required");
}

#[test]
fn what_follows_a_refused_login_in_the_same_flight_has_no_effect() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let link = world.open();
    let login = format!(r#"{{"op":2,"uid":"{}","node":"{}"}}"#, anna.uid, anna.secret);
    let post = format!(r#"{{"op":7,"id":"p","for":[{}],"datalen":1}}"#, super::harness::user(&anna.uid));
    let flight = [
        super::harness::frame(r#"{"op":0,"id":"1"}"#, b""),
        super::harness::frame(&login, b""),
        super::harness::frame(&post, b"x"),
    ];
    world.raw(link, &flight.concat());
    assert_eq!(ops(&world.take(link)), ["tmtprev", "quit"]);
    assert_eq!(world.site.record().posts_accepted, 0);
}

#[test]
fn a_registration_in_time_ends_the_limit_of_five_seconds_and_an_edit_may_follow_at_once() {
    let mut world = World::new();
    let link = world.greet();
    world.advance(4_999);
    world.send(link, r#"{"op":1,"newnode":"x","newalias":"_"}"#, b"");
    world.send(link, r#"{"op":3,"id":"a","newalias":"anna anna"}"#, b"");
    let mut said = ops(&world.drain(link));
    assert_eq!(said[..2], ["registered", "info"]);
    said[2..].sort();
    assert_eq!(said[2..], ["ack", "user"], "no login message after a registration");
    world.advance(119_999);
    assert!(world.is_open(link));
    world.advance(1);
    assert_eq!(world.ended(link), "", "silence ends a link without a quit");
    assert!(world.site.record().violations.is_empty());
}
