//! Names of attached files: from whatever the system calls a file to a label that every receiver can store.
//!
//! In: a file's name or path as the user gave it. Out: a name without path, control or direction
//! characters, short enough when escaped, its extension kept where possible. Also the safe form of names
//! that others sent: a name is a label, never a path (client-formats 6).

use crate::check::{InputError, Limit};
use crate::limits::ATTACH_NAME_ESCAPED_MAX;

/// Escaped bytes of the longest extension that is kept, dot included; longer ones are cut like the rest.
const EXTENSION_ESCAPED_MAX: usize = 40;

/// Makes the attachment name of a file that is to be sent, without prefix. Refused only if nothing is left.
pub fn attachment_name(file: &str) -> Result<String, InputError> {
    let last = file.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or_default();
    let clean: String = last.chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let clean = clean.trim();
    if clean.is_empty() {
        return Err(InputError { field: "file name", limit: Limit::NotEmpty, actual: None });
    }
    if clean.chars().all(|c| c == '.') {
        return Ok("_".repeat(clean.len().min(ATTACH_NAME_ESCAPED_MAX)));
    }
    Ok(shorten(clean, ATTACH_NAME_ESCAPED_MAX))
}

/// Makes `name` differ from all that `taken` knows, by a number before the extension, within the limit.
pub fn unique_name(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut candidate = name.to_owned();
    let mut number = 1;
    while taken(&candidate) {
        number += 1;
        let (stem, extension) = split(name);
        let tail = format!("-{number}{extension}");
        let room = ATTACH_NAME_ESCAPED_MAX.saturating_sub(escaped_len(&tail));
        candidate = format!("{}{tail}", cut(stem, room));
    }
    candidate
}

/// Bytes of a text as the stock client escapes it for a file name: letters, digits, `-_.~` and the blank
/// count 1, each other byte 3.
pub fn escaped_len(text: &str) -> usize {
    crate::names::escaped_len(text)
}

fn is_harmless(c: char) -> bool {
    let direction =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{61c}');
    !(c.is_control() || direction || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffd}'))
}

fn shorten(name: &str, most: usize) -> String {
    if escaped_len(name) <= most {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    let room = most.saturating_sub(escaped_len(extension));
    format!("{}{extension}", cut(stem, room))
}

/// Splits before the last dot if what follows is a usable extension, otherwise before the end.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(at) if at > 0 => {
            let (stem, extension) = name.split_at(at);
            if escaped_len(extension) <= EXTENSION_ESCAPED_MAX { (stem, extension) } else { (name, "") }
        }
        _ => (name, ""),
    }
}

fn cut(text: &str, most: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += escaped_len(c.encode_utf8(&mut [0; 4]));
        if used > most {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_its_last_part_without_tricks() {
        for (file, name) in [
            ("/home/a/map.txt", "map.txt"),
            ("C:\\x\\map.txt", "map.txt"),
            ("dir/", "dir"),
            ("../..", "__"),
            ("a\u{202e}txt.exe", "a_txt.exe"),
            ("a\nb", "a_b"),
            (" spaced name .pdf ", "spaced name .pdf"),
        ] {
            assert_eq!(attachment_name(file).unwrap(), name);
        }
        assert!(attachment_name("///").is_err());
        assert!(attachment_name("  ").is_err());
    }

    #[test]
    fn long_names_are_cut_before_their_extension_at_a_character() {
        for name in ["字".repeat(300) + ".jpeg", "a".repeat(300) + ".tar", "x.".to_owned() + &"é".repeat(200)]
        {
            let short = attachment_name(&name).unwrap();
            assert!((190..=ATTACH_NAME_ESCAPED_MAX).contains(&escaped_len(&short)), "{short}");
        }
        assert!(attachment_name(&("字".repeat(300) + ".jpeg")).unwrap().ends_with("字.jpeg"));
    }

    #[test]
    fn equal_names_are_told_apart_by_a_number() {
        let taken = ["map.txt", "map-2.txt"];
        assert_eq!(unique_name("map.txt", |name| taken.contains(&name)), "map-3.txt");
        let long = "a".repeat(196) + ".txt";
        let other = unique_name(&long, |name| name == long);
        assert!(other.ends_with("-2.txt") && escaped_len(&other) <= ATTACH_NAME_ESCAPED_MAX);
    }
}
