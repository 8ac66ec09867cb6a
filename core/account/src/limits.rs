//! Every size and time of an account, each with its reason.

use std::time::Duration;

/// Bytes of the largest delivery that is taken without asking: what a phone can take without harm.
pub const DELIVERY_MAX: u64 = 256 * 1024 * 1024;
/// Posts above this many bytes carry an own copy only where it is worth downloading them again.
pub const OWN_COPY_MAX: u64 = 8 * 1024 * 1024;
/// Posts above this many bytes carry none in any case: it stands in front of all later mail, and must come through
/// within one life of a link (wire 20.4).
pub const OWN_COPY_CHEAP_MAX: u64 = 32 * 1024 * 1024;
/// Own copies under way at the same time. Each takes a turn of the node's stop-and-wait queue (wire 12.2), in front of
/// later mail: so many hold it up for 3 s at 100 ms. Twice the window, so that answers alone never wait for them.
pub const OWN_COPIES_AT_ONCE: usize = 32;
/// A site that sends nothing for so long, although own copies are due, is not waited for any more.
pub const OWN_COPIES_SILENT: Duration = BARRIER_SILENT;
/// Bytes behind the header up to which a post is built in memory and overtakes larger ones.
pub const SMALL_POST: u64 = tmtp_store::limits::LARGE_POST;
/// Bytes of posts in memory that may be under way beside small ones: a few of the longest texts, not a whole window
/// of them (R21).
pub const WHOLE_AT_ONCE: u64 = 4 * 1024 * 1024;
/// Bytes of the longest text that is shown; a delivery with a longer one is stored raw.
pub const TEXT_KEPT: u64 = 1024 * 1024;
/// Bytes of the longest alias, subject or note that is taken from a peer; longer ones are cut for display.
pub const CLAIM_BYTES: usize = 1024;
/// Claims about others that are taken from one message: more people than a screen shows of a thread's list. A list may
/// have two thousand entries.
pub const CLAIMS_OF_MESSAGE: usize = 32;
/// Entries of a recipient list that an error names: the person reads the rest in the thread.
pub const UNREACHABLE_NAMED: usize = 10;
/// Peers, and claims about them, that a process remembers to have told its store: the writers of a busy thread.
pub const LATELY_KEPT: usize = 32;
/// Characters of a node's secret (wire 6).
pub const NODE_SECRET_CHARACTERS: usize = 40;
/// Bytes of a draft id: it is a key of two tables.
pub const DRAFT_ID_BYTES: usize = 200;
/// Messages, and pings, that a wake reports by id if its settings say nothing else; more are only counted.
pub const WAKE_ARRIVALS: usize = 256;
/// Kept free of a wake's time for leaving: quit, its answer, closing. The session waits 3 s for a mute site.
pub const WAKE_LEAVES: Duration = Duration::from_millis(3500);
/// Large deliveries whose files are being synced at the same time. An honest site has one under way, and one
/// more after a new login.
pub const SYNCING_AT_ONCE: usize = 4;
/// Between two progress events of one transfer.
pub const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Between two writings of counts that rise with every message: a kill may lose so much of them.
pub const TALLY_EVERY: Duration = Duration::from_secs(5);

/// The first wait after a failure: most failures of a phone's network are over in a second.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// The longest wait after failures: a person who looks again finds mail that is at most this late.
pub const BACKOFF_MAX: Duration = Duration::from_secs(300);
/// How long an act of a person counts that may have met a link which is gone already: longer than the session
/// takes to find that out by the probe that the act brings about, 30 s behind a request without an answer.
pub const ACT_COUNTS: Duration = Duration::from_secs(35);
/// How long a link must hold to count as success (R41).
pub const STABLE_AFTER: Duration = Duration::from_secs(60);
/// How long the public server holds a vanished link for alive after its last byte (wire 20.2).
pub const BUSY_BOUND: Duration = Duration::from_secs(120);
/// Between tries while the node is busy, at most; refused logins cost the site little (wire 20.2).
pub const BUSY_EVERY: Duration = Duration::from_secs(10);
/// The same after the bound has passed: a write to a vanished peer takes 16 minutes to fail.
pub const BUSY_PATIENT: Duration = Duration::from_secs(60);
/// From then on another device is the likelier cause than the 16 minutes of wire 20.2.
pub const BUSY_SUSPECTED: Duration = Duration::from_secs(20 * 60);
/// Dials within an hour: one each 10 s on average, as the node-busy schedule needs.
pub const DIALS_PER_HOUR: usize = 360;
/// Logins within an hour: a link that breaks every 30 s.
pub const LOGINS_PER_HOUR: usize = 120;
/// Between two dials, and two logins, of a person who acts though the hour's budget is used up. The budgets are there
/// for loops; a person is not shut out, but a script that acts like one makes no more than 360 an hour.
pub const PERSON_EVERY: Duration = Duration::from_secs(10);

/// Dials and logins that are written down for the next process, each at most; above the budgets.
pub const NOTED_MAX: usize = 1000;

/// Until a site that has refused is asked again by itself.
pub const REFUSED_AGAIN: Duration = Duration::from_secs(3600);
/// Until a key store that cannot be read is asked again.
pub const LOCKED_AGAIN: Duration = Duration::from_secs(15);
/// Until a full disk is tried again.
pub const FULL_AGAIN: Duration = Duration::from_secs(30);
/// Bytes that rows take beside the data that they hold: indexes, names, claims about who is who.
pub const QUOTA_SLACK: u64 = 64 * 1024;
/// Bytes that must be free before a full disk is tried again: a delivery in memory and its commit.
pub const FULL_NEEDS: u64 = 1024 * 1024;

/// Nothing more comes out of the queue after a `login` message without our tag: a site that repeats tags would
/// have sent ours by then.
pub const BARRIER_QUIET: Duration = Duration::from_secs(2);
/// The same where nothing points to a site without tags: the public server is silent for 30 s now and then
/// (wire 12.3). Also how long a ping to oneself is waited for.
pub const BARRIER_SILENT: Duration = Duration::from_secs(35);
/// While mail keeps flowing and the tag does not come: then a ping to oneself is worth its cost.
pub const BARRIER_LATEST: Duration = Duration::from_secs(60);
/// Pings to oneself that are remembered until the answer tells which is ours: a few nodes may look at once.
pub const SELF_PINGS_KEPT: usize = 16;

/// What a link's end weighs against the first request that was under way on it. The site said goodbye with an error:
/// it did not like it.
pub const POISON_QUIT: u32 = 4;
/// The site closed in order, without a word: its own limit, or a restart.
pub const POISON_CLOSED: u32 = 2;
/// The link was lost, or no answer came: mostly the way, seldom the request.
pub const POISON_LOST: u32 = 1;
/// So much weight before it is tried alone: two goodbyes.
pub const POISON_ALONE: u32 = 8;
/// So often may an item be tried without any answer before it is tried alone: it may be what ends the link,
/// or the process (R13).
pub const ATTEMPTS_ALONE: u32 = 8;
/// So much weight before it is set aside: three goodbyes, or a dozen links that were lost at it, each begun with
/// what waited at the site. No way that a phone has is that bad for anything but what is too large for it.
pub const POISON_ASIDE: u32 = 12;
/// So often may a frame end the link before it is stored raw instead.
pub const POISON_FRAME: u32 = 2;
