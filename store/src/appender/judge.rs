//! Decides the outcome of one command exactly as if every earlier one were already in the log.

use std::sync::Arc;

use ledger::{Account, Claim, Money, Name};

use super::batch::{Batch, Judged, Request};
use super::state::{AccountKey, Answer, Known, State, Tracked};
use crate::append::{Append, Committed, NewEvent, NotAppended};
use crate::chain::Link;

/// Judges a request and adds it to the batch with its outcome. Gives it back when the outcome
/// rests on a stream or a key being new that nobody has looked up, and nothing would be written
/// that could find out.
pub(super) fn admit(state: &mut State, batch: &mut Batch, request: Request) -> Option<Request> {
    let assumed = state.assumes(&request.append);
    if assumed && request.append.events.is_empty() {
        return Some(request);
    }
    let verdict = judge(state, batch, &request.append);
    if assumed && verdict.is_err() {
        return Some(request);
    }
    batch.judged.push(Judged { request, verdict });
    None
}

fn judge(state: &mut State, batch: &mut Batch, append: &Append) -> Result<Committed, NotAppended> {
    if let Some(answer) = earlier_answer(state, append)? {
        return Ok(answer);
    }
    let stream = (
        Arc::clone(&append.aggregate_type),
        Arc::clone(&append.aggregate_id),
    );
    let actual = state.streams.get(&stream).map_or(0, |known| known.value);
    // An empty decision is judged too: "nothing to do" must not rest on a stale view.
    if actual != append.expected {
        return Err(NotAppended::Conflict {
            expected: append.expected,
            actual,
        });
    }
    let mut trial = Trial::default();
    if let Err(refusal) = trial.run(state, batch.number, append) {
        trial.undo(state);
        return Err(refusal);
    }
    Ok(record(state, batch, append, trial))
}

fn earlier_answer(state: &State, append: &Append) -> Result<Option<Committed>, NotAppended> {
    let Some(asked) = &append.idempotency else {
        return Ok(None);
    };
    let key = (append.caller.clone(), asked.key.clone());
    let Some(Known {
        value: Some(answer),
        ..
    }) = state.answers.get(&key)
    else {
        return Ok(None);
    };
    if answer.fingerprint != asked.fingerprint {
        return Err(NotAppended::KeyReused { key: key.1 });
    }
    Ok(Some(Committed {
        repeated: true,
        ..answer.committed.clone()
    }))
}

/// The effects of one command, tried out on the state and taken back if one of them is refused.
#[derive(Default)]
struct Trial {
    balances: Vec<(AccountKey, Option<i64>)>,
    claims: Vec<(Name, Option<Arc<str>>)>,
    /// The balance after each leg, in order.
    after: Vec<i64>,
    /// Rows that this batch had not touched before.
    first_balances: Vec<AccountKey>,
    first_claims: Vec<Name>,
}

impl Trial {
    fn run(&mut self, state: &mut State, batch: u64, append: &Append) -> Result<(), NotAppended> {
        for event in &append.events {
            self.move_money(state, batch, event)?;
            if !event.claims.is_empty() {
                self.move_claims(state, batch, &holder(append).into(), event)?;
            }
        }
        Ok(())
    }

    /// Floors are asked about when the event is complete: its legs happen at one moment.
    fn move_money(
        &mut self,
        state: &mut State,
        batch: u64,
        event: &NewEvent,
    ) -> Result<(), NotAppended> {
        let first = self.balances.len();
        for leg in event.postings.iter().flat_map(ledger::Posting::legs) {
            let key = (leg.account().clone(), leg.amount().currency());
            let row = balance(state, &key);
            let before = row.now;
            let Some(after) = before.unwrap_or(0).checked_add(leg.amount().minor()) else {
                return Err(NotAppended::Overflow { account: key.0 });
            };
            if row.enter(batch) {
                self.first_balances.push(key.clone());
            }
            row.now = Some(after);
            self.after.push(after);
            self.balances.push((key, before));
        }
        for (key, _) in &self.balances[first..] {
            let Some(floor) = floor_of(&key.0) else {
                continue;
            };
            let now = balance(state, key).now.unwrap_or(0);
            if now < floor {
                return Err(self.shortfall(first, key, floor, now));
            }
        }
        Ok(())
    }

    fn shortfall(&self, first: usize, key: &AccountKey, floor: i64, now: i64) -> NotAppended {
        let started = self.balances[first..]
            .iter()
            .find(|(touched, _)| touched == key);
        let had = started.and_then(|(_, before)| *before).unwrap_or(0);
        NotAppended::InsufficientFunds {
            account: key.0.clone(),
            needed: Money::from_minor(had.saturating_sub(now), key.1),
            available: Money::from_minor(had.saturating_sub(floor), key.1),
        }
    }

    fn move_claims(
        &mut self,
        state: &mut State,
        batch: u64,
        holder: &Arc<str>,
        event: &NewEvent,
    ) -> Result<(), NotAppended> {
        for claim in &event.claims {
            let name = claim.name();
            let Some(row) = state.claims.get_mut(name) else {
                unreachable!("a claim is looked up before it is judged");
            };
            let next = match (claim, &row.now) {
                (Claim::Take(_), Some(other)) if other != holder => {
                    let holder = other.to_string();
                    return Err(NotAppended::Taken {
                        name: name.clone(),
                        holder,
                    });
                }
                (Claim::Take(_), _) => Some(Arc::clone(holder)),
                (Claim::Release(_), Some(own)) if own == holder => None,
                (Claim::Release(_), _) => {
                    return Err(NotAppended::NotHeld { name: name.clone() });
                }
            };
            self.claims.push((name.clone(), row.now.clone()));
            if row.enter(batch) {
                self.first_claims.push(name.clone());
            }
            row.now = next;
        }
        Ok(())
    }

    fn undo(self, state: &mut State) {
        for (key, before) in self.balances.iter().rev() {
            balance(state, key).now = *before;
        }
        for key in &self.first_balances {
            balance(state, key).batch = 0;
        }
        for (name, before) in self.claims.into_iter().rev() {
            if let Some(row) = state.claims.get_mut(&name) {
                row.now = before;
            }
        }
        for name in &self.first_claims {
            if let Some(row) = state.claims.get_mut(name) {
                row.batch = 0;
            }
        }
    }

    /// Hands what changed over to the batch; nothing is taken back any more.
    fn keep(self, state: &mut State, batch: &mut Batch) {
        let position = state.head.position;
        for (key, _) in &self.balances {
            balance(state, key).touched = position;
        }
        for (name, _) in &self.claims {
            if let Some(row) = state.claims.get_mut(name) {
                row.touched = position;
            }
        }
        batch.changed_balances.extend(self.first_balances);
        batch.changed_claims.extend(self.first_claims);
    }
}

pub(super) fn floor_of(account: &Account) -> Option<i64> {
    #[cfg(feature = "wrong")]
    if super::wrong::has_no_floor() {
        return None;
    }
    account.floor()
}

fn balance<'a>(state: &'a mut State, key: &AccountKey) -> &'a mut Tracked<i64> {
    let Some(row) = state.balances.get_mut(key) else {
        unreachable!("a balance is looked up before it is judged");
    };
    row
}

pub(super) fn holder(append: &Append) -> String {
    format!("{}/{}", append.aggregate_type, append.aggregate_id)
}

/// Writes an admitted command into the batch and moves the head past it.
fn record(state: &mut State, batch: &mut Batch, append: &Append, trial: Trial) -> Committed {
    let first_position = state.head.position + i64::from(!append.events.is_empty());
    let mut sequence = append.expected;
    let mut after = trial.after.iter().copied();
    for event in &append.events {
        sequence += 1;
        record_event(state, batch, append, event, sequence);
        record_entries(batch, state.head.position, event, &mut after);
    }
    let position = state.head.position;
    trial.keep(state, batch);
    let stream = (
        Arc::clone(&append.aggregate_type),
        Arc::clone(&append.aggregate_id),
    );
    state.streams.insert(
        stream,
        Known {
            value: sequence,
            touched: position,
        },
    );
    let committed = Committed {
        first_position,
        position,
        recorded_at: state.head.recorded_at,
        repeated: false,
    };
    record_answer(state, batch, append, &committed);
    committed
}

fn record_event(
    state: &mut State,
    batch: &mut Batch,
    append: &Append,
    event: &NewEvent,
    sequence: i64,
) {
    let head = &mut state.head;
    head.position += 1;
    let effective_at = append.effective_at.unwrap_or(head.recorded_at);
    let link = Link {
        position: head.position,
        event_id: event.event_id,
        aggregate_type: &append.aggregate_type,
        aggregate_id: &append.aggregate_id,
        sequence,
        event_type: &event.event_type,
        event_version: &event.event_version,
        payload: &event.payload,
        metadata: &append.metadata,
        recorded_at: head.recorded_at,
        effective_at,
    };
    head.hash = link.hash(&head.hash);
    let columns = &mut batch.events;
    columns.sequences.push_i64(sequence);
    columns.ids.push_uuid(event.event_id);
    columns.effective.push_timestamp(effective_at);
    columns.aggregate_types.push_text(&append.aggregate_type);
    columns.aggregate_ids.push_text(&append.aggregate_id);
    columns.types.push_text(&event.event_type);
    columns.versions.push_text(&event.event_version);
    columns.hashes.push_bytes(&head.hash.0);
    columns.payloads.push_text(&event.payload);
    columns.metadatas.push_text(&append.metadata);
}

fn record_entries(
    batch: &mut Batch,
    position: i64,
    event: &NewEvent,
    after: &mut impl Iterator<Item = i64>,
) {
    let columns = &mut batch.entries;
    let legs = event.postings.iter().flat_map(ledger::Posting::legs);
    for (leg, number) in legs.zip(1_i16..) {
        let Some(balance) = after.next() else {
            unreachable!("the trial noted a balance for every leg");
        };
        columns.positions.push_i64(position);
        columns.legs.push_i16(number);
        columns.accounts.push_text(leg.account().as_str());
        columns.currencies.push_text(leg.amount().currency().code());
        columns.amounts.push_i64(leg.amount().minor());
        columns.balances.push_i64(balance);
    }
}

fn record_answer(state: &mut State, batch: &mut Batch, append: &Append, committed: &Committed) {
    let Some(asked) = &append.idempotency else {
        return;
    };
    let columns = &mut batch.answers;
    columns.callers.push_text(&append.caller);
    columns.keys.push_text(&asked.key);
    columns.streams.push_text(&holder(append));
    columns.prints.push_bytes(&asked.fingerprint);
    columns.first.push_i64(committed.first_position);
    columns.last.push_i64(committed.position);
    let answer = Answer {
        fingerprint: asked.fingerprint.to_vec(),
        committed: committed.clone(),
    };
    let key = (append.caller.clone(), asked.key.clone());
    state.answers.insert(
        key,
        Known {
            value: Some(answer),
            touched: committed.position,
        },
    );
}
