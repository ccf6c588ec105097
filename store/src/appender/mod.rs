//! Group commit: one task writes everybody's decided commands, many in one transaction.
//!
//! While one batch is being written the next is already judged, and may already follow it into the
//! database, on the assumption that the first will succeed. Callers hear of their outcome, refusals
//! included, only when everything it rests on is durable. When the assumption fails, all of it is
//! judged again, in order, while the head is held ([`careful`]).

mod batch;
mod careful;
mod database;
mod judge;
mod look_up;
mod pace;
mod state;
#[cfg(feature = "wrong")]
mod wrong;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

pub(crate) use batch::Request;
pub(crate) use database::{position_of, raise_epoch};

use crate::ids::Clock;
use crate::log::Closing;
use batch::Batch;
use database::{Turn, WriteError};
use pace::{Observed, Pace};
use state::{State, Wanted};

/// How long after another writer was met the head is held before judging, not after.
const COMPANY: Duration = Duration::from_millis(200);

/// A batch of fewer commands waits for the one before it instead of following.
const FOLLOWER_MIN: usize = 16;

/// How the appender behaves.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub connection: PgConnectOptions,
    pub clock: Clock,
    pub batch_events_max: usize,
    pub linger: Duration,
    pub patience: Duration,
    pub cache_entries: usize,
}

/// What the appender has done so far, for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    pub batches: AtomicU64,
    pub commands: AtomicU64,
    pub events: AtomicU64,
    /// Batches that followed another one into the database.
    pub followers: AtomicU64,
    pub fallbacks: AtomicU64,
}

struct Appender {
    settings: Settings,
    incoming: mpsc::Receiver<Request>,
    state: State,
    counters: Arc<Counters>,
    closing: Arc<Closing>,
    pace: Pace,
    /// For writing, two at the most; away while a batch is in flight, gone while the database is.
    writers: Vec<PgConnection>,
    /// For looking things up beside a write in flight.
    reader: Option<PgConnection>,
    batches: u64,
    closed: bool,
    /// The last position that this process wrote, or found when it held the head.
    durable: i64,
    /// False when the state may be ahead of the database or behind it.
    known: bool,
    /// Until then other processes are taken to be appending too.
    company_until: Instant,
}

type Landed = (
    PgConnection,
    Box<Batch>,
    Result<Option<Observed>, WriteError>,
);

/// A batch on its way.
struct Flight {
    handle: BoxFuture<'static, Result<Landed, JoinError>>,
    commands: usize,
    leaves_trace: bool,
}

/// At most two, in the order of their positions.
type Flights = VecDeque<Flight>;

/// Connects, reads the head and starts the task; it ends when every sender is gone.
pub(crate) async fn start(
    settings: Settings,
    incoming: mpsc::Receiver<Request>,
    counters: Arc<Counters>,
    closing: Arc<Closing>,
) -> Result<JoinHandle<()>, sqlx::Error> {
    let mut writer = database::connect(&settings.connection).await?;
    let follower = database::connect(&settings.connection).await?;
    let reader = database::connect(&settings.connection).await?;
    let head = database::head(&mut writer).await?;
    let appender = Appender {
        durable: head.position,
        state: State::at(head, settings.cache_entries),
        settings,
        incoming,
        counters,
        closing,
        pace: Pace::default(),
        writers: vec![writer, follower],
        reader: Some(reader),
        batches: 0,
        closed: false,
        known: true,
        company_until: Instant::now(),
    };
    Ok(tokio::spawn(appender.run()))
}

impl Appender {
    async fn run(mut self) {
        let mut arrived: Vec<Request> = Vec::new();
        loop {
            let room = self.settings.batch_events_max;
            let count = tokio::select! {
                biased;
                count = self.incoming.recv_many(&mut arrived, room) => count,
                () = self.closing.bell.notified() => {
                    self.incoming.close();
                    continue;
                }
            };
            if count == 0 {
                break;
            }
            let ready = self.known && !self.writers.is_empty() && self.reader.is_some();
            if !ready || Instant::now() < self.company_until {
                self.settle_carefully(std::mem::take(&mut arrived)).await;
            } else {
                self.stream(&mut arrived).await;
            }
        }
        database::close(self.writers.drain(..).chain(self.reader.take())).await;
    }

    /// Keeps batches in flight and the next one open until there is nothing left to do.
    async fn stream(&mut self, arrived: &mut Vec<Request>) {
        let mut open = self.open_batch();
        let mut flights = Flights::new();
        loop {
            if !arrived.is_empty()
                && let Err(unjudged) = self.admit(&mut open, arrived).await
            {
                return self.abandon(flights, open, unjudged).await;
            }
            while self.may_launch(&flights, &open) {
                open.seal(&mut self.state);
                let next = self.open_batch();
                self.launch(std::mem::replace(&mut open, next), &mut flights);
            }
            let Some(first) = flights.front_mut() else {
                return;
            };
            let room = self.room(&open);
            tokio::select! {
                biased;
                landed = &mut first.handle => {
                    flights.pop_front();
                    match self.land(landed) {
                        Ok(_) if !flights.is_empty() => {}
                        Ok(count) => self.linger(count, &open, arrived).await,
                        Err(failed) => return self.start_over(failed, flights, open).await,
                    }
                }
                count = self.incoming.recv_many(arrived, room), if room > 0 && !self.closed => {
                    self.closed = count == 0;
                }
            }
        }
    }

    /// A batch starts alone, or behind one that is being written: the database then inserts the
    /// rows of both side by side. A follower must be worth the trip and a flush of its own, and
    /// must write something.
    fn may_launch(&self, flights: &Flights, open: &Batch) -> bool {
        let Some(first) = flights.front() else {
            return !open.judged.is_empty();
        };
        flights.len() == 1
            && (!self.pace.is_ruled_by_the_disk() || self.room(open) == 0)
            && !self.writers.is_empty()
            && first.leaves_trace
            && open.before.position < self.state.head.position
            && open.judged.len() >= FOLLOWER_MIN.max(first.commands)
    }

    fn open_batch(&mut self) -> Box<Batch> {
        self.batches += 1;
        Batch::open(self.batches, self.state.head.clone())
    }

    /// Judges what has arrived, looking up at once whatever is not known.
    async fn admit(
        &mut self,
        open: &mut Batch,
        arrived: &mut Vec<Request>,
    ) -> Result<(), Vec<Request>> {
        if open.judged.is_empty() {
            // A batch is recorded at one moment: when its first command was judged.
            self.state.advance_clock(self.settings.clock.now());
        }
        let mut exact = false;
        while !arrived.is_empty() {
            if self.look_up(arrived, exact).await.is_err() {
                return Err(std::mem::take(arrived));
            }
            let mut waiting = std::mem::take(arrived).into_iter();
            for request in waiting.by_ref() {
                let Some(doubtful) = judge::admit(&mut self.state, open, request) else {
                    continue;
                };
                assert!(!exact, "after an exact look nothing is assumed");
                arrived.push(doubtful);
                break;
            }
            arrived.extend(waiting);
            exact = true;
        }
        Ok(())
    }

    /// Reads what judging these requests needs and nobody knows yet.
    async fn look_up(&mut self, arrived: &[Request], exact: bool) -> Result<(), WriteError> {
        let mut wanted = Wanted::default();
        for request in arrived {
            self.state.missing(&request.append, exact, &mut wanted);
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let Some(mut reader) = self.reader.take() else {
            return Err(WriteError::Lost);
        };
        look_up::read(&mut reader, &mut self.state, wanted).await?;
        self.reader = Some(reader);
        Ok(())
    }

    /// Sends a batch to the database; one that leaves no trace has its view of the log confirmed.
    fn launch(&mut self, batch: Box<Batch>, flights: &mut Flights) {
        let Some(mut writer) = self.writers.pop() else {
            unreachable!("a writer is here when less than two batches are in flight");
        };
        let commands = batch.judged.len();
        let leaves_trace = !batch.writes_nothing();
        let turn = if flights.is_empty() {
            Turn::First
        } else {
            self.counters.followers.fetch_add(1, Ordering::Relaxed);
            Turn::Behind
        };
        let writing = async move {
            let began = Instant::now();
            let written = if leaves_trace {
                let written = database::write(&mut writer, &batch, turn).await;
                // A follower's time is not its own: it waits for the batch before it.
                written.map(|work| {
                    let flush = began.elapsed().saturating_sub(work);
                    (turn == Turn::First).then_some(Observed { work, flush })
                })
            } else {
                let confirmed = database::confirm(&mut writer, &batch.before).await;
                confirmed.map(|()| None)
            };
            (writer, batch, written)
        };
        // A small batch is written by this task itself: handing it over would take longer.
        let handle: BoxFuture<'static, _> = if turn == Turn::First && commands < FOLLOWER_MIN {
            Box::pin(writing.map(Ok))
        } else {
            Box::pin(tokio::spawn(writing))
        };
        flights.push_back(Flight {
            handle,
            commands,
            leaves_trace,
        });
    }

    /// Answers the callers of a batch that is durable; says how many they were.
    fn land(
        &mut self,
        landed: Result<Landed, JoinError>,
    ) -> Result<usize, (WriteError, Option<Box<Batch>>)> {
        let Ok((writer, batch, written)) = landed else {
            return Err((WriteError::Lost, None));
        };
        self.writers.push(writer);
        match written {
            Ok(observed) => {
                if let Some(observed) = observed {
                    self.pace.learn(observed);
                }
                Ok(self.settled(batch))
            }
            Err(error) => Err((error, Some(batch))),
        }
    }

    fn settled(&mut self, batch: Box<Batch>) -> usize {
        let count = batch.judged.len();
        let events = u64::try_from(batch.after.position - batch.before.position).unwrap_or(0);
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        self.counters
            .commands
            .fetch_add(count as u64, Ordering::Relaxed);
        self.counters.events.fetch_add(events, Ordering::Relaxed);
        self.durable = batch.after.position;
        self.state.trim(self.durable);
        batch.answer();
        count
    }

    /// How many commands the batch can still take; each counts as one event at the least.
    fn room(&self, open: &Batch) -> usize {
        let events = self.state.head.position - open.before.position;
        let events = usize::try_from(events).unwrap_or(usize::MAX);
        let taken = events.max(open.judged.len());
        self.settings.batch_events_max.saturating_sub(taken)
    }

    /// Gives callers who were answered just now the chance to be in the next batch.
    async fn linger(&mut self, answered: usize, open: &Batch, arrived: &mut Vec<Request>) {
        if answered < 2 {
            return;
        }
        let expected = answered.min(self.room(open));
        let until = Instant::now() + self.settings.linger.max(self.pace.linger());
        while arrived.len() < expected && Instant::now() < until {
            tokio::task::yield_now().await;
            while arrived.len() < expected
                && let Ok(request) = self.incoming.try_recv()
            {
                arrived.push(request);
            }
        }
    }
}
