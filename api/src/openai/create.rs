//! Orders a job as OpenAI's clients do; it is paid for from the wallet.

use axum::{Extension, Json};
use domain::cards::Model;
use domain::jobs::{JobCommand, JobId, Way};
use domain::users::Scope;
use ledger::{Currency, Money};
use serde::Deserialize;
use serde_json::{Map, Value};
use store::Context;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::choices::{self, Method};
use super::ids;
use super::labels::{Labels, Metadata};
use super::once::{self, AskedAgain, Place};
use super::owned::OwnJob;
use super::problems::{invalid, unsupported};
use super::shown::{FineTuningJob, show};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::{Body, whole};
use crate::jobs::{
    DATASET_UNKNOWN, FUNDS_MISSING, FirstWeights, Jobs, MachineWanted, Run, payable,
};
use crate::objects::Objects;
use crate::problem::ApiError;
use crate::users::Caller;

const BUDGET: &str = "budget";

pub fn routes() -> Routes {
    Routes::new().routes(routes!(create))
}

/// A job to be
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OpenAiNewJob)]
pub struct NewJob {
    /// `distilbert`, `tabular` or `mobilenet_v2`
    #[schema(example = "tabular")]
    model: String,
    #[schema(example = "file-01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    training_file: String,
    /// `n_epochs`, `batch_size`, `learning_rate_multiplier`, and what the model's card names
    #[schema(value_type = Option<Object>)]
    hyperparameters: Option<Map<String, Value>>,
    method: Option<Method>,
    /// The same seed, settings and data make the same model on the same machine
    #[serde(default, deserialize_with = "whole")]
    #[schema(maximum = 4_294_967_295_u64)]
    seed: Option<u64>,
    #[schema(pattern = "^[A-Za-z0-9._-]{1,64}$")]
    suffix: Option<String>,
    /// Up to 16 notes; `budget` says what the job may cost at most, in USD
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    metadata: Option<Metadata>,
    /// Leave it out: a share of the training file is held back
    validation_file: Option<String>,
    /// Leave them out: there are none here
    #[schema(value_type = Option<Vec<Object>>)]
    integrations: Option<Vec<Value>>,
    /// Ours: where the first weights come from
    weights: Option<FirstWeights>,
    /// Ours: the column of labels, where the guess is wrong
    #[schema(max_length = 200)]
    label_column: Option<String>,
    /// Ours: the column of texts, where the guess is wrong
    #[schema(max_length = 200)]
    text_column: Option<String>,
    /// Ours: which machines will do
    #[serde(default)]
    machine: MachineWanted,
}

/// What was ordered, in our words and in theirs.
struct Order {
    run: Run,
    chosen: Map<String, Value>,
    budget: Option<Money>,
    labels: Labels,
}

impl NewJob {
    fn order(self) -> Result<Order, ApiError> {
        if self.validation_file.is_some() {
            return Err(unsupported(
                "validation_file",
                "Leave it out: a share of the training file is held back to try the model on \
                 (hyperparameters.validation_share).",
            ));
        }
        if self.integrations.is_some_and(|all| !all.is_empty()) {
            return Err(unsupported("integrations", "Leave it out."));
        }
        let model: Model = self.model.parse().map_err(|_| {
            invalid(
                "model",
                "Send distilbert (texts), tabular (tables) or mobilenet_v2 (images); \
                 a model that was trained here cannot be trained on.",
            )
        })?;
        let dataset = ids::file(&self.training_file);
        let dataset = dataset
            .ok_or_else(|| invalid("training_file", "Send the id of a file of yours, as file-…"))?;
        let chosen = choices::chosen(self.hyperparameters, self.method)?;
        let budget = self.metadata.as_ref().and_then(|all| all.get(BUDGET));
        let budget = budget.map(|text| budget_of(text)).transpose()?;
        Ok(Order {
            run: Run {
                model_type: model.name().to_owned(),
                dataset_id: dataset.to_string(),
                hyperparams: choices::onto_card(model.card(), &chosen)?,
                weights: self.weights,
                label_column: self.label_column,
                text_column: self.text_column,
                seed: self.seed,
                machine: self.machine,
            },
            chosen,
            budget,
            labels: Labels::checked(self.suffix, self.metadata)?,
        })
    }
}

fn budget_of(text: &str) -> Result<Money, ApiError> {
    let wrong = || invalid("metadata.budget", "Send an amount in USD, such as 12.50.");
    let money = Money::parse(text, Currency::Usd).map_err(|_| wrong())?;
    payable(money, "metadata.budget")
}

/// Our names of what is meant, as the request has them.
fn theirs(refusal: ApiError, chosen: &Map<String, Value>) -> ApiError {
    if refusal.kind() == &DATASET_UNKNOWN {
        // There it is the request that is wrong, not its address.
        return invalid(
            "training_file",
            "You have no such file; GET /openai/v1/files lists yours.",
        );
    }
    refusal.renaming(|field| match field {
        "dataset_id" => "training_file".to_owned(),
        "model_type" => "model".to_owned(),
        BUDGET => "metadata.budget".to_owned(),
        other => choices::said_as(other, chosen),
    })
}

/// Order a job
///
/// It is paid for from the wallet: `metadata.budget`, or what the estimate comes to at most, is
/// held at once, and what is not used is given back. Asked for again by a client that heard no
/// answer, it is the same job.
#[utoipa::path(post, path = "/openai/v1/fine_tuning/jobs", tag = "openai",
    operation_id = "openai_create_job", security(("bearer" = [])), request_body = NewJob,
    responses((status = 200, description = "The job", body = FineTuningJob)))]
async fn create(
    api: Api,
    asked: Asked,
    caller: Caller,
    (jobs, objects): (Extension<Jobs>, Extension<Objects>),
    again: AskedAgain,
    body: Body<NewJob>,
) -> Result<Json<FineTuningJob>, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let Body { value, bytes } = body;
    let order = value.order()?;
    let labels = order.labels.clone();
    let place = once::place(&api, &jobs, &caller, (&asked, again), &bytes).await?;
    let job = match place {
        Place::Taken(job) => job,
        Place::Free(job, context) => {
            ordered((&jobs, &objects), &caller, job, order, &context).await?;
            job
        }
    };
    labels.keep(&objects, caller.user(), job).await?;
    let Extension(jobs) = jobs;
    let own = OwnJob { caller, jobs, job };
    Ok(Json(show(&api, &objects, &own).await?))
}

async fn ordered(
    (jobs, objects): (&Jobs, &Objects),
    caller: &Caller,
    job: JobId,
    order: Order,
    context: &Context,
) -> Result<(), ApiError> {
    let Order {
        run,
        chosen,
        budget,
        ..
    } = order;
    let run = jobs.orderable(objects, caller.user(), run).await;
    let run = run.map_err(|refusal| theirs(refusal, &chosen))?;
    let budget = budget.unwrap_or_else(|| run.budget_suggested());
    let command = JobCommand::Order {
        terms: Box::new(run.terms(caller)?),
        budget,
        way: Way::Wallet,
        at: jobs.now(),
    };
    let placed = jobs.place(job, command, context).await;
    placed.map(drop).map_err(|refusal| {
        if refusal.kind() == &FUNDS_MISSING {
            return ApiError::new(&FUNDS_MISSING)
                .detail(format!(
                    "The job may cost {} USD. Top it up with POST /v1/wallet/top-ups, or say a \
                     smaller budget in metadata.budget.",
                    budget.amount()
                ))
                .field("metadata.budget");
        }
        theirs(refusal, &chosen)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(changed: &Value) -> String {
        let mut new = json!({ "model": "tabular",
            "training_file": "file-01936b1e-7c1a-7d3e-8f00-0123456789ab" });
        for (name, value) in changed.as_object().unwrap() {
            new[name] = value.clone();
        }
        let new: NewJob = serde_json::from_value(new).unwrap();
        match new.order() {
            Ok(_) => "granted".to_owned(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_by_name_and_what_says_nothing_is_not() {
        for granted in [
            json!({}),
            json!({ "integrations": [], "validation_file": null, "seed": null, "suffix": null }),
            json!({ "metadata": { "budget": "2.50", "note": "a" }, "seed": 7.0 }),
        ] {
            assert_eq!(refusal(&granted), "granted");
        }
        for (changed, field) in [
            (json!({ "model": "gpt-4o-mini" }), "model"),
            (json!({ "model": "ft:tabular:trainnet::x" }), "model"),
            (json!({ "training_file": "object_1" }), "training_file"),
            (json!({ "validation_file": "file-1" }), "validation_file"),
            (
                json!({ "integrations": [{ "type": "wandb" }] }),
                "integrations",
            ),
            (json!({ "method": { "type": "dpo" } }), "method.type"),
            (
                json!({ "metadata": { "budget": "much" } }),
                "metadata.budget",
            ),
            (
                json!({ "metadata": { "budget": "0.005" } }),
                "metadata.budget",
            ),
            (json!({ "metadata": { "budget": "-1" } }), "metadata.budget"),
            (json!({ "suffix": "a:b" }), "suffix"),
        ] {
            let refused = refusal(&changed);
            assert!(
                refused.contains(&format!("Some({field:?})")),
                "{changed}: {refused}"
            );
        }
    }
}
