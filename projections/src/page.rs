//! Folding the next page of the log and writing it set-wise, once and only once.

use std::ops::ControlFlow;

use sqlx::{Connection, Executor, PgConnection};
use store::copy::Row;
use store::{Catalogue, Log, ReadError};

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

/// Folds the events after `after` up to `until`, or up to the first that cannot be folded.
pub(crate) async fn fold<P: Page>(
    log: &Log,
    catalogue: &Catalogue,
    after: i64,
    until: i64,
) -> Result<Folded<P>, ReadError> {
    let mut folded = Folded {
        page: P::default(),
        reached: after,
        stopped: None,
    };
    let scanned = log.scan::<ReadError>(after, until, P::COLUMNS, |event| {
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
    });
    // An event that is not there is one that cannot be read; trying again finds out whether it
    // was only the reading that ended early.
    match scanned.await {
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
    let mut known = P::Known::default();
    let mut change = recall_in_tx::<P>(transaction, schema, &page, &mut known).await?;
    let mut rows: Vec<Rows> = P::TABLES.iter().map(Rows::of).collect();
    P::settle(&mut known, page, &mut rows).map_err(Unwritten::Unsettled)?;
    P::emit(&known, &mut rows).map_err(Unwritten::Spoiled)?;
    for (table, rows) in P::TABLES.iter().zip(&rows) {
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
    page: &P::Page,
    known: &mut P::Known,
) -> Result<Checksum, Unwritten> {
    let mut change = Checksum::ZERO;
    let mut keys: Vec<Rows> = P::TABLES.iter().map(Rows::keys_of).collect();
    P::touched(page, &mut keys);
    for (index, (table, keys)) in P::TABLES.iter().zip(&keys).enumerate() {
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
    Moved,
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
    let mut transaction = connection.begin().await?;
    let found = checkpoint::lock_in_tx(&mut transaction, P::NAME).await?;
    if !found.is_some_and(|it| it.position == from.position && it.version == from.version) {
        transaction.rollback().await?;
        return Ok(Applied::Outrun);
    }
    #[cfg(feature = "wrong")]
    let transaction = crate::wrong::checkpoint_first(transaction, P::NAME, from, position).await?;
    let mut transaction = transaction;
    let change = write_in_tx::<P>(&mut transaction, &live_schema(P::NAME), page).await?;
    let to = Checkpoint {
        version: from.version,
        position,
        checksum: from.checksum.plus(change),
        updated_at,
        stopped: None,
    };
    #[cfg(feature = "wrong")]
    let expected = crate::wrong::expected(from, position);
    #[cfg(not(feature = "wrong"))]
    let expected = from.position;
    checkpoint::move_in_tx(&mut transaction, P::NAME, expected, &to).await?;
    transaction.commit().await?;
    Ok(Applied::Moved)
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
