//! Machines for the tests of everything that has to do with them.

use ledger::{Currency, Money};
use uuid::Uuid;

use super::{
    AgentVersion, Enrolled, Gpu, Hardware, HourlyPrice, Isolation, Isolations, JoinTokenId,
    MachineId, Runtime, Runtimes,
};
use crate::users::examples::{ann, digest, minute};

const GIB: u64 = 1 << 30;

pub fn machine(number: u128) -> MachineId {
    MachineId::new(Uuid::from_u128(number))
}

pub fn gpu(number: u8) -> Gpu {
    Gpu {
        model: "NVIDIA L4".to_owned(),
        uuid: format!("GPU-{number}"),
        memory_bytes: 24 * GIB,
        driver: "570.86".to_owned(),
    }
}

/// With so many GPUs.
pub fn hardware(gpus: u8) -> Hardware {
    Hardware {
        os: "Debian 13".to_owned(),
        cpu_model: "EPYC".to_owned(),
        cpu_cores: 16,
        memory_bytes: 64 * GIB,
        disk_bytes: 500 * GIB,
        gpus: (0..gpus).map(gpu).collect(),
    }
}

pub fn runtimes(names: &[&str]) -> Runtimes {
    Runtimes::try_new(names.iter().map(|name| Runtime::try_new(*name).unwrap())).unwrap()
}

pub fn price(amount: &str) -> HourlyPrice {
    HourlyPrice::try_new(Money::parse(amount, Currency::Usd).unwrap()).unwrap()
}

/// Of Ann's, with one GPU.
pub fn enrolled() -> Enrolled {
    Enrolled {
        machine: machine(1),
        provider: ann(),
        token: JoinTokenId::new(Uuid::from_u128(9)),
        hardware: hardware(1),
        isolation: Isolations::one(Isolation::Bubblewrap),
        runtimes: runtimes(&["tabular"]),
        agent_version: AgentVersion::try_new("0.1.0").unwrap(),
        secret: digest(1),
        hourly: price("0.20"),
        at: minute(0),
    }
}
