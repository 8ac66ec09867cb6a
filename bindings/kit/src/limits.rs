//! Sizes and times of the kit, each with its reason.

use std::time::Duration;

/// How often a wait looks again. The site tells nobody what it has seen; a look is a lock and a few numbers.
pub const LOOK: Duration = Duration::from_millis(5);

/// Threads of the kit: the site and the relay on one while members work on the other.
pub const WORKERS: usize = 2;

/// The longest deadline of a wait: a test that needs more has another trouble.
pub const DEADLINE_MAX: Duration = Duration::from_secs(600);

/// What a member gets for a call that should be quick on a machine that is not.
pub const MEMBER_CALL: Duration = Duration::from_secs(60);

/// What a member gets for quitting.
pub const MEMBER_STOP: Duration = Duration::from_secs(5);

/// Bytes that a hostile site sends of what has no end: more than any client should take in.
pub const ENDLESS: usize = 4 * 1024 * 1024;
