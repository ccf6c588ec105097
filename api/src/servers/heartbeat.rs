//! A machine says that it is there, how busy it is, and what has changed about it.

use axum::{Extension, Json};
use domain::servers::{Hardware, MachineCommand};
use projections::servers as read;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Servers;
use super::caller::MachineCaller;
use super::enrol::agent_version;
use super::problems::of_machine;
use super::said::{SaidHardware, SaidIsolation, SaidRuntime, isolations, runtimes};
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::{Body, whole};
use crate::problem::{ApiError, kinds};
use crate::refused::refused;

const GPUS_MAX: usize = 64;
const TEXT_CHARACTERS_MAX: usize = 200;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(heartbeat))
}

/// How busy a GPU is; what its driver does not tell is left out
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GpuLoad {
    #[schema(min_length = 1, max_length = 200)]
    uuid: String,
    #[schema(minimum = 0, maximum = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    utilisation_percent: Option<f64>,
    #[schema(minimum = 0)]
    #[serde(
        default,
        deserialize_with = "whole",
        skip_serializing_if = "Option::is_none"
    )]
    memory_used_bytes: Option<u64>,
    #[schema(minimum = -300, maximum = 1000)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    temperature_celsius: Option<f64>,
    #[schema(minimum = 0)]
    #[serde(
        default,
        deserialize_with = "whole",
        skip_serializing_if = "Option::is_none"
    )]
    power_milliwatts: Option<u64>,
}

/// How busy a machine is
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Of all its processors together
    #[schema(minimum = 0, maximum = 100)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cpu_percent: Option<f64>,
    #[schema(minimum = 0)]
    #[serde(
        default,
        deserialize_with = "whole",
        skip_serializing_if = "Option::is_none"
    )]
    memory_used_bytes: Option<u64>,
    #[schema(minimum = 0)]
    #[serde(
        default,
        deserialize_with = "whole",
        skip_serializing_if = "Option::is_none"
    )]
    disk_free_bytes: Option<u64>,
    #[schema(max_items = 64)]
    #[serde(default)]
    gpus: Vec<GpuLoad>,
}

impl Load {
    fn judge(&self) -> Result<(), ApiError> {
        let invalid = |detail: &'static str, field: String| {
            Err(ApiError::new(&kinds::BODY_INVALID)
                .detail(detail)
                .field(field))
        };
        let percent = |it: Option<f64>| it.is_none_or(|it| (0.0..=100.0).contains(&it));
        if !percent(self.cpu_percent) {
            let detail = "Percent go from 0 to 100, of all processors together.";
            return invalid(detail, "load.cpu_percent".to_owned());
        }
        if self.gpus.len() > GPUS_MAX {
            return invalid("A machine has at most 64 GPUs.", "load.gpus".to_owned());
        }
        for (index, gpu) in self.gpus.iter().enumerate() {
            let field = |name: &str| format!("load.gpus[{index}].{name}");
            if !(1..=TEXT_CHARACTERS_MAX).contains(&gpu.uuid.chars().count())
                || gpu.uuid.chars().any(char::is_control)
            {
                return invalid("An identity has 1 to 200 characters.", field("uuid"));
            }
            if !percent(gpu.utilisation_percent) {
                return invalid("Percent go from 0 to 100.", field("utilisation_percent"));
            }
            let celsius = gpu.temperature_celsius;
            if celsius.is_some_and(|it| !(-300.0..=1000.0).contains(&it)) {
                return invalid("Nothing is that warm.", field("temperature_celsius"));
            }
        }
        Ok(())
    }
}

/// What a machine says, every 15 seconds
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineHeartbeat {
    /// Where it has changed
    hardware: Option<SaidHardware>,
    /// Where it has changed
    #[schema(min_items = 1)]
    isolation: Option<Vec<SaidIsolation>>,
    /// Where they have changed
    #[schema(value_type = Option<Vec<SaidRuntime>>, min_items = 1, max_items = 100)]
    runtimes: Option<Vec<String>>,
    /// Where it has changed
    #[schema(pattern = "^[0-9A-Za-z.+-]{1,32}$")]
    agent_version: Option<String>,
    load: Load,
}

/// What a machine is to do
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DesiredOfMachine {
    /// Ask for work
    Work,
    /// Ask for no more; finish or give back what there is
    Drain,
}

/// What a machine hears
#[derive(Serialize, ToSchema)]
pub struct HeardMachine {
    desired: DesiredOfMachine,
}

/// Say that a machine is there
///
/// A machine that says nothing for 45 seconds counts as gone.
#[utoipa::path(post, path = "/v1/machines/heartbeat", tag = "servers",
    operation_id = "machine_heartbeat", security(("machine" = [])), request_body = MachineHeartbeat,
    responses((status = 200, description = "What is to do", body = HeardMachine)))]
async fn heartbeat(
    api: Api,
    asked: Asked,
    caller: MachineCaller,
    servers: Extension<Servers>,
    body: Body<MachineHeartbeat>,
) -> Result<Json<HeardMachine>, ApiError> {
    let said = body.value;
    said.load.judge()?;
    let agent_version = said.agent_version.map(agent_version).transpose()?;
    let now = servers.now();
    let hardware = said.hardware.map(Hardware::from);
    let isolation = said.isolation.map(isolations).transpose()?;
    let runtimes = said.runtimes.map(runtimes).transpose()?;
    let member = &caller.0;
    // What is as it was is not worth a look at the log.
    let changed = hardware.as_ref().is_some_and(|it| *it != member.hardware)
        || isolation.as_ref().is_some_and(|it| *it != member.isolation)
        || runtimes.as_ref().is_some_and(|it| *it != member.runtimes)
        || agent_version
            .as_ref()
            .is_some_and(|it| *it != member.agent_version);
    if changed {
        let command = MachineCommand::Describe {
            hardware,
            isolation,
            runtimes,
            agent_version,
            at: now,
        };
        let id = caller.actor();
        // What is said every 15 seconds is no request to be answered for ever.
        let context = asked.context(&id, b"").without_key();
        let described = servers.machines().execute(&id, command, &context).await;
        described.map_err(|refusal| refused(refusal, of_machine))?;
        servers.recent().forget(caller.machine());
    }
    let load = serde_json::to_value(&said.load).map_err(ApiError::internal)?;
    read::heard(api.pool(), caller.machine(), &load, now).await?;
    let desired = if member.drained {
        DesiredOfMachine::Drain
    } else {
        DesiredOfMachine::Work
    };
    Ok(Json(HeardMachine { desired }))
}
