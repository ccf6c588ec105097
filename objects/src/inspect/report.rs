//! What was found: a verdict, what is wrong and what to do about it, and what there is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// So many findings of one kind are told; of the rest, how many.
const OF_A_KIND_MAX: usize = 50;
const MESSAGE_CHARACTERS_MAX: usize = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Usable,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Csv,
    /// A ZIP with a folder of images for each class.
    ImageFolders,
    /// Records of a label and 32 × 32 pixels.
    #[serde(rename = "cifar10-binary")]
    Cifar10Binary,
    #[serde(rename = "cifar10-python")]
    Cifar10Python,
}

/// Something to know about the file
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// For a program; never changes
    #[schema(value_type = String, example = "row-fields")]
    pub code: Cow<'static, str>,
    /// Whether nothing can be trained because of it
    pub refuses: bool,
    /// From 1
    pub line: Option<u64>,
    /// Which file of an archive
    pub file: Option<String>,
    pub message: String,
    /// The figures and names in the message, for whoever words it in another language
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<String, String>,
    /// What to do about it
    #[schema(value_type = String)]
    pub remedy: Cow<'static, str>,
}

/// What is in a column, as far as the rows show
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    Integer,
    Number,
    Boolean,
    Text,
    Empty,
}

/// A column of a table
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Column {
    pub name: String,
    pub kind: ColumnKind,
    /// In how many rows there is nothing
    pub missing: u64,
    /// How many values there are; nothing where there are too many to count
    pub distinct: Option<u64>,
}

/// A class, and how many examples it has
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Class {
    pub label: String,
    pub count: u64,
}

/// What there is to train on
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Shape {
    /// Rows of a table, or images
    pub rows: u64,
    pub columns: Vec<Column>,
    /// Where the answers seem to stand
    pub label_column: Option<String>,
    /// Where the text seems to stand
    pub text_column: Option<String>,
    /// The most frequent first; not all, where there are many
    pub classes: Vec<Class>,
    pub classes_total: u64,
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
}

/// What was found in a file
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub verdict: Verdict,
    pub format: Option<Format>,
    /// What is wrong or worth knowing; of each kind the first fifty
    pub findings: Vec<Finding>,
    /// How many there are with those that are not told
    pub findings_total: u64,
    pub shape: Shape,
    /// The first rows, long cells cut
    pub preview: Vec<Vec<String>>,
}

impl Report {
    pub(super) fn of(
        format: Option<Format>,
        shape: Shape,
        findings: Findings,
        preview: Vec<Vec<String>>,
    ) -> Self {
        Self {
            verdict: findings.verdict(),
            format,
            findings: findings.told,
            findings_total: findings.total,
            shape,
            preview,
        }
    }

    /// The first reason for which it was refused, if it was.
    pub fn refusal(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.refuses)
    }
}

/// Findings as they are made; so many of them that memory never matters.
#[derive(Debug, Default)]
pub struct Findings {
    told: Vec<Finding>,
    total: u64,
    refuses: bool,
}

/// Where something was found.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Line(u64),
    File(String),
}

/// What is said of something, with the figures and names in it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    message: String,
    figures: BTreeMap<String, String>,
}

impl Said {
    pub(super) fn with(mut self, name: &str, figure: impl std::fmt::Display) -> Self {
        let figure = shortened(figure.to_string());
        self.figures.insert(name.to_owned(), figure);
        self
    }
}

impl<T: Into<String>> From<T> for Said {
    fn from(message: T) -> Self {
        Self {
            message: message.into(),
            figures: BTreeMap::new(),
        }
    }
}

impl Findings {
    /// Because of this, nothing can be trained.
    pub(super) fn refuse(
        &mut self,
        code: &'static str,
        place: Option<Place>,
        said: impl Into<Said>,
        remedy: &'static str,
    ) {
        self.refuses = true;
        self.add(code, true, place, said.into(), remedy);
    }

    /// Good to know before paying.
    pub(super) fn warn(
        &mut self,
        code: &'static str,
        place: Option<Place>,
        said: impl Into<Said>,
        remedy: &'static str,
    ) {
        self.add(code, false, place, said.into(), remedy);
    }

    fn add(
        &mut self,
        code: &'static str,
        refuses: bool,
        place: Option<Place>,
        Said { message, figures }: Said,
        remedy: &'static str,
    ) {
        self.total = self.total.saturating_add(1);
        let of_this_kind = self.told.iter().filter(|it| it.code == code).count();
        if of_this_kind >= OF_A_KIND_MAX {
            return;
        }
        let (line, file) = match place {
            None => (None, None),
            Some(Place::Line(line)) => (Some(line), None),
            Some(Place::File(file)) => (None, Some(cut(&file, MESSAGE_CHARACTERS_MAX))),
        };
        self.told.push(Finding {
            code: code.into(),
            refuses,
            line,
            file,
            message: shortened(message),
            figures,
            remedy: remedy.into(),
        });
    }

    pub(super) const fn refuses(&self) -> bool {
        self.refuses
    }

    pub(super) const fn verdict(&self) -> Verdict {
        if self.refuses {
            Verdict::Refused
        } else {
            Verdict::Usable
        }
    }
}

/// What is said is short, however long what it speaks of may be.
fn shortened(mut message: String) -> String {
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX) {
        message.truncate(end);
        message.push('…');
    }
    message
}

/// The beginning of a text, with a sign that there is more.
pub(super) fn cut(text: &str, characters_max: usize) -> String {
    match text.char_indices().nth(characters_max) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_findings_of_a_kind_the_first_are_told_and_all_are_counted() {
        let mut findings = Findings::default();
        for line in 1..=80 {
            findings.warn("a", Some(Place::Line(line)), String::new(), "");
        }
        findings.refuse("b", None, "x".repeat(1000), "");
        let report = Report::of(None, Shape::default(), findings, Vec::new());
        assert_eq!(report.findings.len(), 51);
        assert_eq!(report.findings_total, 81);
        assert_eq!(report.verdict, Verdict::Refused);
        assert_eq!(report.findings[49].line, Some(50));
        let refusal = report.refusal().unwrap();
        assert_eq!(refusal.code, "b");
        assert_eq!(refusal.message.chars().count(), MESSAGE_CHARACTERS_MAX + 1);
    }
}
