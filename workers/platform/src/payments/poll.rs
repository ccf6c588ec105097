//! Asking Stripe for what happened, for notices that never came.

use std::time::Duration;

use projections::payments::inbox::{self, Notice};
use sqlx::PgPool;
use store::{Clock, Log};

use super::inbox::is_about_payments;
use super::stripe::{Fault, Stripe};
use crate::chain::chain;

const PROCESSOR: &str = "stripe";
/// So many pages are read in one go.
const PAGES_MAX: usize = 50;

pub struct Poll {
    pool: PgPool,
    stripe: Stripe,
    clock: Clock,
}

/// What keeps the poll from its work.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    #[error("what was read before cannot be read")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Stripe(String),
}

impl Poll {
    pub fn new(log: &Log, stripe: Stripe, clock: Clock) -> Self {
        Self {
            pool: log.pool().clone(),
            stripe,
            clock,
        }
    }

    pub(super) async fn run(&self, every: Duration) {
        let mut reported = String::new();
        loop {
            match self.round().await {
                Ok(_) => reported.clear(),
                Err(error) => {
                    let text = chain(&error);
                    if text != reported {
                        tracing::warn!(error = %text, "Stripe's list of events cannot be read");
                        reported = text;
                    }
                }
            }
            tokio::time::sleep(every).await;
        }
    }

    /// Reads on from where the last round ended; says how many notices nobody had told of.
    pub async fn round(&self) -> Result<usize, PollError> {
        let last = inbox::polled(&self.pool, PROCESSOR).await?;
        match last {
            Some(last) => match self.forward(&last).await {
                // Stripe has forgotten where this ended: what is left of its list is read anew.
                Err(Fault::Refused(_)) => self.backward().await,
                Err(fault) => Err(stripe(&fault)),
                Ok(found) => found,
            },
            None => self.backward().await,
        }
    }

    async fn forward(&self, last: &str) -> Result<Result<usize, PollError>, Fault> {
        let mut last = last.to_owned();
        let mut new = 0;
        for _ in 0..PAGES_MAX {
            let (notices, more) = self.stripe.notices(Some(&last), None).await?;
            match self.keep(&notices).await {
                Ok(kept) => new += kept,
                Err(error) => return Ok(Err(error.into())),
            }
            if let Some(latest) = notices.first() {
                last.clone_from(&latest.notice);
            }
            let noted = inbox::note_poll(&self.pool, PROCESSOR, Some(&last), self.clock.now());
            if let Err(error) = noted.await {
                return Ok(Err(error.into()));
            }
            if !more || notices.is_empty() {
                break;
            }
        }
        Ok(Ok(new))
    }

    /// From the latest to the earliest; where it ends is noted when all of it is kept.
    async fn backward(&self) -> Result<usize, PollError> {
        let (mut latest, mut before) = (None, None);
        let mut new = 0;
        for _ in 0..PAGES_MAX {
            let page = self.stripe.notices(None, before.as_deref()).await;
            let (notices, more) = page.map_err(|fault| stripe(&fault))?;
            new += self.keep(&notices).await?;
            latest = latest.or_else(|| notices.first().map(|it| it.notice.clone()));
            before = notices.last().map(|it| it.notice.clone());
            if !more || before.is_none() {
                break;
            }
        }
        inbox::note_poll(&self.pool, PROCESSOR, latest.as_deref(), self.clock.now()).await?;
        Ok(new)
    }

    async fn keep(&self, notices: &[Notice]) -> Result<usize, sqlx::Error> {
        let mut new = 0;
        for notice in notices.iter().filter(|it| is_about_payments(&it.kind)) {
            let is_new = inbox::put(&self.pool, notice, self.clock.now()).await?;
            new += usize::from(is_new);
        }
        Ok(new)
    }
}

fn stripe(fault: &Fault) -> PollError {
    PollError::Stripe(fault.to_string())
}
