//! Sizes and times of the store, each with its reason.

use std::time::Duration;

/// How long a statement waits for another connection's lock. Readers are short and one writer is the only
/// one, so only a checkpoint or a recovery at open can take this long.
pub const BUSY_WAIT: Duration = Duration::from_secs(5);
/// How long an opener waits for those who only ask who holds an account, or read it without a writer. One of their
/// calls takes milliseconds.
pub const LOCK_WAIT: Duration = Duration::from_secs(2);
/// How long it waits between two tries: longer than it takes to ask.
pub const LOCK_PAUSE: Duration = Duration::from_millis(2);
/// Above this a step's transaction, or a call of a reader, is named in a warning: they are meant for milliseconds, and
/// five times as long makes others fail ([`BUSY_WAIT`]).
pub const HELD_LONG: Duration = Duration::from_secs(1);
/// Statements kept prepared: more than `write` and `read` have together, so that none is prepared twice.
pub const STATEMENTS: usize = 200;
/// Page cache of a connection in KiB: the working set of a step and of a list, small enough for ten accounts
/// on a phone.
pub const CACHE_KIB: i64 = 1024;
/// The same where every megabyte counts: a step touches some dozen pages.
pub const LITTLE_CACHE_KIB: i64 = 256;
/// Statements kept prepared there: those of a small delivery and of a login.
pub const LITTLE_STATEMENTS: usize = 32;
/// Pages in the WAL before a commit moves them into the database (16 MiB). Each such move costs three syncs;
/// a delivery writes about seven pages, so these are below 1 % of all syncs.
pub const CHECKPOINT_PAGES: i64 = 4000;
/// Bytes that the WAL keeps when it starts anew. Above what [`CHECKPOINT_PAGES`] lets it grow to, so that it
/// is cut only after it was larger than usual.
pub const WAL_KEPT: i64 = 20 * 1024 * 1024;
/// Bytes that are asked to become free when the disk is full: a commit of a large step, and its WAL frames.
pub const ROOM_WANTED: u64 = 1024 * 1024;
/// Bytes of the reserve: one commit of an ordinary step, above all of a deletion that makes room.
pub const RESERVE: u64 = 256 * 1024;
/// Bytes that must be free before the reserve is made anew: it shall not take the last room itself.
pub const RESERVE_ABOVE: u64 = 8 * 1024 * 1024;
/// Bytes that one account may take, files and database together, so that no site can fill the phone (P9).
pub const ACCOUNT_MAX: u64 = 64 * 1024 * 1024 * 1024;
/// Bytes read or written at once when a file is copied or hashed: few system calls, little memory.
pub const CHUNK: usize = 64 * 1024;
/// Bytes that are copied without looking up, and synced at once: a phone's flash takes a fraction of a second.
pub const COPIED_AT_ONCE: u64 = 8 * 1024 * 1024;
/// Bytes of a large file that are written back and hashed at once while it still comes: enough for a medium to be quick
/// with, a fraction of a second on a phone's flash. Smaller files are left to the end.
pub const AHEAD_PIECE: u64 = 4 * 1024 * 1024;
/// Stack of the thread that does it: it holds its chunk elsewhere.
pub const AHEAD_STACK: usize = 128 * 1024;
/// Rows of a page of a list, at most.
pub const PAGE_ROWS: u32 = 100;
/// Bytes of texts in one page of messages, about: one text can have 1 MiB, a hundred must not have 100.
pub const PAGE_TEXT: usize = 1024 * 1024;
/// Characters of the preview of a text in a list.
pub const PREVIEW_CHARS: usize = 200;
/// Recipients shown in a row of the list of threads.
pub const LIST_RECIPIENTS: usize = 20;
/// Recipients of a thread that are read at most; no more can be stored (wire reads at most that many).
pub const RECIPIENTS: usize = 2000;
/// Rows of lists that are short by their nature (own aliases, own nodes, counters) and not paged.
pub const SHORT_LIST: u32 = 1000;
/// Wakes remembered: some days of them.
pub const WAKES_KEPT: u32 = 500;
/// Bytes behind the header above which a post is a large one: it is streamed from its file, one at a time.
pub const LARGE_POST: u64 = 64 * 1024;
/// Bytes of a draft's id.
pub const DRAFT_ID_MAX: usize = 200;
/// Bytes of a key's name: with its escapes it must fit a file name.
pub const KEY_NAME_MAX: usize = 80;
/// Bytes of a file in a folder of keys that are looked at: a secret has 40.
pub const KEY_FILE_MAX: usize = 256;
/// Free pages that a database keeps for what comes next (4 MiB).
pub const FREE_PAGES_KEPT: i64 = 1000;
/// Free pages that are given back at one close: as many as fit the short time of a suspension.
pub const FREE_PAGES_GIVEN: i64 = 1000;
/// Characters of a uid that stand for it where a name is wanted: they tell apart whoever is on one screen.
pub const UID_SHOWN: usize = 8;
/// Claims about others that are kept of one sender: the people of some threads of usual size. A list can have 2000.
pub const CLAIMS_OF_SENDER: i64 = 64;
/// Names under which one sender is known to write, beside those that the site has checked.
pub const NAMES_OF_SENDER: i64 = 4;
/// Claims that are kept of all senders: an address book of some thousand rows can still be looked through, and a few
/// dozen strangers together fill no more of it.
pub const CLAIMS: i64 = 4096;
