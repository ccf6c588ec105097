//! What is stored beside the log, read to be compared with it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use sqlx::postgres::PgPoolCopyExt;
use sqlx::{Executor, PgConnection};

use super::Check;
use super::fold::Fold;
use crate::chain::Hash;
use crate::copy::Row;
use crate::feed::ReadError;
use crate::log::{Head, Log};

/// A stored entry, or one that should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub position: i64,
    pub leg: i16,
    pub account: String,
    pub currency: String,
    pub amount_minor: i64,
    pub balance_minor: i64,
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            position,
            leg,
            account,
            currency,
            amount_minor,
            balance_minor,
        } = self;
        write!(
            f,
            "{position}/{leg} {account} {amount_minor} {currency} to {balance_minor}"
        )
    }
}

pub(super) async fn entries(log: &Log, after: i64, until: i64) -> Result<Vec<Entry>, ReadError> {
    let statement = format!(
        "copy (select position, leg, account, currency, amount_minor, balance_minor from entries \
         where position > {after} and position <= {until} order by position, leg) \
         to stdout (format binary)"
    );
    let mut stored = Vec::new();
    let mut rows = log.pool().copy_out_raw(&statement).await?;
    while let Some(chunk) = rows.try_next().await? {
        let Some(mut row) = Row::begin(&chunk, 6)? else {
            continue;
        };
        stored.push(Entry {
            position: row.int8()?,
            leg: row.int2()?,
            account: row.text()?.to_owned(),
            currency: row.text()?.to_owned(),
            amount_minor: row.int8()?,
            balance_minor: row.int8()?,
        });
    }
    Ok(stored)
}

type BalanceRow = (String, String, i64, Option<i64>);
type AnswerRow = (String, String, i64, i64);

/// The live tables and the head, as one snapshot shows them.
pub(super) struct Live {
    pub head: Head,
    balances: Vec<BalanceRow>,
    claims: HashMap<String, String>,
    answers: HashMap<(String, String), (i64, i64)>,
    /// Rows of tables that the log should know and does not.
    beyond: Vec<i64>,
}

impl Live {
    pub(super) async fn read(log: &Log) -> Result<Self, ReadError> {
        let mut connection = log.pool().acquire().await?;
        connection
            .execute("begin isolation level repeatable read read only")
            .await?;
        let live = Self::read_in_tx(&mut connection).await;
        connection.execute("rollback").await?;
        live
    }

    async fn read_in_tx(connection: &mut PgConnection) -> Result<Self, ReadError> {
        let (position, epoch, hash, recorded_at): (i64, i64, Vec<u8>, DateTime<Utc>) =
            sqlx::query_as("select position, epoch, hash, recorded_at from log_head")
                .fetch_one(&mut *connection)
                .await?;
        let hash = Hash::from_slice(&hash).unwrap_or(Hash([0; 32]));
        let balances: Vec<BalanceRow> =
            sqlx::query_as("select account, currency, minor, floor_minor from balances")
                .fetch_all(&mut *connection)
                .await?;
        let claims: Vec<(String, String)> = sqlx::query_as("select name, holder from claims")
            .fetch_all(&mut *connection)
            .await?;
        let answers: Vec<AnswerRow> =
            sqlx::query_as("select caller, key, first_position, last_position from answers")
                .fetch_all(&mut *connection)
                .await?;
        let beyond: Vec<i64> = sqlx::query_scalar(
            "(select position from events where position > $1 or position < 1 limit 10) union all \
             (select position from entries where position > $1 or position < 1 limit 10)",
        )
        .bind(position)
        .fetch_all(connection)
        .await?;
        Ok(Self {
            head: Head {
                position,
                epoch,
                hash,
                recorded_at,
            },
            balances,
            claims: claims.into_iter().collect(),
            answers: answers
                .into_iter()
                .map(|(caller, key, first, last)| ((caller, key), (first, last)))
                .collect(),
            beyond,
        })
    }

    pub(super) fn compare(&self, fold: &mut Fold<'_>) {
        // An answer without an event moves the head's time and nothing else.
        if self.head.hash != fold.hash || self.head.recorded_at < fold.recorded_at {
            let detail = "the head does not name the last event".to_owned();
            fold.found(Some(self.head.position), Check::Head, detail);
        }
        for position in &self.beyond {
            let detail = "it stands outside the log's positions".to_owned();
            fold.found(Some(*position), Check::Gap, detail);
        }
        self.compare_balances(fold);
        self.compare_claims(fold);
        self.compare_answers(fold);
    }

    fn compare_balances(&self, fold: &mut Fold<'_>) {
        let mut expected: HashMap<(String, String), (i64, Option<i64>)> = fold
            .balances
            .iter()
            .map(|((account, currency), minor)| {
                let key = (account.to_string(), currency.code().to_owned());
                (key, (*minor, account.floor()))
            })
            .collect();
        for (account, currency, minor, floor) in &self.balances {
            let wanted = expected.remove(&(account.clone(), currency.clone()));
            if wanted != Some((*minor, *floor)) {
                let wanted =
                    wanted.map_or_else(|| "no row".to_owned(), |(want, _)| want.to_string());
                let detail =
                    format!("{account} has {minor} {currency} minor units, the log says {wanted}");
                fold.found(None, Check::Balances, detail);
            }
        }
        for ((account, currency), (minor, _)) in expected {
            let detail =
                format!("{account} has no row, the log says {minor} {currency} minor units");
            fold.found(None, Check::Balances, detail);
        }
    }

    fn compare_claims(&self, fold: &mut Fold<'_>) {
        let names = self.claims.keys().chain(fold.claims.keys());
        let names: std::collections::BTreeSet<String> = names.cloned().collect();
        for name in names {
            let (live, folded) = (self.claims.get(&name), fold.claims.get(&name));
            if live != folded {
                let text = |holder: Option<&String>| {
                    holder.map_or_else(|| "nobody".to_owned(), Clone::clone)
                };
                let detail = format!(
                    "{name} is held by {}, the log says {}",
                    text(live),
                    text(folded)
                );
                fold.found(None, Check::Claims, detail);
            }
        }
    }

    /// Every event that was recorded under a key can be found by it.
    fn compare_answers(&self, fold: &mut Fold<'_>) {
        let wrong: Vec<(i64, String)> = fold
            .answers
            .iter()
            .filter(|(key, positions)| self.answers.get(*key) != Some(positions))
            .map(|((caller, key), (first, _))| {
                (
                    *first,
                    format!("the answer to {caller} under the key {key} is not as recorded"),
                )
            })
            .collect();
        for (position, detail) in wrong {
            fold.found(Some(position), Check::Answers, detail);
        }
    }
}
