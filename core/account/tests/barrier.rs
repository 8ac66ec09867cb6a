//! Sites that do not repeat the tag of a login: a ping to oneself proves what the tag proves elsewhere.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, WaitWhy, WakeEnd, Wish};
use tmtp_site::Config;
use tmtp_store::OutgoingState;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

fn without_tags() -> Config {
    Config { echo_login_tag: false, ..Config::default() }
}

fn wake(world: &mut World, who: usize, seconds: u64) -> WakeEnd {
    let deadline = world.now + Duration::from_secs(seconds);
    world.put(who, Input::Wish(Wish::Wake { deadline }));
    world.run(Duration::from_secs(seconds));
    let ended = world.events(who).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report.end),
        _ => None,
    });
    ended.expect("the wake has ended")
}

fn off(world: &mut World, who: usize) {
    world.put(who, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.events(who);
}

/// What this node knows of the site.
fn echoes(world: &World, who: usize) -> Option<i64> {
    world.members[who].look("SELECT echoes_tag FROM account")[0]
}

#[test]
fn tags_that_come_back_cost_no_ping_to_oneself() {
    let (mut world, anna, _) = World::pair();
    off(&mut world, anna);
    for _ in 0..5 {
        assert_eq!(wake(&mut world, anna, 30), WakeEnd::NothingNew);
    }
    assert_eq!(world.members[anna].counter("pings_to_self"), 0);
    assert_eq!(echoes(&world, anna), Some(1));
}

#[test]
fn wake_without_a_tag_is_proven_empty_by_a_ping_to_oneself() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    off(&mut world, anna);
    let before = world.now;
    assert_eq!(wake(&mut world, anna, 25), WakeEnd::NothingNew);
    assert!(world.now.since(before) <= SECOND * 25);
    assert_eq!(world.members[anna].counter("pings_to_self"), 1);
    assert_eq!(echoes(&world, anna), Some(0), "the ping came and the tag did not");
    assert_eq!(world.members[anna].pings(), ["hello", "hello back"], "nothing of it is shown");
    // From now on it is asked for at once.
    off(&mut world, anna);
    let login = world.now;
    let deadline = login + SECOND * 25;
    world.put(anna, Input::Wish(Wish::Wake { deadline }));
    world.run(SECOND / 2);
    let ended = world.events(anna).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report.end),
        _ => None,
    });
    assert_eq!(ended, Some(WakeEnd::NothingNew), "within half a second");
    world.judge();
}

#[test]
fn wake_without_a_tag_brings_what_waited() {
    let (mut world, anna, berta) = World::pair_of(without_tags());
    off(&mut world, anna);
    world.begin(berta, &["anna alias"], "for anna");
    assert_eq!(wake(&mut world, anna, 25), WakeEnd::New);
    assert_eq!(world.members[anna].texts(), ["for anna"]);
}

#[test]
fn doubts_without_a_tag_are_judged_by_a_ping_to_oneself() {
    for lost in [true, false] {
        let (mut world, anna, berta) = World::pair_of(without_tags());
        world.members[anna].lossy = lost;
        world.members[anna].deaf = !lost;
        world.begin(anna, &["berta alias"], "once");
        world.cut(anna);
        world.members[anna].lossy = false;
        world.members[anna].deaf = false;
        world.run(SECOND * 20);
        assert_eq!(world.members[anna].outbox(), Vec::<String>::new(), "lost: {lost}");
        assert_eq!(world.members[berta].texts(), ["once"]);
        assert_eq!(world.members[anna].counter("doubts_not_sent"), i64::from(lost));
        assert_eq!(world.site.record().posts.len(), 1);
        world.judge();
    }
}

#[test]
fn without_doubt_and_without_a_wake_nothing_is_asked() {
    let (mut world, anna, berta) = World::pair_of(without_tags());
    world.begin(anna, &["berta alias"], "once");
    world.cut(anna);
    world.run(SECOND * 3600);
    assert_eq!(world.members[berta].texts(), ["once"]);
    assert_eq!(world.members[anna].counter("pings_to_self"), 0);
}

#[test]
fn doubt_that_only_a_person_can_end_costs_no_ping_to_oneself() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    world.run(SECOND);
    world.kill(anna);
    world.members[anna].settings.own_copy_max = 3;
    world.members[anna].settings.own_copy_cheap_max = 3;
    world.start(anna);
    world.run(SECOND);
    world.members[anna].lossy = true;
    world.begin(anna, &["berta alias"], "perhaps");
    world.cut(anna);
    world.members[anna].lossy = false;
    world.run(SECOND * 100);
    assert_eq!(world.members[anna].look::<String>("SELECT reason FROM outbox"), ["cannot_be_proven"]);
    let pings = world.members[anna].counter("pings_to_self");
    for _ in 0..3 {
        world.cut(anna);
        world.run(SECOND * 100);
    }
    assert_eq!(world.members[anna].counter("pings_to_self"), pings, "each login cost one");
}

#[test]
fn other_nodes_neither_show_the_ping_nor_take_it_for_theirs() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    let second = world.second_node(anna, "tablet");
    off(&mut world, anna);
    // The second node is in doubt about nothing, and holds a link.
    assert_eq!(wake(&mut world, anna, 25), WakeEnd::NothingNew);
    let shown = world.members[second].pings();
    assert!(!shown.contains(&String::new()), "{shown:?}");
    assert_eq!(echoes(&world, second), None);
}

#[test]
fn persons_own_empty_ping_to_itself_is_kept_and_proves_itself() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    world.members[anna].deaf = true;
    world.ping(anna, "anna alias", "");
    world.cut(anna);
    world.members[anna].deaf = false;
    world.run(SECOND * 20);
    assert_eq!(world.members[anna].pings(), ["hello", "hello back", ""]);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[anna].counter("pings_repeated"), 0, "it came back, so it was sent");
}

#[test]
fn wake_beside_a_link_without_a_tag_finds_it_alive() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    world.cut(anna);
    world.run(SECOND * 10);
    assert_eq!(wake(&mut world, anna, 20), WakeEnd::Live);
}

#[test]
fn without_an_alias_a_wake_says_that_there_is_no_proof() {
    let mut world = World::of(without_tags());
    let anna = world.add();
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 3);
    off(&mut world, anna);
    assert_eq!(wake(&mut world, anna, 25), WakeEnd::NotKnown(WaitWhy::NoProof));
    assert_eq!(world.members[anna].look::<String>("SELECT outcome FROM wake"), ["no_proof"]);
    let ended = world.members[anna].look::<String>("SELECT stages FROM wake");
    assert!(ended[0].contains("logged_in"), "{ended:?}");
}

#[test]
fn without_an_alias_one_in_doubt_is_asked_for_again() {
    let mut world = World::of(without_tags());
    let anna = world.add();
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 3);
    world.members[anna].lossy = true;
    world.ask(anna, Command::AddAlias("anna alias".parse().unwrap())).unwrap();
    world.run(SECOND * 3);
    world.cut(anna);
    world.members[anna].lossy = false;
    world.run(SECOND * 60);
    assert_eq!(world.members[anna].look::<String>("SELECT state FROM alias"), ["held"]);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
}

#[test]
fn refused_ping_to_oneself_leaves_the_doubt_to_the_person() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    world.members[anna].lossy = true;
    let (sent, _) = world.begin(anna, &["berta alias"], "once");
    world.kill(anna);
    world.members[anna].lossy = false;
    // The site does not know this alias as hers.
    world.members[anna].change("UPDATE alias SET alias = 'berta alias'");
    world.start(anna);
    world.run(SECOND * 60);
    assert_eq!(world.account(anna).outgoing(sent).unwrap(), Some(OutgoingState::InDoubt));
    let why = world.members[anna].look::<String>("SELECT reason FROM outbox");
    assert_eq!(why, ["cannot_be_proven"]);
    // What was left to the person stays so, whatever a later link proves.
    world.kill(anna);
    world.members[anna].change("UPDATE alias SET alias = 'anna alias'");
    world.start(anna);
    assert_eq!(wake(&mut world, anna, 30), WakeEnd::NothingNew);
    assert_eq!(world.account(anna).outgoing(sent).unwrap(), Some(OutgoingState::InDoubt));
    assert_eq!(world.site.record().posts.len(), 0);
    world.ask(anna, Command::SendAgain(sent)).unwrap();
}

#[test]
fn large_post_whose_copy_comes_while_it_is_sent_again_is_not_sent_twice() {
    let (mut world, anna, berta) = World::pair_of(without_tags());
    world.run(SECOND);
    world.members[anna].deaf = true;
    let (sent, _) = world.begin_with(anna, &["berta alias"], "large", &[("a.bin", &[7; 200_000])]);
    world.run(SECOND);
    // Nothing proves that it was taken, for longer than anybody waits.
    let uid = world.uid(anna);
    world.site.hold(&uid);
    world.cut(anna);
    world.members[anna].deaf = false;
    world.run(SECOND * 100);
    assert_eq!(world.members[anna].look::<String>("SELECT reason FROM outbox"), ["cannot_be_proven"]);
    world.members[anna].quota = Some(100_000);
    world.ask(anna, Command::SendAgain(sent)).unwrap();
    assert_eq!(world.members[anna].outbox(), ["sending"]);
    let clock = world.clock();
    world.site.release(clock.mono, clock.wall, &uid);
    world.run(SECOND);
    world.members[anna].quota = None;
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[berta].texts(), ["large"]);
    assert_eq!(world.site.record().posts.len(), 1, "the proof came in time");
    world.judge();
}

#[test]
fn site_that_stops_repeating_tags_is_found_out_by_short_looks() {
    let (mut world, anna, _) = World::pair_of(without_tags());
    world.kill(anna);
    world.members[anna].change("UPDATE account SET echoes_tag = 1");
    let clock = world.clock();
    world.members[anna].open(clock);
    assert_eq!(wake(&mut world, anna, 25), WakeEnd::NotKnown(WaitWhy::Deadline));
    assert_eq!(echoes(&world, anna), None);
    assert_eq!(wake(&mut world, anna, 25), WakeEnd::NothingNew);
    assert_eq!(echoes(&world, anna), Some(0));
}

#[test]
fn long_queue_at_a_site_with_tags_costs_no_ping_to_oneself() {
    let (mut world, anna, berta) = World::pair();
    world.cut(anna);
    world.run(SECOND * 10);
    assert_eq!(echoes(&world, anna), Some(1));
    off(&mut world, anna);
    for number in 0..100 {
        world.begin(berta, &["anna alias"], &format!("number {number}"));
    }
    // One message a second.
    let deadline = world.now + SECOND * 200;
    world.put(anna, Input::Wish(Wish::Wake { deadline }));
    for _ in 0..180 {
        world.members[anna].appetite = Some(1);
        world.run(SECOND);
    }
    world.members[anna].appetite = None;
    world.run(SECOND * 20);
    assert_eq!(world.members[anna].texts().len(), 100);
    assert_eq!(world.members[anna].counter("pings_to_self"), 0);
}
