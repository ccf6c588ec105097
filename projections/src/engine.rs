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

/// However many wait, the checkpoints are read only so often.
const SAMPLE: Duration = Duration::from_millis(5);

/// A projection rests for so many times as long as it has worked, so that it comes back to many
/// events rather than to few; but for no longer than that, and not while anybody waits for it.
const REST: u32 = 2;
const REST_MAX: Duration = Duration::from_millis(20);

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

/// The checkpoints as they were a moment ago.
struct Sample {
    taken: Instant,
    checkpoints: HashMap<String, Checkpoint>,
}

/// Folds the log into read tables; clones share what they know.
#[derive(Clone)]
pub struct Engine {
    core: Core,
    projections: Projections,
    sample: Arc<Mutex<Option<Sample>>>,
    /// Rung by whoever waits for a projection.
    hurry: Arc<Notify>,
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
        Self {
            core,
            projections,
            sample: Arc::default(),
            hurry: Arc::default(),
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
            tasks.spawn(keep_up(
                self.core.clone(),
                Arc::clone(projection),
                heads.clone(),
                Arc::clone(&self.hurry),
            ));
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
        let deadline = Instant::now() + within;
        loop {
            let looked = tokio::time::timeout_at(deadline + LOOK_MAX, self.sampled(projection));
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
            self.hurry.notify_waiters();
            if Instant::now() >= deadline {
                return Err(ProjectionError::Late {
                    projection,
                    reached,
                    wanted: position,
                });
            }
            tokio::time::sleep_until(deadline.min(Instant::now() + SAMPLE)).await;
        }
    }

    /// Where a projection stood not long ago; all who wait share one look.
    async fn sampled(&self, name: &str) -> Result<(i64, Option<Stop>), ProjectionError> {
        let mut sample = self.sample.lock().await;
        if sample
            .as_ref()
            .is_none_or(|sample| sample.taken.elapsed() >= SAMPLE)
        {
            let checkpoints = checkpoint::all(self.core.log.pool())
                .await?
                .into_iter()
                .collect();
            *sample = Some(Sample {
                taken: Instant::now(),
                checkpoints,
            });
        }
        let at = sample
            .as_ref()
            .and_then(|sample| sample.checkpoints.get(name));
        Ok(at.map_or((0, None), |at| (at.position, at.stopped.clone())))
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

async fn keep_up(
    core: Core,
    projection: Arc<dyn Projected>,
    mut heads: watch::Receiver<i64>,
    hurry: Arc<Notify>,
) {
    let mut known: Option<Checkpoint> = None;
    let mut reported = String::new();
    loop {
        let reached = known.as_ref().map_or(-1, |at| at.position);
        if heads.wait_for(|head| *head > reached).await.is_err() {
            return;
        }
        let head = *heads.borrow_and_update();
        let began = Instant::now();
        match projection.catch_up(&core, known.take(), head).await {
            Ok(at) => {
                known = Some(at);
                reported.clear();
                let rest = (began.elapsed() * REST).min(REST_MAX);
                // Whoever waits already looks again, and rings again, before long.
                drop(tokio::time::timeout(rest, hurry.notified()).await);
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
