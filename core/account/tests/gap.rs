//! The public server delivers nothing for 30 s after some logins that follow a lost link, and answers all the same
//! (wire 12.3). Nothing must be concluded from its silence.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::time::Duration;

use tmtp_account::{Event, Input, State, WaitWhy, WakeEnd, Wish};
use tmtp_site::Config;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

/// Whether a site repeats the tag of a login, which then proves that nothing is waiting (elsewhere a ping to oneself
/// does), and what Anna's store knows of that.
const SITES: [(bool, &str); 4] = [(true, "NULL"), (true, "1"), (false, "NULL"), (false, "0")];

fn pair_at(site: (bool, &str)) -> (World, usize, usize) {
    World::pair_of(Config { echo_login_tag: site.0, ..Config::default() })
}

/// Anna's process dies, and the site has the gap when she logs in again.
fn die_before_a_gap(world: &mut World, anna: usize, site: (bool, &str)) {
    let uid = world.uid(anna);
    assert!(world.site.gap_at_next_login(&uid));
    world.kill(anna);
    world.members[anna].change(&format!("UPDATE account SET echoes_tag = {}", site.1));
}

/// Anna wants no link, something waits for her, and her next login has the gap.
fn before_a_gap(site: (bool, &str)) -> (World, usize) {
    let (mut world, anna, berta) = pair_at(site);
    die_before_a_gap(&mut world, anna, site);
    world.begin(berta, &["anna alias"], "waits");
    let clock = world.clock();
    world.members[anna].open(clock);
    (world, anna)
}

fn look(world: &mut World, who: usize, seconds: u64) -> Option<WakeEnd> {
    let deadline = world.now + Duration::from_secs(seconds);
    world.put(who, Input::Wish(Wish::Wake { deadline }));
    world.run(Duration::from_secs(seconds));
    world.events(who).into_iter().find_map(|event| match event {
        Event::WakeEnded(report) => Some(report.end),
        _ => None,
    })
}

#[test]
fn look_in_a_gap_is_not_known_in_time_and_the_next_one_brings_everything() {
    for site in SITES {
        let (mut world, anna) = before_a_gap(site);
        assert_eq!(look(&mut world, anna, 20), Some(WakeEnd::NotKnown(WaitWhy::Deadline)));
        assert_eq!(world.site.record().gaps, 1);
        assert_eq!(world.members[anna].texts(), Vec::<String>::new());
        assert_eq!(look(&mut world, anna, 20), Some(WakeEnd::New));
        assert_eq!(world.members[anna].texts(), ["waits"]);
        world.judge();
    }
}

#[test]
fn look_that_outlasts_a_gap_brings_everything() {
    for site in SITES {
        let (mut world, anna) = before_a_gap(site);
        let dials = world.members[anna].dials;
        assert_eq!(look(&mut world, anna, 60), Some(WakeEnd::New));
        assert_eq!(world.members[anna].texts(), ["waits"]);
        assert_eq!((world.site.record().gaps, world.members[anna].dials), (1, dials + 1));
    }
}

#[test]
fn look_beside_a_held_link_in_a_gap_is_not_known_in_time_and_leaves_the_link() {
    for site in SITES {
        let (mut world, anna) = before_a_gap(site);
        world.put(anna, Input::Wish(Wish::Stay));
        world.run(SECOND);
        let dials = world.members[anna].dials;
        assert_eq!(look(&mut world, anna, 20), Some(WakeEnd::NotKnown(WaitWhy::Deadline)));
        assert_eq!(world.account(anna).state(), &State::Online);
        world.run(SECOND * 100);
        assert_eq!(world.members[anna].dials, dials, "nothing is wrong with the link");
        assert_eq!(world.members[anna].texts(), ["waits"]);
    }
}

#[test]
fn held_link_outlasts_a_gap_and_doubts_are_judged_behind_it() {
    for site in SITES {
        for lost in [true, false] {
            let (mut world, anna, berta) = pair_at(site);
            world.members[anna].lossy = lost;
            world.members[anna].deaf = !lost;
            world.begin(anna, &["berta alias"], "once");
            die_before_a_gap(&mut world, anna, site);
            world.start(anna);
            world.members[anna].lossy = false;
            world.members[anna].deaf = false;
            world.run(SECOND * 25);
            assert_eq!(world.site.record().gaps, 1);
            assert_eq!(world.account(anna).state(), &State::Online);
            assert_eq!(world.members[anna].outbox(), ["doubt"], "its copy may still come");
            // What is new is not held back by it.
            world.begin(anna, &["berta alias"], "new");
            world.run(SECOND);
            assert!(world.members[berta].texts().contains(&"new".to_owned()));
            let dials = world.members[anna].dials;
            world.run(SECOND * 100);
            assert_eq!(world.members[anna].dials, dials, "nothing is wrong with the link");
            assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
            let mut texts = world.members[berta].texts();
            texts.sort();
            assert_eq!(texts, ["new", "once"], "lost: {lost}");
            assert_eq!(world.site.record().posts.len(), 2);
            world.judge();
        }
    }
}
