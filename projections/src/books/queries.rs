//! What can be asked of the books.

use chrono::{DateTime, Utc};
use ledger::{Account, AccountError, Currency, Money, UnknownCurrency};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgExecutor, PgPool, Row};

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub account: Account,
    pub position: i64,
    pub leg: i16,
    pub amount: Money,
    /// What the account held after this line.
    pub balance: Money,
    pub recorded_at: DateTime<Utc>,
    pub effective_at: DateTime<Utc>,
    pub event_type: String,
    pub aggregate_type: String,
    pub aggregate_id: String,
}

impl Line {
    /// From where the next page of the statement goes on.
    pub const fn cursor(&self) -> Cursor {
        Cursor {
            position: self.position,
            leg: self.leg,
        }
    }
}

/// A place in a statement; lines are shown from the one behind it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cursor {
    pub position: i64,
    pub leg: i16,
}

impl Cursor {
    /// Before the first line.
    pub const START: Self = Self {
        position: 0,
        leg: 0,
    };
}

fn decode_error<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

fn currency(row: &PgRow) -> Result<Currency, sqlx::Error> {
    let code: &str = row.try_get("currency")?;
    code.parse()
        .map_err(|error: UnknownCurrency| decode_error(error))
}

fn account(row: &PgRow) -> Result<Account, sqlx::Error> {
    let name: &str = row.try_get("account")?;
    name.parse()
        .map_err(|error: AccountError| decode_error(error))
}

impl FromRow<'_, PgRow> for Line {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency = currency(row)?;
        Ok(Self {
            account: account(row)?,
            position: row.try_get("position")?,
            leg: row.try_get("leg")?,
            amount: Money::from_minor(row.try_get("amount_minor")?, currency),
            balance: Money::from_minor(row.try_get("balance_minor")?, currency),
            recorded_at: row.try_get("recorded_at")?,
            effective_at: row.try_get("effective_at")?,
            event_type: row.try_get("event_type")?,
            aggregate_type: row.try_get("aggregate_type")?,
            aggregate_id: row.try_get("aggregate_id")?,
        })
    }
}

/// The lines of an account behind `after`, oldest first, in one currency or in all.
pub async fn statement(
    reader: impl PgExecutor<'_>,
    account: &Account,
    currency: Option<Currency>,
    after: Cursor,
    limit: i64,
) -> Result<Vec<Line>, sqlx::Error> {
    // One index scan per currency, each of which ends at the limit.
    let currencies: Vec<&str> = match currency {
        Some(currency) => vec![currency.code()],
        None => Currency::ALL.map(Currency::code).to_vec(),
    };
    sqlx::query_as(
        "select l.account, l.currency, l.position, l.leg, l.amount_minor, l.balance_minor, \
                l.recorded_at, l.effective_at, l.event_type, l.aggregate_type, l.aggregate_id \
           from unnest($2::text[]) as c (code) \
          cross join lateral \
                (select account, currency, position, leg, amount_minor, balance_minor, \
                        recorded_at, effective_at, event_type, aggregate_type, aggregate_id \
                   from read_books.lines \
                  where account = $1 and currency = c.code and (position, leg) > ($3, $4) \
                  order by position, leg limit $5) as l \
          order by l.position, l.leg limit $5",
    )
    .bind(account.as_str())
    .bind(currencies)
    .bind(after.position)
    .bind(after.leg)
    .bind(limit)
    .fetch_all(reader)
    .await
}

/// What an account holds and has turned over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BalanceRow {
    pub account: Account,
    pub balance: Money,
    /// What ever left the account; wider than money, for turnover has no bound.
    pub debits_minor: i128,
    /// What ever came to it.
    pub credits_minor: i128,
    /// Where the account last moved.
    pub position: i64,
}

impl FromRow<'_, PgRow> for BalanceRow {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let currency = currency(row)?;
        Ok(Self {
            account: account(row)?,
            balance: Money::from_minor(row.try_get("balance_minor")?, currency),
            debits_minor: wide(row.try_get("debits_minor")?)?,
            credits_minor: wide(row.try_get("credits_minor")?)?,
            position: row.try_get("position")?,
        })
    }
}

/// The balances of an account, one a currency.
pub async fn balances(
    reader: impl PgExecutor<'_>,
    account: &Account,
) -> Result<Vec<BalanceRow>, sqlx::Error> {
    sqlx::query_as(
        "select account, currency, balance_minor, debits_minor::text, credits_minor::text, position \
           from read_books.balances where account = $1 order by currency",
    )
    .bind(account.as_str())
    .fetch_all(reader)
    .await
}

/// The balances of several accounts, one an account and currency.
pub async fn balances_of(
    reader: impl PgExecutor<'_>,
    accounts: &[Account],
) -> Result<Vec<BalanceRow>, sqlx::Error> {
    let names: Vec<&str> = accounts.iter().map(Account::as_str).collect();
    sqlx::query_as(
        "select account, currency, balance_minor, debits_minor::text, credits_minor::text, position \
           from read_books.balances where account = any($1) order by account, currency",
    )
    .bind(names)
    .fetch_all(reader)
    .await
}

/// What the latest events before a position moved in these accounts, the latest first; as many
/// events as asked for, each with all its lines.
pub async fn latest_of(
    reader: impl PgExecutor<'_>,
    accounts: &[Account],
    before: i64,
    events: i64,
) -> Result<Vec<Line>, sqlx::Error> {
    // One index scan per account and currency, each of which ends at the limit; and as many again
    // over the same stretch: what moved in these accounts there is all of what was found.
    let names: Vec<&str> = accounts.iter().map(Account::as_str).collect();
    sqlx::query_as(
        "with found as materialized ( \
             select distinct p.position from unnest($1::text[]) as a (name) \
              cross join unnest($2::text[]) as c (code) \
              cross join lateral \
                    (select position from read_books.lines \
                      where account = a.name and currency = c.code and position < $3 \
                      order by position desc limit $4) as p \
              order by p.position desc limit $4) \
         select l.* from unnest($1::text[]) as a (name) \
          cross join unnest($2::text[]) as c (code) \
          cross join (select min(position) as position from found) as oldest \
          cross join lateral \
                (select account, currency, position, leg, amount_minor, balance_minor, \
                        recorded_at, effective_at, event_type, aggregate_type, aggregate_id \
                   from read_books.lines \
                  where account = a.name and currency = c.code \
                    and position < $3 and position >= oldest.position \
                  order by position desc offset 0) as l \
          order by l.position desc, l.leg",
    )
    .bind(names)
    .bind(Currency::ALL.map(Currency::code).to_vec())
    .bind(before)
    .bind(events)
    .fetch_all(reader)
    .await
}

/// What the accounts under one root hold in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialLine {
    pub currency: Currency,
    pub root: String,
    pub accounts: i64,
    pub balance_minor: i128,
    pub debits_minor: i128,
    pub credits_minor: i128,
}

/// All that is held, by currency and root, as the books stood at one position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialBalance {
    pub position: i64,
    pub lines: Vec<TrialLine>,
}

impl TrialBalance {
    pub fn total_minor(&self, currency: Currency) -> i128 {
        let of_currency = self.lines.iter().filter(|line| line.currency == currency);
        of_currency.map(|line| line.balance_minor).sum()
    }

    /// Whether every currency sums to zero and what left somewhere came somewhere.
    pub fn balances(&self) -> bool {
        Currency::ALL.into_iter().all(|currency| {
            let of_currency = || self.lines.iter().filter(|line| line.currency == currency);
            let debits: i128 = of_currency().map(|line| line.debits_minor).sum();
            let credits: i128 = of_currency().map(|line| line.credits_minor).sum();
            self.total_minor(currency) == 0 && debits == credits
        })
    }
}

type TrialRow = (
    i64,
    Option<String>,
    Option<String>,
    i64,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// The trial balance, per currency and root.
pub async fn trial_balance(pool: &PgPool) -> Result<TrialBalance, sqlx::Error> {
    // One statement, so that the sums and the position are of one moment. A sum may be wider than
    // any of its parts, so it travels as text.
    let rows: Vec<TrialRow> = sqlx::query_as(
        "select c.position, t.currency, t.root, coalesce(t.accounts, 0), t.balance, t.debits, \
                t.credits \
           from projection_checkpoints c \
           left join (select currency, split_part(account, '/', 1) as root, \
                             count(*) as accounts, sum(balance_minor)::text as balance, \
                             sum(debits_minor)::text as debits, \
                             sum(credits_minor)::text as credits \
                        from read_books.balances group by 1, 2) as t on true \
          where c.name = 'books' order by t.currency, t.root",
    )
    .fetch_all(pool)
    .await?;
    let mut trial = TrialBalance {
        position: 0,
        lines: Vec::new(),
    };
    for (position, code, root, accounts, balance, debits, credits) in rows {
        trial.position = position;
        let Some((code, root)) = code.zip(root) else {
            continue;
        };
        trial.lines.push(TrialLine {
            currency: code
                .parse()
                .map_err(|error: UnknownCurrency| decode_error(error))?,
            root,
            accounts,
            balance_minor: wide(balance)?,
            debits_minor: wide(debits)?,
            credits_minor: wide(credits)?,
        });
    }
    Ok(trial)
}

fn wide(text: Option<String>) -> Result<i128, sqlx::Error> {
    text.unwrap_or_default().parse().map_err(decode_error)
}

/// What an account held after the event at this position, and every one before it.
pub async fn balance_at(
    reader: impl PgExecutor<'_>,
    account: &Account,
    currency: Currency,
    position: i64,
) -> Result<Money, sqlx::Error> {
    let minor: Option<i64> = sqlx::query_scalar(
        "select balance_minor from read_books.lines \
          where account = $1 and currency = $2 and position <= $3 \
          order by position desc, leg desc limit 1",
    )
    .bind(account.as_str())
    .bind(currency.code())
    .bind(position)
    .fetch_optional(reader)
    .await?;
    Ok(Money::from_minor(minor.unwrap_or(0), currency))
}

/// A moment on both axes of time: what was known by then, and of that, what counted by then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// Only what was recorded until then.
    pub recorded_until: Option<DateTime<Utc>>,
    /// Only what is effective until then.
    pub effective_until: Option<DateTime<Utc>>,
}

impl AsOf {
    pub const fn recorded(until: DateTime<Utc>) -> Self {
        Self {
            recorded_until: Some(until),
            effective_until: None,
        }
    }

    pub const fn effective(until: DateTime<Utc>) -> Self {
        Self {
            recorded_until: None,
            effective_until: Some(until),
        }
    }
}

/// What an account held at a moment.
pub async fn balance_as_of(
    reader: impl PgExecutor<'_>,
    account: &Account,
    currency: Currency,
    as_of: AsOf,
) -> Result<Money, sqlx::Error> {
    let minor: i64 = sqlx::query_scalar(
        "select coalesce(sum(amount_minor), 0)::bigint from read_books.lines \
          where account = $1 and currency = $2 \
            and ($3::timestamptz is null or recorded_at <= $3) \
            and ($4::timestamptz is null or effective_at <= $4)",
    )
    .bind(account.as_str())
    .bind(currency.code())
    .bind(as_of.recorded_until)
    .bind(as_of.effective_until)
    .fetch_one(reader)
    .await?;
    Ok(Money::from_minor(minor, currency))
}
