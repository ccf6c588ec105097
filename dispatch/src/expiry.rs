//! Taking away leases that have run out, and telling the other servers what was heard here.

use std::convert::Infallible;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::work::{UnitCommand, UnitId, WhyExpired};
use projections::work::heartbeats::{self, Heard};
use store::Context;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::dispatcher::{ACTOR, Dispatcher};

/// So often leases are looked at.
const TICK: Duration = Duration::from_millis(250);
/// So often what was heard is noted, and those who wait are asked again.
const TICKS_A_ROUND: u32 = 4;
/// A process that was away for longer has heard nothing meanwhile, and cannot tell who was silent.
const AWAY: Duration = Duration::from_secs(5);

/// A lease that has run out as far as it is known here.
type Suspect = (UnitId, u64, WhyExpired);

impl Dispatcher {
    pub(crate) async fn watch_leases(&self) -> Infallible {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = Instant::now();
        for round in (0..TICKS_A_ROUND).cycle() {
            ticks.tick().await;
            if last.elapsed() > AWAY {
                tracing::warn!("this process was away; every lease gets one more term");
                self.hear_everybody();
            }
            last = Instant::now();
            if round == 0 {
                self.note_heard().await;
                let now = self.log().clock().now();
                self.board().match_again(now);
            }
            self.expire().await;
        }
        unreachable!("a cycle has no end")
    }

    fn hear_everybody(&self) {
        let now = self.log().clock().now();
        for held in self.board().held.values_mut() {
            held.heard_at = now;
        }
    }

    /// Notes for the other servers what was heard here.
    async fn note_heard(&self) {
        let heard = std::mem::take(
            &mut *self
                .inner()
                .heard
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        if heard.is_empty() {
            return;
        }
        let heard: Vec<Heard> = heard.into_values().collect();
        if let Err(error) = heartbeats::note(self.log().pool(), &heard).await {
            // Whatever is still held will be heard of again.
            tracing::warn!(%error, "what was heard of machines could not be noted");
        }
    }

    /// Takes away every lease that has run out by now.
    pub async fn expire(&self) {
        let now = self.log().clock().now();
        let suspects: Vec<Suspect> = {
            let board = self.board();
            let suspect = |(unit, held): (&UnitId, &crate::held::Held)| {
                Some((*unit, held.fence, held.expired(now)?))
            };
            board.held.iter().filter_map(suspect).collect()
        };
        if suspects.is_empty() {
            return;
        }
        if let Err(error) = self.hear_from_others(&suspects).await {
            // Who cannot ask the others cannot tell who was silent, and could not record it.
            tracing::warn!(%error, "the other servers could not be asked what they heard");
            return;
        }
        for (unit, fence, _) in suspects {
            self.take_away(unit, fence, now).await;
        }
    }

    async fn hear_from_others(&self, suspects: &[Suspect]) -> Result<(), sqlx::Error> {
        let silent = suspects
            .iter()
            .filter(|(.., why)| *why == WhyExpired::Silent);
        let silent: Vec<UnitId> = silent.map(|(unit, ..)| *unit).collect();
        if silent.is_empty() {
            return Ok(());
        }
        let heard = heartbeats::of(self.log().pool(), &silent).await?;
        let mut board = self.board();
        for Heard { unit, fence, at } in heard {
            if let Some(held) = board.held.get_mut(&unit)
                && held.fence == fence
            {
                held.heard_at = held.heard_at.max(at);
            }
        }
        Ok(())
    }

    async fn take_away(&self, unit: UnitId, fence: u64, now: DateTime<Utc>) {
        // It may have been heard of meanwhile.
        let why = self.board().held.get(&unit).and_then(|held| {
            let same = held.fence == fence;
            held.expired(now).filter(|_| same)
        });
        let Some(why) = why else { return };
        let command = UnitCommand::Expire {
            fence,
            why,
            at: now,
        };
        let context = Context::by(ACTOR);
        match self.ask(unit, command, &context).await {
            Ok(_) => tracing::info!(%unit, fence, ?why, "a lease was taken away"),
            Err(error) => {
                tracing::warn!(%unit, fence, %error, "a lease could not be taken away");
            }
        }
        let mut heard = self
            .inner()
            .heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        heard.remove(&unit);
    }
}
