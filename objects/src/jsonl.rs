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
mod tests;
