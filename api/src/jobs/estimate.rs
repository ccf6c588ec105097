//! What a run should take and cost, before anybody orders it.

use axum::{Extension, Json};
use domain::users::Scope;
use ledger::{Account, Currency, Money, WalletLeaf};
use projections::{books, tenants};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Jobs;
use super::order::{Orderable, Run};
use crate::api::{Api, Routes};
use crate::body::Body;
use crate::money::Amount;
use crate::objects::Objects;
use crate::problem::ApiError;
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(estimate))
}

/// A range; the real figures should lie within
#[derive(Serialize, ToSchema)]
pub struct ShownEstimate {
    seconds_min: u64,
    seconds_max: u64,
    price_min: Amount,
    price_max: Amount,
}

/// What a run should take and cost
#[derive(Serialize, ToSchema)]
pub struct Estimated {
    estimate: ShownEstimate,
    /// Enough for the dearest case; what is not used is given back
    budget_suggested: Amount,
    /// Finished jobs that corrected the figures; from 5 on the range narrows
    based_on_jobs: u64,
    /// Machines that are there now and would do
    machines_online: u64,
    memory_bytes: u64,
    /// What a GPU would need, if one is used
    gpu_memory_bytes: u64,
    wallet_available: Amount,
    /// Whether the wallet holds the suggested budget
    wallet_suffices: bool,
}

impl From<&domain::cards::Estimate> for ShownEstimate {
    fn from(range: &domain::cards::Estimate) -> Self {
        Self {
            seconds_min: range.seconds_min,
            seconds_max: range.seconds_max,
            price_min: range.price_min.into(),
            price_max: range.price_max.into(),
        }
    }
}

impl Orderable {
    /// The dearest case in whole cents, and no less than a card can be charged.
    pub fn budget_suggested(&self) -> Money {
        let cent = 10_i64.pow(Currency::Usd.scale() - 2);
        let dearest = self.estimate.price_max.minor();
        let cents = dearest.saturating_add(cent - 1) / cent;
        let cents = cents.max(domain::jobs::BUDGET_MIN_CENTS);
        Money::from_minor(cents.saturating_mul(cent), Currency::Usd)
    }
}

/// What a run should take and cost
///
/// Nothing is ordered and nothing is kept.
#[utoipa::path(post, path = "/v1/jobs/estimate", tag = "jobs", operation_id = "estimate_job",
    security(("bearer" = [])), request_body = Run,
    responses((status = 200, description = "The estimate", body = Estimated)))]
async fn estimate(
    api: Api,
    caller: Caller,
    jobs: Extension<Jobs>,
    objects: Extension<Objects>,
    body: Body<Run>,
) -> Result<Json<Estimated>, ApiError> {
    caller.insist(Scope::Read)?;
    let run = jobs.orderable(&objects, caller.user(), body.value).await?;
    let budget = run.budget_suggested();
    let account = Account::wallet(&caller.actor(), WalletLeaf::Available);
    let account = account.map_err(ApiError::internal)?;
    let mut reader = tenants::as_tenant(api.pool(), caller.user()).await?;
    let balances = books::balances(&mut *reader, &account).await?;
    drop(reader);
    let mut held = balances.iter().map(|row| row.balance);
    let available = held
        .find(|balance| balance.currency() == Currency::Usd)
        .unwrap_or(Money::zero(Currency::Usd));
    Ok(Json(Estimated {
        estimate: (&run.estimate).into(),
        budget_suggested: budget.into(),
        based_on_jobs: run.history.jobs,
        machines_online: run.machines,
        memory_bytes: run.work.memory_bytes,
        gpu_memory_bytes: run.work.gpu_memory_bytes,
        wallet_suffices: available.minor() >= budget.minor(),
        wallet_available: available.into(),
    }))
}
