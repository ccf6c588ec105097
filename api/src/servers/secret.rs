//! Another secret for a machine whose secret may have been seen.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::servers::{MachineCommand, MachineError};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Servers;
use super::owned::OwnMachine;
use super::problems::of_machine;
use crate::api::Routes;
use crate::asked::Asked;
use crate::position::Position;
use crate::problem::ApiError;
use crate::users::{Changed, digest};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(rotate))
}

/// A machine's new secret
#[derive(Serialize, ToSchema)]
pub struct NewSecret {
    /// For the `Authorization` header, behind `Bearer`; it is not shown again
    secret: String,
}

/// Give a machine another secret
///
/// From the next second on the one before is refused.
#[utoipa::path(post, path = "/v1/machines/{machine}/secret", tag = "servers",
    operation_id = "rotate_machine_secret", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine")),
    responses((status = 201, description = "The secret; it is shown this once",
        body = NewSecret)))]
async fn rotate(
    asked: Asked,
    OwnMachine { caller, machine }: OwnMachine,
    servers: Extension<Servers>,
) -> Result<(StatusCode, Position, Json<NewSecret>), ApiError> {
    let state = servers.machine(machine).await?;
    let member = state.member();
    let member = member.ok_or_else(|| of_machine(MachineError::Retired))?;
    let generation = member.generation.saturating_add(1);
    let secret = servers.ring().secret(machine, generation);
    let command = MachineCommand::RotateSecret {
        generation,
        secret: digest(&secret),
        by: caller.user(),
        at: servers.now(),
    };
    let actor = caller.actor();
    let Changed(position) = servers
        .decide(&asked, (&actor, b""), machine, command)
        .await?;
    // Asked again under the same key, nothing was changed; what is good now is shown again.
    let state = servers.machine(machine).await?;
    let generation = state.member().map_or(generation, |it| it.generation);
    let secret = servers.ring().secret(machine, generation);
    Ok((StatusCode::CREATED, position, Json(NewSecret { secret })))
}
