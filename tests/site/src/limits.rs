//! Every size and time of the site, each with its reason. Those of the public server stand in wire 7's
//! table and are the defaults of [`crate::Timers`]; a test may shorten the times, never the sizes.

use std::time::Duration;

/// From accept to login (wire 7). Absolute: traffic does not extend it.
pub const LOGIN_LIMIT: Duration = Duration::from_secs(5);
/// Without a byte from a client that is logged in, its link ends (wire 7).
pub const SILENCE_LIMIT: Duration = Duration::from_secs(120);
/// An unconfirmed message is sent again after this time (wire 12.3).
pub const REPEAT_AFTER: Duration = Duration::from_secs(30);
/// How long a confirmation waits for a place in a full buffer; the link reads nothing meanwhile (wire 12.4).
pub const CONFIRMATION_WAIT: Duration = Duration::from_secs(2);
/// How long a presence message waits for a place in a full buffer; its sender's link waits too (wire 15).
pub const PRESENCE_WAIT: Duration = Duration::from_millis(200);
/// After this time without progress a write to a vanished client fails: 15 retransmissions of the
/// public server's kernel (wire 20.2).
pub const WRITE_STALL: Duration = Duration::from_secs(946);
/// A user edit that follows a login on its link sooner than this is a violation (wire 18.3).
pub const EDIT_AFTER_LOGIN: Duration = Duration::from_secs(2);

/// Confirmations that are kept while no message is in flight (wire 12.4).
pub const CONFIRMATIONS_MAX: usize = 10;
/// Presence messages that are kept for a link that is being written to (wire 15).
pub const PRESENCE_MAX: usize = 100;
/// Nodes of a member (wire 6).
pub const NODES_MAX: usize = 100;
/// Nothing is looked at before so many bytes have come (wire 3).
pub const FIRST_LOOK: usize = 12;
/// The shortest header (wire 3).
pub const HEADER_MIN: usize = 8;
/// The longest header: four hex digits (wire 3). A longer one of the site's own ends the public server.
pub const HEADER_MAX: usize = 65_535;
/// The public server's read buffer: a ping that does not fit with its header ends it (wire 18.2).
pub const READ_BUFFER: u64 = 65_540;
/// Bytes of a file name: a longer alias, gid or uid ends the public server at look-up (wire 18.2).
pub const FILE_NAME_MAX: usize = 255;
/// The same for a gid that is stored, since its file has a prefix and a suffix (wire 18.2).
pub const GROUP_FILE_MAX: usize = 245;
/// Announced data beyond this overflows the public server's arithmetic (wire 18.2).
pub const DATALEN_FATAL: u64 = i64::MAX as u64 - 2 * READ_BUFFER;
/// The largest post that this site holds unless told otherwise. The public server has no limit; this one
/// keeps messages in memory.
pub const MESSAGE_MAX: u64 = 256 << 20;
/// What an upload may reserve before its bytes have come.
pub const UPLOAD_RESERVE: u64 = 1 << 20;
/// So many violations are kept in the record: whoever causes them must not fill the memory.
pub const VIOLATIONS_KEPT: usize = 10_000;
/// By so much the counter of ids jumps at a restart: one second of nanoseconds (wire 6).
pub const RESTART_JUMP: u64 = 1_000_000_000;

/// What is read from a socket at once: a TLS record and its neighbours.
pub const SOCKET_READ: usize = 32 * 1024;
/// What is taken from the site at once: one TLS record. Together with one record in the socket's line it
/// is all that counts as written without being in the kernel.
pub const SOCKET_WRITE: usize = 16 * 1024;
/// After its goodbye a link stays open so long for what the client still sends, lest the reset that
/// unread bytes provoke overtakes the goodbye.
pub const LINGER: Duration = Duration::from_secs(1);
/// How long an accept that failed (too many files) waits before the next.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// A journal shorter than this is not worth making smaller.
pub const JOURNAL_COMPACT_MIN: u64 = 64 << 20;
/// A journal is made anew when it is so many times as long as it was when it was last made.
pub const JOURNAL_GROWTH: u64 = 4;
