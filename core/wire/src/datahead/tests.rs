//! Tests of reading and writing dataheads.

use super::*;
use crate::limits::{ATTACHMENTS_MAX, CC_MAX, DATAHEAD_MAX_READ, NOTE_BYTES_MAX};
use crate::request::To;

const BLUE: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";
const GOLD: &str = "K9R2+WTXB%47MZCQJ8HVD5NFL3PG61SY";

fn entry(who: &str, uid: &str) -> Cc {
    Cc {
        who: who.into(),
        by: "Blue Heron".into(),
        who_uid: uid.into(),
        by_uid: BLUE.into(),
        date: "2021-04-06T09:14:50Z".into(),
        note: String::new(),
        subscribe: true,
    }
}

fn start() -> PostHead {
    PostHead {
        alias: "Blue Heron".into(),
        subject: "Nest count".into(),
        cc: vec![entry("Blue Heron", BLUE), entry("Gold Finch", GOLD)],
        ..PostHead::default()
    }
}

fn file(name: &str, size: u64) -> Attach {
    Attach { name: name.into(), size, ..Attach::default() }
}

fn with(change: impl FnOnce(&mut PostHead)) -> Result<Vec<u8>, HeadError> {
    let mut head = start();
    change(&mut head);
    encode(&head)
}

#[test]
fn a_start_is_written_in_the_order_of_the_stock_client_with_our_members_last() {
    let mut head = start();
    head.cc.truncate(1);
    head.attach = vec![Attach { sha256: Some([0xab; 32]), ..file("u:a.txt", 3) }, file("u:empty", 0)];
    head.send_id = SendId::new(77);
    let expected = format!(
        concat!(
            r#"{{"alias":"Blue Heron","threadid":"","subject":"Nest count","#,
            r#""attach":[{{"name":"u:a.txt","size":3,"sha256":"{}"}},{{"name":"u:empty"}}],"#,
            r#""cc":[{{"who":"Blue Heron","by":"Blue Heron","whouid":"{}","byuid":"{}","#,
            r#""date":"2021-04-06T09:14:50Z","note":"","subscribe":true}}],"sendid":77}}"#
        ),
        "ab".repeat(32),
        BLUE,
        BLUE
    );
    let bytes = encode(&head).unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
    assert!(parse(&bytes).unwrap() == head);
}

#[test]
fn an_empty_object_is_an_empty_head() {
    assert!(parse(b"{}").unwrap() == PostHead::default());
    assert!(parse(br#"{"Alias":null,"Cc":null,"new":[{}]}"#).unwrap() == PostHead::default());
}

#[test]
fn known_members_of_another_type_are_refused_and_our_own_are_ignored() {
    for (text, field) in [
        (r#"{"alias":1}"#, "alias"),
        (r#"{"attach":{}}"#, "attach"),
        (r#"{"attach":[1]}"#, "attach"),
        (r#"{"attach":[{"size":1.0}]}"#, "size"),
        (r#"{"attach":[{"size":-1}]}"#, "size"),
        (r#"{"cc":[{"subscribe":"yes"}]}"#, "subscribe"),
        (r#"{"nodesync":0}"#, "nodesync"),
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap_err(), HeadError::Field(BadField { field }), "{text}");
    }
    let head = parse(br#"{"sendid":"x","attach":[{"name":"u:a","sha256":7}]}"#).unwrap();
    assert_eq!((head.send_id, head.attach[0].sha256), (None, None));
    assert_eq!(parse(br#"{"sendid":9007199254740992}"#).unwrap().send_id, None);
}

#[test]
fn heads_of_absurd_size_are_refused() {
    let long = format!("{{\"alias\":\"{}\"}}", "a".repeat(DATAHEAD_MAX_READ));
    assert!(matches!(parse(long.as_bytes()), Err(HeadError::TooLong { .. })));
    let many = |field: &str, count: usize| format!("{{\"{field}\":[{}{{}}]}}", "{},".repeat(count));
    let refused = |field, limit| Err(HeadError::TooMany { field, limit });
    assert_eq!(parse(many("attach", ATTACHMENTS_MAX).as_bytes()), refused("attach", ATTACHMENTS_MAX));
    assert_eq!(parse(many("cc", CC_MAX).as_bytes()), refused("cc", CC_MAX));
}

#[test]
fn sizes_that_do_not_fit_the_data_are_told() {
    let mut head = start();
    head.attach = vec![file("u:a", 10), file("u:b", 20)];
    assert_eq!(head.text_len(135, 100), Ok(5));
    assert_eq!(head.text_len(129, 100), Err(HeadError::SizesExceedData));
    assert_eq!(head.text_len(50, 100), Err(HeadError::SizesExceedData));
    head.attach.push(file("u:c", u64::MAX));
    assert_eq!(head.text_len(u64::MAX, 0), Err(HeadError::SizesExceedData));
}

#[test]
fn a_thread_without_subject_or_author_cannot_be_sent() {
    assert!(with(|_| ()).is_ok());
    assert_eq!(with(|head| head.subject = " ".into()), Err(HeadError::NoSubject));
    assert_eq!(with(|head| head.cc.clear()), Err(HeadError::AuthorNotFirst));
    assert_eq!(with(|head| head.cc.swap(0, 1)), Err(HeadError::AuthorNotFirst));
    assert!(with(|head| head.cc = vec![entry("Bird Club", "Bird Club")]).is_ok(), "the form for groups");
}

#[test]
fn each_recipient_of_a_thread_must_stand_in_its_list() {
    let to = |uid: &str| To::Member(uid.parse().unwrap());
    let stranger = "T5%XN8CJ2VLQ+HM94RWBDZ7KF3GP6S1Y";
    assert_eq!(start().check_recipients(&[to(BLUE), to(GOLD)]), Ok(()));
    assert_eq!(start().check_recipients(&[to(stranger)]), Err(HeadError::RecipientNotListed));
    let reply = PostHead { thread_id: Some("16a9f0c3d5e40001".into()), ..PostHead::default() };
    assert_eq!(reply.check_recipients(&[to(stranger)]), Ok(()));
}

#[test]
fn thread_and_confirm_ids_must_be_message_ids() {
    for bad in ["_0178a6c3ffb2", "16A9F0C3D5E40001", "../../etc/passwd", "16a9f0c3d5e40001x"] {
        let error = with(|head| head.thread_id = Some(bad.into()));
        assert_eq!(error, Err(HeadError::NotAMessageId { field: "threadid" }), "{bad}");
        let error = with(|head| head.confirm_id = Some(bad.into()));
        assert_eq!(error, Err(HeadError::NotAMessageId { field: "confirmid" }), "{bad}");
    }
    let read = parse(br#"{"threadid":"../x"}"#).unwrap();
    assert!(read.thread().is_err() && !read.starts_thread());
}

#[test]
fn attachment_names_that_kill_the_stock_client_cannot_be_sent() {
    let attach = |list: Vec<Attach>| with(|head| head.attach = list);
    for name in ["map.txt", "u:", "x:map.txt", ""] {
        assert_eq!(attach(vec![file(name, 1)]), Err(HeadError::NamePrefix), "{name}");
    }
    assert_eq!(attach(vec![file("u:a", 1), file("u:a", 2)]), Err(HeadError::NameTwice));
    assert!(attach(vec![file("u:a", 1), file("f:a", 2)]).is_ok());
    let long = format!("u:{}", "字".repeat(26));
    assert_eq!(attach(vec![file(&long, 1)]), Err(HeadError::NameTooLong { limit: 230, actual: 238 }));
    assert_eq!(attach(vec![file("r:a", 1)]), Err(HeadError::NotAForm));
    let many = (0..=ATTACHMENTS_MAX).map(|n| file(&format!("u:{n}"), 1)).collect();
    assert_eq!(attach(many), Err(HeadError::TooMany { field: "attach", limit: ATTACHMENTS_MAX }));
}

#[test]
fn notes_and_heads_that_are_too_long_cannot_be_sent() {
    let note = with(|head| head.cc[1].note = "x".repeat(NOTE_BYTES_MAX + 1));
    assert_eq!(note, Err(HeadError::NoteTooLong { limit: NOTE_BYTES_MAX }));
    let many = with(|head| head.cc = vec![entry("Blue Heron", BLUE); 202]);
    assert_eq!(many, Err(HeadError::TooMany { field: "cc", limit: 201 }));
    let long = with(|head| {
        head.cc = vec![Cc { note: "x".repeat(400), ..entry("Blue Heron", BLUE) }; 150];
    });
    assert!(matches!(long, Err(HeadError::TooLong { limit: 59_996, .. })));
}

#[test]
fn the_same_head_gives_the_same_bytes() {
    assert_eq!(encode(&start()).unwrap(), encode(&start()).unwrap());
}

#[test]
fn nothing_that_people_wrote_is_shown_in_logs() {
    let shown = format!("{:?}", start());
    assert!(!shown.contains("Heron") && !shown.contains("Nest"));
}
