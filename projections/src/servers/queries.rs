//! What can be asked about machines; every list comes in pages.

use chrono::{DateTime, Utc};
use domain::servers::{
    AgentVersion, Hardware, HourlyPrice, Isolations, JoinTokenId, MachineId, Region, Runtimes,
};
use domain::users::UserId;
use ledger::{Currency, Money};
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, Row};

use super::presence::ONLINE_WITHIN;
use crate::people::{Cursor, stored};

/// A machine as the log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub machine: MachineId,
    pub provider: UserId,
    pub hardware: Hardware,
    pub isolation: Isolations,
    pub runtimes: Runtimes,
    pub agent_version: AgentVersion,
    /// For each slot.
    pub hourly: HourlyPrice,
    pub region: Option<Region>,
    pub drained: bool,
    pub verified: bool,
    pub enrolled_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub retired_at: Option<DateTime<Utc>>,
    /// Where it was enrolled.
    pub position: i64,
}

/// A machine that was heard of lately and takes work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Online {
    pub machine: Machine,
    pub seen_at: DateTime<Utc>,
}

/// A join token as its maker sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JoinToken {
    pub token: JoinTokenId,
    pub provider: UserId,
    pub machines_max: i64,
    /// How many have joined by it.
    pub machines: i64,
    pub made_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// Where it was made.
    pub position: i64,
}

fn foreign(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

impl FromRow<'_, PgRow> for Machine {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let text = |column: &str| row.try_get::<&str, _>(column);
        let hourly = Money::from_minor(row.try_get("hourly_minor")?, Currency::Usd);
        let region: Option<&str> = row.try_get("region")?;
        Ok(Self {
            machine: text("machine")?.parse().map_err(foreign)?,
            provider: text("provider")?.parse().map_err(foreign)?,
            hardware: serde_json::from_str(text("hardware")?).map_err(foreign)?,
            isolation: stored::all_named(text("isolation")?).map_err(foreign)?,
            runtimes: stored::all_named(text("runtimes")?).map_err(foreign)?,
            agent_version: text("agent_version")?.parse().map_err(foreign)?,
            hourly: HourlyPrice::try_new(hourly).map_err(foreign)?,
            region: region.map(str::parse).transpose().map_err(foreign)?,
            drained: row.try_get("drained")?,
            verified: row.try_get("verified")?,
            enrolled_at: row.try_get("enrolled_at")?,
            changed_at: row.try_get("changed_at")?,
            retired_at: row.try_get("retired_at")?,
            position: row.try_get("position")?,
        })
    }
}

impl FromRow<'_, PgRow> for Online {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            machine: Machine::from_row(row)?,
            seen_at: row.try_get("seen_at")?,
        })
    }
}

impl FromRow<'_, PgRow> for JoinToken {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let text = |column: &str| row.try_get::<&str, _>(column);
        Ok(Self {
            token: text("token")?.parse().map_err(foreign)?,
            provider: text("provider")?.parse().map_err(foreign)?,
            machines_max: row.try_get("machines_max")?,
            machines: row.try_get("machines")?,
            made_at: row.try_get("made_at")?,
            expires_at: row.try_get("expires_at")?,
            revoked_at: row.try_get("revoked_at")?,
            position: row.try_get("position")?,
        })
    }
}

/// The machines of a provider behind `after`, the latest enrolled first; retired ones where they
/// are asked for.
pub async fn machines_of(
    reader: impl PgExecutor<'_>,
    provider: UserId,
    retired: bool,
    after: Cursor,
    limit: i64,
) -> Result<Vec<Machine>, sqlx::Error> {
    sqlx::query_as(
        "select machine, provider, hardware, isolation, runtimes, agent_version, hourly_minor, \
                region, drained, verified, enrolled_at, changed_at, retired_at, position \
           from read_servers.machines \
          where provider = $1 and position < $2 and ($3 or retired_at is null) \
          order by position desc limit $4",
    )
    .bind(provider.to_string())
    .bind(after.position())
    .bind(retired)
    .bind(limit)
    .fetch_all(reader)
    .await
}

pub async fn machine(
    reader: impl PgExecutor<'_>,
    machine: MachineId,
) -> Result<Option<Machine>, sqlx::Error> {
    sqlx::query_as(
        "select machine, provider, hardware, isolation, runtimes, agent_version, hourly_minor, \
                region, drained, verified, enrolled_at, changed_at, retired_at, position \
           from read_servers.machines where machine = $1",
    )
    .bind(machine.to_string())
    .fetch_optional(reader)
    .await
}

/// Every machine that takes work now, the cheapest first; whoever dispatches may ask this, and
/// nobody on behalf of a tenant, to whom when a machine was heard of is not shown.
pub async fn online(
    reader: impl PgExecutor<'_>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Online>, sqlx::Error> {
    sqlx::query_as(
        "select m.machine, m.provider, m.hardware, m.isolation, m.runtimes, m.agent_version, \
                m.hourly_minor, m.region, m.drained, m.verified, m.enrolled_at, m.changed_at, \
                m.retired_at, m.position, p.seen_at \
           from machine_presence p join read_servers.machines m on m.machine = p.machine \
          where p.seen_at >= $1 and m.retired_at is null and not m.drained \
          order by m.hourly_minor, m.machine limit $2",
    )
    .bind(now - ONLINE_WITHIN)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// One machine, if it takes work now.
pub async fn online_machine(
    reader: impl PgExecutor<'_>,
    machine: MachineId,
    now: DateTime<Utc>,
) -> Result<Option<Online>, sqlx::Error> {
    sqlx::query_as(
        "select m.machine, m.provider, m.hardware, m.isolation, m.runtimes, m.agent_version, \
                m.hourly_minor, m.region, m.drained, m.verified, m.enrolled_at, m.changed_at, \
                m.retired_at, m.position, p.seen_at \
           from machine_presence p join read_servers.machines m on m.machine = p.machine \
          where p.machine = $1 and p.seen_at >= $2 and m.retired_at is null and not m.drained",
    )
    .bind(machine.to_string())
    .bind(now - ONLINE_WITHIN)
    .fetch_optional(reader)
    .await
}

/// The join tokens of a provider behind `after`, the latest made first.
pub async fn join_tokens_of(
    reader: impl PgExecutor<'_>,
    provider: UserId,
    after: Cursor,
    limit: i64,
) -> Result<Vec<JoinToken>, sqlx::Error> {
    sqlx::query_as(
        "select token, provider, machines_max, machines, made_at, expires_at, revoked_at, position \
           from read_servers.join_tokens where provider = $1 and position < $2 \
          order by position desc limit $3",
    )
    .bind(provider.to_string())
    .bind(after.position())
    .bind(limit)
    .fetch_all(reader)
    .await
}
