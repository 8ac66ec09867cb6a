//! All times and sizes of this crate, each with its reason.

use std::time::Duration;

/// A name must resolve within this. Mobile resolvers that do not answer by then hardly ever do, and a wake-up of
/// 30 s needs room for what comes after.
pub const RESOLVE: Duration = Duration::from_secs(5);

/// One address must accept a connection within this: three SYN retransmissions.
pub const CONNECT: Duration = Duration::from_secs(10);

/// A proxy must have let us through within this; it connects on our behalf meanwhile.
pub const PROXY: Duration = Duration::from_secs(10);

/// The TLS handshake must be through within this: a site closes 5 s after it accepted (wire 7).
pub const HANDSHAKE: Duration = Duration::from_secs(5);

/// The next address is tried when the one before has not connected after this long (RFC 8305, section 5).
pub const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// The same, once TCP stands and only TLS is missing: a path that swallows large packets looks like this. Longer,
/// because on a slow link a handshake takes its time.
pub const NEXT_ADDRESS_CONNECTED: Duration = Duration::from_millis(1500);

/// Addresses tried per dial. A name with more is an oddity; each costs a socket.
pub const ADDRESSES_MAX: usize = 8;

/// Head of a proxy's answer to CONNECT. Real ones are a few hundred bytes.
pub const PROXY_HEAD_MAX: usize = 8 * 1024;

/// TLS tickets are kept for so many names per site policy. One policy serves one site.
pub const TICKET_NAMES: usize = 2;

/// Sites whose TLS policy and tickets are kept. Beyond it all are forgotten, at the price of full handshakes.
pub const POLICIES_MAX: usize = 64;

/// Plaintext of one TLS record, the protocol's own maximum.
pub const RECORD_PLAINTEXT_MAX: usize = 16 * 1024;

/// Header of a TLS record.
pub const RECORD_HEADER: usize = 5;

/// Encrypted records that wait in a stream before it takes no more. The driver adds a record only when none waits,
/// so this guards against other callers; rustls adds a few small ones of its own (key updates, alerts).
pub const QUEUED_MAX: usize = 64 * 1024;

/// Encrypted bytes taken from the kernel at a time: two full records. One such buffer lives per stream.
pub const READ_CHUNK: usize = 32 * 1024;

/// Plaintext gathered for one step. More waits in the kernel. It bounds the memory of a step, and a few hundred
/// small messages still share one commit.
pub const READ_BATCH: usize = 128 * 1024;

/// Kernel send buffer (which Linux doubles). Several records, so that a record always fits when the socket
/// polls writable; small enough for a phone's path.
pub const SEND_BUFFER: usize = 96 * 1024;

/// Unsent bytes that the kernel may hold. Linux reports a socket writable below half of this and stops taking bytes
/// in mid-write at the whole, so half of it must hold a full record of 16 406 bytes, or the kernel would take the
/// first part of one only. At most about 37 KB thus wait unsent, and closing takes well under a second.
pub const UNSENT_MAX: u32 = 40 * 1024;

/// Sent bytes that nobody acknowledges for this long mean that the path is gone (`TCP_USER_TIMEOUT`).
pub const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// A record that the kernel does not take for this long: the write side has stalled.
pub const WRITE_STALL: Duration = Duration::from_secs(30);

/// Whole of an orderly close: flush, close_notify, FIN, wait for the site's FIN.
pub const CLOSE: Duration = Duration::from_secs(2);

/// A driver that is to end waits this much longer for the site's FIN when its own is said: a round trip of most paths,
/// so that the next login does not meet this link. On a path that holds seconds of an upload nothing is gained by
/// waiting longer.
pub const LAST_WORD: Duration = Duration::from_millis(300);

/// A close that finds a record half in the kernel waits this much longer for the other half: a FIN inside a
/// record can take the site down (wire 18.1). After [`UNACKNOWLEDGED`] a dead path ends by itself, without a FIN.
pub const CLOSE_HALF_RECORD: Duration = Duration::from_secs(35);

/// Inputs of the façade taken into one step. Those behind them wait for the next.
pub const INPUT_BATCH: usize = 64;

/// Longest sleep of a driver without a timer of its account: it looks at the clock again, for a device's sleep
/// stops tokio's timers but not the account's clock (R43).
pub const LONGEST_SLEEP: Duration = Duration::from_secs(600);

/// So much time that other clocks have seen and tokio's has not means that the device slept (R43).
pub const SLEPT: Duration = Duration::from_secs(10);

/// From asking a driver to stop until it gives up waiting for the site.
pub const STOP: Duration = Duration::from_secs(2);

/// A dial as a whole: name, address, proxy and handshake with their own limits, all at their worst.
pub const DIAL: Duration = Duration::from_secs(30);

/// Records written before the driver looks whether something else is ready. On a path that takes everything at
/// once, reading would otherwise wait for a whole upload (wire 12.6).
pub const WRITE_BATCH: usize = 8;

/// Wait before a timer is looked at again that a step has left due. There should be none; without this, one
/// would keep a processor busy.
pub const DUE_AGAIN: Duration = Duration::from_millis(20);

/// Waits longer than this are the alarm's. tokio's wheels wake in vain for what is more than 4096 ms away; for less
/// only within the last 64 ms, when the device is about to wake anyway.
pub const ALARM_FROM: Duration = Duration::from_secs(4);

/// So much later than asked for the alarm may wake: waits that were reckoned at different moments of a millisecond
/// for the same one are one wake-up. Nothing that waits for seconds feels it.
pub const ALARM_GRAIN: Duration = Duration::from_millis(10);

/// The alarm's thread is called at most so often only because nobody waits any more for what it sleeps for.
pub const ALARM_REPLAN: Duration = Duration::from_secs(1);

/// Stack of the alarm's thread, which walks through a map and wakes tasks.
pub const ALARM_STACK: usize = 64 * 1024;
