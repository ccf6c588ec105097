//! `cqrs_es::EventStore` over the log: its aggregates, its framework and its tests work as ever.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cqrs_es::persist::{EventStoreAggregateContext, PersistedEventRepository, PersistenceError};
use cqrs_es::{Aggregate, AggregateError, EventEnvelope, EventStore};
use ledger::Effects;
use postgres_es::PostgresEventRepository;

use crate::append::{Append, NewEvent, NotAppended};
use crate::cache::Cache;
use crate::catalogue::{Upcasters, upcast};
use crate::context::Context;
use crate::log::Log;

/// The streams of one type of aggregate; all over one log share one memory.
#[derive(Clone)]
pub struct LogEventStore<A: Aggregate> {
    log: Log,
    repository: Arc<PostgresEventRepository>,
    upcasters: Upcasters,
    remembered: Arc<Cache<A>>,
}

/// An aggregate, how many events made it, and whether they were read just now.
pub(crate) struct Loaded<A> {
    pub aggregate: A,
    pub version: i64,
    pub remembered: bool,
}

impl<A> LogEventStore<A>
where
    A: Aggregate + Clone + 'static,
{
    pub fn new(log: Log) -> Self {
        let remembered = log.memories().of();
        Self::remembering(log, Arc::from([]), remembered)
    }

    /// Who reads events in its own way remembers by itself what comes of them.
    pub fn with_upcasters(log: Log, upcasters: Upcasters) -> Self {
        let apart = log.memories().apart().of();
        Self::remembering(log, upcasters, apart)
    }

    fn remembering(log: Log, upcasters: Upcasters, remembered: Arc<Cache<A>>) -> Self {
        let repository = Arc::new(PostgresEventRepository::new(log.pool().clone()));
        Self {
            log,
            repository,
            upcasters,
            remembered,
        }
    }

    pub(crate) const fn log(&self) -> &Log {
        &self.log
    }

    /// From memory if possible. Whoever refuses on what was remembered must look again first; for
    /// whoever appends, the version is the judge.
    pub(crate) async fn load(&self, id: &str) -> Result<Loaded<A>, PersistenceError> {
        if let Some((aggregate, version)) = self.remembered.get(id) {
            return Ok(Loaded {
                aggregate,
                version,
                remembered: true,
            });
        }
        self.load_anew(id).await
    }

    pub(crate) async fn load_anew(&self, id: &str) -> Result<Loaded<A>, PersistenceError> {
        let mut aggregate = A::default();
        let mut version = 0;
        for envelope in self.envelopes(id).await? {
            version += 1;
            if envelope.sequence != version {
                let gap = format!("event {version} of {} {id} is missing", A::TYPE);
                return Err(PersistenceError::UnknownError(gap.into()));
            }
            aggregate.apply(envelope.payload);
        }
        let version = i64::try_from(version).unwrap_or(i64::MAX);
        if version > 0 {
            self.remembered.put(id, aggregate.clone(), version);
        }
        Ok(Loaded {
            aggregate,
            version,
            remembered: false,
        })
    }

    async fn envelopes(&self, id: &str) -> Result<Vec<EventEnvelope<A>>, PersistenceError> {
        let stored = self.repository.get_events::<A>(id).await?;
        stored
            .into_iter()
            .map(|event| upcast(event, &self.upcasters).try_into())
            .collect()
    }

    pub(crate) fn remember(&self, id: &str, aggregate: A, version: i64) {
        self.remembered.put(id, aggregate, version);
    }

    pub(crate) fn forget(&self, id: &str) {
        self.remembered.forget(id);
    }
}

impl<A> EventStore<A> for LogEventStore<A>
where
    A: Aggregate + Clone + 'static,
    A::Event: Effects,
{
    type AC = EventStoreAggregateContext<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        Ok(self.envelopes(aggregate_id).await?)
    }

    /// Always read anew: the framework answers a refusal without asking the log again.
    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<Self::AC, AggregateError<A::Error>> {
        let loaded = self.load_anew(aggregate_id).await?;
        Ok(EventStoreAggregateContext {
            aggregate_id: aggregate_id.to_owned(),
            aggregate: loaded.aggregate,
            current_sequence: usize::try_from(loaded.version).unwrap_or(usize::MAX),
            current_snapshot: None,
        })
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        context: Self::AC,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let id = context.aggregate_id;
        let expected = i64::try_from(context.current_sequence).unwrap_or(i64::MAX);
        let sorted: BTreeMap<&String, &String> = metadata.iter().collect();
        let written = events
            .iter()
            .map(NewEvent::from_domain)
            .collect::<Result<Vec<_>, _>>();
        let append = written
            .and_then(|new| Append::try_new(A::TYPE, &id, expected, new, &Context::default()))
            .and_then(|append| Ok(append.with_metadata(serde_json::to_string(&sorted)?)))
            .map_err(|error| AggregateError::UnexpectedError(Box::new(error)))?;
        let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
        match self.log.append(append).await {
            Ok(_) => self.remember(&id, context.aggregate, expected.saturating_add(count)),
            Err(NotAppended::Conflict { .. }) => {
                self.forget(&id);
                return Err(AggregateError::AggregateConflict);
            }
            Err(refusal) => {
                self.forget(&id);
                return Err(AggregateError::UnexpectedError(Box::new(refusal)));
            }
        }
        let envelope = |(sequence, payload)| EventEnvelope {
            aggregate_id: id.clone(),
            sequence,
            payload,
            metadata: metadata.clone(),
        };
        Ok((context.current_sequence + 1..)
            .zip(events)
            .map(envelope)
            .collect())
    }
}
