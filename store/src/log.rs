//! The log as a program holds it: append to it, ask where it stands, look an event up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool};
use tokio::sync::{Notify, OnceCell, mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::append::{Append, Committed, NotAppended};
use crate::appender::{self, Counters, Request};
use crate::cache::Memories;
use crate::chain::Hash;
use crate::feed::Heads;
use crate::ids::Clock;
use crate::tail::Tail;

/// The product's connections give up the right to rewrite history, whoever they signed in as.
pub(crate) const RESTRICT_ROLE: &str = "set role trainnet_app";

/// A connection that was used so lately is taken to be alive: it was asked when it was given back,
/// and to ask again would double what every reading costs.
const TRUSTED: Duration = Duration::from_millis(20);

/// Where the log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub position: i64,
    pub epoch: i64,
    pub hash: Hash,
    pub recorded_at: DateTime<Utc>,
}

impl Head {
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.position == other.position && self.epoch == other.epoch && self.hash == other.hash
    }
}

/// How a program wants its log.
#[derive(Clone, Debug)]
pub struct Options {
    pub clock: Clock,
    /// About so many events are written in one transaction at the most.
    pub batch_events_max: usize,
    /// How long callers who were just answered may join the next batch; longer where the disk is
    /// the slower part.
    pub linger: Duration,
    /// So many commands may wait; the next caller is kept waiting, then told the log is busy.
    pub queue_max: usize,
    pub wait_for_room: Duration,
    /// How long to try for the database before callers are told that it cannot be reached.
    pub patience: Duration,
    /// How many streams, balances, claims and answers, and aggregates of each type, are kept in
    /// memory.
    pub cache_entries: usize,
    pub readers: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Clock::system(),
            batch_events_max: 1024,
            linger: Duration::ZERO,
            queue_max: 16_384,
            wait_for_room: Duration::from_secs(2),
            patience: Duration::from_secs(10),
            cache_entries: 65_536,
            readers: 16,
        }
    }
}

/// Tells the appender, and whoever is about to call it, that the program is ending.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    pub begun: AtomicBool,
    pub bell: Notify,
}

/// A program's handle on the log; clones share one appender.
#[derive(Clone, Debug)]
pub struct Log {
    pool: PgPool,
    connection: PgConnectOptions,
    sender: mpsc::Sender<Request>,
    appender: Arc<tokio::sync::Mutex<Option<JoinHandle<()>>>>,
    closing: Arc<Closing>,
    counters: Arc<Counters>,
    clock: Clock,
    wait_for_room: Duration,
    ear: Arc<OnceCell<Heads>>,
    memories: Memories,
    tail: Arc<tokio::sync::Mutex<Tail>>,
}

impl Log {
    /// Connects to a database that has the schema, and starts this process's appender.
    pub async fn open(connection: PgConnectOptions, options: Options) -> Result<Self, sqlx::Error> {
        let pool = PgPoolOptions::new()
            .max_connections(options.readers)
            .test_before_acquire(false)
            .before_acquire(|connection, found| {
                Box::pin(async move {
                    if found.idle_for < TRUSTED {
                        return Ok(true);
                    }
                    // One that does not answer is replaced by another.
                    Ok(connection.ping().await.is_ok())
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(RESTRICT_ROLE).await.map(drop) })
            })
            .connect_with(connection.clone())
            .await?;
        let (sender, incoming) = mpsc::channel(options.queue_max);
        let counters = Arc::new(Counters::default());
        let settings = appender::Settings {
            connection: connection.clone(),
            clock: options.clock.clone(),
            batch_events_max: options.batch_events_max,
            linger: options.linger,
            patience: options.patience,
            cache_entries: options.cache_entries,
        };
        let closing = Arc::new(Closing::default());
        let task = appender::start(
            settings,
            incoming,
            Arc::clone(&counters),
            Arc::clone(&closing),
        )
        .await?;
        Ok(Self {
            pool,
            connection,
            sender,
            appender: Arc::new(tokio::sync::Mutex::new(Some(task))),
            closing,
            counters,
            clock: options.clock,
            wait_for_room: options.wait_for_room,
            ear: Arc::default(),
            memories: Memories::holding(options.cache_entries),
            tail: Arc::default(),
        })
    }

    pub(crate) fn memories(&self) -> &Memories {
        &self.memories
    }

    pub(crate) fn tail(&self) -> &tokio::sync::Mutex<Tail> {
        &self.tail
    }

    pub(crate) fn ear(&self) -> &OnceCell<Heads> {
        &self.ear
    }

    /// Records a decided command; on success it is durable, on refusal it left no trace.
    pub async fn append(&self, append: Append) -> Result<Committed, NotAppended> {
        if self.closing.begun.load(Ordering::Acquire) {
            return Err(NotAppended::Closed);
        }
        let event_id = append.event_id();
        let (reply, outcome) = oneshot::channel();
        match self.sender.try_send(Request { append, reply }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(NotAppended::Closed),
            Err(mpsc::error::TrySendError::Full(request)) => {
                let sent = self.sender.send_timeout(request, self.wait_for_room).await;
                sent.map_err(|error| match error {
                    mpsc::error::SendTimeoutError::Timeout(_) => NotAppended::Busy,
                    mpsc::error::SendTimeoutError::Closed(_) => NotAppended::Closed,
                })?;
            }
        }
        // An appender that died without a word leaves the outcome open.
        outcome.await.unwrap_or_else(|_| {
            Err(
                event_id.map_or(NotAppended::Closed, |event_id| NotAppended::Unknown {
                    event_id,
                }),
            )
        })
    }

    /// Settles an unknown outcome for good: after this, an event that is not there never will be.
    pub async fn resolve(&self, event: Uuid) -> Result<Option<Committed>, sqlx::Error> {
        let mut connection = self.pool.acquire().await?;
        appender::raise_epoch(&mut connection).await?;
        let found = appender::position_of(&mut connection, event).await?;
        Ok(found.map(|(position, recorded_at)| Committed {
            first_position: position,
            position,
            recorded_at,
            repeated: true,
        }))
    }

    /// Where the log ends now, as the database has it.
    pub async fn head(&self) -> Result<Head, sqlx::Error> {
        let (position, epoch, hash, recorded_at): (i64, i64, Vec<u8>, DateTime<Utc>) =
            sqlx::query_as("select position, epoch, hash, recorded_at from log_head")
                .fetch_one(&self.pool)
                .await?;
        let hash = Hash::from_slice(&hash)
            .ok_or_else(|| sqlx::Error::Decode("the head's hash must have 32 bytes".into()))?;
        Ok(Head {
            position,
            epoch,
            hash,
            recorded_at,
        })
    }

    /// Takes no more commands, writes those that wait, and returns when the last is durable.
    pub async fn close(self) {
        self.closing.begun.store(true, Ordering::Release);
        self.closing.bell.notify_one();
        if let Some(task) = self.appender.lock().await.take()
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the appender ended badly");
        }
        self.pool.close().await;
    }

    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub const fn connection(&self) -> &PgConnectOptions {
        &self.connection
    }

    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many commands wait for the appender.
    pub fn queued(&self) -> usize {
        self.sender.max_capacity() - self.sender.capacity()
    }
}
