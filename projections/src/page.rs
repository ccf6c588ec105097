//! Folding the next page of the log and writing it set-wise, once and only once.

use std::ops::ControlFlow;

use sqlx::{Connection, Executor, PgConnection};
use store::copy::Row;
use store::{Catalogue, EventRef, Log, ReadError};

use crate::checkpoint::{self, Checkpoint};
use crate::checksum::Checksum;
use crate::projection::{Page, Projection, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::table::Keeping;
use crate::tenants;

/// A page of events, and why it ends where it does if that is not where it was to end.
pub(crate) struct Folded<P> {
    pub page: P,
    pub reached: i64,
    pub stopped: Option<Unsettled>,
}

/// Whether others fold the same events at this time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    Following,
    Alone,
}

/// Folds the events after `after` up to `until`, or up to the first that cannot be folded.
pub(crate) async fn fold<P: Page>(
    log: &Log,
    catalogue: &Catalogue,
    after: i64,
    until: i64,
    manner: Manner,
) -> Result<Folded<P>, ReadError> {
    let mut folded = Folded {
        page: P::default(),
        reached: after,
        stopped: None,
    };
    let take = |event: EventRef<'_>| {
        match folded.page.take(&event, catalogue) {
            Ok(()) => folded.reached = event.position,
            Err(reason) => {
                folded.stopped = Some(Unsettled {
                    position: event.position,
                    reason,
                });
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    let scanned = match manner {
        Manner::Following => log.follow(after, until, P::COLUMNS, take).await,
        Manner::Alone => log.scan(after, until, P::COLUMNS, take).await,
    };
    // An event that is not there is one that cannot be read; trying again finds out whether it
    // was only the reading that ended early.
    match scanned {
        Ok(()) => {}
        Err(ReadError::Gap { .. } | ReadError::CutShort { .. }) => {
            let (position, reason) = (folded.reached + 1, Unfoldable::Missing);
            folded.stopped = Some(Unsettled { position, reason });
        }
        Err(error) => return Err(error),
    }
    Ok(folded)
}

/// Why a page was not written.
pub(crate) enum Unwritten {
    Database(sqlx::Error),
    /// The rows that the page builds on are not what this projection wrote.
    Spoiled(Unfoldable),
    Unsettled(Unsettled),
}

impl From<sqlx::Error> for Unwritten {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// Writes a page to the tables in this schema; says by what their checksum changes.
pub(crate) async fn write_in_tx<P: Projection>(
    transaction: &mut PgConnection,
    schema: &str,
    page: P::Page,
) -> Result<Checksum, Unwritten> {
    let keys = keys_of::<P>(&page);
    write_with_in_tx::<P>(transaction, schema, page, &keys).await
}

async fn write_with_in_tx<P: Projection>(
    transaction: &mut PgConnection,
    schema: &str,
    page: P::Page,
    keys: &[Rows],
) -> Result<Checksum, Unwritten> {
    let mut known = P::Known::default();
    let change = recall_in_tx::<P>(transaction, schema, keys, &mut known).await?;
    let rows = settle::<P>(known, page)?;
    insert_in_tx::<P>(transaction, schema, &rows, change).await
}

/// The keyed rows that the page changes, by their keys.
fn keys_of<P: Projection>(page: &P::Page) -> Vec<Rows> {
    let mut keys: Vec<Rows> = P::TABLES.iter().map(Rows::keys_of).collect();
    P::touched(page, &mut keys);
    keys
}

/// What is to be written of a page, upon what is known.
fn settle<P: Projection>(mut known: P::Known, page: P::Page) -> Result<Vec<Rows>, Unwritten> {
    let mut rows: Vec<Rows> = P::TABLES.iter().map(Rows::of).collect();
    P::settle(&mut known, page, &mut rows).map_err(Unwritten::Unsettled)?;
    P::emit(&known, &mut rows).map_err(Unwritten::Spoiled)?;
    Ok(rows)
}

async fn insert_in_tx<P: Projection>(
    transaction: &mut PgConnection,
    schema: &str,
    rows: &[Rows],
    mut change: Checksum,
) -> Result<Checksum, Unwritten> {
    for (table, rows) in P::TABLES.iter().zip(rows) {
        if rows.is_empty() {
            continue;
        }
        change = change.plus(rows.checksum(table));
        let statement = table.write(schema);
        let mut query = sqlx::query(&statement);
        for column in rows.columns() {
            query = query.bind(column);
        }
        query.execute(&mut *transaction).await?;
    }
    Ok(change)
}

/// Reads the keyed rows that a page builds on; they leave the checksum, to return changed.
async fn recall_in_tx<P: Projection>(
    transaction: &mut PgConnection,
    schema: &str,
    keys: &[Rows],
    known: &mut P::Known,
) -> Result<Checksum, Unwritten> {
    let mut change = Checksum::ZERO;
    for (index, (table, keys)) in P::TABLES.iter().zip(keys).enumerate() {
        if table.keeping == Keeping::Appended || keys.is_empty() {
            continue;
        }
        let statement = table.find(schema);
        let mut query = sqlx::query(&statement);
        for column in keys.columns() {
            query = query.bind(column);
        }
        let mut found = Rows::of(table);
        for row in query.fetch_all(&mut *transaction).await? {
            found.push(&row)?;
        }
        change = change.minus(found.checksum(table));
        for row in found.iter() {
            let row = Row::begin(row, table.fields()).map_err(|e| Unwritten::Spoiled(e.into()))?;
            if let Some(row) = row {
                P::recall(known, index, row).map_err(Unwritten::Spoiled)?;
            }
        }
    }
    Ok(change)
}

/// What came of writing a page upon the checkpoint it was folded from.
pub(crate) enum Applied {
    /// The tables and the checkpoint are at the end of the page.
    Moved(Checkpoint),
    /// Somebody else moved the checkpoint since; nothing was written.
    Outrun,
}

/// Writes a page to the live tables and moves the checkpoint, both or neither.
pub(crate) async fn apply<P: Projection>(
    connection: &mut PgConnection,
    from: &Checkpoint,
    page: P::Page,
    to: (i64, chrono::DateTime<chrono::Utc>),
) -> Result<Applied, Unwritten> {
    let (position, updated_at) = to;
    let keys = keys_of::<P>(&page);
    // A page that builds on nothing is settled without asking; mostly it holds nothing for this
    // projection, and then the checkpoint moves by itself.
    let write = if keys.iter().all(Rows::is_empty) {
        let rows = settle::<P>(P::Known::default(), page)?;
        if rows.iter().all(Rows::is_empty) {
            return pass_over::<P>(connection, from, position, updated_at).await;
        }
        Write::Rows(rows)
    } else {
        Write::Page(page)
    };
    let mut transaction = connection.begin_with(checkpoint::LAZILY).await?;
    let found = checkpoint::lock_in_tx(&mut transaction, P::NAME).await?;
    let same = |it: &Checkpoint| it.position == from.position && it.version == from.version;
    let Some(found) = found.filter(same) else {
        transaction.rollback().await?;
        return Ok(Applied::Outrun);
    };
    #[cfg(feature = "wrong")]
    let transaction = crate::wrong::checkpoint_first(transaction, P::NAME, from, position).await?;
    let mut transaction = transaction;
    let schema = live_schema(P::NAME);
    let change = match write {
        Write::Rows(rows) => {
            insert_in_tx::<P>(&mut transaction, &schema, &rows, Checksum::ZERO).await?
        }
        Write::Page(page) => write_with_in_tx::<P>(&mut transaction, &schema, page, &keys).await?,
    };
    let to = Checkpoint {
        version: from.version,
        position,
        checksum: found.checksum.plus(change),
        updated_at,
        stopped: None,
    };
    #[cfg(feature = "wrong")]
    let expected = crate::wrong::expected(from, position);
    #[cfg(not(feature = "wrong"))]
    let expected = from.position;
    checkpoint::move_in_tx(&mut transaction, P::NAME, expected, &to).await?;
    transaction.commit().await?;
    Ok(Applied::Moved(to))
}

/// What a page comes to: rows, or something that has to be settled on stored ones first.
enum Write<P> {
    Rows(Vec<Rows>),
    Page(P),
}

/// Moves the checkpoint past events that concern other projections.
async fn pass_over<P: Projection>(
    connection: &mut PgConnection,
    from: &Checkpoint,
    position: i64,
    updated_at: chrono::DateTime<chrono::Utc>,
) -> Result<Applied, Unwritten> {
    let to = Checkpoint {
        position,
        updated_at,
        stopped: None,
        ..from.clone()
    };
    if checkpoint::pass_over(connection, P::NAME, from, &to).await? {
        Ok(Applied::Moved(to))
    } else {
        Ok(Applied::Outrun)
    }
}

/// Where readers find a projection.
pub(crate) fn live_schema(name: &str) -> String {
    format!("read_{name}")
}

/// Makes the tables of a projection in a schema of that name, without their keys.
pub(crate) async fn create_tables<P: Projection>(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("select read_schema_create($1)")
        .bind(schema)
        .execute(&mut *connection)
        .await?;
    for table in P::TABLES {
        connection.execute(table.create(schema).as_str()).await?;
    }
    Ok(())
}

/// Adds the keys to tables that now have their rows, and opens them to readers.
///
/// A table into which rows are copied can have no policies yet: the copy would be refused.
pub(crate) async fn complete_tables<P: Projection>(
    connection: &mut PgConnection,
    schema: &str,
) -> Result<(), sqlx::Error> {
    for table in P::TABLES {
        connection.execute(table.add_key(schema).as_str()).await?;
        for index in table.add_indexes(schema) {
            connection.execute(index.as_str()).await?;
        }
        connection.execute(table.guard(schema).as_str()).await?;
    }
    // Last, so that nobody ever reads a table that does not say yet who may.
    let open = format!("grant usage on schema {schema} to {}", tenants::ROLE);
    connection.execute(open.as_str()).await.map(drop)
}
