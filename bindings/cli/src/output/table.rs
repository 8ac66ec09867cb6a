//! Columns for people: as wide as their content, and never wider together than the terminal.
//!
//! What must be copied from a list (ids) and what is short by nature is never cut. The other columns, which hold what
//! others wrote, share what is left, so that no stranger's name pushes the rest off the screen.

use console::{measure_text_width, pad_str, truncate_str};

use super::style;

/// Blanks between columns.
const GAP: &str = "  ";
/// What a table takes when nobody says how wide the terminal is.
const WIDE: usize = 80;
/// A column that is cut keeps at least this much, however narrow the terminal.
const LEAST: usize = 8;
/// In front of a line that belongs to the row above it.
const INDENT: &str = "    ";
/// The headings of columns that are never cut.
const WHOLE: [&str; 10] =
    [" ", "THREAD", "SEND ID", "UID", "WHEN", "ACCOUNT", "SITE", "STATE", "UNREAD", "WHAT"];

/// Rows under a heading. Cells may hold colours and wide characters; control characters are made visible by
/// whoever fills them in (see [`super::words::line`]).
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Row>,
}

enum Row {
    Cells(Vec<String>),
    /// A remark about the row above, over the whole width.
    Remark(String),
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Table { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the headings are not shown.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(Row::Cells(cells));
    }

    /// Adds a remark below the last row: a sentence, which is never cut but goes on in further lines.
    pub(crate) fn remark(&mut self, text: String) {
        self.rows.push(Row::Remark(text));
    }

    /// The text, for a terminal of this width.
    pub(crate) fn text(&self, width: usize) -> String {
        let widths = self.widths(width);
        let head: Vec<String> = self.head.iter().map(|h| style::dim().apply_to(h).to_string()).collect();
        let mut text = self.line(&head, &widths);
        for row in &self.rows {
            match row {
                Row::Cells(cells) => text.push_str(&self.line(cells, &widths)),
                Row::Remark(remark) => {
                    for line in folded(remark, width.saturating_sub(INDENT.len()).max(LEAST)) {
                        text.push_str(&format!("{INDENT}{line}\n"));
                    }
                }
            }
        }
        text
    }

    /// The text for the terminal that is there.
    pub(crate) fn fitted(&self) -> String {
        self.text(terminal_width())
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, wide) in widths.iter().enumerate() {
            let cell = cells.get(column).map(String::as_str).unwrap_or_default();
            let cell = truncate_str(cell, *wide, "…");
            line.push_str(&pad_str(&cell, *wide, console::Alignment::Left, None));
            line.push_str(GAP);
        }
        format!("{}\n", line.trim_end())
    }

    /// How wide each column is. Those that may be cut share what is left as evenly as they need it.
    fn widths(&self, width: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = (0..self.head.len()).map(|column| self.natural(column)).collect();
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        let may_be_cut = |column: &usize| self.head.get(*column).is_none_or(|head| !WHOLE.contains(head));
        let whole: usize = widths.iter().enumerate().filter(|(at, _)| !may_be_cut(at)).map(|(_, w)| w).sum();
        let mut left = width.saturating_sub(whole + gaps);
        let mut columns: Vec<usize> = (0..widths.len()).filter(may_be_cut).collect();
        // The narrow ones first: what they do not need is shared by the others.
        columns.sort_by_key(|column| widths.get(*column).copied());
        let mut sharers = columns.len();
        for column in columns {
            if let Some(wide) = widths.get_mut(column) {
                *wide = (*wide).min((left / sharers).max(LEAST));
                left = left.saturating_sub(*wide);
            }
            sharers -= 1;
        }
        widths
    }

    fn natural(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => cells.get(column).map(|cell| measure_text_width(cell)),
            Row::Remark(_) => None,
        });
        cells.chain(self.head.get(column).map(|head| measure_text_width(head))).max().unwrap_or(0)
    }
}

/// The width of the terminal; of output that goes elsewhere the one that `COLUMNS` says.
fn terminal_width() -> usize {
    let term = console::Term::stdout();
    if term.is_term() {
        return usize::from(term.size().1);
    }
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(WIDE)
}

/// A sentence in lines of at most this width, broken between words where that is possible.
fn folded(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 1 + measure_text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(truncate_str(word, width, "…").into_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_also_with_wide_characters() {
        let mut table = Table::new(&["A", "B"]);
        table.row(vec!["日本".into(), "x".into()]);
        table.row(vec!["abc".into(), "y".into()]);
        assert_eq!(table.text(80), "A     B\n日本  x\nabc   y\n");
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let mut table = Table::new(&["A", "B"]);
        table.row(vec!["a".into(), "a very long subject that does not fit".into()]);
        assert!(table.text(24).lines().all(|line| measure_text_width(line) <= 24));
        assert!(table.text(24).contains('…'));
    }

    #[test]
    fn no_name_pushes_the_other_columns_off_the_screen() {
        let id = "18eac40f98d50007";
        for name in
            ["x".repeat(1000), "字".repeat(300), "👩\u{200d}👩\u{200d}👧".repeat(90), "e\u{301}".repeat(400)]
        {
            let mut table = Table::new(&[" ", "THREAD", "WHEN", "FROM", "SUBJECT"]);
            table.row(
                ["●", id, "2026-05-03 10:11 UTC", &name, "Nest count and more"].map(str::to_owned).into(),
            );
            table.row(["●", id, "10:11 UTC", "Ben Lapwing", &name].map(str::to_owned).into());
            let text = table.text(80);
            assert!(text.lines().all(|line| measure_text_width(line) <= 80), "{text}");
            assert!(
                text.matches(id).count() == 2 && text.contains("Nest count") && text.contains("Ben Lapwing"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_remark_stands_below_its_row_and_is_never_cut() {
        let mut table = Table::new(&["SEND ID", "TO"]);
        table.row(vec!["1".into(), "Ben".into()]);
        table.remark("one two three four five six".into());
        assert_eq!(table.text(16), "SEND ID  TO\n1        Ben\n    one two\n    three four\n    five six\n");
    }
}
