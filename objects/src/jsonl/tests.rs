//! Lines of JSON become a table, and what is wrong with them is said by their numbers.

use super::*;
use crate::{Verdict, inspect};

fn read(text: &str) -> Result<String, Vec<String>> {
    let (mut lines, mut table) = (Lines::default(), Vec::new());
    lines.take(text.as_bytes(), &mut table);
    match lines.end(&mut table) {
        Ok(_) => Ok(String::from_utf8(table).unwrap()),
        Err(wrong) => Err(wrong.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn each_form_becomes_the_same_table() {
    let table = "text,label\n\"I like it\",\"good\"\n";
    for line in [
        r#"{"text": "I like it", "label": "good"}"#,
        r#"{"prompt": "I like it", "completion": " good"}"#,
        r#"{"messages": [{"role": "system", "content": "Sort."},
            {"role": "user", "content": "I like it"},
            {"role": "assistant", "content": "good"}]}"#,
        r#"{"messages": [{"role": "user", "content": [{"type": "text", "text": "I like it"}]},
            {"role": "assistant", "content": "good"}]}"#,
    ] {
        assert_eq!(read(&line.replace('\n', " ")).unwrap(), table, "{line}");
    }
}

#[test]
fn wherever_the_bytes_are_cut_the_table_is_the_same() {
    let text = "\u{feff}{\"text\": \"Привет, \\\"мир\\\"\", \"label\": \"a\"}\r\n\n\
                {\"text\": \"two\\nlines\", \"label\": \"b\"}";
    let whole = read(text).unwrap();
    assert_eq!(
        whole,
        "text,label\n\"Привет, \"\"мир\"\"\",\"a\"\n\"two\nlines\",\"b\"\n"
    );
    for size in 1..text.len() {
        let (mut lines, mut table) = (Lines::default(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            lines.take(piece, &mut table);
        }
        assert_eq!(lines.end(&mut table), Ok(2));
        assert_eq!(table, whole.as_bytes(), "pieces of {size}");
    }
}

#[test]
fn the_table_is_one_that_can_be_trained_on() {
    let line = |n: u32| {
        format!(
            "{{\"text\": \"so it is, {n} times\", \"label\": \"c{}\"}}\n",
            n % 2
        )
    };
    let table = read(&(0..20).map(line).collect::<String>()).unwrap();
    let report = inspect(&mut std::io::Cursor::new(table.into_bytes())).unwrap();
    assert_eq!(report.verdict, Verdict::Usable, "{:?}", report.findings);
    assert_eq!(report.shape.rows, 20);
    assert_eq!(report.shape.label_column.as_deref(), Some("label"));
    assert_eq!(report.shape.text_column.as_deref(), Some("text"));
}

#[test]
fn what_is_wrong_is_said_by_the_number_of_its_line() {
    let good = r#"{"text": "a", "label": "b"}"#;
    for (line, what) in [
        ("{", "it is not JSON: see column 1"),
        ("[]", "it is JSON, but no object"),
        ("{\"prompt\": \"a\"}", "it is none of "),
        ("{\"text\": 1, \"label\": \"b\"}", "its text is no text"),
        ("{\"text\": \"a\", \"label\": \" \"}", "its label is empty"),
        ("{\"text\": \" \", \"label\": \"b\"}", "its text is empty"),
        (
            "{\"text\": \"a\", \"label\": \"b\\nc\"}",
            "its label is no class",
        ),
        (
            "{\"text\": \"a\", \"label\": \"b\", \"c\": 1}",
            "it has fields beside",
        ),
        (
            "{\"prompt\": \"a\", \"completion\": \"b\"}",
            "and the lines before are",
        ),
    ] {
        let wrong = read(&format!("{good}\n\n{line}\n{good}\n")).unwrap_err();
        assert_eq!(wrong.len(), 1, "{line}: {wrong:?}");
        let opening = wrong[0].starts_with("line 3: ");
        assert!(opening && wrong[0].contains(what), "{line}: {wrong:?}");
    }
}

#[test]
fn a_chat_is_an_example_if_the_assistant_answers_once_at_the_end() {
    let chat = |messages: &str| read(&format!("{{\"messages\": [{messages}]}}")).unwrap_err();
    let user = r#"{"role": "user", "content": "a"}"#;
    let answer = r#"{"role": "assistant", "content": "b"}"#;
    for (messages, what) in [
        (String::new(), "its messages are no list"),
        (user.to_owned(), "the assistant does not answer"),
        (answer.to_owned(), "its text is empty"),
        (format!("{user}, {answer}, {user}"), "message 3 comes after"),
        (
            format!("{user}, {}", answer.replace("assistant", "tool")),
            "the role of message 2",
        ),
        (
            format!("{user}, {}", answer.replace("\"b\"", "null")),
            "the content of message 2",
        ),
        (
            format!("{user}, {}", answer.replace('}', ", \"weight\": 0}")),
            "message 2 is not",
        ),
    ] {
        let wrong = chat(&messages);
        assert!(wrong[0].contains(what), "{messages}: {wrong:?}");
    }
}

#[test]
fn a_line_without_end_takes_no_more_memory_than_a_long_one() {
    let (mut lines, mut table) = (Lines::default(), Vec::new());
    for _ in 0..8 {
        lines.take(&vec![b'x'; LINE_BYTES_MAX / 2], &mut table);
        assert!(lines.rest.capacity() <= 2 * LINE_BYTES_MAX);
    }
    lines.take(b"\n", &mut table);
    let wrong = lines.end(&mut table).unwrap_err();
    assert_eq!(wrong[0].line, 1);
    assert!(wrong[0].what.contains("more than"), "{wrong:?}");
}

#[test]
fn nothing_is_no_table_and_complaints_come_to_an_end() {
    assert_eq!(
        read("\n\n").unwrap_err(),
        ["line 2: there is no example in the file"]
    );
    assert_eq!(read(&"x\n".repeat(50)).unwrap_err().len(), WRONG_MAX);
}
