//! What a machine says of itself, as it comes over HTTP.

use domain::servers::{Gpu, Hardware, Isolation, Isolations, Runtime, Runtimes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::whole_number;
use crate::problem::{ApiError, kinds};

/// A GPU as its driver describes it
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Gpu)]
pub struct SaidGpu {
    #[schema(min_length = 1, max_length = 200, example = "NVIDIA L4")]
    pub model: String,
    /// No two of a machine share one
    #[schema(min_length = 1, max_length = 200)]
    pub uuid: String,
    #[schema(minimum = 1, maximum = 1_152_921_504_606_846_975_u64)]
    #[serde(deserialize_with = "whole_number")]
    pub memory_bytes: u64,
    #[schema(min_length = 1, max_length = 200, example = "570.86.15")]
    pub driver: String,
}

/// What a machine is made of
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Hardware)]
pub struct SaidHardware {
    #[schema(min_length = 1, max_length = 200, example = "Debian GNU/Linux 13")]
    pub os: String,
    #[schema(min_length = 1, max_length = 200)]
    pub cpu_model: String,
    #[schema(minimum = 1, maximum = 65_536)]
    #[serde(deserialize_with = "whole_number")]
    pub cpu_cores: u32,
    #[schema(minimum = 1, maximum = 1_152_921_504_606_846_975_u64)]
    #[serde(deserialize_with = "whole_number")]
    pub memory_bytes: u64,
    #[schema(minimum = 1, maximum = 1_152_921_504_606_846_975_u64)]
    #[serde(deserialize_with = "whole_number")]
    pub disk_bytes: u64,
    #[schema(max_items = 64)]
    pub gpus: Vec<SaidGpu>,
}

impl From<SaidHardware> for Hardware {
    fn from(said: SaidHardware) -> Self {
        let gpu = |it: SaidGpu| Gpu {
            model: it.model,
            uuid: it.uuid,
            memory_bytes: it.memory_bytes,
            driver: it.driver,
        };
        Self {
            os: said.os,
            cpu_model: said.cpu_model,
            cpu_cores: said.cpu_cores,
            memory_bytes: said.memory_bytes,
            disk_bytes: said.disk_bytes,
            gpus: said.gpus.into_iter().map(gpu).collect(),
        }
    }
}

impl From<Hardware> for SaidHardware {
    fn from(hardware: Hardware) -> Self {
        let gpu = |it: Gpu| SaidGpu {
            model: it.model,
            uuid: it.uuid,
            memory_bytes: it.memory_bytes,
            driver: it.driver,
        };
        Self {
            os: hardware.os,
            cpu_model: hardware.cpu_model,
            cpu_cores: hardware.cpu_cores,
            memory_bytes: hardware.memory_bytes,
            disk_bytes: hardware.disk_bytes,
            gpus: hardware.gpus.into_iter().map(gpu).collect(),
        }
    }
}

/// How a machine keeps what it trains away from itself
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Isolation)]
pub enum SaidIsolation {
    Podman,
    Docker,
    Bubblewrap,
    Process,
}

impl From<SaidIsolation> for Isolation {
    fn from(said: SaidIsolation) -> Self {
        match said {
            SaidIsolation::Podman => Self::Podman,
            SaidIsolation::Docker => Self::Docker,
            SaidIsolation::Bubblewrap => Self::Bubblewrap,
            SaidIsolation::Process => Self::Process,
        }
    }
}

impl From<Isolation> for SaidIsolation {
    fn from(isolation: Isolation) -> Self {
        match isolation {
            Isolation::Podman => Self::Podman,
            Isolation::Docker => Self::Docker,
            Isolation::Bubblewrap => Self::Bubblewrap,
            Isolation::Process => Self::Process,
        }
    }
}

pub fn isolations(said: Vec<SaidIsolation>) -> Result<Isolations, ApiError> {
    Isolations::try_new(said.into_iter().map(Isolation::from)).map_err(|_| {
        ApiError::new(&kinds::BODY_INVALID)
            .detail("Name at least one; process, where there is no other.")
            .field("isolation")
    })
}

const RUNTIMES_MAX: usize = 100;

/// The type of a model
#[expect(dead_code, reason = "it only describes how a name is spelt")]
#[derive(ToSchema)]
#[schema(pattern = "^[a-z0-9_]{1,32}$", example = "tabular")]
pub struct SaidRuntime(String);

pub fn runtimes(said: Vec<String>) -> Result<Runtimes, ApiError> {
    let invalid = |field: String, detail: String| {
        ApiError::new(&kinds::BODY_INVALID)
            .detail(detail)
            .field(field)
    };
    let whole = || "runtimes".to_owned();
    if said.len() > RUNTIMES_MAX {
        let detail = format!("Name at most {RUNTIMES_MAX}.");
        return Err(invalid(whole(), detail));
    }
    let mut runtimes = Vec::with_capacity(said.len());
    for (index, name) in said.into_iter().enumerate() {
        let runtime = Runtime::try_new(name);
        let field = || format!("runtimes[{index}]");
        runtimes.push(runtime.map_err(|error| invalid(field(), format!("{error}.")))?);
    }
    let detail = || "Name at least one that the machine can train.".to_owned();
    Runtimes::try_new(runtimes).map_err(|_| invalid(whole(), detail()))
}
