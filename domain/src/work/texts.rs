//! Texts and values that outsiders bring into events, each with its bounds.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

const REFERENCE_CHARACTERS_MAX: usize = 100;
const SPEC_BYTES_MAX: usize = 64 * 1024;
const DETAIL_CHARACTERS_MAX: usize = 500;
const METRICS_MAX: usize = 64;
const METRIC_NAME_CHARACTERS_MAX: usize = 64;
const METRIC_VALUE_CHARACTERS_MAX: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    #[error("a reference to an order has 1 to {REFERENCE_CHARACTERS_MAX} visible characters")]
    Reference,
    #[error("a specification is a JSON object of at most {SPEC_BYTES_MAX} bytes")]
    Spec,
    #[error(
        "there are at most {METRICS_MAX} metrics, each a short name in lower case and a decimal \
         number as text"
    )]
    Metrics,
}

/// For what a unit is worked on; opaque here, so that this slice knows none of its customers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrderReference(String);

impl OrderReference {
    pub fn try_new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.is_empty() || text.len() > REFERENCE_CHARACTERS_MAX || !visible {
            return Err(TextError::Reference);
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OrderReference {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        Self::try_new(text)
    }
}

impl From<OrderReference> for String {
    fn from(reference: OrderReference) -> Self {
        reference.0
    }
}

impl fmt::Display for OrderReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the machine is to do, in words that only the program on it understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Spec(Value);

impl Spec {
    pub fn try_new(value: Value) -> Result<Self, TextError> {
        if !value.is_object() || value.to_string().len() > SPEC_BYTES_MAX {
            return Err(TextError::Spec);
        }
        Ok(Self(value))
    }

    pub const fn as_value(&self) -> &Value {
        &self.0
    }
}

impl TryFrom<Value> for Spec {
    type Error = TextError;

    fn try_from(value: Value) -> Result<Self, TextError> {
        Self::try_new(value)
    }
}

impl From<Spec> for Value {
    fn from(spec: Spec) -> Self {
        spec.0
    }
}

/// Why something failed, in the words of a program on somebody's machine.
///
/// It is kept for ever, so it is cut short, and what may be a part of an address is taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Detail(String);

impl Detail {
    pub fn new(text: &str) -> Self {
        let plain = text.chars().map(|character| match character {
            '@' | '\u{ff20}' | '\u{fe6b}' => ' ',
            '\n' => '\n',
            other if other.is_control() => ' ',
            other => other,
        });
        let plain: String = plain.take(DETAIL_CHARACTERS_MAX).collect();
        Self(plain.trim().to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Detail> for String {
    fn from(detail: Detail) -> Self {
        detail.0
    }
}

/// What a training came to, as decimal text: numbers that only their readers calculate with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    try_from = "BTreeMap<String, String>",
    into = "BTreeMap<String, String>"
)]
pub struct Metrics(BTreeMap<String, String>);

impl Metrics {
    pub fn try_new(metrics: BTreeMap<String, String>) -> Result<Self, TextError> {
        let fits = |(name, value): (&String, &String)| is_metric_name(name) && is_decimal(value);
        if metrics.len() > METRICS_MAX || !metrics.iter().all(fits) {
            return Err(TextError::Metrics);
        }
        Ok(Self(metrics))
    }

    pub const fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl TryFrom<BTreeMap<String, String>> for Metrics {
    type Error = TextError;

    fn try_from(metrics: BTreeMap<String, String>) -> Result<Self, TextError> {
        Self::try_new(metrics)
    }
}

impl From<Metrics> for BTreeMap<String, String> {
    fn from(metrics: Metrics) -> Self {
        metrics.0
    }
}

fn is_metric_name(name: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-./".contains(&byte);
    (1..=METRIC_NAME_CHARACTERS_MAX).contains(&name.len()) && name.bytes().all(plain)
}

fn is_decimal(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    value.len() <= METRIC_VALUE_CHARACTERS_MAX && number(whole) && number(fraction)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_detail_is_short_and_names_no_address() {
        let detail = Detail::new(&format!(
            " from ann@example.com\u{1b}[2J{}",
            "я".repeat(600)
        ));
        assert!(!detail.as_str().contains('@'));
        assert!(detail.as_str().chars().count() <= DETAIL_CHARACTERS_MAX);
        assert!(detail.as_str().starts_with("from ann example.com [2J"));
        assert_eq!(Detail::new(detail.as_str()), detail);
    }

    #[test]
    fn metrics_are_names_with_plain_decimal_numbers() {
        let one = |name: &str, value: &str| {
            Metrics::try_new(BTreeMap::from([(name.to_owned(), value.to_owned())]))
        };
        for value in ["0", "-1.25", "0.000001", "123456789"] {
            assert!(one("val/loss", value).is_ok(), "{value}");
        }
        for value in ["", "NaN", "1e5", ".5", "5.", "--1", "+1", &"1".repeat(41)] {
            assert_eq!(one("loss", value), Err(TextError::Metrics), "{value}");
        }
        for name in ["", "Loss", "a b", &"a".repeat(65)] {
            assert_eq!(one(name, "1"), Err(TextError::Metrics), "{name}");
        }
    }

    #[test]
    fn a_specification_is_an_object_of_bounded_size() {
        assert!(Spec::try_new(json!({ "model_type": "tabular" })).is_ok());
        assert_eq!(Spec::try_new(json!([1])), Err(TextError::Spec));
        let long = json!({ "a": "b".repeat(SPEC_BYTES_MAX) });
        assert_eq!(Spec::try_new(long), Err(TextError::Spec));
    }

    #[test]
    fn a_reference_is_visible_text() {
        assert!(OrderReference::try_new("job_1").is_ok());
        for text in [String::new(), "a b".to_owned(), "a".repeat(101)] {
            assert_eq!(OrderReference::try_new(text), Err(TextError::Reference));
        }
    }
}
