//! A site, or something between, that breaks the protocol: never a loop, never a neighbour hurt.
// Helpers of tests are not test functions themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod world;

use std::time::Duration;

use tmtp_account::{Command, Event, Input, ParkedWhy, State, TooLargeAnswer, WaitWhy};
use tmtp_store::OutgoingState;
use tmtp_wire::{frame, headsum};
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

/// A delivery with much data whose checksum is wrong.
fn large_wrong_sum(uid: &str, id: &str) -> Vec<u8> {
    let header = format!(
        "{{\"datahead\":2,\"datalen\":300000,\"from\":\"{uid}\",\"headsum\":1,\"id\":\"{id}\",\"op\":\"delivery\",\
         \"posted\":\"2026-11-23T20:37:03.709Z\"}}"
    );
    let mut bytes = Vec::new();
    frame::encode(header.as_bytes(), &mut bytes).unwrap();
    bytes.extend((0..300_000_u32).map(|at| at.to_le_bytes()[1]));
    bytes
}

/// Such a frame comes, in pieces.
fn comes(world: &mut World, who: usize, frame: &[u8]) {
    for piece in frame.chunks(16 * 1024) {
        world.put(who, Input::Received(piece.to_vec()));
        world.run(Duration::ZERO);
    }
}

#[test]
fn wrong_frame_with_much_data_is_parked_whole_when_it_comes_back() {
    for id in ["18eac40f98d56962", "an id of another form"] {
        let (mut world, anna, berta) = World::pair();
        let uid = world.uid(berta);
        let frame = large_wrong_sum(&uid, id);
        world.put(anna, Input::Received(frame[..16_000].to_vec()));
        world.run(Duration::ZERO);
        assert_ne!(world.account(anna).state(), &State::Online, "left before its data was fetched");
        world.run(SECOND * 10);
        assert!(!world.members[anna].has_confirmed(id));
        comes(&mut world, anna, &frame);
        assert_eq!(world.account(anna).state(), &State::Online, "the link goes on");
        assert_eq!(
            world.members[anna].look::<String>("SELECT why || ' ' || msgid FROM parked"),
            [format!("bad_frame {id}")]
        );
        assert_eq!(world.members[anna].number("SELECT size FROM parked"), 300_000);
        assert!(world.members[anna].has_confirmed(id), "and then it is confirmed");
        let file = &world.members[anna].look::<String>("SELECT file FROM parked")[0];
        let mut kept = vec![0; 300_000];
        assert_eq!(world.account(anna).files().read_at(file, 0, &mut kept).unwrap(), 300_000);
        assert!(frame.ends_with(&kept), "all of its data");
        assert!(world.events(anna).contains(&Event::Parked(ParkedWhy::BadFrame)));
    }
}

#[test]
fn wrong_frame_cut_off_in_its_data_is_fetched_again_and_leaves_no_file() {
    let (mut world, anna, berta) = World::pair();
    let uid = world.uid(berta);
    let frame = large_wrong_sum(&uid, "18eac40f98d56962");
    comes(&mut world, anna, &frame[..1000]);
    world.run(SECOND * 10);
    comes(&mut world, anna, &frame[..200_000]);
    assert_eq!(world.members[anna].files(), 1);
    world.cut(anna);
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].files(), 0);
    assert_eq!(world.members[anna].number("SELECT count(*) FROM parked"), 0);
    comes(&mut world, anna, &frame);
    assert_eq!(world.members[anna].number("SELECT size FROM parked"), 300_000);
    assert_eq!(world.members[anna].files(), 1);
}

#[test]
fn wrong_frame_above_the_limit_is_asked_about_and_never_confirmed_away() {
    let (mut world, anna, berta) = World::pair();
    world.kill(anna);
    world.members[anna].settings.delivery_max = 200_000;
    world.members[anna].settings.own_copy_max = 1000;
    world.members[anna].settings.own_copy_cheap_max = 1000;
    world.start(anna);
    world.run(SECOND);
    let uid = world.uid(berta);
    let frame = large_wrong_sum(&uid, "18eac40f98d56962");
    comes(&mut world, anna, &frame[..1000]);
    world.run(SECOND * 10);
    comes(&mut world, anna, &frame);
    world.run(SECOND * 10);
    let state = world.account(anna).state().clone();
    assert!(matches!(state, State::Waiting { why: WaitWhy::TooLarge, .. }), "{state:?}");
    let asked = world.events(anna).into_iter().find_map(|event| match event {
        Event::TooLarge { msgid, from, size } => Some((msgid, from.map(|uid| uid.to_string()), size)),
        _ => None,
    });
    let msgid = "18eac40f98d56962".parse().unwrap();
    assert_eq!(asked, Some((msgid, Some(uid), 300_000)));
    assert!(!world.members[anna].has_confirmed("18eac40f98d56962"));
    world.ask(anna, Command::AnswerTooLarge(msgid, TooLargeAnswer::Accept)).unwrap();
    world.run(SECOND * 10);
    comes(&mut world, anna, &frame);
    assert_eq!(world.members[anna].number("SELECT size FROM parked"), 300_000);
    assert!(world.members[anna].has_confirmed("18eac40f98d56962"));
}

/// The copy of an own post that the site hands out in a form that cannot be read as what was sent.
fn spoilt_copy(uid: &str, send_id: u64) -> Vec<u8> {
    let header = format!(
        "{{\"datahead\":1,\"datalen\":5,\"datasum\":{send_id},\"from\":\"{uid}\",\"id\":\"18eac40f98d56962\",\
         \"op\":\"delivery\",\"posted\":\"2026-11-23T20:37:03.709Z\"}}"
    );
    let mut bytes = Vec::new();
    frame::encode(&headsum::add(header.as_bytes()), &mut bytes).unwrap();
    bytes.extend_from_slice(b"hello");
    bytes
}

#[test]
fn own_copy_that_is_only_parked_leaves_its_post_to_the_person() {
    for in_doubt in [true, false] {
        let (mut world, anna, _) = World::pair();
        let uid = world.uid(anna);
        world.members[anna].lossy = true;
        let (sent, _) = world.begin(anna, &["berta alias"], "perhaps once");
        if in_doubt {
            world.site.hold(&uid);
            world.cut(anna);
            world.members[anna].lossy = false;
            world.run(SECOND * 5);
            assert_eq!(world.members[anna].outbox(), ["doubt"]);
        }
        world.put(anna, Input::Received(spoilt_copy(&uid, sent.value())));
        world.run(Duration::ZERO);
        assert_eq!(world.members[anna].look::<String>("SELECT why FROM parked"), ["malformed"]);
        let clock = world.clock();
        world.site.release(clock.mono, clock.wall, &uid);
        world.cut(anna);
        world.members[anna].lossy = false;
        world.run(SECOND * 60);
        assert_eq!(world.members[anna].look::<String>("SELECT reason FROM outbox"), ["cannot_be_proven"]);
        assert_eq!(world.site.record().posts.len(), 0, "it is not sent again unasked");
        world.ask(anna, Command::SendAgain(sent)).unwrap();
        world.run(SECOND * 10);
        assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    }
}

#[test]
fn answer_that_fits_nothing_leaves_its_post_in_doubt_and_not_forgotten() {
    let (mut world, anna, berta) = World::pair();
    world.begin(anna, &["berta alias"], "first");
    world.run(SECOND);
    world.cut(anna);
    world.run(SECOND * 5);
    let taken = world.members[berta].look::<i64>("SELECT msgid FROM message")[0];
    world.members[anna].lossy = true;
    world.begin(anna, &["berta alias"], "second");
    // The id of another message, as if the site had given it twice.
    let id = tmtp_store::values::id_out(taken);
    let mut answer = Vec::new();
    frame::encode(format!("{{\"id\":\"q1\",\"msgid\":\"{id}\",\"op\":\"ack\"}}").as_bytes(), &mut answer)
        .unwrap();
    world.put(anna, Input::Received(answer));
    world.run(Duration::ZERO);
    assert_eq!(world.account(anna).state(), &State::Online);
    assert_eq!(world.members[anna].outbox(), ["doubt"], "while the link lives");
    world.cut(anna);
    world.members[anna].lossy = false;
    world.run(SECOND * 10);
    assert_eq!(world.members[berta].texts(), ["first", "second"]);
    world.judge();
}

#[test]
fn alias_that_ends_every_link_is_refused_and_can_be_asked_for_again() {
    let (mut world, anna, _) = World::pair();
    world.members[anna].disliked = Some(b"bad alias".to_vec());
    world.ask(anna, Command::AddAlias("bad alias".parse().unwrap())).unwrap();
    world.run(SECOND * 300);
    assert_eq!(world.account(anna).state(), &State::Online);
    let aliases = "SELECT alias || ' ' || state FROM alias ORDER BY id";
    assert_eq!(world.members[anna].look::<String>(aliases), ["anna alias held", "bad alias refused"]);
    assert_eq!(world.members[anna].outbox(), Vec::<String>::new());
    world.members[anna].disliked = None;
    world.ask(anna, Command::AddAlias("bad alias".parse().unwrap())).unwrap();
    world.run(SECOND * 10);
    assert_eq!(world.members[anna].look::<String>(aliases), ["anna alias held", "bad alias held"]);
}

#[test]
fn post_that_ends_the_link_but_was_taken_is_proven_and_not_set_aside() {
    let (mut world, anna, berta) = World::pair();
    world.members[anna].disliked = Some(b"body nobody likes".to_vec());
    let (sent, _) = world.begin(anna, &["berta alias"], "body nobody likes");
    while world.members[anna].number("SELECT times FROM poison") < 2 {
        world.run(SECOND);
    }
    // The third time the site takes it before it ends the link.
    world.members[anna].disliked_late = true;
    world.run(SECOND * 60);
    assert_eq!(world.account(anna).outgoing(sent).unwrap(), None, "its own copy has proven it");
    let failed = world
        .events(anna)
        .into_iter()
        .any(|event| matches!(event, Event::OutgoingChanged { state: OutgoingState::Failed(_), .. }));
    assert!(!failed, "nobody was told to send it again");
    assert_eq!(world.members[berta].texts(), ["body nobody likes"]);
    world.judge();
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
