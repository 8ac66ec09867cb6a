//! Texts of others made harmless: what a stranger wrote may neither steer a terminal, nor turn the direction of
//! writing, nor hide in a name, nor break a line that is not theirs.
//!
//! In: any text. Out: [`line()`] for labels (names, subjects, error texts), [`block`] for texts of several lines, both
//! without controls, bidirectional controls and invisible characters; [`is_blank`] says whether anything can be seen
//! at all, and [`skeleton`] is equal for names that look alike. Letters of every script, emoji sequences and the
//! joiners that Indic and Arabic scripts need stay as they are. What is merely invisible is dropped, what is a trick
//! (a control, a direction override, a private character) becomes U+FFFD, so that the trick shows.

use std::borrow::Cow;

use crate::printable::is_printable;

mod marks;
mod skeleton;

pub use skeleton::skeleton;

/// Marks that one letter may carry; living languages need four, Tibetan stacks a little more.
const MARKS_MOST: u32 = 6;
/// The longest region of a flag made of tag characters (`gbsct`), with room for longer ones to come.
const FLAG_TAGS_MOST: usize = 6;

/// The text as one line: line ends, tabs and blanks of any width become the simple blank, invisible characters go, and
/// what steers or deceives becomes U+FFFD. Borrowed if there was nothing to do; never longer than three times the text.
pub fn line(text: &str) -> Cow<'_, str> {
    clean(text, false)
}

/// The text with its lines: as [`line()`], but line ends of any kind become `\n`, and tabs stay.
pub fn block(text: &str) -> Cow<'_, str> {
    clean(text, true)
}

/// Whether nothing in the text can be seen: it is empty, or blanks, controls and invisible characters only.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| !matches!(kind(c), Kind::Shown | Kind::Unknown))
}

/// What a character is good for in a text of somebody else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Shown,
    /// Private, unassigned or broken: a box on most screens, anything on some.
    Unknown,
    /// Takes place and shows nothing.
    Blank,
    /// Ends a line somewhere.
    Break,
    Tab,
    /// Takes no place and shows nothing.
    Invisible,
    /// Steers a screen or the direction of writing.
    Steering,
    /// ZWJ and ZWNJ.
    Joiner,
    /// Chooses another picture of the character before.
    Selector,
}

fn kind(c: char) -> Kind {
    match c {
        '!'..='~' => Kind::Shown,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        '\t' => Kind::Tab,
        ' '
        | '\u{a0}'
        | '\u{1680}'
        | '\u{2000}'..='\u{200a}'
        | '\u{202f}'
        | '\u{205f}'
        | '\u{2800}'
        | '\u{3000}' => Kind::Blank,
        '\u{200c}' | '\u{200d}' => Kind::Joiner,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
            Kind::Selector
        }
        // Soft hyphen, joiners of graphemes and words, fillers, marks of direction, inaudible operators, tags.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Kind::Invisible,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fff9}'..='\u{fffb}' => Kind::Steering,
        c if c.is_control() => Kind::Steering,
        '\u{fffc}' | '\u{fffd}' => Kind::Unknown,
        // Signs before Arabic numbers and the like: of the format category, but seen.
        '\u{600}'..='\u{605}'
        | '\u{6dd}'
        | '\u{70f}'
        | '\u{890}'
        | '\u{891}'
        | '\u{8e2}'
        | '\u{110bd}'
        | '\u{110cd}' => Kind::Shown,
        // Emoji and ideographs of years to come.
        '\u{1f000}'..='\u{1faff}' => Kind::Shown,
        '\u{20000}'..='\u{3fffd}' if u32::from(c) & 0xffff < 0xfffe => Kind::Shown,
        c if is_printable(c) => Kind::Shown,
        _ => Kind::Unknown,
    }
}

fn clean(text: &str, lines: bool) -> Cow<'_, str> {
    let plain = |b: u8| matches!(b, b' '..=b'~') || lines && matches!(b, b'\n' | b'\t');
    if text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut writer = Writer { out: String::with_capacity(text.len()), lines, before: None, marks: 0 };
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        writer.take(c, &mut rest);
    }
    if writer.out == text { Cow::Borrowed(text) } else { Cow::Owned(writer.out) }
}

struct Writer {
    out: String,
    lines: bool,
    /// The character written last, none at the beginning of a line.
    before: Option<char>,
    /// Marks written since the last character that takes place.
    marks: u32,
}

impl Writer {
    fn take(&mut self, c: char, rest: &mut std::str::Chars<'_>) {
        match kind(c) {
            Kind::Shown if marks::is_mark(c) => self.mark(c),
            Kind::Shown => {
                self.push(c);
                if c == '\u{1f3f4}' {
                    self.flag(rest);
                }
            }
            Kind::Break => {
                if c == '\r' && rest.as_str().starts_with('\n') {
                    rest.next();
                }
                self.push(if self.lines { '\n' } else { ' ' });
            }
            Kind::Tab => self.push(if self.lines { '\t' } else { ' ' }),
            Kind::Blank => self.push(' '),
            Kind::Unknown | Kind::Steering => self.push(char::REPLACEMENT_CHARACTER),
            Kind::Joiner if self.joins(c, rest.as_str()) => self.attach(c),
            Kind::Selector if self.selects(c, rest.as_str()) => self.attach(c),
            Kind::Joiner | Kind::Selector | Kind::Invisible => {}
        }
    }

    fn push(&mut self, c: char) {
        self.out.push(c);
        self.before = Some(c).filter(|c| *c != '\n');
        self.marks = 0;
    }

    fn attach(&mut self, c: char) {
        self.out.push(c);
        self.before = Some(c);
    }

    /// A mark goes onto the letter before it, up to a measure; without one it gets a circle to sit on, so that it does
    /// not fall onto what stands before the text.
    fn mark(&mut self, c: char) {
        if self.before.is_none() {
            self.push('\u{25cc}');
        }
        if self.marks < MARKS_MOST {
            self.marks += 1;
            self.attach(c);
        }
    }

    /// The flags of regions: a black flag, tag characters, and the tag that ends them.
    fn flag(&mut self, rest: &mut std::str::Chars<'_>) {
        let is_tag = |c: &char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
        let tags = rest.clone().take_while(is_tag).count();
        if !(1..=FLAG_TAGS_MOST).contains(&tags) || rest.clone().nth(tags) != Some('\u{e007f}') {
            return;
        }
        for c in rest.take(tags + 1) {
            self.out.push(c);
        }
    }

    fn joins(&self, joiner: char, rest: &str) -> bool {
        let (Some(before), Some(after)) = (self.before, rest.chars().next()) else {
            // Old spellings end words in a joiner behind an Indic letter or an Arabic one.
            return joiner == '\u{200d}' && self.before.is_some_and(is_joining);
        };
        let emoji = joiner == '\u{200d}' && (is_emoji(before) || before == '\u{fe0f}') && is_emoji(after);
        emoji || is_joining(before) && (is_joining(after) || joiner == '\u{200d}' && after == ' ')
    }

    fn selects(&self, selector: char, rest: &str) -> bool {
        let Some(before) = self.before else { return false };
        match selector {
            // A digit is an emoji only with the keycap that follows.
            '\u{fe0e}' | '\u{fe0f}' if matches!(before, '0'..='9' | '#' | '*') => {
                rest.starts_with('\u{20e3}')
            }
            '\u{fe0e}' | '\u{fe0f}' => is_emoji(before),
            '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
            '\u{180b}'..='\u{180f}' => matches!(before, '\u{1820}'..='\u{18aa}'),
            _ => false,
        }
    }
}

/// Characters that have a picture, roughly: symbols of the first plane and the emoji of the second.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{2049}' | '\u{2122}'..='\u{2bff}' | '\u{3030}'..='\u{303d}'
        | '\u{3297}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Letters and marks of scripts in which joiners change what is read: the Arabic family, Indic ones, Mongolian.
fn is_joining(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{7ff}' | '\u{840}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18aa}'
        | '\u{a8e0}'..='\u{a8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{11000}'..='\u{11fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays_and_is_borrowed() {
        for text in [
            "",
            "plain ASCII, ~!",
            "Zoë Müller",
            "Ελένη",
            "Ганна",
            "日本語",
            "葛\u{e0100}城",
            "می\u{200c}خواهم",
            "क\u{94d}\u{200d}ष",
            "ന\u{d4d}\u{200d}",
            "👩\u{200d}👩\u{200d}👧",
            "🧑🏽\u{200d}🚀",
            "❤\u{fe0f}\u{200d}🔥",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}!",
            "🇩🇪",
            "שָׁלוֹם",
            "e\u{301}",
        ] {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text:?}: {:?}", line(text));
            assert!(matches!(block(text), Cow::Borrowed(_)), "{text:?}");
        }
        assert!(matches!(block("a\n\tb"), Cow::Borrowed(_)));
    }

    #[test]
    fn tricks_show_and_what_is_invisible_goes() {
        for (text, shown) in [
            ("a\u{1b}[2J\u{7}\u{9b}m", "a\u{fffd}[2J\u{fffd}\u{fffd}m"),
            ("a\u{7f}b\0", "a\u{fffd}b\u{fffd}"),
            ("txt\u{202e}gpj.exe\u{202c}", "txt\u{fffd}gpj.exe\u{fffd}"),
            ("\u{2067}a\u{2069}", "\u{fffd}a\u{fffd}"),
            ("\u{200e}a\u{200f}b\u{61c}", "ab"),
            ("C\u{200b}a\u{2060}r\u{ad}a\u{feff}\u{34f}\u{3164}\u{115f}\u{ffa0}", "Cara"),
            ("a\u{200d}b\u{200c}c", "abc"),
            ("Cara\u{fe0f}\u{fe00}\u{e0101}", "Cara"),
            ("a\u{e0041}\u{e0042}\u{e007f}", "a"),
            ("🏴\u{e0067}\u{e0062}", "🏴"),
            ("\u{fff9}a\u{fffa}b\u{fffb}", "\u{fffd}a\u{fffd}b\u{fffd}"),
            ("\u{e000}\u{f8ff}\u{10ffff}\u{378}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("a\u{a0}b\u{3000}c\u{2800}d", "a b c d"),
            ("\u{301}a", "\u{25cc}\u{301}a"),
            ("می\u{200c}\u{200c}\u{200c}خ", "می\u{200c}خ"),
        ] {
            assert_eq!(line(text), shown, "{text:?}");
            assert_eq!(block(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_line_has_no_ends_and_a_block_has_one_kind() {
        assert_eq!(line("a\r\nb\nc\rd\u{2028}e\u{85}f\tg\u{c}"), "a b c d e f g ");
        assert_eq!(block("a\r\nb\nc\rd\u{2028}e\u{85}f\tg\u{c}"), "a\nb\nc\nd\ne\nf\tg\n");
        assert_eq!(block("a\n\u{301}b"), "a\n\u{25cc}\u{301}b");
    }

    #[test]
    fn a_letter_carries_a_handful_of_marks() {
        for mark in ['\u{301}', '\u{e49}', '\u{f71}', '\u{20dd}', '\u{1e8d0}'] {
            let tower = format!("a{}b", mark.to_string().repeat(500));
            assert_eq!(line(&tower).chars().count(), 2 + MARKS_MOST as usize, "{mark:?}");
        }
    }

    #[test]
    fn cleaning_once_is_enough_and_nothing_bad_is_left() {
        for number in 0..=u32::from(char::MAX) {
            let Some(c) = char::from_u32(number) else { continue };
            let text = format!("a{c}b{c}{c}");
            let once = line(&text).into_owned();
            assert_eq!(line(&once), once, "U+{number:04X}");
            let bad = |c: char| {
                c != ' ' && !matches!(kind(c), Kind::Shown | Kind::Unknown | Kind::Joiner | Kind::Selector)
            };
            assert!(!once.chars().any(bad), "U+{number:04X}");
        }
    }

    #[test]
    fn a_name_of_nothing_is_blank() {
        for text in
            ["", "  \t\n", "\u{200b}\u{2060}", "\u{3164}", "\u{2800}", "\u{202e}\u{feff}", "\u{e0041}", "\0"]
        {
            assert!(is_blank(text), "{text:?}");
        }
        for text in ["a", "\u{301}", "👍", "\u{fffd}", " . "] {
            assert!(!is_blank(text), "{text:?}");
        }
    }
}
