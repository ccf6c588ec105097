//! Summing the rows that are really there, to hold against what the checkpoint says.

use futures::TryStreamExt;
use sqlx::{Connection, Executor, PgConnection};

use crate::checkpoint;
use crate::checksum::Checksum;
use crate::error::ProjectionError;
use crate::follow::Core;
use crate::page;
use crate::projection::Projection;
use crate::rows::{COPY_HEADER, COPY_TRAILER};
use crate::table::Table;

/// What the checkpoint says of the rows, and what the rows say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recomputed {
    pub projection: &'static str,
    pub position: i64,
    pub stored: Checksum,
    pub actual: Checksum,
    pub rows: u64,
}

impl Recomputed {
    pub fn agrees(&self) -> bool {
        self.stored == self.actual
    }
}

pub(crate) async fn recompute<P: Projection>(core: &Core) -> Result<Recomputed, ProjectionError> {
    let schema = page::live_schema(P::NAME);
    // Not the pool's any more: a copy that is left half-way spoils its connection.
    let mut connection = core.log.pool().acquire().await?.detach();
    let mut transaction = connection.begin().await?;
    transaction
        .execute("set transaction isolation level repeatable read, read only")
        .await?;
    // A lock takes no snapshot: the first reading below sees the tables that were locked here, and
    // no rebuild takes their place before the last.
    for table in P::TABLES {
        let lock = format!("lock table {schema}.{} in access share mode", table.name);
        transaction.execute(lock.as_str()).await?;
    }
    let Some(at) = checkpoint::of(&mut transaction, P::NAME).await? else {
        return Err(sqlx::Error::RowNotFound.into());
    };
    let mut recomputed = Recomputed {
        projection: P::NAME,
        position: at.position,
        stored: at.checksum,
        actual: Checksum::ZERO,
        rows: 0,
    };
    for table in P::TABLES {
        sum(&mut transaction, &schema, table, &mut recomputed).await?;
    }
    transaction.commit().await?;
    drop(connection.close().await);
    Ok(recomputed)
}

async fn sum(
    transaction: &mut PgConnection,
    schema: &str,
    table: &Table,
    into: &mut Recomputed,
) -> Result<(), ProjectionError> {
    let statement = table.copy_out(schema);
    let mut rows = transaction.copy_out_raw(&statement).await?;
    let mut complete = false;
    while let Some(message) = rows.try_next().await? {
        let row = message.strip_prefix(COPY_HEADER).unwrap_or(&message);
        if row == COPY_TRAILER {
            complete = true;
        } else if !row.is_empty() {
            into.rows += 1;
            into.actual = into.actual.plus(Checksum::of_row(table.name, row));
        }
    }
    // Half a table never passes for a whole.
    if complete {
        Ok(())
    } else {
        Err(sqlx::Error::Protocol("a copy ended early".into()).into())
    }
}
