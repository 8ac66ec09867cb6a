//! Every size and time of the façade, each with its reason.

use std::time::Duration;

/// Events kept for those who ask for them. Readers that fall further behind are told how many they have
/// missed and read the lists again. About 100 bytes each.
pub const EVENTS_KEPT: usize = 1024;

/// The same in an extension, which lives for seconds.
pub const EVENTS_KEPT_EXTENSION: usize = 128;

/// The longest wait of one call for events. Longer waits are calls repeated; each repetition wakes an idle processor,
/// so there are few of them.
pub const EVENTS_WAIT_MAX: Duration = Duration::from_secs(600);

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

/// The shortest deadline that a call is held to: within less, nothing can be closed or asked. Shorter ones are
/// taken as this.
pub const DEADLINE_MIN: Duration = Duration::from_millis(100);

/// The longest: a day. Longer ones, which no platform grants and a clock may not even express, are taken as this.
pub const DEADLINE_MAX: Duration = Duration::from_secs(24 * 3600);

/// Of a wake's budget this much is kept back, so that the result is there before the platform's limit (R16); of a
/// short one a quarter.
pub const WAKE_MARGIN: Duration = Duration::from_secs(1);

/// Of the time for the background this much is for quitting links, whose sites may be mute; of a short one half.
pub const QUIT_LINKS: Duration = Duration::from_secs(3);

/// Of the time for suspending, calls that are under way get this part to come to their end, before accounts are
/// closed: half.
pub const SUSPEND_CALLS: u32 = 2;

/// The way into the network must have settled for this long since the last probe: platforms report one change in
/// several pieces (R44).
pub const NETWORK_SETTLES: Duration = Duration::from_secs(1);

/// The first wait until an account that could not be opened is tried again by itself.
pub const OPEN_AGAIN_FIRST: Duration = Duration::from_secs(1);

/// The longest such wait. Each try costs a look at the disk and the key store.
pub const OPEN_AGAIN_MAX: Duration = Duration::from_secs(300);

/// However many facts hasten it, an account that cannot be opened is not tried more often than this (R41).
pub const OPEN_AGAIN_SOON: Duration = Duration::from_secs(1);

/// After a defect of ours in the task that carries out the plan, until the next one begins: one that met the same
/// defect at once would keep a processor busy.
pub const STEWARD_AGAIN: Duration = Duration::from_secs(1);

/// Between two looks whether a driver that is cut short has ended. Only after a defect of ours.
pub const ENDED_YET: Duration = Duration::from_millis(5);

/// While energy is short, what is not needed at once waits so many times longer.
pub const SAVER_FACTOR: u32 = 4;

/// So much more on other clocks than on the one that stands still in sleep means that the device slept (R43). Less
/// is a clock that was corrected, or a process that waited for its processor.
pub const SLEPT: Duration = Duration::from_secs(10);

/// How long a key store may take to answer before that counts as *not now*: those of phones answer within
/// milliseconds, or hang until the device is unlocked.
pub const KEY_ANSWER: Duration = Duration::from_secs(2);

/// How long it may take to keep or forget a secret, which has to reach the disk.
pub const KEY_CHANGE: Duration = Duration::from_secs(5);

/// Bytes of a push payload that are looked at: the platforms pass on at most 4 KiB.
pub const PUSH_PAYLOAD_MAX: usize = 4096;

/// Accounts that one wake may name.
pub const WAKE_ACCOUNTS_MAX: usize = 1000;

/// Rows of a page of the ledger, as of any other list.
pub const LEDGER_ROWS: u32 = 100;

/// Wakes that are remembered in memory when the account cannot be opened to note them down.
pub const LEDGER_WAITING: usize = 32;

/// The deadline of a call as it is held to.
pub fn clamped(deadline: Duration) -> Duration {
    deadline.clamp(DEADLINE_MIN, DEADLINE_MAX)
}
