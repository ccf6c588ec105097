//! OpenAI's three hyper-parameters, as the cards call them, and back.

use std::str::FromStr;

use domain::cards::{Allowed, Card, Hyperparams};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

use super::problems::{invalid, unsupported};
use crate::problem::ApiError;

const EPOCHS: &str = "n_epochs";
const BATCH: &str = "batch_size";
const MULTIPLIER: &str = "learning_rate_multiplier";
const RATE: &str = "learning_rate";
const AUTO: &str = "auto";
/// What was multiplied is told to so many places.
const PLACES: u32 = 6;

/// How a model is to be trained
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiMethod)]
pub struct Method {
    /// `supervised`
    #[serde(rename = "type")]
    #[schema(pattern = "^supervised$")]
    kind: String,
    supervised: Option<Supervised>,
    #[schema(value_type = Option<Object>)]
    dpo: Option<Value>,
    #[schema(value_type = Option<Object>)]
    reinforcement: Option<Value>,
}

/// What a supervised training takes
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiSupervised)]
pub struct Supervised {
    /// `n_epochs`, `batch_size`, `learning_rate_multiplier`, and what the model's card names
    #[schema(value_type = Option<Object>)]
    hyperparameters: Option<Map<String, Value>>,
}

/// What a job is trained with
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = OpenAiHyperparameters)]
pub struct Shown {
    /// Epochs, or rounds of a model on tables
    n_epochs: Option<u64>,
    batch_size: Option<u64>,
    /// Of the card's learning rate
    #[schema(value_type = Option<f64>)]
    learning_rate_multiplier: Option<Number>,
}

/// What was chosen, whichever of the two places it was said in.
pub fn chosen(
    plain: Option<Map<String, Value>>,
    method: Option<Method>,
) -> Result<Map<String, Value>, ApiError> {
    let Some(method) = method else {
        return Ok(plain.unwrap_or_default());
    };
    if method.kind != "supervised" {
        return Err(unsupported("method.type", "Send supervised."));
    }
    for (said, name) in [
        (&method.dpo, "method.dpo"),
        (&method.reinforcement, "method.reinforcement"),
    ] {
        if said.as_ref().is_some_and(|it| !it.is_null()) {
            return Err(unsupported(name, "Training is supervised here."));
        }
    }
    let within = method.supervised.and_then(|it| it.hyperparameters);
    match (plain, within) {
        (Some(plain), Some(within)) if !plain.is_empty() && !within.is_empty() => Err(invalid(
            "hyperparameters",
            "Send them in hyperparameters or in method.supervised, not in both.",
        )),
        (Some(plain), _) if !plain.is_empty() => Ok(plain),
        (_, within) => Ok(within.unwrap_or_default()),
    }
}

/// As the card calls them. What is `auto` is the card's default.
pub fn onto_card(card: &Card, chosen: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let mut settings = Map::new();
    for (name, value) in chosen {
        if value.is_null() || value.as_str() == Some(AUTO) {
            continue;
        }
        let (of_card, value) = match name.as_str() {
            EPOCHS => (epochs(card), value.clone()),
            BATCH if card.parameter(BATCH).is_none() => {
                return Err(unsupported(
                    format!("hyperparameters.{BATCH}"),
                    format!("{} has no batches; leave it out.", card.model),
                ));
            }
            MULTIPLIER => (RATE, rate(card, value)?),
            same => (same, value.clone()),
        };
        if settings.insert(of_card.to_owned(), value).is_some() {
            return Err(invalid(
                format!("hyperparameters.{name}"),
                format!("It says the same as {of_card}; send one of them."),
            ));
        }
    }
    Ok(settings)
}

/// A model on tables goes through its data once a round.
fn epochs(card: &Card) -> &'static str {
    if card.parameter("epochs").is_some() {
        "epochs"
    } else {
        "rounds"
    }
}

fn default_rate(card: &Card) -> Option<Decimal> {
    Decimal::from_str(card.parameter(RATE)?.default).ok()
}

fn decimal(text: &str) -> Option<Decimal> {
    let plain = Decimal::from_str(text).ok();
    plain.or_else(|| Decimal::from_scientific(text).ok())
}

/// The multiplied rate; whether the card allows it is found out where the rest is.
fn rate(card: &Card, multiplier: &Value) -> Result<Value, ApiError> {
    let number = multiplier.as_number().map(Number::to_string);
    let multiplier = number.and_then(|text| decimal(&text));
    let multiplier = multiplier.filter(|it| it.is_sign_positive() && !it.is_zero());
    let rate = default_rate(card).zip(multiplier);
    let rate = rate.and_then(|(default, multiplier)| default.checked_mul(multiplier));
    let rate = rate.ok_or_else(|| {
        invalid(
            format!("hyperparameters.{MULTIPLIER}"),
            "This must be a positive number, or auto.",
        )
    })?;
    if let Some((min, max)) = bounds(card).filter(|(min, max)| rate < *min || rate > *max) {
        let default = default_rate(card).unwrap_or_default();
        return Err(invalid(
            format!("hyperparameters.{MULTIPLIER}"),
            format!("{default} times it must be from {min} to {max}."),
        ));
    }
    Ok(Value::String(rate.normalize().to_string()))
}

fn bounds(card: &Card) -> Option<(Decimal, Decimal)> {
    match card.parameter(RATE)?.allowed {
        Allowed::Decimal { min, max } => decimal(min).zip(decimal(max)),
        Allowed::Whole { .. } | Allowed::OneOf(_) => None,
    }
}

/// Where a refusal names a parameter of the card, it was said by another name here.
pub fn said_as(field: &str, chosen: &Map<String, Value>) -> String {
    let Some(name) = field.strip_prefix("hyperparams.") else {
        return field.to_owned();
    };
    let name = match name {
        "epochs" | "rounds" if chosen.contains_key(EPOCHS) => EPOCHS,
        RATE if chosen.contains_key(MULTIPLIER) => MULTIPLIER,
        same => same,
    };
    format!("hyperparameters.{name}")
}

impl Shown {
    pub fn of(card: &Card, settings: &Hyperparams) -> Self {
        let rate = settings.text(RATE).and_then(decimal);
        let multiplier = rate.zip(default_rate(card)).and_then(|(rate, default)| {
            let multiplier = rate.checked_div(default)?.round_dp(PLACES).normalize();
            Number::from_str(&multiplier.to_string()).ok()
        });
        Self {
            n_epochs: settings.whole(epochs(card)),
            batch_size: settings.whole(BATCH),
            learning_rate_multiplier: multiplier,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::cards::{Model, Weights};
    use serde_json::json;

    use super::*;

    fn map(value: &Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn onto(model: Model, given: &Value) -> Result<Value, String> {
        let settings = onto_card(model.card(), &map(given));
        settings.map(Value::Object).map_err(|it| format!("{it:?}"))
    }

    #[test]
    fn the_three_are_what_the_card_calls_them() {
        let given = json!({ "n_epochs": 4, "batch_size": 8, "learning_rate_multiplier": 2 });
        assert_eq!(
            onto(Model::Distilbert, &given).unwrap(),
            json!({ "epochs": 4, "batch_size": 8, "learning_rate": "0.0001" })
        );
        assert_eq!(
            onto(
                Model::Tabular,
                &json!({ "n_epochs": 40, "learning_rate_multiplier": 0.5 })
            )
            .unwrap(),
            json!({ "rounds": 40, "learning_rate": "0.05" })
        );
        let auto = json!({ "n_epochs": "auto", "batch_size": "auto", "depth": 4,
            "learning_rate_multiplier": null });
        assert_eq!(onto(Model::Tabular, &auto).unwrap(), json!({ "depth": 4 }));
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_its_name() {
        for (model, given, field) in [
            (
                Model::Tabular,
                json!({ "batch_size": 8 }),
                "hyperparameters.batch_size",
            ),
            (
                Model::Tabular,
                json!({ "learning_rate_multiplier": 1000 }),
                "hyperparameters.learning_rate_multiplier",
            ),
            (
                Model::Distilbert,
                json!({ "learning_rate_multiplier": -1 }),
                "hyperparameters.learning_rate_multiplier",
            ),
            (
                Model::Distilbert,
                json!({ "learning_rate_multiplier": "2" }),
                "hyperparameters.learning_rate_multiplier",
            ),
            (
                Model::Distilbert,
                json!({ "epochs": 1, "n_epochs": 2 }),
                "hyperparameters.n_epochs",
            ),
        ] {
            let refused = onto(model, &given).unwrap_err();
            assert!(
                refused.contains(&format!("Some({field:?})")),
                "{given}: {refused}"
            );
        }
    }

    #[test]
    fn a_refusal_of_the_card_is_said_in_the_words_of_the_request() {
        let chosen = map(&json!({ "n_epochs": 0 }));
        assert_eq!(
            said_as("hyperparams.epochs", &chosen),
            "hyperparameters.n_epochs"
        );
        assert_eq!(
            said_as("hyperparams.depth", &chosen),
            "hyperparameters.depth"
        );
        assert_eq!(said_as("budget", &chosen), "budget");
    }

    #[test]
    fn what_is_shown_is_what_was_chosen() {
        for multiplier in [json!(2), json!(0.3), json!(1)] {
            let given = json!({ "n_epochs": 7, "learning_rate_multiplier": multiplier });
            let card = Model::Distilbert.card();
            let settings = onto_card(card, &map(&given)).unwrap();
            let settings = Hyperparams::read(card, Weights::Hub, &settings).unwrap();
            let shown = json!(Shown::of(card, &settings));
            assert_eq!(shown["n_epochs"], 7);
            assert_eq!(shown["batch_size"], 16);
            assert_eq!(shown["learning_rate_multiplier"], multiplier);
        }
        let card = Model::Tabular.card();
        let settings = Hyperparams::read(card, Weights::Scratch, &Map::new()).unwrap();
        assert_eq!(json!(Shown::of(card, &settings))["batch_size"], Value::Null);
    }

    #[test]
    fn they_are_said_in_one_place() {
        let method = |value: Value| serde_json::from_value::<Method>(value).ok();
        let within = json!({ "type": "supervised",
            "supervised": { "hyperparameters": { "n_epochs": 2 } } });
        assert_eq!(chosen(None, method(within.clone())).unwrap()["n_epochs"], 2);
        let plain = map(&json!({ "n_epochs": 3 }));
        assert_eq!(chosen(Some(plain.clone()), None).unwrap()["n_epochs"], 3);
        assert!(chosen(Some(plain), method(within)).is_err());
        for wrong in [
            json!({ "type": "dpo", "dpo": {} }),
            json!({ "type": "supervised", "reinforcement": { "grader": {} } }),
        ] {
            assert!(chosen(None, method(wrong)).is_err());
        }
    }
}
