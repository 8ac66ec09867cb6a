//! Site addresses as people pass them around: `=host:port` or `+host:port`. The prefix says how the
//! site's certificate is trusted, and never crosses the wire.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::check::{InputError, Limit};
use crate::limits::HOST_MAX;

/// Where a site is and how its certificate is to be trusted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SiteAddress {
    /// `=`: the key seen first is pinned. Otherwise `+`: the platform's roots vouch for it.
    pub pinned: bool,
    /// Host name or address, an IPv6 address without its brackets.
    pub host: String,
    /// TCP port, never 0.
    pub port: u16,
}

impl FromStr for SiteAddress {
    type Err = InputError;
    fn from_str(text: &str) -> Result<Self, InputError> {
        parse(text.trim()).ok_or(InputError {
            field: "site address",
            limit: Limit::SiteAddress,
            actual: None,
        })
    }
}

fn parse(text: &str) -> Option<SiteAddress> {
    let (pinned, rest) = match text.strip_prefix('=') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+')?),
    };
    let (host, port) = rest.rsplit_once(':')?;
    if !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let port = port.parse().ok().filter(|port| *port != 0)?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']')?.parse::<Ipv6Addr>().ok()?.to_string(),
        None => host_name(host)?,
    };
    Some(SiteAddress { pinned, host, port })
}

fn host_name(host: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let good = !host.is_empty()
        && host.len() <= HOST_MAX
        && host.bytes().all(plain)
        && host.split('.').all(|part| part.len() <= 63 && !part.starts_with('-') && !part.ends_with('-'))
        && !host.starts_with('.')
        && !host.contains("..");
    good.then(|| host.to_ascii_lowercase())
}

impl fmt::Display for SiteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.pinned { '=' } else { '+' };
        if self.host.contains(':') {
            write!(f, "{prefix}[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{prefix}{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_come_back_as_they_were_written() {
        for text in ["=127.0.0.1:443", "+mail.example.org:7000", "=[::1]:1", "=my_box:65535"] {
            assert_eq!(text.parse::<SiteAddress>().unwrap().to_string(), text);
        }
        assert_eq!(
            " +Mail.Example.ORG:7\n".parse::<SiteAddress>().unwrap().to_string(),
            "+mail.example.org:7"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "=",
            "host:1",
            "=host",
            "=host:",
            "=host:0",
            "=host:65536",
            "=host:+1",
            "=:1",
            "=::1:1",
            "=[x]:1",
            "=a b:1",
            "=a..b:1",
            "=-a:1",
            "=[::1:1",
            "=hö:1",
        ] {
            assert!(text.parse::<SiteAddress>().is_err(), "{text}");
        }
    }
}
