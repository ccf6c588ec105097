//! Folding a projection anew into tables beside the live ones, and exchanging the two.

use std::time::Duration;

use sqlx::{Connection, Executor, PgConnection};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::checksum::Checksum;
use crate::error::ProjectionError;
use crate::exchange;
use crate::follow::{self, Core};
use crate::page;
use crate::projection::Projection;
use crate::replay::{Replay, replay};
use crate::rows::{COPY_HEADER, COPY_TRAILER, Rows};
use crate::table::Table;

/// So close to the head the rest is written row by row, beside the keys.
const NEAR_EVENTS: i64 = 10_000;
/// A log that grows as fast as it is folded ends the loading all the same.
const ROUNDS_MAX: usize = 16;
/// The lock of a rebuild that was just cancelled may be about to go.
const LOCK_ATTEMPTS: usize = 5;
const LOCK_PAUSE: Duration = Duration::from_millis(100);
/// So much is handed to the socket at once.
const SEND_BYTES: usize = 256 * 1024;

/// What a rebuild is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Folding,
    Indexing,
    Exchanging,
}

/// How far a rebuild has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub projection: &'static str,
    pub phase: Phase,
    pub position: i64,
    pub head: i64,
}

/// Is told how far a rebuild has come.
pub type Watch<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// What a rebuild came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    pub projection: &'static str,
    pub position: i64,
    pub checksum: Checksum,
    pub comparison: Comparison,
}

/// How the tables that were live until then compare with the new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Both had this checksum at the same position.
    Equal,
    /// The live tables were not what the log folds to; now they are.
    Different {
        position: i64,
        live: Checksum,
        rebuilt: Checksum,
    },
    /// The live tables were folded by another version.
    OtherVersion { live: i32 },
    /// The live tables were too far behind to be brought to the same position.
    Behind { live: i64, rebuilt: i64 },
}

/// Tables that are being filled; whoever holds the connection holds the rebuild's lock.
pub(crate) struct Build {
    pub connection: PgConnection,
    pub schema: String,
    pub position: i64,
    pub checksum: Checksum,
}

/// Rebuilds a projection from the first event and puts the new tables in the place of the old.
///
/// Dropped half-way it leaves the live tables untouched; what is left beside them goes with the
/// next start or rebuild.
pub(crate) async fn rebuild<P: Projection>(
    core: &Core,
    watch: Watch<'_>,
) -> Result<Rebuilt, ProjectionError> {
    follow::install::<P>(core).await?;
    let mut connection = lock(core, P::NAME).await?;
    match drop_leftovers(&mut connection, P::NAME).await {
        Err(error) if exchange::is_in_the_way(&error) => {
            return Err(ProjectionError::ReadersInTheWay {
                projection: P::NAME,
            });
        }
        outcome => outcome?,
    }
    connection.execute("set synchronous_commit = off").await?;
    connection
        .execute("set maintenance_work_mem = '128MB'")
        .await?;
    let schema = next_schema(P::NAME);
    page::create_tables::<P>(&mut connection, &schema).await?;
    let mut build = Build {
        connection,
        schema,
        position: 0,
        checksum: Checksum::ZERO,
    };
    let outcome = fill_and_exchange::<P>(core, &mut build, watch).await;
    if outcome.is_err() {
        // If the connection is the error, the next start will do it.
        drop(drop_leftovers(&mut build.connection, P::NAME).await);
    }
    drop(build.connection.close().await);
    outcome
}

async fn fill_and_exchange<P: Projection>(
    core: &Core,
    build: &mut Build,
    watch: Watch<'_>,
) -> Result<Rebuilt, ProjectionError> {
    fill::<P>(core, build, watch).await?;
    let head = core.log.head().await?.position;
    watch(Progress {
        projection: P::NAME,
        phase: Phase::Exchanging,
        position: build.position,
        head,
    });
    exchange::exchange::<P>(core, build).await
}

/// Copies the rows of all events up to near the head, then adds the keys and the policies.
async fn fill<P: Projection>(
    core: &Core,
    build: &mut Build,
    watch: Watch<'_>,
) -> Result<(), ProjectionError> {
    let mut known = P::Known::default();
    for _ in 0..ROUNDS_MAX {
        let head = core.log.head().await?.position;
        known = load::<P>(core, build, known, head, watch).await?;
        if core.log.head().await?.position - build.position <= NEAR_EVENTS {
            break;
        }
    }
    let (phase, position) = (Phase::Indexing, build.position);
    watch(Progress {
        projection: P::NAME,
        phase,
        position,
        head: position,
    });
    let mut rows: Vec<Rows> = P::TABLES.iter().map(Rows::of).collect();
    P::emit(&known, &mut rows).map_err(|reason| ProjectionError::spoiled(P::NAME, &reason))?;
    drop(known);
    for (table, rows) in P::TABLES.iter().zip(&rows) {
        build.checksum = build.checksum.plus(rows.checksum(table));
        copy(&mut build.connection, &build.schema, table, rows).await?;
    }
    page::complete_tables::<P>(&mut build.connection, &build.schema).await?;
    for table in P::TABLES {
        let analyze = format!("analyze {}.{}", build.schema, table.name);
        build.connection.execute(analyze.as_str()).await?;
    }
    Ok(())
}

/// A page whose rows only need to be written.
struct Settled {
    reached: i64,
    rows: Vec<Rows>,
    checksum: Checksum,
}

/// Reading and folding, settling and summing, and writing go on side by side.
async fn load<P: Projection>(
    core: &Core,
    build: &mut Build,
    known: P::Known,
    until: i64,
    watch: Watch<'_>,
) -> Result<P::Known, ProjectionError> {
    let pages = replay::<P::Page>(
        &core.log,
        &core.catalogue,
        build.position,
        until,
        core.settings.readers,
    );
    let (sender, mut settled) = mpsc::channel(1);
    // Dropped with this future, and its task with it.
    let mut tasks = JoinSet::new();
    tasks.spawn(settle_all::<P>(pages, known, sender));
    while let Some(page) = settled.recv().await {
        let page = page?;
        for (table, rows) in P::TABLES.iter().zip(&page.rows) {
            copy(&mut build.connection, &build.schema, table, rows).await?;
        }
        build.position = page.reached;
        build.checksum = build.checksum.plus(page.checksum);
        let (phase, position) = (Phase::Folding, build.position);
        watch(Progress {
            projection: P::NAME,
            phase,
            position,
            head: until,
        });
    }
    if build.position != until {
        return Err(ProjectionError::EndedEarly {
            reached: build.position,
            wanted: until,
        });
    }
    match tasks.join_next().await {
        Some(known) => Ok(known?),
        None => Err(ProjectionError::EndedEarly {
            reached: build.position,
            wanted: until,
        }),
    }
}

async fn settle_all<P: Projection>(
    mut pages: Replay<P::Page>,
    mut known: P::Known,
    sender: mpsc::Sender<Result<Settled, ProjectionError>>,
) -> P::Known {
    loop {
        let settled = match pages.next().await {
            Ok(None) => return known,
            Ok(Some((reached, page))) => settle::<P>(&mut known, reached, page),
            Err(error) => Err(ProjectionError::replay(P::NAME, error)),
        };
        let over = settled.is_err();
        if sender.send(settled).await.is_err() || over {
            return known;
        }
    }
}

fn settle<P: Projection>(
    known: &mut P::Known,
    reached: i64,
    page: P::Page,
) -> Result<Settled, ProjectionError> {
    let mut rows: Vec<Rows> = P::TABLES.iter().map(Rows::of).collect();
    P::settle(known, page, &mut rows)
        .map_err(|e| ProjectionError::unwritten(P::NAME, page::Unwritten::Unsettled(e)))?;
    let sums = P::TABLES
        .iter()
        .zip(&rows)
        .map(|(table, rows)| rows.checksum(table));
    let checksum = sums.fold(Checksum::ZERO, Checksum::plus);
    Ok(Settled {
        reached,
        rows,
        checksum,
    })
}

/// What the log folds to at this position, without writing anything.
pub(crate) async fn refold<P: Projection>(
    core: &Core,
    until: i64,
) -> Result<Checksum, ProjectionError> {
    let mut pages = replay::<P::Page>(&core.log, &core.catalogue, 0, until, core.settings.readers);
    let mut known = P::Known::default();
    let mut checksum = Checksum::ZERO;
    while let Some((reached, page)) = pages
        .next()
        .await
        .map_err(|error| ProjectionError::replay(P::NAME, error))?
    {
        checksum = checksum.plus(settle::<P>(&mut known, reached, page)?.checksum);
    }
    let mut rows: Vec<Rows> = P::TABLES.iter().map(Rows::of).collect();
    P::emit(&known, &mut rows).map_err(|reason| ProjectionError::spoiled(P::NAME, &reason))?;
    let sums = P::TABLES
        .iter()
        .zip(&rows)
        .map(|(table, rows)| rows.checksum(table));
    Ok(sums.fold(checksum, Checksum::plus))
}

async fn copy(
    connection: &mut PgConnection,
    schema: &str,
    table: &Table,
    rows: &Rows,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut copy = connection.copy_in_raw(&table.copy_in(schema)).await?;
    copy.send(COPY_HEADER).await?;
    for part in rows.bytes().chunks(SEND_BYTES) {
        copy.send(part).await?;
    }
    copy.send(COPY_TRAILER).await?;
    let written = copy.finish().await?;
    debug_assert_eq!(
        usize::try_from(written),
        Ok(rows.len()),
        "every row is written once"
    );
    Ok(())
}

/// Opens the connection on which a rebuild writes; while it is open, nobody else rebuilds.
///
/// The lock is the connection's own, so a rebuild that lost its lock cannot write any more.
async fn lock(core: &Core, projection: &'static str) -> Result<PgConnection, ProjectionError> {
    let mut connection = core.log.pool().acquire().await?.detach();
    // A cancelled rebuild is to let go at once; a server that cannot check notices a little later.
    drop(
        connection
            .execute("set client_connection_check_interval = '250ms'")
            .await,
    );
    for attempt in 0..LOCK_ATTEMPTS {
        if attempt > 0 {
            tokio::time::sleep(LOCK_PAUSE).await;
        }
        if try_lock(&mut connection, projection).await? {
            return Ok(connection);
        }
    }
    drop(connection.close().await);
    Err(ProjectionError::RebuildRunning { projection })
}

async fn try_lock(connection: &mut PgConnection, projection: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "select pg_try_advisory_lock(hashtextextended('trainnet rebuild ' || $1, 0))",
    )
    .bind(projection)
    .fetch_one(connection)
    .await
}

/// Removes what a rebuild that did not end left behind, unless one is going on.
pub(crate) async fn tidy(core: &Core, projection: &'static str) -> Result<(), ProjectionError> {
    let mut connection = core.log.pool().acquire().await?.detach();
    if try_lock(&mut connection, projection).await? {
        match drop_leftovers(&mut connection, projection).await {
            Err(error) if exchange::is_in_the_way(&error) => {
                tracing::warn!(projection, %error, "somebody still reads the old tables");
            }
            outcome => outcome?,
        }
    }
    drop(connection.close().await);
    Ok(())
}

async fn drop_leftovers(connection: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    connection.execute("set lock_timeout = '2s'").await?;
    drop_schema(connection, &next_schema(name)).await?;
    drop_schema(connection, &old_schema(name)).await?;
    connection.execute("set lock_timeout = 0").await.map(drop)
}

pub(crate) async fn drop_schema(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<(), sqlx::Error> {
    connection
        .execute(format!("drop schema if exists {schema} cascade").as_str())
        .await
        .map(drop)
}

pub(crate) fn next_schema(name: &str) -> String {
    format!("read_{name}_next")
}

pub(crate) fn old_schema(name: &str) -> String {
    format!("read_{name}_old")
}
