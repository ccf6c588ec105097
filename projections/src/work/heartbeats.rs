//! When each machine was last heard about the unit that it has, for every server to see.

use chrono::{DateTime, Utc};
use domain::work::UnitId;
use sqlx::PgPool;

/// One thing heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    pub unit: UnitId,
    pub fence: u64,
    pub at: DateTime<Utc>,
}

/// Notes what was heard; something older never replaces something newer.
pub async fn note(pool: &PgPool, heard: &[Heard]) -> Result<(), sqlx::Error> {
    let units: Vec<String> = heard.iter().map(|it| it.unit.to_string()).collect();
    let fences: Vec<i64> = heard.iter().map(|it| stored(it.fence)).collect();
    let times: Vec<DateTime<Utc>> = heard.iter().map(|it| it.at).collect();
    sqlx::query(
        "insert into work_heartbeats (unit, fence, heard_at) \
         select unnest($1::text[]), unnest($2::bigint[]), unnest($3::timestamptz[]) \
         on conflict (unit) do update set fence = excluded.fence, heard_at = excluded.heard_at \
          where (work_heartbeats.fence, work_heartbeats.heard_at) \
                < (excluded.fence, excluded.heard_at)",
    )
    .bind(units)
    .bind(fences)
    .bind(times)
    .execute(pool)
    .await
    .map(drop)
}

/// What any server heard about these units last.
pub async fn of(pool: &PgPool, units: &[UnitId]) -> Result<Vec<Heard>, sqlx::Error> {
    let names: Vec<String> = units.iter().map(ToString::to_string).collect();
    let found: Vec<(String, i64, DateTime<Utc>)> =
        sqlx::query_as("select unit, fence, heard_at from work_heartbeats where unit = any($1)")
            .bind(names)
            .fetch_all(pool)
            .await?;
    let heard = |(unit, fence, at): (String, i64, DateTime<Utc>)| {
        let unit = unit.parse().ok()?;
        let fence = u64::try_from(fence).ok()?;
        Some(Heard { unit, fence, at })
    };
    Ok(found.into_iter().filter_map(heard).collect())
}

/// Forgets whatever was heard for the last time before then; says how many units that were.
pub async fn forget_before(pool: &PgPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let forgotten = sqlx::query("delete from work_heartbeats where heard_at < $1")
        .bind(then)
        .execute(pool)
        .await?;
    Ok(forgotten.rows_affected())
}

fn stored(fence: u64) -> i64 {
    i64::try_from(fence).unwrap_or(i64::MAX)
}
