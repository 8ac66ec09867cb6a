//! A site, or something between, that breaks the protocol: never a loop, never a neighbour hurt.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, ParkedWhy, State};
use tmtp_store::OutgoingState;
use tmtp_wire::frame;
use world::World;

const SECOND: Duration = Duration::from_secs(1);

/// A queued message whose checksum is wrong.
fn wrong_sum(uid: &str) -> Vec<u8> {
    let header = format!(
        "{{\"datalen\":5,\"from\":\"{uid}\",\"headsum\":1,\"id\":\"18eac40f98d56962\",\"op\":\"ping\",\
         \"posted\":\"2026-11-23T20:37:03.709Z\",\"alias\":\"some alias\",\"to\":\"anna alias\"}}"
    );
    let mut bytes = Vec::new();
    frame::encode(header.as_bytes(), &mut bytes).unwrap();
    bytes.extend_from_slice(b"hello");
    bytes
}

#[test]
fn wrong_frame_ends_the_link_once_and_is_parked_when_it_comes_back() {
    let (mut world, anna, berta) = World::pair();
    let uid = world.uid(berta);
    world.put(anna, Input::Received(wrong_sum(&uid)));
    world.run(Duration::ZERO);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM parked"), 0);
    assert_ne!(world.account(anna).state(), &State::Online);
    world.run(SECOND * 10);
    assert_eq!(world.account(anna).state(), &State::Online);
    world.put(anna, Input::Received(wrong_sum(&uid)));
    world.run(Duration::ZERO);
    assert_eq!(world.account(anna).state(), &State::Online, "the link goes on");
    assert_eq!(world.members[anna].look::<String>("SELECT why FROM parked"), ["bad_frame"]);
    assert!(world.events(anna).contains(&Event::Parked(ParkedWhy::BadFrame)));
}

#[test]
fn noise_ends_the_link_and_the_next_one_works() {
    let (mut world, anna, berta) = World::pair();
    world.put(anna, Input::Received(b"GET / HTTP/1.1\r\n\r\n".to_vec()));
    world.run(Duration::ZERO);
    assert_ne!(world.account(anna).state(), &State::Online);
    world.run(SECOND * 10);
    world.begin(berta, &["anna alias"], "still here");
    world.run(SECOND);
    assert_eq!(world.members[anna].texts(), ["still here"]);
}

#[test]
fn site_that_ends_every_link_is_not_hammered() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].settings.backoff_max = Duration::from_secs(300);
    world.kill(anna);
    world.start(anna);
    let links = world.site.record().links;
    for _ in 0..3600 {
        if world.members[anna].link.is_some() {
            world.put(anna, Input::Received(b"zzzz".to_vec()));
        }
        world.run(SECOND);
    }
    let made = world.site.record().links - links;
    assert!((5..60).contains(&made), "{made} links in an hour");
}

#[test]
fn post_that_ends_every_link_is_tried_alone_then_set_aside_and_lets_others_pass() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].disliked = Some(b"body nobody likes".to_vec());
    let (bad, _) = world.begin(anna, &["berta alias"], "body nobody likes");
    let (good, _) = world.begin(anna, &["berta alias"], "good");
    world.run(SECOND * 60);
    let state = world.account(anna).outgoing(bad).unwrap();
    assert_eq!(state, Some(OutgoingState::Failed("ended_the_link".to_owned())));
    assert_eq!(world.account(anna).outgoing(good).unwrap(), None);
    assert_eq!(world.members[berta].texts(), ["good"]);
    assert_eq!(world.members[anna].number("SELECT attempts FROM outbox"), 3);
    world.members[anna].disliked = None;
    world.ask(anna, Command::SendAgain(bad)).unwrap();
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["good", "body nobody likes"]);
    world.judge();
}
