//! Whether two request headers mean the same to a site.

use std::collections::BTreeMap;

use tmtp_wire::json::{Object, Value};

/// The members that a site knows (wire 4.1); others it ignores. The id is the sender's own matter.
const KNOWN: [&str; 19] = [
    "op",
    "datalen",
    "datahead",
    "notelen",
    "notehead",
    "datasum",
    "notesum",
    "uid",
    "gid",
    "node",
    "newnode",
    "newalias",
    "from",
    "to",
    "type",
    "act",
    "fornotself",
    "for",
    "notefor",
];

fn meaning(object: &Object) -> BTreeMap<&'static str, String> {
    let value = |name| object.get(name).map(|value| (name, plain(value)));
    KNOWN.into_iter().filter_map(value).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(element).collect::<Vec<_>>().join(","),
        other => format!("{other:?}"),
    }
}

fn element(item: &Value) -> String {
    let id = item.as_object().and_then(|object| object.get("id"));
    let kind = item.as_object().and_then(|object| object.get("type"));
    format!("{id:?} {kind:?}")
}

/// The first difference, if there is one, leaving out the excused members.
pub(crate) fn difference(recorded: &Object, ours: &Object, excused: &[&str]) -> Option<String> {
    let (recorded, ours) = (meaning(recorded), meaning(ours));
    let differs = |name: &&&str| recorded.get(*name) != ours.get(*name) && !excused.contains(name);
    let name = KNOWN.iter().find(differs)?;
    Some(format!("{name}: recorded {:?}, ours {:?}", recorded.get(name), ours.get(name)))
}
