//! The skeleton of a name: equal for names that a reader could take for one another.
//!
//! In: a name as somebody wrote it. Out: a text that is only good for comparing: without case, accents, invisible
//! characters, blanks, punctuation and symbols, with the letters of other scripts that look like a Latin one as that letter. By hand
//! and therefore small: it knows Latin, Greek and Cyrillic, the width and styled forms, and a few letters of others.
//! It errs towards saying that names look alike, for it only warns.

use super::{Kind, kind, marks};

/// The skeleton of a name; empty if nothing of it can be seen.
pub fn skeleton(name: &str) -> String {
    let latin = name.chars().any(|c| c.is_ascii_alphabetic());
    let mut bare = String::with_capacity(name.len());
    let mut put = |c: char| match c {
        // `rn` and `vv` are `m` and `w` in most type faces.
        'n' if bare.ends_with('r') => replace_last(&mut bare, 'm'),
        'v' if bare.ends_with('v') => replace_last(&mut bare, 'w'),
        c => bare.push(c),
    };
    for c in name.chars() {
        match kind(c) {
            Kind::Blank | Kind::Break | Kind::Tab => put(' '),
            Kind::Shown if marks::is_accent(c) => {}
            Kind::Shown | Kind::Unknown => match spelled_out(c) {
                Some(text) => text.chars().for_each(|c| put(alike(c, latin))),
                None => put(alike(unstyled(c), latin)),
            },
            Kind::Invisible | Kind::Steering | Kind::Joiner | Kind::Selector => {}
        }
    }
    // Blanks and signs tell nobody apart; a name that has nothing else is compared with them.
    let letters: String = bare.chars().filter(|c| !is_sign(*c)).collect();
    if letters.is_empty() { bare.trim().to_owned() } else { letters }
}

/// Blanks, punctuation and symbols, as far as names have them.
fn is_sign(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(c, ' ' | '\u{a1}'..='\u{bf}' | '\u{2010}'..='\u{205e}' | '\u{2190}'..='\u{2bff}' | '\u{3001}'..='\u{303f}'
            | '\u{1f000}'..='\u{1faff}')
}

fn replace_last(text: &mut String, c: char) {
    text.pop();
    text.push(c);
}

/// One character that reads as several.
fn spelled_out(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        'Ⅱ' | 'ⅱ' => "ii",
        'Ⅲ' | 'ⅲ' => "iii",
        'Ⅳ' | 'ⅳ' => "iv",
        'ŉ' => "'n",
        _ => return None,
    })
}

/// Full width, circled and mathematical forms of Latin letters and digits as these.
fn unstyled(c: char) -> char {
    let number = u32::from(c);
    let letter = |offset: u32| char::from_u32(u32::from('a') + offset % 26).unwrap_or(c);
    match number {
        0xff01..=0xff5e => char::from_u32(number - 0xff01 + 0x21).unwrap_or(c),
        0x24b6..=0x24e9 => letter(number - 0x24b6),
        0x249c..=0x24b5 => letter(number - 0x249c),
        0x1f110..=0x1f129 => letter(number - 0x1f110),
        0x1f130..=0x1f149 => letter(number - 0x1f130),
        0x1f150..=0x1f169 => letter(number - 0x1f150),
        0x1f170..=0x1f189 => letter(number - 0x1f170),
        0x1d400..=0x1d6a3 => letter(number - 0x1d400),
        0x1d7ce..=0x1d7ff => char::from_u32(u32::from('0') + (number - 0x1d7ce) % 10).unwrap_or(c),
        0x2460..=0x2468 => char::from_u32(number - 0x2460 + u32::from('1')).unwrap_or(c),
        _ => c,
    }
}

/// The simplest character that looks like this one; `latin`: whether the name has Latin letters, among which small
/// Greek letters pass for others than their capitals do.
fn alike(c: char, latin: bool) -> char {
    let c = if c.is_ascii() { c } else { without_accent(c) };
    if latin && let Some((_, to)) = GREEK_AMONG_LATIN.iter().find(|(from, _)| *from == c) {
        return *to;
    }
    let small = lower(c);
    match small {
        // One stroke is one stroke.
        'i' | '1' | '|' => 'l',
        '0' => 'o',
        c if c.is_ascii() => c,
        c => LOOKS.iter().find(|(_, others)| others.contains(c)).map_or(c, |(to, _)| *to),
    }
}

/// Case without the tables of all scripts: those that have it and are in use.
fn lower(c: char) -> char {
    let shifted = |by: u32| char::from_u32(u32::from(c) + by).unwrap_or(c);
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        'ς' => 'σ',
        'Α'..='Ω' | 'А'..='Я' => shifted(0x20),
        'Ѐ'..='Џ' => shifted(0x50),
        'Ա'..='Ֆ' => shifted(0x30),
        'Ѡ'..='ҁ' | 'Ҋ'..='ҿ' | 'Ӑ'..='ԯ' if u32::from(c) % 2 == 0 => shifted(1),
        'Ӂ'..='Ӎ' if u32::from(c) % 2 == 1 => shifted(1),
        'Ӏ' => 'ӏ',
        c => c,
    }
}

/// Letters with an accent of their own as the bare letter.
fn without_accent(c: char) -> char {
    let number = u32::from(c);
    let (first, letters) = match number {
        0xc0..=0x17f => (0xc0, LATIN),
        0x386..=0x3ce => (0x386, GREEK),
        0x1e00..=0x1eff => {
            let ends = VIETNAMESE.iter().find(|(last, _)| number <= u32::from(*last) + 0x1e00);
            return ends.map_or(c, |(_, letter)| *letter);
        }
        _ => {
            return match c {
                'й' | 'Й' | 'ѝ' | 'ӣ' | 'ӥ' => 'и',
                'ё' | 'Ё' | 'ѐ' | 'ӗ' => 'е',
                'ї' | 'Ї' => 'і',
                'ў' | 'Ў' | 'ӯ' | 'ӱ' | 'ӳ' => 'у',
                'ќ' | 'Ќ' => 'к',
                'ѓ' | 'Ѓ' => 'г',
                'ǎ' | 'Ǎ' | 'ȧ' | 'Ȧ' | 'ȁ' | 'ȃ' | 'Ⱥ' => 'a',
                'ě' | 'ȅ' | 'ȇ' | 'ȩ' | 'Ȩ' | 'ɇ' | 'Ɇ' => 'e',
                'ǐ' | 'Ǐ' | 'ȉ' | 'ȋ' | 'ɨ' | 'Ɨ' => 'i',
                'ǒ' | 'Ǒ' | 'ơ' | 'Ơ' | 'ȯ' | 'Ȯ' | 'ȍ' | 'ȏ' | 'ǫ' | 'Ǫ' | 'ɵ' => 'o',
                'ǔ' | 'Ǔ' | 'ư' | 'Ư' | 'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' | 'ȕ' | 'ȗ' | 'ʉ' => 'u',
                'ǧ' | 'Ǧ' | 'ǵ' | 'Ǵ' | 'ǥ' | 'Ǥ' | 'ɠ' => 'g',
                'ǹ' | 'Ǹ' | 'ɲ' | 'ƞ' => 'n',
                'ș' | 'Ș' => 's',
                'ț' | 'Ț' => 't',
                'ȳ' | 'Ȳ' | 'ƴ' | 'Ƴ' => 'y',
                'ǩ' | 'Ǩ' | 'ƙ' | 'Ƙ' => 'k',
                'ȟ' | 'Ȟ' => 'h',
                'ǰ' => 'j',
                'ƀ' | 'ɓ' | 'Ɓ' => 'b',
                'ɗ' | 'Ɗ' | 'ɖ' => 'd',
                'ƶ' | 'Ƶ' | 'ȥ' => 'z',
                c => c,
            };
        }
    };
    let at = usize::try_from(number - first).unwrap_or_default();
    letters.chars().nth(at).filter(|c| *c != '_').unwrap_or(c)
}

/// From U+00C0 to U+017F; `_` stays what it is.
const LATIN: &str = "aaaaaa_ceeeeiiiidnooooo_ouuuuypsaaaaaa_ceeeeiiiidnooooo_ouuuuypy\
    aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii__jjkkklllllllllln\
    nnnnnnnnoooooo__rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

/// From U+0386 to U+03CE; `_` stays what it is.
const GREEK: &str = "α_εηι_ο_υωι_________________________ιυαεηιυ_________________________ιυουω";

/// U+1E00 and on: the last of each run, and its letter.
#[rustfmt::skip]
const VIETNAMESE: &[(u8, char)] = &[
    (0x01, 'a'), (0x07, 'b'), (0x09, 'c'), (0x13, 'd'), (0x1d, 'e'), (0x1f, 'f'), (0x21, 'g'), (0x2b, 'h'),
    (0x2f, 'i'), (0x35, 'k'), (0x3d, 'l'), (0x43, 'm'), (0x4b, 'n'), (0x53, 'o'), (0x57, 'p'), (0x5f, 'r'),
    (0x69, 's'), (0x71, 't'), (0x7b, 'u'), (0x7f, 'v'), (0x89, 'w'), (0x8d, 'x'), (0x8f, 'y'), (0x95, 'z'),
    (0x96, 'h'), (0x97, 't'), (0x98, 'w'), (0x99, 'y'), (0x9a, 'a'), (0x9e, 's'), (0x9f, 'd'), (0xb7, 'a'),
    (0xc7, 'e'), (0xcb, 'i'), (0xe3, 'o'), (0xf1, 'u'), (0xf9, 'y'), (0xfb, 'l'), (0xfd, 'v'), (0xff, 'y'),
];

/// Small Greek letters that pass for a Latin letter which is not what their capital looks like.
const GREEK_AMONG_LATIN: &[(char, char)] =
    &[('ν', 'v'), ('η', 'n'), ('υ', 'u'), ('ω', 'w'), ('γ', 'y'), ('χ', 'x'), ('σ', 'o'), ('ϲ', 'c')];

/// Characters in small letters that look like the first, in a type face or in capitals.
const LOOKS: &[(char, &str)] = &[
    ('a', "аαɑᴀⲁꭺꓮªᎪ"),
    ('b', "вьβʙɓᏴꓐ"),
    ('c', "сϲᴄⅽⅭℂℭↄᏟꓚ"),
    ('d', "ԁⅾⅮᴅᎠꓓ"),
    ('e', "еεєᴇℯℰℇɛᎬꓰ"),
    ('f', "ϝғꜰℱᎨꓝ"),
    ('g', "ԍɡɢℊᏀց"),
    ('h', "һнηհʜℎℋℌℍᎻꓧ"),
    ('j', "јյᴊᎫꓙϳ"),
    ('k', "кκᴋқҝᏦꓗϰ\u{212a}"),
    ('l', "іιӏɪıℓℐℑℒⅠⅰⅬⅼɩΙᎥꓲꓡᏞ׀∣ǀاו"),
    ('m', "мμᴍⅯⅿℳᎷꓟµ"),
    ('n', "пνոɴℕꓠṇ"),
    ('o', "оοօᴏℴ∘ꓳᎾဝ०੦૦๐໐०০ഠ"),
    ('p', "рρᴘℙþᏢꓑ"),
    ('q', "ԛզℚ"),
    ('r', "гʀℛℜℝᎡꓣᴦ"),
    ('s', "ѕꜱᏚꓢꙅʂ"),
    ('t', "тτᴛᎢꓔ"),
    ('u', "սᴜʋꓴ∪"),
    ('v', "ѵᴠⅤⅴᏙꓦ∨"),
    ('w', "ѡԝωɯᴡᎳꓪ"),
    ('x', "хχⅩⅹ×ꓫ✕"),
    ('y', "уүυʏყᎩꓬ"),
    ('z', "ζᴢℤᏃꓜ"),
    ('3', "зʒ"),
    ('6', "б"),
    ('-', "‐‑‒–—―−˗﹣ー"),
    ('\'', "’‘‚‛ʼʹ′´`ʻ"),
    ('.', "․·•‧∙"),
    (',', "‚"),
    ('/', "∕⁄"),
    (':', "ː∶꞉"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        for (one, others) in [
            (
                "Cara Cormorant",
                &[
                    "cara cormorant",
                    " CARA  CORMORANT ",
                    "Cara\u{200b} Cormorant\u{202e}",
                    "Сага Соrmоrаnt",
                    "Cara Corrnorant",
                    "Ｃａｒａ Ｃｏｒｍｏｒａｎｔ",
                    "𝐂𝐚𝐫𝐚 𝕮𝖔𝖗𝖒𝖔𝖗𝖆𝖓𝖙",
                    "Ⓒⓐⓡⓐ\u{a0}C0rmorant",
                    "Cára Cörmoraṇt",
                    "Ca\u{301}ra Cormorant",
                    "Cara\tCormorant\u{fe0f}",
                    "Cαrα Cοrmοrant",
                    "Cara-Cormorant.",
                    "CaraCormorant",
                    "✓ Cara Cormorant”",
                    "Cara Cor\u{2009}morant",
                ][..],
            ),
            ("Alice", &["AIice", "A1ice", "Аlісе", "ALICE", "Al\u{131}ce", "Al\u{ad}ice"]),
            ("ANNA", &["ΑΝΝΑ", "Αννα", "Anna"]),
            ("ivan", &["iνan"]),
            ("Yiannis", &["Υiannis"]),
            ("Иван Петров", &["иван петров", "ИВАН\u{3000}ПЕТРОВ"]),
            ("Ελένη", &["ΕΛΕΝΗ", "ελενη"]),
            ("O'Neil", &["O’Neil", "0’NeiI"]),
            ("a-b", &["a–b", "a‐b"]),
            ("Straße", &["STRASSE"]),
            ("Đặng", &["Dang", "đang"]),
        ] {
            for other in others {
                assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn other_names_have_another() {
        let names = [
            "Cara",
            "Cora",
            "Carla",
            "Ben",
            "Bert",
            "日本",
            "中国",
            "नमन",
            "नमिन",
            "मोहन",
            "محمد",
            "أحمد",
            "👍",
            "👎",
            "Иван",
            "Юрий",
            "Σαμ",
            "Οαμ",
            "Anna",
            "Hanna",
            "Node 2",
            "Node 3",
        ];
        for (at, one) in names.iter().enumerate() {
            for other in &names[at + 1..] {
                assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn what_cannot_be_seen_has_none() {
        for name in ["", " \u{3164}", "\u{202e}\u{200b}", "\u{2800}\t"] {
            assert_eq!(skeleton(name), "");
        }
    }

    #[test]
    fn the_rows_of_letters_end_where_their_blocks_do() {
        assert_eq!(LATIN.chars().count(), 0x17f - 0xc0 + 1);
        assert_eq!(GREEK.chars().count(), 0x3ce - 0x386 + 1);
        for (accented, bare) in
            [('Ã', 'a'), ('ÿ', 'y'), ('ł', 'l'), ('ź', 'z'), ('Ő', 'o'), ('ŋ', 'n'), ('ť', 't')]
        {
            assert_eq!(without_accent(accented), bare);
        }
        for (accented, bare) in [('Ά', 'α'), ('ώ', 'ω'), ('ΐ', 'ι'), ('ϋ', 'υ'), ('β', 'β')] {
            assert_eq!(without_accent(accented), bare);
        }
    }
}
