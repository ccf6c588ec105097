//! Following the log with a process, so that what follows an event is asked for once.
//!
//! A reaction reads on from its checkpoint, asks for what each event leads to, and moves the
//! checkpoint behind what was granted. The stream that it asks is named after the event, so a
//! reaction that was killed before the checkpoint moved, or one that runs in two processes, asks
//! again and is told that it is so already. It never passes over an event: one that cannot be read
//! or whose consequence is refused stops it there, with the reason in the checkpoint.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Duration;

use cqrs_es::Aggregate;
use cqrs_es::persist::PersistenceError;
use futures::StreamExt as _;
use projections::Stop;
use projections::reactions::{self, Reached};
use store::{Clock, Columns, Commands, Log, NotAppended, ReadError, Refused, StoreError};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::chain::chain;
use crate::due::{Due, because_of, by_stream};
use crate::process::Process;

/// So many events are read before the checkpoint moves.
const PAGE_EVENTS: i64 = 512;
/// How long it may go on before it writes down that there was nothing to do.
const NOTED_AFTER: Duration = Duration::from_millis(500);

/// Why a reaction did not get to where it was going.
#[derive(Debug, thiserror::Error)]
pub enum ReactionError {
    /// What follows the events before the position was asked for, nothing from it on.
    #[error("{reaction} stopped at position {position}: {reason}")]
    Stopped {
        reaction: &'static str,
        position: i64,
        reason: String,
    },
    /// It will be asked for again; nothing is wrong with the event.
    #[error("{reaction} is held up at position {position}: {reason}")]
    HeldUp {
        reaction: &'static str,
        position: i64,
        reason: String,
    },
    #[error("{reaction} is at version {stored}, this program knows version {known}")]
    Newer {
        reaction: &'static str,
        stored: i32,
        known: i32,
    },
    #[error("the checkpoint could not be read or moved")]
    Database(#[from] sqlx::Error),
    #[error("the log could not be read")]
    Log(#[from] ReadError),
}

/// Follows the log with one process.
pub struct Reaction<P: Process> {
    log: Log,
    clock: Clock,
    commands: Commands<P::Asked>,
    rest: Duration,
    heard: watch::Sender<i64>,
}

/// How far a reaction has come.
struct Standing {
    /// What is written down, and where whoever comes next begins.
    noted: Reached,
    /// Up to here there was nothing to do since.
    read: i64,
}

impl Standing {
    const fn at(noted: Reached) -> Self {
        let read = noted.position;
        Self { noted, read }
    }
}

struct Page<A: Aggregate> {
    due: Vec<Due<A>>,
    reached: i64,
    stopped: Option<Stop>,
}

/// What kept one event's consequence from being granted.
struct Kept {
    at: Stop,
    /// True if another program or another day will not find it otherwise by itself.
    for_good: bool,
}

impl<P: Process> Reaction<P> {
    /// `rest` is how long it waits after an error before it tries again.
    pub fn new(log: Log, clock: Clock, rest: Duration) -> Self {
        Self {
            commands: Commands::new(log.clone()),
            log,
            clock,
            rest,
            heard: watch::Sender::new(0),
        }
    }

    /// The last position at which something happened to those who are asked, as far as it was
    /// heard here: a hint for whoever does the rest of the work.
    pub fn heard(&self) -> watch::Receiver<i64> {
        self.heard.subscribe()
    }

    /// Follows the log until it is dropped; an error is reported once and tried again.
    pub async fn run(&self) -> Infallible {
        let mut reported = String::new();
        loop {
            let Err(error) = self.follow(&mut reported).await;
            let text = chain(&error);
            if text != reported {
                tracing::error!(reaction = P::NAME, error = %text, "a reaction does not go on");
                reported = text;
            }
            tokio::time::sleep(self.rest).await;
        }
    }

    async fn follow(&self, reported: &mut String) -> Result<Infallible, ReactionError> {
        let mut subscription = self.log.subscribe().await?;
        let mut at = Standing::at(self.checkpoint().await?);
        let mut noted = Instant::now();
        loop {
            let heard = timeout(NOTED_AFTER, subscription.beyond(at.read)).await;
            if let Ok(head) = heard {
                at = self.go_on(at, head?).await?;
            }
            if noted.elapsed() >= NOTED_AFTER {
                at = self.note(at).await?;
                noted = Instant::now();
            }
            reported.clear();
        }
    }

    /// Asks for whatever follows the events up to `until`, or to the head if that comes first.
    pub async fn catch_up(&self, until: i64) -> Result<i64, ReactionError> {
        let until = until.min(self.log.head().await?.position);
        let mut at = Standing::at(self.checkpoint().await?);
        while at.noted.position < until {
            at = self.go_on(at, until).await?;
            at = self.note(at).await?;
        }
        Ok(at.noted.position)
    }

    /// The same from where this reaction was last known to stand: that need not be read again, and
    /// whoever moves it meanwhile is noticed where it is to be moved.
    async fn go_on(&self, mut at: Standing, until: i64) -> Result<Standing, ReactionError> {
        while at.read < until {
            at = match self.step(at, until).await? {
                Some(at) => at,
                None => Standing::at(self.checkpoint().await?),
            };
        }
        Ok(at)
    }

    /// Writes down how far it has read.
    async fn note(&self, at: Standing) -> Result<Standing, ReactionError> {
        Ok(Standing::at(
            match self.advance(at.noted, at.read).await? {
                Some(noted) => noted,
                None => self.checkpoint().await?,
            },
        ))
    }

    async fn checkpoint(&self) -> Result<Reached, ReactionError> {
        let at = reactions::of(self.log.pool(), P::NAME, P::VERSION, self.clock.now()).await?;
        if at.version > P::VERSION {
            return Err(ReactionError::Newer {
                reaction: P::NAME,
                stored: at.version,
                known: P::VERSION,
            });
        }
        Ok(at)
    }

    /// One page: ask, then move the checkpoint behind what was granted, and say where it is then;
    /// nothing if somebody else moved it. Of events that nothing follows, nobody need know.
    async fn step(&self, at: Standing, until: i64) -> Result<Option<Standing>, ReactionError> {
        let end = until.min(at.read.saturating_add(PAGE_EVENTS));
        let page = self.read(at.read, end).await?;
        if page.due.is_empty() && page.stopped.is_none() {
            let read = page.reached;
            return Ok(Some(Standing { read, ..at }));
        }
        let mut kept = page.stopped.map(|at| Kept { at, for_good: true });
        let mut reached = page.reached;
        let mut asking = futures::stream::iter(by_stream(page.due))
            .map(|due| self.ask_in_turn(due))
            .buffer_unordered(P::AT_ONCE.max(1));
        // Everybody is heard out: what one stream refuses is no reason to keep another waiting,
        // and what is asked for twice is so already.
        while let Some(outcome) = asking.next().await {
            if let Err(reason) = outcome
                && reason.at.position <= reached
            {
                reached = reason.at.position - 1;
                kept = Some(reason);
            }
        }
        drop(asking);
        let Some(noted) = self.advance(at.noted, reached).await? else {
            return Ok(None);
        };
        match kept {
            None => Ok(Some(Standing::at(noted))),
            Some(kept) => Err(self.halt(&noted, kept).await?),
        }
    }

    /// Where the checkpoint now is; `None` if somebody else moved it meanwhile.
    async fn advance(&self, at: Reached, to: i64) -> Result<Option<Reached>, ReactionError> {
        if to == at.position {
            return Ok(Some(at));
        }
        let now = self.clock.now();
        let moved = reactions::advance(self.log.pool(), &at, P::VERSION, to, now).await?;
        Ok(moved.then_some(Reached {
            position: to,
            version: P::VERSION,
            ..at
        }))
    }

    async fn halt(&self, at: &Reached, kept: Kept) -> Result<ReactionError, ReactionError> {
        let reaction = P::NAME;
        if kept.for_good {
            reactions::stop(self.log.pool(), at, &kept.at, self.clock.now()).await?;
        }
        let Stop { position, reason } = kept.at;
        Ok(if kept.for_good {
            ReactionError::Stopped {
                reaction,
                position,
                reason,
            }
        } else {
            ReactionError::HeldUp {
                reaction,
                position,
                reason,
            }
        })
    }

    /// What follows the events after `after` up to `until`, or up to the first unreadable one.
    async fn read(&self, after: i64, until: i64) -> Result<Page<P::Asked>, ReadError> {
        let mut page = Page {
            due: Vec::new(),
            reached: after,
            stopped: None,
        };
        let mut heard = 0;
        let scanned = self
            .log
            .follow::<ReadError>(after, until, Columns::All, |event| {
                if event.aggregate_type == P::Asked::TYPE {
                    heard = event.position;
                }
                match P::follow(&event) {
                    Ok(next) => {
                        let due = next.map(|next| because_of::<P>(&event, next));
                        page.due.extend(due);
                        page.reached = event.position;
                        Ok(ControlFlow::Continue(()))
                    }
                    Err(reason) => {
                        page.stopped = Some(Stop {
                            position: event.position,
                            reason: chain(&reason),
                        });
                        Ok(ControlFlow::Break(()))
                    }
                }
            })
            .await;
        self.heard.send_if_modified(|last| {
            let later = heard > *last;
            *last = heard.max(*last);
            later
        });
        match scanned {
            Ok(()) => {}
            // An event that is not there is one that cannot be read.
            Err(error @ (ReadError::Gap { .. } | ReadError::CutShort { .. })) => {
                page.stopped = Some(Stop {
                    position: page.reached + 1,
                    reason: chain(&error),
                });
            }
            Err(error) => return Err(error),
        }
        Ok(page)
    }

    /// Asks one stream for everything that is due to it, up to the first refusal.
    async fn ask_in_turn(&self, due: Vec<Due<P::Asked>>) -> Result<(), Kept> {
        for due in due {
            self.ask(due).await?;
        }
        Ok(())
    }

    async fn ask(&self, due: Due<P::Asked>) -> Result<(), Kept> {
        let (stream, command) = due.next;
        let otherwise = P::without_funds(&command);
        let context = &due.context;
        let asked = if P::OPENS {
            self.commands.begin(&stream, command, context).await
        } else {
            self.commands.execute(&stream, command, context).await
        };
        let outcome = match (asked, otherwise) {
            (Err(Refused::InsufficientFunds { .. }), Some(command)) => {
                self.commands.execute(&stream, command, context).await
            }
            (outcome, _) => outcome,
        };
        match outcome {
            Ok(_) => Ok(()),
            Err(Refused::Domain(refusal)) if P::is_already_so(&refusal) => Ok(()),
            Err(refused) => Err(Kept {
                for_good: !may_pass(&refused),
                at: Stop {
                    position: due.position,
                    reason: chain(&refused),
                },
            }),
        }
    }
}

/// Whether the log or the database was not to be had, rather than the command refused.
fn may_pass<E: std::error::Error>(refused: &Refused<E>) -> bool {
    match refused {
        Refused::Domain(_)
        | Refused::InsufficientFunds { .. }
        | Refused::Taken { .. }
        | Refused::KeyReused { .. }
        | Refused::Store(StoreError::Malformed(_)) => false,
        Refused::Contended | Refused::Unknown { .. } | Refused::Store(StoreError::Answer(_)) => {
            true
        }
        Refused::Store(StoreError::Load(error)) => {
            !matches!(error, PersistenceError::DeserializationError(_))
        }
        Refused::Store(StoreError::Log(refusal)) => matches!(
            refusal,
            NotAppended::Busy
                | NotAppended::Closed
                | NotAppended::Unavailable
                | NotAppended::Conflict { .. }
                | NotAppended::Unknown { .. }
        ),
    }
}
