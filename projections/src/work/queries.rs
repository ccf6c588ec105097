//! What can be asked of the units.

use chrono::{DateTime, Utc};
use domain::users::UserId;
use domain::work::{MachineId, Outline, UnitId};
use futures::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, PgPool, Row};

use super::Work;
use crate::projection::Projection as _;

/// A unit and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub unit: UnitId,
    pub customer: UserId,
    pub enqueued_position: i64,
    pub enqueued_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub outline: Outline,
}

/// What a machine did with the units that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub machine: MachineId,
    pub leases: i64,
    pub losses: i64,
    /// Of the units that it did alone: what they were expected to take, and what they took.
    pub seconds_expected: i64,
    pub seconds_trained: i64,
}

/// A unit that waits or is worked on, as one message of many.
pub type Alive = Standing;

fn foreign(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

impl FromRow<'_, PgRow> for Standing {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let text = |column: &str| row.try_get::<&str, _>(column);
        Ok(Self {
            unit: text("unit")?.parse().map_err(foreign)?,
            customer: text("customer")?.parse().map_err(foreign)?,
            enqueued_position: row.try_get("enqueued_position")?,
            enqueued_at: row.try_get("enqueued_at")?,
            changed_at: row.try_get("changed_at")?,
            outline: serde_json::from_str(text("outline")?).map_err(foreign)?,
        })
    }
}

impl FromRow<'_, PgRow> for Record {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            machine: row
                .try_get::<&str, _>("machine")?
                .parse()
                .map_err(foreign)?,
            leases: row.try_get("leases")?,
            losses: row.try_get("losses")?,
            seconds_expected: row.try_get("seconds_expected")?,
            seconds_trained: row.try_get("seconds_trained")?,
        })
    }
}

pub async fn unit(
    reader: impl PgExecutor<'_>,
    unit: UnitId,
) -> Result<Option<Standing>, sqlx::Error> {
    sqlx::query_as(
        "select enqueued_position, enqueued_at, changed_at, unit, customer, outline \
           from read_work.units where unit = $1",
    )
    .bind(unit.to_string())
    .fetch_optional(reader)
    .await
}

/// The units of an order, in the order in which they were enqueued.
pub async fn of_order(
    reader: impl PgExecutor<'_>,
    order: &str,
) -> Result<Vec<Standing>, sqlx::Error> {
    sqlx::query_as(
        "select enqueued_position, enqueued_at, changed_at, unit, customer, outline \
           from read_work.units where order_reference = $1 order by enqueued_position",
    )
    .bind(order)
    .fetch_all(reader)
    .await
}

/// What each machine did so far, and the position up to which that is counted; and beside it every
/// unit that waits or is worked on, as of the same position, shown one by one in their order.
///
/// For whoever dispatches and then follows the log from that position on.
pub async fn alive(
    pool: &PgPool,
    mut visit: impl FnMut(Alive),
) -> Result<(i64, Vec<Record>), sqlx::Error> {
    let how = "begin isolation level repeatable read read only";
    let mut snapshot = store::begin(pool, how).await?;
    let position: Option<i64> =
        sqlx::query_scalar("select position from projection_checkpoints where name = $1")
            .bind(Work::NAME)
            .fetch_optional(&mut *snapshot)
            .await?;
    // Nobody has folded anything yet.
    let Some(position) = position else {
        return Ok((0, Vec::new()));
    };
    let mut units = sqlx::query_as(
        "select enqueued_position, enqueued_at, changed_at, unit, customer, outline \
           from read_work.units where status in ('queued', 'leased') \
          order by enqueued_position",
    )
    .fetch(&mut *snapshot);
    while let Some(unit) = units.try_next().await? {
        visit(unit);
    }
    drop(units);
    let records = records(&mut *snapshot).await?;
    snapshot.rollback().await?;
    Ok((position, records))
}

pub async fn records(reader: impl PgExecutor<'_>) -> Result<Vec<Record>, sqlx::Error> {
    sqlx::query_as(
        "select machine, leases, losses, seconds_expected, seconds_trained \
           from read_work.records order by machine",
    )
    .fetch_all(reader)
    .await
}
