//! What works beside the API in the real program, and the world outside that it speaks with.

use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use platform::objects::Sweeper;
use platform::payments::Settings as Charging;

use super::{CARD_KEY, Town, WEBHOOK_SECRET};

/// How long whoever follows the log waits after an error.
const REST: Duration = Duration::from_secs(1);
const SWEEP_EVERY: Duration = Duration::from_secs(30);

impl Town {
    /// Has cards charged by a stand-in for Stripe, for as long as this goes on.
    pub async fn charge_cards(&self) {
        let base = format!("{}/", self.cards.url());
        let here = format!("http://{}", self.client.address());
        let hook = format!("{here}/webhook/stripe");
        self.cards.simulator.tell(hook, WEBHOOK_SECRET);
        let settings = Charging::new(CARD_KEY, WEBHOOK_SECRET, Some(base), &here);
        let (log, clock) = (self.log.clone(), self.log.clock().clone());
        let engine = self.engine.clone();
        let never = std::future::pending();
        Box::pin(platform::payments::run(log, engine, settings, clock, never)).await;
    }

    /// Has mails written into a folder, for as long as this goes on.
    pub async fn send_mails(&self) -> Result<()> {
        let settings = platform::Settings::try_new(|_| None, self.folder.path())?;
        let users = &self.users;
        let sending = platform::run(
            self.log.clone(),
            self.engine.clone(),
            users.vault().clone(),
            users.challenge_key().clone(),
            settings,
            self.log.clock().clone(),
            std::future::pending(),
        );
        Box::pin(sending).await;
        Ok(())
    }

    /// Has jobs hear of their payments and units, and units of their jobs, for as long as this
    /// goes on.
    pub async fn follow_jobs(&self) {
        let (log, clock) = (self.log.clone(), self.log.clock().clone());
        platform::jobs::run(log, REST, clock, std::future::pending()).await;
    }

    /// Has units handed to machines, for as long as this goes on.
    pub async fn dispatch(&self) {
        let dispatcher = self.product.work.dispatcher().clone();
        match dispatcher.run().await {}
    }

    /// Has let go what nobody goes on with, for as long as this goes on.
    pub async fn sweep(&self) {
        let sweeper = Sweeper::new(
            self.log.clone(),
            self.shelf.clone(),
            self.users.vault().clone(),
            self.log.clock().clone(),
            self.upload_lasts,
            SWEEP_EVERY,
        );
        match sweeper.run().await {}
    }

    /// Presses the button on the page where a card is charged.
    pub fn pay_by_card(&self, checkout: &str) -> Result<()> {
        let session = checkout.rsplit('/').next().context("a page has a name")?;
        let paid = self.cards.simulator.visit(session, "pay");
        let paid = paid.map_err(|_| anyhow!("{checkout} cannot be paid"))?;
        drop(paid);
        Ok(())
    }

    /// The header with which the card processor shows that it is it that speaks.
    pub fn signature(&self, body: &[u8]) -> String {
        let at = self.log.clock().now().timestamp();
        stripe_sim::signature(WEBHOOK_SECRET, at, body)
    }
}
