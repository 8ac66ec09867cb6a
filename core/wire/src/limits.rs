//! Every size that `wire` checks, each with its reason. Numbers only; who checks is named beside them.
//!
//! Three kinds stand here: what the protocol itself allows, what keeps the public server and the stock
//! client alive (they end on surprises, wire 18 and client-formats 1), and what we are willing to hold.

/// Length digits in front of each header.
pub const LENGTH_DIGITS: usize = 4;
/// The shortest header that a site takes (wire 3).
pub const HEADER_MIN: usize = 8;
/// The longest header that four hex digits can announce (wire 3).
pub const HEADER_MAX_WIRE: usize = 65_535;
/// The longest header that we send, except for a post with many recipients: far below the lengths at
/// which the public server ends (wire 18.2).
pub const HEADER_MAX_SENT: usize = 16 * 1024;
/// Length digits, header and datahead of a post together: the stock client stops for ever above 65540
/// (client-formats R2).
pub const HEAD_AND_DATAHEAD_MAX: usize = 60_000;

/// Bytes of a ping's or an invitation's text (wire 6).
pub const PING_BYTES: usize = 420;
/// UTF-16 units of a ping's or an invitation's text (wire 6).
pub const PING_UTF16: usize = 140;
/// Bytes of the shortest alias or group name (wire 6).
pub const ALIAS_BYTES_MIN: usize = 8;
/// Form-urlencoded bytes of the longest alias or group name: above 255 the public server ends, from 246 on
/// when a group is made (wire 18.2).
pub const ALIAS_ESCAPED_MAX: usize = 245;
/// Bytes of the longest node label that we send: one line on a screen. The public server has no limit, but
/// ends when its echo does not fit into a header (wire 18.2).
pub const LABEL_BYTES_MAX: usize = 64;
/// Bytes of the longest subject that we send: it shares [`HEAD_AND_DATAHEAD_MAX`] with the recipients.
pub const SUBJECT_BYTES_MAX: usize = 1000;
/// Bytes of the longest note of a recipient that we send: every stock client cuts one of more than 1024.
pub const NOTE_BYTES_MAX: usize = 1000;
/// Escaped bytes of the longest attachment file name that we make, without its prefix. The stock client
/// dies above 230 with prefix (client-formats R7); the rest is margin.
pub const ATTACH_NAME_ESCAPED_MAX: usize = 200;
/// Escaped bytes, prefix included, above which the stock client dies (client-formats R7).
pub const ATTACH_NAME_ESCAPED_STOCK: usize = 230;
/// Recipients of a post: about 250 bytes each in the datahead must fit [`HEAD_AND_DATAHEAD_MAX`].
pub const RECIPIENTS_MAX: usize = 200;
/// Bytes of the longest message text that we send. Longer texts belong into an attachment.
pub const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Attachments of a message, sent or read.
pub const ATTACHMENTS_MAX: usize = 1000;
/// Recipient entries of a datahead that we read.
pub const CC_MAX: usize = 2000;
/// Uids in one presence request: 1300 end the public server (wire 18.2).
pub const OHI_UIDS_MAX: usize = 1000;

/// The longest request id that we send: it comes back in an answer (wire 18.2).
pub const REQUEST_ID_MAX: usize = 64;
/// The longest id text of a queued message that we would still confirm. A site's ids have 16 digits.
pub const QUEUED_ID_MAX: usize = 256;
/// The largest datahead that we read. The stock client cannot take more than 65540 with header.
pub const DATAHEAD_MAX_READ: usize = 128 * 1024;
/// Bytes of the longest name (alias, group, label, site name, request id) that we take from a site.
pub const SITE_NAME_MAX: usize = 1024;
/// Bytes of the longest error text that we take from a site.
pub const SITE_ERROR_MAX: usize = 4096;
/// Bytes of the longest `posted` that we take; a site writes 24.
pub const POSTED_MAX: usize = 40;
/// Bytes of the longest `op` that we take.
pub const OP_MAX: usize = 64;
/// How deep arrays and objects may nest in what we read. Known formats need three levels.
pub const JSON_DEPTH_MAX: usize = 64;
/// The longest data that a frame may announce: the public server counts in signed 64 bits and ends near the
/// top (wire 18.2).
pub const DATALEN_MAX: u64 = 1 << 62;
/// Characters of a host name (RFC 1035).
pub const HOST_MAX: usize = 253;
