//! Executing a command: load, decide, append, and try again when somebody was faster.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::PersistenceError;
use ledger::{Account, Effects, Money, Name};
use uuid::Uuid;

use crate::append::{Append, Committed, Malformed, NewEvent, NotAppended};
use crate::catalogue::Upcasters;
use crate::context::Context;
use crate::event_store::{Loaded, LogEventStore};
use crate::log::Log;

/// So often a command is decided anew before its caller is told that the stream is contended.
const ATTEMPTS_MAX: usize = 16;
/// Callers who met a conflict take turns; streams that share a stripe only wait a little longer.
const STRIPES: usize = 256;

/// Why a command left no trace, or, in one case, that nobody can say yet.
#[derive(Debug, thiserror::Error)]
pub enum Refused<E: std::error::Error + 'static> {
    /// The aggregate said no.
    #[error(transparent)]
    Domain(E),
    #[error("{account} has {available}, {needed} are needed")]
    InsufficientFunds {
        account: Account,
        needed: Money,
        available: Money,
    },
    #[error("{name} is held by {holder}")]
    Taken { name: Name, holder: String },
    #[error("the idempotency key {key} was used for another request")]
    KeyReused { key: String },
    #[error("too many commands on this stream at once")]
    Contended,
    /// Ask [`Log::resolve`] with the event's identity.
    #[error("the connection was lost while event {event_id} was being written")]
    Unknown { event_id: Uuid },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with the store or with how it is used, not with the command.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the log did not take the command")]
    Log(#[source] NotAppended),
    #[error("the event cannot be written down")]
    Malformed(#[from] Malformed),
    #[error("the stream cannot be read")]
    Load(#[source] PersistenceError),
    #[error("the log could not be asked")]
    Answer(#[from] sqlx::Error),
}

/// Executes the commands of one type of aggregate; all over one log share one memory.
#[derive(Clone)]
pub struct Commands<A: Aggregate> {
    store: LogEventStore<A>,
    turns: Arc<[tokio::sync::Mutex<()>]>,
}

/// What came of one attempt.
enum Attempt<E: std::error::Error + 'static> {
    Done(Result<Committed, Refused<E>>),
    Outrun,
}

impl<A> Commands<A>
where
    A: Aggregate<Services = ()> + Clone + 'static,
    A::Command: Clone,
    A::Event: Effects,
    A::Error: 'static,
{
    pub fn new(log: Log) -> Self {
        Self::over(LogEventStore::new(log))
    }

    pub fn with_upcasters(log: Log, upcasters: Upcasters) -> Self {
        Self::over(LogEventStore::with_upcasters(log, upcasters))
    }

    fn over(store: LogEventStore<A>) -> Self {
        Self {
            store,
            turns: (0..STRIPES).map(|_| tokio::sync::Mutex::new(())).collect(),
        }
    }

    pub const fn log(&self) -> &Log {
        self.store.log()
    }

    /// The aggregate as it is now; from memory where nothing has happened to it since.
    pub async fn look(&self, id: &str) -> Result<A, StoreError> {
        let loaded = self.load(id).await?;
        if !loaded.remembered {
            return Ok(loaded.aggregate);
        }
        let version: Option<i64> = sqlx::query_scalar(
            "select max(sequence) from events where aggregate_type = $1 and aggregate_id = $2",
        )
        .bind(A::TYPE)
        .bind(id)
        .fetch_one(self.log().pool())
        .await
        .map_err(StoreError::Answer)?;
        if version == Some(loaded.version) {
            return Ok(loaded.aggregate);
        }
        let anew = self.store.load_anew(id).await.map_err(StoreError::Load)?;
        Ok(anew.aggregate)
    }

    /// The aggregate as this process last saw it, read only if it never did: never older than the
    /// last command that was executed here, older perhaps than what others did since.
    pub async fn recall(&self, id: &str) -> Result<A, StoreError> {
        Ok(self.load(id).await?.aggregate)
    }

    /// Executes a command on a stream that exists or not.
    pub async fn execute(
        &self,
        id: &str,
        command: A::Command,
        context: &Context,
    ) -> Result<Committed, Refused<A::Error>> {
        let loaded = self.load(id).await?;
        self.execute_on(loaded, id, command, context).await
    }

    /// Executes the command that begins a stream, without looking whether the stream is there: the
    /// append finds out. With an id derived from the caller's key, a retry finds its own stream.
    pub async fn begin(
        &self,
        id: &str,
        command: A::Command,
        context: &Context,
    ) -> Result<Committed, Refused<A::Error>> {
        let assumed = Loaded {
            aggregate: A::default(),
            version: 0,
            remembered: true,
        };
        self.execute_on(assumed, id, command, context).await
    }

    async fn execute_on(
        &self,
        loaded: Loaded<A>,
        id: &str,
        command: A::Command,
        context: &Context,
    ) -> Result<Committed, Refused<A::Error>> {
        if let Attempt::Done(outcome) = self.attempt(loaded, id, command.clone(), context).await {
            return outcome;
        }
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let stripe = usize::try_from(hasher.finish() % STRIPES as u64).unwrap_or(0);
        let _turn = self.turns[stripe].lock().await;
        for _ in 1..ATTEMPTS_MAX {
            let loaded = self.load(id).await?;
            match self.attempt(loaded, id, command.clone(), context).await {
                Attempt::Done(outcome) => return outcome,
                Attempt::Outrun => {}
            }
        }
        Err(Refused::Contended)
    }

    async fn load(&self, id: &str) -> Result<Loaded<A>, StoreError> {
        self.store.load(id).await.map_err(StoreError::Load)
    }

    async fn attempt(
        &self,
        loaded: Loaded<A>,
        id: &str,
        command: A::Command,
        context: &Context,
    ) -> Attempt<A::Error> {
        let Loaded {
            mut aggregate,
            version,
            remembered,
        } = loaded;
        let sink = EventSink::<A>::default();
        if let Err(refusal) = aggregate.handle(command, &(), &sink).await {
            if remembered {
                // What was remembered, or assumed, may be old: a refusal needs a fresh look.
                self.store.forget(id);
                return match self.store.load_anew(id).await {
                    Ok(fresh) if fresh.version == version => {
                        Attempt::Done(self.refused(refusal, context).await)
                    }
                    Ok(_) => Attempt::Outrun,
                    Err(error) => Attempt::Done(Err(StoreError::Load(error).into())),
                };
            }
            return Attempt::Done(self.refused(refusal, context).await);
        }
        let events = sink.collect().await;
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        let append = events
            .iter()
            .map(NewEvent::from_domain)
            .collect::<Result<Vec<_>, _>>()
            .and_then(|events| Append::try_new(A::TYPE, id, version, events, context));
        let append = match append {
            Ok(append) => append,
            Err(error) => return Attempt::Done(Err(StoreError::Malformed(error).into())),
        };
        match self.store.log().append(append).await {
            Ok(committed) => {
                if committed.repeated {
                    self.store.forget(id);
                } else if count > 0 {
                    self.store
                        .remember(id, aggregate, version.saturating_add(count));
                }
                Attempt::Done(Ok(committed))
            }
            Err(NotAppended::Conflict { .. }) => {
                self.store.forget(id);
                Attempt::Outrun
            }
            Err(refusal) => {
                self.store.forget(id);
                Attempt::Done(Err(translate(refusal)))
            }
        }
    }

    /// A repeated request is answered as it was the first time, whatever has changed since.
    async fn refused(
        &self,
        refusal: A::Error,
        context: &Context,
    ) -> Result<Committed, Refused<A::Error>> {
        let Some(asked) = &context.idempotency else {
            return Err(Refused::Domain(refusal));
        };
        let answer: Option<(Vec<u8>, i64, i64, DateTime<Utc>)> = sqlx::query_as(
            "select fingerprint, first_position, last_position, recorded_at \
               from answers where caller = $1 and key = $2",
        )
        .bind(&context.actor)
        .bind(&asked.key)
        .fetch_optional(self.log().pool())
        .await
        .map_err(StoreError::Answer)?;
        match answer {
            None => Err(Refused::Domain(refusal)),
            Some((fingerprint, first_position, position, recorded_at))
                if fingerprint == asked.fingerprint =>
            {
                Ok(Committed {
                    first_position,
                    position,
                    recorded_at,
                    repeated: true,
                })
            }
            Some(_) => Err(Refused::KeyReused {
                key: asked.key.clone(),
            }),
        }
    }
}

fn translate<E: std::error::Error + 'static>(refusal: NotAppended) -> Refused<E> {
    match refusal {
        NotAppended::InsufficientFunds {
            account,
            needed,
            available,
        } => Refused::InsufficientFunds {
            account,
            needed,
            available,
        },
        NotAppended::Taken { name, holder } => Refused::Taken { name, holder },
        NotAppended::KeyReused { key } => Refused::KeyReused { key },
        NotAppended::Unknown { event_id } => Refused::Unknown { event_id },
        other @ (NotAppended::Conflict { .. }
        | NotAppended::NotHeld { .. }
        | NotAppended::Overflow { .. }
        | NotAppended::Busy
        | NotAppended::Closed
        | NotAppended::Unavailable
        | NotAppended::Spoiled { .. }) => Refused::Store(StoreError::Log(other)),
    }
}
