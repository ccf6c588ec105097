//! The slow and certain way: hold the head, look everything up, judge, write, commit.
//!
//! It serves when another process appends too, when something assumed turned out otherwise, when
//! a batch is spoiled and the command to blame must be found, and when the connection was lost.

use std::sync::atomic::Ordering;

use sqlx::Executor;
use tokio::time::Instant;

use super::batch::{Batch, Request};
use super::database::{self, Turn, WriteError};
use super::state::Wanted;
use super::{Appender, COMPANY, Flights, judge, look_up};
use crate::append::NotAppended;

/// What is left to do when an attempt did not succeed.
enum Failed {
    Spoiled(Vec<Request>, String),
    Lost(LastSeen),
}

/// What had been sent, or was about to be, when the connection went away.
enum LastSeen {
    /// Its fate is in the table, to be looked up by an event's identity.
    Sent(Box<Batch>),
    NotSent(Vec<Request>),
}

impl Appender {
    /// A batch did not land: everything that rested on it is judged again.
    pub(super) async fn start_over(
        &mut self,
        (error, batch): (WriteError, Option<Box<Batch>>),
        flights: Flights,
        open: Box<Batch>,
    ) {
        self.counters.fallbacks.fetch_add(1, Ordering::Relaxed);
        self.known = false;
        let mut ended = vec![(batch, Err(error))];
        for flight in flights {
            match flight.handle.await {
                Ok((writer, batch, written)) => {
                    self.writers.push(writer);
                    ended.push((Some(batch), written));
                }
                Err(_) => ended.push((None, Err(WriteError::Lost))),
            }
        }
        // Each write proves the one before it: what comes before a success is written too.
        let written = ended
            .iter()
            .rposition(|(_, end)| end.is_ok())
            .map_or(0, |last| last + 1);
        if ended
            .iter()
            .any(|(_, end)| matches!(end, Err(WriteError::Lost)))
        {
            self.forget_connections();
        }
        let mut requests = Vec::new();
        for (index, (batch, end)) in ended.into_iter().enumerate() {
            let Some(batch) = batch else { continue };
            if index < written {
                self.settled(batch);
            } else if matches!(end, Err(WriteError::Lost)) {
                requests.extend(self.find_fate(batch).await.into_iter().flatten());
            } else {
                requests.extend(batch.into_requests());
            }
        }
        requests.extend(open.into_requests());
        self.settle_carefully(requests).await;
    }

    /// Looking something up failed while batches may be in flight.
    pub(super) async fn abandon(
        &mut self,
        mut flights: Flights,
        open: Box<Batch>,
        arrived: Vec<Request>,
    ) {
        let mut waiting: Vec<Request> = open.into_requests().collect();
        waiting.extend(arrived);
        self.known = false;
        self.reader = None;
        while let Some(first) = flights.pop_front() {
            if let Err(failed) = self.land(first.handle.await) {
                let nothing = self.open_batch();
                self.start_over(failed, std::mem::take(&mut flights), nothing)
                    .await;
            }
        }
        self.settle_carefully(waiting).await;
    }

    /// Settles every request for certain, in order; on return each caller has been told.
    pub(super) async fn settle_carefully(&mut self, requests: Vec<Request>) {
        let mut groups = vec![requests];
        while let Some(group) = groups.pop() {
            if group.is_empty() {
                continue;
            }
            let Err(failed) = self.attempt(group).await else {
                continue;
            };
            self.known = false;
            match failed {
                Failed::Spoiled(mut group, reason) if group.len() == 1 => {
                    tracing::error!(%reason, "the database refused an event");
                    tell(group.drain(..), |_| NotAppended::Spoiled {
                        reason: reason.clone(),
                    });
                }
                Failed::Spoiled(mut group, _) => {
                    let second = group.split_off(group.len() / 2);
                    groups.extend([second, group]);
                }
                Failed::Lost(LastSeen::NotSent(group)) => {
                    self.forget_connections();
                    groups.push(group);
                }
                Failed::Lost(LastSeen::Sent(batch)) => {
                    self.forget_connections();
                    groups.extend(self.find_fate(batch).await);
                }
            }
        }
    }

    async fn attempt(&mut self, group: Vec<Request>) -> Result<(), Failed> {
        if !self.connected().await {
            tell(group.into_iter(), |_| NotAppended::Unavailable);
            return Ok(());
        }
        let Some(mut writer) = self.writers.pop() else {
            unreachable!("it was there, or has just been made");
        };
        match self.judge_holding_the_head(&mut writer, &group).await {
            Ok(()) => {}
            Err(WriteError::Lost) => return Err(Failed::Lost(LastSeen::NotSent(group))),
            Err(error) => {
                self.rolled_back(writer).await;
                return Err(Failed::Spoiled(group, reason(error)));
            }
        }
        let mut batch = self.open_batch();
        for request in group {
            let doubtful = judge::admit(&mut self.state, &mut batch, request);
            assert!(doubtful.is_none(), "after an exact look nothing is assumed");
        }
        batch.seal(&mut self.state);
        let written = if batch.writes_nothing() {
            Ok(())
        } else {
            let written = database::write(&mut writer, &batch, Turn::First).await;
            written.map(drop)
        };
        let committed = match written {
            Ok(()) => writer.execute("commit").await.map_err(WriteError::from),
            Err(error) => Err(error),
        };
        match committed {
            Ok(_) => {
                self.writers.push(writer);
                self.settled(batch);
                Ok(())
            }
            Err(WriteError::Lost) => Err(Failed::Lost(LastSeen::Sent(batch))),
            Err(error) => {
                self.rolled_back(writer).await;
                Err(Failed::Spoiled(
                    batch.into_requests().collect(),
                    reason(error),
                ))
            }
        }
    }

    async fn judge_holding_the_head(
        &mut self,
        writer: &mut sqlx::PgConnection,
        group: &[Request],
    ) -> Result<(), WriteError> {
        let head = database::lock_head(writer).await?;
        if head.position != self.durable {
            self.company_until = Instant::now() + COMPANY;
            self.durable = head.position;
        }
        if !self.known || !head.same_as(&self.state.head) {
            self.state.reset(head);
            self.known = true;
        }
        self.state.advance_clock(self.settings.clock.now());
        let mut wanted = Wanted::default();
        for request in group {
            self.state.missing(&request.append, true, &mut wanted);
        }
        if !wanted.is_empty() {
            look_up::read(writer, &mut self.state, wanted).await?;
        }
        Ok(())
    }

    async fn rolled_back(&mut self, mut writer: sqlx::PgConnection) {
        if writer.execute("rollback").await.is_ok() {
            self.writers.push(writer);
        }
    }

    fn forget_connections(&mut self) {
        self.writers.clear();
        self.reader = None;
    }

    /// True when both connections stand; whatever was prepared over an old one is shut out.
    async fn connected(&mut self) -> bool {
        if self.writers.is_empty() {
            let options = &self.settings.connection;
            let Some((writer, head)) = database::reconnect(options, self.settings.patience).await
            else {
                return false;
            };
            self.writers.push(writer);
            self.state.reset(head);
            self.known = true;
        }
        if self.writers.len() == 1 {
            self.writers
                .extend(database::connect(&self.settings.connection).await);
        }
        if self.reader.is_none() {
            self.reader = database::connect(&self.settings.connection).await.ok();
        }
        self.reader.is_some()
    }

    /// Learns whether a batch was written before its connection went away. Gives back the requests
    /// that are certainly not in the log; the others have been told what can be told.
    async fn find_fate(&mut self, batch: Box<Batch>) -> Option<Vec<Request>> {
        let event = batch.judged.iter().find_map(|judged| {
            // What was answered from an earlier request was never about to be written.
            let committed = judged.verdict.as_ref().ok()?;
            (!committed.repeated).then(|| judged.request.append.event_id())?
        });
        let Some(event) = event else {
            return Some(batch.into_requests().collect());
        };
        if self.connected().await
            && let Some(mut writer) = self.writers.pop()
        {
            // The epoch has been raised: what is not there now can never arrive.
            let found = database::position_of(&mut writer, event).await;
            if let Ok(found) = found {
                self.writers.push(writer);
                if found.is_some() {
                    self.settled(batch);
                    return None;
                }
                return Some(batch.into_requests().collect());
            }
        }
        tell(batch.into_requests(), |request| {
            let event = request.append.event_id();
            event.map_or(NotAppended::Unavailable, |event_id| NotAppended::Unknown {
                event_id,
            })
        });
        None
    }
}

fn tell(requests: impl Iterator<Item = Request>, outcome: impl Fn(&Request) -> NotAppended) {
    for request in requests {
        let told = outcome(&request);
        // A caller that has gone away no longer wants to know.
        drop(request.reply.send(Err(told)));
    }
}

fn reason(error: WriteError) -> String {
    match error {
        WriteError::NotNew => "an event with this identity is recorded already".to_owned(),
        WriteError::Moved => "the books differ from what the log says".to_owned(),
        WriteError::Spoiled(reason) => reason,
        WriteError::Lost => "the connection was lost".to_owned(),
    }
}
