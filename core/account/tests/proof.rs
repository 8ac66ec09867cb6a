//! What proves that a post was sent, and what it leaves behind: copies, markers, ids and places; and what is known of
//! peers that fold.

// The figures are printed, and helpers of tests are not test functions themselves.
#![allow(clippy::print_stdout, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Attachment, Command, Hint, Input, Reply, Send, To};
use tmtp_store::OutgoingState;
use tmtp_wire::ids::{SendId, ThreadRef};
use world::World;
use world::stock::Stock;

const SECOND: Duration = Duration::from_secs(1);
const NOBODY_WAITS: [&str; 0] = [];

/// A thread that both members know, and in which both have written.
fn conversation(world: &mut World, anna: usize, berta: usize) -> ThreadRef {
    let (_, thread) = world.begin(anna, &["berta alias"], "a1");
    world.run(SECOND);
    let theirs = world.members[berta].thread();
    world.reply(berta, theirs, "b1");
    world.run(SECOND);
    thread
}

/// Posts of this member above 10,000 bytes carry no own copy from now on.
fn without_copies(world: &mut World, who: usize) {
    world.run(SECOND);
    world.kill(who);
    world.members[who].settings.own_copy_max = 10_000;
    world.members[who].settings.own_copy_cheap_max = 10_000;
    world.start(who);
    world.run(SECOND);
}

/// Replies with a file of so many bytes.
fn reply_with(world: &mut World, who: usize, thread: ThreadRef, text: &str, bytes: usize) -> SendId {
    let staged = world.members[who].stage(&vec![7; bytes]);
    let send = Send {
        draft: text.to_owned(),
        to: To::Reply(thread),
        subject: String::new(),
        text: text.to_owned(),
        attachments: vec![Attachment { name: "a.bin".to_owned(), staged }],
    };
    match world.ask(who, Command::Send(send)) {
        Ok(Reply::Sent { send_id, .. }) => send_id,
        other => panic!("{other:?}"),
    }
}

fn lose_the_answer(world: &mut World, who: usize, send: impl FnOnce(&mut World)) {
    world.members[who].unheard = true;
    send(world);
    world.run(Duration::ZERO);
    world.cut(who);
    world.members[who].unheard = false;
}

/// Makes somebody a member that does not fold, as far as others know.
fn forget_folding(world: &mut World, who: usize) {
    world.kill(who);
    world.members[who].change("UPDATE peer SET folds = 2");
    world.start(who);
    world.run(SECOND);
}

/// How many posts were accepted.
fn accepted(world: &World) -> usize {
    world.site.record().posts.len()
}

#[test]
fn large_post_whose_answer_was_lost_is_proven_by_its_marker() {
    for folds in [true, false] {
        let (mut world, anna, berta) = World::pair();
        let second = world.second_node(anna, "tablet");
        let thread = conversation(&mut world, anna, berta);
        without_copies(&mut world, anna);
        if !folds {
            forget_folding(&mut world, anna);
        }
        let mut sent = None;
        lose_the_answer(&mut world, anna, |world| {
            sent = Some(reply_with(world, anna, thread, "large", 200_000));
        });
        world.reply(anna, thread, "next");
        world.run(SECOND * 10);
        assert_eq!(world.members[anna].outbox(), NOBODY_WAITS);
        assert_eq!(world.account(anna).outgoing(sent.unwrap()).unwrap(), None);
        assert_eq!(world.members[anna].counter("sent_without_id"), 1);
        assert_eq!(world.members[anna].counter("doubts_open"), 0);
        for who in [anna, berta, second] {
            assert_eq!(world.members[who].texts(), ["a1", "b1", "large", "next"], "at {who}");
            assert!(!world.members[who].pings().contains(&String::new()), "a marker is shown at {who}");
        }
        assert_eq!(accepted(&world), 4, "nothing was sent twice");
        world.judge();
    }
}

/// The link is cut at each movement of bytes to the site, and behind the last one; what comes from it is lost, or not.
#[test]
fn large_post_that_is_cut_anywhere_is_sent_once_or_asked_about() {
    let (mut settled, mut again, mut asked) = (0, 0, 0);
    for folds in [true, false] {
        for (unheard, point) in (1..24).flat_map(|point| [(true, point), (false, point)]) {
            let (mut world, anna, berta) = World::pair();
            let thread = conversation(&mut world, anna, berta);
            without_copies(&mut world, anna);
            if !folds {
                forget_folding(&mut world, anna);
            }
            world.cut_at = Some((anna, true, point));
            world.members[anna].unheard = unheard;
            let sent = reply_with(&mut world, anna, thread, "large", 200_000);
            world.run(Duration::ZERO);
            world.cut_at = None;
            if !world.struck {
                world.cut(anna);
            }
            world.members[anna].unheard = false;
            world.run(SECOND * 30);
            let at = format!("folds {folds}, unheard {unheard}, cut {point}");
            match world.account(anna).outgoing(sent).unwrap() {
                None => settled += usize::from(world.members[anna].counter("sent_without_id") > 0),
                Some(OutgoingState::InDoubt) if !folds => {
                    asked += 1;
                    let reason = world.members[anna].look::<String>("SELECT reason FROM outbox");
                    assert_eq!(reason, ["cannot_be_proven"], "{at}");
                }
                other => panic!("{at}: {other:?}"),
            }
            again += world.members[anna].counter("doubts_sent_again");
            world.reply(anna, thread, "next");
            world.run(SECOND * 10);
            let texts = world.members[berta].texts();
            assert_eq!(texts.last().map(String::as_str), Some("next"), "{at}: the thread goes on");
            let times = texts.iter().filter(|text| *text == "large").count();
            let done = world.members[anna].outbox().is_empty();
            assert!(times == 1 || times == 0 && !done, "{at}: {texts:?}");
            if !folds {
                assert!(accepted(&world) <= 4, "{at}: sent twice to somebody who folds nothing");
            }
            world.judge();
        }
    }
    assert!(settled >= 1, "no marker has proven anything");
    assert!(again >= 1, "nothing was sent again");
    assert!(asked >= 1, "nobody was asked");
    println!("{settled} settled by a marker, {again} sent again, {asked} asked about");
}

#[test]
fn doubt_that_only_a_person_can_end_does_not_hold_its_thread() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    without_copies(&mut world, anna);
    forget_folding(&mut world, anna);
    world.members[anna].lossy = true;
    let sent = reply_with(&mut world, anna, thread, "large", 200_000);
    world.run(Duration::ZERO);
    world.cut(anna);
    world.members[anna].lossy = false;
    world.reply(anna, thread, "next");
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), ["doubt"]);
    assert_eq!(world.members[berta].texts(), ["a1", "b1", "next"]);
    // Sent again it goes behind what has overtaken it, in the same order everywhere.
    world.ask(anna, Command::SendAgain(sent)).unwrap();
    world.run(SECOND);
    for who in [anna, berta] {
        assert_eq!(world.members[who].texts(), ["a1", "b1", "next", "large"], "at {who}");
    }
}

#[test]
fn what_was_handled_but_may_have_been_refused_is_the_persons() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    without_copies(&mut world, anna);
    world.kill(anna);
    world.members[anna].change("UPDATE peer SET accepted = 0");
    world.start(anna);
    world.run(SECOND);
    lose_the_answer(&mut world, anna, |world| {
        reply_with(world, anna, thread, "large", 200_000);
    });
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].look::<String>("SELECT reason FROM outbox"), ["cannot_be_proven"]);
    assert_eq!(world.members[anna].number("SELECT handled FROM outbox"), 1);
    assert_eq!(accepted(&world), 3, "not repeated, though everybody folds");
}

#[test]
fn place_of_a_post_without_an_id_is_that_of_everybody_else() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    let theirs = world.members[berta].thread();
    without_copies(&mut world, anna);
    // It gets its id when its header is read; what others write while it is sent comes behind it.
    world.members[anna].quota = Some(100_000);
    reply_with(&mut world, anna, thread, "large", 200_000);
    world.run(SECOND);
    world.reply(berta, theirs, "b2");
    world.run(SECOND);
    world.members[anna].quota = None;
    lose_the_answer(&mut world, anna, |world| {
        world.reply(anna, thread, "small");
    });
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].counter("sent_without_id"), 1);
    for who in [anna, berta] {
        assert_eq!(world.members[who].texts(), ["a1", "b1", "large", "b2", "small"], "at {who}");
    }
    // And so does one that its person takes for sent.
    forget_folding(&mut world, anna);
    world.members[anna].lossy = true;
    let lost = reply_with(&mut world, anna, thread, "perhaps", 200_000);
    world.run(Duration::ZERO);
    world.cut(anna);
    world.members[anna].lossy = false;
    world.run(SECOND * 10);
    world.reply(berta, theirs, "b3");
    world.run(SECOND);
    world.ask(anna, Command::TakeAsSent(lost)).unwrap();
    assert_eq!(world.members[anna].texts(), ["a1", "b1", "large", "b2", "small", "perhaps", "b3"]);
}

/// A member may have one node of ours and one of the desktop client, which never writes. To the site, and so to that
/// one, eight replies are eight posts.
#[test]
fn burst_whose_answers_are_lost_is_accepted_once_and_has_all_its_ids() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    assert_eq!(world.members[anna].number("SELECT folds FROM peer"), 1);
    for lost in [true, false] {
        world.members[anna].unheard = lost;
        world.members[anna].lossy = !lost;
        for number in 0..8 {
            world.reply(anna, thread, &format!("lost {lost}, number {number}"));
        }
        world.cut(anna);
        world.members[anna].unheard = false;
        world.members[anna].lossy = false;
        world.run(SECOND * 10);
    }
    assert_eq!(accepted(&world), 2 + 16);
    assert!(world.site.record().posts.iter().all(|post| post.own_copy));
    let ids = |who: usize| world.members[who].look::<i64>("SELECT msgid FROM message ORDER BY place");
    assert_eq!(ids(anna), ids(berta), "the same ids in the same order");
    world.judge();
}

#[test]
fn more_copies_than_a_link_may_have_under_way_are_waited_for_but_not_for_ever() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    let before = accepted(&world);
    let uid = world.uid(anna);
    world.site.hold(&uid);
    for number in 0..50 {
        world.reply(anna, thread, &format!("m{number:02}"));
    }
    world.run(SECOND * 10);
    assert_eq!(accepted(&world) - before, 32, "so many copies are under way");
    // This site sends nothing, and nothing waits for nobody.
    world.run(SECOND * 30);
    assert_eq!(accepted(&world) - before, 50);
    assert_eq!(world.members[anna].counter("own_copies_overdue"), 1);
    let (now, wall) = (world.clock().mono, world.clock().wall);
    world.site.release(now, wall, &uid);
    world.run(SECOND * 40);
    assert_eq!(world.members[berta].texts().len(), 52);
    assert_eq!(world.members[anna].outbox(), NOBODY_WAITS);
    world.judge();
}

#[test]
fn large_posts_carry_a_copy_where_bytes_are_cheap_and_where_they_begin_a_thread() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    world.kill(anna);
    world.members[anna].settings.own_copy_max = 10_000;
    world.members[anna].settings.own_copy_cheap_max = 300_000;
    world.start(anna);
    world.run(SECOND);
    let before = accepted(&world);
    reply_with(&mut world, anna, thread, "cheap", 200_000);
    world.run(SECOND);
    world.put(anna, Input::Hint(Hint::Metered(true)));
    reply_with(&mut world, anna, thread, "dear", 200_000);
    world.run(SECOND);
    world.begin_with(anna, &["berta alias"], "begins", &[("a.bin", &[1; 200_000])]);
    world.run(SECOND);
    world.begin_with(anna, &["berta alias"], "begins, too large", &[("a.bin", &[1; 400_000])]);
    world.run(SECOND);
    world.put(anna, Input::Hint(Hint::Metered(false)));
    reply_with(&mut world, anna, thread, "too large", 400_000);
    world.run(SECOND);
    let copies: Vec<bool> = world.site.record().posts.iter().skip(before).map(|post| post.own_copy).collect();
    assert_eq!(copies, [true, false, true, false, false]);
    assert_eq!(world.members[anna].outbox(), NOBODY_WAITS);
}

#[test]
fn member_folds_as_long_as_everything_that_comes_from_it_carries_a_send_id() {
    let (mut world, anna, _) = World::pair();
    let stock = Stock::join(&mut world);
    let uid = world.uid(anna);
    let folds = |world: &World| {
        let sql = format!("SELECT folds FROM peer WHERE uid = '{}'", stock.uid);
        world.members[anna].look::<i64>(&sql)
    };
    let with = r#"{"alias":"x","threadid":"","subject":"s","sendid":77}"#;
    let without = r#"{"alias":"x","threadid":"","subject":"s"}"#;
    assert_eq!(folds(&world), [0; 0]);
    for (head, now) in [(with, 1), (with, 1), (without, 2), (with, 2), (without, 2)] {
        stock.post(&mut world, &uid, head, b"text");
        world.run(SECOND);
        assert_eq!(folds(&world), [now], "after {head}");
    }
    // It is remembered by the store, not by the process.
    world.kill(anna);
    world.start(anna);
    world.run(SECOND);
    stock.post(&mut world, &uid, with, b"text");
    world.run(SECOND);
    assert_eq!(folds(&world), [2]);
}

#[test]
fn what_is_only_stored_raw_and_pings_without_a_token_say_that_a_member_does_not_fold() {
    let foreign: [(&str, &[u8]); 2] = [
        (r#"{"alias":"x","threadid":"0","subject":"s","confirmid":"18eac40f98d56962"}"#, b"text"),
        ("no data head", b""),
    ];
    for (head, data) in foreign {
        let (mut world, anna, _) = World::pair();
        let stock = Stock::join(&mut world);
        let uid = world.uid(anna);
        stock.post(&mut world, &uid, r#"{"alias":"x","threadid":"","subject":"s","sendid":77}"#, b"text");
        stock.post(&mut world, &uid, head, data);
        world.run(SECOND);
        let sql = format!("SELECT folds FROM peer WHERE uid = '{}'", stock.uid);
        assert_eq!(world.members[anna].look::<i64>(&sql), [2], "after {head}");
    }
    let (mut world, anna, berta) = World::pair();
    let theirs = world.uid(berta);
    conversation(&mut world, anna, berta);
    assert_eq!(world.members[anna].number("SELECT folds FROM peer"), 1);
    let stock = Stock::join(&mut world);
    assert_ne!(stock.uid.to_string(), theirs);
    stock.header(&mut world, r#"{"op":3,"id":"e1","newalias":"stock alias"}"#, b"");
    world.run(SECOND * 3);
    stock.header(
        &mut world,
        r#"{"op":9,"id":"p1","from":"stock alias","to":"anna alias","datalen":2}"#,
        b"hi",
    );
    world.run(SECOND);
    assert!(world.members[anna].pings().contains(&"hi".to_owned()));
    let sql = format!("SELECT folds FROM peer WHERE uid = '{}'", stock.uid);
    assert_eq!(world.members[anna].look::<i64>(&sql), [2]);
}

#[test]
fn stock_node_of_the_own_member_says_that_not_all_own_nodes_fold() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    without_copies(&mut world, anna);
    let uid = world.uid(anna);
    let folds = |world: &World| {
        world.members[anna].look::<i64>(&format!("SELECT folds FROM peer WHERE uid = '{uid}'"))
    };
    let stock = Stock::node_of(&mut world, anna);
    assert_eq!(stock.uid.to_string(), uid);
    assert_eq!(
        folds(&world),
        [0; 0],
        "own posts and their copies say nothing, nor does a node that is silent"
    );
    let lose = |world: &mut World, text: &str| {
        world.members[anna].lossy = true;
        let sent = reply_with(world, anna, thread, text, 200_000);
        world.run(Duration::ZERO);
        world.cut(anna);
        world.members[anna].lossy = false;
        world.run(SECOND * 10);
        sent
    };
    let again = lose(&mut world, "again");
    assert_eq!(world.account(anna).outgoing(again).unwrap(), None, "sent again: everybody is known to fold");
    stock.post(
        &mut world,
        &uid,
        r#"{"alias":"anna alias","threadid":"","subject":"s"}"#,
        b"from the desktop",
    );
    world.run(SECOND);
    assert_eq!(folds(&world), [2]);
    let asked = lose(&mut world, "asked about");
    assert_eq!(world.account(anna).outgoing(asked).unwrap(), Some(OutgoingState::InDoubt));
    assert_eq!(world.members[anna].look::<String>("SELECT reason FROM outbox"), ["cannot_be_proven"]);
    world.judge();
}

#[test]
fn ping_of_the_own_member_without_a_token_says_the_same() {
    let (mut world, anna, _) = World::pair();
    let uid = world.uid(anna);
    let stock = Stock::node_of(&mut world, anna);
    stock.header(
        &mut world,
        r#"{"op":9,"id":"p1","from":"anna alias","to":"berta alias","datalen":2}"#,
        b"hi",
    );
    world.run(SECOND);
    let sql = format!("SELECT folds FROM peer WHERE uid = '{uid}'");
    assert_eq!(world.members[anna].look::<i64>(&sql), [2]);
}
