//! The checksum of a queued message's header (wire 5.1): CRC-32C over the length digits and the header as
//! they were before the member `headsum` was put in. It works on raw bytes, never on parsed values, so that
//! escapes stay as they were. It covers no data.

use crate::limits::HEADER_MAX_WIRE;

const KEY: &[u8] = b",\"headsum\":";

/// What the checksum in a header says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadSum {
    /// It is there and right.
    Right,
    /// It is there and does not fit the header.
    Wrong,
    /// The header has none.
    Missing,
}

/// The checksum of a header that does not hold one.
pub fn sum(header: &[u8]) -> u32 {
    let digits = format!("{:04x}", header.len());
    crc32c::crc32c_append(crc32c::crc32c(digits.as_bytes()), header)
}

/// Checks a header as it was received, without its length digits.
pub fn verify(raw: &[u8]) -> HeadSum {
    let Some(at) = find(raw, KEY) else { return HeadSum::Missing };
    let (before, rest) = raw.split_at(at);
    let digits = rest.get(KEY.len()..).unwrap_or_default();
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, behind) = digits.split_at(count);
    let stated = std::str::from_utf8(number).ok().and_then(|text| text.parse::<u32>().ok());
    let without = [before, behind].concat();
    if stated == Some(sum(&without)) { HeadSum::Right } else { HeadSum::Wrong }
}

/// Puts the checksum into a finished header where the public server puts it: keys stand in alphabetical
/// order there, and `id` is the next one of those that a queued message has.
pub fn add(header: &[u8]) -> Vec<u8> {
    debug_assert!(header.len() <= HEADER_MAX_WIRE);
    let member = format!(",\"headsum\":{}", sum(header));
    let at = find(header, b",\"id\":").unwrap_or(header.len().saturating_sub(1));
    let (before, behind) = header.split_at(at);
    [before, member.as_bytes(), behind].concat()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PING: &str = concat!(
        r#"{"alias":"anna oivlgr","datalen":5,"from":"8NH8ZXQT1%L98BQLDQ17H9G324BW5XPY","headsum":1112155810,"#,
        r#""id":"18eac40f98d56962","op":"ping","posted":"2026-11-23T20:37:03.709Z","to":"berta oivlgr"}"#
    );

    #[test]
    fn the_published_example_is_right_and_any_change_of_it_wrong() {
        assert_eq!(verify(PING.as_bytes()), HeadSum::Right);
        let mut changed = 0;
        for at in 0..PING.len() {
            let mut bytes = PING.as_bytes().to_vec();
            bytes[at] ^= 1;
            changed += usize::from(verify(&bytes) != HeadSum::Right);
        }
        assert_eq!(changed, PING.len());
    }

    #[test]
    fn a_header_without_the_member_is_missing_it() {
        assert_eq!(verify(br#"{"id":"x"}"#), HeadSum::Missing);
        assert_eq!(verify(br#"{"id":"x,\"headsum\":1"}"#), HeadSum::Missing);
        assert_eq!(verify(br#"{"id":"x","headsum":}"#), HeadSum::Wrong);
        assert_eq!(verify(br#"{"id":"x","headsum":99999999999}"#), HeadSum::Wrong);
    }

    #[test]
    fn what_was_added_is_where_the_server_puts_it() {
        let bare = PING.replace(r#","headsum":1112155810"#, "");
        assert_eq!(add(bare.as_bytes()), PING.as_bytes());
    }
}
