//! Card payments: doing at Stripe what was intended here, and finding out what became of it.
//!
//! Nothing that Stripe says is believed but its present state. A notice, by whatever way and
//! however often it comes, is a reason to look; what is looked at is the whole of a payment, its
//! checkout, refunds and disputes; and what is recorded is whatever of it was not known. So the
//! order and the number of notices make no difference.

mod amounts;
mod effects;
mod inbox;
mod observer;
mod poll;
mod settings;
mod stripe;

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::time::Duration;

use cqrs_es::Aggregate as _;
use domain::payments::Payment;
use projections::Engine;
use store::{Clock, Columns, EventRef, Log, ReadError};
use tokio::sync::watch;

pub use effects::{Effects, EffectsRound};
pub use inbox::{Inbox, InboxRound};
pub use observer::{NotObserved, Observer};
pub use poll::{Poll, PollError};
pub use settings::{Settings, VARIABLES};
pub use stripe::Stripe;

use crate::chain::chain;

const PROJECTION: &str = "payments";
/// How long to wait for the projection to show what was recorded.
const SHOWN_WITHIN: Duration = Duration::from_secs(2);

/// Works until `shutdown` is there. Any number of processes may run this on one database.
pub async fn run(
    log: Log,
    engine: Engine,
    settings: Settings,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) {
    let stripe = match Stripe::new(&settings) {
        Ok(stripe) => stripe,
        Err(error) => {
            tracing::error!(%error, "card payments cannot be made");
            return shutdown.await;
        }
    };
    let observer = Observer::new(log.clone(), stripe.clone(), clock.clone());
    let (heard, hearing) = watch::channel(0);
    let listening = listen(&log, heard, settings.rest);
    let effects = Effects::new(
        log.clone(),
        engine.clone(),
        stripe.clone(),
        observer.clone(),
        settings.clone(),
        clock.clone(),
    );
    let inbox = Inbox::new(&log, stripe.clone(), observer, clock.clone());
    let poll = Poll::new(&log, stripe, clock);
    let acting = effects.run(hearing);
    let reading = inbox.run(settings.look_every);
    let polling = poll.run(settings.poll_every);
    tokio::select! {
        () = listening => {}
        () = acting => {}
        () = reading => {}
        () = polling => {}
        // Whatever is under way is intended, and found again by whoever comes next.
        () = shutdown => {}
    }
}

/// Says when something happened to a payment; what there is to do, the projection knows.
async fn listen(log: &Log, heard: watch::Sender<i64>, rest: Duration) {
    loop {
        let lost: Result<Infallible, ReadError> = async {
            let mut subscription = log.subscribe().await?;
            let mut reached = log.head().await?.position;
            heard.send_replace(reached);
            loop {
                let until = subscription.beyond(reached).await?;
                let mut last = None;
                let visit = |event: EventRef<'_>| {
                    if event.aggregate_type == Payment::TYPE {
                        last = Some(event.position);
                    }
                    Ok::<_, ReadError>(ControlFlow::Continue(()))
                };
                log.follow(reached, until, Columns::All, visit).await?;
                if let Some(position) = last {
                    heard.send_replace(position);
                }
                reached = until;
            }
        }
        .await;
        let Err(error) = lost;
        tracing::warn!(error = %chain(&error), "the log is out of reach");
        tokio::time::sleep(rest).await;
    }
}
