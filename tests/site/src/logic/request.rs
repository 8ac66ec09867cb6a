//! Strict reading of a request's header, as the public server does it (wire 4.1, 8).
//!
//! In: the header's JSON. Out: a [`Request`] whose fields have the right types and whose required fields
//! are there, or nothing, which the caller answers with "invalid header". It does not look at who asks.

use tmtp_wire::json::{Object, Value};

/// What a request asks for; the number is its `op`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    TmtpRev,
    Register,
    Login,
    UserEdit,
    OhiEdit,
    GroupInvite,
    GroupEdit,
    Post,
    PostNotify,
    Ping,
    Confirm,
    Pulse,
    Quit,
}

impl Op {
    fn from_number(number: u64) -> Option<Op> {
        Some(match number {
            0 => Op::TmtpRev,
            1 => Op::Register,
            2 => Op::Login,
            3 => Op::UserEdit,
            4 => Op::OhiEdit,
            5 => Op::GroupInvite,
            6 => Op::GroupEdit,
            7 => Op::Post,
            8 => Op::PostNotify,
            9 => Op::Ping,
            10 => Op::Confirm,
            11 => Op::Pulse,
            12 => Op::Quit,
            _ => return None,
        })
    }
}

/// An element of `for` or `notefor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) id: String,
    /// 1 a user, 2 a group, 3 a group without the sender; anything in an OhiEdit.
    pub(super) kind: i8,
}

/// A header that passed. Texts that were absent are empty; sums that were absent are 0.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) op: Op,
    pub(super) datalen: u64,
    pub(super) datahead: u64,
    pub(super) datasum: u64,
    pub(super) notelen: u64,
    pub(super) notehead: u64,
    pub(super) notesum: u64,
    pub(super) uid: String,
    pub(super) gid: String,
    pub(super) id: String,
    pub(super) node: String,
    pub(super) newnode: String,
    pub(super) newalias: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) kind: String,
    pub(super) act: String,
    pub(super) targets: Vec<Target>,
    pub(super) note_targets: Vec<Target>,
    pub(super) for_not_self: bool,
}

/// The header as it was read, before anything is required of it.
#[derive(Default)]
struct Fields {
    op: Option<u64>,
    lengths: [i64; 4],
    sums: [u64; 2],
    texts: [String; 10],
    targets: Option<Vec<Target>>,
    note_targets: Option<Vec<Target>>,
    for_not_self: bool,
}

const LENGTHS: [&str; 4] = ["datalen", "datahead", "notelen", "notehead"];
const SUMS: [&str; 2] = ["datasum", "notesum"];
const TEXTS: [&str; 10] = ["uid", "gid", "id", "node", "newnode", "newalias", "from", "to", "type", "act"];

/// Reads a header. `None` is "invalid header".
pub(super) fn parse(header: &[u8]) -> Option<Request> {
    let object = Object::parse(header).ok()?;
    let mut fields = Fields::default();
    for (key, value) in object.members() {
        fields.take(&fold(key), value)?;
    }
    let [datalen, datahead, notelen, notehead] = fields.lengths;
    let lengths_fit = datahead >= 0 && datalen >= datahead && notehead >= 0 && notelen >= notehead;
    let has_list = fields.targets.is_some();
    let [datasum, notesum] = fields.sums;
    let [uid, gid, id, node, newnode, newalias, from, to, kind, act] = fields.texts;
    let request = Request {
        op: Op::from_number(fields.op?)?,
        datalen: u64::try_from(datalen).ok()?,
        datahead: u64::try_from(datahead).ok()?,
        datasum,
        notelen: u64::try_from(notelen).ok()?,
        notehead: u64::try_from(notehead).ok()?,
        notesum,
        uid,
        gid,
        id,
        node,
        newnode,
        newalias,
        from,
        to,
        kind,
        act,
        targets: fields.targets.unwrap_or_default(),
        note_targets: fields.note_targets.unwrap_or_default(),
        for_not_self: fields.for_not_self,
    };
    (lengths_fit && request.is_complete(has_list)).then_some(request)
}

impl Fields {
    /// Takes in one member. `None` if its type is wrong, whether the op uses it or not.
    fn take(&mut self, key: &str, value: &Value) -> Option<()> {
        if let Some(slot) = slot(&LENGTHS, &mut self.lengths, key) {
            set(slot, value, number)
        } else if let Some(slot) = slot(&SUMS, &mut self.sums, key) {
            set(slot, value, number)
        } else if let Some(slot) = slot(&TEXTS, &mut self.texts, key) {
            set(slot, value, |value| value.as_str().map(str::to_owned))
        } else {
            match key {
                "op" => set(&mut self.op, value, |value| number::<u8>(value).map(|op| Some(u64::from(op)))),
                "fornotself" => set(&mut self.for_not_self, value, truth),
                "for" => list(&mut self.targets, value),
                "notefor" => list(&mut self.note_targets, value),
                "oidc" => oidc(value),
                _ => Some(()),
            }
        }
    }
}

fn slot<'a, T>(names: &[&str], slots: &'a mut [T], key: &str) -> Option<&'a mut T> {
    let at = names.iter().position(|name| *name == key)?;
    slots.get_mut(at)
}

/// `null` leaves a field as it was.
fn set<T>(slot: &mut T, value: &Value, read: impl FnOnce(&Value) -> Option<T>) -> Option<()> {
    if *value != Value::Null {
        *slot = read(value)?;
    }
    Some(())
}

fn number<T: std::str::FromStr>(value: &Value) -> Option<T> {
    match value {
        Value::Number(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        _ => None,
    }
}

fn list(slot: &mut Option<Vec<Target>>, value: &Value) -> Option<()> {
    *slot = match value {
        Value::Null => None,
        Value::Array(items) => Some(items.iter().map(target).collect::<Option<_>>()?),
        _ => return None,
    };
    Some(())
}

fn target(value: &Value) -> Option<Target> {
    let mut target = Target { id: String::new(), kind: 0 };
    match value {
        Value::Null => {}
        Value::Object(object) => {
            for (key, value) in object.members() {
                match fold(key).as_str() {
                    "id" => set(&mut target.id, value, |value| value.as_str().map(str::to_owned))?,
                    "type" => set(&mut target.kind, value, number)?,
                    _ => {}
                }
            }
        }
        _ => return None,
    }
    Some(target)
}

/// The token of a sign-in is checked for types only (wire 17).
fn oidc(value: &Value) -> Option<()> {
    let Value::Object(object) = value else {
        return (*value == Value::Null).then_some(());
    };
    for (key, value) in object.members() {
        match fold(key).as_str() {
            "scope" | "token_type" | "access_token" | "id_token" | "refresh_token" => {
                set(&mut String::new(), value, |value| value.as_str().map(str::to_owned))?;
            }
            "expires_in" => set(&mut 0_u64, value, number)?,
            _ => {}
        }
    }
    Some(())
}

/// A key as the public server's language compares it: simple case folding, which makes ASCII letters of
/// two others.
fn fold(key: &str) -> String {
    let fold = |c| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        other => char::to_ascii_lowercase(&other),
    };
    key.chars().map(fold).collect()
}

impl Request {
    /// Whether what its op requires is there, and nothing that its op forbids (wire 8).
    fn is_complete(&self, has_list: bool) -> bool {
        let texts: &[&String] = match self.op {
            Op::TmtpRev | Op::UserEdit | Op::Post | Op::PostNotify => &[&self.id],
            Op::Register => &[&self.newnode, &self.newalias],
            Op::Login => &[&self.uid, &self.node],
            Op::OhiEdit | Op::Confirm => &[&self.id, &self.kind],
            Op::GroupInvite => &[&self.id, &self.gid, &self.from, &self.to],
            Op::GroupEdit => &[&self.id, &self.act, &self.gid],
            Op::Ping => &[&self.id, &self.from, &self.to],
            Op::Pulse | Op::Quit => &[],
        };
        let data = match self.op {
            Op::Post | Op::PostNotify => self.datalen > 0,
            Op::GroupInvite | Op::Ping => true,
            _ => self.datalen == 0,
        };
        let list = match self.op {
            Op::OhiEdit => !self.targets.is_empty(),
            Op::Post | Op::PostNotify => has_list,
            _ => true,
        };
        let note = (self.op == Op::PostNotify) == (self.notelen > 0);
        let mut targets = self.targets.iter().chain(&self.note_targets);
        let targets = targets.all(|target| {
            !target.id.is_empty() && (self.op == Op::OhiEdit || (1..=3).contains(&target.kind))
        });
        texts.iter().all(|text| !text.is_empty()) && data && list && note && targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(header: &str) -> bool {
        parse(header.as_bytes()).is_some()
    }

    #[test]
    fn each_op_needs_its_own_fields() {
        for good in [
            r#"{"op":0,"id":"1"}"#,
            r#"{"op":1,"newnode":"x","newalias":"_"}"#,
            r#"{"op":2,"uid":"u","node":"n"}"#,
            r#"{"op":3,"id":"a"}"#,
            r#"{"op":4,"id":"a","type":"init","for":[{"id":"u"}]}"#,
            r#"{"op":5,"id":"a","gid":"g","from":"f","to":"t"}"#,
            r#"{"op":6,"id":"a","act":"join","gid":"g"}"#,
            r#"{"op":7,"id":"a","for":[],"datalen":1}"#,
            r#"{"op":8,"id":"a","for":[],"datalen":2,"notelen":1}"#,
            r#"{"op":9,"id":"a","from":"f","to":"t"}"#,
            r#"{"op":10,"id":"a","type":"ok"}"#,
            r#"{"op":11}"#,
            r#"{"op":12}"#,
        ] {
            assert!(accepts(good), "{good}");
        }
        for bad in [
            r#"{}"#,
            r#"{"op":13}"#,
            r#"{"op":256}"#,
            r#"{"op":0}"#,
            r#"{"op":1,"newnode":"x"}"#,
            r#"{"op":4,"id":"a","type":"init","for":[]}"#,
            r#"{"op":7,"id":"a","datalen":1}"#,
            r#"{"op":7,"id":"a","for":null,"datalen":1}"#,
            r#"{"op":7,"id":"a","for":[],"datalen":0}"#,
            r#"{"op":7,"id":"a","for":[{"id":"u"}],"datalen":1}"#,
            r#"{"op":7,"id":"a","for":[{"id":"u","type":4}],"datalen":1}"#,
            r#"{"op":7,"id":"a","for":[],"datalen":1,"notelen":1}"#,
            r#"{"op":7,"id":"a","for":[],"datalen":1,"datahead":2}"#,
            r#"{"op":8,"id":"a","for":[],"datalen":2}"#,
            r#"{"op":10,"id":"a"}"#,
            r#"{"op":11,"datalen":1}"#,
            r#"{"op":11} x"#,
        ] {
            assert!(!accepts(bad), "{bad}");
        }
    }

    #[test]
    fn types_are_checked_even_where_nothing_uses_the_field() {
        for bad in [
            r#"{"op":11,"gid":7}"#,
            r#"{"op":11,"datalen":0.0}"#,
            r#"{"op":11,"datasum":-1}"#,
            r#"{"op":11,"fornotself":1}"#,
            r#"{"op":11,"notefor":{}}"#,
            r#"{"op":11,"notefor":[{"id":"u","type":128}]}"#,
            r#"{"op":11,"oidc":"x"}"#,
            r#"{"op":11,"oidc":{"expires_in":-1}}"#,
            r#"{"op":"11"}"#,
            r#"{"op":1e1}"#,
        ] {
            assert!(!accepts(bad), "{bad}");
        }
        assert!(accepts(r#"{"op":11,"unknown":[{}],"gid":null,"oidc":{"id_token":"x","expires_in":3}}"#));
    }

    #[test]
    fn names_match_in_any_case_and_the_last_duplicate_wins() {
        let request = parse(r#"{"OP":0,"ID":"a","iD":"b","id":null}"#.as_bytes()).unwrap();
        assert_eq!((request.op, request.id.as_str()), (Op::TmtpRev, "b"));
    }
}
