//! Pages of lists, and the places between them.
//!
//! A page goes on behind the last row of the one before, by that row's key: rows that come or go meanwhile
//! neither shift nor repeat others.

use std::fmt;
use std::str::FromStr;

use crate::error::StoreError;
use crate::limits;

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows at most, 1 to [`limits::PAGE_ROWS`]; other values are taken as the nearest of these.
    pub limit: u32,
    /// Behind which place; `None`: from the start.
    pub after: Option<Cursor>,
}

impl Default for Page {
    fn default() -> Self {
        Page { limit: 50, after: None }
    }
}

impl Page {
    pub(super) fn rows(&self) -> usize {
        self.limit.clamp(1, limits::PAGE_ROWS) as usize
    }

    /// One row more than is shown: it tells whether there is a next page.
    pub(super) fn fetch(&self) -> i64 {
        self.rows() as i64 + 1
    }

    /// The keys behind which to begin; `start` for the first page.
    pub(super) fn numbers<const N: usize>(
        &self,
        list: char,
        start: [i64; N],
    ) -> Result<[i64; N], StoreError> {
        self.after.as_ref().map_or(Ok(start), |cursor| cursor.numbers(list))
    }

    /// The same for keys that are texts; the first page begins behind empty ones.
    pub(super) fn texts<const N: usize>(&self, list: char) -> Result<[String; N], StoreError> {
        match &self.after {
            Some(cursor) => cursor.texts(list),
            None => Ok(std::array::from_fn(|_| String::new())),
        }
    }

    /// Cuts the row behind the page off, and notes the place of the last one that stays.
    pub(super) fn cut<T>(&self, mut rows: Vec<(T, Cursor)>) -> List<T> {
        let more = rows.len() > self.rows();
        rows.truncate(self.rows());
        let next = if more { rows.last().map(|(_, cursor)| cursor.clone()) } else { None };
        List { items: rows.into_iter().map(|(item, _)| item).collect(), next }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<Cursor>,
}

/// A place in a list. Opaque: only good for the list that it came from. As text it has letters, digits, `.`
/// and `-` only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    pub(super) fn of_numbers(list: char, keys: &[i64]) -> Cursor {
        Cursor::of(list, keys.iter().map(i64::to_string))
    }

    pub(super) fn of_texts(list: char, keys: &[&str]) -> Cursor {
        Cursor::of(list, keys.iter().map(|key| key.bytes().map(|byte| format!("{byte:02x}")).collect()))
    }

    fn of(list: char, keys: impl Iterator<Item = String>) -> Cursor {
        let mut text = String::from(list);
        for key in keys {
            text.push('.');
            text.push_str(&key);
        }
        Cursor(text)
    }

    fn keys<const N: usize, T>(
        &self,
        list: char,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<[T; N], StoreError> {
        let mut parts = self.0.split('.');
        let mut keys = Vec::with_capacity(N);
        if parts.next().and_then(|name| name.parse().ok()) == Some(list) {
            keys.extend(parts.map_while(read).take(N + 1));
        }
        keys.try_into().map_err(|_| StoreError::BadCursor)
    }

    fn numbers<const N: usize>(&self, list: char) -> Result<[i64; N], StoreError> {
        self.keys(list, |key| key.parse().ok())
    }

    fn texts<const N: usize>(&self, list: char) -> Result<[String; N], StoreError> {
        self.keys(list, |key| {
            let digits = key.as_bytes().chunks(2).map(|pair| {
                std::str::from_utf8(pair)
                    .ok()
                    .filter(|pair| pair.len() == 2)
                    .map(|pair| u8::from_str_radix(pair, 16))
            });
            let bytes: Option<Vec<u8>> = digits.map(|byte| byte?.ok()).collect();
            String::from_utf8(bytes?).ok()
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = StoreError;
    /// Takes any text of the right form; whether it is a place of a list shows when it is used.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        if text.is_empty() || text.len() > 8192 || !plain {
            return Err(StoreError::BadCursor);
        }
        Ok(Cursor(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_come_back_from_their_text() {
        let numbers = Cursor::of_numbers('t', &[i64::MIN, 7]).to_string().parse::<Cursor>().unwrap();
        assert_eq!(numbers.numbers('t').unwrap(), [i64::MIN, 7]);
        let texts = Cursor::of_texts('c', &["Ünï.cødé", ""]).to_string().parse::<Cursor>().unwrap();
        assert_eq!(texts.texts('c').unwrap(), ["Ünï.cødé".to_owned(), String::new()]);
    }

    #[test]
    fn places_of_other_lists_are_refused() {
        let place: Cursor = "t.1.2".parse().unwrap();
        assert!(place.numbers::<2>('m').is_err());
        assert!(place.numbers::<1>('t').is_err());
        assert!(place.numbers::<3>('t').is_err());
        assert!("t.1.x".parse::<Cursor>().unwrap().numbers::<2>('t').is_err());
        assert!("c.c3".parse::<Cursor>().unwrap().texts::<1>('c').is_err());
        assert!("c.1".parse::<Cursor>().unwrap().texts::<1>('c').is_err());
        assert!("t 1".parse::<Cursor>().is_err());
    }
}
