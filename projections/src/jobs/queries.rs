//! What can be asked of the jobs.

use chrono::{DateTime, Utc};
use domain::cards::{History, Model};
use domain::jobs::{JobId, Status};
use domain::users::UserId;
use serde::{Deserialize, Serialize};
use sqlx::PgExecutor;
use sqlx::error::BoxDynError;

use super::details::Details;

/// One job, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    pub job: JobId,
    pub status: Status,
    pub ordered_position: i64,
    pub updated_position: i64,
    pub ordered_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub details: Details,
}

type Stored = (
    String,
    String,
    i64,
    i64,
    DateTime<Utc>,
    DateTime<Utc>,
    String,
);

fn read(
    (job, status, ordered_position, updated_position, ordered_at, updated_at, details): Stored,
) -> Result<JobRow, sqlx::Error> {
    let undecodable = |error: BoxDynError| sqlx::Error::Decode(error);
    let known = Status::ALL.into_iter().find(|it| it.name() == status);
    Ok(JobRow {
        job: job.parse().map_err(|error| undecodable(Box::new(error)))?,
        status: known.ok_or_else(|| undecodable(format!("no status is {status}").into()))?,
        ordered_position,
        updated_position,
        ordered_at,
        updated_at,
        details: serde_json::from_str(&details).map_err(|error| undecodable(error.into()))?,
    })
}

/// A place in a list of jobs; those ordered before it are shown, the latest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(i64);

impl Cursor {
    pub const LATEST: Self = Self(i64::MAX);

    /// Before the job that was ordered at this position.
    pub const fn at(position: i64) -> Self {
        Self(position)
    }
}

impl JobRow {
    /// From where the next page goes on.
    pub const fn cursor(&self) -> Cursor {
        Cursor(self.ordered_position)
    }
}

/// Which jobs of a customer are asked for; all, where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    pub status: Option<Status>,
}

/// One job, to whoever may see it.
pub async fn one(reader: impl PgExecutor<'_>, job: JobId) -> Result<Option<JobRow>, sqlx::Error> {
    let stored: Option<Stored> = sqlx::query_as(
        "select job, status, ordered_position, updated_position, ordered_at, updated_at, details \
           from read_jobs.jobs where job = $1",
    )
    .bind(job.to_string())
    .fetch_optional(reader)
    .await?;
    stored.map(read).transpose()
}

/// A customer's jobs, the latest first.
pub async fn of_customer(
    reader: impl PgExecutor<'_>,
    customer: UserId,
    filter: Filter,
    Cursor(before): Cursor,
    limit: i64,
) -> Result<Vec<JobRow>, sqlx::Error> {
    let stored: Vec<Stored> = sqlx::query_as(
        "select job, status, ordered_position, updated_position, ordered_at, updated_at, details \
           from read_jobs.jobs \
          where customer = $1 and ordered_position < $2 and ($3::text is null or status = $3) \
          order by ordered_position desc limit $4",
    )
    .bind(customer.to_string())
    .bind(before)
    .bind(filter.status.map(Status::name))
    .bind(limit)
    .fetch_all(reader)
    .await?;
    stored.into_iter().map(read).collect()
}

/// How long finished jobs of a model took, beside what was expected of them; the latest thousand.
pub async fn history_of(reader: impl PgExecutor<'_>, model: Model) -> Result<History, sqlx::Error> {
    let (jobs, expected, taken): (i64, i64, i64) = sqlx::query_as(
        "select count(*), coalesce(sum(seconds_expected), 0)::bigint, \
                coalesce(sum(trained_seconds), 0)::bigint \
           from (select seconds_expected, trained_seconds from read_jobs.jobs \
                  where model = $1 and status = 'done' and trained_seconds > 0 \
                  order by ordered_position desc limit 1000) as latest",
    )
    .bind(model.name())
    .fetch_one(reader)
    .await?;
    let whole = |value: i64| u64::try_from(value).unwrap_or(0);
    Ok(History {
        jobs: whole(jobs),
        seconds_expected: whole(expected),
        seconds_taken: whole(taken),
    })
}
