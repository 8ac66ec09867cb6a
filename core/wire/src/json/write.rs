//! The writer: compact objects, keys in the order in which they are given.

use std::fmt::Write as _;

/// Writes one JSON object without white space. Keys are given in lower case and not escaped.
#[derive(Debug)]
pub struct Writer {
    out: String,
    empty: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Writer::new()
    }
}

impl Writer {
    /// An object without members.
    pub fn new() -> Writer {
        Writer { out: String::from("{"), empty: true }
    }

    fn key(&mut self, key: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
    }

    /// Adds a text.
    pub fn str(&mut self, key: &str, text: &str) -> &mut Self {
        self.key(key);
        self.out.push('"');
        escape(text, &mut self.out);
        self.out.push('"');
        self
    }

    /// Adds a plain integer.
    pub fn u64(&mut self, key: &str, number: u64) -> &mut Self {
        self.key(key);
        let _ = write!(self.out, "{number}");
        self
    }

    /// Adds a plain integer if there is one.
    pub fn maybe_u64(&mut self, key: &str, number: Option<u64>) -> &mut Self {
        match number {
            Some(number) => self.u64(key, number),
            None => self,
        }
    }

    /// Adds a truth value.
    pub fn bool(&mut self, key: &str, truth: bool) -> &mut Self {
        self.key(key);
        self.out.push_str(if truth { "true" } else { "false" });
        self
    }

    /// Adds an array of objects.
    pub fn objects(&mut self, key: &str, items: impl IntoIterator<Item = Writer>) -> &mut Self {
        self.key(key);
        self.out.push('[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(',');
            }
            self.out.push_str(&item.finish());
        }
        self.out.push(']');
        self
    }

    /// The finished object.
    pub fn finish(mut self) -> String {
        self.out.push('}');
        self.out
    }
}

/// Appends `text` as the inside of a JSON string, with the fewest escapes that the grammar allows.
pub fn escape(text: &str, out: &mut String) {
    escape_with(text, out, |_| false);
}

/// `text` as the inside of a JSON string in the way of the public server: `<`, `>`, `&`, U+2028 and U+2029
/// are escaped too (wire 4.2). Without the quotes around it.
pub fn go_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_with(text, &mut out, |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'));
    out
}

fn escape_with(text: &str, out: &mut String, also: impl Fn(char) -> bool) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || also(c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}
