//! Frames of the recording beside frames of the site.

use std::collections::BTreeMap;

use tmtp_recorded::{Data, Frame};
use tmtp_wire::headsum::{self, HeadSum};
use tmtp_wire::json::{Object, Value};

/// The order in which frames are compared: those of one lane among each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Answers, greetings, quits.
    Direct,
    Queued,
    Presence,
}

/// A frame that the site has sent.
#[derive(Clone, Debug)]
pub(crate) struct Ours {
    pub(crate) at: u64,
    pub(crate) header: String,
    pub(crate) data: Vec<u8>,
}

pub(crate) fn lane(header: &str) -> Lane {
    let head = Object::parse(header.as_bytes()).unwrap();
    match head.str("op").unwrap() {
        Some("ohi") => Lane::Presence,
        _ if head.get("from").is_some() && head.get("id").is_some() => Lane::Queued,
        _ => Lane::Direct,
    }
}

/// What the recording calls by one name and the site by another.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ours: BTreeMap<String, String>,
    recorded: BTreeMap<String, String>,
    /// By id and time, since two messages may have been sent in one millisecond.
    times: BTreeMap<(String, String), String>,
}

impl Names {
    fn pair(&mut self, recorded: &str, ours: &str) -> Result<(), String> {
        let forth = self.ours.entry(recorded.to_owned()).or_insert_with(|| ours.to_owned());
        let back = self.recorded.entry(ours.to_owned()).or_insert_with(|| recorded.to_owned());
        if forth == ours && back == recorded {
            Ok(())
        } else {
            Err(format!("{recorded} is {forth}, not {ours}, which is {back}"))
        }
    }

    /// Puts our names into recorded text.
    pub(crate) fn translate(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (recorded, ours) in &self.ours {
            if text.contains(recorded) {
                text = text.replace(recorded, ours);
            }
        }
        text
    }

    /// Whether message ids have the same order here and there.
    pub(crate) fn ids_out_of_order(&self) -> Vec<String> {
        let ids: Vec<_> = self.ours.iter().filter(|(recorded, _)| recorded.len() == 16).collect();
        let disordered = ids.windows(2).filter(|pair| pair[0].1 >= pair[1].1);
        disordered
            .map(|pair| format!("ids {} and {} are given in another order", pair[0].0, pair[1].0))
            .collect()
    }

    /// Compares one frame; what names it holds are remembered.
    pub(crate) fn compare(&mut self, recorded: &Frame, ours: &Ours) -> Result<(), String> {
        let theirs = Object::parse(recorded.header.as_bytes()).unwrap();
        let mine = Object::parse(ours.header.as_bytes()).unwrap();
        let queued = lane(&recorded.header) == Lane::Queued;
        for key in ["uid", "nodeid", "from", "msgid", "postid"] {
            self.pair_member(key, &theirs, &mine)?;
        }
        if queued {
            self.pair_member("id", &theirs, &mine)?;
            if headsum::verify(ours.header.as_bytes()) != HeadSum::Right {
                return Err("the checksum is wrong".to_owned());
            }
        }
        self.pair_times(&theirs, &mine)?;
        let expected = blanked(&self.translate(&recorded.header), &theirs, &mine);
        let got = blanked(&ours.header, &mine, &mine);
        if expected != got {
            return Err(format!("expected {expected}, got {got}"));
        }
        match &recorded.data {
            Data::Bytes(bytes) if *bytes == ours.data => Ok(()),
            // What the client sent instead of data that was too long to be recorded.
            Data::Digest { len, .. }
                if *len == ours.data.len() && ours.data.iter().all(|byte| *byte == 0) =>
            {
                Ok(())
            }
            _ => Err("the data differs".to_owned()),
        }
    }

    fn pair_member(&mut self, key: &'static str, theirs: &Object, mine: &Object) -> Result<(), String> {
        match (text(theirs, key), text(mine, key)) {
            (Some(theirs), Some(mine)) => self.pair(theirs, mine),
            (None, None) => Ok(()),
            (theirs, mine) => Err(format!("{key}: expected {theirs:?}, got {mine:?}")),
        }
    }

    fn pair_times(&mut self, theirs: &Object, mine: &Object) -> Result<(), String> {
        let (Some(there), Some(here)) = (text(theirs, "posted"), text(mine, "posted")) else { return Ok(()) };
        let id = text(theirs, "msgid").or(text(theirs, "id")).unwrap_or_default().to_owned();
        let known = self.times.entry((id, there.to_owned())).or_insert_with(|| here.to_owned());
        let well_formed = here.len() == there.len() && here.ends_with('Z');
        if known == here && well_formed {
            Ok(())
        } else {
            Err(format!("posted: expected {known}, got {here}"))
        }
    }
}

fn text<'a>(object: &'a Object, key: &'static str) -> Option<&'a str> {
    object.str(key).unwrap()
}

/// A header without what cannot be equal: its time, its checksum, and the order of the present.
fn blanked(header: &str, own: &Object, mine: &Object) -> String {
    let mut header = header.to_owned();
    for key in ["posted"] {
        if let Some(value) = text(own, key) {
            header = header.replace(value, "TIME");
        }
    }
    if let Some(sum) = own.u64("headsum").unwrap() {
        header = header.replace(&format!("\"headsum\":{sum}"), "\"headsum\":SUM");
    }
    if mine.get("ohi").is_some()
        && let Ok(parsed) = Object::parse(header.as_bytes())
        && let Ok(Some(present)) = parsed.array("ohi")
    {
        let mut uids: Vec<_> = present.iter().filter_map(Value::as_str).collect();
        uids.sort_unstable();
        header =
            format!("{} with {uids:?}", header.replace(|c: char| c != '"' && !c.is_ascii_lowercase(), ""));
    }
    header
}
