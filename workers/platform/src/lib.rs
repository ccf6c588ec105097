//! What follows from events: reactions that ask for the next command, and effects on the outside.
//!
//! An effect is intended before it is done. A reaction records the intent as an event, a worker
//! does what was intended and records the outcome, and whoever is killed in between is succeeded
//! by another who finds the intent still open. So nothing is lost, and what is done twice is done
//! under one name, by which the other side can tell.

mod chain;
mod due;
pub mod jobs;
pub mod mails;
pub mod objects;
pub mod payments;
mod process;
mod reaction;
mod settings;

use std::time::Duration;

use domain::users::ChallengeKey;
use projections::Engine;
use store::{Clock, Log, Vault};
use tokio::sync::watch;

pub use process::{Next, Process};
pub use reaction::{Reaction, ReactionError};
pub use settings::{Nonsense, Settings, VARIABLES, Way};

use mails::{Intents, Sender};

/// A conversation with a mail server that is under way when the program ends may last so long.
const GRACE: Duration = Duration::from_secs(10);

/// Works until `shutdown` is there. Any number of processes may run this on one database.
///
/// The engine's projections are to be kept up by somebody, here or elsewhere.
pub async fn run(
    log: Log,
    engine: Engine,
    vault: Vault,
    challenge_key: ChallengeKey,
    settings: Settings,
    clock: Clock,
    shutdown: impl Future<Output = ()>,
) {
    let reaction = Reaction::<Intents>::new(log.clone(), clock.clone(), settings.rest);
    let sender = Sender::new(log, engine, vault, challenge_key, settings, clock);
    let (end, ending) = watch::channel(false);
    let sending = sender.run(reaction.heard(), ending);
    tokio::pin!(sending);
    tokio::select! {
        never = reaction.run() => match never {},
        () = &mut sending => {}
        () = shutdown => {
            end.send_replace(true);
            if tokio::time::timeout(GRACE, sending).await.is_err() {
                tracing::warn!("a mail was being sent when the program ended; it may come twice");
            }
        }
    }
}
