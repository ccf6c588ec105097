//! A build that can be wrong on purpose, in the way that the environment names: without floors, or
//! with balances that are read before the transaction that writes them.

use std::sync::OnceLock;

use sqlx::PgConnection;

use super::batch::Balances;
use crate::arrays::{Array, Element};

const VARIABLE: &str = "WRONG_ON_PURPOSE";

fn is(wrong: &str) -> bool {
    static NAMED: OnceLock<Option<String>> = OnceLock::new();
    NAMED
        .get_or_init(|| std::env::var(VARIABLE).ok())
        .as_deref()
        == Some(wrong)
}

pub(super) fn has_no_floor() -> bool {
    is("no-floor")
}

/// Whether balances are believed to be what they once were.
pub(super) fn remembers() -> bool {
    is("read-modify-write")
}

/// Pretends that every row still is what it was when it was read.
pub(super) async fn as_if_nothing_had_changed(
    connection: &mut PgConnection,
    balances: &Balances,
) -> Result<Balances, sqlx::Error> {
    if !remembers() {
        return Ok(balances.clone());
    }
    let now: Vec<i64> = sqlx::query_scalar(
        "select b.minor from unnest($1, $2) with ordinality as n (account, currency, number) \
           join balances b on b.account = n.account and b.currency = n.currency \
          order by n.number",
    )
    .bind(&balances.changed_accounts)
    .bind(&balances.changed_currencies)
    .fetch_all(connection)
    .await?;
    let mut changed_from = Array::of(Element::Int8);
    now.into_iter()
        .for_each(|minor| changed_from.push_i64(minor));
    Ok(Balances {
        changed_from,
        ..balances.clone()
    })
}
