//! One scripted exchange, disturbed once at every point there is: killed after each commit, before anything
//! of it has left; or cut in each movement of bytes. Afterwards everything is everywhere exactly once.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{Attachment, Command, Ping, Reply, Send, To};
use tmtp_disk::When;
use tmtp_wire::ids::ThreadRef;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

fn join(world: &mut World, alias: &str) -> usize {
    let who = world.add();
    world.put(who, tmtp_account::Input::Wish(tmtp_account::Wish::Stay));
    world.run(SECOND * 100);
    world.ask_surely(who, |_| Command::AddAlias(alias.parse().unwrap()));
    world.run(SECOND * 100);
    who
}

fn ping(world: &mut World, who: usize, to: &str) {
    world.ask_surely(who, |_| {
        Command::Ping(Ping {
            draft: "ping".to_owned(),
            from: None,
            to: to.parse().unwrap(),
            text: "hi".to_owned(),
        })
    });
    world.run(SECOND * 100);
}

fn send(world: &mut World, who: usize, to: &To, text: &str, file: Option<usize>) -> ThreadRef {
    let reply = world.ask_surely(who, |world| {
        let attachments = file
            .map(|size| Attachment {
                name: "a.bin".to_owned(),
                staged: world.stage_surely(who, &vec![7; size]),
            })
            .into_iter()
            .collect();
        Command::Send(Send {
            draft: text.to_owned(),
            to: to.clone(),
            subject: "subject".to_owned(),
            text: text.to_owned(),
            attachments,
        })
    });
    match reply {
        Reply::Sent { thread, .. } => thread,
        other => panic!("{other:?}"),
    }
}

/// Runs the exchange with one disturbance planned for the first member. Returns whether it struck.
fn exchange(plan: impl FnOnce(&mut World)) -> bool {
    let mut world = World::new();
    plan(&mut world);
    let anna = join(&mut world, "anna alias");
    let berta = join(&mut world, "berta alias");
    ping(&mut world, anna, "berta alias");
    ping(&mut world, berta, "anna alias");
    let to = |who: &str| To::NewThread {
        recipients: vec![tmtp_account::Recipient { who: who.to_owned(), note: String::new() }],
        from_alias: None,
    };
    let thread = send(&mut world, anna, &to("berta alias"), "m1", None);
    let reply = To::Reply(thread);
    send(&mut world, anna, &reply, "m2", Some(10));
    send(&mut world, anna, &reply, "m3", Some(100_000));
    send(&mut world, anna, &reply, "m4", None);
    world.run(SECOND * 120);
    let theirs = To::Reply(world.members[berta].thread());
    send(&mut world, berta, &theirs, "m5", None);
    send(&mut world, berta, &theirs, "m6", Some(100_000));
    for number in 1..=6 {
        send(&mut world, anna, &reply, &format!("n{number}"), None);
    }
    world.run(SECOND * 300);
    for who in [anna, berta] {
        let mut texts = world.members[who].texts();
        let pings = world.members[who].pings();
        assert_eq!(pings, ["hi", "hi"], "pings at {who}");
        let own: Vec<_> = texts.iter().filter(|text| text.starts_with('n')).cloned().collect();
        assert_eq!(own, ["n1", "n2", "n3", "n4", "n5", "n6"], "the order of send, at {who}");
        texts.sort();
        let all = ["m1", "m2", "m3", "m4", "m5", "m6", "n1", "n2", "n3", "n4", "n5", "n6"];
        assert_eq!(texts, all, "at {who}");
        assert_eq!(world.members[who].outbox(), Vec::<String>::new(), "outbox of {who}");
        assert_eq!(world.members[who].number("SELECT count(*) FROM thread"), 1, "threads at {who}");
        assert_eq!(world.members[who].number("SELECT count(*) FROM message WHERE msgid IS NULL"), 0);
        let bytes = "SELECT sum(size) FROM attachment";
        assert_eq!(world.members[who].number(bytes), 200_010, "attachments at {who}");
        let unread = world.members[who].number("SELECT unread FROM thread");
        assert_eq!(unread, if who == anna { 2 } else { 10 }, "unread at {who}");
    }
    world.judge();
    if let Some((victim, change)) = world.full_at {
        return world.members[victim].disk.writes() >= change + world.members[victim].made;
    }
    world.struck
}

fn every_point(name: &str, plan: impl Fn(usize, &mut World)) {
    let mut points = 0;
    loop {
        let point = points + 1;
        let struck =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| exchange(|world| plan(point, world))));
        match struck {
            Ok(true) => points = point,
            Ok(false) => break,
            Err(_) => panic!("{name}: at point {point}"),
        }
    }
    println!("{name}: {points} points");
    assert!(points > 30, "{name}: only {points} points");
}

#[test]
fn undisturbed_exchange_is_complete() {
    assert!(!exchange(|_| {}));
}

#[test]
fn killed_after_each_commit_of_the_first_member() {
    every_point("kill anna", |point, world| world.kill_at = Some((0, point)));
}

#[test]
fn killed_after_each_commit_of_the_second_member() {
    every_point("kill berta", |point, world| world.kill_at = Some((1, point)));
}

#[test]
fn cut_in_each_movement_to_the_site() {
    every_point("cut anna up", |point, world| world.cut_at = Some((0, true, point)));
}

#[test]
fn cut_in_each_movement_from_the_site() {
    every_point("cut anna down", |point, world| {
        world.piece = 2000;
        world.cut_at = Some((0, false, point));
    });
}

#[test]
fn process_dies_before_each_sync() {
    every_point("die before", |point, world| world.die_at = Some((0, point as u64, When::Before)));
}

#[test]
fn process_dies_after_each_sync() {
    every_point("die after", |point, world| world.die_at = Some((0, point as u64, When::After)));
}

#[test]
fn disk_is_full_at_each_change() {
    every_point("full", |point, world| world.full_at = Some((0, point as u64)));
}
