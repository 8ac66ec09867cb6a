//! Times and sizes of the relay.

use std::time::Duration;

/// Bytes read at a time, and so the largest piece towards the client.
pub(crate) const PIECE: usize = 16 * 1024;

/// Pieces on their way per direction of a link: what a fast and long path holds. At the most 16 MB.
pub(crate) const IN_FLIGHT: usize = 1024;

/// Largest body of a TLS record (RFC 8446, section 5.2). Anything longer is no TLS.
pub(crate) const RECORD_BODY_MAX: usize = 16 * 1024 + 256;

/// After a cut the site gets this long to take the record that is being written, and then to close its side. After
/// that the link goes silent instead.
pub(crate) const CUT: Duration = Duration::from_secs(2);

/// A cut of the plan falls within so many bytes on their way to the client, so that it hits headers and data and
/// not only the quiet between them.
pub(crate) const CUT_WITHIN: u64 = 4096;

/// Ended links whose sockets are held open, silently, before the oldest is let go.
pub(crate) const SILENT_MAX: usize = 256;

/// Wait after a connection could not be accepted, for lack of sockets as a rule.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
