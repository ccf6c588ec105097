//! Collects what a table is while its rows pass by.

use super::columns::{Columns, is_number};
use super::report::{Findings, Place, Said, Shape, cut};
use super::splitter::{Broken, Row, Sink};

const PREVIEW_ROWS: usize = 20;
const PREVIEW_CELLS: usize = 50;
const PREVIEW_CHARACTERS: usize = 200;
const NAME_CHARACTERS_MAX: usize = 200;
const CLASSES_SHOWN: usize = 100;
/// With fewer, nothing can be held back to see how well it was learnt.
const ROWS_MIN: u64 = 10;

/// A table of which the rows so far are known in outline.
#[derive(Default)]
pub struct Table {
    columns: Option<Columns>,
    rows: u64,
    preview: Vec<Vec<String>>,
    pub findings: Findings,
}

impl Sink for Table {
    fn row(&mut self, row: &Row<'_>) {
        let Some(columns) = &mut self.columns else {
            return self.header(row);
        };
        if row.len() != columns.len() {
            let (has, expected) = (row.len(), columns.len());
            return self.findings.refuse(
                "row-fields",
                Some(Place::Line(row.line)),
                Said::from(format!(
                    "The row has {has} cells, the header has {expected}."
                ))
                .with("has", has)
                .with("expected", expected),
                "Give every row as many cells as the header, and put cells with delimiters in \
                 quotes.",
            );
        }
        columns.take(row.cells());
        self.rows += 1;
        if self.preview.len() <= PREVIEW_ROWS {
            self.preview.push(shown(row));
        }
    }

    fn broken(&mut self, broken: Broken) {
        let (code, line, message, remedy) = match broken {
            Broken::Quote { line } => (
                "quote-broken",
                line,
                "Something stands behind a closing quote.",
                "Double the quotes within a quoted cell, as in \"5\"\" pipe\".",
            ),
            Broken::Unclosed { line } => (
                "quote-unclosed",
                line,
                "A quote opens here and is never closed.",
                "Close the quote, or double it where it is part of the text.",
            ),
            Broken::LineTooLong { line } => (
                "line-too-long",
                line,
                "The line is longer than one mebibyte; nothing behind it was read.",
                "Send a CSV with a line for each row.",
            ),
            Broken::TooManyCells { line } => (
                "too-many-columns",
                line,
                "The row has more than two thousand cells; nothing behind it was read.",
                "Send a table with fewer columns.",
            ),
        };
        let place = Some(Place::Line(line));
        self.findings
            .refuse(code, place, message.to_owned(), remedy);
    }
}

/// The beginning of each of the first cells.
fn shown(row: &Row<'_>) -> Vec<String> {
    let cells = row.cells().take(PREVIEW_CELLS);
    cells.map(|cell| cut(cell, PREVIEW_CHARACTERS)).collect()
}

impl Table {
    fn header(&mut self, row: &Row<'_>) {
        let line = || Some(Place::Line(row.line));
        let mut names = Vec::with_capacity(row.len());
        let numbers = row.cells().filter(|cell| is_number(cell)).count();
        if numbers * 2 >= row.len() {
            self.findings.refuse(
                "header-missing",
                line(),
                "The first line holds values, not the names of columns.".to_owned(),
                "Put a line with the names of the columns first.",
            );
        }
        for (index, cell) in row.cells().enumerate() {
            let name = cut(cell.trim(), NAME_CHARACTERS_MAX);
            if name.is_empty() {
                let number = index + 1;
                self.findings.warn(
                    "header-empty",
                    line(),
                    Said::from(format!("Column {number} has no name.")).with("number", number),
                    "Name the column, or leave it out.",
                );
                names.push(format!("column_{number}"));
            } else {
                names.push(name);
            }
        }
        let mut sorted: Vec<&String> = names.iter().collect();
        sorted.sort();
        for pair in sorted.windows(2).filter(|pair| pair[0] == pair[1]) {
            self.findings.refuse(
                "header-repeated",
                line(),
                Said::from(format!("Two columns are called {:?}.", pair[0])).with("name", pair[0]),
                "Give every column a name of its own.",
            );
        }
        if names.len() == 1 {
            self.findings.refuse(
                "one-column",
                line(),
                "There is only one column.".to_owned(),
                "Send a table in which one column holds the answer and others what it follows \
                 from, with commas, semicolons or tabs between.",
            );
        }
        self.preview.push(shown(row));
        self.columns = Some(Columns::new(names));
    }

    /// What it is, now that all of it has passed by, or as much as could be read.
    pub fn finish(mut self, read_to_the_end: bool) -> (Shape, Findings, Vec<Vec<String>>) {
        let Some(columns) = self.columns.take() else {
            if read_to_the_end {
                let message = "There is nothing but empty lines.".to_owned();
                self.findings
                    .refuse("empty", None, message, "Send a CSV with rows.");
            }
            return (Shape::default(), self.findings, self.preview);
        };
        let label = columns.label();
        let (classes, classes_total) = label.map_or_else(Default::default, |label| {
            columns.classes(label, CLASSES_SHOWN)
        });
        if read_to_the_end {
            self.judge(&columns, label, classes_total);
        }
        let name = |index: Option<usize>| index.and_then(|it| columns.name(it)).map(str::to_owned);
        let shape = Shape {
            rows: self.rows,
            columns: columns.shown(),
            label_column: name(label),
            text_column: name(columns.text(label)),
            classes,
            classes_total,
            ..Shape::default()
        };
        (shape, self.findings, self.preview)
    }

    fn judge(&mut self, columns: &Columns, label: Option<usize>, classes_total: u64) {
        if self.rows == 0 {
            let message = "There is a header and no row below it.".to_owned();
            return self
                .findings
                .refuse("no-rows", None, message, "Send the rows, too.");
        }
        if label.is_some() && classes_total == 1 || columns.all_say_one_thing() {
            let name = label.and_then(|it| columns.name(it)).unwrap_or_default();
            self.findings.refuse(
                "one-class",
                None,
                format!("All rows have the same answer (column {name:?})."),
                "Send examples of at least two classes.",
            );
        } else if label.is_none() {
            self.findings.warn(
                "label-unknown",
                None,
                "No column looks like the answer.".to_owned(),
                "Say label_column when you order the training.",
            );
        }
        if self.rows < ROWS_MIN {
            let rows = self.rows;
            self.findings.warn(
                "few-rows",
                None,
                Said::from(format!("There are only {rows} rows.")).with("rows", rows),
                "Little can be learnt from so few; send more.",
            );
        }
    }
}
