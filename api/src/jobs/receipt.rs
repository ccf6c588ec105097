//! Receipts: what an order cost, with the events behind every line.

use axum::{Extension, Json};
use domain::jobs::Job;
use domain::users::Scope;
use projections::jobs;
use receipts::{Evidence, Receipt};
use serde::Serialize;
use serde_json::Value;
use store::{GENESIS, Hash, hex, key_id};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Jobs, identity};
use crate::api::{Api, Routes};
use crate::parameters::Path;
use crate::position::Reached;
use crate::problem::ApiError;
use crate::users::Caller;
use cqrs_es::Aggregate as _;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(receipt)).routes(routes!(key))
}

/// The key that receipts are signed with
#[derive(Serialize, ToSchema)]
pub struct ReceiptKey {
    /// By which it is recognised in receipts
    key_id: String,
    /// Ed25519, in hexadecimal
    public_key: String,
}

/// With what receipts can be checked
#[utoipa::path(get, path = "/v1/receipts/key", tag = "jobs", operation_id = "receipt_key",
    responses((status = 200, description = "The public key", body = ReceiptKey)))]
async fn key(jobs: Extension<Jobs>) -> Json<ReceiptKey> {
    let key = jobs.receipt_key().verifying_key();
    Json(ReceiptKey {
        key_id: key_id(&key),
        public_key: hex::encode(key.as_bytes()),
    })
}

/// What an order cost, and why
///
/// Save it as a file; `trainnet receipt verify FILE` checks it without asking anybody.
#[utoipa::path(get, path = "/v1/receipts/{job}", tag = "jobs", operation_id = "get_receipt",
    security(("bearer" = [])),
    params(("job" = String, Path, description = "Which job")),
    responses((status = 200, description = "The receipt, in the format of docs/LOG_FORMAT.md",
        body = Object)))]
async fn receipt(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    Path(job): Path<String>,
    _: Reached<jobs::Jobs>,
) -> Result<Json<Value>, ApiError> {
    caller.insist(Scope::Read)?;
    let row = jobs.settled(&api, identity(&job)?, &caller).await?;
    let receipt = jobs.issue(&row.job.to_string()).await?;
    let receipt = serde_json::to_value(receipt).map_err(ApiError::internal)?;
    Ok(Json(receipt))
}

impl Jobs {
    async fn issue(&self, order: &str) -> Result<Receipt, ApiError> {
        let log = self.log();
        let head = log.head().await?;
        let stream = log.stream(Job::TYPE, order, head.position).await?;
        let before: Vec<i64> = stream.iter().map(|event| event.position - 1).collect();
        let before = log.events_at(&before).await?;
        let previous = |position: i64| -> Hash {
            let found = before.iter().find(|event| event.position == position - 1);
            found.map_or(GENESIS, |event| event.hash)
        };
        let events = stream
            .iter()
            .map(|event| Evidence::new(event, &previous(event.position)))
            .collect();
        Receipt::issue(order, events, &head, self.receipt_key()).map_err(ApiError::internal)
    }
}
