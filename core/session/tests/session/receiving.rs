//! Queued messages, large and small, right and wrong.

use tmtp_session::{Command, Config, Event, Misbehaviour, Rejected};
use tmtp_wire::message::Fault;

use crate::world::*;

#[test]
fn a_message_comes_whole_and_is_confirmed_only_on_demand() {
    let mut world = World::online();
    world.bytes(&queued(7, "ping", b"hello"));
    let events = world.events();
    let [Event::Message { head, data }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((head.id.0, data.as_slice()), (7, b"hello".as_slice()));
    assert!(world.frames().is_empty());
    world.command(Command::Confirm(head.id.to_string())).unwrap();
    assert_eq!(world.frames(), ["10:0000000000000007"]);
}

#[test]
fn data_above_the_limit_comes_in_pieces() {
    let mut world = World::with(Config { inline_max: 10, ..Config::new(login()) });
    world.log_in();
    world.bytes(&queued(1, "ping", &[b'a'; 10]));
    assert!(matches!(world.events().as_slice(), [Event::Message { .. }]));
    let bytes = queued(2, "ping", b"hello world");
    world.bytes(&bytes[..bytes.len() - 3]);
    world.bytes(&bytes[bytes.len() - 3..]);
    let events = world.events();
    let [Event::LargeBegan(head), Event::LargeData(first), Event::LargeData(second), Event::LargeEnded] =
        events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(head.datalen, 11);
    assert_eq!([first.as_slice(), second].concat(), b"hello world");
}

#[test]
fn a_wrong_checksum_is_a_bad_frame_and_the_next_message_comes() {
    let mut world = World::online();
    let header = queued_header(1, "ping", 2).replace("Gold", "Bold");
    world.bytes(&[frame(&header), b"hi".to_vec()].concat());
    world.bytes(&queued(2, "ping", b"hi"));
    let events = world.events();
    let [Event::BadFrame { id, raw, data, why }, Event::Message { head, .. }] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((id.as_str(), raw.as_slice()), ("0000000000000001", header.as_bytes()));
    assert_eq!((data.as_slice(), *why), (b"hi".as_slice(), Misbehaviour::HeadSumWrong));
    assert_eq!(head.id.0, 2);
}

#[test]
fn a_missing_checksum_is_a_bad_frame() {
    let mut world = World::online();
    world.says(&format!(r#"{{"from":"{OTHER}","id":"0000000000000001","op":"login"}}"#));
    assert!(matches!(world.events().as_slice(), [Event::BadFrame { why: Misbehaviour::HeadSumMissing, .. }]));
}

#[test]
fn a_malformed_queued_message_is_a_bad_frame_with_its_id() {
    let mut world = World::online();
    world.says(&format!(r#"{{"from":"{OTHER}","id":"strange","op":"login"}}"#));
    let events = world.events();
    let [Event::BadFrame { id, why, .. }] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(id, "strange");
    assert_eq!(*why, Misbehaviour::Header(Fault::NotAnId { field: "id" }));
    world.command(Command::Confirm(id.clone())).unwrap();
    assert_eq!(world.frames(), ["10:strange"]);
}

#[test]
fn a_bad_frame_with_much_data_comes_in_pieces_and_nothing_of_it_is_lost() {
    let mut world = World::online();
    for size in [65_536, 65_537] {
        let header =
            format!(r#"{{"datalen":{size},"from":"{OTHER}","id":"0000000000000001","op":"delivery"}}"#);
        world.bytes(&frame(&header));
        for part in vec![b'x'; size].chunks(1000) {
            world.bytes(part);
        }
        let mut events = world.events().into_iter();
        let pieces = match events.next() {
            Some(Event::BadFrame { data, .. }) if size == 65_536 => data,
            Some(Event::BadLargeBegan { id, raw, datalen: 65_537, why }) => {
                assert_eq!((id.as_str(), raw.as_slice()), ("0000000000000001", header.as_bytes()));
                assert_eq!(why, Misbehaviour::HeadSumMissing);
                let pieces = events.by_ref().map_while(|event| match event {
                    Event::LargeData(bytes) => Some(bytes),
                    other => {
                        assert!(matches!(other, Event::LargeEnded), "{other:?}");
                        None
                    }
                });
                pieces.collect::<Vec<_>>().concat()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(pieces, vec![b'x'; size]);
        assert_eq!(events.next(), None);
    }
}

#[test]
fn a_bad_frame_with_a_password_is_kept_neither_by_header_nor_by_data() {
    for datalen in [2, 200_000] {
        let mut world = World::online();
        let secret = format!(
            r#"{{"datalen":{datalen},"from":"{UID}","id":"0000000000000002","newnode":"x","nodeid":"{SECRET}","op":"user"}}"#
        );
        world.bytes(&[frame(&secret), vec![b'h'; datalen]].concat());
        assert!(
            matches!(world.events().as_slice(), [Event::BadFrame { raw, data, .. }] if raw.is_empty() && data.is_empty())
        );
    }
}

#[test]
fn presence_is_told_and_unknown_direct_messages_are_not() {
    let mut world = World::online();
    world.says(&format!(r#"{{"from":"{OTHER}","op":"ohi","status":1}}"#));
    world.says(r#"{"op":"weather","temperature":7}"#);
    assert_eq!(world.events(), [Event::Presence { from: OTHER.parse().unwrap(), online: true }]);
}

#[test]
fn a_confirmation_that_waits_is_not_queued_twice_and_ten_may_wait() {
    let mut world = World::online();
    for _ in 0..50 {
        world.command(Command::Confirm("a".into())).unwrap();
    }
    for n in 1..10 {
        world.command(Command::Confirm(n.to_string())).unwrap();
    }
    assert_eq!(world.command(Command::Confirm("b".into())), Err(Rejected::TooManyConfirmations));
    assert_eq!(world.frames().len(), 10);
    world.command(Command::Confirm("a".into())).unwrap();
    assert_eq!(world.frames(), ["10:a"]);
}

#[test]
fn nothing_is_confirmed_before_the_login() {
    let mut world = World::fresh(login());
    assert_eq!(world.command(Command::Confirm("a".into())), Err(Rejected::NotOnline));
}
