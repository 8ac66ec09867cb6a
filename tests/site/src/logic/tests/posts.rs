//! Who gets a copy, sums handed on, notifications, pings (wire 5, 8, 11).

use super::harness::{Person, World, frame, ops, user};

fn walkers(world: &mut World, anna: &Person, berta: &Person) {
    let invite =
        format!(r#"{{"op":5,"id":"i","gid":"the walkers","from":"{}","to":"{}"}}"#, anna.alias, berta.alias);
    assert_eq!(world.error_of(anna.link, &invite, b""), "");
    assert_eq!(world.error_of(berta.link, r#"{"op":6,"id":"j","act":"join","gid":"the walkers"}"#, b""), "");
    world.drain(anna.link);
}

#[test]
fn a_post_reaches_each_named_node_once_and_the_sender_only_if_named() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let target = user(&berta.uid);
    let answer = world.post(anna.link, "p", &format!("{target},{target}"), b"hello");
    assert_eq!(answer.text("error"), "");
    let got = world.drain(berta.link);
    assert_eq!(ops(&got), ["delivery"]);
    assert_eq!(got[0].data, b"hello");
    assert_eq!((got[0].text("id"), got[0].text("posted")), (answer.text("msgid"), answer.text("posted")));
    assert!(world.take(anna.link).is_empty());
}

#[test]
fn the_senders_other_nodes_get_everything_he_sends() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    let second = world.new_node(&anna);
    let second = world.login(&anna.uid, &second);
    world.drain(anna.link);
    world.post(anna.link, "p", "", b"note");
    assert_eq!(ops(&world.drain(second)), ["delivery"]);
    assert!(world.take(anna.link).is_empty());
}

#[test]
fn the_own_uid_or_an_own_group_brings_the_post_back_and_type_three_does_not() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    walkers(&mut world, &anna, &berta);
    for (targets, back) in [
        (user(&anna.uid), true),
        (r#"{"id":"the walkers","type":2}"#.to_owned(), true),
        (r#"{"id":"the walkers","type":3}"#.to_owned(), false),
        (user(&berta.uid), false),
    ] {
        let header = format!(r#"{{"op":7,"id":"p","for":[{targets}],"datalen":1}}"#);
        world.send(anna.link, &header, b"x");
        let got = world.drain(anna.link);
        assert_eq!(got.len() == 2, back, "{targets} {got:?}");
    }
    assert_eq!(world.drain(berta.link).len(), 3);
    let own: Vec<_> = world.site.record().posts.iter().map(|post| post.own_copy).collect();
    assert_eq!(own, [true, true, false, false]);
}

#[test]
fn one_unresolvable_recipient_and_nobody_gets_it() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    for (target, error) in [
        (user("NOBODY"), "OpenNodes: iUid NOBODY not found"),
        (user("no body"), "fetchUser: invalid string 'no body'"),
        (r#"{"id":"no such group","type":2}"#.to_owned(), "GroupGetUsers: iGid no such group not found"),
    ] {
        let answer = world.post(anna.link, "p", &format!("{},{target}", user(&berta.uid)), b"x");
        assert_eq!(answer.text("error"), error);
        assert_eq!(answer.text("msgid"), "");
    }
    assert_eq!(world.site.queued(&berta.uid), 0);
}

#[test]
fn datahead_and_datasum_are_handed_on_and_zero_is_dropped() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let target = user(&berta.uid);
    for (sum, seen) in [("18446744073709551615", Some(u64::MAX)), ("0", None)] {
        let header =
            format!(r#"{{"op":7,"id":"p","for":[{target}],"datalen":3,"datahead":2,"datasum":{sum}}}"#);
        world.ask(anna.link, &header, b"{}x");
        let got = world.drain(berta.link).remove(0);
        assert_eq!((got.number("datahead"), got.number("datasum")), (Some(2), seen));
    }
}

#[test]
fn a_slow_upload_arrives_late_with_the_lower_id() {
    let mut world = World::new();
    let (anna, berta, carla) =
        (world.register("anna anna"), world.register("berta berta"), world.register("carla carla"));
    let bytes =
        frame(&format!(r#"{{"op":7,"id":"p","for":[{}],"datalen":9}}"#, user(&carla.uid)), b"slow post");
    let (head, tail) = bytes.split_at(bytes.len() - 3);
    world.raw(anna.link, head);
    world.advance(1_000);
    world.post(berta.link, "q", &user(&carla.uid), b"quick");
    world.raw(anna.link, tail);
    let got = world.drain(carla.link);
    assert_eq!(got[0].data, b"quick");
    assert!(got[0].text("id") > got[1].text("id"));
    assert!(got[0].text("posted") > got[1].text("posted"));
}

#[test]
fn a_post_with_notification_is_two_messages() {
    let mut world = World::new();
    let (anna, berta, carla) =
        (world.register("anna anna"), world.register("berta berta"), world.register("carla carla"));
    let header = format!(
        r#"{{"op":8,"id":"n","for":[{}],"notefor":[{}],"notelen":4,"datalen":9,"notesum":5,"datasum":6,"datahead":9}}"#,
        user(&berta.uid),
        user(&carla.uid)
    );
    let answer = world.ask(anna.link, &header, b"NOTEdata!");
    let got = world.drain(berta.link);
    assert_eq!(ops(&got), ["delivery", "notify"]);
    assert_eq!((got[0].data.as_slice(), got[1].data.as_slice()), (&b"data!"[..], &b"NOTE"[..]));
    assert_eq!((got[0].number("notify"), got[0].number("datahead")), (Some(3), Some(9)));
    assert_eq!((got[1].text("postid"), got[1].number("datasum")), (answer.text("msgid"), Some(5)));
    assert_eq!(ops(&world.drain(carla.link)), ["notify"]);
    assert!(world.take(anna.link).is_empty());
}

#[test]
fn a_notification_that_fails_leaves_its_delivery_behind() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let header = format!(
        r#"{{"op":8,"id":"n","for":[{}],"notefor":[{}],"notelen":1,"datalen":2}}"#,
        user(&berta.uid),
        user("NOBODY")
    );
    let answer = world.ask(anna.link, &header, b"Nd");
    assert_eq!(answer.text("error"), "OpenNodes: iUid NOBODY not found");
    assert_eq!(ops(&world.drain(berta.link)), ["delivery"]);
}

#[test]
fn a_receipt_to_oneself_needs_no_copy_of_the_post() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let header = format!(
        r#"{{"op":8,"id":"n","for":[{}],"notefor":[{}],"notelen":1,"datalen":2,"fornotself":true}}"#,
        user(&berta.uid),
        user(&anna.uid)
    );
    world.send(anna.link, &header, b"Nd");
    let mut got = ops(&world.drain(anna.link));
    got.sort();
    assert_eq!(got, ["ack", "notify"]);
}

#[test]
fn pings_go_both_ways_and_their_errors_are_answers() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let ping =
        |from: &str, to: &str| format!(r#"{{"op":9,"id":"p","from":"{from}","to":"{to}","datalen":2}}"#);
    assert_eq!(world.error_of(anna.link, &ping("anna anna", "berta berta"), b"hi"), "");
    let got = world.drain(berta.link).remove(0);
    assert_eq!(
        (got.text("alias"), got.text("to"), got.text("from")),
        ("anna anna".into(), "berta berta".into(), anna.uid.clone())
    );
    for (from, to, error) in [
        ("berta berta", "anna anna", "from must identify sender"),
        ("nobody here", "anna anna", "from must identify sender"),
        ("anna anna", "nobody here", "Lookup: iAlias nobody here not found"),
    ] {
        assert_eq!(world.error_of(anna.link, &ping(from, to), b"hi"), error);
    }
    assert_eq!(world.error_of(anna.link, &ping("anna anna", "anna anna"), b"me"), "");
}

#[test]
fn aliases_are_edited_by_the_servers_rules() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let edit = |alias: &str| format!(r#"{{"op":3,"id":"e","newalias":"{alias}"}}"#);
    for (alias, error) in [
        ("short", "newalias must be 8+ characters"),
        ("berta berta", "AddAlias: alias berta berta already taken"),
        ("日本語", ""),
        ("anna anna", ""),
        ("a\\u00a0 long one", "AddAlias: invalid string 'a\u{a0} long one'"),
    ] {
        assert_eq!(world.error_of(anna.link, &edit(alias), b""), error);
    }
    world.send(berta.link, &edit("berta's <second>"), b"");
    let got = world.drain(berta.link);
    let user = got.iter().find(|frame| frame.text("op") == "user").unwrap();
    assert!(user.raw.contains(r#""newalias":"berta's \u003csecond\u003e""#), "{}", user.raw);
}

#[test]
fn the_record_knows_a_post_accepted_twice_by_its_senders_own_id() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let head = br#"{"alias":"anna anna","sendid":41}"#;
    let targets = format!("{},{}", user(&anna.uid), user(&berta.uid));
    let header = format!(r#"{{"op":7,"id":"p","for":[{targets}],"datalen":33,"datahead":33}}"#);
    for _ in 0..2 {
        world.send(anna.link, &header, head);
        world.drain(anna.link);
    }
    let record = world.site.record();
    assert_eq!((record.accepted_twice(), record.accepted_again()), (1, 0));
    assert_eq!(record.posts[0].send_id, Some(41));
    assert_eq!(record.posts[0].recipients.len(), 2);
}

#[test]
fn the_hundred_and_first_node_is_refused_by_answer() {
    let mut world = World::new();
    let anna = world.register("anna anna");
    for _ in 1..100 {
        world.new_node(&anna);
    }
    let answer = world.ask(anna.link, r#"{"op":3,"id":"n","newnode":"one more"}"#, b"");
    assert_eq!(answer.text("error"), "AddNode: Exceeds 100 nodes");
}

#[test]
fn a_refusal_on_demand_is_one_and_in_whatever_words() {
    let mut world = World::new();
    let (anna, berta) = (world.register("anna anna"), world.register("berta berta"));
    let words = format!("\u{1b}[2Jno{}", "!".repeat(60_000));
    assert!(world.site.refuse_next_post(&anna.uid, words.clone()));
    assert!(!world.site.refuse_next_post(&anna.uid, "another".to_owned()));
    let answer = world.post(anna.link, "p", &user(&berta.uid), b"one");
    assert_eq!((answer.text("error"), answer.text("msgid")), (words, String::new()));
    assert_eq!(world.post(anna.link, "p", &user(&berta.uid), b"two").text("error"), "");
    assert_eq!(world.drain(berta.link)[0].data, b"two");
    assert_eq!(world.site.record().refused_on_demand.len(), 1);
}
