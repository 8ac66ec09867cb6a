//! States in which there is no link, and how they end; and looks that end in time.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::sync::Arc;
use std::time::Duration;

use tmtp_account::{
    Account, Command, Env, Event, Hint, Input, Refused, RefusedWhy, Settings, State, SystemRandom, WaitWhy,
    WakeEnd, WakeReport, Wish,
};
use tmtp_site::Config;
use tmtp_store::{InstallId, KeyStore, Place, Writer};
use tmtp_wire::time::Mono;
use world::World;
use world::keys::Keys;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn vanished_link_makes_the_node_busy_until_the_site_notices() {
    let (mut world, anna, _) = World::pair();
    world.vanish(anna);
    let began = world.now;
    world.start(anna);
    world.run(SECOND * 2);
    let state = world.account(anna).state().clone();
    let State::NodeBusy { until, other_suspected, .. } = state else { panic!("{state:?}") };
    assert_eq!(until, began + Duration::from_secs(120));
    assert!(!other_suspected);
    world.run(SECOND * 120);
    assert_eq!(world.account(anna).state(), &State::Online);
    assert!(world.site.record().nodes_busy >= 10);
    world.judge();
}

#[test]
fn waits_grow_while_the_site_cannot_be_reached_and_end_when_a_person_acts() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].unreachable = true;
    world.cut(anna);
    world.run(Duration::from_secs(60));
    let state = world.account(anna).state().clone();
    assert!(matches!(state, State::Waiting { why: WaitWhy::Dial(_), .. }), "{state:?}");
    world.members[anna].unreachable = false;
    world.put(anna, Input::Hint(Hint::UserActs));
    world.run(Duration::ZERO);
    assert_eq!(world.account(anna).state(), &State::Online);
}

#[test]
fn act_on_a_link_that_is_gone_already_has_the_next_one_made_at_once() {
    let (mut world, anna, _) = World::pair();
    let dials = world.members[anna].dials;
    // The account does not know yet that its link has ended.
    world.put(anna, Input::Hint(Hint::UserActs));
    world.members[anna].unreachable = true;
    world.cut(anna);
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].dials, dials + 1, "at once, and once");
    world.run(Duration::from_millis(200));
    assert_eq!(world.members[anna].dials, dials + 1, "then it waits like always");
    assert!(matches!(world.account(anna).state(), State::Waiting { why: WaitWhy::Dial(_), .. }));
}

#[test]
fn act_that_meets_a_dial_has_one_more_made_at_once_if_it_fails() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].unreachable = true;
    world.cut(anna);
    world.run(Duration::ZERO);
    let dials = world.members[anna].dials;
    world.now = world.now + SECOND * 5;
    let clock = world.clock();
    // The dial begins, and its end is not seen yet.
    world.account(anna).step(clock);
    world.put(anna, Input::Hint(Hint::UserActs));
    world.account(anna).step(clock);
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].dials, dials + 2);
}

#[test]
fn old_act_hastens_nothing() {
    let (mut world, anna, _) = World::pair();
    let dials = world.members[anna].dials;
    world.put(anna, Input::Hint(Hint::UserActs));
    world.run(tmtp_account::limits::ACT_COUNTS);
    world.members[anna].unreachable = true;
    world.cut(anna);
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].dials, dials);
}

#[test]
fn site_that_demands_sign_in_is_a_state_of_its_own() {
    let mut world = World::of(Config { demand_sign_in: true, ..Config::default() });
    let anna = world.add();
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 100);
    assert_eq!(world.account(anna).state(), &State::Refused(RefusedWhy::NeedsSignIn));
    assert_eq!(world.site.record().links, 1, "asked once");
}

#[test]
fn missing_key_stops_the_account_and_leaves_the_archive() {
    let (mut world, anna, _) = World::pair();
    world.kill(anna);
    world.members[anna].keys = Arc::new(Keys::default());
    let logins = world.site.record().logins;
    world.start(anna);
    world.run(SECOND * 100);
    assert_eq!(world.account(anna).state(), &State::KeyLost);
    assert_eq!(world.site.record().logins, logins);
    world.ask(anna, Command::MarkPingsRead).unwrap();
}

#[test]
fn copied_store_is_read_but_never_logs_in_and_changes_nothing() {
    let (mut world, anna, _) = World::pair();
    world.kill(anna);
    let place = Place { install: InstallId([8; 16]), ..world.members[anna].place() };
    let writer = Writer::open(place).unwrap();
    let keys: Arc<dyn KeyStore> = world.members[anna].keys.clone();
    let env = Env { keys, random: Box::new(SystemRandom), settings: Settings::default() };
    world.members[anna].account = Some(Account::open(writer, env, world.clock()).unwrap());
    world.put(anna, Input::Wish(Wish::Stay));
    world.run(SECOND * 100);
    assert_eq!(world.account(anna).state(), &State::Cloned);
    let send = world.send_command("d", &["berta alias"], "text");
    assert!(matches!(world.ask(anna, Command::Send(send)), Err(Refused::State(_))));
    assert!(world.members[anna].link.is_none());
}

fn wake(world: &mut World, who: usize, seconds: u64) -> WakeReport {
    let deadline = world.now + Duration::from_secs(seconds);
    world.put(who, Input::Wish(Wish::Wake { deadline }));
    world.run(Duration::from_secs(seconds));
    let ended = world.events(who).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report),
        _ => None,
    });
    ended.expect("the wake has ended")
}

fn asleep() -> (World, usize, usize) {
    let (mut world, anna, berta) = World::pair();
    world.put(anna, Input::Wish(Wish::Off));
    world.run(SECOND);
    world.events(anna);
    (world, anna, berta)
}

#[test]
fn wake_with_nothing_waiting_is_proven_empty_and_leaves() {
    let (mut world, anna, _) = asleep();
    let report = wake(&mut world, anna, 30);
    assert_eq!(report.end, WakeEnd::NothingNew);
    let stages: Vec<_> = report.stages.iter().map(|(stage, _)| *stage).collect();
    assert_eq!(stages, ["dialed", "linked", "logged_in", "drained", "ended"]);
    assert_eq!(world.account(anna).state(), &State::Off);
    assert!(world.members[anna].link.is_none());
    assert_eq!(world.members[anna].look::<String>("SELECT outcome FROM wake"), ["nothing_new"]);
    world.judge();
}

#[test]
fn wake_reports_what_came_and_sends_what_waited() {
    let (mut world, anna, berta) = asleep();
    world.begin(berta, &["anna alias"], "for anna");
    world.ping(berta, "anna alias", "knock");
    world.begin(anna, &["berta alias"], "for berta");
    let report = wake(&mut world, anna, 30);
    assert_eq!(report.end, WakeEnd::New);
    assert_eq!((report.arrived.len(), report.arrived_count, report.pings.len()), (1, 1, 1));
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    assert_eq!(world.members[berta].texts(), ["for anna", "for berta"]);
    world.judge();
}

#[test]
fn wake_without_a_way_ends_in_time_with_the_reason() {
    let (mut world, anna, _) = asleep();
    world.members[anna].unreachable = true;
    let report = wake(&mut world, anna, 20);
    assert!(matches!(report.end, WakeEnd::NotKnown(WaitWhy::Dial(_))), "{:?}", report.end);
    assert_eq!(world.account(anna).state(), &State::Off);
}

#[test]
fn wake_at_a_mute_site_ends_in_time() {
    let (mut world, anna, _) = asleep();
    world.members[anna].deaf = true;
    let report = wake(&mut world, anna, 10);
    assert!(matches!(report.end, WakeEnd::NotKnown(_)), "{:?}", report.end);
}

#[test]
fn wake_beside_a_held_link_probes_it() {
    let (mut world, anna, _) = World::pair();
    let report = wake(&mut world, anna, 10);
    assert_eq!(report.end, WakeEnd::Live);
    assert_eq!(world.account(anna).state(), &State::Online);
}

#[test]
fn wake_beside_a_dead_link_replaces_it() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].deaf = true;
    world.begin(berta, &["anna alias"], "waits");
    let deadline = world.now + SECOND * 60;
    world.put(anna, Input::Wish(Wish::Wake { deadline }));
    world.run(SECOND * 9);
    world.members[anna].deaf = false;
    // What the dead link would have brought is lost with it.
    let link = world.members[anna].link.expect("held");
    let clock = world.clock();
    world.site.take_output(clock.mono, clock.wall, link, 1 << 20);
    world.run(SECOND * 51);
    let ended = world.events(anna).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report.end),
        _ => None,
    });
    assert!(matches!(ended, Some(WakeEnd::New | WakeEnd::Live)), "{ended:?}");
    assert_eq!(world.members[anna].texts(), ["waits"]);
}

#[test]
fn key_that_cannot_be_read_yet_is_asked_for_again() {
    let (mut world, anna, _) = World::pair();
    world.kill(anna);
    world.members[anna].keys.lock(true);
    world.start(anna);
    world.run(SECOND * 20);
    assert_eq!(world.account(anna).state(), &State::Locked);
    world.members[anna].keys.lock(false);
    world.run(SECOND * 20);
    assert_eq!(world.account(anna).state(), &State::Online);
}

#[test]
fn an_account_at_rest_asks_for_no_time() {
    let (mut world, anna, _) = asleep();
    assert_eq!(world.account(anna).poll_timeout(), None::<Mono>);
    assert!(!world.account(anna).wants_step());
}
