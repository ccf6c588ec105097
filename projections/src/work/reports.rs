//! Progress and log lines of units, in an order in which a reader can go on where it was.

use chrono::{DateTime, Utc};
use domain::work::UnitId;
use serde_json::Value;
use sqlx::{PgPool, QueryBuilder};

/// One thing that a machine said about a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub number: i64,
    pub at: DateTime<Utc>,
    /// `progress` or `log`.
    pub kind: String,
    pub body: Value,
}

/// Something to be kept.
#[derive(Clone, Debug)]
pub struct NewReport {
    pub kind: &'static str,
    pub body: Value,
}

pub const PROGRESS: &str = "progress";
pub const LOG: &str = "log";

/// Keeps what a machine said, in the order in which it said it.
pub async fn keep(
    pool: &PgPool,
    unit: UnitId,
    at: DateTime<Utc>,
    reports: &[NewReport],
) -> Result<(), sqlx::Error> {
    if reports.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::new("insert into work_reports (at, unit, kind, body) ");
    insert.push_values(reports, |mut row, report| {
        row.push_bind(at)
            .push_bind(unit.to_string())
            .push_bind(report.kind)
            .push_bind(&report.body);
    });
    insert.build().execute(pool).await.map(drop)
}

/// What was said about a unit after this number, the earliest first.
///
/// It is not folded from the log and knows no tenants: whoever asks has found out that the unit is
/// theirs.
pub async fn after(
    pool: &PgPool,
    unit: UnitId,
    number: i64,
    limit: i64,
) -> Result<Vec<Report>, sqlx::Error> {
    let found: Vec<(i64, DateTime<Utc>, String, Value)> = sqlx::query_as(
        "select number, at, kind, body from work_reports \
          where unit = $1 and number > $2 order by number limit $3",
    )
    .bind(unit.to_string())
    .bind(number)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().map(report).collect())
}

/// What was said about a unit before this number, the latest first; it knows no tenants either.
pub async fn before(
    pool: &PgPool,
    unit: UnitId,
    number: i64,
    limit: i64,
) -> Result<Vec<Report>, sqlx::Error> {
    let found: Vec<(i64, DateTime<Utc>, String, Value)> = sqlx::query_as(
        "select number, at, kind, body from work_reports \
          where unit = $1 and number < $2 order by number desc limit $3",
    )
    .bind(unit.to_string())
    .bind(number)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().map(report).collect())
}

/// The progress with which checkpoints of a unit were saved, the latest first.
pub async fn saved(pool: &PgPool, unit: UnitId, limit: i64) -> Result<Vec<Report>, sqlx::Error> {
    let found: Vec<(i64, DateTime<Utc>, String, Value)> = sqlx::query_as(
        "select number, at, kind, body from work_reports \
          where unit = $1 and kind = 'progress' and body ->> 'saved_step' is not null \
          order by number desc limit $2",
    )
    .bind(unit.to_string())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().map(report).collect())
}

fn report((number, at, kind, body): (i64, DateTime<Utc>, String, Value)) -> Report {
    Report {
        number,
        at,
        kind,
        body,
    }
}

/// What was said of a kind about a unit, the earliest first, in so many at most: where there is
/// more, every so manieth, counted from the latest, which is always there.
pub async fn sampled(
    pool: &PgPool,
    unit: UnitId,
    kind: &str,
    limit: i64,
) -> Result<Vec<Report>, sqlx::Error> {
    let found: Vec<(i64, DateTime<Utc>, String, Value)> = sqlx::query_as(
        "select number, at, kind, body \
           from (select number, at, kind, body, \
                        row_number() over (order by number desc) - 1 as back, \
                        count(*) over () as all_of_them \
                   from work_reports where unit = $1 and kind = $2) as said \
          where back % ((all_of_them + $3 - 1) / $3) = 0 order by number",
    )
    .bind(unit.to_string())
    .bind(kind)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    let report = |(number, at, kind, body)| Report {
        number,
        at,
        kind,
        body,
    };
    Ok(found.into_iter().map(report).collect())
}

/// The latest thing of a kind that was said about a unit.
pub async fn latest(
    pool: &PgPool,
    unit: UnitId,
    kind: &str,
) -> Result<Option<Report>, sqlx::Error> {
    let found: Option<(i64, DateTime<Utc>, String, Value)> = sqlx::query_as(
        "select number, at, kind, body from work_reports \
          where unit = $1 and kind = $2 order by number desc limit 1",
    )
    .bind(unit.to_string())
    .bind(kind)
    .fetch_optional(pool)
    .await?;
    Ok(found.map(report))
}

/// Forgets at most so many of what was said before; says how many.
pub async fn forget_before(
    pool: &PgPool,
    before: DateTime<Utc>,
    limit: i64,
) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query(
        "delete from work_reports where (unit, number) in \
           (select unit, number from work_reports where at < $1 order by at limit $2)",
    )
    .bind(before)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(forgotten.rows_affected())
}
