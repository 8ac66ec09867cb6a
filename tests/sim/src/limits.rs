//! Every size and time of the simulated world, each with its reason. Times in milliseconds of world time.

/// Bytes in flight from a client: more is not polled from it. As the kernel's send buffer that `link` sets.
pub(crate) const CLIENT_WINDOW: usize = 40 * 1024;

/// Bytes in flight from a site. A real path takes some 80 KB at first (wire 20.2).
pub(crate) const SITE_WINDOW: usize = 96 * 1024;

/// Bytes taken from a site at a time: one TLS record.
pub(crate) const SITE_RECORD: usize = 16 * 1024;

/// Sent bytes that nobody acknowledges end a client's link after this long, as `TCP_USER_TIMEOUT` does.
pub(crate) const UNACKNOWLEDGED: u64 = 30_000;

/// An orderly close waits this long for the site's end, as `link` does.
pub(crate) const CLOSE: u64 = 2_000;

/// A dial into nothing fails after this long.
pub(crate) const DIAL_LIMIT: u64 = 10_000;

/// A person repeats what was not answered or could not be done yet after this long.
pub(crate) const ASK_AGAIN: u64 = 5_000;

/// A stock client looks for its site again this long after it lost it (it waits up to 2 minutes).
pub(crate) const STOCK_REDIAL: (u64, u64) = (2_000, 60_000);

/// When all deeds are done and all faults are over, everything must have arrived within this long. The
/// longest wait that the public server can cause is 16 minutes for a link that vanished during a delivery
/// (wire 20.2), and the patience of a node that was found busy doubles it.
pub(crate) const SETTLING: u64 = 4 * 3600 * 1000;

/// So often it is looked whether the world has come to rest.
pub(crate) const LOOK_EVERY: u64 = 20_000;

/// Steps of all accounts together in one world; more means that somebody runs in circles.
pub(crate) const STEPS_MAX: u64 = 400_000;

/// Steps of one account at one moment; more means that it runs in circles.
pub(crate) const STEPS_AT_ONCE: u32 = 2_000;

/// The world begins at this wall time: 2026-01-01T00:00:00Z.
pub(crate) const WALL_BEGIN: i64 = 1_767_225_600_000;

/// In worlds with low limits a post proves itself by an own copy up to this many bytes (8 MiB elsewhere).
pub(crate) const LOW_OWN_COPY_MAX: u64 = 2_000;

/// And a delivery is taken unasked up to this many: more than what comes inline (64 KiB), for that is never
/// asked about.
pub(crate) const LOW_DELIVERY_MAX: u64 = 72_000;

/// Claims of one sender that an address book may hold: about others, and names of their own.
pub(crate) const CLAIMS_MAX: u64 = 64 + 4;

/// Sites with low limits take posts up to this many bytes.
pub(crate) const LOW_MESSAGE_MAX: u64 = 150_000;

/// A copied device that is not used any more is thrown away when it has nothing left to send; looked at so
/// often.
pub(crate) const COPY_LOOK_EVERY: u64 = 5_000;
