//! Shows what a server answered to a person: columns of plain text.

use std::fmt::Write as _;

use serde_json::Value;

/// Rows under their headings, or what to say where there are none.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], none: &str) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let headings = headings.map(str::to_owned);
    let lines = || std::iter::once(&headings).chain(rows);
    let length = |cell: &String| cell.chars().count();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let cells = lines().map(|line| length(&line[column]));
        cells.max().unwrap_or(0)
    });
    let mut text = String::new();
    for line in lines() {
        let cells = line.iter().zip(widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        writeln!(text, "{}", padded.join("  ").trim_end())
            .expect("a string takes whatever is written to it");
    }
    text
}

/// A field of an answer as a cell: lists with commas, and a dash where there is nothing.
pub fn cell(json: &Value, field: &str) -> String {
    let text = match &json[field] {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Array(items) => {
            let items = items.iter().filter_map(Value::as_str).map(plain);
            items.collect::<Vec<_>>().join(", ")
        }
        other => plain(&other.to_string()),
    };
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

/// A time to the minute, as it is said in a table.
pub fn minute(json: &Value, field: &str) -> String {
    let text = cell(json, field);
    match text.split_at_checked("2026-01-01T00:00".len()) {
        Some((minute, rest)) if rest.ends_with('Z') => minute.replace('T', " "),
        _ => text,
    }
}

/// What others wrote, such as the name of a program that tried a password, without anything by
/// which it could take the terminal over or turn the line around.
pub fn plain(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let safe = |c: char| {
        if c.is_control() || turns(c) {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            ["ключ".to_owned(), "a".to_owned()],
            ["b".to_owned(), "-".to_owned()],
        ];
        assert_eq!(
            table(["label", "id"], &rows, "None."),
            "label  id\nключ   a\nb      -\n"
        );
        assert_eq!(table(["label"], &[], "None."), "None.\n");
    }

    #[test]
    fn a_cell_shows_what_there_is() {
        let json = json!({
            "text": "a", "none": null, "yes": true, "list": ["a", "b"], "empty": [], "five": 5,
            "time": "2026-11-21T17:30:26.123456Z", "never": null
        });
        let cells = ["text", "none", "missing", "yes", "list", "empty", "five"];
        let cells = cells.map(|field| cell(&json, field));
        assert_eq!(cells, ["a", "-", "-", "yes", "a, b", "-", "5"]);
        assert_eq!(minute(&json, "time"), "2026-11-21 17:30");
        assert_eq!(minute(&json, "never"), "-");
    }

    #[test]
    fn what_others_wrote_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\u{9b}2J\r\nc\u{202e}d"), "a�[2Jb�2J��c�d");
        assert_eq!(cell(&json!({"a": ["\u{7}"]}), "a"), "�");
    }
}
