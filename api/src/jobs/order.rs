//! What is to be trained, on what and how, held against the model's card and the dataset.

use domain::cards::{
    Accepts, Card, Estimate, History, Hyperparams, Load, Misset, Model, Prices, Weights, Work,
    estimate, work,
};
use domain::objects::{self, ObjectId, Usable};
use domain::users::UserId;
use domain::work::Needs;
use ledger::{Currency, Rate};
use projections::{jobs, servers};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};

use super::Jobs;
use super::needs::MachineWanted;
use super::problems::{
    DATASET_NOT_READY, DATASET_UNFIT, DATASET_UNKNOWN, DATASET_UNUSABLE, HYPERPARAMS_INVALID,
    WEIGHTS_NOT_OFFERED,
};
use crate::objects::Objects;
use crate::problem::{ApiError, kinds};

const COLUMN_CHARACTERS_MAX: usize = 200;
/// Prices of more machines than these would not change the range.
const MACHINES_MAX: i64 = 500;
/// What an hour is taken to cost while no machine is there that would do, in cents.
const USUAL_CENTS: (i64, i64) = (20, 60);

/// Where a run's first weights come from
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub enum FirstWeights {
    #[serde(rename = "hub")]
    Hub,
    #[serde(rename = "local")]
    Local,
    #[serde(rename = "scratch")]
    Scratch,
}

/// A run to be
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Which model; the cards list them
    #[schema(schema_with = model_types)]
    pub model_type: String,
    /// A dataset of yours
    #[schema(example = "object_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    pub dataset_id: String,
    /// What the model's card lets you set; the rest is the card's default
    #[serde(default)]
    #[schema(value_type = Object)]
    pub hyperparams: Map<String, Value>,
    /// The card's first choice, where nothing is said
    pub weights: Option<FirstWeights>,
    /// Of a table: the column of labels, where the guess is wrong
    #[schema(min_length = 1, max_length = 200)]
    pub label_column: Option<String>,
    /// Of a table: the column of texts, where the guess is wrong
    #[schema(min_length = 1, max_length = 200)]
    pub text_column: Option<String>,
    /// The same seed, settings and data make the same model on the same machine
    #[schema(maximum = 4_294_967_295_u64)]
    pub seed: Option<u64>,
    #[serde(default)]
    pub machine: MachineWanted,
}

/// The models that there are cards of, as a schema.
pub fn model_types() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(Model::ALL.map(Model::name)))
        .examples([json!(Model::Tabular.name())])
        .build()
}

/// A run that can be ordered.
pub struct Orderable {
    pub model: Model,
    pub settings: Hyperparams,
    pub weights: Weights,
    pub seed: u64,
    pub dataset: ObjectId,
    pub format: Accepts,
    pub label_column: Option<String>,
    pub text_column: Option<String>,
    pub needs: Needs,
    pub work: Work,
    pub estimate: Estimate,
    pub history: History,
    /// How many machines are there that would do.
    pub machines: u64,
}

/// A seed that nobody chose.
const SEED: u64 = 42;

impl Jobs {
    pub(crate) async fn orderable(
        &self,
        objects: &Objects,
        customer: UserId,
        run: Run,
    ) -> Result<Orderable, ApiError> {
        let model = model(&run.model_type)?;
        let card = model.card();
        let weights = weights(card, run.weights)?;
        let settings =
            Hyperparams::read(card, weights, &run.hyperparams).map_err(|wrong| misset(&wrong))?;
        let seed = run.seed.unwrap_or(SEED);
        if u32::try_from(seed).is_err() {
            return Err(invalid("seed", "Send a whole number below 4294967296."));
        }
        for (field, column) in [
            ("label_column", &run.label_column),
            ("text_column", &run.text_column),
        ] {
            if column.as_ref().is_some_and(|name| !is_column(name)) {
                return Err(invalid(field, "Send a column's name, in one line."));
            }
        }
        let (dataset, format, load) = dataset(objects, customer, card, &run.dataset_id).await?;
        let expected = work(card, &settings, &load);
        let needs = run.machine.needs(card, &expected)?;
        let history = jobs::history_of(self.log().pool(), model).await?;
        let (machines, prices) = self.prices(&needs).await?;
        let range = estimate(&expected, &prices, history).map_err(ApiError::internal)?;
        Ok(Orderable {
            model,
            settings,
            weights,
            seed,
            dataset,
            format,
            label_column: run.label_column,
            text_column: run.text_column,
            needs,
            work: expected,
            estimate: range,
            history,
            machines,
        })
    }

    /// What machines cost that are there and would do, as far as can be told from outside.
    async fn prices(&self, needs: &Needs) -> Result<(u64, Prices), ApiError> {
        let online = servers::online(self.log().pool(), self.now(), MACHINES_MAX).await?;
        let mut rates: Vec<Rate> = online
            .iter()
            .filter(|found| would_do(&found.machine, needs))
            .map(|found| found.machine.hourly.rate())
            .collect();
        rates.sort_by_key(Rate::price);
        let count = u64::try_from(rates.len()).unwrap_or(u64::MAX);
        let usual = |cents| Rate::new(Decimal::new(cents, 2), Currency::Usd);
        let (cheapest, dearest) = match (rates.first(), rates.last()) {
            (Some(cheapest), Some(dearest)) => (*cheapest, *dearest),
            _ => (usual(USUAL_CENTS.0), usual(USUAL_CENTS.1)),
        };
        Ok((count, Prices { cheapest, dearest }))
    }
}

fn would_do(machine: &servers::Machine, needs: &Needs) -> bool {
    let runs = machine
        .runtimes
        .iter()
        .any(|it| it.as_str() == needs.runtime);
    let rate = machine.hourly.rate().price();
    let cheap = needs.rate_max.is_none_or(|max| rate <= max.price());
    let gpu = needs.gpu_memory_bytes == 0
        || machine
            .hardware
            .gpus
            .iter()
            .any(|gpu| gpu.memory_bytes >= needs.gpu_memory_bytes);
    runs && cheap && gpu && (machine.verified || !needs.verified)
}

fn invalid(field: &str, detail: &'static str) -> ApiError {
    ApiError::new(&kinds::BODY_INVALID)
        .detail(detail)
        .field(field)
}

fn is_column(name: &str) -> bool {
    (1..=COLUMN_CHARACTERS_MAX).contains(&name.chars().count())
        && !name.chars().any(char::is_control)
}

fn model(name: &str) -> Result<Model, ApiError> {
    let known = "Send tabular, distilbert or mobilenet_v2; GET /v1/cards describes them.";
    name.parse().map_err(|_| invalid("model_type", known))
}

fn weights(card: &Card, asked: Option<FirstWeights>) -> Result<Weights, ApiError> {
    let asked = match asked {
        None => return Ok(card.weights[0]),
        Some(FirstWeights::Hub) => Weights::Hub,
        Some(FirstWeights::Local) => Weights::Local,
        Some(FirstWeights::Scratch) => Weights::Scratch,
    };
    if card.weights.contains(&asked) {
        Ok(asked)
    } else {
        Err(ApiError::new(&WEIGHTS_NOT_OFFERED)
            .detail("The model's card lists the choices.")
            .field("weights"))
    }
}

fn misset(wrong: &[Misset]) -> ApiError {
    let said: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    let refusal = ApiError::new(&HYPERPARAMS_INVALID).detail(said.join("; "));
    match wrong.first() {
        Some(first) => refusal.field(format!("hyperparams.{}", first.parameter)),
        None => refusal,
    }
}

/// The customer's own dataset, in a form that the model takes.
async fn dataset(
    objects: &Objects,
    customer: UserId,
    card: &Card,
    said: &str,
) -> Result<(ObjectId, Accepts, Load), ApiError> {
    let nothing = || {
        ApiError::new(&DATASET_UNKNOWN)
            .detail("You have no such dataset; GET /v1/datasets lists yours.")
            .field("dataset_id")
    };
    let refused = |kind, detail: String| ApiError::new(kind).detail(detail).field("dataset_id");
    let id: ObjectId = said.parse().map_err(|_| nothing())?;
    let found = objects.own_dataset(id, customer).await.map_err(|error| {
        if error.kind() == &kinds::NOT_FOUND {
            nothing()
        } else {
            error
        }
    })?;
    let objects::Object::Stored {
        bytes,
        inspected: Some(inspected),
        ..
    } = found
    else {
        let detail = "Wait until GET /v1/datasets/{id} shows an inspection.".to_owned();
        return Err(refused(&DATASET_NOT_READY, detail));
    };
    if inspected.verdict == Usable::Refused {
        let detail = format!("GET /v1/datasets/{id} says what is wrong with it, line by line.");
        return Err(refused(&DATASET_UNUSABLE, detail));
    }
    let format = inspected.format.as_deref().and_then(format_of);
    let format = format.filter(|format| card.accepts.contains(format));
    let format = format.ok_or_else(|| {
        let takes = serde_json::to_string(card.accepts).unwrap_or_default();
        refused(&DATASET_UNFIT, format!("{} takes {takes}.", card.model))
    })?;
    let load = Load {
        rows: inspected.rows,
        columns: inspected.columns,
        classes: inspected.classes,
        bytes,
    };
    Ok((id, format, load))
}

/// The inspection's name of a form of data, as cards call it.
fn format_of(name: &str) -> Option<Accepts> {
    match name {
        "csv" => Some(Accepts::Csv),
        "image-folders" => Some(Accepts::ImageFolders),
        "cifar10-binary" | "cifar10-python" => Some(Accepts::Cifar10),
        _ => None,
    }
}
