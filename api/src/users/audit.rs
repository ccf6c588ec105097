//! What was done to accounts and by whom, for those who have to answer for it.

use axum::Json;
use chrono::{DateTime, Utc};
use domain::users::UserId;
use projections::people::{self, ActionFilter, People};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::Auditor;
use super::sign_in::rfc3339;
use crate::api::{Api, Routes};
use crate::page::{self, Page};
use crate::parameters::Query;
use crate::position::Reached;
use crate::problem::{ApiError, kinds};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(audit))
}

/// Which actions, and which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Whose account it was done to
    user: Option<String>,
    /// Who did it
    actor: Option<String>,
    /// The name of the event, such as user.blocked
    action: Option<String>,
    /// Recorded then or later
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<DateTime<Utc>>,
    /// Recorded before then
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<DateTime<Utc>>,
    /// What the page before gave as `next`
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Something that was done to an account
#[derive(Serialize, ToSchema)]
pub struct ShownAction {
    /// Of the event in the log
    #[schema(minimum = 1)]
    position: i64,
    at: String,
    actor: String,
    user: String,
    #[schema(example = "user.blocked")]
    action: String,
    /// What the name does not say: a role, a reason, a cause
    detail: Option<String>,
    request_id: Option<String>,
}

/// What was done to accounts, the latest first
#[utoipa::path(get, path = "/v1/audit", tag = "staff", operation_id = "audit",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of actions", body = Page<ShownAction>)))]
async fn audit(
    api: Api,
    _: Auditor,
    Query(which): Query<Which>,
    _: Reached<People>,
) -> Result<Json<Page<ShownAction>>, ApiError> {
    let limit = page::limit(which.limit)?;
    let after = page::cursor(which.cursor.as_deref())?;
    let user = which.user.map(|user| user.parse::<UserId>()).transpose();
    let user = user.map_err(|_| {
        ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("Send the identity of a user.")
            .field("user")
    })?;
    let filter = ActionFilter {
        user,
        actor: which.actor,
        action: which.action,
        from: which.from,
        to: which.to,
    };
    let mut staff = tenants::as_staff(api.pool()).await?;
    let found = people::actions(&mut *staff, &filter, after, limit + 1).await?;
    drop(staff);
    let show = |it: people::Action| ShownAction {
        position: it.position,
        at: rfc3339(it.at),
        actor: it.actor,
        user: it.user.to_string(),
        action: it.action,
        detail: it.detail,
        request_id: it.request_id,
    };
    Ok(Json(Page::of(found, limit, |it| it.position, show)))
}
