//! Every size and time of the border, each with its reason.

use std::time::Duration;

/// The longest deadline or budget of a call. Longer ones are slips (seconds taken for milliseconds, a sum that ran
/// over); whoever waits for days asks again.
pub const DEADLINE_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Most rows of a page: a screen shows a dozen, and each row is copied across the border.
pub const PAGE_ROWS: u32 = 100;

/// Most events of a batch: about 60 kB to copy.
pub const EVENTS_MAX: u32 = 256;

/// Files of one message. The protocol knows no limit; each costs a copy on the disk and an open file.
pub const FILES_MAX: usize = 100;

/// Bytes of a path. Longer ones exist nowhere.
pub const PATH_MAX: usize = 4096;

/// Worker threads of an app: one waits for a commit while another reads the network.
pub const APP_WORKERS: usize = 2;

/// Threads of an app for work that blocks: lists are read beside an upload that is copied.
pub const APP_BLOCKING: usize = 8;

/// Worker threads of an extension, which has a few megabytes and one thing to do.
pub const EXTENSION_WORKERS: usize = 1;

/// Threads of an extension for work that blocks. One could wait for the other.
pub const EXTENSION_BLOCKING: usize = 2;

/// Stack of our threads. The deepest use is SQLite's, far below; address space is scarce on 32-bit phones.
pub const STACK: usize = 1024 * 1024;

/// A thread for blocking work that has nothing to do ends after this.
pub const THREAD_IDLE: Duration = Duration::from_secs(5);

/// What a client that was dropped without being stopped still gets for quitting its links.
pub const QUIT_UNASKED: Duration = Duration::from_secs(2);

/// Log records that wait for a sink. What does not fit is counted and dropped: the core never waits for a log.
pub const LOG_QUEUE: usize = 256;

/// When to try again what another process or a moment's trouble has stopped.
pub const RETRY_SOON: Duration = Duration::from_secs(1);

/// When to try again what the network has stopped. A change of the network is a better moment, if one is told.
pub const RETRY_NETWORK: Duration = Duration::from_secs(15);
