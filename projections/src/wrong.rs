//! A build that can be wrong on purpose, if the environment says so: the checkpoint moves before the
//! rows that it speaks of are there.

use std::sync::OnceLock;

use sqlx::{Executor, Postgres, Transaction};

use crate::checkpoint::{self, Checkpoint};

const VARIABLE: &str = "WRONG_ON_PURPOSE";

fn splits() -> bool {
    static NAMED: OnceLock<bool> = OnceLock::new();
    let named = || std::env::var(VARIABLE).is_ok_and(|it| it == "split-checkpoint");
    *NAMED.get_or_init(named)
}

/// Where the checkpoint is by then.
pub(crate) fn expected(from: &Checkpoint, position: i64) -> i64 {
    if splits() { position } else { from.position }
}

/// Commits the checkpoint by itself and goes on in another transaction.
pub(crate) async fn checkpoint_first<'c>(
    mut transaction: Transaction<'c, Postgres>,
    name: &str,
    from: &Checkpoint,
    position: i64,
) -> Result<Transaction<'c, Postgres>, sqlx::Error> {
    if !splits() {
        return Ok(transaction);
    }
    let to = Checkpoint {
        position,
        stopped: None,
        ..from.clone()
    };
    checkpoint::move_in_tx(&mut transaction, name, from.position, &to).await?;
    transaction.execute("commit and chain").await?;
    Ok(transaction)
}
