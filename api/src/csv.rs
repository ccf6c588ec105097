//! Tables for other programs, as RFC 4180 has them, and harmless in a spreadsheet.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// Whether a table is asked for by name, and JSON is not.
pub fn is_wanted(headers: &HeaderMap) -> bool {
    let named = |essence: &str| {
        let lines = headers.get_all(ACCEPT).into_iter();
        let mut ranges = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .map(|range| range.split(';').next().unwrap_or_default().trim());
        ranges.any(|range| range.eq_ignore_ascii_case(essence))
    };
    named("text/csv") && !named("application/json")
}

/// One line of a table, with its end.
pub fn line<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (place, text) in cells.into_iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        cell(text, &mut line);
    }
    line.push_str("\r\n");
    line
}

/// What a spreadsheet would take for a formula gets a quote before it, as text does there.
fn cell(text: &str, line: &mut String) {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let special = text.contains([',', '"', '\n', '\r']);
    if !formula && !special {
        line.push_str(text);
        return;
    }
    line.push('"');
    if formula {
        line.push('\'');
    }
    line.push_str(&text.replace('"', "\"\""));
    line.push('"');
}

/// A table as a file of this name.
pub fn attachment(name: &str, body: Body) -> Response {
    let headers = [
        (
            CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_quoted_where_it_would_be_read_otherwise() {
        let cells = ["plain", "a,b", "a\"b", "two\nlines", "=1+1", "@x", ""];
        assert_eq!(
            line(cells),
            "plain,\"a,b\",\"a\"\"b\",\"two\nlines\",\"'=1+1\",\"'@x\",\r\n"
        );
    }

    #[test]
    fn a_table_is_for_those_who_ask_for_one() {
        let wanted = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            is_wanted(&headers)
        };
        assert!(wanted("text/csv") && wanted("Text/CSV;q=0.9, */*;q=0.1"));
        assert!(!wanted("*/*") && !wanted("application/json") && !wanted("text/*"));
        assert!(!wanted("application/json, text/csv;q=0.5"));
        assert!(!is_wanted(&HeaderMap::new()));
    }
}
