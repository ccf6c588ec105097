//! Bringing one projection up to a position, page after page.

use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Connection, Postgres};
use store::{Catalogue, Log};

use crate::checkpoint::{self, Checkpoint, Stop};
use crate::error::ProjectionError;
use crate::page::{self, Applied, Manner, Unwritten};
use crate::projection::{Projection, Unsettled};
use crate::rebuild;

/// How the engine works.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many events are folded and written in one transaction.
    pub page_events: i64,
    /// On how many connections a rebuild reads the log.
    pub readers: usize,
    /// How long a projection that met an error rests before it tries again.
    pub rest: std::time::Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            page_events: 4096,
            readers: 2,
            rest: std::time::Duration::from_secs(1),
        }
    }
}

/// What every projection works with.
#[derive(Clone, Debug)]
pub(crate) struct Core {
    pub log: Log,
    pub catalogue: Arc<Catalogue>,
    pub settings: Settings,
}

/// Makes the tables and the checkpoint of a projection that the database has never seen.
pub(crate) async fn install<P: Projection>(core: &Core) -> Result<(), ProjectionError> {
    let mut connection = core.log.pool().acquire().await?;
    if checkpoint::of(&mut connection, P::NAME).await?.is_some() {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('trainnet install ' || $1, 0))")
        .bind(P::NAME)
        .execute(&mut *transaction)
        .await?;
    if checkpoint::of(&mut transaction, P::NAME).await?.is_some() {
        return Ok(());
    }
    // Tables that no checkpoint speaks of are worth nothing.
    let schema = page::live_schema(P::NAME);
    rebuild::drop_schema(&mut transaction, &schema).await?;
    page::create_tables::<P>(&mut transaction, &schema).await?;
    page::complete_tables::<P>(&mut transaction, &schema).await?;
    checkpoint::begin_in_tx(
        &mut transaction,
        P::NAME,
        P::VERSION,
        core.log.clock().now(),
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// Brings the projection up to `until`, by a rebuild if its tables are of an earlier version.
///
/// Whoever knows where it stood saves the looking; if that is not so any more, it is found out.
pub(crate) async fn catch_up<P: Projection>(
    core: &Core,
    known: Option<Checkpoint>,
    until: i64,
) -> Result<Checkpoint, ProjectionError> {
    let mut known = known;
    if known.is_none() {
        install::<P>(core).await?;
    }
    loop {
        match step_to::<P>(core, known.take(), until).await? {
            Reached::Position(at) => return Ok(at),
            Reached::Outdated => {
                rebuild::rebuild::<P>(core, &|_| {}).await?;
            }
        }
    }
}

/// Taken anew for each use: whoever kept one while reading the log, which takes another, could
/// wait for ever among many who do the same.
async fn connection(core: &Core) -> Result<PoolConnection<Postgres>, sqlx::Error> {
    core.log.pool().acquire().await
}

/// Where stepping came to an end.
pub(crate) enum Reached {
    Position(Checkpoint),
    /// The tables are those of an earlier version of the fold.
    Outdated,
}

/// Applies page after page until the checkpoint is at `until` or beyond.
pub(crate) async fn step_to<P: Projection>(
    core: &Core,
    known: Option<Checkpoint>,
    until: i64,
) -> Result<Reached, ProjectionError> {
    let mut known = known;
    loop {
        let at = match known.take() {
            Some(at) => at,
            None => stored::<P>(core).await?,
        };
        if at.version < P::VERSION {
            return Ok(Reached::Outdated);
        }
        if at.position >= until {
            return Ok(Reached::Position(at));
        }
        let end = until.min(at.position.saturating_add(core.settings.page_events.max(1)));
        known = step::<P>(core, at, end).await?;
    }
}

/// Where the tables say that they stand.
async fn stored<P: Projection>(core: &Core) -> Result<Checkpoint, ProjectionError> {
    let Some(at) = checkpoint::of(&mut *connection(core).await?, P::NAME).await? else {
        return Err(sqlx::Error::RowNotFound.into());
    };
    if at.version > P::VERSION {
        return Err(ProjectionError::Newer {
            projection: P::NAME,
            stored: at.version,
            known: P::VERSION,
        });
    }
    Ok(at)
}

/// Applies one page; on an event that cannot be folded, what comes before it. Says where the
/// projection stands then, or nothing if somebody else moved it.
async fn step<P: Projection>(
    core: &Core,
    mut at: Checkpoint,
    mut end: i64,
) -> Result<Option<Checkpoint>, ProjectionError> {
    let mut stopped: Option<Unsettled> = None;
    while at.position < end {
        let folded = page::fold::<P::Page>(
            &core.log,
            &core.catalogue,
            at.position,
            end,
            Manner::Following,
        )
        .await?;
        stopped = folded.stopped.or(stopped);
        if folded.reached == at.position {
            break;
        }
        let to = (folded.reached, core.log.clock().now());
        let connection = &mut *connection(core).await?;
        match page::apply::<P>(connection, &at, folded.page, to).await {
            Ok(Applied::Moved(moved)) => {
                at = moved;
                break;
            }
            Ok(Applied::Outrun) => return Ok(None),
            Err(Unwritten::Unsettled(unsettled)) => {
                end = unsettled.position - 1;
                stopped = Some(unsettled);
            }
            Err(Unwritten::Database(error)) => return Err(error.into()),
            Err(Unwritten::Spoiled(reason)) => {
                let error = ProjectionError::spoiled(P::NAME, &reason);
                let stop = Stop {
                    position: at.position + 1,
                    reason: error.to_string(),
                };
                let now = core.log.clock().now();
                checkpoint::stop(connection, P::NAME, &at, &stop, now).await?;
                return Err(error);
            }
        }
    }
    let Some(Unsettled { position, reason }) = stopped else {
        return Ok(Some(at));
    };
    let stop = Stop {
        position,
        reason: ProjectionError::chain(&reason),
    };
    let now = core.log.clock().now();
    checkpoint::stop(&mut *connection(core).await?, P::NAME, &at, &stop, now).await?;
    Err(ProjectionError::Stopped {
        projection: P::NAME,
        position,
        reason: stop.reason,
    })
}
