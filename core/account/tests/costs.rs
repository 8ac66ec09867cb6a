//! What mail costs: completed syncs of the disk, logins, own copies.

// The figures are printed.
#![allow(clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Input, Send, To, Wish};
use world::World;

const SECOND: Duration = Duration::from_secs(1);
const MAIL: u64 = 50;

/// A pair with a thread, each knowing that the other folds.
fn acquainted() -> (World, usize, usize, tmtp_wire::ids::ThreadRef) {
    let (mut world, anna, berta) = World::pair();
    let (_, thread) = world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    let theirs = world.members[berta].thread();
    world.reply(berta, theirs, "second");
    world.run(SECOND);
    (world, anna, berta, thread)
}

#[test]
fn message_received_costs_one_sync_and_message_sent_at_most_two() {
    let (mut world, anna, berta, thread) = acquainted();
    let before = [anna, berta].map(|who| world.members[who].disk.syncs());
    let copies = world.site.record().posts.len();
    for number in 0..MAIL {
        world.reply(anna, thread, &format!("m{number}"));
        world.run(SECOND);
    }
    let [sent, received] =
        [(anna, before[0]), (berta, before[1])].map(|(who, before)| world.members[who].disk.syncs() - before);
    let copies = world.site.record().posts.iter().skip(copies).filter(|post| post.own_copy).count() as u64;
    println!("{received} syncs for {MAIL} received; {sent} for {MAIL} sent and {copies} own copies received");
    assert!(received <= MAIL + 1, "{received} syncs for {MAIL} messages received");
    assert!(sent <= 2 * MAIL + copies, "{sent} syncs for {MAIL} messages sent, {copies} copies");
}

/// Each page is 4 KiB that are summed, written and synced, and written again when the log is moved into the database.
#[test]
fn message_received_writes_few_pages() {
    let (mut world, anna, berta, thread) = acquainted();
    let text = "x".repeat(1000);
    let before = world.members[berta].log_pages();
    for number in 0..MAIL {
        let send = Send {
            draft: number.to_string(),
            to: To::Reply(thread),
            subject: String::new(),
            text: text.clone(),
            attachments: Vec::new(),
        };
        world.ask(anna, Command::Send(send)).unwrap();
        world.run(SECOND);
    }
    let pages = world.members[berta].log_pages() - before;
    println!("{pages} pages for {MAIL} received");
    assert!(pages <= MAIL * 7, "{pages} pages for {MAIL} messages received");
}

#[test]
fn flush_of_an_outbox_shares_its_syncs() {
    let (mut world, anna, berta, thread) = acquainted();
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    for number in 0..MAIL {
        world.reply(anna, thread, &format!("m{number:02}"));
    }
    let before = world.members[anna].disk.syncs();
    let posts = world.site.record().posts.len();
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts().len() as u64, MAIL + 2);
    let syncs = world.members[anna].disk.syncs() - before;
    let copies = world.site.record().posts.iter().skip(posts).filter(|post| post.own_copy).count() as u64;
    println!("{syncs} syncs for a flush of {MAIL} with {copies} own copies");
    assert!(syncs * 10 <= MAIL * 12 + copies * 10, "{syncs} syncs for {MAIL} messages and {copies} copies");
    assert_eq!(copies, MAIL, "each proves itself");
}

#[test]
fn login_of_another_node_costs_no_sync() {
    let (mut world, anna, _) = World::pair();
    let second = world.second_node(anna, "tablet");
    world.run(SECOND * 10);
    let before = world.members[anna].disk.syncs();
    for _ in 0..5 {
        world.put(second, Input::Wish(Wish::Off));
        world.run(SECOND);
        world.put(second, Input::Wish(Wish::Stay));
        world.run(SECOND);
    }
    assert_eq!(world.members[anna].disk.syncs() - before, 0);
}
