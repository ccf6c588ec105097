//! Reading from the tables what judging needs and memory lacks.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use ledger::{Account, Currency, Name};
use sqlx::postgres::PgConnection;

use super::state::{Answer, Known, State, Tracked, Wanted};
use crate::append::Committed;

/// Reads what is wanted into the state; what is not there is known to be absent.
pub(super) async fn read(
    connection: &mut PgConnection,
    state: &mut State,
    wanted: Wanted,
) -> Result<(), sqlx::Error> {
    let position = state.head.position;
    if !wanted.accounts.is_empty() {
        read_balances(connection, state, &wanted).await?;
    }
    if !wanted.claims.is_empty() {
        read_claims(connection, state, &wanted).await?;
    }
    if !wanted.streams.is_empty() {
        read_streams(connection, state, &wanted).await?;
    }
    if !wanted.answers.is_empty() {
        read_answers(connection, state, &wanted).await?;
    }
    for key in wanted.accounts {
        state
            .balances
            .entry(key)
            .or_insert_with(|| Tracked::read(None, position));
    }
    for name in wanted.claims {
        state
            .claims
            .entry(name)
            .or_insert_with(|| Tracked::read(None, position));
    }
    for key in wanted.streams {
        state.streams.entry(key).or_insert(Known {
            value: 0,
            touched: position,
        });
    }
    for key in wanted.answers {
        state.answers.entry(key).or_insert(Known {
            value: None,
            touched: position,
        });
    }
    Ok(())
}

async fn read_claims(
    connection: &mut PgConnection,
    state: &mut State,
    wanted: &Wanted,
) -> Result<(), sqlx::Error> {
    let names: Vec<&str> = wanted.claims.iter().map(Name::as_str).collect();
    let rows: Vec<(String, String)> =
        sqlx::query_as("select name, holder from claims where name = any($1)")
            .bind(names)
            .fetch_all(connection)
            .await?;
    for (name, holder) in rows {
        let name = Name::parse(&name).map_err(decode)?;
        let row = Tracked::read(Some(holder.into()), state.head.position);
        state.claims.entry(name).or_insert(row);
    }
    Ok(())
}

async fn read_balances(
    connection: &mut PgConnection,
    state: &mut State,
    wanted: &Wanted,
) -> Result<(), sqlx::Error> {
    let accounts: Vec<&str> = wanted
        .accounts
        .iter()
        .map(|(account, _)| account.as_str())
        .collect();
    let rows: Vec<(String, String, i64)> =
        sqlx::query_as("select account, currency, minor from balances where account = any($1)")
            .bind(accounts)
            .fetch_all(connection)
            .await?;
    for (account, currency, minor) in rows {
        let account = Account::parse(&account).map_err(decode)?;
        let currency = Currency::from_str(&currency).map_err(decode)?;
        let position = state.head.position;
        // A balance that is known already may be ahead of the table.
        state
            .balances
            .entry((account, currency))
            .or_insert_with(|| Tracked::read(Some(minor), position));
    }
    Ok(())
}

async fn read_streams(
    connection: &mut PgConnection,
    state: &mut State,
    wanted: &Wanted,
) -> Result<(), sqlx::Error> {
    let (types, ids): (Vec<&str>, Vec<&str>) = wanted
        .streams
        .iter()
        .map(|(kind, id)| (&**kind, &**id))
        .unzip();
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "select w.aggregate_type, w.aggregate_id, \
                (select e.sequence from events e \
                  where e.aggregate_type = w.aggregate_type and e.aggregate_id = w.aggregate_id \
                  order by e.sequence desc limit 1) \
           from unnest($1::text[], $2::text[]) as w (aggregate_type, aggregate_id) \
          where exists (select from events e \
                  where e.aggregate_type = w.aggregate_type and e.aggregate_id = w.aggregate_id)",
    )
    .bind(types)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    for (kind, id, sequence) in rows {
        let key = (Arc::from(kind), Arc::from(id));
        let known = Known {
            value: sequence,
            touched: state.head.position,
        };
        state.streams.entry(key).or_insert(known);
    }
    Ok(())
}

type AnswerRow = (String, String, Vec<u8>, i64, i64, DateTime<Utc>);

async fn read_answers(
    connection: &mut PgConnection,
    state: &mut State,
    wanted: &Wanted,
) -> Result<(), sqlx::Error> {
    let (callers, keys): (Vec<&str>, Vec<&str>) = wanted
        .answers
        .iter()
        .map(|(caller, key)| (caller.as_str(), key.as_str()))
        .unzip();
    let rows: Vec<AnswerRow> = sqlx::query_as(
        "select a.caller, a.key, a.fingerprint, a.first_position, a.last_position, a.recorded_at \
           from unnest($1::text[], $2::text[]) as w (caller, key) \
           join answers a on a.caller = w.caller and a.key = w.key",
    )
    .bind(callers)
    .bind(keys)
    .fetch_all(connection)
    .await?;
    for (caller, key, fingerprint, first_position, position, recorded_at) in rows {
        let committed = Committed {
            first_position,
            position,
            recorded_at,
            repeated: true,
        };
        let answer = Answer {
            fingerprint,
            committed,
        };
        let known = Known {
            value: Some(answer),
            touched: state.head.position,
        };
        state.answers.entry((caller, key)).or_insert(known);
    }
    Ok(())
}

fn decode(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
