//! Frames as the public server writes them: keys in alphabetical order, its escapes, lower-case length
//! digits, the checksum in queued ones (wire 3, 4.2, 5.1).

use std::collections::BTreeMap;

use tmtp_wire::headsum;
use tmtp_wire::json::go_escape;

use super::request::Target;
use crate::limits::HEADER_MAX;

/// The header would not fit four hex digits: the public server crashes here (wire 18.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// A header in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Head(BTreeMap<&'static str, String>);

impl Head {
    pub(super) fn new(op: &str) -> Head {
        let mut head = Head::default();
        head.text("op", op);
        head
    }

    pub(super) fn text(&mut self, key: &'static str, text: &str) -> &mut Head {
        self.raw(key, quoted(text))
    }

    pub(super) fn number(&mut self, key: &'static str, number: u64) -> &mut Head {
        self.raw(key, number.to_string())
    }

    /// A number that is left out if it is 0.
    pub(super) fn number_unless_zero(&mut self, key: &'static str, number: u64) -> &mut Head {
        if number == 0 { self } else { self.number(key, number) }
    }

    /// A value that is JSON already.
    pub(super) fn raw(&mut self, key: &'static str, json: String) -> &mut Head {
        self.0.insert(key, json);
        self
    }

    fn json(&self) -> String {
        let members: Vec<String> = self.0.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// The frame of a direct message.
    pub(super) fn direct(&self) -> Result<Vec<u8>, TooLong> {
        framed(self.json().as_bytes())
    }

    /// The header frame of a queued message, with its checksum.
    pub(super) fn queued(&self) -> Result<Vec<u8>, TooLong> {
        let json = self.json();
        if json.len() > HEADER_MAX {
            return Err(TooLong);
        }
        framed(&headsum::add(json.as_bytes()))
    }
}

fn framed(json: &[u8]) -> Result<Vec<u8>, TooLong> {
    if json.len() > HEADER_MAX {
        return Err(TooLong);
    }
    let mut frame = format!("{:04x}", json.len()).into_bytes();
    frame.extend_from_slice(json);
    Ok(frame)
}

/// A text as JSON.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", go_escape(text))
}

/// Texts as a JSON array.
pub(super) fn quoted_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(quoted).collect::<Vec<_>>().join(","))
}

/// A `for` list as it comes back: with capitals, and the types as given (wire 4.2, 19.3).
pub(super) fn echoed(targets: &[Target]) -> String {
    let element = |target: &Target| format!("{{\"Id\":{},\"Type\":{}}}", quoted(&target.id), target.kind);
    format!("[{}]", targets.iter().map(element).collect::<Vec<_>>().join(","))
}

/// The frame that ends a link.
pub(super) fn quit(error: &str) -> Vec<u8> {
    Head::new("quit").text("error", error).direct().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queued_header_is_the_published_one() {
        let mut head = Head::new("ping");
        head.text("alias", "anna oivlgr")
            .number("datalen", 5)
            .text("from", "8NH8ZXQT1%L98BQLDQ17H9G324BW5XPY");
        head.text("id", "18eac40f98d56962").text("posted", "2026-11-23T20:37:03.709Z");
        head.text("to", "berta oivlgr").number_unless_zero("datahead", 0);
        let frame = String::from_utf8(head.queued().unwrap()).unwrap();
        assert!(frame.starts_with(r#"00be{"alias":"anna oivlgr","datalen":5,"#), "{frame}");
        assert!(frame.contains(r#","headsum":1112155810,"id""#), "{frame}");
    }

    #[test]
    fn a_header_of_more_than_four_digits_is_refused() {
        let mut head = Head::new("ack");
        let empty = head.direct().unwrap().len() - 4 + r#","id":"""#.len();
        assert!(head.text("id", &"x".repeat(65_535 - empty)).direct().is_ok());
        assert_eq!(head.text("id", &"x".repeat(65_536 - empty)).direct(), Err(TooLong));
        assert_eq!(head.text("id", &"<".repeat(11_000)).queued(), Err(TooLong));
    }

    #[test]
    fn lists_come_back_with_capitals() {
        let targets = [Target { id: "A<".to_owned(), kind: 0 }, Target { id: "B".to_owned(), kind: 2 }];
        assert_eq!(echoed(&targets), r#"[{"Id":"A\u003c","Type":0},{"Id":"B","Type":2}]"#);
    }
}
