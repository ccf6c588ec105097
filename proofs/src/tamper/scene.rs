//! A sealed log that can be tampered with, verified, and put back as it was.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use projections::Projections;
use replay::{Arguments, Command, Tools, Verdict, exit_status, with_sources};
use sqlx::{Executor, PgPool};
use store::{Log, Options, RecordedEvent, StoredAnswer};
use tempfile::TempDir;

use super::booking::Booking;
use super::past;
use crate::server::{Server, pool};
use crate::transfer::catalogue;

pub const DATABASE: &str = "proofs_tamper";
/// What somebody with every right can lay hands on.
const TABLES: [&str; 6] = [
    "events", "entries", "balances", "claims", "answers", "log_head",
];
/// Triggers do not stop a superuser.
const AS_SUPERUSER: &str = "begin; set local session_replication_role = replica";

/// What a verification said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    Holds,
    Differs,
    /// It could not answer: that is no finding.
    BrokeDown(String),
}

pub struct Scene {
    pub events: Vec<RecordedEvent>,
    pub answers: Vec<StoredAnswer>,
    tools: Tools,
    pool: PgPool,
    folder: TempDir,
    digest: String,
}

impl Scene {
    /// Writes a log, seals it and remembers every row.
    pub async fn set(server: &Server, events: usize, seed: u64) -> Result<Self> {
        let database = server.fresh_log(DATABASE).await?;
        let log = Log::open(database.clone(), Options::default()).await?;
        past::write(&log, events, seed).await?;
        let pool = pool(&database, 2).await?;
        pool.execute("create schema untouched").await?;
        for table in TABLES {
            let keep = format!("create table untouched.{table} as table {table}");
            pool.execute(keep.as_str()).await?;
        }
        let catalogue = Arc::new(catalogue().with::<Booking>());
        let tools = Tools {
            log,
            catalogue,
            projections: Projections::all(),
        };
        let folder = tempfile::tempdir()?;
        let mut scene = Self {
            events: Vec::new(),
            answers: Vec::new(),
            tools,
            pool,
            folder,
            digest: String::new(),
        };
        scene.digest = scene.digest().await?;
        scene.remember().await?;
        scene.seal().await?;
        Ok(scene)
    }

    async fn remember(&mut self) -> Result<()> {
        let log = &self.tools.log;
        let head = log.head().await?.position;
        self.events = log.read(0, head).await?;
        let mut answers = Vec::new();
        log.answers::<sqlx::Error>(0, head, |answer| {
            answers.push(answer);
            Ok(())
        })
        .await?;
        self.answers = answers;
        Ok(())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    async fn seal(&self) -> Result<()> {
        let mut seal = Vec::new();
        let command = Command::Seal {
            key: self.file("key"),
            generate: true,
        };
        let sealed = self.replay(command, &mut seal).await;
        ensure!(
            matches!(sealed, Ok(Verdict::Holds)),
            "the log cannot be sealed: {sealed:?}"
        );
        std::fs::write(self.file("seal"), seal).context("the seal cannot be kept")
    }

    async fn replay(
        &self,
        command: Command,
        out: &mut Vec<u8>,
    ) -> Result<Verdict, replay::Failure> {
        let arguments = Arguments {
            json: true,
            command,
        };
        let tools = self.tools.clone();
        replay::run(arguments, async || Ok::<_, Infallible>(tools), out).await
    }

    /// `replay verify`, with the seal or without.
    pub async fn verify(&self, sealed: bool) -> Verified {
        let seal = sealed.then(|| self.file("seal"));
        let public_key = sealed.then(|| self.file("key.pub").display().to_string());
        let outcome = self
            .replay(Command::Verify { seal, public_key }, &mut Vec::new())
            .await;
        match (exit_status(&outcome), outcome) {
            (0, _) => Verified::Holds,
            (1, _) => Verified::Differs,
            (_, Ok(verdict)) => Verified::BrokeDown(format!("{verdict:?}")),
            (_, Err(failure)) => Verified::BrokeDown(with_sources(&failure)),
        }
    }

    /// Does this to the tables; false, and nothing done, where it would change nothing.
    pub async fn tamper(&self, statements: &[String]) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        connection.execute(AS_SUPERUSER).await?;
        for statement in statements {
            if let Err(error) = connection.execute(statement.as_str()).await {
                connection.execute("rollback").await?;
                // Two rows may not be what the statement would make of them.
                let is_constraint = error
                    .as_database_error()
                    .is_some_and(|refusal| refusal.constraint().is_some());
                ensure!(is_constraint, "{statement}: {error}");
                return Ok(false);
            }
        }
        connection.execute("commit").await?;
        Ok(self.digest().await? != self.digest)
    }

    /// Writes another history in the place of this one; false where it cannot have been.
    pub async fn rewrite(
        &self,
        events: &[RecordedEvent],
        answers: &[StoredAnswer],
    ) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        connection.execute(AS_SUPERUSER).await?;
        let tables = TABLES.into_iter().filter(|table| *table != "log_head");
        let clear = format!("truncate {}", tables.collect::<Vec<_>>().join(", "));
        connection.execute(clear.as_str()).await?;
        connection
            .execute(
                "update log_head set position = 0, recorded_at = 'epoch', \
                        hash = decode(repeat('00', 32), 'hex')",
            )
            .await?;
        connection.execute("commit").await?;
        drop(connection);
        let mut import = self.tools.log.import(&self.tools.catalogue).await?;
        for event in events {
            if import.event(&event.as_ref()).await.is_err() {
                return Ok(false);
            }
        }
        for answer in answers {
            import.answer(answer)?;
        }
        let last = events.last().context("a forged history has events")?;
        import.finish(last.position, last.hash).await?;
        Ok(true)
    }

    pub async fn restore(&self) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        connection.execute(AS_SUPERUSER).await?;
        let clear = format!("truncate {}", TABLES.join(", "));
        connection.execute(clear.as_str()).await?;
        for table in TABLES {
            let fill = format!("insert into {table} table untouched.{table}");
            connection.execute(fill.as_str()).await?;
        }
        connection.execute("commit").await?;
        Ok(())
    }

    /// Of everything in every table; two states with the same digest are the same.
    async fn digest(&self) -> Result<String> {
        let of = |table: &str| {
            format!("(select string_agg(t::text, ' ' order by t::text) from {table} t)")
        };
        let all: Vec<String> = TABLES.into_iter().map(of).collect();
        let statement = format!("select md5(concat_ws('|', {}))", all.join(", "));
        Ok(sqlx::query_scalar(&statement).fetch_one(&self.pool).await?)
    }

    pub async fn clear(self, server: &Server) -> Result<()> {
        self.pool.close().await;
        self.tools.log.close().await;
        server.drop_database(DATABASE).await
    }
}
