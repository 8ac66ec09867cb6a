//! What would break the public server closes the link and is recorded (wire 18); what would not, does not.

use super::harness::{World, frame, user};
use crate::{FatalInput, LinkEnd, ViolationKind};

fn kinds(world: &World) -> Vec<ViolationKind> {
    world.site.record().violations.iter().map(|violation| violation.kind).collect()
}

fn fatal(header: &str, data: &[u8]) -> Vec<ViolationKind> {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.send(anna.link, header, data);
    let kinds = kinds(&world);
    assert_eq!(world.site.wants_close(anna.link), !kinds.is_empty());
    assert!(world.site.wants_close(anna.link) || world.site.has_output(anna.link), "{header}");
    kinds
}

#[test]
fn input_that_ends_the_public_server_is_a_violation() {
    let long = "x".repeat(256);
    let at_limit = "x".repeat(255);
    let echo = "<".repeat(10_923);
    let many: Vec<_> = (0..1500).map(|_| r#"{"id":"ANNA"}"#).collect();
    for (header, kind) in [
        (format!(r#"{{"op":9,"id":"p","from":"anna anna","to":"{long}"}}"#), Some(FatalInput::NameTooLong)),
        (format!(r#"{{"op":9,"id":"p","from":"anna anna","to":"{at_limit}"}}"#), None),
        (r#"{"op":9,"id":"p","from":"anna anna","to":".."}"#.to_owned(), Some(FatalInput::DotName)),
        (format!(r#"{{"op":3,"id":"p","newalias":"{long}"}}"#), Some(FatalInput::NameTooLong)),
        (
            format!(r#"{{"op":5,"id":"p","gid":"{}","from":"anna anna","to":"anna anna"}}"#, "g".repeat(246)),
            Some(FatalInput::GroupNameTooLong),
        ),
        (format!(r#"{{"op":3,"id":"{echo}","newalias":"x"}}"#), Some(FatalInput::EchoTooLong)),
        (format!(r#"{{"op":3,"id":"p","newnode":"{echo}"}}"#), Some(FatalInput::EchoTooLong)),
        (format!(r#"{{"op":4,"id":"p","type":"init","for":[{}]}}"#, many.join(",")), None),
        (
            r#"{"op":7,"id":"p","for":[],"datalen":9223372036854775807}"#.to_owned(),
            Some(FatalInput::DatalenTooLarge),
        ),
    ] {
        let expected: Vec<_> = kind.map(ViolationKind::FatalInput).into_iter().collect();
        assert_eq!(fatal(&header, b""), expected, "{}", &header[..60.min(header.len())]);
    }
    let post = |target: String| format!(r#"{{"op":7,"id":"p","for":[{target}],"datalen":1}}"#);
    let uid_too_long = [ViolationKind::FatalInput(FatalInput::UidTooLong)];
    assert_eq!(fatal(&post(user(&"U".repeat(256))), b"x"), uid_too_long);
    let dots = [ViolationKind::FatalInput(FatalInput::DotName)];
    assert_eq!(fatal(&post(r#"{"id":".","type":2}"#.to_owned()), b"x"), dots);
    let padded = format!(
        r#"{{"op":9,"id":"p","from":"anna anna","to":"anna anna","datalen":20{}}}"#,
        " ".repeat(65_460)
    );
    assert_eq!(fatal(&padded, b""), [ViolationKind::FatalInput(FatalInput::PingTooLong)]);
}

#[test]
fn a_long_presence_echo_is_a_violation_only_where_it_is_echoed() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let many: Vec<_> = (0..1300).map(|_| format!(r#"{{"id":"{}"}}"#, anna.uid)).collect();
    let edit = |kind| format!(r#"{{"op":4,"id":"p","type":"{kind}","for":[{}]}}"#, many.join(","));
    world.send(anna.link, &edit("init"), b"");
    assert_eq!(kinds(&world), []);
    world.take(anna.link);
    world.send(anna.link, &edit("drop"), b"");
    assert_eq!(kinds(&world), [ViolationKind::FatalInput(FatalInput::EchoTooLong)]);
}

#[test]
fn an_end_inside_a_record_is_a_violation_only_while_a_post_comes_in() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.raw(berta.link, &frame(r#"{"op":7,"id":"p","for":[],"datalen":9}"#, b"")[..30]);
    world.finish(berta.link, LinkEnd::FinInsideRecord);
    assert_eq!(kinds(&world), [], "the head of the post was not complete");
    world.send(anna.link, r#"{"op":7,"id":"p","for":[],"datalen":9}"#, b"half");
    world.finish(anna.link, LinkEnd::FinInsideRecord);
    assert_eq!(kinds(&world), [ViolationKind::TornRecord]);
    let torn = &world.site.record().violations[0];
    assert_eq!(torn.node, Some(format!("{}.01", anna.uid)));
}

#[test]
fn a_reset_beside_an_upload_is_counted_but_no_violation() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    world.send(anna.link, r#"{"op":7,"id":"p","for":[],"datalen":9}"#, b"half");
    world.finish(anna.link, LinkEnd::Reset);
    assert_eq!(kinds(&world), []);
    assert_eq!(world.site.record().resets_in_upload, 1);
}

#[test]
fn an_edit_within_two_seconds_of_its_links_login_is_a_violation_and_a_probe_is_not() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    assert_eq!(world.error_of(anna.link, r#"{"op":3,"id":"e","newalias":"anna's other"}"#, b""), "");
    world.logout(anna.link);
    let link = world.login(&anna.uid, &anna.secret);
    world.advance(1_999);
    assert_ne!(world.error_of(link, r#"{"op":3,"id":"probe","newalias":"x"}"#, b""), "");
    assert!(world.is_open(link));
    world.send(link, r#"{"op":3,"id":"e","newalias":"anna's third"}"#, b"");
    assert_eq!(kinds(&world), [ViolationKind::EditBesideLogin]);
    assert!(!world.is_open(link));
    let link = world.login(&anna.uid, &anna.secret);
    world.advance(2_000);
    assert_eq!(world.error_of(link, r#"{"op":3,"id":"e","newalias":"anna's third"}"#, b""), "");
}

#[test]
fn an_edit_sent_before_the_answer_to_the_one_before_is_a_violation() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let edit = |alias: &str| frame(&format!(r#"{{"op":3,"id":"e","newalias":"{alias}"}}"#), b"");
    world.raw(anna.link, &edit("anna's second"));
    world.drain(anna.link);
    world.raw(anna.link, &edit("anna's third"));
    world.drain(anna.link);
    assert_eq!(kinds(&world), []);
    world.raw(anna.link, &[edit("anna's fourth"), edit("anna's fifth")].concat());
    world.drain(anna.link);
    assert_eq!(kinds(&world), [ViolationKind::EditBesideEdit]);
}

#[test]
fn a_message_above_the_sites_own_limit_is_told_apart() {
    let mut world = World::with(crate::Config { message_max: 10, ..crate::Config::default() });
    let anna = world.register("anna anna");
    world.send(anna.link, r#"{"op":7,"id":"p","for":[],"datalen":11}"#, b"");
    assert_eq!(kinds(&world), [ViolationKind::MessageTooLarge]);
}
