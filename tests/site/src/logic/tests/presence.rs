//! Presence over links (wire 15).

use super::harness::{Person, World, ops, user};
use crate::LinkEnd;

fn edit(world: &mut World, who: &Person, kind: &str, to: &Person) {
    let header = format!(r#"{{"op":4,"id":"o","type":"{kind}","for":[{{"id":"{}"}}]}}"#, to.uid);
    assert_eq!(world.error_of(who.link, &header, b""), "");
}

fn statuses(world: &mut World, who: &Person) -> Vec<u64> {
    world.drain(who.link).iter().filter_map(|frame| frame.number("status")).collect()
}

#[test]
fn changes_are_told_once_and_the_last_end_takes_everything_back() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    edit(&mut world, &anna, "init", &berta);
    edit(&mut world, &anna, "add", &berta);
    assert_eq!(statuses(&mut world, &berta), [1]);
    edit(&mut world, &anna, "drop", &berta);
    edit(&mut world, &anna, "drop", &berta);
    assert_eq!(statuses(&mut world, &berta), [2]);
    edit(&mut world, &anna, "add", &berta);
    world.finish(anna.link, LinkEnd::Reset);
    assert_eq!(statuses(&mut world, &berta), [1, 2]);
}

#[test]
fn add_and_drop_are_echoed_to_the_own_nodes_with_capitals_and_init_is_not() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let header =
        |kind| format!(r#"{{"op":4,"id":"o","type":"{kind}","for":[{{"id":"{}"}}],"datasum":9}}"#, berta.uid);
    world.send(anna.link, &header("init"), b"");
    assert_eq!(ops(&world.drain(anna.link)), ["ack"]);
    world.send(anna.link, &header("add"), b"");
    let frames = world.drain(anna.link);
    let echo = frames.iter().find(|frame| frame.text("op") == "ohiedit").unwrap();
    assert!(echo.raw.contains(&format!(r#""for":[{{"Id":"{}","Type":0}}]"#, berta.uid)), "{}", echo.raw);
    assert_eq!(echo.number("datasum"), None);
}

#[test]
fn the_greeting_lists_who_announces_himself() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.logout(berta.link);
    edit(&mut world, &anna, "init", &berta);
    let link = world.try_login(&berta.uid, &berta.secret);
    let info = world.take(link).remove(0);
    assert_eq!(info.raw, format!(r#"{{"info":"login ok","ohi":["{}"],"op":"info"}}"#, anna.uid));
}

#[test]
fn one_unknown_uid_refuses_the_whole_request() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let header =
        format!(r#"{{"op":4,"id":"o","type":"add","for":[{{"id":"{}"}},{{"id":"NOBODY"}}]}}"#, berta.uid);
    assert_eq!(world.error_of(anna.link, &header, b""), "OpenNodes: iUid NOBODY not found");
    assert!(world.take(berta.link).is_empty());
}

#[test]
fn beyond_a_hundred_kept_for_a_busy_link_each_blocks_its_sender() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    world.post(anna.link, "p", &user(&berta.uid), &[1; 1000]);
    world.take_bytes(berta.link, 100);
    for _ in 0..50 {
        edit(&mut world, &anna, "add", &berta);
        edit(&mut world, &anna, "drop", &berta);
    }
    let header = format!(r#"{{"op":4,"id":"o","type":"init","for":[{{"id":"{}"}}]}}"#, berta.uid);
    world.send(anna.link, &header, b"");
    world.advance(199);
    assert!(!world.site.has_output(anna.link));
    world.advance(1);
    assert!(world.site.has_output(anna.link));
    assert_eq!(world.site.record().presence_dropped, 1);
}
