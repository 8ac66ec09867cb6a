//! Tests of reading and writing JSON.

use super::*;

fn object(text: &str) -> Object {
    Object::parse(text.as_bytes()).unwrap()
}

#[test]
fn keys_in_any_case_mean_the_same_member() {
    for text in [r#"{"DataLen":7}"#, r#"{"datalen":7}"#, r#"{"DATALEN":7}"#, "{\"datalen\":1,\"Datalen\":7}"]
    {
        assert_eq!(object(text).u64("datalen"), Ok(Some(7)), "{text}");
    }
    assert_eq!(object("{\"po\u{17f}ted\":\"x\"}").str("posted"), Ok(Some("x")));
    assert_eq!(object(r#"{"postedd":"x"}"#).str("posted"), Ok(None));
}

#[test]
fn null_counts_as_absent_even_behind_a_value() {
    assert_eq!(object(r#"{"id":null}"#).str("id"), Ok(None));
    assert_eq!(object(r#"{"id":"a","ID":null}"#).str("id"), Ok(Some("a")));
}

#[test]
fn numbers_must_be_plain_integers_of_their_range() {
    assert_eq!(object(r#"{"n":18446744073709551615}"#).u64("n"), Ok(Some(u64::MAX)));
    assert_eq!(object(r#"{"n":-1}"#).i64("n"), Ok(Some(-1)));
    for text in
        [r#"{"n":18446744073709551616}"#, r#"{"n":-1}"#, r#"{"n":1.0}"#, r#"{"n":1e2}"#, r#"{"n":"1"}"#]
    {
        assert_eq!(object(text).u64("n"), Err(BadField { field: "n" }), "{text}");
    }
}

#[test]
fn what_is_not_one_object_is_refused_with_its_reason() {
    for (text, error) in [
        ("", JsonError::NotAnObject),
        ("[]", JsonError::NotAnObject),
        ("{} x", JsonError::Trailing),
        ("{\"a\":01}", JsonError::Syntax { at: 7 }),
        ("{\"a\":1,}", JsonError::Syntax { at: 7 }),
        ("{\"a\":\"\n\"}", JsonError::Syntax { at: 7 }),
        ("{\"a\":\"\\x\"}", JsonError::Syntax { at: 8 }),
        ("{\"a\":tru}", JsonError::Syntax { at: 8 }),
        ("{\"a\"", JsonError::Syntax { at: 4 }),
    ] {
        assert_eq!(Object::parse(text.as_bytes()), Err(error), "{text}");
    }
}

#[test]
fn deep_nesting_is_refused_and_a_little_is_not() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(Object::parse(nested(crate::limits::JSON_DEPTH_MAX - 1).as_bytes()).is_ok());
    assert_eq!(Object::parse(nested(60_000).as_bytes()), Err(JsonError::TooDeep));
}

#[test]
fn broken_text_becomes_the_replacement_character() {
    assert_eq!(object(r#"{"a":"x\ud800y"}"#).str("a"), Ok(Some("x\u{fffd}y")));
    assert_eq!(object(r#"{"a":"\ud800\u0041"}"#).str("a"), Ok(Some("\u{fffd}A")));
    assert_eq!(object(r#"{"a":"\ud83d\ude00"}"#).str("a"), Ok(Some("😀")));
    assert_eq!(Object::parse(b"{\"a\":\"x\xffy\"}").unwrap().str("a"), Ok(Some("x\u{fffd}y")));
}

#[test]
fn texts_come_back_as_they_were_written() {
    let text = "\u{0}\u{1f}\"\\/<>&\u{2028} é 😀\n\r\t\u{8}\u{c}\u{7f}";
    let mut writer = Writer::new();
    writer.str("plain", text).u64("n", 7).bool("b", true);
    let written = writer.finish();
    assert_eq!(object(&written).str("plain"), Ok(Some(text)));
    assert_eq!(object(&format!("{{\"go\":\"{}\"}}", go_escape(text))).str("go"), Ok(Some(text)));
}

#[test]
fn the_servers_escapes_are_its_own() {
    assert_eq!(
        go_escape("a<b>&\u{2028}\u{2029}é/\u{0}\u{8}\""),
        r#"a\u003cb\u003e\u0026\u2028\u2029é/\u0000\b\""#
    );
}

#[test]
fn an_object_reads_as_an_independent_reader_reads_it() {
    let text = r#" { "a" : [1, -0, 2.5e+3, true, false, null, "\u00e9\"", {"b":{}}] , "c":"" } "#;
    let ours = Value::Object(object(text));
    let theirs: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(same(&ours, &theirs), "{ours:?} {theirs:?}");
}

fn same(ours: &Value, theirs: &serde_json::Value) -> bool {
    match (ours, theirs) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(a), serde_json::Value::Bool(b)) => a == b,
        (Value::Number(a), serde_json::Value::Number(b)) => a.parse::<f64>().ok() == b.as_f64(),
        (Value::String(a), serde_json::Value::String(b)) => a == b,
        (Value::Array(a), serde_json::Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), serde_json::Value::Object(b)) => {
            a.members().count() == b.len() && a.members().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        _ => false,
    }
}
