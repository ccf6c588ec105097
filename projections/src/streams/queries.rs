//! What can be asked of the histories.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgExecutor;
use uuid::Uuid;

/// One event in the history of an aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct Entry {
    pub position: i64,
    pub sequence: i64,
    pub event_id: Uuid,
    pub event_type: String,
    pub recorded_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub actor: String,
    pub correlation_id: Option<String>,
    pub causation_id: Option<String>,
    pub request_id: Option<String>,
}

/// Everything that happened to an aggregate, in order.
pub async fn history(
    reader: impl PgExecutor<'_>,
    aggregate_type: &str,
    aggregate_id: &str,
) -> Result<Vec<Entry>, sqlx::Error> {
    sqlx::query_as(
        "select position, sequence, event_id, event_type, recorded_at, effective_at, actor, \
                correlation_id, causation_id, request_id \
           from read_streams.history where aggregate_type = $1 and aggregate_id = $2 \
          order by sequence",
    )
    .bind(aggregate_type)
    .bind(aggregate_id)
    .fetch_all(reader)
    .await
}
