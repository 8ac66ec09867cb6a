//! Columns for people: as wide as their content, the last one cut to the terminal's width.

use console::{measure_text_width, pad_str, truncate_str};

use super::style;

/// Blanks between columns.
const GAP: &str = "  ";
/// What a table takes when nobody says how wide the terminal is.
const WIDE: usize = 200;
/// The last column keeps at least this much, however narrow the terminal.
const LAST_MIN: usize = 12;

/// Rows under a heading. Cells may hold colours and wide characters; control characters are made visible by
/// whoever fills them in (see [`super::words::line`]).
pub(crate) struct Table {
    head: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(head: &[&'static str]) -> Self {
        Table { head: head.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; cells beyond the headings are not shown.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The text, for a terminal of this width.
    pub(crate) fn text(&self, width: usize) -> String {
        let widths: Vec<usize> = (0..self.head.len()).map(|column| self.width(column)).collect();
        let before: usize = widths.iter().rev().skip(1).map(|w| w + GAP.len()).sum();
        let last = width.saturating_sub(before).max(LAST_MIN);
        let mut text = String::new();
        let head: Vec<String> = self.head.iter().map(|h| style::dim().apply_to(h).to_string()).collect();
        for cells in std::iter::once(&head).chain(&self.rows) {
            let mut line = String::new();
            for (column, wide) in widths.iter().enumerate() {
                let cell = cells.get(column).map(String::as_str).unwrap_or_default();
                if column + 1 == widths.len() {
                    line.push_str(&truncate_str(cell, last, "…"));
                } else {
                    line.push_str(&pad_str(cell, *wide, console::Alignment::Left, None));
                    line.push_str(GAP);
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The text for the terminal that is there, or uncut when the output is piped.
    pub(crate) fn fitted(&self) -> String {
        let term = console::Term::stdout();
        self.text(if term.is_term() { usize::from(term.size().1) } else { WIDE })
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell));
        cells.chain(self.head.get(column).map(|head| measure_text_width(head))).max().unwrap_or(0)
    }
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
}
