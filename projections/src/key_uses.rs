//! When API keys were last used, for their owners to see which ones nobody needs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::users::ApiKeyId;
use sqlx::PgPool;

/// The key was used then, unless it is known that it was used later.
pub async fn note(pool: &PgPool, key: ApiKeyId, at: DateTime<Utc>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into api_key_uses as u (key_id, last_used_at) values ($1, $2) \
         on conflict (key_id) do update \
            set last_used_at = greatest(u.last_used_at, excluded.last_used_at)",
    )
    .bind(key.to_string())
    .bind(at)
    .execute(pool)
    .await
    .map(drop)
}

/// When keys were last used, as far as it is known.
pub async fn last(
    pool: &PgPool,
    keys: &[String],
) -> Result<HashMap<String, DateTime<Utc>>, sqlx::Error> {
    let rows: Vec<(String, DateTime<Utc>)> =
        sqlx::query_as("select key_id, last_used_at from api_key_uses where key_id = any($1)")
            .bind(keys)
            .fetch_all(pool)
            .await?;
    Ok(rows.into_iter().collect())
}
