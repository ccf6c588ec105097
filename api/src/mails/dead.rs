//! Lists the mails that were given up, for somebody to see why.

use axum::Json;
use projections::mails::{self, Cursor, Mail, Mails};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::api::{Api, Routes};
use crate::page::{self, Page};
use crate::parameters::Query;
use crate::position::Reached;
use crate::problem::ApiError;
use crate::users::{Admin, rfc3339};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(dead))
}

/// Which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// A mail that was given up
#[derive(Serialize, ToSchema)]
pub struct DeadMail {
    #[schema(example = "mail_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    /// Whom it was for
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    user: String,
    /// Which words it has
    #[schema(example = "confirm")]
    template: String,
    #[schema(minimum = 1)]
    attempts: i64,
    /// Why the last attempt failed
    #[schema(example = "refused")]
    reason: Option<String>,
    /// When what it tells happened
    intended_at: String,
    given_up_at: String,
}

impl From<Mail> for DeadMail {
    fn from(mail: Mail) -> Self {
        Self {
            id: mail.mail,
            user: mail.to_user,
            template: mail.template,
            attempts: mail.attempts,
            reason: mail.reason,
            intended_at: rfc3339(mail.intended_at),
            // Nothing has happened to it since.
            given_up_at: rfc3339(mail.updated_at),
        }
    }
}

/// Mails that were given up, the latest intended first
#[utoipa::path(get, path = "/v1/mails/dead", tag = "staff", operation_id = "list_dead_mails",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of mails", body = Page<DeadMail>)))]
async fn dead(
    api: Api,
    _: Admin,
    Query(which): Query<Which>,
    _: Reached<Mails>,
) -> Result<Json<Page<DeadMail>>, ApiError> {
    let limit = page::limit(which.limit)?;
    let place = page::place(which.cursor.as_deref())?;
    let after = place.map_or(Cursor::START, Cursor::before);
    let mut staff = tenants::as_staff(api.pool()).await?;
    let found = mails::dead(&mut *staff, after, limit + 1).await?;
    drop(staff);
    let place = |mail: &Mail| mail.intended_position;
    Ok(Json(Page::of(found, limit, place, DeadMail::from)))
}
