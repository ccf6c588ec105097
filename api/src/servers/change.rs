//! What a provider decides about a machine: its name and terms, and that it is no more.

use axum::Extension;
use domain::servers::{DrainedBecause, MachineCommand, MachineId, Region};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::enrol::name_of;
use super::owned::OwnMachine;
use super::problems::of_machine;
use super::shown::PricePerHour;
use super::{Servers, name_field};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::users::{Changed, sealed};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(change, retire))
}

/// What is to be otherwise; what is left out stays
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineChange {
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*\
                   [^\\s\\u0000-\\u001f\\u007f-\\u009f]\
                   [^\\u0000-\\u001f\\u007f-\\u009f]*$"
    )]
    name: Option<String>,
    /// From the next unit on
    price_per_hour: Option<PricePerHour>,
    #[schema(
        min_length = 2,
        max_length = 32,
        pattern = "^[a-z0-9]+(-[a-z0-9]+)*$",
        example = "eu-north"
    )]
    region: Option<String>,
    /// Whether it takes no more work
    drained: Option<bool>,
}

/// Change a machine
#[utoipa::path(patch, path = "/v1/machines/{machine}", tag = "servers",
    operation_id = "change_machine", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine")),
    request_body = MachineChange,
    responses((status = 204, description = "The machine is as you said")))]
async fn change(
    asked: Asked,
    OwnMachine { caller, machine }: OwnMachine,
    servers: Extension<Servers>,
    body: Body<MachineChange>,
) -> Result<Changed, ApiError> {
    let said = body.value;
    let name = said.name.as_deref().map(name_of).transpose()?;
    let price = said.price_per_hour.as_ref();
    let region = said.region.map(Region::try_new).transpose();
    let command = MachineCommand::Offer {
        hourly: price.map(|it| it.read("price_per_hour")).transpose()?,
        region: region.map_err(|error| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail(format!("{error}."))
                .field("region")
        })?,
        drained: said.drained,
        because: DrainedBecause::Provider,
        by: caller.user(),
        at: servers.now(),
    };
    let actor = caller.actor();
    let changed = servers
        .decide(&asked, (&actor, &body.bytes), machine, command)
        .await?;
    if let Some(name) = name {
        let put = servers.users().vault();
        put.put(&actor, &name_field(machine), name)
            .await
            .map_err(sealed)?;
    }
    Ok(changed)
}

/// Retire a machine
///
/// From the next second on its secret is refused. It never comes back; it may join as another.
#[utoipa::path(delete, path = "/v1/machines/{machine}", tag = "servers",
    operation_id = "retire_machine", security(("bearer" = [])),
    params(("machine" = String, Path, description = "Which machine")),
    responses((status = 204, description = "The machine is retired")))]
async fn retire(
    asked: Asked,
    OwnMachine { caller, machine }: OwnMachine,
    servers: Extension<Servers>,
) -> Result<Changed, ApiError> {
    let command = MachineCommand::Retire {
        by: caller.user(),
        at: servers.now(),
    };
    servers
        .decide(&asked, (&caller.actor(), b""), machine, command)
        .await
}

impl Servers {
    /// Has a machine decide, and looks at it anew from then on.
    pub(super) async fn decide(
        &self,
        asked: &Asked,
        (actor, bytes): (&str, &[u8]),
        machine: MachineId,
        command: MachineCommand,
    ) -> Result<Changed, ApiError> {
        let context = asked.context(actor, bytes);
        let id = machine.to_string();
        let decided = self.machines().execute(&id, command, &context).await;
        let decided = decided.map_err(|refusal| refused(refusal, of_machine))?;
        self.recent().forget(machine);
        Ok(Changed(Position(decided.position)))
    }
}
