//! Putting rebuilt tables in the place of the live ones, while their readers go on.

use std::time::Duration;

use sqlx::error::DatabaseError;
use sqlx::{Connection, Executor, PgConnection};

use crate::checkpoint::{self, Checkpoint};
use crate::error::ProjectionError;
use crate::follow::{self, Core};
use crate::page::{self, Manner};
use crate::projection::Projection;
use crate::rebuild::{self, Build, Comparison, Rebuilt};

/// A long reader makes the exchange try again rather than make every other reader wait behind it.
const ATTEMPTS_MAX: usize = 400;
const ATTEMPTS_WITHOUT_WAITING: usize = 200;
const PAUSE: Duration = Duration::from_millis(50);
const LOCK_TIMEOUT: &str = "set local lock_timeout = '100ms'";
/// Longer than a server takes to notice (`deadlock_timeout`) that its own vacuum is in the way.
const VACUUM_LOCK_TIMEOUT: &str = "set local lock_timeout = '5s'";
/// As long, for a vacuum may come upon the old tables too; nobody else waits behind this.
const DROP_LOCK_TIMEOUT: &str = "set lock_timeout = '5s'";
const SHORT_LOCK_TIMEOUT: &str = "set local lock_timeout = '25ms'";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const DEADLOCK_DETECTED: &str = "40P01";
/// So far behind, the live tables are still brought up in order to be compared.
const COMPARED_EVENTS_MAX: i64 = 10_000;

pub(crate) async fn exchange<P: Projection>(
    core: &Core,
    build: &mut Build,
) -> Result<Rebuilt, ProjectionError> {
    for number in 0..ATTEMPTS_MAX {
        let head = core.log.head().await?.position;
        advance::<P>(core, build, head).await?;
        bring_up_live::<P>(core, build).await?;
        match attempt::<P>(core, build, number).await {
            Ok(rebuilt) => {
                drop_old(build, P::NAME).await;
                return Ok(rebuilt);
            }
            Err(ProjectionError::Database(error)) if is_in_the_way(&error) => {
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
    Err(ProjectionError::ReadersInTheWay {
        projection: P::NAME,
    })
}

/// Whether somebody else's lock kept a statement from its tables.
pub(crate) fn is_in_the_way(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == LOCK_NOT_AVAILABLE || code == DEADLOCK_DETECTED)
}

/// Brings the new tables up to `until`, page after page.
async fn advance<P: Projection>(
    core: &Core,
    build: &mut Build,
    until: i64,
) -> Result<(), ProjectionError> {
    while build.position < until {
        let end = until.min(
            build
                .position
                .saturating_add(core.settings.page_events.max(1)),
        );
        let mut transaction = build.connection.begin().await?;
        let schema = &build.schema;
        let checksum =
            advance_in_tx::<P>(core, &mut transaction, schema, (build.position, end)).await?;
        transaction.commit().await?;
        build.position = end;
        build.checksum = build.checksum.plus(checksum);
    }
    Ok(())
}

async fn advance_in_tx<P: Projection>(
    core: &Core,
    transaction: &mut PgConnection,
    schema: &str,
    (after, until): (i64, i64),
) -> Result<crate::Checksum, ProjectionError> {
    let folded =
        page::fold::<P::Page>(&core.log, &core.catalogue, after, until, Manner::Alone).await?;
    if let Some(unsettled) = folded.stopped {
        return Err(ProjectionError::unwritten(
            P::NAME,
            page::Unwritten::Unsettled(unsettled),
        ));
    }
    page::write_in_tx::<P>(transaction, schema, folded.page)
        .await
        .map_err(|error| ProjectionError::unwritten(P::NAME, error))
}

/// Lets live tables that are only a little behind catch up, so that the two can be compared.
async fn bring_up_live<P: Projection>(
    core: &Core,
    build: &mut Build,
) -> Result<(), ProjectionError> {
    let live = checkpoint::of(&mut build.connection, P::NAME).await?;
    let near = live.is_some_and(|live| {
        live.version == P::VERSION
            && live.position < build.position
            && build.position - live.position <= COMPARED_EVENTS_MAX
    });
    if near && let Err(error) = follow::step_to::<P>(core, None, build.position).await {
        // Broken live tables are a reason to rebuild, not one to give up.
        tracing::warn!(projection = P::NAME, %error, "the live tables do not catch up");
    }
    Ok(())
}

/// Brings the new tables to where the live ones are, and exchanges the names, all or nothing.
async fn attempt<P: Projection>(
    core: &Core,
    build: &mut Build,
    number: usize,
) -> Result<Rebuilt, ProjectionError> {
    let mut transaction = build.connection.begin().await?;
    send_vacuum_away(&mut transaction, P::NAME).await?;
    transaction.execute(LOCK_TIMEOUT).await?;
    // With this commit everything that was loaded before it is durable too.
    transaction
        .execute("set local synchronous_commit = on")
        .await?;
    let Some(live) = checkpoint::lock_in_tx(&mut transaction, P::NAME).await? else {
        return Err(sqlx::Error::RowNotFound.into());
    };
    if live.version > P::VERSION {
        let (stored, known) = (live.version, P::VERSION);
        return Err(ProjectionError::Newer {
            projection: P::NAME,
            stored,
            known,
        });
    }
    let (mut position, mut checksum) = (build.position, build.checksum);
    while position < live.position {
        let end = live
            .position
            .min(position.saturating_add(core.settings.page_events.max(1)));
        let change =
            advance_in_tx::<P>(core, &mut transaction, &build.schema, (position, end)).await?;
        position = end;
        checksum = checksum.plus(change);
    }
    let comparison = compare::<P>(&live, position, checksum);
    take_the_place(&mut transaction, P::NAME, number).await?;
    let now = core.log.clock().now();
    let to = Checkpoint {
        version: P::VERSION,
        position,
        checksum,
        updated_at: now,
        stopped: None,
    };
    checkpoint::move_in_tx(&mut transaction, P::NAME, live.position, &to).await?;
    transaction.commit().await?;
    Ok(Rebuilt {
        projection: P::NAME,
        position,
        checksum,
        comparison,
    })
}

fn compare<P: Projection>(
    live: &Checkpoint,
    position: i64,
    rebuilt: crate::Checksum,
) -> Comparison {
    if live.version != P::VERSION {
        Comparison::OtherVersion { live: live.version }
    } else if live.position != position {
        Comparison::Behind {
            live: live.position,
            rebuilt: position,
        }
    } else if live.checksum == rebuilt {
        Comparison::Equal
    } else {
        Comparison::Different {
            position,
            live: live.checksum,
            rebuilt,
        }
    }
}

/// Keeps the server's vacuum from the live tables until the exchange is over.
///
/// It gives way only to those who wait longer for it than any reader may be made to wait. The lock
/// that is asked for here disturbs neither readers nor the fold, so it can be waited for.
async fn send_vacuum_away(transaction: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    transaction.execute(VACUUM_LOCK_TIMEOUT).await?;
    let live = page::live_schema(name);
    for table in tables_of(transaction, &live).await? {
        let lock = format!("lock table {live}.{table} in share update exclusive mode");
        transaction.execute(lock.as_str()).await?;
    }
    Ok(())
}

async fn tables_of(
    transaction: &mut PgConnection,
    schema: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select quote_ident(tablename) from pg_tables where schemaname = $1 order by 1",
    )
    .bind(schema)
    .fetch_all(transaction)
    .await
}

/// Renames the schemas once nobody is reading.
///
/// A reader between two statements of one transaction, or between two tables of one statement,
/// would otherwise see one table of each set. It holds a lock on the first, so this waits for it;
/// and a reader who waits for this finds the new tables under the old names.
async fn take_the_place(
    transaction: &mut PgConnection,
    name: &str,
    attempt: usize,
) -> Result<(), sqlx::Error> {
    let live = page::live_schema(name);
    let mut tables = tables_of(transaction, &live).await?;
    let places = tables.len().max(1);
    tables.rotate_left(attempt % places);
    for (number, table) in tables.iter().enumerate() {
        // Only the first is waited for. Waiting for another while holding one could close a circle
        // with a reader who came to the tables in another order, and the reader would be the one
        // to fail; so that is for when readers leave no gap, and then for a moment only.
        let patience = match number {
            0 => "",
            _ if attempt < ATTEMPTS_WITHOUT_WAITING => " nowait",
            _ => {
                transaction.execute(SHORT_LOCK_TIMEOUT).await?;
                ""
            }
        };
        let lock = format!("lock table {live}.{table} in access exclusive mode{patience}");
        transaction.execute(lock.as_str()).await?;
    }
    let exists: bool = sqlx::query_scalar("select to_regnamespace($1) is not null")
        .bind(&live)
        .fetch_one(&mut *transaction)
        .await?;
    if exists {
        rename(&mut *transaction, &live, &rebuild::old_schema(name)).await?;
    }
    rename(transaction, &rebuild::next_schema(name), &live).await
}

async fn rename(transaction: &mut PgConnection, from: &str, to: &str) -> Result<(), sqlx::Error> {
    sqlx::query("select read_schema_rename($1, $2)")
        .bind(from)
        .bind(to)
        .execute(transaction)
        .await
        .map(drop)
}

/// Nobody finds the old tables any more; if they cannot go now, they go with the next start.
async fn drop_old(build: &mut Build, name: &str) {
    let dropped = async {
        build.connection.execute(DROP_LOCK_TIMEOUT).await?;
        rebuild::drop_schema(&mut build.connection, &rebuild::old_schema(name)).await
    };
    if let Err(error) = dropped.await {
        tracing::warn!(projection = name, %error, "the old tables are left for the next start");
    }
}
