//! When machines were last heard of and how busy they were: kept beside the log, and not for long.

use std::collections::HashMap;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use domain::servers::MachineId;
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgExecutor, PgPool};

/// A machine speaks every 15 seconds; whoever missed two times and the third is not there.
pub const ONLINE_WITHIN: TimeDelta = TimeDelta::seconds(45);
/// How long it is kept how busy a machine was.
pub const LOADS_KEPT: TimeDelta = TimeDelta::days(7);
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// When a machine was last heard of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Presence {
    pub seen_at: DateTime<Utc>,
    pub load: Option<Value>,
}

impl Presence {
    pub fn is_online(&self, now: DateTime<Utc>) -> bool {
        now - self.seen_at <= ONLINE_WITHIN
    }
}

/// How busy a machine was in some minute.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub struct Sample {
    pub minute: DateTime<Utc>,
    pub load: Value,
}

/// A machine was heard of; of each minute the latest load is kept.
pub async fn heard(
    writer: impl PgExecutor<'_>,
    machine: MachineId,
    load: &Value,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let minute = now.duration_trunc(MINUTE).unwrap_or(now);
    sqlx::query(
        "with present as ( \
            insert into machine_presence as p (machine, seen_at, load) values ($1, $2, $3) \
            on conflict (machine) do update \
               set seen_at = greatest(p.seen_at, excluded.seen_at), load = excluded.load) \
         insert into machine_loads (machine, minute, load) values ($1, $4, $3) \
         on conflict (machine, minute) do update set load = excluded.load",
    )
    .bind(machine.to_string())
    .bind(now)
    .bind(load)
    .bind(minute)
    .execute(writer)
    .await
    .map(drop)
}

/// When these machines were last heard of, as far as they ever were.
pub async fn presence_of(
    reader: impl PgExecutor<'_>,
    machines: &[MachineId],
) -> Result<HashMap<MachineId, Presence>, sqlx::Error> {
    let names: Vec<String> = machines.iter().map(MachineId::to_string).collect();
    let rows: Vec<(String, DateTime<Utc>, Option<Value>)> = sqlx::query_as(
        "select machine, seen_at, load from machine_presence where machine = any($1)",
    )
    .bind(names)
    .fetch_all(reader)
    .await?;
    let parse = |(machine, seen_at, load): (String, DateTime<Utc>, Option<Value>)| {
        let machine = machine.parse::<MachineId>();
        let machine = machine.map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok((machine, Presence { seen_at, load }))
    };
    rows.into_iter().map(parse).collect()
}

/// How busy a machine was, minute by minute, the earliest first.
pub async fn loads_of(
    reader: impl PgExecutor<'_>,
    machine: MachineId,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Sample>, sqlx::Error> {
    sqlx::query_as(
        "select minute, load from \
            (select minute, load from machine_loads where machine = $1 and minute >= $2 \
              order by minute desc limit $3) as latest \
          order by minute",
    )
    .bind(machine.to_string())
    .bind(since)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// Forgets how busy machines were before then, and those that were not heard of since.
pub async fn forget_before(pool: &PgPool, then: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let loads = sqlx::query("delete from machine_loads where minute < $1")
        .bind(then)
        .execute(pool)
        .await?;
    let gone = sqlx::query("delete from machine_presence where seen_at < $1")
        .bind(then)
        .execute(pool)
        .await?;
    Ok(loads.rows_affected() + gone.rows_affected())
}
