//! Through a proxy: SOCKS5 (RFC 1928, 1929) or HTTP CONNECT. Host names are passed on as they are, so that the
//! proxy resolves them and a local resolver learns nothing.
//!
//! In: a connection to the proxy. Out: the same connection, now to the site, with nothing of the site's read.

use std::fmt;
use std::net::IpAddr;

use tmtp_wire::address::SiteAddress;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{DialError, ProxyFault};
use crate::limits::PROXY_HEAD_MAX;

/// The way out into the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// Directly.
    #[default]
    None,
    /// A SOCKS5 proxy.
    Socks5 {
        /// Its host, name or address.
        host: String,
        /// Its port.
        port: u16,
        /// If it asks for them.
        auth: Option<Credentials>,
    },
    /// An HTTP proxy that takes CONNECT.
    HttpConnect {
        /// Its host, name or address.
        host: String,
        /// Its port.
        port: u16,
        /// If it asks for them.
        auth: Option<Credentials>,
    },
}

/// Name and password for a proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who.
    pub user: String,
    /// Never shown.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Proxy {
    /// Where to connect to, if not to the site itself.
    pub(super) fn address(&self) -> Option<(&str, u16)> {
        match self {
            Proxy::None => None,
            Proxy::Socks5 { host, port, .. } | Proxy::HttpConnect { host, port, .. } => Some((host, *port)),
        }
    }

    /// Has the proxy connect us to the site.
    pub(super) async fn pass(&self, tcp: &mut TcpStream, site: &SiteAddress) -> Result<(), DialError> {
        match self {
            Proxy::None => Ok(()),
            Proxy::Socks5 { auth, .. } => socks5(tcp, site, auth.as_ref()).await,
            Proxy::HttpConnect { auth, .. } => http_connect(tcp, site, auth.as_ref()).await,
        }
    }
}

const SOCKS5: u8 = 5;
const NO_AUTH: u8 = 0;
const BY_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

async fn socks5(
    tcp: &mut TcpStream,
    site: &SiteAddress,
    auth: Option<&Credentials>,
) -> Result<(), DialError> {
    let greeting: &[u8] =
        if auth.is_some() { &[SOCKS5, 2, NO_AUTH, BY_PASSWORD] } else { &[SOCKS5, 1, NO_AUTH] };
    send(tcp, greeting).await?;
    match (receive(tcp).await?, auth) {
        ([SOCKS5, NO_AUTH], _) => {}
        ([SOCKS5, BY_PASSWORD], Some(auth)) => socks5_password(tcp, auth).await?,
        ([SOCKS5, NO_METHOD], Some(_)) => return refused(ProxyFault::AuthRefused),
        ([SOCKS5, NO_METHOD | BY_PASSWORD], None) => return refused(ProxyFault::AuthNeeded),
        _ => return refused(ProxyFault::NotAProxy),
    }
    let mut request = vec![SOCKS5, 1, 0];
    match site.host.parse() {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(_) => {
            request.push(3);
            push_short(&mut request, &site.host)?;
        }
    }
    request.extend(site.port.to_be_bytes());
    send(tcp, &request).await?;
    let [version, code, _, kind] = receive(tcp).await?;
    if version != SOCKS5 {
        return refused(ProxyFault::NotAProxy);
    }
    if code != 0 {
        return refused(ProxyFault::Socks(code));
    }
    // The address that the proxy uses, which is of no interest but stands before the site's first byte.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(receive::<1>(tcp).await?[0]),
        _ => return refused(ProxyFault::NotAProxy),
    };
    let mut address = vec![0; length + 2];
    tcp.read_exact(&mut address).await.map_err(DialError::from_io)?;
    Ok(())
}

async fn socks5_password(tcp: &mut TcpStream, auth: &Credentials) -> Result<(), DialError> {
    let mut request = vec![1];
    push_short(&mut request, &auth.user)?;
    push_short(&mut request, &auth.password)?;
    send(tcp, &request).await?;
    match receive(tcp).await? {
        [_, 0] => Ok(()),
        _ => refused(ProxyFault::AuthRefused),
    }
}

/// A length byte and the text. Host names are at most 253 bytes, so only credentials can fail here.
fn push_short(request: &mut Vec<u8>, text: &str) -> Result<(), DialError> {
    match u8::try_from(text.len()) {
        Ok(length) if length > 0 => {
            request.push(length);
            request.extend(text.as_bytes());
            Ok(())
        }
        _ => refused(ProxyFault::AuthUnfit),
    }
}

async fn http_connect(
    tcp: &mut TcpStream,
    site: &SiteAddress,
    auth: Option<&Credentials>,
) -> Result<(), DialError> {
    // Without the prefix: `host:port`, an IPv6 address in brackets.
    let address = site.to_string().split_off(1);
    let mut request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n");
    if let Some(auth) = auth {
        let token = base64(format!("{}:{}", auth.user, auth.password).as_bytes());
        request.push_str(&format!("Proxy-Authorization: Basic {token}\r\n"));
    }
    request.push_str("\r\n");
    send(tcp, request.as_bytes()).await?;
    let status = http_status(tcp).await?;
    match (status, auth) {
        (200..=299, _) => Ok(()),
        (407, None) => refused(ProxyFault::AuthNeeded),
        (407, Some(_)) => refused(ProxyFault::AuthRefused),
        _ => refused(ProxyFault::Http(status)),
    }
}

/// Reads the head of the answer, byte by byte so that nothing behind it is taken.
async fn http_status(tcp: &mut TcpStream) -> Result<u16, DialError> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == PROXY_HEAD_MAX {
            return refused(ProxyFault::NotAProxy);
        }
        head.push(receive::<1>(tcp).await?[0]);
        if head.len() <= 5 && !b"HTTP/".starts_with(&head) {
            return refused(ProxyFault::NotAProxy);
        }
    }
    let status = head.split(|byte| *byte == b' ').nth(1).and_then(|word| std::str::from_utf8(word).ok());
    match status.and_then(|word| word.trim_end().parse().ok()) {
        Some(status) => Ok(status),
        None => refused(ProxyFault::NotAProxy),
    }
}

fn refused<T>(fault: ProxyFault) -> Result<T, DialError> {
    Err(DialError::ProxyRefused(fault))
}

async fn send(tcp: &mut TcpStream, bytes: &[u8]) -> Result<(), DialError> {
    tcp.write_all(bytes).await.map_err(DialError::from_io)
}

async fn receive<const N: usize>(tcp: &mut TcpStream) -> Result<[u8; N], DialError> {
    let mut bytes = [0; N];
    tcp.read_exact(&mut bytes).await.map_err(DialError::from_io)?;
    Ok(bytes)
}

/// RFC 4648, with padding. The only place that needs it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(group.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = (bits >> (18 - 6 * at)) & 63;
            text.push(if at <= group.len() { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_written_as_in_the_rfc() {
        for (plain, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), text);
        }
    }

    #[test]
    fn credentials_are_never_shown() {
        let auth = Credentials { user: "alice".to_owned(), password: "secret".to_owned() };
        let proxy = Proxy::Socks5 { host: "h".to_owned(), port: 1, auth: Some(auth) };
        assert!(!format!("{proxy:?}").contains("secret") && !format!("{proxy:?}").contains("alice"));
    }
}
