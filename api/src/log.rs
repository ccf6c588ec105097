//! Shows anybody where the log ends, so that they can hold a copy against it.

use axum::Json;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use store::Head;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::api::{Api, Routes};
use crate::problem::ApiError;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(head))
}

/// Where the log ends
#[derive(Serialize, ToSchema)]
struct LogHead {
    /// How many events there are
    #[schema(example = 42, minimum = 0)]
    position: i64,
    /// Of the last event, over it and the hash before it: SHA-256 in hexadecimal digits
    #[schema(pattern = "^[0-9a-f]{64}$")]
    hash: String,
    /// When the last event was recorded
    #[schema(format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    recorded_at: String,
}

impl From<Head> for LogHead {
    fn from(head: Head) -> Self {
        Self {
            position: head.position,
            hash: head.hash.to_string(),
            recorded_at: rfc3339(head.recorded_at),
        }
    }
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Where the log ends
///
/// Whoever notes this can show later that nothing before it was changed.
#[utoipa::path(get, path = "/v1/log/head", tag = "log", operation_id = "log_head", security(()),
    responses((status = 200, description = "The head", body = LogHead)))]
async fn head(api: Api) -> Result<Json<LogHead>, ApiError> {
    Ok(Json(api.log().head().await?.into()))
}
