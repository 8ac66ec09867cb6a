//! What an app passes in: how to open, to join, to write, and facts about the world around it.

use std::path::PathBuf;

use tmtp_client as core;

use crate::convert;
use crate::error::{InputLimit, TmtpError};
use crate::ids::{AccountName, Alias, PageCursor, SiteAddress, ThreadId};
use crate::limits::FILES_MAX;
use crate::log::LogLevel;

/// What kind of process this is. Threads and caches follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Profile {
    /// An app with a screen.
    App,
    /// An extension of an app, which has a few megabytes and one thing to do.
    Extension,
}

/// What a client is opened with.
#[derive(Clone, uniffi::Record)]
pub struct ClientConfig {
    /// The folder that holds everything, as an absolute path. Made if it is not there. Its file `install` must not
    /// get into backups: by it a copied home is noticed.
    pub home: String,
    /// What kind of process this is.
    pub profile: Profile,
    /// What this device calls its node at the site, 1 to 64 bytes; a neutral word if none.
    #[uniffi(default)]
    pub device_name: Option<String>,
    /// The way out into the network.
    #[uniffi(default)]
    pub proxy: Option<ProxyConfig>,
    /// Up to where the log sink is told. The first client of a process decides how much there can be at most.
    pub log_level: LogLevel,
}

/// A proxy on the way into the network.
#[derive(Clone, uniffi::Record)]
pub struct ProxyConfig {
    /// What it speaks.
    pub kind: ProxyKind,
    /// Host name or address.
    pub host: String,
    /// Port, 1 to 65535.
    pub port: i32,
    /// If it asks for a name and a password.
    #[uniffi(default)]
    pub auth: Option<ProxyAuth>,
}

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ProxyKind {
    /// SOCKS 5.
    Socks5,
    /// HTTP with CONNECT.
    HttpConnect,
}

/// Name and password for a proxy.
#[derive(Clone, uniffi::Record)]
pub struct ProxyAuth {
    /// Who.
    pub user: String,
    /// Never logged.
    pub password: String,
}

/// How to become a member.
#[derive(Clone, uniffi::Record)]
pub struct JoinOptions {
    /// Where. How its certificate is trusted follows from its first character.
    pub site: SiteAddress,
    /// Under which name others may find the new member. It must be free at that site.
    pub alias: Alias,
    /// How to call the account on this device; made of the site's host if none.
    #[uniffi(default)]
    pub name: Option<AccountName>,
    /// How long it may take.
    pub deadline_ms: i64,
}

/// A message to be sent, or a draft to be kept.
#[derive(Clone, uniffi::Record)]
pub struct NewMessage {
    /// Chosen by the caller, 1 to 200 bytes: under it the message is sent once, however often it is asked for.
    pub draft: String,
    /// To whom.
    pub to: To,
    /// One line, at most 1000 bytes. A new thread must have one.
    pub subject: String,
    /// Markdown, at most 1 MiB.
    pub text: String,
    /// Files to send along, as absolute paths, at most 100. They are copied first and may be changed or removed
    /// afterwards.
    pub attachments: Vec<String>,
}

/// Where a message goes.
#[derive(Clone, uniffi::Enum)]
pub enum To {
    /// To these members, at most 200, as the beginning of a thread. Nobody: a note to self.
    NewThread {
        /// Aliases that the site has checked (their members have pinged this one), own aliases, or uids.
        recipients: Vec<Recipient>,
        /// Which own alias to write under; the oldest one if none.
        from_alias: Option<Alias>,
    },
    /// To everybody in this thread.
    Reply {
        /// The thread.
        thread: ThreadId,
    },
}

/// Somebody in a new thread.
#[derive(Clone, uniffi::Record)]
pub struct Recipient {
    /// An alias that the site has checked (its member has pinged this one), an own alias, or a uid. What a sender only
    /// claims is nobody's name.
    pub who: String,
    /// A line for everybody in the thread to see beside the name, at most 1000 bytes; may be empty.
    pub note: String,
}

/// A ping to be sent: a short text to somebody whose alias is known, who then knows this member.
#[derive(Clone, uniffi::Record)]
pub struct NewPing {
    /// Chosen by the caller, 1 to 200 bytes: under it the ping is sent once, however often it is asked for.
    pub draft: String,
    /// Under which own alias; the oldest one if none.
    #[uniffi(default)]
    pub from: Option<Alias>,
    /// To whom.
    pub to: Alias,
    /// At most 420 bytes and 140 UTF-16 units; may be empty.
    pub text: String,
}

/// Which part of a list is wanted.
#[derive(Clone, uniffi::Record)]
pub struct Page {
    /// How many rows at most, 1 to 100.
    pub limit: i32,
    /// Behind which place; none: from the start.
    #[uniffi(default)]
    pub after: Option<PageCursor>,
}

/// What to do with a delivery above the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum TooLargeAnswer {
    /// Take it.
    Accept,
    /// Let it be lost.
    Discard,
}

impl ProxyConfig {
    pub(crate) fn into_core(self) -> Result<core::Proxy, TmtpError> {
        let ProxyConfig { kind, host, port, auth } = self;
        let Some(port) = u16::try_from(port).ok().filter(|port| *port != 0) else {
            return Err(TmtpError::out_of_bounds("port", 1, u16::MAX.into(), port.into()));
        };
        let auth = auth.map(|ProxyAuth { user, password }| core::Credentials { user, password });
        Ok(match kind {
            ProxyKind::Socks5 => core::Proxy::Socks5 { host, port, auth },
            ProxyKind::HttpConnect => core::Proxy::HttpConnect { host, port, auth },
        })
    }
}

impl From<Profile> for core::Profile {
    fn from(profile: Profile) -> core::Profile {
        match profile {
            Profile::App => core::Profile::App,
            Profile::Extension => core::Profile::Extension,
        }
    }
}

impl NewMessage {
    pub(crate) fn into_core(self) -> Result<core::NewMessage, TmtpError> {
        let NewMessage { draft, to, subject, text, attachments } = self;
        Ok(core::NewMessage { draft, to: to.into_core()?, subject, text, attachments: files(attachments)? })
    }
}

impl To {
    fn into_core(self) -> Result<core::To, TmtpError> {
        Ok(match self {
            To::NewThread { recipients, from_alias } => core::To::NewThread {
                recipients: recipients
                    .into_iter()
                    .map(|Recipient { who, note }| core::Recipient { who, note })
                    .collect(),
                from_alias: from_alias.as_ref().map(convert::alias).transpose()?,
            },
            To::Reply { thread } => core::To::Reply(convert::thread(&thread)?),
        })
    }
}

impl NewPing {
    pub(crate) fn into_core(self) -> Result<core::NewPing, TmtpError> {
        let NewPing { draft, from, to, text } = self;
        let from = from.as_ref().map(convert::alias).transpose()?;
        Ok(core::NewPing { draft, from, to: convert::alias(&to)?, text })
    }
}

impl From<TooLargeAnswer> for core::TooLargeAnswer {
    fn from(answer: TooLargeAnswer) -> core::TooLargeAnswer {
        match answer {
            TooLargeAnswer::Accept => core::TooLargeAnswer::Accept,
            TooLargeAnswer::Discard => core::TooLargeAnswer::Discard,
        }
    }
}

fn files(given: Vec<String>) -> Result<Vec<PathBuf>, TmtpError> {
    if given.len() > FILES_MAX {
        return Err(TmtpError::Input {
            field: "attachments".to_owned(),
            limit: InputLimit::AtMostItems { items: convert::length(FILES_MAX) },
            actual: Some(convert::length(given.len())),
        });
    }
    given.iter().map(|file| convert::path(file)).collect()
}
