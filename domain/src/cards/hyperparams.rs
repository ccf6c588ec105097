//! What an order sets, held against its card: complete, in range, and spelt in one way.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use thiserror::Error;

use super::card::{Allowed, Card, Parameter, Weights};

/// A value: a whole number, or the text of a decimal or of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Setting {
    Whole(i64),
    Text(String),
}

/// A value for every parameter of a card, defaults included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hyperparams(BTreeMap<String, Setting>);

/// What is wrong with one parameter, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{parameter}: {remedy}")]
pub struct Misset {
    pub parameter: String,
    pub remedy: String,
}

impl Hyperparams {
    /// Every parameter that is wrong is named, not only the first.
    pub fn read(
        card: &Card,
        weights: Weights,
        given: &Map<String, Value>,
    ) -> Result<Self, Vec<Misset>> {
        let mut wrong: Vec<Misset> = given
            .keys()
            .filter(|name| card.parameter(name).is_none())
            .map(|name| unknown(card, name))
            .collect();
        let mut settings = BTreeMap::new();
        for parameter in card.parameters {
            let read = match given.get(parameter.name) {
                None | Some(Value::Null) => default(parameter),
                Some(value) => read(parameter, weights, value),
            };
            match read {
                Ok(setting) => {
                    settings.insert(parameter.name.to_owned(), setting);
                }
                Err(remedy) => wrong.push(Misset {
                    parameter: parameter.name.to_owned(),
                    remedy,
                }),
            }
        }
        if wrong.is_empty() {
            Ok(Self(settings))
        } else {
            Err(wrong)
        }
    }

    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.0.get(name)
    }

    /// A whole number; where the card has none of that name, nothing.
    pub fn whole(&self, name: &str) -> Option<u64> {
        match self.0.get(name) {
            Some(Setting::Whole(value)) => u64::try_from(*value).ok(),
            Some(Setting::Text(_)) | None => None,
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Setting::Text(value)) => Some(value),
            Some(Setting::Whole(_)) | None => None,
        }
    }

    /// As the trainer is told: decimals are numbers again, choices stay text.
    pub fn to_json(&self, card: &Card) -> Map<String, Value> {
        self.0
            .iter()
            .map(|(name, setting)| {
                let allowed = card.parameter(name).map(|parameter| parameter.allowed);
                (name.clone(), told(setting, allowed))
            })
            .collect()
    }
}

fn told(setting: &Setting, allowed: Option<Allowed>) -> Value {
    match (setting, allowed) {
        (Setting::Whole(value), _) => Value::from(*value),
        (Setting::Text(text), Some(Allowed::Decimal { .. })) => {
            let number = Number::from_str(text);
            number.map_or_else(|_| Value::from(text.as_str()), Value::Number)
        }
        (Setting::Text(text), _) => Value::from(text.as_str()),
    }
}

fn unknown(card: &Card, name: &str) -> Misset {
    let known: Vec<&str> = card.parameters.iter().map(|known| known.name).collect();
    Misset {
        parameter: name.to_owned(),
        remedy: format!(
            "{} has no such parameter; it has {}",
            card.model,
            known.join(", ")
        ),
    }
}

fn default(parameter: &Parameter) -> Result<Setting, String> {
    match parameter.allowed {
        Allowed::Whole { .. } => whole(parameter, parameter.default.parse().ok()),
        Allowed::Decimal { min, max } => decimal(parameter.default, min, max),
        Allowed::OneOf(_) => Ok(Setting::Text(parameter.default.to_owned())),
    }
}

fn read(parameter: &Parameter, weights: Weights, value: &Value) -> Result<Setting, String> {
    let setting = match parameter.allowed {
        Allowed::Whole { .. } => whole(parameter, value.as_i64())?,
        Allowed::Decimal { min, max } => {
            let text = match value {
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.clone(),
                _ => String::new(),
            };
            decimal(&text, min, max)?
        }
        Allowed::OneOf(choices) => match value.as_str() {
            Some(text) if choices.contains(&text) => Setting::Text(text.to_owned()),
            _ => return Err(format!("it must be one of {}", choices.join(", "))),
        },
    };
    if parameter.shapes_model && weights != Weights::Scratch && setting != default(parameter)? {
        return Err(format!(
            "published weights have {}; leave it out, or set weights to \"scratch\"",
            parameter.default
        ));
    }
    Ok(setting)
}

fn whole(parameter: &Parameter, value: Option<i64>) -> Result<Setting, String> {
    let Allowed::Whole {
        min,
        max,
        multiple_of,
    } = parameter.allowed
    else {
        return Err("it is no whole number".to_owned());
    };
    match value {
        Some(value) if (min..=max).contains(&value) && value % multiple_of == 0 => {
            Ok(Setting::Whole(value))
        }
        _ if multiple_of > 1 => Err(format!(
            "it must be a multiple of {multiple_of} from {min} to {max}"
        )),
        _ => Err(format!("it must be a whole number from {min} to {max}")),
    }
}

/// One value has one text: `0.10`, `1e-1` and `0.1` are all `0.1`.
fn decimal(text: &str, min: &str, max: &str) -> Result<Setting, String> {
    let number = |text: &str| {
        Decimal::from_str(text)
            .or_else(|_| Decimal::from_scientific(text))
            .ok()
    };
    match (number(text), number(min), number(max)) {
        (Some(value), Some(least), Some(most)) if (least..=most).contains(&value) => {
            Ok(Setting::Text(value.normalize().to_string()))
        }
        _ => Err(format!("it must be a number from {min} to {max}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cards::Model;
    use serde_json::json;

    fn read(model: Model, weights: Weights, given: &Value) -> Result<Hyperparams, Vec<Misset>> {
        Hyperparams::read(model.card(), weights, given.as_object().unwrap())
    }

    #[test]
    fn what_is_not_said_is_the_default_and_every_spelling_is_one() {
        let empty = read(Model::Tabular, Weights::Scratch, &json!({})).unwrap();
        assert_eq!(empty.whole("rounds"), Some(200));
        assert_eq!(empty.text("algorithm"), Some("boosting"));
        for spelt in [json!(0.1), json!("0.10"), json!(1e-1), json!("1e-1")] {
            let given = json!({ "learning_rate": spelt });
            assert_eq!(
                read(Model::Tabular, Weights::Scratch, &given).unwrap(),
                empty
            );
        }
        let told = empty.to_json(Model::Tabular.card());
        assert_eq!(told["learning_rate"], json!(0.1));
        assert_eq!(told["rounds"], json!(200));
    }

    #[test]
    fn everything_that_is_wrong_is_named_with_what_would_be_right() {
        let given = json!({"rounds": 0, "depth": "3", "algorithm": "magic", "learning_rate": 2,
            "epochs": 3});
        let wrong = read(Model::Tabular, Weights::Scratch, &given).unwrap_err();
        let named: Vec<&str> = wrong.iter().map(|wrong| wrong.parameter.as_str()).collect();
        assert_eq!(
            named,
            ["epochs", "algorithm", "rounds", "depth", "learning_rate"]
        );
        assert_eq!(wrong[2].remedy, "it must be a whole number from 1 to 2000");
        assert_eq!(wrong[4].remedy, "it must be a number from 0.001 to 1");
    }

    #[test]
    fn published_weights_keep_the_shape_that_they_were_made_for() {
        let small = json!({"layers": 2, "dimension": 128, "heads": 4});
        assert!(read(Model::Distilbert, Weights::Scratch, &small).is_ok());
        let wrong = read(Model::Distilbert, Weights::Hub, &small).unwrap_err();
        assert_eq!(wrong.len(), 3);
        let odd = json!({"dimension": 100});
        let wrong = read(Model::Distilbert, Weights::Scratch, &odd).unwrap_err();
        assert_eq!(
            wrong[0].remedy,
            "it must be a multiple of 32 from 32 to 768"
        );
    }

    #[test]
    fn stored_settings_are_read_as_they_were() {
        let settings = read(
            Model::MobilenetV2,
            Weights::Scratch,
            &json!({"width": "0.5"}),
        )
        .unwrap();
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(
            serde_json::from_str::<Hyperparams>(&text).unwrap(),
            settings
        );
    }
}
