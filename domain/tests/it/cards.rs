//! The cards and the trainer agree on every parameter: what is sold is what is trained.

use std::path::Path;

use domain::cards::{Allowed, Model, Parameter};
use serde_json::{Map, Value, json};

fn as_the_trainer_says(parameter: &Parameter) -> Value {
    let number = |text: &str| json!(text.parse::<f64>().unwrap());
    let mut said = match parameter.allowed {
        Allowed::Whole {
            min,
            max,
            multiple_of,
        } => {
            let default: i64 = parameter.default.parse().unwrap();
            let mut said = json!({"kind": "integer", "min": min, "max": max, "default": default});
            if multiple_of > 1 {
                said["multiple_of"] = json!(multiple_of);
            }
            said
        }
        Allowed::Decimal { min, max } => json!({"kind": "number", "min": number(min),
            "max": number(max), "default": number(parameter.default)}),
        Allowed::OneOf(choices) => {
            json!({"kind": "choice", "of": choices, "default": parameter.default})
        }
    };
    if parameter.shapes_model {
        said["scratch_only"] = json!(true);
    }
    said
}

#[test]
fn the_trainer_takes_just_what_the_cards_offer() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../trainer/training/cards.json");
    let trained: Map<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let offered: Map<String, Value> = Model::ALL
        .iter()
        .map(|model| {
            let parameters = model.card().parameters.iter();
            let said: Map<String, Value> = parameters
                .map(|parameter| (parameter.name.to_owned(), as_the_trainer_says(parameter)))
                .collect();
            (model.name().to_owned(), Value::Object(said))
        })
        .collect();
    assert_eq!(Value::Object(offered), Value::Object(trained));
}
