//! Training jobs: what is on offer, ordering, following, and what came of it and what it cost.

mod act;
mod cards;
mod curves;
mod download;
mod estimate;
mod list;
mod needs;
mod order;
mod problems;
mod receipt;
mod shown;
mod status;
mod train;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::jobs::{Job, JobId};
use domain::users::UserId;
use ed25519_dalek::SigningKey;
use ledger::{Currency, Money};
use projections::jobs::{self, JobRow};
use projections::{Projection as _, tenants};
use store::{Commands, Log, StoreError};

use crate::api::{Api, Routes};
use crate::openapi::insist_on_just_one;
use crate::payments::Payments;
use crate::problem::{ApiError, kinds};
use crate::users::Caller;

pub(crate) use needs::MachineWanted;
pub(crate) use order::{FirstWeights, Run};
pub(crate) use problems::{DATASET_UNKNOWN, FUNDS_MISSING};

/// What orders stand on; clones share it.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    jobs: Commands<Job>,
    payments: Payments,
    receipt_key: SigningKey,
}

impl std::fmt::Debug for Jobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Jobs")
    }
}

impl Jobs {
    /// Receipts are signed with this key.
    pub fn new(log: &Log, payments: Payments, receipt_key: [u8; 32]) -> Self {
        Self(Arc::new(Inner {
            jobs: Commands::new(log.clone()),
            payments,
            receipt_key: SigningKey::from_bytes(&receipt_key),
        }))
    }

    /// Its own routes; they stand within all of the [`Product`](crate::Product).
    pub fn routes() -> Routes {
        let mut routes = Routes::new()
            .merge(cards::routes())
            .merge(estimate::routes())
            .merge(train::routes())
            .merge(list::routes())
            .merge(curves::routes())
            .merge(status::routes())
            .merge(act::routes())
            .merge(download::routes())
            .merge(receipt::routes());
        let dataset = ["dataset_id", "dataset_url"];
        insist_on_just_one(routes.get_openapi_mut(), "NewJob", &dataset);
        routes
    }

    fn commands(&self) -> &Commands<Job> {
        &self.0.jobs
    }

    fn payments(&self) -> &Payments {
        &self.0.payments
    }

    pub(crate) fn log(&self) -> &Log {
        self.0.jobs.log()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.log().clock().now()
    }

    fn receipt_key(&self) -> &SigningKey {
        &self.0.receipt_key
    }

    /// The job as of this moment, if it is the caller's.
    pub(crate) async fn look(&self, job: JobId, caller: &Caller) -> Result<Job, ApiError> {
        let looked = self.commands().look(&job.to_string()).await;
        let state = looked.map_err(|error| match error {
            StoreError::Answer(error) => error.into(),
            other => ApiError::internal(other),
        })?;
        let owner = match &state {
            Job::Unordered => None,
            Job::Pending { terms, .. } | Job::Over { terms, .. } => Some(terms.customer),
            Job::Active { account, .. } => Some(account.terms.customer),
        };
        if owner == Some(caller.user()) {
            Ok(state)
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }

    /// A job of the caller's as the read tables have it. One that was ordered a moment ago is in
    /// the log before it is there; whoever ordered it need not know.
    async fn settled(&self, api: &Api, job: JobId, caller: &Caller) -> Result<JobRow, ApiError> {
        match self.own(job, caller.user()).await {
            Err(refusal) if refusal.kind() == &kinds::NOT_FOUND => {}
            known => return known,
        }
        self.look(job, caller).await?;
        let head = self.log().head().await?.position;
        api.reach(jobs::Jobs::NAME, head).await?;
        self.own(job, caller.user()).await
    }

    /// A job of this customer, as the read tables have it.
    pub(crate) async fn own(&self, job: JobId, customer: UserId) -> Result<JobRow, ApiError> {
        let mut reader = tenants::as_tenant(self.log().pool(), customer).await?;
        let found = jobs::one(&mut *reader, job).await?;
        found.ok_or_else(|| ApiError::new(&kinds::NOT_FOUND))
    }
}

/// In dollars and whole cents, as a card can be charged; `field` is what it was said for.
pub(crate) fn payable(money: Money, field: &'static str) -> Result<Money, ApiError> {
    if money.currency() == Currency::Usd && money.is_positive() && money.whole_cents() {
        Ok(money)
    } else {
        Err(ApiError::new(&problems::BUDGET_INVALID)
            .detail("Send a positive amount in USD and whole cents, such as 12.50.")
            .field(field))
    }
}

/// What stands in a path: a job, or the unit that does its work; where it cannot be read, there is
/// nothing.
fn identity(text: &str) -> Result<JobId, ApiError> {
    let unit = text.strip_prefix("unit_").map(|uuid| format!("job_{uuid}"));
    let job = unit.as_deref().unwrap_or(text);
    job.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))
}
