//! Every size and time of the façade, each with its reason.

use std::time::Duration;

/// Events kept for those who ask for them. Readers that fall further behind are told how many they have
/// missed and read the lists again. About 100 bytes each.
pub const EVENTS_KEPT: usize = 1024;

/// The longest wait of one call for events. Longer waits are calls repeated, so that no call outlives a
/// process that was suspended in between by much.
pub const EVENTS_WAIT_MAX: Duration = Duration::from_secs(60);

/// Orders that wait for an account's driver. More callers wait their turn.
pub const MAILBOX: usize = 64;

/// Bytes of an account's name: it is a folder's name on every file system.
pub const ACCOUNT_NAME_MAX: usize = 64;

/// Numbers tried behind a name that is taken, before the caller is asked to choose one.
pub const NAME_TRIES: u32 = 1000;

/// From asking an account to stop until it is closed, whatever its site does: the platforms grant a few
/// seconds (R57).
pub const STOP: Duration = Duration::from_secs(2);

/// Of the time for stopping this much is for closing the store, behind the link: a checkpoint of some megabytes.
pub const CLOSE_STORE: Duration = Duration::from_millis(400);

/// Beyond a wake's own deadline the façade waits this long for its report, then answers without it. The
/// account ends the wake itself; this is for an account that is stuck.
pub const WAKE_GRACE: Duration = Duration::from_secs(2);

/// Dials that may begin at once. A person has a handful of accounts; beyond that the radio and a small
/// processor are better off with one handshake after the other.
pub const DIALS_AT_ONCE: u32 = 8;

/// Behind those, one dial begins in each such span.
pub const DIAL_SPACING: Duration = Duration::from_millis(100);

/// Aliases that a node ticket carries. Members have one or two; those beyond are not known at the new node.
pub const TICKET_ALIASES: usize = 16;

/// Longest text of a node ticket that is looked at: that many of the longest aliases, and the rest.
pub const TICKET_MAX: usize = 16 * 1024;
