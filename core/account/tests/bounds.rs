//! What is bounded whatever a site does: the account's share of the disk, and how often it is dialed, also by
//! processes that live for a moment only.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, Refused, SaveDraft, State, To, WaitWhy, WakeEnd, Wish};
use tmtp_site::Config;
use world::World;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// Bytes that a member's database takes.
fn database(world: &World, who: usize) -> u64 {
    let [pages, free, size] = ["page_count", "freelist_count", "page_size"]
        .map(|pragma| world.members[who].number(&format!("PRAGMA {pragma}")).cast_unsigned());
    (pages - free) * size
}

/// A pair of which the first may take so many bytes more than it does.
fn pair_with_quota(room: u64) -> (World, usize, usize) {
    let (mut world, anna, berta) = World::pair();
    world.kill(anna);
    world.members[anna].settings.quota = database(&world, anna) + room;
    world.start(anna);
    world.run(SECOND);
    assert_eq!(world.account(anna).state(), &State::Online);
    (world, anna, berta)
}

#[test]
fn small_messages_stop_at_the_quota_and_go_on_when_something_is_deleted() {
    let (mut world, anna, berta) = pair_with_quota(3 << 20);
    let quota = world.members[anna].settings.quota;
    let links = world.site.record().links;
    for number in 0..80 {
        let text = format!("{number:03} {}", "long ".repeat(12_000));
        let send = world.send_command(&format!("draft {number}"), &["anna alias"], &text);
        world.ask(berta, Command::Send(send)).unwrap();
    }
    world.run(HOUR);
    let state = world.account(anna).state().clone();
    assert!(matches!(state, State::StorageFull { .. }), "{state:?}");
    assert!(database(&world, anna) <= quota);
    let there = world.members[anna].texts().len();
    assert!((30..60).contains(&there), "{there} of 80 are here");
    let made = world.site.record().links - links;
    assert!(made < 5, "{made} links within an hour: nothing is downloaded in vain");
    while world.members[anna].texts().len() < 80 {
        let threads: Vec<i64> = world.members[anna].look("SELECT msgid FROM thread WHERE deleted = 0");
        for msgid in threads {
            let thread = tmtp_wire::ids::MessageRef::Site(tmtp_store::values::id_out(msgid));
            world.ask(anna, Command::DeleteThread(thread)).unwrap();
        }
        let before = world.members[anna].number("SELECT count(*) FROM message");
        if before == 80 {
            break;
        }
        world.run(SECOND * 1000);
        assert!(world.members[anna].number("SELECT count(*) FROM message") > before, "it goes on");
    }
    assert_eq!(world.account(anna).state(), &State::Online);
    world.judge();
}

#[test]
fn parked_frames_count_too() {
    let (mut world, anna, _) = pair_with_quota(1 << 20);
    let stock = world::stock::Stock::join(&mut world);
    let uid = world.uid(anna);
    for _ in 0..40 {
        stock.post(&mut world, &uid, "{\"nodesync\":true}", &vec![b'x'; 60_000]);
    }
    world.run(HOUR);
    assert!(matches!(world.account(anna).state(), State::StorageFull { .. }));
    assert!(database(&world, anna) <= world.members[anna].settings.quota);
    assert!(world.members[anna].number("SELECT count(*) FROM parked") > 5);
}

#[test]
fn large_delivery_beyond_the_quota_is_asked_about_before_its_first_byte() {
    let (mut world, anna, berta) = pair_with_quota(3 << 20);
    let before = world.members[anna].counter("bytes_in");
    world.begin_with(berta, &["anna alias"], "large", &[("a.bin", &vec![1; 4 << 20])]);
    world.run(HOUR);
    let state = world.account(anna).state().clone();
    assert!(matches!(state, State::Waiting { why: WaitWhy::TooLarge, .. }), "{state:?}");
    assert!(world.members[anna].counter("bytes_in") - before < 1 << 20);
    assert_eq!(world.members[anna].files(), 0);
}

#[test]
fn nothing_is_written_beyond_the_quota_and_deleting_is_always_possible() {
    let (mut world, anna, _) = pair_with_quota(300_000);
    let limit = world.members[anna].settings.quota;
    let mut refused = None;
    let mut last = None;
    for number in 0..40 {
        let send = world.send_command(&format!("d{number}"), &["berta alias"], &"long ".repeat(4000));
        match world.ask(anna, Command::Send(send)) {
            Ok(tmtp_account::Reply::Sent { thread, .. }) => last = Some(thread),
            other => {
                refused = Some(other);
                break;
            }
        }
        world.run(SECOND);
    }
    assert!(
        matches!(refused, Some(Err(Refused::QuotaExceeded { limit: said })) if said == limit),
        "{refused:?}"
    );
    let draft = SaveDraft {
        id: "d".to_owned(),
        to: To::NewThread { recipients: Vec::new(), from_alias: None },
        subject: String::new(),
        text: "x".repeat(50_000),
        attachments: Vec::new(),
    };
    let draft = world.ask(anna, Command::SaveDraft(draft));
    assert!(matches!(draft, Err(Refused::QuotaExceeded { .. })), "{draft:?}");
    world.run(SECOND);
    let again = world.send_command("d0", &["berta alias"], &"long ".repeat(4000));
    assert!(world.ask(anna, Command::Send(again)).is_ok(), "what is accepted already is answered as before");
    world.ask(anna, Command::DeleteThread(last.unwrap())).unwrap();
    world.ask(anna, Command::MarkPingsRead).unwrap();
}

/// A process that looks once and is killed at once, or after so long.
fn short_life(world: &mut World, who: usize, life: Duration) -> Option<WakeEnd> {
    let clock = world.clock();
    world.members[who].open(clock);
    let deadline = world.now + SECOND * 25;
    world.put(who, Input::Wish(Wish::Wake { deadline }));
    world.run(life);
    let ended = world.events(who).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report.end),
        _ => None,
    });
    world.kill(who);
    world.run(SECOND);
    ended
}

/// A member with a small budget, whose process is dead.
fn frugal() -> (World, usize) {
    let (mut world, anna, _) = World::pair();
    world.run(HOUR * 2);
    world.kill(anna);
    world.members[anna].settings.dials_per_hour = 12;
    world.members[anna].settings.logins_per_hour = 8;
    (world, anna)
}

#[test]
fn processes_that_look_and_end_share_one_budget_of_logins() {
    let (mut world, anna) = frugal();
    let (logins, began) = (world.site.record().logins, world.now);
    let mut ends = Vec::new();
    for _ in 0..40 {
        ends.push(short_life(&mut world, anna, SECOND * 26));
    }
    assert!(world.now.since(began) < HOUR);
    assert_eq!(world.site.record().logins - logins, 8, "{ends:?}");
    assert_eq!(ends[7], Some(WakeEnd::NothingNew));
    assert_eq!(ends[39], Some(WakeEnd::NotKnown(WaitWhy::Budget)));
    world.run(HOUR);
    assert_eq!(short_life(&mut world, anna, SECOND * 26), Some(WakeEnd::NothingNew), "an hour later");
}

#[test]
fn processes_killed_right_behind_their_dial_share_one_budget() {
    let (mut world, anna) = frugal();
    world.members[anna].unreachable = true;
    let dials = world.members[anna].dials;
    for _ in 0..100 {
        short_life(&mut world, anna, Duration::ZERO);
    }
    assert_eq!(world.members[anna].dials - dials, 12);
    world.members[anna].unreachable = false;
    world.run(HOUR);
    assert_eq!(short_life(&mut world, anna, SECOND * 26), Some(WakeEnd::NothingNew), "an hour later");
}

#[test]
fn only_the_first_dial_of_a_process_costs_a_sync_of_its_own() {
    let (mut world, anna, _) = World::pair();
    world.kill(anna);
    world.start(anna);
    world.run(SECOND);
    let mut costs = Vec::new();
    for _ in 0..3 {
        let before = world.members[anna].disk.syncs();
        world.put(anna, Input::Wish(Wish::Off));
        world.run(SECOND);
        let off = world.members[anna].disk.syncs();
        world.put(anna, Input::Wish(Wish::Stay));
        world.run(SECOND);
        costs.push((off - before, world.members[anna].disk.syncs() - off));
    }
    assert_eq!(costs, [(1, 0); 3], "the end of a link writes what it has counted, its beginning nothing");
}

#[test]
fn site_that_streams_large_deliveries_is_left_before_they_fill_the_memory() {
    let (mut world, anna, berta) = World::pair();
    let uid = world.uid(berta);
    for number in 0..20_u64 {
        let header = format!(
            "{{\"datahead\":2,\"datalen\":70000,\"from\":\"{uid}\",\"id\":\"{:016x}\",\"op\":\"delivery\",\
             \"posted\":\"2026-11-23T20:37:03.709Z\"}}",
            0x18ea_c40f_98d5_6962_u64 + number
        );
        let mut bytes = Vec::new();
        let header = tmtp_wire::headsum::add(header.as_bytes());
        tmtp_wire::frame::encode(&header, &mut bytes).unwrap();
        bytes.extend(std::iter::repeat_n(b' ', 70_000));
        world.put(anna, Input::Received(bytes));
    }
    world.run(Duration::ZERO);
    assert_ne!(world.account(anna).state(), &State::Online, "the link was left");
    assert!(world.members[anna].files() <= 5, "{} files", world.members[anna].files());
    world.run(SECOND * 60);
    assert_eq!(world.account(anna).state(), &State::Online);
}

#[test]
fn member_is_not_registered_while_its_secret_could_not_be_kept() {
    let mut world = World::of(Config::default());
    let anna = world.add();
    world.members[anna].keys.fill(true);
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(HOUR);
    let why = State::Refused(tmtp_account::RefusedWhy::KeyNotKept);
    assert_eq!(world.account(anna).state(), &why);
    world.members[anna].keys.fill(false);
    for _ in 0..5 {
        let deadline = world.now + SECOND * 20;
        world.put(anna, Input::Wish(Wish::Wake { deadline }));
        world.run(SECOND * 20);
    }
    assert_eq!(world.site.record().registrations, 0, "a push does not make the key store a better one");
    world.put(anna, Input::Hint(tmtp_account::Hint::UserActs));
    world.run(SECOND);
    assert_eq!(world.account(anna).state(), &State::Online);
    assert_eq!(world.site.record().registrations, 1);
}

#[test]
fn key_store_that_takes_no_new_secret_is_not_asked_by_one_login_after_the_other() {
    let (mut world, anna, berta) = World::pair();
    world.run(SECOND * 3);
    world.members[anna].keys.fill(true);
    world.ask(anna, Command::AddNode("tablet".parse().unwrap())).unwrap();
    let logins = world.site.record().logins;
    world.run(Duration::from_secs(600));
    assert_eq!(world.account(anna).state(), &State::Locked);
    let made = world.site.record().logins - logins;
    assert!((2..60).contains(&made), "{made} logins within ten minutes");
    world.begin(berta, &["anna alias"], "behind it");
    world.members[anna].keys.fill(false);
    world.run(SECOND * 60);
    assert_eq!(world.members[anna].look::<String>("SELECT state FROM node"), ["made"]);
    assert_eq!(world.members[anna].texts(), ["behind it"]);
}

#[test]
fn long_texts_are_handed_out_a_few_at_a_time_and_small_ones_pass_them() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].mute = true;
    for number in 0..8 {
        let send = world.send_command(&format!("long {number}"), &["berta alias"], &"long ".repeat(200_000));
        world.ask(anna, Command::Send(send)).unwrap();
    }
    world.begin(anna, &["berta alias"], "small");
    let under_way = world.members[anna].outbox().iter().filter(|state| *state == "released").count();
    assert!((2..=5).contains(&under_way), "{under_way} of 9 are in memory");
    assert_eq!(world.members[anna].outbox()[8], "released");
    world.members[anna].mute = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts().len(), 9);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.judge();
}
