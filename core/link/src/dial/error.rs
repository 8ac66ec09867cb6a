//! Why there is no link.

use std::io;

use tmtp_account::DialFailure;

use crate::trust::{Pin, TrustError};

/// Why a dial failed. Where several addresses were tried, the most telling reason.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// The host's name is unknown, or nobody answers for it.
    #[error("the name of the site cannot be resolved")]
    Resolve {
        /// What the resolver said, if it said something.
        source: Option<io::Error>,
    },
    /// The host is there and nobody listens.
    #[error("the site refuses connections")]
    Refused,
    /// There is no way to the host, or the way broke before the link stood.
    #[error("the site cannot be reached ({0})")]
    Unreachable(io::ErrorKind),
    /// Not within the limit.
    #[error("the site did not answer in time")]
    TimedOut,
    /// TLS failed for another reason than the certificate.
    #[error("no encrypted connection can be made: {fault}")]
    Tls {
        /// Of what kind.
        fault: TlsFault,
        /// What rustls said, if it was asked.
        source: Option<rustls::Error>,
    },
    /// The site has another key than the one that was pinned. Either it has really changed, or somebody sits in
    /// between. Pin `seen` to accept it, after asking who runs the site.
    #[error("the site's key has changed from {expected} to {seen}")]
    PinChanged {
        /// The pinned one.
        expected: Pin,
        /// The one it showed.
        seen: Pin,
    },
    /// Nobody vouches for the certificate. In hotels and trains often a portal that wants to be clicked at.
    #[error("nobody vouches for the site's certificate")]
    Untrusted {
        /// Why.
        source: rustls::Error,
    },
    /// The certificate is not valid now: the site has let it expire, or this device's clock is wrong. A clock before
    /// 1970 tells no time by which TLS could go.
    #[error("the site's certificate is not valid at the time of this device's clock")]
    ClockWrong {
        /// Which way.
        source: rustls::Error,
    },
    /// The proxy would not let us through.
    #[error("the proxy refused: {0}")]
    ProxyRefused(ProxyFault),
    /// The pinned keys could not be read or written.
    #[error(transparent)]
    TrustStore(TrustError),
    /// The attempt panicked: a defect of ours, or of what a platform has put below.
    #[error("a defect of this program has ended the attempt")]
    Broken,
}

/// How TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsFault {
    /// The other end does not speak TLS; a portal may.
    #[error("the other end does not speak TLS")]
    NotTls,
    /// The other end ended it with an alert.
    #[error("the other end refused")]
    Refused,
    /// Nothing in common, for instance no TLS 1.3.
    #[error("the other end does not speak TLS 1.3")]
    Incompatible,
    /// The other end broke the protocol.
    #[error("the other end broke the protocol")]
    Broken,
    /// The host in the address cannot be a name in TLS.
    #[error("the host's name is not possible here")]
    BadName,
    /// On this side.
    #[error("it failed on this side")]
    Local,
}

/// How a proxy refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// What answers there is no proxy of the configured kind.
    #[error("what answers there is no such proxy")]
    NotAProxy,
    /// It wants a name and a password, and none are configured.
    #[error("it asks for a password")]
    AuthNeeded,
    /// It does not take the configured name and password.
    #[error("it does not accept the password")]
    AuthRefused,
    /// Name or password is longer than 255 bytes, or empty, which SOCKS5 cannot carry.
    #[error("name or password do not fit into SOCKS5")]
    AuthUnfit,
    /// SOCKS5 said so, with this code (RFC 1928, section 6).
    #[error("SOCKS5 code {0}")]
    Socks(u8),
    /// HTTP said so, with this status.
    #[error("HTTP status {0}")]
    Http(u16),
}

impl DialError {
    pub(crate) fn from_io(error: io::Error) -> DialError {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => DialError::Refused,
            io::ErrorKind::TimedOut => DialError::TimedOut,
            kind => DialError::Unreachable(kind),
        }
    }

    /// A stable word for logs and for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            DialError::Resolve { .. } => "link.resolve",
            DialError::Refused => "link.refused",
            DialError::Unreachable(_) => "link.unreachable",
            DialError::TimedOut => "link.timed_out",
            DialError::Tls { .. } => "link.tls",
            DialError::PinChanged { .. } => "link.pin_changed",
            DialError::Untrusted { .. } => "link.untrusted",
            DialError::ClockWrong { .. } => "link.clock_wrong",
            DialError::ProxyRefused(_) => "link.proxy_refused",
            DialError::TrustStore(_) => "link.trust_store",
            DialError::Broken => "link.broken",
        }
    }

    /// What an account does about it.
    pub fn failure(&self) -> DialFailure {
        match self {
            DialError::Resolve { .. } => DialFailure::Resolve,
            DialError::Refused | DialError::Unreachable(_) => DialFailure::Unreachable,
            DialError::TimedOut => DialFailure::TimedOut,
            DialError::Tls { .. } => DialFailure::Tls,
            DialError::PinChanged { .. } => DialFailure::PinChanged,
            DialError::Untrusted { .. } => DialFailure::Untrusted,
            DialError::ClockWrong { .. } => DialFailure::ClockWrong,
            DialError::ProxyRefused(_) => DialFailure::Proxy,
            DialError::TrustStore(_) => DialFailure::TrustStore,
            DialError::Broken => DialFailure::Broken,
        }
    }

    /// Whether it concerns the site itself, so that its other addresses need not be tried.
    pub(crate) fn is_verdict(&self) -> bool {
        matches!(
            self,
            DialError::PinChanged { .. }
                | DialError::Untrusted { .. }
                | DialError::ClockWrong { .. }
                | DialError::ProxyRefused(_)
                | DialError::TrustStore(_)
        )
    }

    /// The more telling one of two: the further an attempt got, the more it says.
    pub(crate) fn or(self, other: DialError) -> DialError {
        if other.telling() > self.telling() { other } else { self }
    }

    fn telling(&self) -> u8 {
        match self {
            DialError::Unreachable(_) => 0,
            DialError::TimedOut => 1,
            DialError::Refused => 2,
            DialError::Tls { .. } => 3,
            _ => 4,
        }
    }
}
