//! A build that is wrong on purpose: the checkpoint moves before the rows it speaks of are there.

use sqlx::{Executor, Postgres, Transaction};

use crate::checkpoint::{self, Checkpoint};

/// Commits the checkpoint by itself and goes on in another transaction.
pub(crate) async fn checkpoint_first<'c>(
    mut transaction: Transaction<'c, Postgres>,
    name: &str,
    from: &Checkpoint,
    position: i64,
) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
    let to = Checkpoint {
        position,
        stopped: None,
        ..from.clone()
    };
    checkpoint::move_in_tx(&mut transaction, name, from.position, &to).await?;
    transaction.execute("commit and chain").await?;
    Ok(transaction)
}
