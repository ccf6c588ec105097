//! The machines that are there, each with what it offers.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::servers;
use domain::users::UserId;
use domain::work::{Gpu, Isolation, MachineId, Offer};
use foldhash::HashMap;
use projections::servers::{Online, online, online_machine};
use store::Log;

/// So often the machines that are there are looked up.
const REFRESH: Duration = Duration::from_secs(1);
/// More machines than these are not looked at; the cheapest are.
const MACHINES_MAX: i64 = 10_000;

/// A machine that may be given work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub machine: MachineId,
    pub provider: UserId,
    /// One for each GPU, or one for all of a machine that has none.
    pub slots: Vec<Offer>,
    pub draining: bool,
    pub seen_at: DateTime<Utc>,
}

/// Every machine that is there; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Fleet(Arc<RwLock<HashMap<MachineId, Arc<Machine>>>>);

impl Machine {
    /// As the read tables have it.
    pub fn of(online: &Online) -> Self {
        let it = &online.machine;
        let slot = |gpu: Option<&servers::Gpu>| Offer {
            machine: it.machine,
            provider: it.provider,
            runtimes: it.runtimes.iter().map(ToString::to_string).collect(),
            isolation: strictest(&it.isolation),
            gpu: gpu.map(|gpu| Gpu {
                model: gpu.model.clone(),
                memory_bytes: gpu.memory_bytes,
            }),
            memory_bytes: it.hardware.memory_bytes,
            region: it.region.as_ref().map(ToString::to_string),
            verified: it.verified,
            rate: it.hourly.rate(),
            speed_percent: 100,
            losses_basis_points: 0,
        };
        let gpus = &it.hardware.gpus;
        Self {
            machine: it.machine,
            provider: it.provider,
            slots: if gpus.is_empty() {
                vec![slot(None)]
            } else {
                gpus.iter().map(|gpu| slot(Some(gpu))).collect()
            },
            draining: it.drained,
            seen_at: online.seen_at,
        }
    }
}

fn strictest(isolations: &servers::Isolations) -> Isolation {
    if isolations.iter().any(|it| it.is_container()) {
        Isolation::Container
    } else if isolations.iter().any(|it| it.is_sandbox()) {
        Isolation::Sandbox
    } else {
        Isolation::Any
    }
}

impl Fleet {
    /// Looks up who is there, again and again, until it is dropped.
    pub async fn keep(&self, log: &Log) -> Infallible {
        loop {
            let found = online(log.pool(), log.clock().now(), MACHINES_MAX).await;
            match found {
                Ok(found) => self.replace(found.iter().map(Machine::of)),
                Err(error) => tracing::warn!(%error, "the machines could not be looked up"),
            }
            tokio::time::sleep(REFRESH).await;
        }
    }

    /// A machine that is there; one that came this moment is looked up.
    pub async fn find(
        &self,
        machine: MachineId,
        log: &Log,
    ) -> Result<Option<Arc<Machine>>, sqlx::Error> {
        if let Some(known) = self.get(machine) {
            return Ok(Some(known));
        }
        let found = online_machine(log.pool(), machine, log.clock().now()).await?;
        if let Some(found) = found {
            self.put(Machine::of(&found));
        }
        Ok(self.get(machine))
    }

    pub fn get(&self, machine: MachineId) -> Option<Arc<Machine>> {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        machines.get(&machine).cloned()
    }

    pub fn put(&self, machine: Machine) {
        let mut machines = self.0.write().unwrap_or_else(PoisonError::into_inner);
        machines.insert(machine.machine, Arc::new(machine));
    }

    /// These, and no others.
    pub fn replace(&self, machines: impl IntoIterator<Item = Machine>) {
        let machines = machines.into_iter();
        let machines = machines.map(|machine| (machine.machine, Arc::new(machine)));
        let machines = machines.collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = machines;
    }

    /// In the order of their identities.
    pub fn all(&self) -> Vec<Arc<Machine>> {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = machines.values().cloned().collect();
        all.sort_unstable_by_key(|machine| machine.machine);
        all
    }
}
