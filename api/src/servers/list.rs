//! Machines, as those who may see them find them.

use axum::{Extension, Json};
use domain::servers::MachineId;
use domain::users::{Role, Scope, UserId};
use projections::servers::{self as read, Servers as Shown};
use projections::tenants::{self, Reader};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::Servers;
use super::shown::ShownMachine;
use crate::api::{Api, Routes};
use crate::moment::Moment;
use crate::page::{self, Page};
use crate::parameters::{Path, Query};
use crate::position::Reached;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, rfc3339};

/// A day.
const SAMPLES_MAX: i64 = 1_440;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list))
        .routes(routes!(show))
        .routes(routes!(loads))
}

/// Which machines, and which page of them
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// For staff: whose
    #[param(pattern = "^user_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    provider: Option<String>,
    /// Retired ones as well
    #[serde(default)]
    retired: bool,
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// Reads what this caller may see: their own, and staff everything.
async fn reader(pool: &PgPool, caller: &Caller) -> Result<Reader, ApiError> {
    caller.insist(Scope::Read)?;
    let staff = caller.standing.roles.contains(&Role::Admin) && caller.insist(Scope::Admin).is_ok();
    Ok(if staff {
        tenants::as_staff(pool).await?
    } else {
        tenants::as_tenant(pool, caller.user()).await?
    })
}

/// Your machines, the latest first
#[utoipa::path(get, path = "/v1/machines", tag = "servers", operation_id = "list_machines",
    security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of machines", body = Page<ShownMachine>)))]
async fn list(
    api: Api,
    caller: Caller,
    servers: Extension<Servers>,
    Query(which): Query<Which>,
    _: Reached<Shown>,
) -> Result<Json<Page<ShownMachine>>, ApiError> {
    let limit = page::limit(which.limit)?;
    let after = page::cursor(which.cursor.as_deref())?;
    let provider = which
        .provider
        .map(|user| user.parse::<UserId>())
        .transpose();
    let provider = provider.map_err(|_| {
        ApiError::new(&kinds::PARAMETER_INVALID)
            .detail("Send the identity of a user.")
            .field("provider")
    })?;
    let provider = provider.unwrap_or_else(|| caller.user());
    let mut reader = reader(api.pool(), &caller).await?;
    let found = read::machines_of(&mut *reader, provider, which.retired, after, limit + 1).await?;
    drop(reader);
    let positions: Vec<i64> = found.iter().map(|it| it.position).collect();
    let shown = servers.shown(api.pool(), found).await?;
    let shown = positions.into_iter().zip(shown).collect();
    let page = Page::of(
        shown,
        limit,
        |(position, _)| *position,
        |(_, machine)| machine,
    );
    Ok(Json(page))
}

/// The machine of this name, if the caller may see it.
async fn found(api: &Api, caller: &Caller, text: &str) -> Result<read::Machine, ApiError> {
    let nothing = || ApiError::new(&kinds::NOT_FOUND);
    let machine: MachineId = text.parse().map_err(|_| nothing())?;
    let mut reader = reader(api.pool(), caller).await?;
    let found = read::machine(&mut *reader, machine).await?;
    found.ok_or_else(nothing)
}

/// One machine
#[utoipa::path(get, path = "/v1/machines/{machine}", tag = "servers",
    operation_id = "show_machine", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine")),
    responses((status = 200, description = "The machine", body = ShownMachine)))]
async fn show(
    api: Api,
    caller: Caller,
    servers: Extension<Servers>,
    Path(machine): Path<String>,
    _: Reached<Shown>,
) -> Result<Json<ShownMachine>, ApiError> {
    let found = found(&api, &caller, &machine).await?;
    let shown = servers.shown(api.pool(), vec![found]).await?.pop();
    shown
        .map(Json)
        .ok_or_else(|| ApiError::new(&kinds::NOT_FOUND))
}

/// Since when
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Since {
    /// An hour ago, where nothing is said
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Moment>,
}

/// How busy a machine was in some minute
#[derive(Serialize, ToSchema)]
pub struct LoadSample {
    minute: String,
    #[schema(value_type = Object)]
    load: serde_json::Value,
}

/// How busy a machine was
#[derive(Serialize, ToSchema)]
pub struct Loads {
    /// Minute by minute, the latest last; a day of them at most
    data: Vec<LoadSample>,
}

/// How busy a machine was
///
/// It is kept for a week.
#[utoipa::path(get, path = "/v1/machines/{machine}/loads", tag = "servers",
    operation_id = "show_machine_loads", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine"), Since),
    responses((status = 200, description = "How busy it was", body = Loads)))]
async fn loads(
    api: Api,
    caller: Caller,
    servers: Extension<Servers>,
    Path(machine): Path<String>,
    Query(since): Query<Since>,
    _: Reached<Shown>,
) -> Result<Json<Loads>, ApiError> {
    let found = found(&api, &caller, &machine).await?;
    let hour_ago = servers.now() - chrono::TimeDelta::hours(1);
    let since = since.since.map_or(hour_ago, |since| since.0);
    let samples = read::loads_of(api.pool(), found.machine, since, SAMPLES_MAX).await?;
    let show = |it: read::Sample| LoadSample {
        minute: rfc3339(it.minute),
        load: it.load,
    };
    Ok(Json(Loads {
        data: samples.into_iter().map(show).collect(),
    }))
}
