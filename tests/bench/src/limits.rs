//! Sizes, counts and times of the benchmarks, each with its reason.

use std::time::Duration;

/// Bytes of a message's text: half a page. With twice as much the base line's own commits, which then fill a page of
/// the database each, need more than [`BASELINE_CALLS`].
pub(crate) const TEXT: usize = 1000;

/// Threads over which the messages of a backlog are spread.
pub(crate) const THREADS: usize = 20;

/// Messages of a backlog on loopback: half a second of work, so that both sides meet the same weather. One in two
/// rounds contains a move of the WAL into the database.
pub(crate) const BACKLOG: usize = 500;

/// Messages of a backlog at a distance, where each takes a round trip.
pub(crate) const BACKLOG_FAR: usize = 50;

/// Messages in the outbox whose rate is measured.
pub(crate) const OUTBOX: usize = 200;

/// Messages of the flush that delays others.
pub(crate) const FLUSH: usize = 50;

/// Requests that may be unanswered, in the bare loop as in the session.
pub(crate) const WINDOW: usize = tmtp_session::WINDOW;

/// One way of a path whose round trip takes 100 ms.
pub(crate) const ONE_WAY: Duration = Duration::from_millis(50);

/// One way of the path on which round trips are counted: the counter is read while the first confirmation is on
/// its way, and this is how long that takes, also on a busy machine.
pub(crate) const ONE_WAY_COUNTING: Duration = Duration::from_millis(200);

/// Accounts that look for mail side by side.
pub(crate) const ACCOUNTS: usize = 10;

/// The two lengths whose difference is counted, so that what happens once per start cancels: received messages.
/// The difference is several moves of the WAL into the database.
pub(crate) const COUNTED: (usize, usize) = (200, 2200);

/// The same for sent messages.
pub(crate) const COUNTED_SENT: (usize, usize) = (40, 240);

/// Messages whose bytes on the wire are counted.
pub(crate) const COUNTED_BYTES: usize = 200;

/// Bytes of a large attachment.
pub(crate) const LARGE: u64 = 50 * 1024 * 1024;

/// Bytes of the attachment beside which its memory is measured. Also too large for a row, so that the same code
/// is in memory.
pub(crate) const SMALL: u64 = 256 * 1024;

/// Rounds of what takes a second, and of what takes longer. Medians are shown.
pub(crate) const ROUNDS: usize = 9;
/// See [`ROUNDS`].
pub(crate) const ROUNDS_FAR: usize = 3;
/// See [`ROUNDS`]: half a minute each, nearly all of it waiting.
pub(crate) const ROUNDS_STOCK: usize = 2;

/// Somebody else's message is posted when so many posts of a flush have been accepted: at its beginning, in its middle,
/// at its end. One per flush, for they would delay each other.
pub(crate) const PROBES_AFTER: [u64; 3] = [1, 25, 50];

/// The base line may use so many system calls per received message, and so many syncs. Above, it is no base line
/// and the run is void.
pub(crate) const BASELINE_CALLS: f64 = 20.0;
/// See [`BASELINE_CALLS`].
pub(crate) const BASELINE_SYNCS: f64 = 1.03;

/// Nothing that a child process says takes longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(240);

/// Between two looks at a counter of the site.
pub(crate) const LOOK: Duration = Duration::from_millis(2);

/// How long a look for mail may take.
pub(crate) const WAKE: Duration = Duration::from_secs(200);

/// How long a farewell may take.
pub(crate) const FAREWELL: Duration = Duration::from_secs(10);

/// Bytes read or written at once when a file is copied.
pub(crate) const CHUNK: usize = 64 * 1024;

/// Messages of a large store, and of the one beside which it is measured.
pub(crate) const MANY: usize = 1_000_000;
/// See [`MANY`].
pub(crate) const FEW: usize = 10_000;

/// Messages of a thread in such a store: a conversation of some weeks.
pub(crate) const FILL_PER_THREAD: usize = 50;

/// Characters of a text there: a line or two, as most are.
pub(crate) const FILL_TEXT: usize = 120;

/// Messages of one commit while a store is filled. Only the size of the log depends on it.
pub(crate) const FILL_COMMIT: usize = 10_000;

/// How often a screen is opened. The lower quartile is shown: a hand-over between threads waits for whatever else runs
/// on the machine, and the base line has none.
pub(crate) const SCREENS: usize = 101;

/// How often a process is woken to see the most memory that it needs. The median is shown: a page more or less depends
/// on which threads meet.
pub(crate) const WOKEN: usize = 5;

/// Seconds until held links are at rest: the first pulses have found their common moments.
pub(crate) const SETTLE: u64 = 600;

/// Seconds of virtual time in which wake-ups are counted.
pub(crate) const IDLE: u64 = 3600;

/// The same in real time: until the links are at rest, and while it is counted.
pub(crate) const AWAKE_SETTLE: Duration = Duration::from_secs(130);
/// See [`AWAKE_SETTLE`].
pub(crate) const AWAKE: Duration = Duration::from_secs(600);

/// Calls of the system that are closer together than these seconds belong to one wake-up: an answer that comes at once
/// finds the device still awake. On a busy machine the calls of one wake-up can lie further apart; then it counts twice.
pub(crate) const ONE_WAKE: f64 = 0.1;
