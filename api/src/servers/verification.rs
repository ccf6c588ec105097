//! Staff say that a machine is what it says it is, or that it is not.

use axum::Extension;
use domain::servers::{MachineCommand, MachineId};
use utoipa_axum::routes;

use super::Servers;
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::parameters::Path;
use crate::problem::{ApiError, kinds};
use crate::users::{Admin, Because, Changed};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(verify, unverify))
}

fn identity(text: &str) -> Result<MachineId, ApiError> {
    text.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))
}

/// Verify a machine
///
/// Until it says that its hardware is another.
#[utoipa::path(put, path = "/v1/machines/{machine}/verification", tag = "staff",
    operation_id = "verify_machine", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine")),
    request_body = Because, responses((status = 204, description = "The machine is verified")))]
async fn verify(
    asked: Asked,
    Admin(caller): Admin,
    servers: Extension<Servers>,
    Path(machine): Path<String>,
    body: Body<Because>,
) -> Result<Changed, ApiError> {
    let command = MachineCommand::Verify {
        by: caller.user(),
        reason: body.value.reason()?,
        at: servers.now(),
    };
    let machine = identity(&machine)?;
    servers
        .decide(&asked, (&caller.actor(), &body.bytes), machine, command)
        .await
}

/// Take the verification from a machine
#[utoipa::path(delete, path = "/v1/machines/{machine}/verification", tag = "staff",
    operation_id = "unverify_machine", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine")),
    request_body = Because, responses((status = 204, description = "The machine is not verified")))]
async fn unverify(
    asked: Asked,
    Admin(caller): Admin,
    servers: Extension<Servers>,
    Path(machine): Path<String>,
    body: Body<Because>,
) -> Result<Changed, ApiError> {
    let command = MachineCommand::Unverify {
        by: caller.user(),
        reason: body.value.reason()?,
        at: servers.now(),
    };
    let machine = identity(&machine)?;
    servers
        .decide(&asked, (&caller.actor(), &body.bytes), machine, command)
        .await
}
