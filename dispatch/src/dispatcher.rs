//! The dispatcher of one process: what it is asked, and what it keeps doing by itself.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::work::{Lease, MachineId, Report, Unit, UnitCommand, UnitError, UnitId, Want};
use projections::work::heartbeats::Heard;
use store::{Commands, Context, Log, Refused, StoreError};
use tokio::sync::watch;

use crate::board::{Board, Counts};
use crate::fleet::Fleet;

/// As whom a dispatcher asks for what nobody else asks for.
pub(crate) const ACTOR: &str = "dispatch";

/// Brings units and machines together; clones share what they know.
#[derive(Clone)]
pub struct Dispatcher(Arc<Inner>);

pub(crate) struct Inner {
    pub units: Commands<Unit>,
    pub board: Mutex<Board>,
    pub fleet: Fleet,
    /// What was heard and is still to be noted for the other servers.
    pub heard: Mutex<BTreeMap<UnitId, Heard>>,
    reached: watch::Sender<i64>,
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dispatcher({:?})", self.counts())
    }
}

/// What a machine is to do with a unit that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directions {
    pub desired: Desired,
    /// How many trained seconds of this lease can be paid for.
    pub seconds_max: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desired {
    Run,
    Pause,
    Cancel,
}

/// Why a machine was not heard.
#[derive(Debug, thiserror::Error)]
pub enum NotHeld {
    /// It never had the unit; as far as it is concerned there is none.
    #[error("the machine never had this unit")]
    Stranger,
    #[error("this lease of the unit is lost")]
    Lost,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Directions {
    /// Nothing, where nobody has the unit.
    pub fn of(unit: &Unit) -> Option<Self> {
        let lease = unit.lease()?;
        let want = lease.asked.map(|(want, _)| want);
        Some(Self::new(want, lease.seconds_max))
    }

    pub(crate) const fn new(want: Option<Want>, seconds_max: u64) -> Self {
        let desired = match want {
            None => Desired::Run,
            Some(Want::Pause) => Desired::Pause,
            Some(Want::Cancel) => Desired::Cancel,
        };
        Self {
            desired,
            seconds_max,
        }
    }
}

impl Dispatcher {
    /// It knows nothing until [`Dispatcher::run`] runs.
    pub fn new(log: &Log, fleet: Fleet) -> Self {
        Self(Arc::new(Inner {
            units: Commands::new(log.clone()),
            board: Mutex::default(),
            fleet,
            heard: Mutex::default(),
            reached: watch::Sender::new(0),
        }))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    pub fn log(&self) -> &Log {
        self.0.units.log()
    }

    pub fn units(&self) -> &Commands<Unit> {
        &self.0.units
    }

    pub fn fleet(&self) -> &Fleet {
        &self.0.fleet
    }

    /// Follows the log and takes away leases that have run out, until it is dropped.
    pub async fn run(&self) -> Infallible {
        tokio::select! {
            never = self.follow() => never,
            never = self.watch_leases() => never,
            never = self.0.fleet.keep(self.log()) => never,
        }
    }

    pub fn counts(&self) -> Counts {
        self.board().counts()
    }

    pub(crate) fn reached(&self, position: i64) {
        self.0.reached.send_replace(position);
    }

    /// Until what happened up to this position is known here, or this time has passed; says
    /// whether it is.
    pub async fn wait_for(&self, position: i64, at_most: Duration) -> bool {
        let mut reached = self.0.reached.subscribe();
        let wait = reached.wait_for(|reached| *reached >= position);
        tokio::time::timeout(at_most, wait).await.is_ok()
    }

    /// A sign of life from the machine that has the unit.
    pub async fn hear(
        &self,
        unit: UnitId,
        fence: u64,
        machine: MachineId,
    ) -> Result<Directions, NotHeld> {
        let at = self.log().clock().now();
        if let Some(directions) = self.note(unit, fence, machine, at) {
            return Ok(directions);
        }
        // What is known here may be old: it is looked up before anybody is told that all is lost.
        let found = self.0.units.look(&unit.to_string()).await?;
        if !found.was_held_by(machine) {
            return Err(NotHeld::Stranger);
        }
        match found.lease() {
            Some(lease) if is_theirs(lease, fence, machine) => {
                let mut board = self.board();
                board.update(unit, &found.outline(), at);
                // Where it was enqueued is not known here; it has waited long enough to be first.
                board.learn(unit, &found.outline(), 0, at);
                drop(board);
                self.note(unit, fence, machine, at);
                let want = lease.asked.map(|(want, _)| want);
                Ok(Directions::new(want, lease.seconds_max))
            }
            Some(_) | None => Err(NotHeld::Lost),
        }
    }

    /// Notes a sign of life, if the lease is known here.
    fn note(
        &self,
        unit: UnitId,
        fence: u64,
        machine: MachineId,
        at: chrono::DateTime<chrono::Utc>,
    ) -> Option<Directions> {
        let mut board = self.board();
        let held = board.held.get_mut(&unit)?;
        if held.fence != fence || held.machine != machine {
            return None;
        }
        held.heard_at = held.heard_at.max(at);
        let want = held.asked.map(|(want, _)| want);
        let directions = Directions::new(want, held.seconds_max);
        drop(board);
        let mut heard = self.0.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.insert(unit, Heard { unit, fence, at });
        Some(directions)
    }

    /// What the machine that has the unit says of it; answers with the unit as it is then, and
    /// where that was recorded.
    pub async fn report(
        &self,
        unit: UnitId,
        (fence, machine): (u64, MachineId),
        report: Report,
        context: &Context,
    ) -> Result<(Unit, i64), Refused<UnitError>> {
        let at = self.log().clock().now();
        let command = UnitCommand::Report {
            fence,
            machine,
            report,
            at,
        };
        self.ask(unit, command, context).await
    }

    /// Asks something of a unit, and knows from then on what came of it.
    pub(crate) async fn ask(
        &self,
        unit: UnitId,
        command: UnitCommand,
        context: &Context,
    ) -> Result<(Unit, i64), Refused<UnitError>> {
        let id = unit.to_string();
        let committed = self.0.units.execute(&id, command, context).await?;
        let found = self.0.units.recall(&id).await?;
        let now = self.log().clock().now();
        self.board().update(unit, &found.outline(), now);
        Ok((found, committed.position))
    }

    /// Whether a machine ever had a unit, as the log has it.
    pub async fn was_held_by(&self, unit: UnitId, machine: MachineId) -> Result<bool, StoreError> {
        let found = self.0.units.recall(&unit.to_string()).await?;
        if found.was_held_by(machine) {
            return Ok(true);
        }
        let found = self.0.units.look(&unit.to_string()).await?;
        Ok(found.was_held_by(machine))
    }
}

fn is_theirs(lease: &Lease, fence: u64, machine: MachineId) -> bool {
    lease.holding.fence == fence && lease.holding.machine == machine
}
