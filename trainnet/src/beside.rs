//! What works beside the API: mail, card payments, jobs, and tidying up.

use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use api::{Product, Servers, Users, Work};
use platform::objects::Sweeper;
use projections::Engine;
use store::Log;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const TIDY_EVERY: Duration = Duration::from_hours(1);

/// What each needs to know.
pub struct Given {
    pub mail: platform::Settings,
    /// Nothing where cards cannot be charged.
    pub cards: Option<platform::payments::Settings>,
    pub sweeper: Sweeper,
}

/// Everything that works until it is told to end.
pub struct Beside {
    stop: watch::Sender<bool>,
    mail: JoinHandle<()>,
    payments: JoinHandle<()>,
    jobs: JoinHandle<()>,
    tidying: JoinHandle<()>,
    sweeping: JoinHandle<()>,
    dispatching: JoinHandle<()>,
}

impl Beside {
    pub fn start(log: &Log, engine: &Engine, product: &Product, given: Given) -> Self {
        let Given {
            mail,
            cards,
            sweeper,
        } = given;
        let (stop, stopping) = watch::channel(false);
        let rest = mail.rest;
        let (users, servers) = (&product.users, &product.servers);
        let sending = platform::run(
            log.clone(),
            engine.clone(),
            users.vault().clone(),
            users.challenge_key().clone(),
            mail,
            log.clock().clone(),
            stopped(stopping.clone()),
        );
        let charging = charge(
            log.clone(),
            engine.clone(),
            cards,
            stopped(stopping.clone()),
        );
        Self {
            stop,
            mail: tokio::spawn(sending),
            payments: tokio::spawn(charging),
            jobs: tokio::spawn(platform::jobs::run(
                log.clone(),
                rest,
                log.clock().clone(),
                stopped(stopping.clone()),
            )),
            tidying: tokio::spawn(tidy(
                users.clone(),
                (servers.clone(), product.work.clone()),
                stopped(stopping.clone()),
            )),
            sweeping: tokio::spawn(sweep(sweeper, stopped(stopping.clone()))),
            dispatching: tokio::spawn(dispatch(product.work.clone(), stopped(stopping))),
        }
    }

    /// Ends when what is being sent has been sent or given up, and what was begun is tidy.
    pub async fn end(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.mail.await.context("the mail ended badly")?;
        self.payments.await.context("the payments ended badly")?;
        self.jobs.await.context("the jobs ended badly")?;
        self.tidying.await.context("the tidying ended badly")?;
        self.sweeping.await.context("the sweeping ended badly")?;
        self.dispatching
            .await
            .context("the dispatching ended badly")
    }
}

/// Whoever could say so having gone is an end as well.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// Nothing where cards cannot be charged.
async fn charge(
    log: Log,
    engine: Engine,
    cards: Option<platform::payments::Settings>,
    stopped: impl Future<Output = ()>,
) {
    let clock = log.clock().clone();
    match cards {
        Some(settings) => platform::payments::run(log, engine, settings, clock, stopped).await,
        None => stopped.await,
    }
}

/// Whoever dispatches next finds every lease in the log.
async fn dispatch(work: Work, stopped: impl Future<Output = ()>) {
    tokio::select! {
        never = work.dispatcher().run() => match never {},
        () = stopped => {}
    }
}

/// It may end anywhere: what is half done is found by the next who looks.
async fn sweep(sweeper: Sweeper, stopped: impl Future<Output = ()>) {
    tokio::select! {
        never = sweeper.run() => match never {},
        () = stopped => {}
    }
}

async fn tidy(users: Users, (servers, work): (Servers, Work), stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let mut hour = tokio::time::interval(TIDY_EVERY);
    hour.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _ = hour.tick() => {}
        }
        match users.tidy().await {
            Ok(tidied) => tracing::info!(?tidied, "tidied up"),
            Err(error) => tracing::warn!(?error, "nothing could be tidied up"),
        }
        if let Err(error) = work.tidy().await {
            tracing::warn!(%error, "what was said of work could not be tidied up");
        }
        if let Err(error) = servers.tidy().await {
            tracing::warn!(%error, "the loads of machines could not be tidied up");
        }
    }
}
