//! Lies that a member can tell: what stands in a post is their own, whatever it says of others. Here they are made, as
//! bytes for a post; whom they name and whom they are told to is the world's affair.
//!
//! | kind | what it is |
//! |---|---|
//! | [`Kind::Name`] | writes under the name of another, or one that looks like it |
//! | [`Kind::NamesInList`] | lists others with the own uid behind their names |
//! | [`Kind::List`] | a list with entries that name nobody, nobody of the site, a group that is none, the same twice |
//! | [`Kind::HugeList`] | a list of hundreds of names |
//! | [`Kind::Oversized`] | more bytes than the other side takes unasked |
//! | [`Kind::FileNames`] | attachments with names that no folder should see |
//! | [`Kind::ForeignThread`] | into a thread that the sender has nothing to do with, or that nobody has begun |
//! | [`Kind::Text`] | text that is not UTF-8, a head that is not JSON, sizes that do not fit |
//! | [`Kind::SendId`] | the same send id over different words, or that of another's post |
//! | [`Kind::LookAlike`] | pings, checked by the site, under an alias that looks like another's |

use serde::Serialize;
use serde_json::{Value, json};
use tmtp_wire::ids::{BASE32, MsgId, Uid};

use crate::limits::LOW_DELIVERY_MAX;

/// A lie of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Lie {
    /// What kind.
    pub kind: Kind,
    /// Chooses what exactly, about whom, to whom.
    pub pick: u64,
}

/// Kinds of lies; see the module's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the module's table says what each is")]
pub enum Kind {
    Name,
    NamesInList,
    List,
    HugeList,
    Oversized,
    FileNames,
    ForeignThread,
    Text,
    SendId,
    LookAlike,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 10] = [
        Kind::Name,
        Kind::NamesInList,
        Kind::List,
        Kind::HugeList,
        Kind::Oversized,
        Kind::FileNames,
        Kind::ForeignThread,
        Kind::Text,
        Kind::SendId,
        Kind::LookAlike,
    ];

    /// The word under which it is counted.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Name => "lie_name_of_another",
            Kind::NamesInList => "lie_names_in_list",
            Kind::List => "lie_forged_list",
            Kind::HugeList => "lie_huge_list",
            Kind::Oversized => "lie_oversized",
            Kind::FileNames => "lie_file_names",
            Kind::ForeignThread => "lie_foreign_thread",
            Kind::Text => "lie_broken_text",
            Kind::SendId => "lie_same_send_id",
            Kind::LookAlike => "lie_look_alike",
        }
    }
}

/// What a liar knows.
pub(crate) struct Knows {
    /// Their own name and uid.
    pub(crate) own: (String, Uid),
    /// To whom the lie is told.
    pub(crate) to: (String, Uid),
    /// About whom it is.
    pub(crate) about: (String, Uid),
    /// A thread of others, and a send id of one of their posts.
    pub(crate) thread: MsgId,
    pub(crate) send_id: u64,
}

/// A post that is a lie.
#[derive(Debug, Default)]
pub(crate) struct Forged {
    /// The data head.
    pub(crate) head: Vec<u8>,
    /// Text and attachments.
    pub(crate) rest: Vec<u8>,
    /// What its text is where it is shown.
    pub(crate) text: String,
    /// The uids that its list names.
    pub(crate) listed: Vec<String>,
    /// It is no post, and can only be stored raw.
    pub(crate) broken: bool,
}

/// Makes a lie. `text` is what it says, which stands in it as it is.
pub(crate) fn forge(lie: Lie, knows: &Knows, text: &str) -> Forged {
    let mut forged = Forged { text: text.to_owned(), rest: text.as_bytes().to_vec(), ..Forged::default() };
    let pick = lie.pick >> 8;
    let (own, to) = (&knows.own, &knows.to);
    let honest = vec![entry(&own.0, own.1.as_str()), entry(&to.0, to.1.as_str())];
    let mut head = head(&own.0, honest);
    match lie.kind {
        Kind::Name | Kind::LookAlike => set(&mut head, "alias", names_like(&knows.about.0, pick).into()),
        Kind::NamesInList => names_in_list(&mut head, knows, pick),
        Kind::List => forged_list(&mut head, knows, pick),
        Kind::HugeList => huge_list(&mut head, pick),
        Kind::Oversized => attach(&mut head, &mut forged.rest, &[("r:large", size_above(pick))]),
        Kind::FileNames => {
            let names = FILE_NAMES.map(|name| (name, 3));
            let from = usize::try_from(pick % 3).unwrap_or_default();
            attach(&mut head, &mut forged.rest, names.get(from..).unwrap_or_default());
        }
        Kind::ForeignThread => {
            let thread = if pick.is_multiple_of(4) {
                MsgId(0x17ea_c40f_98d5_0000 | pick & 0xffff)
            } else {
                knows.thread
            };
            set(&mut head, "threadid", thread.to_string().into());
            set(&mut head, "cc", Value::Array(Vec::new()));
        }
        Kind::Text => broken_text(&mut head, &mut forged, pick),
        Kind::SendId => {
            let id = if pick.is_multiple_of(2) { knows.send_id } else { 77 };
            set(&mut head, "sendid", id.into());
        }
    }
    forged.listed = listed(&head);
    if forged.head.is_empty() {
        forged.head = head.to_string().into_bytes();
    }
    forged
}

fn entry(who: &str, uid: &str) -> Value {
    json!({"who": who, "by": "", "whouid": uid, "byuid": "", "date": "2026-01-01T00:00:00Z", "note": "", "subscribe": true})
}

fn head(alias: &str, cc: Vec<Value>) -> Value {
    json!({"alias": alias, "threadid": "", "subject": SUBJECT, "cc": cc})
}

/// A title for a terminal that believes what it is told.
const SUBJECT: &str = "\u{1b}]0;mine\u{7}about\nyou \u{202e}drawkcab";

fn set(head: &mut Value, key: &str, value: Value) {
    if let Value::Object(members) = head {
        members.insert(key.to_owned(), value);
    }
}

fn push(head: &mut Value, entries: impl IntoIterator<Item = Value>) {
    if let Some(Value::Array(cc)) = head.get_mut("cc") {
        cc.extend(entries);
    }
}

fn listed(head: &Value) -> Vec<String> {
    let entries = head.get("cc").and_then(Value::as_array).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.get("whouid")?.as_str()?.to_owned())).collect()
}

/// The name of another, or what is taken for it at a glance.
fn names_like(name: &str, pick: u64) -> String {
    match pick % 6 {
        0 | 1 => name.to_owned(),
        2 => look_alike(name),
        3 => format!("\u{200b}{name}\u{2060}"),
        4 => format!("{name}\u{1b}[8m"),
        _ => "\u{200d}\u{2063}\u{200b}\u{feff}".to_owned(),
    }
}

/// A name of other letters that looks the same.
pub(crate) fn look_alike(name: &str) -> String {
    name.replace('e', "\u{435}")
}

fn names_in_list(head: &mut Value, knows: &Knows, pick: u64) {
    let own = knows.own.1.as_str();
    push(head, [entry(&knows.about.0, own)]);
    // Also names that nobody has yet, and that of the one who reads it.
    push(head, (0..6).map(|number| entry(&format!("Member-{number:04}"), own)));
    if pick.is_multiple_of(3) {
        push(head, [entry(&knows.to.0, own)]);
    }
}

fn forged_list(head: &mut Value, knows: &Knows, pick: u64) {
    let uid = knows.about.1.as_str();
    match pick % 6 {
        // Neither a uid nor a group.
        0 => push(head, [entry("someone", "\u{1b}[2Jnobody"), entry("", "")]),
        // Without whoever wrote it, and without whoever reads it.
        1 => set(head, "cc", json!([entry(&knows.about.0, uid)])),
        2 => push(head, (0..40).map(|_| entry(&knows.about.0, uid))),
        // A member of the site who is called a group, and a group that is none.
        3 => push(head, [entry(uid, uid), entry("No such group", "No such group")]),
        4 => push(head, [entry("gone", &made_up(pick))]),
        _ => set(head, "cc", json!([])),
    }
}

fn huge_list(head: &mut Value, pick: u64) {
    let count = 250 + pick % 150;
    push(head, (0..count).map(|number| entry(&format!("w{number}"), &made_up(pick.wrapping_add(number)))));
}

/// A uid that nobody has.
fn made_up(number: u64) -> String {
    let digits = (0..32).map(|place| {
        let at = if place < 12 { (number >> (5 * place)) & 31 } else { 2 };
        char::from(BASE32[usize::try_from(at).unwrap_or_default()])
    });
    digits.collect()
}

/// Above what is taken unasked where limits are low.
fn size_above(pick: u64) -> usize {
    usize::try_from(LOW_DELIVERY_MAX + pick % 9_000).unwrap_or_default()
}

/// Names with the prefix of files, as they could stand in a head.
const FILE_NAMES: [&str; 12] = [
    "r:../escaped.sh",
    "r:/etc/passwd",
    "r:..",
    "r:same",
    "r:same",
    "r:CON",
    "r:a\\..\\b",
    "r:\u{1b}[31mred\u{7}",
    "r:photo\u{202e}gpj.exe",
    "r:",
    "no prefix",
    "r:.hidden\u{0}",
];

fn attach(head: &mut Value, rest: &mut Vec<u8>, files: &[(&str, usize)]) {
    let list: Vec<Value> =
        files.iter().map(|(name, size)| json!({"name": name, "size": size, "ffn": ""})).collect();
    set(head, "attach", list.into());
    for (_, size) in files {
        rest.extend(std::iter::repeat_n(b'x', *size));
    }
}

fn broken_text(head: &mut Value, forged: &mut Forged, pick: u64) {
    match pick % 5 {
        0 => {
            forged.rest.extend_from_slice(b"\xff\xc3(\xed\xa0\x80");
            forged.text = String::from_utf8_lossy(&forged.rest).into_owned();
        }
        // No post: it can only be kept as it is.
        1 => (forged.head, forged.broken) = (b"{\"alias\":\"\xff\xfe".to_vec(), true),
        2 => (forged.head, forged.broken) = (b"\x1b[2J".to_vec(), true),
        3 => {
            set(head, "attach", json!([{"name": "r:more", "size": 1_000_000_000_000_u64, "ffn": ""}]));
            forged.broken = true;
        }
        _ => {
            set(head, "threadid", "\u{1b}[2J".into());
            forged.broken = true;
        }
    }
}

/// Words in which a site refuses: anything goes that can stand in an answer.
pub(crate) fn rude_words(pick: u64) -> String {
    match pick % 4 {
        0 => "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mno\r\n# rm -rf".to_owned(),
        1 => "n\u{2028}o".repeat(8_000),
        2 => "\u{202e}\u{200b}\u{0}\u{9b}31m\u{feff}".to_owned(),
        // As if it were one of our own words.
        _ => "beginning_withdrawn".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tmtp_wire::datahead;

    use super::*;

    fn knows() -> Knows {
        let member = |name: &str, number| (name.to_owned(), made_up(number).parse().unwrap());
        Knows {
            own: member("Member-0004", 4),
            to: member("Member-0000", 1),
            about: member("Member-0001", 2),
            thread: MsgId(0x18ea_c40f_98d5_0001),
            send_id: 9,
        }
    }

    #[test]
    fn a_lie_is_a_post_that_can_be_read_unless_it_says_that_it_is_none() {
        for kind in Kind::ALL {
            for number in 0..60_u64 {
                let forged = forge(Lie { kind, pick: number << 8 }, &knows(), "post 1 by 4.");
                let (head, data) = (forged.head.len() as u64, (forged.head.len() + forged.rest.len()) as u64);
                let parsed = datahead::parse(&forged.head).ok();
                let reads = parsed
                    .is_some_and(|parsed| parsed.text_len(data, head).is_ok() && parsed.thread().is_ok());
                assert_eq!(reads, !forged.broken, "{kind:?} {number}");
                assert!(forged.text.starts_with("post 1 by 4."));
            }
        }
    }

    #[test]
    fn what_is_taken_for_a_name_is_another_one() {
        assert_ne!(look_alike("Member-0000"), "Member-0000");
        assert!(look_alike("Member-0000").parse::<tmtp_wire::names::Alias>().is_ok());
    }
}
