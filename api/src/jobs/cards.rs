//! What is on offer, and what may be set: enough to build a form from.

use axum::Json;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use domain::cards::{Allowed, Card, Model, Parameter};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::api::Routes;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};

/// The cards change with the program alone.
const MINUTES: &str = "public, max-age=300";

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(one))
}

/// A parameter of a model
#[derive(Serialize, ToSchema)]
pub struct ShownParameter {
    name: &'static str,
    /// What it does
    means: &'static str,
    /// JSON Schema of its values, with the default
    schema: Value,
    /// Whether it can differ from its default only when training starts from nothing
    shapes_model: bool,
}

/// A model on offer
#[derive(Serialize, ToSchema)]
pub struct ShownCard {
    #[schema(example = "tabular")]
    model_type: &'static str,
    version: u32,
    title: &'static str,
    summary: &'static str,
    /// Forms of data that it takes
    #[schema(value_type = Vec<String>, example = json!(["csv"]))]
    accepts: Value,
    /// Where its first weights may come from; the first is the default
    #[schema(value_type = Vec<String>, example = json!(["scratch"]))]
    weights: Value,
    hyperparams: Vec<ShownParameter>,
}

/// Models on offer
#[derive(Serialize, ToSchema)]
pub struct Cards {
    data: Vec<ShownCard>,
}

impl ShownCard {
    fn of(card: &Card) -> Self {
        Self {
            model_type: card.model.name(),
            version: card.version,
            title: card.title,
            summary: card.summary,
            accepts: json!(card.accepts),
            weights: json!(card.weights),
            hyperparams: card.parameters.iter().map(ShownParameter::of).collect(),
        }
    }
}

impl ShownParameter {
    fn of(parameter: &Parameter) -> Self {
        let number = |text: &str| text.parse::<f64>().map_or(Value::Null, Value::from);
        let schema = match parameter.allowed {
            Allowed::Whole {
                min,
                max,
                multiple_of,
            } => json!({ "type": "integer", "minimum": min, "maximum": max,
                "multipleOf": multiple_of, "default": parameter.default.parse::<i64>().ok() }),
            Allowed::Decimal { min, max } => json!({ "type": "number", "minimum": number(min),
                "maximum": number(max), "default": number(parameter.default) }),
            Allowed::OneOf(choices) => json!({ "type": "string", "enum": choices,
                "default": parameter.default }),
        };
        Self {
            name: parameter.name,
            means: parameter.means,
            schema,
            shapes_model: parameter.shapes_model,
        }
    }
}

/// Models on offer
#[utoipa::path(get, path = "/v1/cards", tag = "jobs", operation_id = "list_cards",
    responses((status = 200, description = "The cards", body = Cards)))]
async fn list() -> impl IntoResponse {
    let data = Model::ALL.map(|model| ShownCard::of(model.card())).into();
    ([(CACHE_CONTROL, MINUTES)], Json(Cards { data }))
}

/// One model on offer
#[utoipa::path(get, path = "/v1/cards/{model_type}", tag = "jobs", operation_id = "get_card",
    params(("model_type" = String, Path, description = "Which model",
        pattern = "^[a-z][a-z0-9_]{0,30}$")),
    responses((status = 200, description = "The card", body = ShownCard)))]
async fn one(Path(name): Path<String>) -> Result<impl IntoResponse, ApiError> {
    let model: Model = name.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))?;
    Ok((
        [(CACHE_CONTROL, MINUTES)],
        Json(ShownCard::of(model.card())),
    ))
}
