//! Tests of encoding requests.

use super::*;
use crate::ids::{BASE32, MsgId};
use crate::limits::HEADER_MAX_SENT;

const UID: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";

fn uid() -> Uid {
    UID.parse().unwrap()
}

/// One of many members.
fn member(number: usize) -> To {
    let digit = |n: usize| char::from(BASE32[n % 32]);
    let uid = format!("{}{}{}", &UID[..30], digit(number / 32), digit(number));
    To::Member(uid.parse().unwrap())
}

fn alias(text: &str) -> Alias {
    text.parse().unwrap()
}

fn written(request: &Request) -> String {
    let frame = String::from_utf8(request.encode("q1").unwrap()).unwrap();
    let (digits, header) = frame.split_at(4);
    assert_eq!(digits, format!("{:04x}", header.len()));
    header.to_owned()
}

fn post(to: Vec<To>, datahead: u32, datalen: u64) -> Request {
    Request::Post { to, datahead, datalen, datasum: None }
}

#[test]
fn every_op_is_written_as_the_site_reads_it() {
    let gid: Gid = "Bird Club".parse().unwrap();
    let secret: NodeSecret = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K".parse().unwrap();
    let group_edit = |act| Request::GroupEdit { gid: gid.clone(), act };
    let (blue, gold) = (alias("Blue Heron"), alias("Gold \"Finch\""));
    let all = [
        (Request::TmtpRev, r#"{"op":0,"id":"1"}"#),
        (Request::Register { label: "phone".into() }, r#"{"op":1,"newnode":"phone","newalias":"_"}"#),
        (
            Request::Login { uid: uid(), secret, tag: Token::new(7).unwrap() },
            r#"{"op":2,"uid":"3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1","node":"7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K","datasum":7}"#,
        ),
        (Request::NewAlias(blue.clone()), r#"{"op":3,"id":"q1","newalias":"Blue Heron"}"#),
        (Request::NewNode("phone".parse().unwrap()), r#"{"op":3,"id":"q1","newnode":"phone"}"#),
        (Request::Probe, r#"{"op":3,"id":"q1","newalias":"x"}"#),
        (
            Request::OhiEdit { kind: OhiKind::Init, uids: vec![uid()] },
            r#"{"op":4,"id":"q1","type":"init","for":[{"id":"3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1"}]}"#,
        ),
        (
            Request::GroupInvite {
                gid: gid.clone(),
                from: blue.clone(),
                to: gold.clone(),
                datalen: 3,
                datasum: None,
            },
            r#"{"op":5,"id":"q1","gid":"Bird Club","from":"Blue Heron","to":"Gold \"Finch\"","datalen":3}"#,
        ),
        (
            group_edit(GroupAct::Join { new_alias: None }),
            r#"{"op":6,"id":"q1","gid":"Bird Club","act":"join"}"#,
        ),
        (
            group_edit(GroupAct::Join { new_alias: Some(blue.clone()) }),
            r#"{"op":6,"id":"q1","gid":"Bird Club","act":"join","newalias":"Blue Heron"}"#,
        ),
        (
            group_edit(GroupAct::Alias { new_alias: blue.clone() }),
            r#"{"op":6,"id":"q1","gid":"Bird Club","act":"alias","newalias":"Blue Heron"}"#,
        ),
        (
            group_edit(GroupAct::Drop { to: blue.clone() }),
            r#"{"op":6,"id":"q1","gid":"Bird Club","act":"drop","to":"Blue Heron"}"#,
        ),
        (
            Request::Post {
                to: vec![To::GroupAll(gid), To::GroupOthers("Book Club".parse().unwrap())],
                datahead: 2,
                datalen: 3,
                datasum: Some(9),
            },
            r#"{"op":7,"id":"q1","for":[{"id":"Bird Club","type":2},{"id":"Book Club","type":3}],"datahead":2,"datalen":3,"datasum":9}"#,
        ),
        (
            Request::PostNotify(PostNotify {
                to: vec![],
                note_to: vec![To::Member(uid())],
                not_self: false,
                notehead: 5,
                datahead: 2,
                datalen: 8,
                datasum: None,
            }),
            r#"{"op":8,"id":"q1","for":[],"fornotself":false,"notefor":[{"id":"3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1","type":1}],"notehead":5,"notelen":5,"datahead":2,"datalen":8}"#,
        ),
        (
            Request::Ping { from: blue, to: gold, datalen: 0, datasum: Some(1) },
            r#"{"op":9,"id":"q1","from":"Blue Heron","to":"Gold \"Finch\"","datalen":0,"datasum":1}"#,
        ),
        (
            Request::Confirm { id: MsgId(0x16a9_f0c3_d5e4_0001).to_string() },
            r#"{"op":10,"id":"16a9f0c3d5e40001","type":"ok"}"#,
        ),
        (Request::Pulse, r#"{"op":11}"#),
        (Request::Quit, r#"{"op":12}"#),
    ];
    for (request, text) in all {
        assert_eq!(written(&request), text);
    }
}

#[test]
fn a_post_without_head_or_with_impossible_lengths_is_refused() {
    assert_eq!(post(vec![], 0, 5).encode("q1"), Err(EncodeError::NoDatahead));
    assert_eq!(post(vec![], 6, 5).encode("q1"), Err(EncodeError::Lengths));
    assert_eq!(post(vec![], 6, u64::MAX).encode("q1"), Err(EncodeError::Lengths));
    assert!(post(vec![], 5, 5).encode("q1").is_ok());
}

#[test]
fn header_and_datahead_together_keep_below_what_the_stock_client_holds() {
    let to: Vec<To> = (0..200).map(member).collect();
    let header = post(to.clone(), 1, 1).encode("q1").unwrap().len();
    let room = u32::try_from(HEAD_AND_DATAHEAD_MAX - header).unwrap();
    assert!(post(to.clone(), room - 10, 100_000).encode("q1").is_ok());
    assert!(
        matches!(post(to, room, 100_000).encode("q1"), Err(EncodeError::HeadsTooLong { actual }) if actual > 60_000)
    );
    let many = post((0..202).map(member).collect(), 1, 1).encode("q1");
    assert_eq!(many, Err(EncodeError::TooMany { field: "for", limit: 201 }));
}

#[test]
fn a_recipient_named_twice_is_refused() {
    let gid: Gid = "Bird Club".parse().unwrap();
    let twice =
        [vec![member(1), member(2), member(1)], vec![To::GroupAll(gid.clone()), To::GroupOthers(gid)]];
    for to in twice {
        assert_eq!(post(to, 1, 1).encode("q1"), Err(EncodeError::NamedTwice));
    }
}

#[test]
fn what_the_site_dies_of_is_refused_with_its_limit() {
    let ping = |datalen| Request::Ping {
        from: alias("Blue Heron"),
        to: alias("Gold Finch"),
        datalen,
        datasum: None,
    };
    assert_eq!(ping(421).encode("q1"), Err(EncodeError::TextTooLong { field: "text", limit: 420 }));
    let ohi = |count| Request::OhiEdit { kind: OhiKind::Add, uids: vec![uid(); count] };
    assert_eq!(ohi(0).encode("q1"), Err(EncodeError::Empty { field: "for" }));
    assert!(ohi(1000).encode("q1").is_ok());
    assert_eq!(ohi(1001).encode("q1"), Err(EncodeError::TooMany { field: "for", limit: 1000 }));
    let label = |label: &str| Request::Register { label: label.into() }.encode("");
    assert_eq!(label(""), Err(EncodeError::Empty { field: "label" }));
    assert_eq!(label(&"<".repeat(65)), Err(EncodeError::TextTooLong { field: "label", limit: 64 }));
    assert_eq!(
        Request::Probe.encode(&"q".repeat(65)),
        Err(EncodeError::TextTooLong { field: "request id", limit: 64 })
    );
    let confirm = |id: String| Request::Confirm { id }.encode("");
    assert!(confirm("<\u{0}".repeat(100)).is_ok());
    assert!(confirm("x".repeat(257)).is_err());
}

#[test]
fn the_longest_names_stay_far_below_the_longest_header() {
    let longest = alias(&"a".repeat(245));
    let request = Request::Ping { from: longest.clone(), to: longest, datalen: 420, datasum: Some(u64::MAX) };
    assert!(request.encode("q1").unwrap().len() < HEADER_MAX_SENT);
}

#[test]
fn a_forward_whose_parts_contradict_each_other_is_refused() {
    let good = PostNotify {
        to: vec![To::Member(uid())],
        note_to: vec![],
        not_self: true,
        notehead: 5,
        datahead: 2,
        datalen: 9,
        datasum: None,
    };
    let encode = |post: PostNotify| Request::PostNotify(post).encode("q1");
    assert!(encode(good.clone()).is_ok());
    assert_eq!(encode(PostNotify { notehead: 0, ..good.clone() }), Err(EncodeError::NoDatahead));
    assert_eq!(encode(PostNotify { datahead: 0, ..good.clone() }), Err(EncodeError::NoDatahead));
    assert_eq!(encode(PostNotify { datahead: 5, ..good.clone() }), Err(EncodeError::Lengths));
    assert_eq!(encode(PostNotify { datalen: 4, ..good.clone() }), Err(EncodeError::Lengths));
    assert_eq!(encode(PostNotify { to: vec![], ..good }), Err(EncodeError::Empty { field: "for" }));
}

#[test]
fn a_login_does_not_show_its_password() {
    let secret = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K";
    let login = Request::Login { uid: uid(), secret: secret.parse().unwrap(), tag: Token::from_random(0) };
    assert!(!format!("{login:?}").contains(secret));
}

#[test]
fn tokens_are_non_zero_and_below_two_to_the_53() {
    assert_eq!(Token::from_random(0).value(), 1);
    assert!(Token::from_random(u64::MAX).value() < 1 << 53);
    assert_eq!(Token::new(0), None);
    assert_eq!(Token::new(1 << 53), None);
}
