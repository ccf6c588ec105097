//! Looking into what notices are about, until it has come to something.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::payments::{PaymentId, Reference};
use futures::StreamExt as _;
use projections::payments::inbox::{self, Taken};
use sqlx::PgPool;
use store::{Clock, Log};

use super::observer::{NotObserved, Observer};
use super::stripe::Stripe;
use crate::chain::chain;

const ROUND_NOTICES: i64 = 32;
const AT_ONCE: usize = 4;
/// Whoever takes a notice and is not heard of again within this time is succeeded by another.
const TAKEN_FOR: TimeDelta = TimeDelta::minutes(2);
const BACKOFF_FIRST: TimeDelta = TimeDelta::seconds(1);
const BACKOFF_MAX: TimeDelta = TimeDelta::minutes(10);
/// A payment that is still not known after so many attempts is none of ours.
const UNKNOWN_ATTEMPTS_MAX: i32 = 8;
/// Stripe lists what happened for thirty days; what was done is remembered longer.
const KEPT_FOR: TimeDelta = TimeDelta::days(40);
const SWEPT_EVERY_ROUNDS: u32 = 4_096;

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxRound {
    pub taken: usize,
    pub done: usize,
    pub again: usize,
    pub parked: usize,
}

pub struct Inbox {
    pool: PgPool,
    stripe: Stripe,
    observer: Observer,
    clock: Clock,
}

enum Outcome {
    Done,
    Again(String),
    Parked(String),
}

impl Inbox {
    pub fn new(log: &Log, stripe: Stripe, observer: Observer, clock: Clock) -> Self {
        Self {
            pool: log.pool().clone(),
            stripe,
            observer,
            clock,
        }
    }

    pub(super) async fn run(&self, look_every: Duration) {
        let mut rounds = 0_u32;
        let mut reported = String::new();
        loop {
            rounds = rounds.wrapping_add(1);
            if rounds.is_multiple_of(SWEPT_EVERY_ROUNDS) {
                let before = self.clock.now() - KEPT_FOR;
                drop(inbox::sweep(&self.pool, before).await);
            }
            match self.round().await {
                Ok(round) if round.taken >= usize::try_from(ROUND_NOTICES).unwrap_or(1) => continue,
                Ok(_) => reported.clear(),
                Err(error) => {
                    let text = chain(&error);
                    if text != reported {
                        tracing::error!(error = %text, "notices of payments cannot be read");
                        reported = text;
                    }
                }
            }
            tokio::time::sleep(look_every).await;
        }
    }

    /// Looks once into what waits.
    pub async fn round(&self) -> Result<InboxRound, sqlx::Error> {
        let now = self.clock.now();
        let taken = inbox::take(&self.pool, now, now + TAKEN_FOR, ROUND_NOTICES).await?;
        let mut round = InboxRound {
            taken: taken.len(),
            ..InboxRound::default()
        };
        let mut outcomes = futures::stream::iter(taken)
            .map(async |notice| {
                let outcome = self.look_into(&notice).await;
                (notice, outcome)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((notice, outcome)) = outcomes.next().await {
            self.note(&notice, outcome, &mut round).await?;
        }
        Ok(round)
    }

    async fn note(
        &self,
        notice: &Taken,
        outcome: Outcome,
        round: &mut InboxRound,
    ) -> Result<(), sqlx::Error> {
        let (name, now) = (&notice.notice, self.clock.now());
        match outcome {
            Outcome::Done => {
                round.done += 1;
                inbox::done(&self.pool, name, now).await
            }
            Outcome::Again(reason) => {
                round.again += 1;
                tracing::info!(notice = %name, %reason, "a notice is looked into later");
                let at = later(notice.attempts, now);
                inbox::again(&self.pool, name, at, &reason).await
            }
            Outcome::Parked(reason) => {
                round.parked += 1;
                tracing::warn!(notice = %name, %reason, "somebody has to look at a notice");
                inbox::park(&self.pool, name, now, &reason).await
            }
        }
    }

    async fn look_into(&self, notice: &Taken) -> Outcome {
        if !is_about_payments(&notice.kind) {
            return Outcome::Done;
        }
        let payment = match self.payment_of(notice).await {
            Ok(Some(payment)) => payment,
            // Somebody sells something else with the same account.
            Ok(None) => return Outcome::Done,
            Err(error) => return judged(error, notice.attempts),
        };
        let session = notice.kind.starts_with("checkout.session.");
        let session = session.then(|| Reference::try_new(&notice.object).ok());
        match self
            .observer
            .observe(payment, session.flatten().as_ref())
            .await
        {
            Ok(()) => Outcome::Done,
            Err(error) => judged(error, notice.attempts),
        }
    }

    /// A notice names the payment, or what it is about does.
    async fn payment_of(&self, notice: &Taken) -> Result<Option<PaymentId>, NotObserved> {
        if let Some(named) = &notice.payment {
            return Ok(named.parse().ok());
        }
        if !notice.kind.starts_with("charge.dispute.") {
            return Ok(None);
        }
        let Ok(dispute) = Reference::try_new(&notice.object) else {
            return Ok(None);
        };
        Ok(self.stripe.disputed(&dispute).await?)
    }
}

/// Whether there may be something to look at.
pub fn is_about_payments(kind: &str) -> bool {
    ["checkout.session.", "payment_intent.", "charge.", "refund."]
        .iter()
        .any(|opening| kind.starts_with(opening))
}

fn judged(error: NotObserved, attempts: i32) -> Outcome {
    match error {
        NotObserved::NotNow(reason) => Outcome::Again(reason),
        NotObserved::Unknown if attempts < UNKNOWN_ATTEMPTS_MAX => {
            Outcome::Again(error.to_string())
        }
        NotObserved::Unknown => Outcome::Parked(error.to_string()),
        NotObserved::Never(reason) => Outcome::Parked(reason),
    }
}

/// A second, then twice as long each time.
fn later(attempts: i32, now: DateTime<Utc>) -> DateTime<Utc> {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or(0)
        .min(20);
    let pause = BACKOFF_FIRST.checked_mul(1 << doublings);
    now + pause.map_or(BACKOFF_MAX, |pause| pause.min(BACKOFF_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_to_nothing_waits_longer_each_time_and_not_for_ever() {
        let now = DateTime::UNIX_EPOCH;
        let pause = |attempts| later(attempts, now) - now;
        assert_eq!(pause(1), TimeDelta::seconds(1));
        assert_eq!(pause(4), TimeDelta::seconds(8));
        assert_eq!(pause(i32::MAX), BACKOFF_MAX);
    }

    #[test]
    fn only_notices_of_payments_are_looked_into() {
        for kind in [
            "checkout.session.completed",
            "charge.dispute.closed",
            "refund.failed",
        ] {
            assert!(is_about_payments(kind), "{kind}");
        }
        for kind in ["payout.paid", "customer.created", "chargeback"] {
            assert!(!is_about_payments(kind), "{kind}");
        }
    }
}
