//! Whose turn it is to send a mail: one sender at a time, whatever number of processes there are.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, Executor, PgConnection};

/// The turns that one sender holds, on a connection of its own.
///
/// They are advisory locks, not rows with a time until which they hold: PostgreSQL gives them back
/// in the moment their holder's connection ends, however the holder ended, so nobody waits for a
/// lease to run out and no clock decides between two senders. A holder whose connection breaks
/// while it talks to a mail server may be joined by another; both then send under one Message-ID.
#[derive(Debug)]
pub struct Turns {
    connection: PgConnection,
}

impl Turns {
    /// Never from a pool: what goes back to a pool would take the locks along.
    pub async fn connect(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let mut connection = PgConnection::connect_with(options).await?;
        let become_application = format!("set role {}", migrations::APPLICATION_ROLE);
        connection.execute(become_application.as_str()).await?;
        Ok(Self { connection })
    }

    /// True if nobody else is at this mail; then nobody will be until [`Turns::give_back`].
    pub async fn take(&mut self, mail: &str) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar(
            "select pg_try_advisory_lock(hashtextextended('trainnet mail ' || $1, 0))",
        )
        .bind(mail)
        .fetch_one(&mut self.connection)
        .await
    }

    /// Gives back every turn that was taken.
    pub async fn give_back(&mut self) -> Result<(), sqlx::Error> {
        self.connection
            .execute("select pg_advisory_unlock_all()")
            .await
            .map(drop)
    }
}
