//! Trouble with the disk in the middle of things, and other corners: nothing gets stuck, nothing is forgotten.

// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{
    Account, Command, Env, Event, Input, NotNow, Refused, Settings, State, SystemRandom, Ticket,
};
use tmtp_account::{WaitWhy, WakeEnd, Wish};
use tmtp_store::{InstallId, OutgoingState, Place, Writer};
use world::World;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn disk_that_fills_inside_a_step_is_full_and_not_broken() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].disk.set_room(Some(100_000));
    let text = "long ".repeat(150_000);
    for number in 0..3_u64 {
        let send = world.send_command(&format!("draft {number}"), &["berta alias"], &text);
        world.put(anna, Input::Command(Ticket(900 + number), Command::Send(send)));
    }
    world.run(SECOND);
    let replies = std::mem::take(&mut world.members[anna].replies);
    assert!(
        replies.iter().all(|(_, reply)| matches!(reply, Err(Refused::StorageFull { .. }))),
        "{replies:?}"
    );
    assert_eq!(replies.len(), 3);
    assert!(matches!(world.account(anna).state(), State::StorageFull { .. }));
    world.members[anna].disk.set_room(None);
    world.run(SECOND * 100);
    assert_eq!(world.account(anna).state(), &State::Online);
    world.begin(anna, &["berta alias"], "short");
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["short"]);
    world.judge();
}

#[test]
fn link_that_breaks_while_the_disk_is_full_is_made_again() {
    for change in 1..12 {
        let (mut world, anna, berta) = World::pair();
        world.members[anna].deaf = true;
        world.begin(anna, &["berta alias"], "once");
        world.members[anna].disk.full_at_write(change);
        world.cut(anna);
        world.members[anna].deaf = false;
        world.run(SECOND * 200);
        assert_eq!(world.account(anna).state(), &State::Online, "full at change {change}");
        assert_eq!(world.members[anna].outbox(), Vec::<String>::new(), "full at change {change}");
        assert_eq!(world.members[berta].texts(), ["once"]);
        world.judge();
    }
}

#[test]
fn what_a_step_that_was_undone_has_counted_is_not_counted_twice() {
    let mut hit = 0;
    for change in 1..12 {
        let (mut world, anna, berta) = World::pair();
        world.put(anna, Input::Wish(Wish::Off));
        world.run(SECOND * 10);
        let names = ["sent", "own_copies"];
        let before = names.map(|name| world.members[anna].counter(name));
        world.put(anna, Input::Wish(Wish::Stay));
        world.run(SECOND);
        world.members[anna].deaf = true;
        world.begin(anna, &["berta alias"], "once");
        world.begin(berta, &["anna alias"], "to anna");
        world.members[anna].disk.full_at_write(change);
        world.members[anna].deaf = false;
        world.run(SECOND * 100);
        hit += usize::from(
            world
                .events(anna)
                .iter()
                .any(|event| matches!(event, Event::StateChanged(State::StorageFull { .. }))),
        );
        world.put(anna, Input::Wish(Wish::Off));
        world.run(SECOND * 10);
        let after = names.map(|name| world.members[anna].counter(name));
        assert_eq!((after[0] - before[0], after[1] - before[1]), (1, 1), "full at change {change}");
    }
    assert!(hit >= 3, "only {hit} steps were undone");
}

fn wake_ends(world: &mut World, who: usize, seconds: u64) -> Option<WakeEnd> {
    let deadline = world.now + Duration::from_secs(seconds);
    world.put(who, Input::Wish(Wish::Wake { deadline }));
    world.run(Duration::from_secs(seconds));
    world.events(who).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report.end),
        _ => None,
    })
}

#[test]
fn what_a_wake_names_is_in_the_store_and_is_named_once() {
    let mut hit = 0;
    for change in 1..14 {
        let (mut world, anna, berta) = World::pair();
        world.put(anna, Input::Wish(Wish::Off));
        world.run(SECOND);
        world.begin(berta, &["anna alias"], "one");
        world.begin(berta, &["anna alias"], "two");
        world.ping(berta, "anna alias", "three");
        world.run(SECOND * 5);
        world.events(anna);
        world.members[anna].disk.full_at_write(change);
        for _ in 0..4 {
            let deadline = world.now + SECOND * 120;
            world.put(anna, Input::Wish(Wish::Wake { deadline }));
            world.run(SECOND * 120);
            let reports: Vec<_> = world
                .events(anna)
                .into_iter()
                .filter_map(|event| match event {
                    Event::WakeEnded(report) => Some(report),
                    Event::StateChanged(State::StorageFull { .. }) => {
                        hit += 1;
                        None
                    }
                    _ => None,
                })
                .collect();
            for report in reports {
                let stored = world.members[anna].number("SELECT count(*) FROM message WHERE own = 0");
                let pings = world.members[anna].number("SELECT count(*) FROM ping WHERE own = 0");
                let mut named: Vec<_> = report.arrived.iter().map(|(_, id)| format!("{id:?}")).collect();
                assert_eq!(report.arrived_count, named.len() as u64, "full at change {change}");
                named.sort();
                named.dedup();
                assert_eq!(report.arrived_count, named.len() as u64, "once, full at change {change}");
                assert!(named.len() as i64 <= stored, "full at change {change}: {named:?} of {stored}");
                assert!(report.pings.len() as i64 <= pings, "full at change {change}");
            }
            world.run(SECOND * 400);
        }
        let stored = world.members[anna].number("SELECT count(*) FROM message WHERE own = 0");
        assert_eq!(stored, 2, "all is there at last, full at change {change}");
    }
    assert!(hit >= 3, "only {hit} steps were undone");
}

#[test]
fn wake_reports_even_if_its_row_cannot_be_written() {
    let mut hit = 0;
    for change in 1..12 {
        let (mut world, anna, _) = World::pair();
        world.put(anna, Input::Wish(Wish::Off));
        world.run(SECOND);
        world.members[anna].disk.full_at_write(change);
        let mut ends = Vec::new();
        for _ in 0..6 {
            ends.push(wake_ends(&mut world, anna, 30).expect("a wake always reports"));
            world.run(SECOND * 400);
        }
        assert_eq!(ends.last(), Some(&WakeEnd::NothingNew), "full at change {change}");
        hit += usize::from(ends.contains(&WakeEnd::NotKnown(WaitWhy::Storage)));
    }
    assert!(hit >= 3, "only {hit} reports were hit");
}

#[test]
fn copied_store_stays_one_when_the_disk_is_full() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].deaf = true;
    world.begin(anna, &["berta alias"], "never again");
    world.kill(anna);
    world.members[anna].deaf = false;
    let place = Place { install: InstallId([8; 16]), ..world.members[anna].place() };
    let writer = Writer::open(place).unwrap();
    let env = Env {
        keys: world.members[anna].keys.clone(),
        random: Box::new(SystemRandom),
        settings: Settings::default(),
    };
    world.members[anna].disk.set_room(Some(0));
    world.members[anna].account = Some(Account::open(writer, env, world.clock()).unwrap());
    world.members[anna].disk.set_room(None);
    world.put(anna, Input::Wish(Wish::Stay));
    let deadline = world.now + SECOND * 20;
    world.put(anna, Input::Wish(Wish::Wake { deadline }));
    world.run(SECOND * 1000);
    assert_eq!(world.account(anna).state(), &State::Cloned);
    assert!(world.members[anna].link.is_none());
}

#[test]
fn large_post_withdrawn_before_it_began_does_not_stop_the_next_one() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].mute = true;
    let (first, _) = world.begin_with(anna, &["berta alias"], "first", &[("a.bin", &[1; 100_000])]);
    world.ask(anna, Command::Withdraw(first)).unwrap();
    world.members[anna].mute = false;
    let links = world.site.record().links;
    world.begin_with(anna, &["berta alias"], "second", &[("b.bin", &[2; 100_000])]);
    world.run(SECOND * 5);
    assert_eq!(world.members[berta].texts(), ["second"]);
    assert_eq!(world.site.record().links, links, "on the same link");
}

#[test]
fn large_delivery_without_room_is_not_begun_and_comes_when_there_is() {
    let (mut world, anna, berta) = World::pair();
    world.members[berta].disk.set_room(Some(2_000_000));
    world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &vec![1; 4_000_000])]);
    world.run(SECOND * 3600);
    assert!(matches!(world.account(berta).state(), State::StorageFull { needed } if *needed > 4_000_000));
    let links = world.site.record().links;
    assert!(links < 10, "{links} links: it is not tried in vain");
    world.members[berta].disk.set_room(None);
    world.run(SECOND * 600);
    assert_eq!(world.members[berta].texts(), ["large"]);
    world.judge();
}

/// A large post whose answer is lost, at a member that asks for no copies and knows nothing of others: nothing can prove
/// what became of it.
fn unprovable(world: &mut World, who: usize, send: impl FnOnce(&mut World)) {
    world.run(SECOND);
    world.kill(who);
    world.members[who].settings.own_copy_max = 1000;
    world.members[who].settings.own_copy_cheap_max = 1000;
    world.members[who].change("UPDATE peer SET folds = 0, accepted = 0");
    world.start(who);
    world.run(SECOND);
    world.members[who].deaf = true;
    send(world);
    world.run(SECOND);
    world.cut(who);
    world.members[who].deaf = false;
    world.run(SECOND * 10);
}

#[test]
fn unprovable_beginning_is_the_persons_to_send_again_but_not_to_take_as_sent() {
    let (mut world, anna, berta) = World::pair();
    let large = vec![3; 1 << 20];
    let mut sent = None;
    unprovable(&mut world, anna, |world| {
        sent = Some(world.begin_with(anna, &["berta alias"], "huge", &[("a.bin", &large)]).0);
    });
    let sent = sent.unwrap();
    assert_eq!(world.account(anna).outgoing(sent).unwrap(), Some(OutgoingState::InDoubt));
    let refused = world.ask(anna, Command::TakeAsSent(sent));
    assert!(matches!(refused, Err(Refused::NotNow(NotNow::BeginsThread))), "{refused:?}");
    world.ask(anna, Command::SendAgain(sent)).unwrap();
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[berta].texts(), ["huge"], "it was there already, and is folded");
}

#[test]
fn unprovable_reply_taken_as_sent_stands_where_it_was_written() {
    let (mut world, anna, berta) = World::pair();
    let (_, thread) = world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    let mut sent = None;
    unprovable(&mut world, anna, |world| {
        let staged = world.members[anna].stage(&vec![3; 1 << 20]);
        let mut send = world.send_command("huge", &[], "huge");
        send.to = tmtp_account::To::Reply(thread);
        send.attachments.push(tmtp_account::Attachment { name: "a.bin".to_owned(), staged });
        let Ok(tmtp_account::Reply::Sent { send_id, .. }) = world.ask(anna, Command::Send(send)) else {
            panic!()
        };
        sent = Some(send_id);
    });
    world.ask(anna, Command::TakeAsSent(sent.unwrap())).unwrap();
    world.reply(anna, thread, "later");
    let theirs = world.members[berta].thread();
    world.reply(berta, theirs, "latest");
    world.run(SECOND);
    assert_eq!(world.members[anna].texts(), ["first", "huge", "later", "latest"]);
    let newest = world.members[anna].number("SELECT newest FROM thread");
    assert_eq!(newest, world.members[anna].number("SELECT max(msgid) FROM message"));
}

#[test]
fn doubt_that_a_proof_may_still_end_is_not_the_persons() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].deaf = true;
    let (sent, _) = world.begin(anna, &["berta alias"], "once");
    world.members[anna].unreachable = true;
    world.cut(anna);
    for command in [Command::SendAgain(sent), Command::TakeAsSent(sent)] {
        let refused = world.ask(anna, command);
        assert!(matches!(refused, Err(Refused::NotNow(NotNow::NotInDoubt))), "{refused:?}");
    }
}

#[test]
fn wake_tries_once_whatever_failed_before() {
    let (mut world, anna, _) = World::pair();
    world.kill(anna);
    world.members[anna].settings.backoff_max = Duration::from_secs(300);
    world.start(anna);
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.members[anna].unreachable = true;
    for _ in 0..12 {
        assert!(matches!(wake_ends(&mut world, anna, 25), Some(WakeEnd::NotKnown(_))));
    }
    world.members[anna].unreachable = false;
    assert_eq!(wake_ends(&mut world, anna, 25), Some(WakeEnd::NothingNew));
}

#[test]
fn two_nodes_that_ask_for_the_same_label_get_one_node_each() {
    let (mut world, anna, _) = World::pair();
    let second = world.second_node(anna, "tablet");
    let label: tmtp_wire::names::Label = "laptop".parse().unwrap();
    world.put(anna, Input::Command(Ticket(700), Command::AddNode(label.clone())));
    world.put(second, Input::Command(Ticket(701), Command::AddNode(label.clone())));
    world.run(SECOND * 10);
    let mut secrets = Vec::new();
    for who in [anna, second] {
        let ticket = world.ask(who, Command::NodeTicket(label.clone()));
        let Ok(tmtp_account::Reply::NodeTicket { secret, .. }) = ticket else { panic!("{ticket:?}") };
        secrets.push(secret.expose().to_owned());
    }
    assert_ne!(secrets[0], secrets[1]);
    let known = world.members[anna].look::<String>("SELECT label FROM node WHERE label = 'laptop'");
    assert_eq!(known.len(), 2, "its own and the other's, both by the label alone");
}

#[test]
fn without_the_key_nothing_is_accepted_that_could_never_leave() {
    let (mut world, anna, _) = World::pair();
    world.kill(anna);
    world.members[anna].keys = std::sync::Arc::new(world::keys::Keys::default());
    world.start(anna);
    world.run(SECOND);
    let send = world.send_command("d", &["berta alias"], "text");
    assert!(matches!(world.ask(anna, Command::Send(send)), Err(Refused::State(_))));
    assert!(world.ask(anna, Command::MarkPingsRead).is_ok());
}

#[test]
fn question_about_a_large_delivery_can_be_answered_though_the_disk_was_full_when_it_was_asked() {
    let mut hit = 0;
    for change in 1..12 {
        let (mut world, anna, berta) = World::pair();
        world.kill(anna);
        world.members[anna].settings.delivery_max = 100_000;
        world.members[anna].settings.own_copy_max = 1000;
        world.members[anna].settings.own_copy_cheap_max = 1000;
        world.start(anna);
        world.run(SECOND);
        world.members[anna].disk.full_at_write(change);
        world.begin_with(berta, &["anna alias"], "large", &[("a.bin", &[1; 200_000])]);
        world.run(SECOND * 200);
        let events = world.events(anna);
        let full = Event::StateChanged(State::StorageFull { needed: 1024 * 1024 });
        hit += usize::from(events.contains(&full));
        let state = world.account(anna).state().clone();
        assert!(matches!(state, State::Waiting { why: WaitWhy::TooLarge, .. }), "change {change}: {state:?}");
        let id = tmtp_store::values::id_out(world.members[anna].number("SELECT msgid FROM too_large"));
        // If the disk was not full before, it may be now: then the person tries again.
        for _ in 0..2 {
            let answer = tmtp_account::TooLargeAnswer::Accept;
            match world.ask(anna, Command::AnswerTooLarge(id, answer)) {
                Ok(_) => break,
                Err(Refused::StorageFull { .. }) => world.run(SECOND * 100),
                Err(other) => panic!("change {change}: {other:?}"),
            }
        }
        world.run(SECOND * 200);
        assert_eq!(world.members[anna].texts(), ["large"], "full at change {change}");
    }
    assert!(hit >= 1, "the disk was never full in the step that asks");
}

#[test]
fn row_that_does_not_fit_keeps_no_other_from_leaving() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].quota = Some(100_000);
    world.begin_with(anna, &["berta alias"], "broken", &[("a.bin", &[1; 200_000])]);
    assert_eq!(world.members[anna].outbox(), ["sending"]);
    world.begin(anna, &["berta alias"], "whole");
    world.kill(anna);
    world.members[anna].quota = None;
    // Withdrawn, in a thread that cannot be removed: only damage makes such rows.
    world.members[anna].change("UPDATE outbox SET no_resend = 1 WHERE state = 'sending'");
    world.members[anna].change(
        "INSERT INTO message (thread, place, own, from_uid, from_alias, subject, text, content, deleted)
         SELECT thread, 0, 1, '', '', '', '', x'', 1 FROM outbox WHERE no_resend = 1",
    );
    world.start(anna);
    assert_eq!(world.members[anna].outbox()[0], "doubt");
    world.run(SECOND * 10);
    assert_eq!(world.account(anna).state(), &State::Online);
    assert_eq!(world.members[berta].texts(), ["whole"]);
}

#[test]
fn link_that_is_left_waits_for_the_answer_to_a_large_post_that_is_out() {
    let (mut world, anna, berta) = World::pair();
    world.kill(anna);
    // One that goes without a copy: nothing but the answer proves it.
    world.members[anna].settings.own_copy_max = 1000;
    world.members[anna].settings.own_copy_cheap_max = 1000;
    world.start(anna);
    world.run(SECOND);
    world.members[anna].deaf = true;
    world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &[1; 200_000])]);
    assert_eq!(world.members[anna].outbox(), ["released"]);
    world.put(anna, Input::Wish(Wish::Off));
    world.run(Duration::ZERO);
    world.members[anna].deaf = false;
    world.run(SECOND);
    assert_eq!(world.account(anna).state(), &State::Off);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new(), "answered, and in no doubt");
    assert_eq!(world.members[berta].texts(), ["large"]);
    world.judge();
}

#[test]
fn large_post_that_cannot_be_built_frees_what_waits_behind_it_at_once() {
    let (mut world, anna, berta) = World::pair();
    let (_, thread) = world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    let staged = world.members[anna].stage(&[1; 200_000]);
    let mut large = world.send_command("large", &[], "large");
    large.to = tmtp_account::To::Reply(thread);
    large.attachments.push(tmtp_account::Attachment { name: "a.bin".to_owned(), staged });
    world.ask(anna, Command::Send(large)).unwrap();
    world.reply(anna, thread, "small");
    world.kill(anna);
    // The site has refused the alias that it was written under.
    world.members[anna].change("INSERT INTO alias (alias, state) VALUES ('another alias', 'refused')");
    world.members[anna].change("UPDATE message SET from_alias = 'another alias' WHERE text = 'large'");
    // Not even the login's answer comes, which would bring another look at the outbox.
    world.members[anna].deaf = true;
    world.start(anna);
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].outbox(), ["failed", "released"]);
    world.members[anna].deaf = false;
    world.run(SECOND);
    assert_eq!(world.members[berta].texts(), ["first", "small"]);
}
