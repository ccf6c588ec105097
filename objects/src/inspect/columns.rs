//! What the columns of a table hold, as far as it can be known without keeping the table.

use std::collections::HashMap;

use super::report::{Class, Column, ColumnKind};

/// With more values than this, a column is none of classes.
const VALUES_MAX: usize = 1_000;
const VALUE_BYTES_MAX: usize = 200;
/// For the values of all columns together.
const BUDGET_BYTES: usize = 16 * 1024 * 1024;
/// What a value costs beside its text.
const VALUE_OVERHEAD_BYTES: usize = 64;

/// Names under which answers usually stand.
const LABELS: [&str; 18] = [
    "label",
    "labels",
    "class",
    "target",
    "y",
    "category",
    "sentiment",
    "outcome",
    "species",
    "rating",
    "intent",
    "topic",
    "tag",
    "метка",
    "класс",
    "категория",
    "тональность",
    "цель",
];
/// Names under which text usually stands.
const TEXTS: [&str; 16] = [
    "text",
    "review",
    "comment",
    "message",
    "sentence",
    "content",
    "body",
    "title",
    "tweet",
    "document",
    "question",
    "текст",
    "отзыв",
    "комментарий",
    "сообщение",
    "описание",
];

/// All columns of a table.
#[derive(Debug)]
pub struct Columns {
    all: Vec<Profile>,
    budget: usize,
}

#[derive(Debug)]
struct Profile {
    name: String,
    missing: u64,
    filled: u64,
    integers: u64,
    numbers: u64,
    booleans: u64,
    characters: u64,
    /// Nothing, where there are too many.
    values: Option<HashMap<String, u64>>,
}

impl Columns {
    pub fn new(names: Vec<String>) -> Self {
        let profile = |name| Profile {
            name,
            missing: 0,
            filled: 0,
            integers: 0,
            numbers: 0,
            booleans: 0,
            characters: 0,
            values: Some(HashMap::new()),
        };
        Self {
            all: names.into_iter().map(profile).collect(),
            budget: BUDGET_BYTES,
        }
    }

    pub const fn len(&self) -> usize {
        self.all.len()
    }

    pub fn take<'a>(&mut self, cells: impl Iterator<Item = &'a str>) {
        for (profile, cell) in self.all.iter_mut().zip(cells) {
            profile.take(cell.trim(), &mut self.budget);
        }
    }

    pub fn shown(&self) -> Vec<Column> {
        self.all.iter().map(Profile::shown).collect()
    }

    /// Where the answers seem to stand: under a usual name, else in the last column that could.
    pub fn label(&self) -> Option<usize> {
        let named = LABELS
            .iter()
            .find_map(|name| self.named(name, Profile::is_counted));
        let few = |profile: &&Profile| profile.could_be_label();
        named.or_else(|| {
            let last = self.all.iter().rev().find(few);
            last.and_then(|found| self.all.iter().position(|it| std::ptr::eq(it, found)))
        })
    }

    /// Where the text seems to stand: under a usual name, else where it is longest.
    pub fn text(&self, label: Option<usize>) -> Option<usize> {
        let could = |profile: &Profile| profile.kind() == ColumnKind::Text;
        let named = TEXTS.iter().find_map(|name| self.named(name, could));
        let mut others = self.all.iter().enumerate();
        let mut longest: Option<(usize, u64)> = None;
        others.by_ref().for_each(|(index, profile)| {
            let length = profile.characters / profile.filled.max(1);
            let fits = could(profile) && Some(index) != label && length >= 12;
            if fits && longest.is_none_or(|(_, so_far)| length > so_far) {
                longest = Some((index, length));
            }
        });
        named
            .filter(|found| Some(*found) != label)
            .or(longest.map(|(index, _)| index))
    }

    pub fn name(&self, index: usize) -> Option<&str> {
        self.all.get(index).map(|profile| profile.name.as_str())
    }

    /// The classes of a column, the most frequent first, and how many there are.
    pub fn classes(&self, index: usize, shown_max: usize) -> (Vec<Class>, u64) {
        let values = self.all.get(index).and_then(|it| it.values.as_ref());
        let Some(values) = values else {
            return (Vec::new(), 0);
        };
        let mut classes: Vec<Class> = values
            .iter()
            .map(|(label, count)| Class {
                label: label.clone(),
                count: *count,
            })
            .collect();
        classes.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
        let total = u64::try_from(classes.len()).unwrap_or(u64::MAX);
        classes.truncate(shown_max);
        (classes, total)
    }

    /// Whether there is a column, and every one of them says the same in every row.
    pub fn all_say_one_thing(&self) -> bool {
        let one = |profile: &Profile| profile.values.as_ref().is_some_and(|it| it.len() <= 1);
        !self.all.is_empty() && self.all.iter().all(one)
    }

    fn named(&self, name: &str, could: impl Fn(&Profile) -> bool) -> Option<usize> {
        let fits = |it: &Profile| it.name.trim().to_lowercase() == name && could(it);
        self.all.iter().position(fits)
    }
}

impl Profile {
    fn take(&mut self, cell: &str, budget: &mut usize) {
        if cell.is_empty() {
            self.missing += 1;
            return;
        }
        self.filled += 1;
        let characters = cell.chars().count();
        self.characters += u64::try_from(characters).unwrap_or(u64::MAX);
        match number(cell) {
            Some(Number::Whole) => self.integers += 1,
            Some(Number::Broken) => self.numbers += 1,
            None => {}
        }
        let is_boolean = ["true", "false"]
            .iter()
            .any(|it| cell.eq_ignore_ascii_case(it));
        self.booleans += u64::from(is_boolean);
        self.count(cell, budget);
    }

    fn count(&mut self, cell: &str, budget: &mut usize) {
        let Some(values) = &mut self.values else {
            return;
        };
        if let Some(count) = values.get_mut(cell) {
            *count += 1;
            return;
        }
        let cost = cell.len() + VALUE_OVERHEAD_BYTES;
        if values.len() >= VALUES_MAX || cell.len() > VALUE_BYTES_MAX || cost > *budget {
            let held = values.keys().map(|it| it.len() + VALUE_OVERHEAD_BYTES);
            *budget += held.sum::<usize>();
            self.values = None;
            return;
        }
        *budget -= cost;
        values.insert(cell.to_owned(), 1);
    }

    fn kind(&self) -> ColumnKind {
        if self.filled == 0 {
            ColumnKind::Empty
        } else if self.integers == self.filled {
            ColumnKind::Integer
        } else if self.integers + self.numbers == self.filled {
            ColumnKind::Number
        } else if self.booleans == self.filled {
            ColumnKind::Boolean
        } else {
            ColumnKind::Text
        }
    }

    fn is_counted(&self) -> bool {
        self.values
            .as_ref()
            .is_some_and(|values| !values.is_empty())
    }

    /// At least two values, and few enough that each is seen again and again.
    fn could_be_label(&self) -> bool {
        let Some(values) = &self.values else {
            return false;
        };
        let count = u64::try_from(values.len()).unwrap_or(u64::MAX);
        (2..=100).contains(&count) && count.saturating_mul(2) <= self.filled
    }

    fn shown(&self) -> Column {
        let distinct = self.values.as_ref().map(HashMap::len);
        Column {
            name: self.name.clone(),
            kind: self.kind(),
            missing: self.missing,
            distinct: distinct.map(|count| u64::try_from(count).unwrap_or(u64::MAX)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    Whole,
    Broken,
}

/// Whether a cell is a number as programs write it, such as `-1`, `0.5` or `1e-3`.
fn number(cell: &str) -> Option<Number> {
    let unsigned = cell.strip_prefix(['-', '+']).unwrap_or(cell);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    let whole = exponent.is_none();
    match mantissa.split_once('.') {
        None if mantissa.is_empty() || !digits(mantissa) => None,
        None if whole => Some(Number::Whole),
        None => Some(Number::Broken),
        Some((a, b)) if digits(a) && digits(b) && a.len() + b.len() > 0 => Some(Number::Broken),
        Some(_) => None,
    }
}

/// Whether a cell of the first row looks like one of the rows and not like a name.
pub fn is_number(cell: &str) -> bool {
    number(cell.trim()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str], rows: &[&[&str]]) -> Columns {
        let mut columns = Columns::new(names.iter().map(|name| (*name).to_owned()).collect());
        for row in rows {
            columns.take(row.iter().copied());
        }
        columns
    }

    #[test]
    fn a_column_is_of_the_narrowest_kind_that_holds_all_its_cells() {
        use ColumnKind::{Boolean, Empty, Integer, Number, Text};
        let columns = columns(
            &["i", "n", "b", "t", "e"],
            &[
                &["1", "1.5", "true", "x", ""],
                &["-20", "1e3", "FALSE", "2", " "],
            ],
        );
        let kinds: Vec<ColumnKind> = columns.shown().iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [Integer, Number, Boolean, Text, Empty]);
        assert_eq!(columns.shown()[4].missing, 2);
        for text in ["1.", ".5", "+7"] {
            assert!(is_number(text), "{text}");
        }
        for text in ["", ".", "1e", "e5", "1.2.3", "0x1", "1,5", "--1", "NaN"] {
            assert!(!is_number(text), "{text}");
        }
    }

    #[test]
    fn answers_and_text_are_found_by_name_or_by_what_they_are() {
        let rows: &[&[&str]] = &[
            &["1", "quite a long sentence", "good"],
            &["2", "another long sentence", "bad"],
            &["3", "and a third of them, too", "good"],
            &["4", "the last one is here now", "bad"],
        ];
        let named = columns(&["id", "Text", "Label"], rows);
        assert_eq!(
            (named.label(), named.text(named.label())),
            (Some(2), Some(1))
        );
        let unnamed = columns(&["a", "b", "c"], rows);
        assert_eq!(unnamed.label(), Some(2));
        assert_eq!(unnamed.text(Some(2)), Some(1));
        let (classes, total) = unnamed.classes(2, 10);
        assert_eq!(
            (classes[0].label.as_str(), classes[0].count, total),
            ("bad", 2, 2)
        );
    }

    #[test]
    fn many_values_are_not_kept() {
        let mut columns = Columns::new(vec!["a".to_owned(), "b".to_owned()]);
        for number in 0..5_000 {
            let cell = format!("{number}{}", "x".repeat(150));
            columns.take([cell.as_str(), "same"].into_iter());
        }
        let shown = columns.shown();
        assert_eq!((shown[0].distinct, shown[1].distinct), (None, Some(1)));
        assert!(columns.budget > BUDGET_BYTES - 1_000, "{}", columns.budget);
    }
}
