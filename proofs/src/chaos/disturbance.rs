//! What is done to the bank while it works.

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::ValueEnum;
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep, sleep_until};

use super::phase::Phase;

const DROP_EVERY: Duration = Duration::from_millis(300);
const KILL_EVERY_MIN: Duration = Duration::from_millis(700);
const KILL_EVERY_MAX: Duration = Duration::from_secs(3);
/// It may take long to come back; so often it is killed however short the phase.
const SERVER_KILLS_MIN: usize = 2;
const STOPPED_MAX: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Disturbance {
    Nothing,
    /// `kill -9` of a writing process, now and then also of the one that keeps the projection.
    WriterKilled,
    /// `kill -9` of the server's main process, and a restart.
    ServerKilled,
    /// A writing process stands still and then goes on as if nothing had been.
    WriterStopped,
    ConnectionsDropped,
}

impl Disturbance {
    pub fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Disturbs for so long; says how often it did.
    pub async fn go_on(self, phase: &mut Phase<'_>, duration: Duration) -> Result<usize> {
        let until = Instant::now() + duration;
        let every = (duration / 6).clamp(KILL_EVERY_MIN, KILL_EVERY_MAX);
        let mut times = 0;
        match self {
            Self::Nothing => sleep_until(until).await,
            Self::WriterKilled => {
                while rest(every, until).await {
                    phase.kill_writer(times % 2).await?;
                    if times % 2 == 1 {
                        phase.follower.kill_and_restart().await?;
                    }
                    times += 1;
                }
            }
            Self::ServerKilled => {
                while rest(every, until).await || times < SERVER_KILLS_MIN {
                    kill_server(phase).await?;
                    times += 1;
                }
            }
            Self::WriterStopped => {
                let stopped = (duration * 2 / 5).min(STOPPED_MAX);
                while rest(stopped / 4, until).await {
                    let writer = &phase.writers[times % 2];
                    writer.signal(Signal::STOP)?;
                    sleep(stopped).await;
                    writer.signal(Signal::CONT)?;
                    times += 1;
                }
            }
            Self::ConnectionsDropped => {
                let mut connection = PgConnection::connect_with(&phase.database).await?;
                while rest(DROP_EVERY, until).await {
                    times += drop_connections(&mut connection).await?;
                }
            }
        }
        Ok(times)
    }
}

/// True while there is time for more.
async fn rest(pause: Duration, until: Instant) -> bool {
    sleep_until(until.min(Instant::now() + pause)).await;
    Instant::now() < until
}

async fn kill_server(phase: &Phase<'_>) -> Result<()> {
    let pid = i32::try_from(phase.cluster.postmaster_pid()?)?;
    let pid = Pid::from_raw(pid).context("the server has no process")?;
    kill_process(pid, Signal::KILL)?;
    phase.cluster.restart_if_dead().await?;
    Ok(())
}

/// Ends two sessions of the bank, whoever holds them.
async fn drop_connections(connection: &mut PgConnection) -> Result<usize> {
    let ended: i64 = sqlx::query_scalar(
        "select count(pg_terminate_backend(pid)) from \
           (select pid from pg_stat_activity \
             where datname = current_database() and pid <> pg_backend_pid() \
               and backend_type = 'client backend' \
             order by random() limit 2) as chosen",
    )
    .fetch_one(connection)
    .await?;
    Ok(usize::try_from(ended)?)
}
