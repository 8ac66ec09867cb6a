//! Names of attached files: from whatever a system or a sender calls a file to a label that every receiver can store.
//!
//! In: a file's name or path as the user gave it, or the names in a data head that somebody sent. Out: names without
//! path, control, direction or invisible characters, that no system reserves or hides, short enough when escaped, their
//! extension kept where possible, and told apart within one message. A name is a label, never a path
//! (client-formats 6); but apps make paths of it, so it can stand as one.

use std::collections::{HashMap, HashSet};

use crate::check::{InputError, Limit};
use crate::limits::ATTACH_NAME_ESCAPED_MAX;
use crate::plain;

/// Escaped bytes of the longest extension that is kept, dot included; longer ones are cut like the rest.
const EXTENSION_ESCAPED_MAX: usize = 40;
/// What attachments are, in front of their names.
const PREFIXES: [&str; 3] = ["u:", "f:", "r:"];
/// Names that are devices on Windows, with any extension; `COM` and `LPT` with a digit besides.
const DEVICES: [&str; 7] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"];

/// Makes the attachment name of a file that is to be sent, without prefix. Refused only if nothing is left.
pub fn attachment_name(file: &str) -> Result<String, InputError> {
    let clean = clean(file);
    if clean.is_empty() {
        return Err(InputError { field: "file name", limit: Limit::NotEmpty, actual: None });
    }
    Ok(clean)
}

/// The names in a data head that came, as they are kept, in the same order: with their prefix, the part behind it
/// harmless, and no two equal. Names that are so already stay as they are.
pub fn received<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut kinds: HashMap<&str, Apart> = HashMap::new();
    let one = |name: &'a str| {
        let (prefix, label) = split_prefix(name);
        format!("{prefix}{}", kinds.entry(prefix).or_default().take(&clean_label(label)))
    };
    names.into_iter().map(one).collect()
}

/// The names of one message's attachments as they are shown, saved and asked for: harmless, without prefix, and no two
/// equal, a blank form and a filled one included.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut apart = Apart::default();
    names.into_iter().map(|name| apart.take(&clean_label(split_prefix(name).1))).collect()
}

/// An attachment's name in its prefix (empty if it has none that is known) and its label.
pub fn split_prefix(name: &str) -> (&str, &str) {
    let known = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    name.split_at_checked(2).filter(|_| known).unwrap_or(("", name))
}

/// Tells the names of one message apart, by a number before the extension, within the limit. Names that differ in their
/// case alone are one file on many disks, and count as equal.
#[derive(Default)]
pub struct Apart {
    taken: HashSet<String>,
    /// The last number tried for a name, so that a thousand equal ones cost a thousand steps.
    numbers: HashMap<String, u32>,
}

impl Apart {
    /// The name itself if it is free, or the first numbered one that is.
    pub fn take(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let number = self.numbers.entry(name.to_ascii_lowercase()).or_insert(1);
        while !self.taken.insert(candidate.to_ascii_lowercase()) {
            *number += 1;
            let (stem, extension) = split(name);
            let tail = format!("-{number}{extension}");
            let room = ATTACH_NAME_ESCAPED_MAX.saturating_sub(escaped_len(&tail));
            candidate = format!("{}{tail}", cut(stem, room));
        }
        candidate
    }
}

/// Bytes of a text as the stock client escapes it for a file name: letters, digits, `-_.~` and the blank
/// count 1, each other byte 3.
pub fn escaped_len(text: &str) -> usize {
    crate::names::escaped_len(text)
}

fn clean_label(label: &str) -> String {
    Some(clean(label)).filter(|name| !name.is_empty()).unwrap_or_else(|| "_".to_owned())
}

/// The last part of a path as a name that can stand on any disk; empty if nothing of it can be seen.
fn clean(path: &str) -> String {
    let last = path.rsplit(['/', '\\']).find(|part| !plain::is_blank(part)).unwrap_or_default();
    // Besides what is no plain text: what Windows forbids in names.
    let bad = |c: char| matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | char::REPLACEMENT_CHARACTER);
    let name: String = plain::line(last).chars().map(|c| if bad(c) { '_' } else { c }).collect();
    let short = shorten(trim(&name), ATTACH_NAME_ESCAPED_MAX - 1);
    // A cut may leave half a sequence, or a blank, at the end.
    let name = plain::line(&short);
    let name = trim(&name);
    match name.chars().next() {
        None if last.is_empty() => String::new(),
        None => "_".to_owned(),
        // Hidden from its owner, an option of a command, or a home to a shell.
        Some('.' | '-' | '~') => format!("_{}", name.get(1..).unwrap_or_default()),
        Some(_) if is_device(name) => format!("_{name}"),
        Some(_) => name.to_owned(),
    }
}

/// Blanks at both ends, and dots at the end, which Windows drops.
fn trim(name: &str) -> &str {
    name.trim_end_matches(['.', ' ']).trim_start()
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let numbered = || {
        let (port, number) = stem.split_at_checked(3)?;
        let port = ["COM", "LPT"].iter().any(|known| port.eq_ignore_ascii_case(known));
        let mut digits = number.chars();
        let digit = matches!(digits.next()?, '0'..='9' | '¹' | '²' | '³');
        Some(port && digit && digits.next().is_none())
    };
    DEVICES.iter().any(|device| stem.eq_ignore_ascii_case(device)) || numbered().unwrap_or(false)
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
            ("../../escaped.sh", "escaped.sh"),
            ("../..", "_"),
            ("..", "_"),
            ("...", "_"),
            ("a\u{202e}txt.exe", "a_txt.exe"),
            ("a\nb\u{1b}[2J", "a b_[2J"),
            ("in\u{200b}vis\u{e0041}ible", "invisible"),
            (" spaced name .pdf ", "spaced name .pdf"),
            (".bashrc", "_bashrc"),
            ("-rf", "_rf"),
            ("~root", "_root"),
            ("what?.txt. ", "what_.txt"),
            ("a:b|c", "a_b_c"),
            ("nul", "_nul"),
            ("Com1.tar.gz", "_Com1.tar.gz"),
            ("lpt³ .x", "_lpt³ .x"),
            ("conto.txt", "conto.txt"),
            ("com10", "com10"),
        ] {
            assert_eq!(attachment_name(file).unwrap_or_default(), name, "{file:?}");
        }
        for nothing in ["", "///", "  ", "\u{200b}", "\u{3164}/", "\u{1b}"] {
            assert!(attachment_name(nothing).is_err(), "{nothing:?}");
        }
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
        let mut apart = Apart::default();
        let names = ["map.txt", "map-2.txt", "map.txt", "MAP.txt"].map(|name| apart.take(name));
        assert_eq!(names, ["map.txt", "map-2.txt", "map-3.txt", "MAP-4.txt"]);
        let long = "a".repeat(196) + ".txt";
        apart.take(&long);
        let other = apart.take(&long);
        assert!(other.ends_with("-2.txt") && escaped_len(&other) <= ATTACH_NAME_ESCAPED_MAX);
    }

    #[test]
    fn names_that_came_are_clean_and_each_can_be_had() {
        let sent = ["f:Nest", "r:Nest", "u:../Nest", "u:", "u:\u{202e}", "/etc/passwd", "u:CON", "x:y", "u"];
        let names = received(sent);
        let kept = ["f:Nest", "r:Nest", "u:Nest", "u:_", "u:_-2", "passwd", "u:_CON", "x_y", "u"];
        assert_eq!(names, kept);
        let shown = ["Nest", "Nest-2", "Nest-3", "_", "_-2", "passwd", "_CON", "x_y", "u"];
        assert_eq!(listed(sent), shown);
        let names = || names.iter().map(String::as_str);
        assert_eq!(received(names()), kept, "once is enough");
        assert_eq!(listed(names()), shown, "whether they were cleaned before or not");
    }

    #[test]
    fn whatever_a_name_is_made_of_it_stays_in_its_folder_and_is_clean_at_once() {
        let pieces =
            ["..", "/", "\\", ".", "-", "~", " ", "a", "\u{202e}", "\0", "NUL", ":", "👩\u{200d}", "\u{301}"];
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut name = String::new();
            for _ in 0..6 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                name.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let clean = received([name.as_str()]).remove(0);
            let path = std::path::Path::new(&clean);
            assert_eq!(path.file_name().and_then(|name| name.to_str()), Some(clean.as_str()), "{name:?}");
            assert!(
                !clean.starts_with(['.', '-', '~']) && !clean.contains(['/', '\\', '\0', ':']),
                "{name:?}"
            );
            assert_eq!(received([clean.as_str()]), [clean.as_str()], "{name:?}");
        }
    }

    #[test]
    fn a_thousand_equal_names_are_told_apart_without_much_ado() {
        let names = received(std::iter::repeat_n("u:a", 1000));
        assert_eq!(names.last().map(String::as_str), Some("u:a-1000"));
    }
}
