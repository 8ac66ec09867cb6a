//! Links that break while something is on its way: what is in doubt, and what becomes of it.

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, NotNow, Refused, Reply, To, Wish, Withdrawn};
use tmtp_store::OutgoingState;
use tmtp_wire::ids::ThreadRef;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

/// A member sends; the site takes it, but its answer is lost with the link.
fn lose_the_answer(world: &mut World, who: usize, send: impl FnOnce(&mut World)) {
    world.members[who].deaf = true;
    send(world);
    world.cut(who);
    world.members[who].deaf = false;
}

/// A member sends; the link is cut before the site has seen anything.
fn lose_the_post(world: &mut World, who: usize, send: impl FnOnce(&mut World)) {
    world.members[who].lossy = true;
    send(world);
    world.cut(who);
    world.members[who].lossy = false;
}

#[test]
fn lost_answer_is_proven_by_the_own_copy() {
    let (mut world, anna, berta) = World::pair();
    let mut sent = None;
    lose_the_answer(&mut world, anna, |world| sent = Some(world.begin(anna, &["berta alias"], "once").0));
    world.members[anna].unreachable = true;
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].outbox(), ["doubt"]);
    world.members[anna].unreachable = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.account(anna).outgoing(sent.unwrap()).unwrap(), None);
    assert_eq!(world.members[berta].texts(), ["once"]);
    assert_eq!(world.members[anna].counter("doubts_sent"), 1);
    assert_eq!(
        world.members[anna].number("SELECT msgid FROM message"),
        world.members[berta].number("SELECT msgid FROM message")
    );
    world.judge();
}

#[test]
fn lost_post_is_proven_not_sent_and_sent_once_more() {
    let (mut world, anna, berta) = World::pair();
    lose_the_post(&mut world, anna, |world| {
        world.begin(anna, &["berta alias"], "once");
    });
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[berta].texts(), ["once"]);
    assert_eq!(world.members[anna].counter("doubts_not_sent"), 1);
    assert_eq!(world.site.record().posts.len(), 1);
    world.judge();
}

#[test]
fn killed_between_commit_and_first_byte_is_sent_once() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].mute = true;
    world.begin(anna, &["berta alias"], "once");
    assert_eq!(world.members[anna].outbox(), ["released"]);
    world.kill(anna);
    world.members[anna].mute = false;
    world.start(anna);
    assert_eq!(world.members[anna].outbox(), ["doubt"]);
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["once"]);
    world.judge();
}

#[test]
fn link_lost_with_bytes_not_handed_out_leaves_no_doubt() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].mute = true;
    world.begin(anna, &["berta alias"], "once");
    world.members[anna].unreachable = true;
    world.cut(anna);
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].outbox(), ["queued"]);
    world.members[anna].mute = false;
    world.members[anna].unreachable = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["once"]);
    world.judge();
}

#[test]
fn killed_with_the_answer_lost_is_sent_once() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].deaf = true;
    world.begin(anna, &["berta alias"], "once");
    world.kill(anna);
    world.members[anna].deaf = false;
    world.start(anna);
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["once"]);
    assert_eq!(world.site.record().posts.len(), 1);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.judge();
}

#[test]
fn burst_to_peers_that_fold_loses_and_doubles_nothing() {
    let (mut world, anna, berta) = World::pair();
    let (_, thread) = world.begin(anna, &["berta alias"], "m0");
    world.run(SECOND);
    let theirs = world.members[berta].thread();
    world.reply(berta, theirs, "so anna knows that berta folds");
    world.run(SECOND);
    for round in 0..4 {
        world.members[anna].deaf = true;
        for number in 0..10 {
            world.reply(anna, thread, &format!("round {round} number {number}"));
        }
        world.cut(anna);
        world.members[anna].deaf = false;
        world.run(SECOND * 10);
    }
    let texts = world.members[berta].texts();
    let mut sorted = texts.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(sorted.len(), texts.len(), "something is doubled");
    assert_eq!(texts.len(), 42);
    let order: Vec<_> = texts.iter().filter(|text| text.starts_with("round")).cloned().collect();
    let mut expected = order.clone();
    expected.sort();
    assert_eq!(order, expected, "the order of send");
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.site.record().posts.len(), 42, "each was accepted once");
    world.judge();
}

#[test]
fn ping_in_doubt_is_repeated_and_folded() {
    let (mut world, anna, berta) = World::pair();
    lose_the_answer(&mut world, anna, |world| {
        world.ping(anna, "berta alias", "twice on the wire");
    });
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].pings(), ["hello", "hello back", "twice on the wire"]);
    assert_eq!(world.members[berta].counter("folded"), 1);
    assert_eq!(world.members[anna].counter("pings_repeated"), 1);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
}

#[test]
fn node_whose_answer_was_lost_is_made_once() {
    let (mut world, anna, _) = World::pair();
    world.run(SECOND * 3);
    world.members[anna].deaf = true;
    world.ask(anna, Command::AddNode("tablet".parse().unwrap())).unwrap();
    world.run(SECOND * 3);
    world.cut(anna);
    world.members[anna].deaf = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].look::<String>("SELECT state FROM node"), ["made"]);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    let ticket = world.ask(anna, Command::NodeTicket("tablet".parse().unwrap()));
    assert!(matches!(ticket, Ok(Reply::NodeTicket { .. })), "{ticket:?}");
    world.judge();
}

#[test]
fn withdrawn_before_it_left_is_gone() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].unreachable = true;
    world.cut(anna);
    let (send_id, _) = world.begin(anna, &["berta alias"], "never");
    let done = world.ask(anna, Command::Withdraw(send_id));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::Removed))), "{done:?}");
    world.members[anna].unreachable = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].texts(), Vec::<String>::new());
    assert_eq!(world.members[anna].number("SELECT count(*) FROM thread"), 0);
    assert_eq!(world.members[berta].texts(), Vec::<String>::new());
    let again = world.ask(anna, Command::Withdraw(send_id));
    assert!(matches!(again, Ok(Reply::Withdrawn(Withdrawn::Removed))), "{again:?}");
}

#[test]
fn a_thread_whose_beginning_was_withdrawn_takes_no_more_replies() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].unreachable = true;
    world.cut(anna);
    let (beginning, thread) = world.begin(anna, &["berta alias"], "never");
    let (reply, _) = world.reply(anna, thread, "never either");
    let done = world.ask(anna, Command::Withdraw(beginning));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::Removed))), "{done:?}");
    let again = world.ask(anna, Command::SendAgain(reply));
    assert!(matches!(again, Err(Refused::NotNow(NotNow::BeginningMissing))), "{again:?}");
    let mut late = world.send_command("late", &[], "nor this");
    late.to = To::Reply(thread);
    let late = world.ask(anna, Command::Send(late));
    assert!(matches!(late, Err(Refused::NotNow(NotNow::BeginningMissing))), "{late:?}");
}

#[test]
fn withdrawn_in_doubt_and_not_sent_is_gone() {
    let (mut world, anna, berta) = World::pair();
    let mut sent = None;
    lose_the_post(&mut world, anna, |world| sent = Some(world.begin(anna, &["berta alias"], "never").0));
    world.members[anna].unreachable = true;
    let done = world.ask(anna, Command::Withdraw(sent.unwrap()));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
    world.members[anna].unreachable = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[anna].texts(), Vec::<String>::new());
    assert_eq!(world.members[berta].texts(), Vec::<String>::new());
}

#[test]
fn withdrawn_in_doubt_but_sent_is_sent() {
    let (mut world, anna, berta) = World::pair();
    let mut sent = None;
    lose_the_answer(&mut world, anna, |world| sent = Some(world.begin(anna, &["berta alias"], "too late").0));
    let done = world.ask(anna, Command::Withdraw(sent.unwrap()));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].texts(), ["too late"]);
    assert_eq!(world.members[berta].texts(), ["too late"]);
    let again = world.ask(anna, Command::Withdraw(sent.unwrap()));
    assert!(matches!(again, Ok(Reply::Withdrawn(Withdrawn::AlreadySent))), "{again:?}");
}

/// Posts of this member carry no own copy from now on, for they are all too large.
fn without_copies(world: &mut World, who: usize) {
    world.run(SECOND);
    world.kill(who);
    world.members[who].settings.own_copy_max = 3;
    world.members[who].settings.own_copy_cheap_max = 3;
    world.start(who);
    world.run(SECOND);
    world.events(who);
}

/// A thread that both members know, and in which both have written.
fn conversation(world: &mut World, anna: usize, berta: usize) -> ThreadRef {
    let (_, thread) = world.begin(anna, &["berta alias"], "a1");
    world.run(SECOND);
    let theirs = world.members[berta].thread();
    world.reply(berta, theirs, "b1");
    world.run(SECOND);
    thread
}

#[test]
fn post_without_a_copy_is_never_repeated_unasked_to_somebody_who_may_not_fold() {
    for taken in [true, false] {
        let (mut world, anna, berta) = World::pair();
        let thread = conversation(&mut world, anna, berta);
        without_copies(&mut world, anna);
        // As somebody of whom nothing is known: may be refused, may show it twice.
        world.kill(anna);
        world.members[anna].change("UPDATE peer SET folds = 0, accepted = 0");
        world.start(anna);
        world.run(SECOND);
        let mut sent = None;
        let send = |world: &mut World| sent = Some(world.reply(anna, thread, "large").0);
        match taken {
            true => lose_the_answer(&mut world, anna, send),
            false => lose_the_post(&mut world, anna, send),
        }
        for _ in 0..3 {
            world.run(SECOND * 10);
            world.cut(anna);
        }
        world.run(SECOND * 10);
        let posts = world.site.record().posts.len();
        assert_eq!(posts, 2 + usize::from(taken), "not asked for again");
        assert_eq!(world.account(anna).outgoing(sent.unwrap()).unwrap(), Some(OutgoingState::InDoubt));
        assert_eq!(world.members[anna].look::<String>("SELECT reason FROM outbox"), ["cannot_be_proven"]);
        world.ask(anna, Command::SendAgain(sent.unwrap())).unwrap();
        world.run(SECOND);
        assert_eq!(world.members[berta].texts(), ["a1", "b1", "large"], "folded if it was there");
        assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    }
}

#[test]
fn post_that_had_a_copy_has_one_at_its_next_attempt() {
    let (mut world, anna, _) = World::pair();
    without_copies(&mut world, anna);
    // Small enough, but not together with its head, which counts once it is built.
    lose_the_post(&mut world, anna, |world| _ = world.begin(anna, &["berta alias"], "abc"));
    world.run(SECOND * 10);
    let posts = &world.site.record().posts;
    assert_eq!(posts.iter().map(|post| post.own_copy).collect::<Vec<_>>(), [true]);
}

#[test]
fn withdrawn_in_doubt_without_proof_stays_until_it_is_dismissed() {
    let (mut world, anna, berta) = World::pair();
    without_copies(&mut world, anna);
    let (mut sent, mut thread) = (None, None);
    lose_the_answer(&mut world, anna, |world| {
        let (send_id, begun) = world.begin(anna, &["berta alias"], "perhaps");
        (sent, thread) = (Some(send_id), Some(begun));
    });
    let sent = sent.unwrap();
    let done = world.ask(anna, Command::Withdraw(sent));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["perhaps"]);
    assert_eq!(world.members[anna].texts(), ["perhaps"], "it may have arrived, so it is not gone");
    assert_eq!(world.account(anna).outgoing(sent).unwrap(), Some(OutgoingState::InDoubt));
    assert_eq!(world.members[anna].number("SELECT no_resend FROM outbox"), 1);
    let told = |event: &Event| matches!(event, Event::OutgoingChanged { send_id, state: OutgoingState::InDoubt } if *send_id == sent);
    assert!(world.events(anna).iter().any(told));
    // It was taken back: nobody can go on in its thread.
    let mut late = world.send_command("late", &[], "and this");
    late.to = To::Reply(thread.unwrap());
    let late = world.ask(anna, Command::Send(late));
    assert!(matches!(late, Err(Refused::NotNow(NotNow::BeginningMissing))), "{late:?}");
    world.kill(anna);
    world.start(anna);
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].texts(), ["perhaps"]);

    // Once more, knowing that: dismissed. It is never said that it was not sent.
    for _ in 0..2 {
        let done = world.ask(anna, Command::Withdraw(sent));
        assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
        assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
        assert_eq!(world.members[anna].texts(), Vec::<String>::new());
    }
    let again = world.send_command("perhaps", &["berta alias"], "perhaps");
    let again = world.ask(anna, Command::Send(again));
    assert!(matches!(again, Err(Refused::NotNow(NotNow::DraftUsed))), "{again:?}");
    assert_eq!(world.site.record().posts.len(), 1);
    world.judge();
}

#[test]
fn withdrawn_in_doubt_without_proof_can_be_sent_after_all() {
    let (mut world, anna, berta) = World::pair();
    without_copies(&mut world, anna);
    let mut sent = None;
    lose_the_post(&mut world, anna, |world| sent = Some(world.begin(anna, &["berta alias"], "after all").0));
    world.ask(anna, Command::Withdraw(sent.unwrap())).unwrap();
    world.run(SECOND * 10);
    world.ask(anna, Command::SendAgain(sent.unwrap())).unwrap();
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["after all"]);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
}

#[test]
fn thread_does_not_wait_for_a_doubt_that_was_withdrawn() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    without_copies(&mut world, anna);
    let mut sent = None;
    lose_the_post(&mut world, anna, |world| sent = Some(world.reply(anna, thread, "never").0));
    let done = world.ask(anna, Command::Withdraw(sent.unwrap()));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
    world.reply(anna, thread, "next");
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), ["doubt"]);
    assert_eq!(world.members[berta].texts(), ["a1", "b1", "next"]);
}

#[test]
fn withdrawn_in_doubt_and_proven_later_is_sent() {
    let (mut world, anna, berta) = World::pair();
    let thread = conversation(&mut world, anna, berta);
    without_copies(&mut world, anna);
    let mut sent = None;
    lose_the_answer(&mut world, anna, |world| {
        world.members[anna].mute = true;
        sent = Some(world.reply(anna, thread, "too late").0);
        // Small enough for a copy, and behind it on the same link, in the same record.
        world.reply(anna, thread, "ok");
        world.members[anna].mute = false;
        world.run(Duration::ZERO);
    });
    let done = world.ask(anna, Command::Withdraw(sent.unwrap()));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[anna].texts(), ["a1", "b1", "too late", "ok"]);
    let again = world.ask(anna, Command::Withdraw(sent.unwrap()));
    assert!(matches!(again, Ok(Reply::Withdrawn(Withdrawn::AlreadySent))), "{again:?}");
}

#[test]
fn ping_withdrawn_in_doubt_stays_until_it_is_dismissed() {
    let (mut world, anna, berta) = World::pair();
    let mut sent = None;
    lose_the_answer(&mut world, anna, |world| sent = Some(world.ping(anna, "berta alias", "knock")));
    let sent = sent.unwrap();
    world.ask(anna, Command::Withdraw(sent)).unwrap();
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].pings(), ["hello", "hello back", "knock"]);
    assert_eq!(world.members[anna].counter("pings_repeated"), 0);
    assert_eq!(world.account(anna).outgoing(sent).unwrap(), Some(OutgoingState::InDoubt));
    let done = world.ask(anna, Command::Withdraw(sent));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::WillNotResend))), "{done:?}");
    assert_eq!(world.members[anna].pings(), ["hello", "hello back"]);
}

#[test]
fn refused_post_stays_with_its_reason_and_lets_others_pass() {
    let (mut world, anna, berta) = World::pair();
    let nobody = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";
    let (send_id, _) = world.begin(anna, &[nobody], "to nobody");
    world.begin(anna, &["berta alias"], "to somebody");
    world.run(SECOND);
    let state = world.account(anna).outgoing(send_id).unwrap();
    assert!(matches!(&state, Some(OutgoingState::Failed(why)) if why.contains("not found")), "{state:?}");
    assert_eq!(world.members[berta].texts(), ["to somebody"]);
}

#[test]
fn only_its_own_thread_waits_behind_a_doubt() {
    let (mut world, anna, berta) = World::pair();
    let (_, thread) = world.begin(anna, &["berta alias"], "a1");
    world.run(SECOND);
    lose_the_post(&mut world, anna, |world| {
        world.reply(anna, thread, "a2");
    });
    // The site delivers nothing: the barrier is not reached.
    let uid = world.uid(anna);
    world.site.hold(&uid);
    world.reply(anna, thread, "a3");
    world.begin(anna, &["berta alias"], "b1");
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["a1", "b1"]);
    let (now, wall) = (world.clock().mono, world.clock().wall);
    world.site.release(now, wall, &uid);
    world.run(SECOND * 40);
    assert_eq!(world.members[berta].texts(), ["a1", "b1", "a2", "a3"]);
    world.judge();
}

#[test]
fn large_post_cut_before_its_last_record_was_not_sent() {
    let (mut world, anna, berta) = World::pair();
    let large = vec![7_u8; 200_000];
    world.members[anna].quota = Some(100_000);
    world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &large)]);
    assert_eq!(world.members[anna].outbox(), ["sending"]);
    world.members[anna].unreachable = true;
    world.cut(anna);
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].outbox(), ["queued"]);
    world.members[anna].quota = None;
    world.members[anna].unreachable = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["large"]);
    world.judge();
}

#[test]
fn large_post_withdrawn_while_it_is_sent_never_arrives() {
    let (mut world, anna, berta) = World::pair();
    let large = vec![7_u8; 200_000];
    world.members[anna].quota = Some(100_000);
    let (send_id, _) = world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &large)]);
    let done = world.ask(anna, Command::Withdraw(send_id));
    assert!(matches!(done, Ok(Reply::Withdrawn(Withdrawn::Removed))), "{done:?}");
    world.members[anna].quota = None;
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), Vec::<String>::new());
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.judge();
}

#[test]
fn killed_while_a_large_delivery_arrives_gets_it_whole_later() {
    let (mut world, anna, berta) = World::pair();
    let large = vec![9_u8; 300_000];
    world.put(berta, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &large)]);
    world.run(SECOND);
    world.members[berta].appetite = Some(150_000);
    world.put(berta, Input::Wish(Wish::Stay));
    world.run(Duration::ZERO);
    world.kill(berta);
    world.members[berta].appetite = None;
    world.start(berta);
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["large"]);
    assert_eq!(world.members[berta].files(), 1, "only the file that a row names");
    world.judge();
}
