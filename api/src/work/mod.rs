//! Work over HTTP: machines ask for it, say how it goes and hand it in; customers watch.

mod complete;
mod directed;
mod fail;
mod files;
mod heartbeat;
mod problems;
mod progress;
mod pull;
mod release;
mod said;
pub(crate) mod stream;
mod why;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dispatch::{Dispatcher, Fleet, NotHeld};
use domain::users::{Scope, UserId};
use domain::work::{Report, Terms, Unit, UnitId};
use projections::work::{heartbeats, reports};
use store::Log;
use tokio::sync::{Semaphore, watch};

use crate::api::Routes;
use crate::asked::Asked;
use crate::objects::Objects;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::servers::MachineCaller;
use crate::users::{Caller, unread};
use problems::of_unit;

/// So many machines may wait for work at once; their requests hold no place meanwhile.
const WAITING_MAX: usize = 16_384;
/// Progress and log lines are kept for so long.
const REPORTS_KEPT: TimeDelta = TimeDelta::days(30);
/// Nobody asks when a unit was last heard of that has been over for so long.
const HEARD_KEPT: TimeDelta = TimeDelta::days(1);
/// So many are forgotten at once.
const FORGOTTEN_AT_ONCE: i64 = 10_000;

/// What brings units and machines together, as HTTP sees it; clones share it.
#[derive(Clone)]
pub struct Work(Arc<Inner>);

struct Inner {
    dispatcher: Dispatcher,
    objects: Objects,
    waiting: Semaphore,
    /// Rung whenever something was said of any unit here.
    said: watch::Sender<u64>,
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

impl Work {
    /// Its dispatcher is to be run by somebody: [`Dispatcher::run`].
    pub fn new(log: &Log, objects: &Objects) -> Self {
        Self(Arc::new(Inner {
            dispatcher: Dispatcher::new(log, Fleet::default()),
            objects: objects.clone(),
            waiting: Semaphore::new(WAITING_MAX),
            said: watch::Sender::new(0),
        }))
    }

    /// Its own routes; they stand within the [`Product`](crate::Product).
    pub fn routes() -> Routes {
        Routes::new()
            .merge(pull::routes())
            .merge(heartbeat::routes())
            .merge(progress::routes())
            .merge(complete::routes())
            .merge(fail::routes())
            .merge(release::routes())
            .merge(files::routes())
            .merge(why::routes())
            .merge(stream::routes())
    }

    pub fn dispatcher(&self) -> &Dispatcher {
        &self.0.dispatcher
    }

    fn objects(&self) -> &Objects {
        &self.0.objects
    }

    /// Forgets what was said long ago; says how much that was.
    pub async fn tidy(&self) -> Result<u64, sqlx::Error> {
        let before = self.now() - REPORTS_KEPT;
        let pool = self.log().pool();
        let mut all = heartbeats::forget_before(pool, self.now() - HEARD_KEPT).await?;
        loop {
            let forgotten = reports::forget_before(pool, before, FORGOTTEN_AT_ONCE).await?;
            all += forgotten;
            if forgotten == 0 {
                return Ok(all);
            }
        }
    }

    fn log(&self) -> &Log {
        self.0.dispatcher.log()
    }

    fn now(&self) -> DateTime<Utc> {
        self.log().clock().now()
    }

    /// Whoever watches has something to look at.
    fn ring(&self) {
        self.0.said.send_modify(|rung| *rung = rung.wrapping_add(1));
    }

    /// What the machine that has a unit says of it, recorded.
    async fn report(
        &self,
        asked: &Asked,
        caller: &MachineCaller,
        (unit, fence): (UnitId, u64),
        report: Report,
    ) -> Result<(Unit, Position), ApiError> {
        let machine = caller.machine();
        // What a machine may say twice is the same twice by itself.
        let context = asked.context(&caller.actor(), b"").without_key();
        let outcome = self
            .dispatcher()
            .report(unit, (fence, machine), report, &context)
            .await;
        match outcome {
            Ok((unit, position)) => {
                self.ring();
                Ok((unit, Position(position)))
            }
            Err(refusal) => {
                self.insist_on_holder(unit, caller).await?;
                Err(refused(refusal, of_unit))
            }
        }
    }

    /// To a machine that never had it there is no such unit.
    async fn insist_on_holder(&self, unit: UnitId, caller: &MachineCaller) -> Result<(), ApiError> {
        let held = self.dispatcher().was_held_by(unit, caller.machine()).await;
        if held.map_err(unread)? {
            Ok(())
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }

    /// The unit, if it is worked on for this caller.
    async fn own(&self, caller: &Caller, unit: &str) -> Result<(UnitId, Arc<Terms>), ApiError> {
        caller.insist(Scope::Read)?;
        let nothing = || ApiError::new(&kinds::NOT_FOUND);
        let id: UnitId = unit.parse().map_err(|_| nothing())?;
        let terms = self.terms(id).await?.ok_or_else(nothing)?;
        if terms.customer == caller.user() {
            Ok((id, terms))
        } else {
            Err(nothing())
        }
    }

    async fn terms(&self, unit: UnitId) -> Result<Option<Arc<Terms>>, ApiError> {
        let units = self.dispatcher().units();
        let found = units.recall(&unit.to_string()).await.map_err(unread)?;
        Ok(found.terms().cloned())
    }

    /// For whom a unit is worked on; nothing where there is no such unit.
    pub async fn customer_of(&self, unit: UnitId) -> Result<Option<UserId>, ApiError> {
        Ok(self.terms(unit).await?.map(|terms| terms.customer))
    }
}

/// Which unit a path means; there is nothing else under another name.
fn unit_in(path: &str) -> Result<UnitId, ApiError> {
    path.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))
}

/// Why a machine is not heard.
fn not_held(error: NotHeld) -> ApiError {
    match error {
        NotHeld::Stranger => ApiError::new(&kinds::NOT_FOUND),
        NotHeld::Lost => ApiError::new(&problems::LEASE_LOST).detail(problems::STOP),
        NotHeld::Store(error) => unread(error),
    }
}
