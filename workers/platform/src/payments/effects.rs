//! Doing at Stripe what was intended: opening checkouts and giving back.
//!
//! What is intended stands in the log. Each is done under a name of its own, so that doing it
//! twice is doing it once; and where nobody knows whether it was done, Stripe is asked first.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::payments::{
    FailedBecause, PaymentCommand, PaymentId, Refund, RefundId, RefundStage, Stage,
};
use projections::Engine;
use projections::payments;
use store::{Clock, Log};
use tokio::sync::watch;

use super::observer::{NotObserved, Observer};
use super::settings::Settings;
use super::stripe::{Fault, NewCheckout, RefundFound, Stripe};
use super::{PROJECTION, SHOWN_WITHIN};
use crate::chain::chain;

/// What was put off is found again each time, so there is room for a good deal of it.
const ROUND: i64 = 256;
/// A checkout that was asked for so long ago may have been opened by somebody who then ended.
const FRESH: TimeDelta = TimeDelta::seconds(10);
/// Stripe repeats an answer to a key even where the answer was that it broke, so after this time,
/// if no checkout is found, another key is used.
const KEY_LASTS: TimeDelta = TimeDelta::minutes(10);
const BACKOFF_FIRST: TimeDelta = TimeDelta::seconds(1);
const BACKOFF_MAX: TimeDelta = TimeDelta::minutes(10);

/// What one round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EffectsRound {
    pub done: usize,
    pub put_off: usize,
}

pub struct Effects {
    log: Log,
    engine: Engine,
    stripe: Stripe,
    observer: Observer,
    settings: Settings,
    clock: Clock,
    /// What came to nothing, and when it is tried again.
    put_off: Mutex<HashMap<String, (u32, DateTime<Utc>)>>,
}

impl Effects {
    pub fn new(
        log: Log,
        engine: Engine,
        stripe: Stripe,
        observer: Observer,
        settings: Settings,
        clock: Clock,
    ) -> Self {
        Self {
            log,
            engine,
            stripe,
            observer,
            settings,
            clock,
            put_off: Mutex::default(),
        }
    }

    pub(super) async fn run(&self, mut hearing: watch::Receiver<i64>) {
        let mut reported = String::new();
        loop {
            // What the projection does not show yet would be missed until the next look.
            let heard = *hearing.borrow_and_update();
            let shown = self.engine.wait_for(PROJECTION, heard, SHOWN_WITHIN);
            drop(shown.await);
            match self.round().await {
                Ok(_) => reported.clear(),
                Err(error) => {
                    let text = chain(&error);
                    if text != reported {
                        tracing::error!(error = %text, "payments are not being made");
                        reported = text;
                    }
                }
            }
            tokio::select! {
                Ok(()) = hearing.changed() => {}
                () = tokio::time::sleep(Duration::from_secs(1)) => {}
            }
        }
    }

    /// Does once what is to be done.
    pub async fn round(&self) -> Result<EffectsRound, sqlx::Error> {
        let pool = self.log.pool();
        let now = self.clock.now();
        let mut round = EffectsRound::default();
        for payment in payments::to_open(pool, ROUND).await? {
            let Some(id) = self.due(&payment, now) else {
                continue;
            };
            let outcome = self.open(id).await;
            self.note(&payment, outcome, &mut round);
        }
        for (payment, refund) in payments::refunds_to_send(pool, ROUND).await? {
            let Some(id) = self.due(&refund, now) else {
                continue;
            };
            let Ok(payment) = payment.parse() else {
                continue;
            };
            let outcome = self.give_back(payment, id).await;
            self.note(&refund, outcome, &mut round);
        }
        for payment in payments::overdue(pool, now, ROUND).await? {
            let Some(id) = self.due(&payment, now) else {
                continue;
            };
            let outcome = self.look_again(id).await;
            self.note(&payment, outcome, &mut round);
        }
        if round.done > 0
            && let Ok(head) = self.log.head().await
        {
            let shown = self
                .engine
                .wait_for(PROJECTION, head.position, SHOWN_WITHIN);
            drop(shown.await);
        }
        Ok(round)
    }

    /// What a name stands for, unless it was put off.
    fn due<K: domain::users::Kind>(
        &self,
        name: &str,
        now: DateTime<Utc>,
    ) -> Option<domain::users::Id<K>> {
        let put_off = self.put_off.lock();
        let put_off = put_off.unwrap_or_else(std::sync::PoisonError::into_inner);
        let waits = put_off.get(name).is_some_and(|(_, until)| *until > now);
        if waits { None } else { name.parse().ok() }
    }

    fn note(&self, name: &str, outcome: Result<(), NotObserved>, round: &mut EffectsRound) {
        let put_off = self.put_off.lock();
        let mut put_off = put_off.unwrap_or_else(std::sync::PoisonError::into_inner);
        let Err(error) = outcome else {
            round.done += 1;
            put_off.remove(name);
            return;
        };
        round.put_off += 1;
        tracing::warn!(name, %error, "what was intended at Stripe is put off");
        let (failures, until) = put_off
            .entry(name.to_owned())
            .or_insert((0, DateTime::UNIX_EPOCH));
        let pause = BACKOFF_FIRST.checked_mul(1 << (*failures).min(20));
        *failures += 1;
        *until = self.clock.now() + pause.map_or(BACKOFF_MAX, |it| it.min(BACKOFF_MAX));
    }

    /// Opens the checkout of a payment, once.
    async fn open(&self, payment: PaymentId) -> Result<(), NotObserved> {
        let state = self.observer.look(payment).await?;
        let (Some(terms), Some(Stage::Requested)) = (state.terms(), state.stage()) else {
            return Ok(());
        };
        let requested = &terms.requested;
        let age = self.clock.now() - requested.at;
        if age >= FRESH
            && let Some(found) = self.stripe.find_checkout(payment, requested.at).await?
        {
            return self.observer.take(payment, &found).await;
        }
        let expires_at = requested.at + self.settings.checkout_lasts;
        // A checkout has to be open for half an hour at least.
        if age >= self.settings.checkout_lasts - TimeDelta::minutes(35) {
            return self.give_up(payment, FailedBecause::NotOpened).await;
        }
        let window = age.num_seconds() / KEY_LASTS.num_seconds();
        let key = format!("{payment}/checkout/{window}");
        let opened = self.stripe.open_checkout(NewCheckout {
            payment,
            amount: requested.amount,
            expires_at,
            key: &key,
        });
        match opened.await {
            Ok(found) => self.observer.take(payment, &found).await,
            Err(Fault::Refused(reason)) => {
                tracing::warn!(%payment, %reason, "Stripe opens no checkout");
                self.give_up(payment, FailedBecause::Refused).await
            }
            Err(fault) => Err(fault.into()),
        }
    }

    async fn give_up(&self, payment: PaymentId, because: FailedBecause) -> Result<(), NotObserved> {
        let at = self.clock.now();
        let command = PaymentCommand::GiveUp { because, at };
        self.observer.record(payment, command).await?;
        Ok(())
    }

    /// Gives back to the card, once.
    async fn give_back(&self, payment: PaymentId, refund: RefundId) -> Result<(), NotObserved> {
        let state = self.observer.look(payment).await?;
        let Some(Stage::Paid { paid, refunds, .. }) = state.stage() else {
            return Ok(());
        };
        let Some(Refund {
            amount,
            stage: RefundStage::Requested,
            ..
        }) = refunds.get(&refund)
        else {
            return Ok(());
        };
        // Somebody may have sent it and ended before they could say so.
        let known = self.stripe.refunds(&paid.charge).await?;
        let known = known.into_iter().find(|it| it.refund == Some(refund));
        let sent = match known {
            Some(found) => Ok(found),
            None => {
                self.stripe
                    .refund(&paid.charge, refund, payment, *amount)
                    .await
            }
        };
        let at = self.clock.now();
        let command = match sent {
            Ok(RefundFound {
                stripe_refund,
                status,
                ..
            }) => PaymentCommand::ObserveRefund {
                refund,
                stripe_refund,
                status,
                at,
            },
            Err(Fault::Refused(reason)) => {
                tracing::warn!(%refund, %reason, "Stripe gives nothing back");
                PaymentCommand::RefuseRefund { refund, at }
            }
            Err(fault) => return Err(fault.into()),
        };
        self.observer.record(payment, command).await?;
        Ok(())
    }

    /// Nobody has said how a payment ended whose time is over. It stays put off for a while after,
    /// as a bank may take days.
    async fn look_again(&self, payment: PaymentId) -> Result<(), NotObserved> {
        self.observer.observe(payment, None).await?;
        let state = self.observer.look(payment).await?;
        match state.stage() {
            Some(Stage::Open | Stage::Processing) => Err(NotObserved::NotNow(
                "the payment is not over yet".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}
