//! Tables as people send them, good and bad.

use std::fmt::Write as _;
use std::io::Cursor;

use super::*;
use crate::inspect::{ColumnKind, Verdict};

const GOOD: &str = "text,label\nI like it very much,good\nI do not like it,bad\n\
                    It is fine with me,good\nIt is not fine at all,bad\n";

fn look(bytes: &[u8]) -> Report {
    crate::inspect(&mut Cursor::new(bytes)).unwrap()
}

fn codes(report: &Report) -> Vec<(&str, Option<u64>)> {
    let shown = |it: &'_ crate::inspect::Finding| it.line;
    report
        .findings
        .iter()
        .map(|it| (it.code.as_ref(), shown(it)))
        .collect()
}

#[track_caller]
fn refused_for(bytes: &[u8], code: &str, line: Option<u64>) {
    let report = look(bytes);
    assert_eq!(report.verdict, Verdict::Refused, "{report:?}");
    let refusal = report.refusal().unwrap();
    assert_eq!((refusal.code.as_ref(), refusal.line), (code, line));
    assert!(
        refusal.message.ends_with('.') && refusal.remedy.ends_with('.'),
        "{refusal:?}"
    );
}

#[test]
fn a_good_table_is_usable_and_known() {
    let report = look(GOOD.as_bytes());
    assert_eq!(report.verdict, Verdict::Usable, "{report:?}");
    assert_eq!(codes(&report), [("few-rows", None)]);
    let shape = &report.shape;
    assert_eq!(shape.rows, 4);
    assert_eq!(shape.label_column.as_deref(), Some("label"));
    assert_eq!(shape.text_column.as_deref(), Some("text"));
    assert_eq!(shape.encoding.as_deref(), Some("utf-8"));
    assert_eq!(shape.delimiter.as_deref(), Some(","));
    assert_eq!(shape.columns[0].kind, ColumnKind::Text);
    let classes: Vec<_> = shape
        .classes
        .iter()
        .map(|it| (it.label.as_str(), it.count))
        .collect();
    assert_eq!(classes, [("bad", 2), ("good", 2)]);
    assert_eq!(report.preview.len(), 5);
    assert_eq!(report.preview[1], ["I like it very much", "good"]);
}

#[test]
fn the_same_table_in_any_encoding_and_with_any_delimiter_is_the_same() {
    let russian = "текст;метка\nОчень хорошо — «да»;хорошо\nСовсем плохо, нет;плохо\n\
                   Ещё раз хорошо;хорошо\nИ снова плохо;плохо\n";
    let utf_16 = |text: &str| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect()
    };
    let (windows, _, _) = WINDOWS_1251.encode(russian);
    let marked = format!("\u{FEFF}{russian}");
    for (bytes, encoding) in [
        (russian.as_bytes().to_vec(), "utf-8"),
        (marked.into_bytes(), "utf-8"),
        (windows.into_owned(), "windows-1251"),
        (utf_16(russian), "utf-16le"),
        (russian.replace(';', "\t").into_bytes(), "utf-8"),
        (russian.replace('\n', "\r\n").into_bytes(), "utf-8"),
    ] {
        let report = look(&bytes);
        assert_eq!(report.verdict, Verdict::Usable, "{encoding}: {report:?}");
        assert_eq!(report.shape.encoding.as_deref(), Some(encoding));
        assert_eq!(report.shape.label_column.as_deref(), Some("метка"));
        assert_eq!(report.shape.text_column.as_deref(), Some("текст"));
        assert_eq!(report.shape.classes[0].label, "плохо");
    }
}

#[test]
fn windows_1251_that_begins_with_much_ascii_is_found_out_late() {
    let mut text = "text,label\n".to_owned();
    for number in 0..10_000 {
        writeln!(text, "row {number} of many,{}", number % 2).unwrap();
    }
    text.push_str("Очень хорошо,1\n");
    let (windows, _, _) = WINDOWS_1251.encode(&text);
    let report = look(&windows);
    assert_eq!(report.verdict, Verdict::Usable, "{report:?}");
    assert_eq!(report.shape.encoding.as_deref(), Some("windows-1251"));
    assert_eq!(report.shape.rows, 10_001);
}

#[test]
fn wrong_tables_are_refused_with_what_to_do() {
    refused_for(b"", "empty", None);
    refused_for(b"\n\n\r\n", "empty", None);
    refused_for(b"text,label\n", "no-rows", None);
    refused_for(b"text\nfirst\nsecond\n", "one-column", Some(1));
    refused_for(
        b"text,label\nall,yes\nof,yes\nthem,yes\n",
        "one-class",
        None,
    );
    refused_for(b"text,label\na,1\nb,\"2\nc,1\n", "quote-unclosed", Some(3));
    refused_for(b"text,label\n\"a\"b,1\nb,2\n", "quote-broken", Some(2));
    refused_for(b"text,label\na,1\nb,2,3\nc,1\nd\n", "row-fields", Some(3));
    refused_for(b"1,2\n3,4\n", "header-missing", Some(1));
    refused_for(b"a,b,a\n1,2,3\n", "header-repeated", Some(1));
    refused_for(b"\x7fELF\x02\x01", "binary", None);
    refused_for(&[7, 0, 200, 3, 0, 0, 255, 1, 0, 9], "binary", None);
    refused_for(b"caf\x8a\x9f,\x80\x8b\x98\nx,y\n", "encoding-unknown", None);
}

#[test]
fn the_first_fifty_rows_that_do_not_parse_are_named_by_line() {
    let mut text = GOOD.to_owned();
    for _ in 0..80 {
        text.push_str("only one cell\n");
    }
    let report = look(text.as_bytes());
    let lines: Vec<u64> = report.findings.iter().filter_map(|it| it.line).collect();
    assert_eq!(lines, (6..56).collect::<Vec<_>>());
    assert_eq!(report.findings_total, 81);
    assert_eq!(report.shape.rows, 4);
}

/// As long as somebody reads on.
struct Endless {
    begin: &'static [u8],
    read: u64,
}

impl io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let place = usize::try_from(self.read).unwrap();
        let begin = self.begin.get(place..).unwrap_or_default();
        let count = begin.len().min(buffer.len());
        buffer[..count].copy_from_slice(&begin[..count]);
        buffer[count..].fill(b'x');
        self.read += u64::try_from(buffer.len()).unwrap();
        Ok(buffer.len())
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.read = match to {
            SeekFrom::Start(place) => place,
            SeekFrom::End(_) => 200 * 1024 * 1024,
            SeekFrom::Current(_) => unreachable!("nobody asks for it"),
        };
        Ok(self.read)
    }
}

#[test]
fn a_line_of_200_megabytes_costs_as_much_as_one_of_a_mebibyte() {
    let begin = b"text,label\na,b\n";
    let mut file = Endless { begin, read: 0 };
    let report = crate::inspect(&mut file).unwrap();
    assert_eq!(report.refusal().unwrap().code, "line-too-long");
    assert_eq!(report.refusal().unwrap().line, Some(3));
    assert!(file.read < 2 * 1024 * 1024, "{}", file.read);
}
