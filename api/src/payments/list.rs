//! Shows somebody's payments, and of each what was given back and what is disputed.

use axum::Json;
use domain::payments::PaymentId;
use domain::users::Scope;
use ledger::{Currency, Money};
use projections::payments::{self, Dispute, Payment, Refund};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::api::{Api, Routes};
use crate::money::Amount;
use crate::page::{self, Page};
use crate::parameters::{Path, Query};
use crate::position::Reached;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, rfc3339};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(show))
}

/// Which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A payment as its payer sees it
#[derive(Debug, Serialize, ToSchema)]
struct ShownPayment {
    #[schema(example = "payment_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    amount: Amount,
    /// What was given back or is on its way back
    refunded: Amount,
    /// `requested`, `open`, `processing`, `paid`, `failed` or `expired`
    #[schema(example = "paid")]
    status: String,
    /// What it is for, where it is for an order
    order: Option<String>,
    /// Where to pay, while it can be paid
    checkout_url: Option<String>,
    /// Why it failed
    reason: Option<String>,
    requested_at: String,
    /// Until when it can be paid
    expires_at: Option<String>,
}

/// A payment with what became of it
#[derive(Debug, Serialize, ToSchema)]
struct WholePayment {
    #[serde(flatten)]
    payment: ShownPayment,
    refunds: Vec<ShownRefund>,
    disputes: Vec<ShownDispute>,
}

/// Something that was given back
#[derive(Debug, Serialize, ToSchema)]
struct ShownRefund {
    #[schema(example = "refund_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    amount: Amount,
    /// `requested`, `sent`, `succeeded` or `failed`
    #[schema(example = "succeeded")]
    status: String,
    /// Why it failed
    reason: Option<String>,
    requested_at: String,
}

/// Something that the card's bank asks back
#[derive(Debug, Serialize, ToSchema)]
struct ShownDispute {
    #[schema(example = "du_1Nv0FGQ9RKHgCVdK")]
    id: String,
    amount: Amount,
    /// What of your money is frozen because of it
    frozen: Amount,
    /// `open`, `withdrawn`, `reinstated`, `lost`, `won` or `dropped`
    #[schema(example = "withdrawn")]
    status: String,
    #[schema(example = "fraudulent")]
    reason: String,
    opened_at: String,
}

fn money(minor: i64, currency: &str) -> Result<Amount, ApiError> {
    let currency: Currency = currency.parse().map_err(ApiError::internal)?;
    Ok(Amount(Money::from_minor(minor, currency)))
}

fn payment(found: Payment) -> Result<ShownPayment, ApiError> {
    Ok(ShownPayment {
        amount: money(found.amount_minor, &found.currency)?,
        refunded: money(found.refunded_minor, &found.currency)?,
        id: found.payment,
        status: found.status,
        order: found.order_reference,
        checkout_url: found.checkout_url,
        reason: found.reason,
        requested_at: rfc3339(found.requested_at),
        expires_at: found.expires_at.map(rfc3339),
    })
}

fn refund(found: Refund) -> Result<ShownRefund, ApiError> {
    Ok(ShownRefund {
        amount: money(found.amount_minor, &found.currency)?,
        id: found.refund,
        status: found.status,
        reason: found.reason,
        requested_at: rfc3339(found.requested_at),
    })
}

fn dispute(found: Dispute) -> Result<ShownDispute, ApiError> {
    Ok(ShownDispute {
        amount: money(found.amount_minor, &found.currency)?,
        frozen: money(found.frozen_minor, &found.currency)?,
        id: found.dispute,
        status: found.status,
        reason: found.reason,
        opened_at: rfc3339(found.opened_at),
    })
}

/// Your payments, the latest first
#[utoipa::path(get, path = "/v1/payments", tag = "payments", operation_id = "list_payments",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of payments", body = Page<ShownPayment>)))]
async fn list(
    api: Api,
    caller: Caller,
    Query(which): Query<Which>,
    _: Reached<payments::Payments>,
) -> Result<Json<Page<ShownPayment>>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = page::limit(which.limit)?;
    let before = page::place(which.cursor.as_deref())?.unwrap_or(i64::MAX);
    let payer = caller.actor();
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = payments::of_payer(&mut *tenant, &payer, before, limit + 1).await?;
    drop(tenant);
    let mut shown = Vec::with_capacity(found.len());
    for found in found {
        shown.push((found.requested_position, payment(found)?));
    }
    let place = |(position, _): &(i64, ShownPayment)| *position;
    Ok(Json(Page::of(shown, limit, place, |(_, payment)| payment)))
}

/// A payment of yours
#[utoipa::path(get, path = "/v1/payments/{payment}", tag = "payments",
    operation_id = "show_payment", security(("bearer" = [])),
    params(("payment" = String, Path, description = "Which payment")),
    responses((status = 200, description = "The payment", body = WholePayment)))]
async fn show(
    api: Api,
    caller: Caller,
    Path(id): Path<String>,
    _: Reached<payments::Payments>,
) -> Result<Json<WholePayment>, ApiError> {
    caller.insist(Scope::Read)?;
    let nothing = || ApiError::new(&kinds::NOT_FOUND);
    let id: PaymentId = id.parse().map_err(|_| nothing())?;
    let id = id.to_string();
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = payments::one(&mut *tenant, &id)
        .await?
        .ok_or_else(nothing)?;
    let refunds = payments::refunds_of(&mut *tenant, &id).await?;
    let disputes = payments::disputes_of(&mut *tenant, &id).await?;
    drop(tenant);
    Ok(Json(WholePayment {
        payment: payment(found)?,
        refunds: refunds.into_iter().map(refund).collect::<Result<_, _>>()?,
        disputes: disputes
            .into_iter()
            .map(dispute)
            .collect::<Result<_, _>>()?,
    }))
}
