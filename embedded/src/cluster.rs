//! Gives one user a running server, for as long as it is held.

use std::time::Duration;

use embedded_search::Environment;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::connection::{self, Answer};
use crate::create;
use crate::membership::{Membership, Turn};
use crate::place::{self, Place};
use crate::server::{self, Started};
use crate::{EmbeddedError, Settings};

/// How long a server may take to answer. Recovery after a crash reads up to a checkpoint's worth of
/// log, which is seconds on a laptop and may be minutes on a slow disk.
const PATIENCE: Duration = Duration::from_mins(5);

/// How often a server that does not answer yet is asked again.
const KNOCK: Duration = Duration::from_millis(20);

/// A running server that this value is one user of. Dropping it leaves, as [`Cluster::close`] does,
/// but blocks the thread meanwhile and hides what went wrong.
#[derive(Debug)]
pub struct Cluster {
    place: Place,
    settings: Settings,
    environment: Environment,
    membership: Option<Membership>,
}

impl Cluster {
    /// Opens a cluster: makes it on first use, starts its server or joins a running one, and
    /// returns once it answers.
    pub async fn open(settings: Settings) -> Result<Self, EmbeddedError> {
        let environment = Environment::of_process(Some(&settings.data_dir));
        Self::open_with(settings, environment).await
    }

    /// The same with server programs searched in a given environment.
    pub async fn open_with(
        settings: Settings,
        environment: Environment,
    ) -> Result<Self, EmbeddedError> {
        let prepared = blocking(move || {
            let data_dir = place::make_data_dir(&settings.data_dir)?;
            let turn = Turn::take(&data_dir)?;
            let membership = Membership::join(&data_dir)?;
            let place = Place::settle(&data_dir)?;
            create::ensure(&place, &environment, settings.durable)?;
            Ok((
                turn,
                Self {
                    place,
                    settings,
                    environment,
                    membership: Some(membership),
                },
            ))
        });
        let (turn, cluster) = prepared.await?;
        cluster.raise().await?;
        drop(turn);
        Ok(cluster)
    }

    /// The URL of a database in this cluster, over its Unix socket.
    pub fn url(&self, database: &str) -> String {
        connection::url(&self.place, database)
    }

    /// Creates a database unless it exists.
    pub async fn ensure_database(&self, name: &str) -> Result<(), EmbeddedError> {
        connection::ensure_database(&self.place, name).await
    }

    /// Drops a database if it exists, and ends every session in it.
    pub async fn drop_database(&self, name: &str) -> Result<(), EmbeddedError> {
        connection::drop_database(&self.place, name).await
    }

    /// The server's main process.
    pub fn postmaster_pid(&self) -> Result<u32, EmbeddedError> {
        server::postmaster(&self.place).ok_or(EmbeddedError::NotRunning)
    }

    /// Starts the server again when it has died, and says whether it had.
    pub async fn restart_if_dead(&self) -> Result<bool, EmbeddedError> {
        let data_dir = self.place.data_dir.clone();
        let _turn = blocking(move || Turn::take(&data_dir)).await?;
        self.raise().await
    }

    /// Leaves. The last one out stops the server.
    pub async fn close(mut self) -> Result<(), EmbeddedError> {
        let Some(membership) = self.membership.take() else {
            return Ok(());
        };
        let place = self.place.clone();
        blocking(move || leave(&membership, &place)).await
    }

    /// Brings the server to where it answers, and says whether that took a start. The caller holds
    /// the turn.
    async fn raise(&self) -> Result<bool, EmbeddedError> {
        let deadline = Instant::now() + PATIENCE;
        let mut started: Option<Started> = None;
        loop {
            match connection::probe(&self.place).await {
                Answer::Ready => return Ok(started.is_some()),
                Answer::Stranger(theirs) => {
                    let sockets = self.place.sockets.clone();
                    return Err(EmbeddedError::Stranger { theirs, sockets });
                }
                Answer::NotYet => {}
            }
            let is_dead = match &started {
                // The server that a killed opener had just begun may have been quicker.
                Some(server) if !server.is_alive() && server::postmaster(&self.place).is_some() => {
                    started = None;
                    false
                }
                Some(server) if !server.is_alive() => {
                    self.forgive(server)?;
                    true
                }
                Some(_) => false,
                None => server::postmaster(&self.place).is_none(),
            };
            if Instant::now() >= deadline {
                let log = self.place.log.clone();
                let tail = server::tail(&log, 0);
                return Err(EmbeddedError::NoAnswer {
                    waited_seconds: PATIENCE.as_secs(),
                    log,
                    tail,
                });
            }
            if is_dead {
                started = Some(self.start().await?);
            }
            sleep(KNOCK).await;
        }
    }

    async fn start(&self) -> Result<Started, EmbeddedError> {
        let (place, settings) = (self.place.clone(), self.settings.clone());
        let environment = self.environment.clone();
        blocking(move || server::start(&place, &settings, &environment)).await
    }

    /// A server that ended at once has failed, unless the children of the one before it still hold
    /// its shared memory: they leave soon, and it may try again.
    fn forgive(&self, server: &Started) -> Result<(), EmbeddedError> {
        let tail = server.said(&self.place);
        if tail.contains("pre-existing shared memory block") {
            return Ok(());
        }
        Err(EmbeddedError::StartFailed {
            log: self.place.log.clone(),
            tail,
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(membership) = self.membership.take() {
            // Nobody is left to tell; the next one in finds the server in whatever state it is.
            let _ = leave(&membership, &self.place);
        }
    }
}

fn leave(membership: &Membership, place: &Place) -> Result<(), EmbeddedError> {
    if membership.is_last()? {
        server::stop(place)
    } else {
        Ok(())
    }
}

/// Runs what waits for files and processes where waiting holds up nobody.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbeddedError> + Send + 'static,
) -> Result<T, EmbeddedError> {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(EmbeddedError::Io {
            doing: "finish".to_owned(),
            source: error.into(),
        }),
    }
}
