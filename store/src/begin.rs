//! Begins transactions that nobody can leave half begun.

use std::borrow::Cow;
use std::panic::resume_unwind;

use sqlx::{Error, PgPool, Postgres, Transaction};

/// A transaction, which is rolled back unless it is committed.
///
/// Whoever asked may go away at any moment, as a request does when its client hangs up. A pool
/// takes back a connection that was left while it began as if it had not, with the transaction
/// open and whatever role it was begun in; so the beginning is seen to its end by nobody's leave.
pub async fn begin(
    pool: &PgPool,
    how: impl Into<Cow<'static, str>>,
) -> Result<Transaction<'static, Postgres>, Error> {
    let (pool, how) = (pool.clone(), how.into());
    match tokio::spawn(async move { pool.begin_with(how).await }).await {
        Ok(begun) => begun,
        Err(ended) if ended.is_panic() => resume_unwind(ended.into_panic()),
        // The program ends, and with it everything that runs in it.
        Err(_) => Err(Error::WorkerCrashed),
    }
}
