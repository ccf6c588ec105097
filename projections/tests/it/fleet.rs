//! Machines of the crowd, and the tokens by which they joined.

use domain::servers::{
    AgentVersion, Enrolled, Gpu, Hardware, HourlyPrice, Isolation, Isolations, JoinTokenEvent,
    JoinTokenId, MachineEvent, MachineId, Made, Runtime, Runtimes,
};
use domain::users::{Digest, UserId};
use ledger::{Currency, Money};

use crate::crowd::{SECRET, Teller, ann, bob, id, minute};
use crate::world::World;

pub fn machine(number: u128) -> MachineId {
    id(0x70 + number)
}

pub fn token(number: u128) -> JoinTokenId {
    id(0x80 + number)
}

pub fn hardware(gpus: usize) -> Hardware {
    let gpu = |number| Gpu {
        model: "NVIDIA L4".to_owned(),
        uuid: format!("GPU-{number}"),
        memory_bytes: 24 << 30,
        driver: "570.86".to_owned(),
    };
    Hardware {
        os: "Debian 13".to_owned(),
        cpu_model: "EPYC".to_owned(),
        cpu_cores: 16,
        memory_bytes: 64 << 30,
        disk_bytes: 500 << 30,
        gpus: (0..gpus).map(gpu).collect(),
    }
}

pub fn price(amount: &str) -> HourlyPrice {
    HourlyPrice::try_new(Money::parse(amount, Currency::Usd).unwrap()).unwrap()
}

pub fn enrolled(number: u128, provider: UserId) -> Enrolled {
    Enrolled {
        machine: machine(number),
        provider,
        token: token(number),
        hardware: hardware(1),
        isolation: Isolations::try_new([Isolation::Podman, Isolation::Process]).unwrap(),
        runtimes: Runtimes::one(Runtime::try_new("tabular").unwrap()),
        agent_version: AgentVersion::try_new("0.1.0").unwrap(),
        secret: Digest::new(SECRET),
        hourly: price("0.20"),
        at: minute(2),
    }
}

pub fn made(provider: UserId) -> Made {
    Made {
        provider,
        machines_max: 3,
        secret: Digest::new(SECRET),
        expires_at: minute(1_440),
        at: minute(1),
    }
}

/// A machine of Ann's and one of Bob's, each with the token it joined by.
pub async fn bring_machines(world: &World) -> i64 {
    let mut teller = Teller::new(world);
    let mut head = 0;
    for (number, provider) in [(1, ann()), (2, bob())] {
        let used = JoinTokenEvent::Used {
            machine: machine(number),
            at: minute(2),
        };
        let of_token = [JoinTokenEvent::Made(made(provider)), used];
        teller.token(token(number), &of_token).await;
        let enrolled = MachineEvent::Enrolled(Box::new(enrolled(number, provider)));
        head = teller.machine(machine(number), &[enrolled]).await;
    }
    head
}
