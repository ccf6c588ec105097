//! What a machine and the server say to each other.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How what is trained is kept away from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    Podman,
    Docker,
    Bubblewrap,
    Process,
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
            Self::Bubblewrap => "bubblewrap",
            Self::Process => "process",
        })
    }
}

/// What an order insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    Any,
    Sandbox,
    Container,
}

impl Wanted {
    pub const fn is_met_by(self, isolation: Isolation) -> bool {
        match self {
            Self::Any => true,
            Self::Sandbox => !matches!(isolation, Isolation::Process),
            Self::Container => matches!(isolation, Isolation::Podman | Isolation::Docker),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Gpu {
    pub model: String,
    pub uuid: String,
    pub memory_bytes: u64,
    pub driver: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Hardware {
    pub os: String,
    pub cpu_model: String,
    pub cpu_cores: u32,
    pub memory_bytes: u64,
    pub disk_bytes: u64,
    pub gpus: Vec<Gpu>,
}

/// What a machine can do besides being what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Abilities {
    pub hardware: Hardware,
    pub isolation: Vec<Isolation>,
    pub runtimes: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Enrolment<'a> {
    pub token: &'a str,
    pub name: &'a str,
    #[serde(flatten)]
    pub abilities: &'a Abilities,
    pub agent_version: &'static str,
}

#[derive(Debug, Deserialize)]
pub struct Enrolled {
    pub machine: String,
    pub secret: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GpuLoad {
    pub uuid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utilisation_percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_used_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature_celsius: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_milliwatts: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Load {
    pub cpu_percent: u32,
    pub memory_used_bytes: u64,
    pub disk_free_bytes: u64,
    pub gpus: Vec<GpuLoad>,
}

#[derive(Debug, Serialize)]
pub struct MachineHeartbeat<'a> {
    #[serde(flatten)]
    pub changed: Option<&'a Abilities>,
    pub load: &'a Load,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DesiredOfMachine {
    Work,
    Drain,
}

#[derive(Debug, Deserialize)]
pub struct MachineTold {
    pub desired: DesiredOfMachine,
}

/// A file that is fetched before the work begins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Input {
    pub name: String,
    pub url: String,
    pub bytes: u64,
    pub sha256: String,
}

/// Where an earlier lease came to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct GivenCheckpoint {
    pub url: String,
    pub bytes: u64,
    pub sha256: String,
    pub step: u64,
}

/// A unit of work, leased to this machine.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Assignment {
    pub task: String,
    pub fence: u64,
    pub lease_seconds: u64,
    pub heartbeat_seconds: u64,
    pub seconds_max: u64,
    pub isolation: Wanted,
    pub spec: Map<String, Value>,
    #[serde(default)]
    pub inputs: Vec<Input>,
    #[serde(default)]
    pub checkpoint: Option<GivenCheckpoint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Fetching,
    Training,
    Saving,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Desired {
    Run,
    Pause,
    Cancel,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Told {
    pub desired: Desired,
    pub seconds_max: u64,
}

#[derive(Debug, Serialize)]
pub struct Heartbeat {
    pub fence: u64,
    pub phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    pub at: String,
    pub level: Level,
    pub text: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct ReportedCheckpoint {
    pub object: String,
    pub step: u64,
    pub trained_seconds: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Progress {
    pub fence: u64,
    pub trained_seconds: u64,
    pub step: u64,
    pub steps_total: u64,
    pub epoch: u64,
    pub metrics: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    pub logs: Vec<LogLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<ReportedCheckpoint>,
}

#[derive(Debug, Serialize)]
pub struct NewUpload<'a> {
    pub fence: u64,
    pub kind: &'static str,
    pub name: &'a str,
    pub bytes: u64,
    pub sha256: &'a str,
}

#[derive(Debug, Deserialize)]
pub struct Upload {
    pub object: String,
    /// All parts but the last have so many.
    pub part_bytes: u64,
    /// Those that are still to be sent.
    pub parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
pub struct Part {
    pub number: u64,
    pub url: String,
    pub bytes: u64,
}

#[derive(Debug, Serialize)]
pub struct Fence {
    pub fence: u64,
}

#[derive(Debug, Serialize)]
pub struct Complete {
    pub fence: u64,
    pub trained_seconds: u64,
    pub step: u64,
    pub artifact: String,
    pub metrics: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    OutOfMemory,
    BadData,
    Trainer,
    Machine,
    Network,
}

#[derive(Debug, Serialize)]
pub struct Fail {
    pub fence: u64,
    pub cause: Cause,
    pub detail: String,
    pub trained_seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Because {
    Paused,
    Cancelled,
    Draining,
    Allowance,
}

#[derive(Debug, Serialize)]
pub struct Release {
    pub fence: u64,
    pub because: Because,
    pub trained_seconds: u64,
}
