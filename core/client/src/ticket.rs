//! What another device needs to become a node of a member, as one line of text that a person can copy:
//!
//! `tmtp-node:1:UID:SECRET:CHECKSUM:ALIASES:SITE`
//!
//! The number is the version of the form, the checksum (CRC-32C of everything else, 8 hex digits) finds slips
//! while copying, the aliases are those of the member, percent-encoded, with commas between them: the site would
//! not tell them to the new node. The secret in it is the node's password: it cannot be changed or revoked at the site,
//! so the ticket is shown once and only to the member.

use std::fmt;
use std::str::FromStr;

use tmtp_wire::address::SiteAddress;
use tmtp_wire::ids::{NodeSecret, Uid};
use tmtp_wire::names::Alias;

use crate::limits::{TICKET_ALIASES, TICKET_MAX};

const HEAD: &str = "tmtp-node:";
const VERSION: &str = "1";

/// A node that waits for its device.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeTicket {
    /// The site.
    pub site: SiteAddress,
    /// The member.
    pub uid: Uid,
    /// The node's password.
    pub secret: NodeSecret,
    /// The member's aliases, the oldest first.
    pub aliases: Vec<Alias>,
}

/// Why a text is not a node ticket. Never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadTicket {
    /// It looks different.
    #[error("this is not a node ticket; copy the whole line that begins with tmtp-node:")]
    NotATicket,
    /// A later version made it.
    #[error("this node ticket is of a newer form; update this version first")]
    NewerForm,
    /// A character is wrong or missing.
    #[error("a character of this node ticket is wrong or missing; copy it again")]
    Checksum,
}

impl NodeTicket {
    /// The line to copy. It is a secret.
    pub fn reveal(&self) -> String {
        let (uid, secret, site) = (self.uid.as_str(), self.secret.expose(), self.site.to_string());
        let aliases = self.aliases.iter().take(TICKET_ALIASES).map(|alias| encoded(alias.as_str()));
        let aliases = aliases.collect::<Vec<_>>().join(",");
        let sum = checksum(uid, secret, &aliases, &site);
        format!("{HEAD}{VERSION}:{uid}:{secret}:{sum:08x}:{aliases}:{site}")
    }
}

fn checksum(uid: &str, secret: &str, aliases: &str, site: &str) -> u32 {
    crc32c::crc32c(format!("{VERSION}:{uid}:{secret}:{aliases}:{site}").as_bytes())
}

/// Letters and digits as they are, other bytes as `%` and two hex digits.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02x}"));
        }
    }
    out
}

fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

fn aliases_in(text: &str) -> Option<Vec<Alias>> {
    let each = text.split(',').filter(|alias| !alias.is_empty()).take(TICKET_ALIASES);
    each.map(|alias| decoded(alias)?.parse().ok()).collect()
}

impl FromStr for NodeTicket {
    type Err = BadTicket;
    /// Takes the line with white space around it.
    fn from_str(text: &str) -> Result<NodeTicket, BadTicket> {
        let text = text.trim();
        if text.len() > TICKET_MAX {
            return Err(BadTicket::NotATicket);
        }
        let (version, rest) =
            text.strip_prefix(HEAD).and_then(|rest| rest.split_once(':')).ok_or(BadTicket::NotATicket)?;
        if version != VERSION {
            let newer = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
            return Err(if newer { BadTicket::NewerForm } else { BadTicket::NotATicket });
        }
        let mut parts = rest.splitn(5, ':');
        let mut part = || parts.next().ok_or(BadTicket::Checksum);
        let (uid, secret, sum, aliases, site) = (part()?, part()?, part()?, part()?, part()?);
        if sum != format!("{:08x}", checksum(uid, secret, aliases, site)) {
            return Err(BadTicket::Checksum);
        }
        Ok(NodeTicket {
            site: site.parse().map_err(|_| BadTicket::NotATicket)?,
            uid: uid.parse().map_err(|_| BadTicket::NotATicket)?,
            secret: secret.parse().map_err(|_| BadTicket::NotATicket)?,
            aliases: aliases_in(aliases).ok_or(BadTicket::NotATicket)?,
        })
    }
}

impl fmt::Debug for NodeTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NodeTicket(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket() -> NodeTicket {
        NodeTicket {
            site: "=[::1]:7000".parse().unwrap(),
            uid: "3F%BZ+K7QH2MXV9DTL4RWC8NPJ56GSY1".parse().unwrap(),
            secret: "7XK2%MQ94BZ+CV1HRTN8WJDL5FPG3SY6QZ2B7M%K".parse().unwrap(),
            aliases: ["ada lovelace", "Ädä: 100 %, yes"].map(|alias| alias.parse().unwrap()).to_vec(),
        }
    }

    #[test]
    fn a_ticket_comes_back_as_it_was_written() {
        let line = format!(" {}\n", ticket().reveal());
        assert_eq!(line.parse(), Ok(ticket()));
        assert!(!format!("{:?}", ticket()).contains("7XK2"));
    }

    #[test]
    fn a_member_without_an_alias_has_a_ticket_too() {
        let bare = NodeTicket { aliases: Vec::new(), ..ticket() };
        assert_eq!(bare.reveal().parse(), Ok(bare));
    }

    #[test]
    fn any_one_wrong_character_is_noticed() {
        let line = ticket().reveal();
        for at in HEAD.len() + 2..line.len() {
            let wrong = if line.as_bytes()[at] == b'5' { "6" } else { "5" };
            let text = format!("{}{wrong}{}", &line[..at], &line[at + 1..]);
            assert!(text.parse::<NodeTicket>().is_err(), "{text}");
            let short = format!("{}{}", &line[..at], &line[at + 1..]);
            assert!(short.parse::<NodeTicket>().is_err(), "{short}");
        }
    }

    #[test]
    fn other_texts_are_told_apart() {
        assert_eq!("".parse::<NodeTicket>(), Err(BadTicket::NotATicket));
        assert_eq!("tmtp-node:x:1:2:3:4".parse::<NodeTicket>(), Err(BadTicket::NotATicket));
        assert_eq!("tmtp-node:2:whatever".parse::<NodeTicket>(), Err(BadTicket::NewerForm));
        assert_eq!("tmtp-node:1:".parse::<NodeTicket>(), Err(BadTicket::Checksum));
        assert_eq!("x".repeat(5000).parse::<NodeTicket>(), Err(BadTicket::NotATicket));
    }
}
