//! Every size and time of a session, each with its reason and its neighbours.

use std::time::Duration;

/// Requests that may be submitted and not yet answered. At 100 ms round trip and 17 ms per post at the
/// public server (wire 12.1) more would gain nothing, and each may be in doubt after a cut.
pub const WINDOW: usize = 16;

/// Data up to this many bytes comes whole in one event; more comes in pieces, for a file.
pub const INLINE_MAX: u64 = 64 * 1024;

/// Bytes of one [`crate::Transmit`]: the content of one TLS record.
pub const TRANSMIT_MAX: usize = 16 * 1024;

/// Confirmations that may wait to be handed out. Stop-and-wait makes one or two; the site's own buffer
/// has ten places (wire 12.4).
pub(crate) const CONFIRMATIONS_MAX: usize = 10;

/// No progress while logging in. The site closes after 5 s from accept (wire 7); this is for a path that
/// went silent before it could.
pub(crate) const LOGIN_LIMIT: Duration = Duration::from_secs(20);

/// The same in all: a site that says a byte now and then is no progress.
pub(crate) const LOGIN_CAP: Duration = Duration::from_secs(60);

/// Pulse this long after the last byte handed out: 10 s below the site's 120 s (wire 7), which is more
/// than a byte may wait in the kernel and on the way.
pub(crate) const PULSE: Duration = Duration::from_secs(110);

/// Pulses leave at multiples of this on the device's forward clock, the last one not later than [`PULSE`] allows:
/// the idle links of a device pulse together, and its radio wakes once for all of them. Small beside [`PULSE`],
/// so that hardly more pulses are needed.
pub(crate) const PULSE_GRID: Duration = Duration::from_secs(10);

/// No byte either way while an answer is awaited. The site answers in well under a second; an answer may
/// stand behind a delivery, so arriving bytes count as progress (wire 12.6).
pub(crate) const ANSWER_STALL: Duration = Duration::from_secs(30);

/// The same for one answer in all, however much else arrives: only the pieces of a large delivery give more
/// time, for the answer stands behind it. A request without an answer points to wire 18.3.
pub(crate) const ANSWER_CAP: Duration = Duration::from_secs(600);

/// A frame has begun to arrive and does not go on. Twice the answer's time: a delivery may crawl.
pub(crate) const READ_STALL: Duration = Duration::from_secs(60);

/// Nothing arrives for so many round trips after a probe, as this link has measured them. Asked only when somebody
/// waits to know whether the path lives, so this is what a person waits for after a change of the network (R44).
/// While a large request is open, or waits, the probe stands behind what the path still has of that: then
/// [`ANSWER_STALL`] holds.
pub(crate) const PROBE_TRIPS: u32 = 8;

/// But at least so long: a radio that slept takes up to two seconds to come up, and loses a packet now and then.
pub(crate) const PROBE_LEAST: Duration = Duration::from_secs(4);

/// And at most, also where nothing was measured.
pub(crate) const PROBE_MOST: Duration = Duration::from_secs(10);

/// A quit in all: a site that goes on talking does not hold the link.
pub(crate) const QUIT_CAP: Duration = Duration::from_secs(10);

/// Nothing moves after a quit was asked for: the app may be about to be suspended.
pub(crate) const QUIT_WAIT: Duration = Duration::from_secs(3);

/// Between this session's login and its first user edit (wire 18.3).
pub(crate) const USER_EDIT_SPACING: Duration = Duration::from_secs(2);
