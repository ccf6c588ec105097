//! What can be asked of the objects.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

/// How far an object has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Open,
    Stored,
    Removed,
    Expired,
}

impl Standing {
    pub(super) const ALL: [Self; 4] = [Self::Open, Self::Stored, Self::Removed, Self::Expired];

    /// Stored.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Stored => "stored",
            Self::Removed => "removed",
            Self::Expired => "expired",
        }
    }
}

/// One object, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Object {
    pub object: String,
    pub owner: String,
    pub kind: String,
    pub bytes: i64,
    /// `open`, `stored`, `removed` or `expired`.
    pub standing: String,
    pub sha256: Option<String>,
    /// `usable` or `refused`, once it was inspected.
    pub verdict: Option<String>,
    pub format: Option<String>,
    pub rows: Option<i64>,
    pub columns: Option<i64>,
    pub classes: Option<i64>,
    pub ended_because: Option<String>,
    pub opened_at: DateTime<Utc>,
    pub changed_at: DateTime<Utc>,
    pub opened_position: i64,
}

/// The objects of somebody that are stored or on their way, the latest first.
pub async fn list(
    reader: impl PgExecutor<'_>,
    owner: &str,
    kind: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Object>, sqlx::Error> {
    sqlx::query_as(
        "select object, owner, kind, bytes, standing, sha256, verdict, format, rows, columns, \
                classes, ended_because, opened_at, changed_at, opened_position \
           from read_objects.objects \
          where owner = $1 and kind = $2 and opened_position < $3 \
            and standing in ('open', 'stored') \
          order by opened_position desc limit $4",
    )
    .bind(owner)
    .bind(kind)
    .bind(before)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// The objects of somebody of any kind that are not over, the latest first.
pub async fn list_all(
    reader: impl PgExecutor<'_>,
    owner: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Object>, sqlx::Error> {
    sqlx::query_as(
        "select object, owner, kind, bytes, standing, sha256, verdict, format, rows, columns, \
                classes, ended_because, opened_at, changed_at, opened_position \
           from read_objects.objects \
          where owner = $1 and opened_position < $2 and standing in ('open', 'stored') \
          order by opened_position desc limit $3",
    )
    .bind(owner)
    .bind(before)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// In which order a list goes, and behind which place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The latest first.
    Before(i64),
    /// The earliest first.
    After(i64),
}

/// The objects of somebody of these kinds that are there in full.
pub async fn stored(
    reader: impl PgExecutor<'_>,
    owner: &str,
    kinds: &[&str],
    from: From,
    limit: i64,
) -> Result<Vec<Object>, sqlx::Error> {
    let query = match from {
        From::Before(_) => sqlx::query_as(
            "select object, owner, kind, bytes, standing, sha256, verdict, format, rows, \
                    columns, classes, ended_because, opened_at, changed_at, opened_position \
               from read_objects.objects \
              where owner = $1 and kind = any($2) and opened_position < $3 \
                and standing = 'stored' \
              order by opened_position desc limit $4",
        ),
        From::After(_) => sqlx::query_as(
            "select object, owner, kind, bytes, standing, sha256, verdict, format, rows, \
                    columns, classes, ended_because, opened_at, changed_at, opened_position \
               from read_objects.objects \
              where owner = $1 and kind = any($2) and opened_position > $3 \
                and standing = 'stored' \
              order by opened_position limit $4",
        ),
    };
    let (From::Before(place) | From::After(place)) = from;
    query
        .bind(owner)
        .bind(kinds)
        .bind(place)
        .bind(limit)
        .fetch_all(reader)
        .await
}

/// One object, whatever became of it.
pub async fn of(reader: impl PgExecutor<'_>, object: &str) -> Result<Option<Object>, sqlx::Error> {
    sqlx::query_as(
        "select object, owner, kind, bytes, standing, sha256, verdict, format, rows, columns, \
                classes, ended_because, opened_at, changed_at, opened_position \
           from read_objects.objects where object = $1",
    )
    .bind(object)
    .fetch_optional(reader)
    .await
}
