//! Turns lines of JSON that name a text and its class into the table that text models are trained
//! on, and says line by line what is wrong.

use serde_json::{Map, Value};

/// A line that is longer is no example of a class.
const LINE_BYTES_MAX: usize = 1024 * 1024;
const LABEL_CHARACTERS_MAX: usize = 200;
/// Whoever has mended so many sees the rest the next time.
const WRONG_MAX: usize = 10;
const HEADER: &[u8] = b"text,label\n";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct WrongLine {
    /// From 1.
    pub line: u64,
    pub what: String,
}

/// How an example is written down; one file keeps to one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Chat,
    Completion,
    Labelled,
}

impl Form {
    const fn spelt(self) -> &'static str {
        match self {
            Self::Chat => "{\"messages\": […]}",
            Self::Completion => "{\"prompt\", \"completion\"}",
            Self::Labelled => "{\"text\", \"label\"}",
        }
    }
}

/// Reads such lines as they come, in bounded memory, and writes the table.
#[derive(Debug, Default)]
pub struct Lines {
    rest: Vec<u8>,
    line: u64,
    rows: u64,
    form: Option<Form>,
    /// The line being read is too long already; the rest of it is let go.
    overlong: bool,
    wrong: Vec<WrongLine>,
}

impl Lines {
    /// Takes in some bytes, wherever they were cut; what came of them is added to `table`.
    pub fn take(&mut self, bytes: &[u8], table: &mut Vec<u8>) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let last = pieces.next_back().unwrap_or_default();
        for piece in pieces {
            self.keep(piece);
            self.end_line(table);
        }
        self.keep(last);
    }

    /// All of it came: the last line may lack its end. Says how many rows the table has.
    pub fn end(mut self, table: &mut Vec<u8>) -> Result<u64, Vec<WrongLine>> {
        if !self.rest.is_empty() || self.overlong {
            self.end_line(table);
        }
        if self.rows == 0 && self.wrong.is_empty() {
            self.complain("there is no example in the file".to_owned());
        }
        if self.wrong.is_empty() {
            Ok(self.rows)
        } else {
            Err(self.wrong)
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        if self.overlong {
            return;
        }
        if self.rest.len() + piece.len() > LINE_BYTES_MAX {
            self.overlong = true;
            self.rest.clear();
        } else {
            self.rest.extend_from_slice(piece);
        }
    }

    fn end_line(&mut self, table: &mut Vec<u8>) {
        self.line += 1;
        let rest = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.overlong) {
            return self.complain(format!("it has more than {LINE_BYTES_MAX} bytes"));
        }
        let mut line = rest.as_slice();
        if self.line == 1 {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        if line.trim_ascii().is_empty() {
            return;
        }
        match self.read(line) {
            Ok((text, label)) => {
                if self.rows == 0 {
                    table.extend_from_slice(HEADER);
                }
                self.rows += 1;
                cell(&text, table);
                table.push(b',');
                cell(&label, table);
                table.push(b'\n');
            }
            Err(what) => self.complain(what),
        }
    }

    fn complain(&mut self, what: String) {
        if self.wrong.len() < WRONG_MAX {
            self.wrong.push(WrongLine {
                line: self.line.max(1),
                what,
            });
        }
    }

    fn read(&mut self, line: &[u8]) -> Result<(String, String), String> {
        let value: Value = serde_json::from_slice(line)
            .map_err(|error| format!("it is not JSON: see column {}", error.column()))?;
        let Value::Object(fields) = value else {
            return Err("it is JSON, but no object".to_owned());
        };
        let form = form_of(&fields)?;
        let first = *self.form.get_or_insert(form);
        if first != form {
            let (first, now) = (first.spelt(), form.spelt());
            return Err(format!("it is {now}, and the lines before are {first}"));
        }
        let (text, label) = match form {
            Form::Chat => chat(&fields["messages"])?,
            Form::Completion => (said(&fields, "prompt")?, said(&fields, "completion")?),
            Form::Labelled => (said(&fields, "text")?, said(&fields, "label")?),
        };
        let label = label.trim().to_owned();
        if text.trim().is_empty() {
            return Err("its text is empty".to_owned());
        }
        if label.is_empty() {
            return Err("its label is empty".to_owned());
        }
        if label.chars().count() > LABEL_CHARACTERS_MAX || label.chars().any(char::is_control) {
            return Err(format!(
                "its label is no class: one line of at most {LABEL_CHARACTERS_MAX} characters"
            ));
        }
        if text.contains('\0') {
            return Err("its text has a character of no meaning (U+0000)".to_owned());
        }
        Ok((text, label))
    }
}

fn form_of(fields: &Map<String, Value>) -> Result<Form, String> {
    let named = |names: [&str; 2]| names.iter().all(|name| fields.contains_key(*name));
    let (form, fits) = if fields.contains_key("messages") {
        (Form::Chat, fields.len() == 1)
    } else if named(["prompt", "completion"]) {
        (Form::Completion, fields.len() == 2)
    } else if named(["text", "label"]) {
        (Form::Labelled, fields.len() == 2)
    } else {
        return Err(format!(
            "it is none of {}, {} and {}",
            Form::Chat.spelt(),
            Form::Completion.spelt(),
            Form::Labelled.spelt()
        ));
    };
    if fits {
        Ok(form)
    } else {
        Err(format!("it has fields beside {}", form.spelt()))
    }
}

fn said(fields: &Map<String, Value>, name: &str) -> Result<String, String> {
    let text = fields.get(name).and_then(Value::as_str);
    text.map(str::to_owned)
        .ok_or_else(|| format!("its {name} is no text"))
}

/// What the user says is the text, and what the assistant answers is the class. What the system
/// says is the same on every line and would only take room from the text.
fn chat(messages: &Value) -> Result<(String, String), String> {
    let messages = messages.as_array().filter(|all| !all.is_empty());
    let messages = messages.ok_or("its messages are no list of messages")?;
    let mut texts: Vec<String> = Vec::new();
    let mut label = None;
    for (index, message) in messages.iter().enumerate() {
        let number = index + 1;
        let role = message.get("role").and_then(Value::as_str);
        let known = ["role", "content"];
        let plain = message
            .as_object()
            .is_some_and(|it| it.keys().all(|key| known.contains(&key.as_str())));
        if !plain {
            return Err(format!(
                "message {number} is not {{\"role\", \"content\"}} and nothing else"
            ));
        }
        let content = content(message.get("content"));
        let content = content.ok_or_else(|| format!("the content of message {number} is no text"));
        match role {
            Some("system" | "developer") => drop(content?),
            Some("user") if label.is_none() => texts.push(content?),
            Some("assistant") if label.is_none() => label = Some(content?),
            Some("user" | "assistant") => {
                return Err(format!(
                    "message {number} comes after the answer: an example has one, at its end"
                ));
            }
            _ => {
                return Err(format!(
                    "the role of message {number} is not system, user or assistant"
                ));
            }
        }
    }
    let label = label.ok_or("the assistant does not answer, so there is no label")?;
    Ok((texts.join("\n"), label))
}

/// A text, or a list of pieces that are all text.
fn content(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Array(pieces) => {
            let text = |piece: &Value| {
                let is_text = piece.get("type").and_then(Value::as_str) == Some("text");
                let text = piece.get("text").and_then(Value::as_str);
                text.filter(|_| is_text).map(str::to_owned)
            };
            pieces.iter().map(text).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// As RFC 4180 writes it, always in quotes.
fn cell(text: &str, table: &mut Vec<u8>) {
    table.push(b'"');
    table.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    table.push(b'"');
}

#[cfg(test)]
mod tests {
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
}
