//! How an account stands, in the words that an app shows. What the layer below measures on the clock that
//! only runs forward is given here as wall time, because it is for a person's eyes.

use tmtp_account::{Now, RefusedWhy, State as Inner, StopWhy, WaitWhy};
use tmtp_store::StoreError;
use tmtp_wire::time::{Mono, Wall};

use crate::error::Error;

/// How an account stands with its site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// This process reads the account and has not opened it for writing.
    Idle,
    /// Another process is its writer and holds its link, if there is one.
    InUse {
        /// That process, if it is known.
        by: Option<u32>,
    },
    /// The client is suspended: nothing of the account is open.
    Suspended,
    /// Open, and no link is wanted.
    Off,
    /// A link is being made, or a login is under way.
    Connecting,
    /// Logged in.
    Online,
    /// Something went wrong; it will be tried again at a time that is known.
    Waiting {
        /// What went wrong.
        why: WaitWhy,
        /// When it is tried again.
        until: Wall,
    },
    /// The site still holds an earlier link of this node for alive. Normal after a link has vanished.
    NodeBusy {
        /// Since when.
        since: Wall,
        /// When the site should have noticed. It is tried before, too.
        until: Wall,
        /// It takes so long that another device may be using this node.
        other_suspected: bool,
    },
    /// The site says no. Tried again only rarely, or when a person acts.
    Refused(RefusedWhy),
    /// No room on the disk: nothing is confirmed, nothing is lost, it goes on when there is room.
    StorageFull {
        /// About how many bytes must become free.
        needed: u64,
    },
    /// The key store cannot be read now, usually before the first unlock.
    Locked,
    /// The key store does not have this node's secret. The archive can be read.
    KeyLost,
    /// The store was copied here from another installation. The archive can be read.
    Cloned,
    /// The disk, or the account's folder, can only be read. The archive can be read; the next call that writes tries
    /// again.
    ReadOnly,
    /// The disk failed to read or to write. The next call that needs it tries again; if it stays, the device is ill.
    StorageFailed,
    /// The store is damaged. Nothing was deleted: salvage it.
    Damaged,
    /// A newer version made the store, and this one leaves it as it is: update this one.
    NewerStore {
        /// The store's format.
        found: u32,
        /// The newest that this version knows.
        known: u32,
    },
    /// A defect of ours. Nothing is lost; the next call that needs the account tries again.
    Broken(BrokenWhy),
    /// Only a person can decide how to go on.
    Stopped(StopWhy),
}

/// What a defect of ours was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenWhy {
    /// A task of the account has panicked.
    Panicked,
    /// The database refused a statement of ours.
    Statement,
}

impl BrokenWhy {
    /// A stable word for reports.
    pub fn code(self) -> &'static str {
        match self {
            BrokenWhy::Panicked => "panicked",
            BrokenWhy::Statement => "statement",
        }
    }
}

impl State {
    /// How an account stands that could not be opened, or cannot be read, for this reason.
    pub(crate) fn behind(error: &Error) -> State {
        match error {
            Error::InUse { by } => State::InUse { by: *by },
            Error::StorageFull { needed } => State::StorageFull { needed: *needed },
            Error::ReadOnly => State::ReadOnly,
            Error::Damaged => State::Damaged,
            Error::NewerStore { found, known } => State::NewerStore { found: *found, known: *known },
            Error::Cloned => State::Cloned,
            Error::KeyLost => State::KeyLost,
            Error::Locked => State::Locked,
            // It was closed, or taken away by somebody else.
            Error::Closed | Error::NotFound => State::Idle,
            Error::Suspended => State::Suspended,
            Error::Storage { source: StoreError::Sqlite(_) } => State::Broken(BrokenWhy::Statement),
            Error::Storage { .. } | Error::QuotaExceeded { .. } => State::StorageFailed,
            _ => State::Broken(BrokenWhy::Panicked),
        }
    }

    /// From the account's own words, as seen at `now`.
    pub(crate) fn of(inner: &Inner, now: Now) -> State {
        match inner {
            Inner::Off => State::Off,
            Inner::Connecting => State::Connecting,
            Inner::Online => State::Online,
            Inner::Waiting { why, until } => State::Waiting { why: *why, until: wall(*until, now) },
            Inner::NodeBusy { since, until, other_suspected } => State::NodeBusy {
                since: wall(*since, now),
                until: wall(*until, now),
                other_suspected: *other_suspected,
            },
            Inner::Refused(why) => State::Refused(*why),
            Inner::StorageFull { needed } => State::StorageFull { needed: *needed },
            Inner::Locked => State::Locked,
            Inner::KeyLost => State::KeyLost,
            Inner::Cloned => State::Cloned,
            Inner::ReadOnly => State::ReadOnly,
            Inner::Damaged => State::Damaged,
            Inner::Broken => State::Broken(BrokenWhy::Statement),
            Inner::Stopped(why) => State::Stopped(*why),
        }
    }

    /// When the next attempt is, if the state waits for one.
    pub fn next_try(&self) -> Option<Wall> {
        match self {
            State::Waiting { until, .. } | State::NodeBusy { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// A stable word for logs and scripts.
    pub fn code(&self) -> &'static str {
        match self {
            State::Idle => "idle",
            State::InUse { .. } => "in_use",
            State::Suspended => "suspended",
            State::Off => "off",
            State::Connecting => "connecting",
            State::Online => "online",
            State::Waiting { .. } => "waiting",
            State::NodeBusy { .. } => "node_busy",
            State::Refused(_) => "refused",
            State::StorageFull { .. } => "storage_full",
            State::Locked => "locked",
            State::KeyLost => "key_lost",
            State::Cloned => "cloned",
            State::ReadOnly => "read_only",
            State::StorageFailed => "storage_failed",
            State::Damaged => "damaged",
            State::NewerStore { .. } => "newer_store",
            State::Broken(_) => "broken",
            State::Stopped(_) => "stopped",
        }
    }
}

/// A moment of the forward clock, as the wall clock would show it if it ran evenly.
fn wall(at: Mono, now: Now) -> Wall {
    let ahead =
        i64::try_from(at.0).unwrap_or(i64::MAX).saturating_sub(i64::try_from(now.mono.0).unwrap_or(i64::MAX));
    Wall(now.wall.0.saturating_add(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_shown_as_wall_time() {
        let now = Now { mono: Mono(1_000), wall: Wall(50_000) };
        let state = State::of(&Inner::Waiting { why: WaitWhy::LinkLost, until: Mono(3_500) }, now);
        assert_eq!(state.next_try(), Some(Wall(52_500)));
        let busy = Inner::NodeBusy { since: Mono(400), until: Mono(2_000), other_suspected: false };
        let shown = State::of(&busy, now);
        assert_eq!(
            shown,
            State::NodeBusy { since: Wall(49_400), until: Wall(51_000), other_suspected: false }
        );
    }
}
