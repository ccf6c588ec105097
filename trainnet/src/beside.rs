//! What works beside the API: mail, dispatch, and tidying up.

use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use api::{Servers, Users, Work};
use projections::Engine;
use store::Log;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const TIDY_EVERY: Duration = Duration::from_hours(1);

/// Everything that works until it is told to end.
pub struct Beside {
    stop: watch::Sender<bool>,
    mail: JoinHandle<()>,
    dispatch: JoinHandle<()>,
    tidying: JoinHandle<()>,
}

impl Beside {
    pub fn start(
        log: &Log,
        engine: &Engine,
        (users, servers, work): (&Users, &Servers, &Work),
        mail: platform::Settings,
    ) -> Self {
        let (stop, stopping) = watch::channel(false);
        let sending = platform::run(
            log.clone(),
            engine.clone(),
            users.vault().clone(),
            users.challenge_key().clone(),
            mail,
            log.clock().clone(),
            stopped(stopping.clone()),
        );
        Self {
            stop,
            mail: tokio::spawn(sending),
            dispatch: tokio::spawn(dispatch(work.clone(), stopped(stopping.clone()))),
            tidying: tokio::spawn(tidy(
                (users.clone(), servers.clone(), work.clone()),
                stopped(stopping),
            )),
        }
    }

    /// Ends when what is being sent has been sent or given up, and what was begun is tidy.
    pub async fn end(self) -> anyhow::Result<()> {
        self.stop.send_replace(true);
        self.mail.await.context("the mail ended badly")?;
        self.dispatch.await.context("the dispatch ended badly")?;
        self.tidying.await.context("the tidying ended badly")
    }
}

/// Whoever could say so having gone is an end as well.
async fn stopped(mut stopping: watch::Receiver<bool>) {
    drop(stopping.wait_for(|stopping| *stopping).await);
}

/// What it knows is in the log; it can be left in the middle of anything.
async fn dispatch(work: Work, stopped: impl Future<Output = ()>) {
    tokio::select! {
        never = work.dispatcher().run() => match never {},
        () = stopped => {}
    }
}

async fn tidy((users, servers, work): (Users, Servers, Work), stopped: impl Future<Output = ()>) {
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
        if let Err(error) = servers.tidy().await {
            tracing::warn!(%error, "the loads of machines could not be tidied up");
        }
        if let Err(error) = work.tidy().await {
            tracing::warn!(%error, "what was said of work could not be tidied up");
        }
    }
}
