//! What was done to accounts and by whom, for those who have to answer for it.

use axum::Json;
use domain::users::UserId;
use projections::people::{self, ActionFilter, People};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::Auditor;
use super::sign_in::rfc3339;
use crate::api::{Api, Routes};
use crate::moment::Moment;
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
    #[param(pattern = "^user_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    user: Option<String>,
    /// Who did it
    #[param(pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    actor: Option<String>,
    /// The name of the event, such as user.blocked
    #[param(pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$")]
    action: Option<String>,
    /// Recorded then or later
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Recorded before then
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Moment>,
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
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
        actor: plain(which.actor, "actor")?,
        action: plain(which.action, "action")?,
        from: which.from.map(|it| it.0),
        to: which.to.map(|it| it.0),
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

/// The database knows no text with a NUL in it, and no name has any character of that sort.
fn plain(text: Option<String>, field: &str) -> Result<Option<String>, ApiError> {
    if text
        .as_ref()
        .is_some_and(|it| it.chars().any(char::is_control))
    {
        return Err(ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("Send it without control characters.")
            .field(field));
    }
    Ok(text)
}
