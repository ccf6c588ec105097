//! What can be asked of the payments.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// One payment, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Payment {
    pub payment: String,
    pub payer: String,
    pub amount_minor: i64,
    pub fee_minor: i64,
    /// What was given back or is on its way back.
    pub refunded_minor: i64,
    pub currency: String,
    /// `requested`, `open`, `processing`, `paid`, `failed` or `expired`.
    pub status: String,
    pub order_reference: Option<String>,
    /// While it can be paid.
    pub checkout_url: Option<String>,
    pub reason: Option<String>,
    pub requested_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub requested_position: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Refund {
    pub refund: String,
    pub payment: String,
    pub amount_minor: i64,
    pub currency: String,
    /// `requested`, `sent`, `succeeded` or `failed`.
    pub status: String,
    pub reason: Option<String>,
    pub requested_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Dispute {
    pub dispute: String,
    pub payment: String,
    pub amount_minor: i64,
    /// What of the payer's money is frozen because of it.
    pub frozen_minor: i64,
    pub currency: String,
    /// `open`, `withdrawn`, `reinstated`, `lost`, `won` or `dropped`.
    pub status: String,
    pub reason: String,
    pub opened_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// The payments of somebody that were requested before a position, the latest first.
pub async fn of_payer(
    reader: impl PgExecutor<'_>,
    payer: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Payment>, sqlx::Error> {
    sqlx::query_as(
        "select payment, payer, amount_minor, fee_minor, refunded_minor, currency, status, \
                order_reference, checkout_url, reason, requested_at, updated_at, expires_at, \
                requested_position \
           from read_payments.payments where payer = $1 and requested_position < $2 \
          order by requested_position desc limit $3",
    )
    .bind(payer)
    .bind(before)
    .bind(limit)
    .fetch_all(reader)
    .await
}

pub async fn one(
    reader: impl PgExecutor<'_>,
    payment: &str,
) -> Result<Option<Payment>, sqlx::Error> {
    sqlx::query_as(
        "select payment, payer, amount_minor, fee_minor, refunded_minor, currency, status, \
                order_reference, checkout_url, reason, requested_at, updated_at, expires_at, \
                requested_position \
           from read_payments.payments where payment = $1",
    )
    .bind(payment)
    .fetch_optional(reader)
    .await
}

/// The refunds of a payment, the earliest first.
pub async fn refunds_of(
    reader: impl PgExecutor<'_>,
    payment: &str,
) -> Result<Vec<Refund>, sqlx::Error> {
    sqlx::query_as(
        "select refund, payment, amount_minor, currency, status, reason, requested_at, updated_at \
           from read_payments.refunds where payment = $1 order by requested_position, refund",
    )
    .bind(payment)
    .fetch_all(reader)
    .await
}

/// The disputes of a payment, the earliest first.
pub async fn disputes_of(
    reader: impl PgExecutor<'_>,
    payment: &str,
) -> Result<Vec<Dispute>, sqlx::Error> {
    sqlx::query_as(
        "select dispute, payment, amount_minor, frozen_minor, currency, status, reason, opened_at, \
                updated_at \
           from read_payments.disputes where payment = $1 order by opened_position, dispute",
    )
    .bind(payment)
    .fetch_all(reader)
    .await
}

/// The payments for which no checkout has been opened, the longest waiting first.
pub async fn to_open(reader: impl PgExecutor<'_>, limit: i64) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select payment from read_payments.payments where status = 'requested' \
          order by updated_at limit $1",
    )
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// The payments whose checkout is over by the clock, or that have been processed for long, without
/// anybody having said how it ended.
pub async fn overdue(
    reader: impl PgExecutor<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select payment from read_payments.payments \
          where status in ('open', 'processing') and expires_at <= $1 \
          order by expires_at limit $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// The refunds that the processor does not know of yet, with their payments.
pub async fn refunds_to_send(
    reader: impl PgExecutor<'_>,
    limit: i64,
) -> Result<Vec<(String, String)>, sqlx::Error> {
    sqlx::query_as(
        "select payment, refund from read_payments.refunds where status = 'requested' \
          order by updated_at limit $1",
    )
    .bind(limit)
    .fetch_all(reader)
    .await
}
