//! Changing a text that somebody else writes: every change says how often it has to find its place.

/// The text is not what a change was made for.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unexpected {
    /// It holds something more or less often than it should.
    #[error("{found} times instead of {expected} there is {what:?}")]
    Count {
        /// What was looked for.
        what: String,
        /// How often it should be there.
        expected: usize,
        /// How often it is.
        found: usize,
    },
    /// A call is written in a form that is not known.
    #[error("a call that is written like this: {0:?}")]
    Call(String),
}

/// A text under change.
pub(crate) struct Edit {
    text: String,
}

impl Edit {
    pub(crate) fn new(text: String) -> Edit {
        Edit { text }
    }

    /// How often something is there.
    pub(crate) fn count(&self, what: &str) -> usize {
        self.text.matches(what).count()
    }

    /// Replaces something that has to be there so often.
    pub(crate) fn replace(&mut self, expected: usize, what: &str, by: &str) -> Result<(), Unexpected> {
        let found = self.count(what);
        if found != expected {
            return Err(Unexpected::Count { what: what.to_owned(), expected, found });
        }
        self.text = self.text.replace(what, by);
        Ok(())
    }

    /// Sees that something is there so often.
    pub(crate) fn expect(&self, expected: usize, what: &str) -> Result<(), Unexpected> {
        match self.count(what) {
            found if found == expected => Ok(()),
            found => Err(Unexpected::Count { what: what.to_owned(), expected, found }),
        }
    }

    /// How many lines hold all of this.
    pub(crate) fn lines_with(&self, parts: &[&str]) -> usize {
        self.text.lines().filter(|line| parts.iter().all(|part| line.contains(part))).count()
    }

    /// What stands before something in its line.
    pub(crate) fn before(&self, what: &str) -> Option<&str> {
        self.text.lines().find_map(|line| line.split_once(what)).map(|(before, _)| before)
    }

    /// Puts each call of a function that `begins` so into what `wrap` makes of its arguments, and says how many there
    /// were. A call goes from there to the parenthesis that ends it.
    pub(crate) fn wrap_calls(
        &mut self,
        begins: &str,
        wrap: impl Fn(&Call<'_>) -> Result<Option<String>, Unexpected>,
    ) -> Result<usize, Unexpected> {
        let mut done = String::with_capacity(self.text.len() * 2);
        let mut rest = self.text.as_str();
        let mut count = 0;
        while let Some(at) = rest.find(begins) {
            let (before, from) = rest.split_at(at);
            let call = Call::at_start(from)?;
            done.push_str(before);
            match wrap(&call)? {
                Some(wrapped) => {
                    done.push_str(&wrapped);
                    count += 1;
                }
                None => done.push_str(call.whole),
            }
            rest = &from[call.whole.len()..];
        }
        done.push_str(rest);
        self.text = done;
        Ok(count)
    }

    /// Adds something at the end.
    pub(crate) fn append(&mut self, more: &str) {
        self.text.push_str(more);
    }

    pub(crate) fn done(self) -> String {
        self.text
    }
}

/// A call in the text: `name(arguments)`.
pub(crate) struct Call<'a> {
    pub(crate) whole: &'a str,
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a str,
}

impl<'a> Call<'a> {
    /// The call that a text begins with. There are no strings and no comments in what is read here.
    fn at_start(text: &'a str) -> Result<Call<'a>, Unexpected> {
        let unknown = || Unexpected::Call(text.chars().take(80).collect());
        let open = text.find('(').ok_or_else(unknown)?;
        let mut depth = 0_usize;
        for (at, character) in text[open..].char_indices() {
            match character {
                '(' => depth += 1,
                ')' => depth -= 1,
                '"' | '/' => return Err(unknown()),
                _ => {}
            }
            if depth == 0 {
                let end = open + at;
                return Ok(Call {
                    whole: &text[..=end],
                    name: &text[..open],
                    arguments: &text[open + 1..end],
                });
            }
        }
        Err(unknown())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_as_often_as_it_should_is_an_error() {
        let mut edit = Edit::new("a b a".to_owned());
        assert_eq!(edit.replace(2, "a", "c"), Ok(()));
        let missing = Unexpected::Count { what: "b".to_owned(), expected: 2, found: 1 };
        assert_eq!(edit.replace(2, "b", "d"), Err(missing));
        assert!(edit.expect(1, "b").is_ok() && edit.expect(0, "b").is_err());
        assert_eq!(edit.done(), "c b c");
    }

    #[test]
    fn a_call_is_put_into_another_as_it_stands() {
        let mut edit = Edit::new("x = lib.f(it,\n a.lower(`b`), c()) + lib.g() + other.f(1)".to_owned());
        let count = edit.wrap_calls("lib.", |call| {
            Ok((call.name != "lib.g").then(|| format!("safe {{ {} }}", call.whole)))
        });
        assert_eq!(count, Ok(1));
        assert_eq!(edit.done(), "x = safe { lib.f(it,\n a.lower(`b`), c()) } + lib.g() + other.f(1)");
    }

    #[test]
    fn a_call_that_cannot_be_read_is_an_error() {
        for text in ["lib.f(it", "lib.f(\")\")", "lib.f"] {
            assert!(Edit::new(text.to_owned()).wrap_calls("lib.", |_| Ok(None)).is_err(), "{text}");
        }
    }
}
