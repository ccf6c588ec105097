//! Giving a machine its next unit: waiting for one, and making the lease.

use std::sync::Arc;
use std::time::Duration;

use domain::work::{
    Checkpoint, Lease, MachineId, Report, Terms, Unit, UnitCommand, UnitError, UnitId, WhyReleased,
    slot,
};
use store::{Context, Refused, StoreError};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::board::Pulled;
use crate::dispatcher::{ACTOR, Dispatcher};
use crate::pullers::Assigned;

/// A machine that is not there is looked up again after this long.
const AGAIN: Duration = Duration::from_millis(500);

/// A unit, and under what a machine has it.
#[derive(Clone, Debug)]
pub struct Granted {
    pub unit: UnitId,
    pub terms: Arc<Terms>,
    pub lease: Lease,
    /// From where the work goes on.
    pub checkpoint: Option<Checkpoint>,
}

/// Why a machine that asked was not answered.
#[derive(Debug, thiserror::Error)]
pub enum NotGranted {
    #[error("the lease could not be made")]
    Refused(#[from] Refused<UnitError>),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the machine could not be looked up")]
    Database(#[from] sqlx::Error),
}

/// A place among those who wait. Whatever ends the waiting, it is left; and what comes for somebody
/// who is not there any more is handed back.
struct Place<'a> {
    dispatcher: &'a Dispatcher,
    number: u64,
    receiver: oneshot::Receiver<Box<Assigned>>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut board = self.dispatcher.board();
        board.pullers.remove(self.number);
        self.receiver.close();
        if let Ok(assigned) = self.receiver.try_recv() {
            board.give_back(&assigned);
        }
    }
}

impl Dispatcher {
    /// The next unit for this machine, or nothing if there is none within this time.
    pub async fn pull(
        &self,
        machine: MachineId,
        wait: Duration,
    ) -> Result<Option<Granted>, NotGranted> {
        let until = Instant::now() + wait;
        loop {
            let Some(found) = self.fleet().find(machine, self.log()).await? else {
                // It drains, or has not said yet that it is there.
                if Instant::now() + AGAIN >= until {
                    return Ok(None);
                }
                tokio::time::sleep(AGAIN).await;
                continue;
            };
            let now = self.log().clock().now();
            let pulled = self.board().pull(&found, now);
            let assigned = match pulled {
                Pulled::Assigned(assigned) => *assigned,
                Pulled::Waits(number, receiver) => {
                    let mut place = Place {
                        dispatcher: self,
                        number,
                        receiver,
                    };
                    match timeout_at(until, &mut place.receiver).await {
                        Ok(Ok(assigned)) => *assigned,
                        Ok(Err(_)) | Err(_) => return Ok(None),
                    }
                }
            };
            if let Some(granted) = self.grant(assigned).await? {
                return Ok(Some(granted));
            }
        }
    }

    /// Makes the lease, by somebody who does not go away when the machine does.
    async fn grant(&self, assigned: Assigned) -> Result<Option<Granted>, NotGranted> {
        let (sender, receiver) = oneshot::channel();
        let dispatcher = self.clone();
        tokio::spawn(async move {
            let outcome = dispatcher.lease(assigned).await;
            if let Err(Ok(Some(granted))) = sender.send(outcome) {
                dispatcher.take_back(&granted).await;
            }
        });
        receiver.await.unwrap_or(Ok(None))
    }

    async fn lease(&self, assigned: Assigned) -> Result<Option<Granted>, NotGranted> {
        let now = self.log().clock().now();
        let machine = assigned.machine.machine;
        let Ok(slot) = slot(machine, assigned.slot) else {
            self.board().give_back(&assigned);
            return Ok(None);
        };
        let command = UnitCommand::Lease {
            machine,
            provider: assigned.machine.provider,
            slot: slot.clone(),
            rate: assigned.offer.rate,
            decision: assigned.decision,
            at: now,
        };
        let context = Context::by(ACTOR);
        match self.ask(assigned.unit, command, &context).await {
            Ok((unit, _)) => Ok(granted(assigned.unit, &unit, machine, &slot)),
            Err(refusal) => self.not_leased(&assigned, refusal),
        }
    }

    /// What is believed here was not so; whoever asked is given something else.
    fn not_leased(
        &self,
        assigned: &Assigned,
        refusal: Refused<UnitError>,
    ) -> Result<Option<Granted>, NotGranted> {
        let now = self.log().clock().now();
        let mut board = self.board();
        match refusal {
            Refused::Domain(UnitError::NotQueued | UnitError::Over | UnitError::NotEnqueued) => {
                board.set_aside(assigned);
            }
            Refused::Domain(_) => board.refuse(assigned, now),
            Refused::Taken { .. } => board.block(assigned, now),
            Refused::Contended => board.give_back(assigned),
            other @ (Refused::InsufficientFunds { .. }
            | Refused::KeyReused { .. }
            | Refused::Unknown { .. }
            | Refused::Store(_)) => {
                board.give_back(assigned);
                return Err(other.into());
            }
        }
        Ok(None)
    }

    /// The machine has gone away before it heard of its lease.
    async fn take_back(&self, granted: &Granted) {
        let report = Report::Release {
            because: WhyReleased::Draining,
            trained_seconds: 0,
        };
        let holding = &granted.lease.holding;
        let under = (holding.fence, holding.machine);
        let context = Context::by(ACTOR);
        if let Err(error) = self.report(granted.unit, under, report, &context).await {
            // The lease will run out by itself.
            tracing::debug!(%error, unit = %granted.unit, "a lease could not be taken back");
        }
    }
}

/// Nothing, if the lease is over again already.
fn granted(id: UnitId, unit: &Unit, machine: MachineId, slot: &ledger::Name) -> Option<Granted> {
    let lease = unit.lease()?;
    let ours = lease.holding.machine == machine && lease.holding.slot == *slot;
    ours.then_some(())?;
    Some(Granted {
        unit: id,
        terms: Arc::clone(unit.terms()?),
        lease: lease.clone(),
        checkpoint: unit.tally()?.checkpoint,
    })
}
