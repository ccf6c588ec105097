//! What was done to accounts and by whom, for those who have to answer for it.

use std::collections::{BTreeSet, HashMap};

use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use domain::users::UserId;
use futures::stream::{StreamExt as _, TryStreamExt as _, try_unfold};
use projections::people::{self, ActionFilter, Cursor, People};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::caller::Auditor;
use super::sign_in::rfc3339;
use super::{Users, field, sealed};
use crate::api::{Api, Routes};
use crate::csv;
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
    /// From where the actor asked, as long as the actor is known
    #[schema(example = "192.0.2.1")]
    address: Option<String>,
    user: String,
    #[schema(example = "user.blocked")]
    action: String,
    /// What the name does not say: a role, a reason, a cause
    detail: Option<String>,
    request_id: Option<String>,
}

impl Users {
    /// With from where each was asked, all looked up at once; of the erased it is not known.
    async fn shown_actions(
        &self,
        found: Vec<people::Action>,
    ) -> Result<Vec<ShownAction>, ApiError> {
        let asked = found.iter().filter_map(|it| {
            let request = it.request_id.as_deref()?;
            Some((noted_with(it), field::request(request)))
        });
        let (actors, fields): (BTreeSet<String>, BTreeSet<String>) = asked.unzip();
        let actors: Vec<String> = actors.into_iter().collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let noted = self.vault().pick(&actors, &fields).await.map_err(sealed)?;
        let noted: HashMap<(String, String), String> = noted
            .into_iter()
            .map(|(actor, field, address)| ((actor, field), address))
            .collect();
        let show = |it: people::Action| {
            let field = it.request_id.as_deref().map(field::request);
            let asked = field.map(|field| (noted_with(&it), field));
            ShownAction {
                position: it.position,
                at: rfc3339(it.at),
                address: asked.and_then(|asked| noted.get(&asked).cloned()),
                actor: it.actor,
                user: it.user.to_string(),
                action: it.action,
                detail: it.detail,
                request_id: it.request_id,
            }
        };
        Ok(found.into_iter().map(show).collect())
    }
}

/// Whoever asked; a stranger is nobody yet, and leaves it with the account that was made.
fn noted_with(action: &people::Action) -> String {
    if action.actor.starts_with("stranger/") {
        action.user.to_string()
    } else {
        action.actor.clone()
    }
}

/// What was done to accounts, the latest first
///
/// With `Accept: text/csv` all of it, from the cursor on, as a table; otherwise a page.
#[utoipa::path(get, path = "/v1/audit", tag = "staff", operation_id = "audit",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "Actions",
        content((Page<ShownAction> = "application/json"), (String = "text/csv")))))]
async fn audit(
    api: Api,
    _: Auditor,
    users: Extension<Users>,
    headers: HeaderMap,
    Query(which): Query<Which>,
    _: Reached<People>,
) -> Result<Response, ApiError> {
    let limit = page::limit(which.limit)?;
    let after = page::cursor(which.cursor.as_deref())?;
    let filter = which.filter()?;
    if csv::is_wanted(&headers) {
        return Ok(table(api, users.0, filter, after));
    }
    let mut staff = tenants::as_staff(api.pool()).await?;
    let found = people::actions(&mut *staff, &filter, after, limit + 1).await?;
    drop(staff);
    let shown = users.shown_actions(found).await?;
    let page = Page::of(shown, limit, |it| it.position, |it| it);
    Ok(Json(page).into_response())
}

const HEADINGS: [&str; 8] = [
    "position",
    "at",
    "actor",
    "address",
    "user",
    "action",
    "detail",
    "request_id",
];
const ROWS_AT_ONCE: i64 = 250;

/// Every action behind the cursor, written as it is read: none is kept waiting in memory.
fn table(api: Api, users: Users, filter: ActionFilter, after: Cursor) -> Response {
    let first = futures::stream::once(async { Ok(csv::line(HEADINGS)) });
    let rest = try_unfold(Some(after), move |after| {
        let (api, users, filter) = (api.clone(), users.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let mut staff = tenants::as_staff(api.pool()).await?;
            let found = people::actions(&mut *staff, &filter, after, ROWS_AT_ONCE).await?;
            drop(staff);
            let Some(last) = found.last().map(|it| it.position) else {
                return Ok(None);
            };
            let shown = users.shown_actions(found).await?;
            let lines: String = shown.iter().map(row).collect();
            Ok::<_, ApiError>(Some((lines, Some(Cursor::at(last)))))
        }
    });
    // Whoever reads a table that breaks off finds the connection broken, not a table that ends.
    let rest = rest.map_err(|error| std::io::Error::other(format!("{error:?}")));
    csv::attachment("audit.csv", Body::from_stream(first.chain(rest)))
}

fn row(action: &ShownAction) -> String {
    let position = action.position.to_string();
    csv::line([
        position.as_str(),
        &action.at,
        &action.actor,
        action.address.as_deref().unwrap_or_default(),
        &action.user,
        &action.action,
        action.detail.as_deref().unwrap_or_default(),
        action.request_id.as_deref().unwrap_or_default(),
    ])
}

impl Which {
    fn filter(self) -> Result<ActionFilter, ApiError> {
        let user = self.user.map(|user| user.parse::<UserId>()).transpose();
        let user = user.map_err(|_| {
            ApiError::new(&kinds::PARAMETER_INVALID)
                .detail("Send the identity of a user.")
                .field("user")
        })?;
        Ok(ActionFilter {
            user,
            actor: plain(self.actor, "actor")?,
            action: plain(self.action, "action")?,
            from: self.from.map(|it| it.0),
            to: self.to.map(|it| it.0),
        })
    }
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
