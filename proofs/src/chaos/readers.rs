//! Readers who look at the bank while it is disturbed, and remember what they saw.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::PgPool;
use store::{Columns, EventRef, Log, ReadError, Unreadable, decode};

use super::PAUSE;
use super::bank::{ACCOUNTS, Balances, Bank, complaint};
use crate::transfer::TransferEvent;

/// Who looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Live,
    Books,
}

/// Balances that stood together, and the position at which they say they stood.
#[derive(Clone, Debug)]
pub struct Observation {
    pub source: Source,
    pub position: i64,
    pub balances: Balances,
}

/// What one reader saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub observations: Vec<Observation>,
    pub log_reads: u64,
    pub violations: Vec<String>,
}

impl Seen {
    pub fn of(&self, source: Source) -> usize {
        self.observations
            .iter()
            .filter(|seen| seen.source == source)
            .count()
    }

    pub fn merge(&mut self, other: Self) {
        self.observations.extend(other.observations);
        self.log_reads += other.log_reads;
        self.violations.extend(other.violations);
    }
}

impl Source {
    /// One statement sees one moment.
    const fn statement(self) -> &'static str {
        match self {
            Self::Live => {
                "select b.account, b.minor, h.position \
                   from balances b cross join log_head h where b.account like 'wallet/bank%'"
            }
            Self::Books => {
                "select b.account, b.balance_minor, c.position \
                   from read_books.balances b cross join projection_checkpoints c \
                  where b.account like 'wallet/bank%' and c.name = 'books'"
            }
        }
    }

    /// What stands there now, or what is wrong with it.
    pub async fn look(
        self,
        pool: &PgPool,
        bank: &Bank,
    ) -> Result<Result<Observation, String>, sqlx::Error> {
        let rows: Vec<(String, i64, i64)> =
            sqlx::query_as(self.statement()).fetch_all(pool).await?;
        Ok(self.observe(bank, &rows))
    }

    fn observe(self, bank: &Bank, rows: &[(String, i64, i64)]) -> Result<Observation, String> {
        if rows.len() != ACCOUNTS {
            return Err(format!("{self:?}: there are {} accounts", rows.len()));
        }
        let mut balances = [0; ACCOUNTS];
        let mut position = 0;
        for (account, minor, at) in rows {
            let number = bank
                .number(account)
                .ok_or_else(|| format!("{self:?}: {account}?"))?;
            balances[number] = *minor;
            position = *at;
        }
        match complaint(&balances) {
            Some(text) => Err(format!("{self:?} at {position}: {text}")),
            None => Ok(Observation {
                source: self,
                position,
                balances,
            }),
        }
    }
}

/// Looks at balances again and again; time must not run backwards.
pub async fn read_balances(
    pool: PgPool,
    bank: Arc<Bank>,
    source: Source,
    over: Arc<AtomicBool>,
) -> Seen {
    let mut seen = Seen::default();
    let mut reached = 0;
    while !over.load(Ordering::Relaxed) {
        match source.look(&pool, &bank).await {
            Ok(Ok(observation)) => {
                if observation.position < reached {
                    let text =
                        format!("{source:?} went from {reached} to {}", observation.position);
                    seen.violations.push(text);
                }
                reached = observation.position;
                seen.observations.push(observation);
            }
            Ok(Err(violation)) => seen.violations.push(violation),
            // The database may be gone; that is what this is about.
            Err(error) => tracing::debug!(%error, "a reader was disturbed"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    seen
}

#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Folds the log as it grows; every prefix must be a bank.
pub async fn read_log(log: Log, bank: Arc<Bank>, funded: i64, over: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    let mut prefix = Prefix {
        balances: [0; ACCOUNTS],
        reached: 0,
        funded,
    };
    while !over.load(Ordering::Relaxed) {
        let before = prefix.reached;
        match read_once(&log, &bank, &mut prefix, &mut seen.violations).await {
            Ok(()) => seen.log_reads += u64::from(prefix.reached > before),
            Err(Stopped::Read(ReadError::Database(error))) => {
                tracing::debug!(%error, "a reader was disturbed");
            }
            Err(error) => {
                seen.violations.push(format!("the log: {error}"));
                break;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    seen
}

struct Prefix {
    balances: Balances,
    reached: i64,
    funded: i64,
}

async fn read_once(
    log: &Log,
    bank: &Bank,
    prefix: &mut Prefix,
    violations: &mut Vec<String>,
) -> Result<(), Stopped> {
    let head = log.head().await.map_err(ReadError::from)?.position;
    if head <= prefix.reached {
        return Ok(());
    }
    let (after, columns) = (prefix.reached, Columns::Fold);
    log.scan(after, head, columns, |event: EventRef<'_>| {
        bank.apply(&mut prefix.balances, &decode::<TransferEvent>(&event, &[])?);
        prefix.reached = event.position;
        if prefix.reached >= prefix.funded
            && let Some(text) = complaint(&prefix.balances)
        {
            violations.push(format!("the log up to {}: {text}", prefix.reached));
        }
        Ok::<_, Stopped>(ControlFlow::Continue(()))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(minors: Balances) -> Vec<(String, i64, i64)> {
        let row =
            |(number, minor): (usize, i64)| (format!("wallet/bank_{number}/available"), minor, 12);
        minors.into_iter().enumerate().map(row).collect()
    }

    #[test]
    fn a_look_that_is_not_a_bank_is_a_violation() {
        let bank = Bank::try_new().unwrap();
        let right = rows([13, 13, 13, 13, 12, 12, 12, 12]);
        assert_eq!(Source::Live.observe(&bank, &right).unwrap().position, 12);
        assert!(Source::Live.observe(&bank, &right[1..]).is_err());
        assert!(
            Source::Live
                .observe(&bank, &rows([13, 13, 13, 13, 12, 12, 12, 13]))
                .is_err()
        );
        assert!(
            Source::Books
                .observe(&bank, &rows([113, -87, 13, 13, 12, 12, 12, 12]))
                .is_err()
        );
    }
}
