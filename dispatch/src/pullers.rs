//! Machines that ask for work and wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::work::{Decision, MachineId, Offer, UnitId};
use tokio::sync::oneshot;

use crate::fleet::Machine;

/// A unit and the slot for which it is meant; nothing is granted yet.
#[derive(Clone, Debug)]
pub struct Assigned {
    pub unit: UnitId,
    pub machine: Arc<Machine>,
    pub slot: u32,
    pub offer: Offer,
    pub decision: Decision,
}

#[derive(Debug)]
pub struct Puller {
    pub machine: Arc<Machine>,
    pub sender: oneshot::Sender<Box<Assigned>>,
}

/// In the order in which they asked.
#[derive(Debug, Default)]
pub struct Pullers {
    waiting: BTreeMap<u64, Puller>,
    next: u64,
}

impl Pullers {
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    pub fn add(&mut self, machine: Arc<Machine>) -> (u64, oneshot::Receiver<Box<Assigned>>) {
        let (sender, receiver) = oneshot::channel();
        let number = self.next;
        self.next += 1;
        self.waiting.insert(number, Puller { machine, sender });
        (number, receiver)
    }

    pub fn remove(&mut self, number: u64) -> Option<Puller> {
        self.waiting.remove(&number)
    }

    pub fn iter(&self) -> impl Iterator<Item = (u64, &Arc<Machine>)> {
        self.waiting
            .iter()
            .map(|(number, it)| (*number, &it.machine))
    }

    pub fn is_waiting(&self, machine: MachineId) -> bool {
        self.waiting
            .values()
            .any(|it| it.machine.machine == machine)
    }
}
