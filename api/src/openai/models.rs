//! Models: those on offer, and those that somebody has trained here.

use axum::{Extension, Json};
use domain::cards::Model;
use domain::jobs::{JobId, Status};
use domain::users::Scope;
use projections::jobs::{self as read, Cursor, Filter, JobRow};
use projections::tenants;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::labels::{Labelled, Labels};
use super::list::List;
use super::settled;
use crate::api::{Api, Routes};
use crate::jobs::Jobs;
use crate::objects::Objects;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

/// Of the models that somebody has trained, the latest are listed; each is found by its name.
const TRAINED_SHOWN: i64 = 200;
const OURS: &str = "trainnet";

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(retrieve))
}

/// A model
#[derive(Serialize, ToSchema)]
#[schema(as = OpenAiModel)]
pub struct ShownModel {
    #[schema(example = "tabular")]
    id: String,
    #[schema(example = "model")]
    object: &'static str,
    /// Zero for what is on offer: that changes with the program alone
    created: i64,
    owned_by: String,
}

/// What a trained model is called: by what it came of, what its owner calls it, and its job.
pub fn name(model: Model, suffix: Option<&str>, job: JobId) -> String {
    let suffix = suffix.unwrap_or_default();
    format!("ft:{model}:{OURS}:{suffix}:{}", job.uuid())
}

/// The job that a trained model's name ends with.
fn job_in(name: &str) -> Option<JobId> {
    let (_, uuid) = name.strip_prefix("ft:")?.rsplit_once(':')?;
    format!("job_{uuid}").parse().ok()
}

impl ShownModel {
    fn offered(model: Model) -> Self {
        Self {
            id: model.name().to_owned(),
            object: "model",
            created: 0,
            owned_by: OURS.to_owned(),
        }
    }

    fn trained(row: &JobRow, labels: &Labels) -> Self {
        let terms = &row.details.terms;
        let ended = row.details.ended_at.unwrap_or(row.updated_at);
        Self {
            id: name(terms.model, labels.suffix.as_deref(), row.job),
            object: "model",
            created: ended.timestamp(),
            owned_by: terms.customer.to_string(),
        }
    }
}

/// Models on offer, and those that you have trained
#[utoipa::path(get, path = "/openai/v1/models", tag = "openai",
    operation_id = "openai_list_models", security(("bearer" = [])),
    responses((status = 200, description = "The models", body = List<ShownModel>)))]
async fn list(
    api: Api,
    caller: Caller,
    objects: Extension<Objects>,
) -> Result<Json<List<ShownModel>>, ApiError> {
    caller.insist(Scope::Read)?;
    settled::<read::Jobs>(&api).await?;
    let user = caller.user();
    let done = Filter {
        status: Some(Status::Done),
    };
    let mut tenant = tenants::as_tenant(api.pool(), user).await?;
    let found = read::of_customer(&mut *tenant, user, done, Cursor::LATEST, TRAINED_SHOWN).await?;
    drop(tenant);
    let labels = Labelled::of(&objects, user, &found).await?;
    let mut shown: Vec<ShownModel> = Model::ALL.map(ShownModel::offered).into();
    for row in &found {
        shown.push(ShownModel::trained(row, &labels.of_job(row.job)?));
    }
    Ok(Json(List::of(shown, i64::MAX, |model| model.id.clone())))
}

/// A model on offer, or one that you have trained
#[utoipa::path(get, path = "/openai/v1/models/{model}", tag = "openai",
    operation_id = "openai_retrieve_model", security(("bearer" = [])),
    params(("model" = String, Path, description = "Which model",
        pattern = "^(ft:)?[A-Za-z0-9._:-]{1,200}$")),
    responses((status = 200, description = "The model", body = ShownModel)))]
async fn retrieve(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    objects: Extension<Objects>,
    Path(named): Path<String>,
) -> Result<Json<ShownModel>, ApiError> {
    caller.insist(Scope::Read)?;
    if let Ok(model) = named.parse() {
        return Ok(Json(ShownModel::offered(model)));
    }
    let nothing = || ApiError::new(&kinds::NOT_FOUND).field("model");
    let job = job_in(&named).ok_or_else(nothing)?;
    settled::<read::Jobs>(&api).await?;
    let row = jobs.own(job, caller.user()).await?;
    let labels = Labels::of(&objects, caller.user(), job).await?;
    let shown = ShownModel::trained(&row, &labels);
    // A model that is not finished, or is called otherwise, is none.
    if row.status == Status::Done && shown.id == named {
        Ok(Json(shown))
    } else {
        Err(nothing())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_model_ends_with_its_job() {
        let job: JobId = "job_01936b1e-7c1a-7d3e-8f00-0123456789ab".parse().unwrap();
        for suffix in [None, Some("mine")] {
            assert_eq!(job_in(&name(Model::Tabular, suffix, job)), Some(job));
        }
        for wrong in ["tabular", "ft:tabular", "ft:tabular:trainnet::x", ""] {
            assert_eq!(job_in(wrong), None, "{wrong}");
        }
    }
}
