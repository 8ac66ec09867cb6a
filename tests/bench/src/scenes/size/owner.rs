//! To which crate a symbol belongs, by its name alone.
//!
//! A mangled name begins with the path of what was compiled: a function's crate, or for `impl` blocks the type and the
//! trait, of which the first counts that is not of the standard library. Generic code counts where its type is from. C code has no path: SQLite and ring are known by their names and files.

use super::elf::Symbol;

/// The standard library: its parts are added up, unless nothing else is named.
const STANDARD: [&str; 6] = ["core", "alloc", "std", "hashbrown", "gimli", "addr2line"];

/// What the files of ring's C code and assembler begin with.
const RING: [&str; 12] = [
    "aes",
    "chacha",
    "crypto",
    "curve25519",
    "ecp",
    "fiat",
    "gcm",
    "ghash",
    "limbs",
    "montgomery",
    "p256",
    "poly1305",
];

/// Who has written it.
pub(super) fn of(symbol: &Symbol) -> String {
    let crates = crates(&symbol.name);
    let standard = |name: &&String| STANDARD.contains(&name.as_str());
    match crates.iter().find(|name| !standard(name)) {
        Some(name) => name.clone(),
        None if crates.is_empty() => of_c(symbol).to_owned(),
        None => "the standard library".to_owned(),
    }
}

fn of_c(symbol: &Symbol) -> &'static str {
    let (name, file) = (symbol.name.as_str(), symbol.file.as_str());
    if file.starts_with("sqlite3") || name.starts_with("sqlite3") {
        "SQLite (C)"
    } else if name.starts_with("ring_core") || RING.iter().any(|part| file.starts_with(part)) {
        "ring (C and assembler)"
    } else if name.to_ascii_lowercase().contains("uniffi") {
        "exports and metadata of the border"
    } else {
        "without a known origin"
    }
}

/// The crates that a mangled name names, in its order: of each path the first part.
fn crates(mangled: &str) -> Vec<String> {
    match mangled.strip_prefix("_ZN") {
        Some(rest) => legacy(rest),
        None => mangled.strip_prefix("_R").map(newer).unwrap_or_default(),
    }
}

/// `_ZN3foo3barE`: parts with their lengths; types are written out in them.
fn legacy(rest: &str) -> Vec<String> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let Some((length, rest)) = rest.split_at_checked(digits) else { return Vec::new() };
    let part = length.parse().ok().and_then(|length: usize| rest.get(..length)).unwrap_or_default();
    let mut found = if is_name(part) { vec![part.to_owned()] } else { Vec::new() };
    found.extend(paths(rest));
    found
}

/// Paths within `_$LT$foo..Bar$u20$as$u20$baz..Qux$GT$`.
fn paths(part: &str) -> Vec<String> {
    let plain = part.replace("..", "::");
    let words = plain.split('$').flat_map(|word| word.split("::").take(1).map(move |first| (word, first)));
    let is_path =
        |(word, first): &(&str, &str)| word.contains("::") && is_name(first.trim_start_matches('_'));
    words.filter(is_path).map(|(_, first)| first.trim_start_matches('_').to_owned()).collect()
}

/// `_RNvCs1234_3foo3bar`: a crate is `C`, a hash, and its name with its length.
fn newer(rest: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in rest.match_indices("Cs") {
        let Some((_, name)) = rest.get(at + 2..).and_then(|rest| rest.split_once('_')) else { continue };
        let digits = name.bytes().take_while(u8::is_ascii_digit).count();
        let Some((length, name)) = name.split_at_checked(digits) else { continue };
        let name = length.parse().ok().and_then(|length: usize| name.trim_start_matches('_').get(..length));
        found.extend(name.filter(|name| is_name(name)).map(str::to_owned));
    }
    found
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(name: &str, file: &str) -> String {
        of(&Symbol { name: name.to_owned(), bytes: 1, file: file.to_owned() })
    }

    #[test]
    fn a_function_belongs_to_its_crate() {
        assert_eq!(owner("_ZN10tmtp_store4read7threads17h0123456789abcdefE", ""), "tmtp_store");
        assert_eq!(owner("_ZN4core3fmt5write17h0123456789abcdefE", ""), "the standard library");
    }

    #[test]
    fn an_impl_belongs_to_the_first_that_is_not_of_the_standard_library() {
        let name = "_ZN70_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$rustls..msgs..codec..Codec$GT$4read17h0123456789abcdefE";
        assert_eq!(owner(name, ""), "rustls");
        let name = "_ZN4core3ptr42drop_in_place$LT$tmtp_wire..frame..Frame$GT$17h0123456789abcdefE";
        assert_eq!(owner(name, ""), "tmtp_wire");
    }

    #[test]
    fn newer_names_are_read_too() {
        assert_eq!(owner("_RNvNtCs4fqI2P2rA04_10tmtp_store4read7threads", ""), "tmtp_store");
        assert_eq!(
            owner("_RNvXs_NtCs2Zr8mZ_5alloc3vecINtB4_3VecpENtNtCs9x_6rustls4msgs5Codec4read", ""),
            "rustls"
        );
    }

    #[test]
    fn c_code_is_known_by_its_name_or_its_file() {
        assert_eq!(owner("sqlite3_step", ""), "SQLite (C)");
        assert_eq!(owner("btreeInvokeBusyHandler", "sqlite3.c"), "SQLite (C)");
        assert_eq!(owner("ring_core_0_17_14__x25519_fe_mul_ttt", ""), "ring (C and assembler)");
    }
}
