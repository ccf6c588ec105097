//! Keeping a list of projections at the head of the log, and saying how far each has come.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use store::{Catalogue, Log};
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::checkpoint::{self, Checkpoint, Stop};
use crate::checksum::Checksum;
use crate::error::ProjectionError;
use crate::follow::{Core, Settings};
use crate::kept::{Projected, Projections};
use crate::rebuild::{Rebuilt, Watch};
use crate::recompute::Recomputed;

/// However many wait, the checkpoint is read only so often, unless it is known to have moved.
const SAMPLE: Duration = Duration::from_millis(5);

/// A projection that has worked rests, so that it comes back to many events rather than to few;
/// but not while anybody waits for it.
const REST: Duration = Duration::from_millis(25);

/// A crash of the database may take back what follows from the log (`checkpoint::LAZILY`), so a
/// projection that has nothing to do looks every so often where its tables stand.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A look that was begun in time may end so much later.
const LOOK_MAX: Duration = Duration::from_millis(500);

/// How far a projection has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub projection: &'static str,
    /// Of the fold in this program.
    pub version: i32,
    /// Of the fold that made the tables; none where there are no tables yet.
    pub stored_version: Option<i32>,
    pub position: i64,
    pub head: i64,
    /// How many events are still to be folded.
    pub lag: i64,
    pub checksum: Checksum,
    pub updated_at: Option<DateTime<Utc>>,
    pub stopped: Option<Stop>,
}

const ELSEWHERE: i64 = -1;

/// What is known of how far one projection has come, without asking.
struct Known {
    /// Where it was brought from here; [`ELSEWHERE`] if it is not kept up from here.
    brought: watch::Sender<i64>,
    /// Rung by whoever waits for it.
    hurry: Notify,
    /// Where it stood when it was last looked at.
    seen: Mutex<Option<Seen>>,
}

struct Seen {
    at: Instant,
    position: i64,
    stopped: Option<Stop>,
}

/// Folds the log into read tables; clones share what they know.
#[derive(Clone)]
pub struct Engine {
    core: Core,
    projections: Projections,
    known: Arc<HashMap<&'static str, Known>>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self
            .projections
            .0
            .iter()
            .map(|projection| projection.name());
        f.debug_list().entries(names).finish()
    }
}

impl Engine {
    /// Takes up work: makes what tables are missing, and removes what a broken rebuild left.
    pub async fn open(
        log: Log,
        catalogue: Arc<Catalogue>,
        projections: Projections,
        settings: Settings,
    ) -> Result<Self, ProjectionError> {
        let engine = Self::over(log, catalogue, projections, settings);
        engine.tidy().await?;
        Ok(engine)
    }

    /// The same without touching the database, for those who only look.
    pub fn over(
        log: Log,
        catalogue: Arc<Catalogue>,
        projections: Projections,
        settings: Settings,
    ) -> Self {
        let core = Core {
            log,
            catalogue,
            settings,
        };
        let nothing = || Known {
            brought: watch::Sender::new(ELSEWHERE),
            hurry: Notify::new(),
            seen: Mutex::default(),
        };
        let names = projections.0.iter().map(|projection| projection.name());
        let known = names.map(|name| (name, nothing())).collect();
        Self {
            core,
            projections,
            known: Arc::new(known),
        }
    }

    /// Removes what a rebuild that was cancelled left beside the live tables.
    pub async fn tidy(&self) -> Result<(), ProjectionError> {
        for projection in &self.projections.0 {
            projection.begin(&self.core).await?;
        }
        Ok(())
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.projections
            .0
            .iter()
            .map(|projection| projection.name())
    }

    fn named(&self, name: &str) -> Result<&dyn Projected, ProjectionError> {
        let found = self
            .projections
            .0
            .iter()
            .find(|projection| projection.name() == name);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| ProjectionError::Unknown(name.to_owned()))
    }

    /// Brings every projection up to `until`, or to the head if that comes first.
    ///
    /// One that stops does not keep the others; the first such error is the answer.
    pub async fn catch_up(&self, until: i64) -> Result<(), ProjectionError> {
        let until = until.min(self.core.log.head().await?.position);
        let mut outcome = Ok(());
        for projection in &self.projections.0 {
            let reached = projection.catch_up(&self.core, None, until).await;
            outcome = outcome.and(reached.map(drop));
        }
        outcome
    }

    /// Brings one projection up to `until`, or to the head if that comes first.
    pub async fn catch_up_one(&self, name: &str, until: i64) -> Result<i64, ProjectionError> {
        let until = until.min(self.core.log.head().await?.position);
        let reached = self.named(name)?.catch_up(&self.core, None, until).await?;
        Ok(reached.position)
    }

    /// Follows the log with every projection until `shutdown` is there.
    ///
    /// A projection that meets an error rests and tries again: a lost database comes back, and an
    /// unreadable event becomes readable with the program that knows it.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut tasks = JoinSet::new();
        let (sender, heads) = watch::channel(0);
        tasks.spawn(watch_heads(self.core.clone(), sender));
        for projection in &self.projections.0 {
            tasks.spawn(keep_up(self.clone(), Arc::clone(projection), heads.clone()));
        }
        // What is cut short rolls back, and the next start goes on from the checkpoint.
        shutdown.await;
        tasks.shutdown().await;
    }

    /// How far each projection has come; the lag is the metric to watch.
    pub async fn status(&self) -> Result<Vec<Status>, ProjectionError> {
        let mut checkpoints: HashMap<_, _> = checkpoint::all(self.core.log.pool())
            .await?
            .into_iter()
            .collect();
        let head = self.core.log.head().await?.position;
        let status = |projection: &Arc<dyn Projected>| {
            let at = checkpoints.remove(projection.name());
            let position = at.as_ref().map_or(0, |at| at.position);
            Status {
                projection: projection.name(),
                version: projection.version(),
                stored_version: at.as_ref().map(|at| at.version),
                position,
                head,
                lag: head - position,
                checksum: at.as_ref().map_or(Checksum::ZERO, |at| at.checksum),
                updated_at: at.as_ref().map(|at| at.updated_at),
                stopped: at.and_then(|at| at.stopped),
            }
        };
        Ok(self.projections.0.iter().map(status).collect())
    }

    /// Waits until a projection shows what was committed at `position`, whoever folds it.
    pub async fn wait_for(
        &self,
        name: &str,
        position: i64,
        within: Duration,
    ) -> Result<i64, ProjectionError> {
        let projection = self.named(name)?.name();
        let known = &self.known[projection];
        let mut brought = known.brought.subscribe();
        let deadline = Instant::now() + within;
        loop {
            let soon = deadline.min(Instant::now() + SAMPLE);
            let here = *brought.borrow_and_update();
            if here != ELSEWHERE && here < position {
                known.hurry.notify_one();
                let shown = brought.wait_for(|at| *at >= position);
                drop(tokio::time::timeout_at(soon, shown).await);
            }
            let here = *brought.borrow_and_update();
            let look = self.look(projection, known, position.min(here));
            let looked = tokio::time::timeout_at(deadline + LOOK_MAX, look);
            let (reached, stopped) = match looked.await.unwrap_or(Ok((0, None))) {
                // A connection that was lost is replaced by the time of the next look.
                Err(ProjectionError::Database(_)) if Instant::now() < deadline => (0, None),
                seen => seen?,
            };
            if reached >= position {
                return Ok(reached);
            }
            if let Some(Stop {
                position: at,
                reason,
            }) = stopped
                && at <= position
            {
                return Err(ProjectionError::Stopped {
                    projection,
                    position: at,
                    reason,
                });
            }
            if Instant::now() >= deadline {
                return Err(ProjectionError::Late {
                    projection,
                    reached,
                    wanted: position,
                });
            }
            // Brought there, and not there any more: a crash took something back.
            if here == ELSEWHERE || here >= position {
                tokio::time::sleep_until(soon).await;
            }
        }
    }

    /// Where a projection stands, or stood not long ago if that was at `least` already; all who
    /// wait share one look.
    async fn look(
        &self,
        name: &str,
        known: &Known,
        least: i64,
    ) -> Result<(i64, Option<Stop>), ProjectionError> {
        let mut seen = known.seen.lock().await;
        let fresh = |seen: &&mut Seen| seen.at.elapsed() < SAMPLE && seen.position >= least;
        if let Some(seen) = seen.as_mut().filter(fresh) {
            return Ok((seen.position, seen.stopped.clone()));
        }
        let mut connection = self.core.log.pool().acquire().await?;
        let stored = checkpoint::of(&mut connection, name).await?;
        let (position, stopped) = stored.map_or((0, None), |it| (it.position, it.stopped));
        *seen = Some(Seen {
            at: Instant::now(),
            position,
            stopped: stopped.clone(),
        });
        Ok((position, stopped))
    }

    /// Folds a projection anew beside its live tables and exchanges the two.
    ///
    /// To cancel, drop the future; [`Engine::tidy`] then removes what is left at once.
    pub async fn rebuild(&self, name: &str, watch: Watch<'_>) -> Result<Rebuilt, ProjectionError> {
        self.named(name)?.rebuild(&self.core, watch).await
    }

    /// Sums the rows that are there; any row that was changed by hand shows.
    pub async fn recompute(&self, name: &str) -> Result<Recomputed, ProjectionError> {
        self.named(name)?.recompute(&self.core).await
    }

    /// What the rows at this position must sum to, folded from the log without writing anything.
    pub async fn refold(&self, name: &str, until: i64) -> Result<Checksum, ProjectionError> {
        self.named(name)?.refold(&self.core, until).await
    }
}

/// Tells every projection where the head is, over one subscription.
async fn watch_heads(core: Core, heads: watch::Sender<i64>) {
    loop {
        let watching = async {
            let mut subscription = core.log.subscribe().await?;
            loop {
                let last = *heads.borrow();
                heads.send_replace(subscription.beyond(last).await?);
            }
        };
        let Err::<std::convert::Infallible, sqlx::Error>(error) = watching.await;
        tracing::warn!(%error, "the log is out of reach; trying again");
        tokio::time::sleep(core.settings.rest).await;
    }
}

async fn keep_up(engine: Engine, projection: Arc<dyn Projected>, mut heads: watch::Receiver<i64>) {
    let (core, here) = (&engine.core, &engine.known[projection.name()]);
    let mut known: Option<Checkpoint> = None;
    let mut reported = String::new();
    loop {
        let reached = known.as_ref().map_or(-1, |at| at.position);
        match tokio::time::timeout(LOOK_AGAIN, heads.wait_for(|head| *head > reached)).await {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => return,
            Err(_) => known = None,
        }
        let head = *heads.borrow_and_update();
        match projection.catch_up(core, known.take(), head).await {
            Ok(at) => {
                here.brought.send_replace(at.position);
                known = Some(at);
                reported.clear();
                drop(tokio::time::timeout(REST, here.hurry.notified()).await);
            }
            Err(error) => {
                let text = ProjectionError::chain(&error);
                if text != reported {
                    tracing::error!(projection = projection.name(), error = %text, "stopped");
                    reported = text;
                }
                tokio::time::sleep(core.settings.rest).await;
            }
        }
    }
}
