//! Where answers are written: aligned tables for people, JSON for machines.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use ledger::Money;
use serde::Serialize;

use crate::failure::Failure;

/// An answer that can be shown either way.
pub(crate) trait Answer: Serialize {
    /// Writes it for a person.
    fn write(&self, out: &mut dyn Write) -> std::io::Result<()>;
}

pub(crate) fn show(out: &mut dyn Write, json: bool, answer: &impl Answer) -> Result<(), Failure> {
    if json {
        serde_json::to_writer_pretty(&mut *out, answer)?;
        out.write_all(b"\n")?;
    } else {
        answer.write(out)?;
    }
    out.flush()?;
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// Rows of text under a headline, each column as wide as its widest cell.
pub(crate) struct Table {
    columns: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A column whose name begins with `>` is flush right, as figures are.
    pub(crate) fn with_columns(names: &[&str]) -> Self {
        let column = |name: &&str| match name.strip_prefix('>') {
            Some(name) => (name.to_owned(), Side::Right),
            None => ((*name).to_owned(), Side::Left),
        };
        Self {
            columns: names.iter().map(column).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let row: Vec<String> = cells.into_iter().collect();
        assert_eq!(
            row.len(),
            self.columns.len(),
            "a row has a cell for each column"
        );
        self.rows.push(row);
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let width = |index: usize| {
            let cells = self.rows.iter().map(|row| row[index].as_str());
            let name = self.columns[index].0.as_str();
            cells
                .chain([name])
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        self.line(out, &widths, &names)?;
        for row in &self.rows {
            let cells: Vec<&str> = row.iter().map(String::as_str).collect();
            self.line(out, &widths, &cells)?;
        }
        Ok(())
    }

    fn line(&self, out: &mut dyn Write, widths: &[usize], cells: &[&str]) -> std::io::Result<()> {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .zip(&self.columns)
            .map(|((cell, &width), (_, side))| match side {
                Side::Left => format!("{cell:<width$}"),
                Side::Right => format!("{cell:>width$}"),
            })
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())
    }
}

/// A time as it is stored, to the microsecond.
pub(crate) fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// An amount of an account: with its sign, because both signs mean something.
pub(crate) fn signed(money: Money) -> String {
    let plus = if money.is_positive() { "+" } else { "" };
    format!("{plus}{} {}", money.amount(), money.currency())
}

pub(crate) fn plain(money: Money) -> String {
    format!("{} {}", money.amount(), money.currency())
}

/// Enough of a hash to recognise it by.
pub(crate) fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

/// `1 event`, `2 events`.
pub(crate) fn counted(count: i64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::with_columns(&[">n", "name", ">amount"]);
        table.row(["1", "é", "10.00"].map(str::to_owned));
        table.row(["100", "long name", "1.00"].map(str::to_owned));
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let wanted = "  n  name       amount\n  1  é           10.00\n100  long name    1.00\n";
        assert_eq!(String::from_utf8(out).unwrap(), wanted);
    }
}
