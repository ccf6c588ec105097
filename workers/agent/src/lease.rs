//! The hold that a machine has on a unit of work: kept by saying so, until it is taken away.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::server::Server;
use crate::trouble::Trouble;
use crate::wire::{Assignment, Desired, Heartbeat, Phase, Told};

const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// What is known of the lease, by whoever works under it.
#[derive(Clone, Debug)]
pub struct Lease {
    server: Server,
    task: Arc<str>,
    fence: u64,
    phase: Arc<watch::Sender<Phase>>,
    told: Arc<watch::Sender<Told>>,
    lost: Arc<watch::Sender<bool>>,
}

/// Says that the machine is at work, until it is dropped.
#[derive(Debug)]
pub struct Heart(JoinHandle<()>);

impl Drop for Heart {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Lease {
    /// Begins to hold it.
    pub fn hold(server: Server, assignment: &Assignment) -> (Self, Heart) {
        let told = Told {
            desired: Desired::Run,
            seconds_max: assignment.seconds_max,
        };
        let lease = Self {
            server,
            task: assignment.task.as_str().into(),
            fence: assignment.fence,
            phase: Arc::new(watch::Sender::new(Phase::Fetching)),
            told: Arc::new(watch::Sender::new(told)),
            lost: Arc::new(watch::Sender::new(false)),
        };
        let every = Duration::from_secs(assignment.heartbeat_seconds.clamp(1, 60));
        let beating = tokio::spawn(lease.clone().beat(every));
        (lease, Heart(beating))
    }

    async fn beat(self, every: Duration) {
        let mut often = tokio::time::interval(every);
        often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let path = format!("/tasks/{}/heartbeat", self.task);
        loop {
            often.tick().await;
            let heartbeat = Heartbeat {
                fence: self.fence,
                phase: *self.phase.borrow(),
            };
            match self.server.post::<Told>(&path, &heartbeat, None).await {
                Ok(told) => self.hear(told),
                Err(error) if error.is_lost() => {
                    self.lose();
                    return;
                }
                // The lease may outlast the silence; what was trained stays where it is.
                Err(error) => {
                    tracing::warn!(%error, task = &*self.task, "a heartbeat was not heard");
                }
            }
        }
    }

    pub fn task(&self) -> &str {
        &self.task
    }

    pub const fn fence(&self) -> u64 {
        self.fence
    }

    pub const fn server(&self) -> &Server {
        &self.server
    }

    pub fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    pub fn hear(&self, told: Told) {
        self.told.send_replace(told);
    }

    pub fn told(&self) -> Told {
        *self.told.borrow()
    }

    /// Ends when the server wants the unit stopped.
    pub async fn unwanted(&self) -> Desired {
        let mut told = self.told.subscribe();
        let heard = told.wait_for(|told| told.desired != Desired::Run).await;
        let heard = heard.map(|told| told.desired).ok();
        match heard {
            Some(desired) => desired,
            // The sender is in here: it cannot be gone.
            None => std::future::pending().await,
        }
    }

    pub fn lose(&self) {
        self.lost.send_replace(true);
    }

    pub fn is_lost(&self) -> bool {
        *self.lost.borrow()
    }

    /// Does what may fail for a while until it is done, refused, or no longer ours to do.
    pub async fn patiently<'a, T>(
        &self,
        mut attempt: impl FnMut() -> BoxFuture<'a, Result<T, Trouble>>,
    ) -> Result<T, Trouble> {
        let mut lost = self.lost.subscribe();
        let mut pause = PAUSE_FIRST;
        loop {
            if self.is_lost() {
                return Err(Trouble::Lost);
            }
            match attempt().await {
                Err(error) if error.is_lost() => {
                    self.lose();
                    return Err(Trouble::Lost);
                }
                Err(error) if error.may_pass() => {
                    tracing::warn!(%error, task = &*self.task, "tried again in {pause:?}");
                }
                ended => return ended,
            }
            tokio::select! {
                _ = lost.wait_for(|lost| *lost) => return Err(Trouble::Lost),
                () = tokio::time::sleep(pause) => pause = (pause * 2).min(PAUSE_MAX),
            }
        }
    }
}
