//! Tests of reading a site's headers.

use super::*;
use crate::limits::{POSTED_MAX, QUEUED_ID_MAX, SITE_NAME_MAX};

const UID: &str = "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1";
const SECRET: &str = "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K";

fn read(text: &str) -> Result<Message, MessageError> {
    parse(text.as_bytes().to_vec())
}

/// A queued header with these further members.
fn queued_text(more: &str) -> String {
    format!(
        r#"{{"datalen":0,"from":"{UID}","id":"16a9f0c3d5e40001","posted":"2021-04-06T09:00:00.004Z",{more}}}"#
    )
}

fn op(more: &str) -> QueuedOp {
    match read(&queued_text(more)).unwrap() {
        Message::Queued(queued) => queued.op,
        other => panic!("{other:?}"),
    }
}

fn fault(more: &str) -> Fault {
    let error = read(&queued_text(more)).unwrap_err();
    assert_eq!(error.queued_id.as_deref(), Some("16a9f0c3d5e40001"), "{more}");
    error.fault
}

#[test]
fn direct_messages_of_every_kind_are_read() {
    let uid: Uid = UID.parse().unwrap();
    let some = |text: &str| Some(text.to_owned());
    for (text, message) in [
        (
            r#"{"id":"1","name":"Example Site","op":"tmtprev"}"#.to_owned(),
            Message::TmtpRev(Greeting { id: "1".into(), name: "Example Site".into(), auth: None, authby: 0 }),
        ),
        (
            r#"{"auth":1,"authby":[{"label":"a"},{}],"ID":"1","name":"x","op":"tmtprev"}"#.to_owned(),
            Message::TmtpRev(Greeting { id: "1".into(), name: "x".into(), auth: Some(1), authby: 2 }),
        ),
        (
            format!(r#"{{"error":"no","nodeid":"{SECRET}","op":"registered","uid":"{UID}"}}"#),
            Message::Registered { uid: uid.clone(), secret: SECRET.parse().unwrap(), error: some("no") },
        ),
        (
            format!(r#"{{"info":"login ok","ohi":["{UID}"],"op":"info"}}"#),
            Message::Info { ohi: vec![uid.clone()] },
        ),
        (
            r#"{"id":"q1","msgid":"16a9f0c3d5e3fff2","op":"ack","posted":"p"}"#.to_owned(),
            Message::Answer(Answer {
                id: "q1".into(),
                msgid: Some(MsgId(0x16a9_f0c3_d5e3_fff2)),
                posted: some("p"),
                error: None,
            }),
        ),
        (
            format!(r#"{{"from":"{UID}","op":"ohi","status":2}}"#),
            Message::Presence { from: uid, online: false },
        ),
        (r#"{"error":"logout ok","op":"quit"}"#.to_owned(), Message::Quit { error: "logout ok".into() }),
        (r#"{"op":"news","id":"7"}"#.to_owned(), Message::Unknown { op: "news".into() }),
    ] {
        assert_eq!(read(&text), Ok(message), "{text}");
    }
}

#[test]
fn queued_messages_of_every_op_are_read() {
    let text = String::from;
    let some = |text: &str| Some(text.to_owned());
    for (more, expected) in [
        (r#""node":"tbd","op":"login""#, QueuedOp::Login),
        (
            r#""newalias":"Blue Heron","op":"user""#,
            QueuedOp::User { new_alias: some("Blue Heron"), new_node: None, secret: None },
        ),
        (
            r#""for":[{"Id":"U","Type":0}],"op":"ohiedit","type":"add""#,
            QueuedOp::OhiEdit { kind: text("add"), uids: vec![text("U")] },
        ),
        (
            r#""gid":"g","alias":"a","to":"b","op":"invite""#,
            QueuedOp::Invite { gid: text("g"), alias: text("a"), to: text("b") },
        ),
        (
            r#""gid":"g","act":"alias","alias":"a","newalias":"b","op":"member""#,
            QueuedOp::Member { gid: text("g"), act: some("alias"), alias: text("a"), new_alias: some("b") },
        ),
        (r#""notify":2,"op":"delivery""#, QueuedOp::Delivery { notify: Some(2) }),
        (
            r#""postid":"16a9f0c3d5e40009","op":"notify""#,
            QueuedOp::Notify { postid: text("16a9f0c3d5e40009") },
        ),
        (r#""alias":"a","to":"b","op":"ping""#, QueuedOp::Ping { alias: text("a"), to: text("b") }),
        (r#""op":"ack""#, QueuedOp::Other(text("ack"))),
        (r#""op":"of tomorrow","x":[1,{"y":null}]"#, QueuedOp::Other(text("of tomorrow"))),
    ] {
        assert!(op(more) == expected, "{more}");
    }
}

#[test]
fn a_wrong_queued_message_still_tells_its_id() {
    assert_eq!(fault(r#""op":7"#), Fault::Field(BadField { field: "op" }));
    assert_eq!(fault(r#""x":7"#), Fault::Missing { field: "op" });
    assert_eq!(fault(r#""op":"ping","alias":"a""#), Fault::Missing { field: "to" });
    assert_eq!(fault(r#""op":"user","nodeid":"x""#), Fault::NotAnId { field: "nodeid" });
    assert_eq!(fault(r#""op":"login","datasum":-1"#), Fault::Field(BadField { field: "datasum" }));
    assert_eq!(fault(r#""op":"login","from":"nobody""#), Fault::NotAnId { field: "from" });
    let long = format!(r#""op":"ping","to":"b","alias":"{}""#, "a".repeat(SITE_NAME_MAX + 1));
    assert_eq!(fault(&long), Fault::TooLong { field: "alias", limit: SITE_NAME_MAX });
    let late = format!(r#""op":"login","posted":"{}""#, "9".repeat(POSTED_MAX + 1));
    assert_eq!(fault(&late), Fault::TooLong { field: "posted", limit: POSTED_MAX });
}

#[test]
fn an_id_that_is_none_is_told_as_it_was_written() {
    let error = read(&format!(r#"{{"from":"{UID}","id":"no id","op":"login"}}"#)).unwrap_err();
    assert_eq!(
        error,
        MessageError { queued_id: Some("no id".into()), fault: Fault::NotAnId { field: "id" } }
    );
}

#[test]
fn an_id_that_cannot_be_confirmed_is_not_told() {
    for id in ["7".to_owned(), r#""""#.to_owned(), format!(r#""{}""#, "a".repeat(QUEUED_ID_MAX + 1))] {
        let error = read(&format!(r#"{{"from":"{UID}","id":{id},"op":"login"}}"#)).unwrap_err();
        assert_eq!(error.queued_id, None, "{id}");
    }
}

#[test]
fn a_wrong_direct_message_has_no_id_to_confirm() {
    for text in [
        r#"{"id":"q1","msgid":"x","op":"ack"}"#,
        r#"{"op":"info","ohi":["x"]}"#,
        r#"{"op":"registered"}"#,
        r#"{"id":"x"}"#,
        "{} {}",
    ] {
        assert_eq!(read(text).unwrap_err().queued_id, None, "{text}");
    }
}

#[test]
fn a_password_is_neither_shown_nor_given_out_for_storing() {
    let text = queued_text(&format!(r#""newnode":"phone","NodeId":"{SECRET}","op":"user""#));
    let Ok(Message::Queued(queued)) = read(&text) else { panic!() };
    assert!(!format!("{queued:?}").contains(SECRET));
    assert_eq!(queued.redacted_raw(), None);
    assert!(matches!(&queued.op, QueuedOp::User { secret: Some(secret), .. } if secret.expose() == SECRET));
    let registered = format!(r#"{{"nodeid":"{SECRET}","op":"registered","uid":"{UID}"}}"#);
    assert!(!format!("{:?}", read(&registered)).contains(SECRET));
}

#[test]
fn other_headers_are_given_out_as_they_came() {
    let text = queued_text(r#""newalias":"a\u003cb","op":"user""#);
    let Ok(Message::Queued(queued)) = read(&text) else { panic!() };
    assert_eq!(queued.redacted_raw(), Some(text.into_bytes()));
    assert!(names_a_secret(b"{\"nodeid\":1"), "what cannot be read may hold one");
}

#[test]
fn what_a_site_says_to_people_is_harmless_from_the_first() {
    let evil = "a\\u001b]0;x\\u0007\\u202eb\\nc";
    let clean = "a\u{fffd}]0;x\u{fffd}\u{fffd}b c";
    let said = |text: &str| match read(&text.replace("EVIL", evil)).unwrap() {
        Message::Quit { error } => error,
        Message::TmtpRev(greeting) => greeting.name,
        Message::Answer(answer) => answer.error.unwrap(),
        Message::Registered { error, .. } => error.unwrap(),
        other => panic!("{other:?}"),
    };
    for text in [
        r#"{"op":"quit","error":"EVIL"}"#.to_owned(),
        r#"{"op":"tmtprev","id":"1","name":"EVIL"}"#.to_owned(),
        r#"{"op":"ack","id":"1","error":"EVIL"}"#.to_owned(),
        format!(r#"{{"op":"registered","uid":"{UID}","nodeid":"{SECRET}","error":"EVIL"}}"#),
    ] {
        assert_eq!(said(&text), clean, "{text}");
    }
}
