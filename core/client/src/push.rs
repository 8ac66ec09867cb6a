//! What a push payload says, if anything. A push tells that something may be waiting, and perhaps where; it never
//! holds content. It is a JSON object of at most 4 KiB whose members may name the account that is meant:
//!
//! ```json
//! {"site": "mail.example.org:443", "uid": "1B2C…"}
//! ```
//!
//! | member | means |
//! |---|---|
//! | `site` | the host of a site, with or without its port, with or without the `+` or `=` in front |
//! | `uid` | the member there |
//!
//! Names are read without regard to case; other members are ignored. The payload passes through strangers' hands, so
//! it can only choose among the accounts that are here, never add to them, and it cannot silence one either: what is
//! missing, too long, not readable or names nobody here means all accounts (P7).

use tmtp_store::write::membership::Membership;
use tmtp_wire::json::Object;

use crate::limits::PUSH_PAYLOAD_MAX;

/// Whom a push is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Push {
    /// The site's host, in lower case.
    host: Option<String>,
    /// The site's port.
    port: Option<u16>,
    uid: Option<String>,
}

impl Push {
    /// Reads a payload. Whatever is wrong with it names nobody.
    pub(crate) fn read(payload: Option<&[u8]>) -> Push {
        let small = payload.filter(|payload| payload.len() <= PUSH_PAYLOAD_MAX);
        let Some(Ok(object)) = small.map(Object::parse) else { return Push::default() };
        let text = |name| object.str(name).ok().flatten().map(|text| text.trim().to_owned());
        let uid = text("uid").filter(|uid| !uid.is_empty());
        let (host, port) = text("site").map_or((None, None), |site| place(&site));
        Push { host, port, uid }
    }

    /// Whether it names nobody.
    pub(crate) fn is_for_all(&self) -> bool {
        self.host.is_none() && self.uid.is_none()
    }

    /// Whether it may be for this member.
    pub(crate) fn is_for(&self, member: &Membership) -> bool {
        let site = &member.site;
        let host = self.host.as_ref().is_none_or(|host| *host == site.host);
        let port = self.port.is_none_or(|port| port == site.port);
        let uid = match (&self.uid, &member.uid) {
            (Some(named), Some(uid)) => named == uid.as_str(),
            _ => true,
        };
        host && port && uid
    }
}

/// Host and port of a site as a push may write it.
fn place(site: &str) -> (Option<String>, Option<u16>) {
    let site = site.strip_prefix(['+', '=']).unwrap_or(site).to_ascii_lowercase();
    let inside = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let (host, port) = match site.rsplit_once(':') {
        // An IPv6 address without a port has colons, too.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (inside(host), port.parse().ok()),
        _ => (inside(&site), None),
    };
    (Some(host).filter(|host| !host.is_empty()), port)
}

#[cfg(test)]
mod tests {
    use super::*;

    const U1: &str = "11111111111111111111111111111111";
    const U2: &str = "22222222222222222222222222222222";

    fn member(site: &str, uid: &str) -> Membership {
        Membership {
            site: site.parse().unwrap(),
            site_name: String::new(),
            uid: Some(uid.parse().unwrap()),
            key_name: String::new(),
            last_msgid: None,
        }
    }

    fn read(payload: &str) -> Push {
        Push::read(Some(payload.as_bytes()))
    }

    #[test]
    fn a_push_is_for_those_whom_it_names() {
        let (here, there) = (member("+mail.example.org:443", U1), member("=[::1]:7", U2));
        for (payload, is_here, is_there) in [
            (r#"{"site":"mail.example.org:443","uid":"U1"}"#, true, false),
            (r#"{"Site":"+MAIL.example.org"}"#, true, false),
            (r#"{"site":"mail.example.org:444"}"#, false, false),
            (r#"{"site":"[::1]:7","more":[1,{"x":null}]}"#, false, true),
            (r#"{"site":"::1"}"#, false, true),
            (r#"{"uid":"U2"}"#, false, true),
            (r#"{}"#, true, true),
        ] {
            let payload = payload.replace("U1", U1).replace("U2", U2);
            let push = read(&payload);
            assert_eq!((push.is_for(&here), push.is_for(&there)), (is_here, is_there), "{payload}");
        }
    }

    #[test]
    fn what_cannot_be_read_names_nobody() {
        let deep = format!("{{\"site\":{}1{}}}", "[".repeat(1500), "]".repeat(1500));
        let long = format!("{{\"site\":\"{}\"}}", "x".repeat(PUSH_PAYLOAD_MAX));
        let hostile =
            ["", "[]", "null", "{", r#"{"site":7,"uid":null}"#, r#"{"site":"","uid":" "}"#, "\u{feff}{}"];
        for payload in hostile.into_iter().chain([deep.as_str(), long.as_str()]) {
            assert!(read(payload).is_for_all(), "{payload:.40}");
        }
        assert!(Push::read(None).is_for_all());
        assert!(Push::read(Some(&[0xff, 0xfe, 0x00])).is_for_all());
    }

    #[test]
    fn any_piece_of_a_payload_is_harmless() {
        let whole = r#"{"site":"+mail.example.org:443","uid":"U1","x":"A\\"}"#.as_bytes();
        for end in 0..=whole.len() {
            for broken in [b'"', b'{', 0, 0xf5] {
                let mut payload = whole[..end].to_vec();
                payload.push(broken);
                let _ = Push::read(Some(&payload)).is_for(&member("=a:1", U1));
            }
        }
    }
}
