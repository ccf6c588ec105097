//! Looking at the whole of a payment at Stripe, and recording what of it was not known.

use domain::payments::{
    DisputeSeen, Payment, PaymentCommand, PaymentError, PaymentId, Reference, Stage,
};
use ledger::Money;
use store::{Clock, Commands, Context, Log, Refused};

use super::stripe::{CheckoutFound, DisputeFound, Fault, Stripe};
use crate::chain::chain;

/// Who records what Stripe says.
const ACTOR: &str = "worker/payments";
/// So often money may be spent just when it was to be frozen.
const FREEZES_MAX: usize = 5;

/// Looks and records; clones share one memory.
#[derive(Clone)]
pub struct Observer {
    stripe: Stripe,
    commands: Commands<Payment>,
    clock: Clock,
}

/// Why a payment was not looked at to the end.
#[derive(Debug, thiserror::Error)]
pub enum NotObserved {
    /// It may go well another time.
    #[error("{0}")]
    NotNow(String),
    /// Nobody here has asked for such a payment, or not yet.
    #[error("the payment is not known")]
    Unknown,
    /// It will not go well by itself.
    #[error("{0}")]
    Never(String),
}

impl From<Fault> for NotObserved {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Uncertain(_) => Self::NotNow(fault.to_string()),
            Fault::Refused(_) | Fault::Senseless(_) => Self::Never(fault.to_string()),
        }
    }
}

impl From<Refused<PaymentError>> for NotObserved {
    fn from(refused: Refused<PaymentError>) -> Self {
        match refused {
            Refused::Domain(PaymentError::NotRequested) => Self::Unknown,
            Refused::Domain(_) | Refused::Taken { .. } => Self::Never(chain(&refused)),
            _ => Self::NotNow(chain(&refused)),
        }
    }
}

impl Observer {
    pub fn new(log: Log, stripe: Stripe, clock: Clock) -> Self {
        Self {
            stripe,
            commands: Commands::new(log),
            clock,
        }
    }

    /// Records; says at which position, if there was anything to record.
    pub async fn record(
        &self,
        payment: PaymentId,
        command: PaymentCommand,
    ) -> Result<i64, Refused<PaymentError>> {
        let context = Context::by(ACTOR);
        let stream = payment.to_string();
        let done = self.commands.execute(&stream, command, &context).await?;
        Ok(done.position)
    }

    pub async fn look(&self, payment: PaymentId) -> Result<Payment, NotObserved> {
        let found = self.commands.look(&payment.to_string()).await;
        found.map_err(|error| NotObserved::NotNow(chain(&error)))
    }

    /// Looks at everything that Stripe knows of a payment; `session` is where to look for its
    /// checkout if that is not known here.
    pub async fn observe(
        &self,
        payment: PaymentId,
        session: Option<&Reference>,
    ) -> Result<(), NotObserved> {
        let state = self.look(payment).await?;
        let terms = state.terms().ok_or(NotObserved::Unknown)?;
        let known = terms.checkout.as_ref().map(|it| &it.session);
        let found = match (known, session) {
            (Some(session), _) | (None, Some(session)) => self.stripe.checkout(session).await?,
            (None, None) => {
                let since = terms.requested.at;
                let found = self.stripe.find_checkout(payment, since).await?;
                // It is on its way to be opened, or it was and nobody may look that far back.
                found.ok_or_else(|| NotObserved::NotNow("no checkout is known".to_owned()))?
            }
        };
        self.take(payment, &found).await?;
        let state = self.look(payment).await?;
        if let Some(Stage::Paid { paid, .. }) = state.stage() {
            self.observe_refunds(payment, &paid.charge).await?;
            self.observe_disputes(payment, &paid.charge).await?;
        }
        Ok(())
    }

    /// Records what a checkout says.
    pub async fn take(&self, payment: PaymentId, found: &CheckoutFound) -> Result<(), NotObserved> {
        if found.payment != Some(payment) {
            return Err(NotObserved::Never(
                "the checkout is of another payment".to_owned(),
            ));
        }
        let at = self.clock.now();
        let opened = PaymentCommand::RecordCheckout(found.opened(at));
        self.record(payment, opened).await?;
        let observe = PaymentCommand::ObserveCheckout {
            session: found.session.clone(),
            state: found.state.clone(),
            at,
        };
        self.record(payment, observe).await?;
        Ok(())
    }

    async fn observe_refunds(
        &self,
        payment: PaymentId,
        charge: &Reference,
    ) -> Result<(), NotObserved> {
        let mut strange = None;
        for found in self.stripe.refunds(charge).await? {
            let Some(refund) = found.refund else {
                strange = Some(found.stripe_refund);
                continue;
            };
            let command = PaymentCommand::ObserveRefund {
                refund,
                stripe_refund: found.stripe_refund,
                status: found.status,
                at: self.clock.now(),
            };
            self.record(payment, command).await?;
        }
        match strange {
            None => Ok(()),
            Some(refund) => Err(NotObserved::Never(format!("{refund} was not made here"))),
        }
    }

    async fn observe_disputes(
        &self,
        payment: PaymentId,
        charge: &Reference,
    ) -> Result<(), NotObserved> {
        for found in self.stripe.disputes(charge).await? {
            self.observe_dispute(payment, found).await?;
        }
        Ok(())
    }

    /// Freezes all of it, or, where the payer has less, what they have: the books say how much
    /// that is when they refuse.
    async fn observe_dispute(
        &self,
        payment: PaymentId,
        found: DisputeFound,
    ) -> Result<(), NotObserved> {
        let mut available: Money = found.amount;
        for _ in 0..FREEZES_MAX {
            let seen = DisputeSeen {
                dispute: found.dispute.clone(),
                amount: found.amount,
                reason: found.reason.clone(),
                withdrawn: found.withdrawn,
                reinstated: found.reinstated,
                is_lost: found.is_lost,
                is_won: found.is_won,
                is_dropped: found.is_dropped,
                available,
                at: self.clock.now(),
            };
            match self
                .record(payment, PaymentCommand::ObserveDispute(seen))
                .await
            {
                Ok(_) => return Ok(()),
                Err(Refused::InsufficientFunds {
                    available: left, ..
                }) => available = left,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(NotObserved::NotNow("the money is being spent".to_owned()))
    }
}
