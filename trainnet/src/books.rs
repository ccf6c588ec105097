//! Shows the books to a person: statements and the trial balance, as the projection has them.

use std::io::Write;

use anyhow::ensure;
use ledger::{Account, Money};
use projections::books::{self, Cursor, TrialLine};
use sqlx::PgPool;

/// As many lines as a person reads.
const LINES_MAX: i64 = 40;

/// One account, line by line, with its running balance.
pub async fn statement(
    output: &mut (dyn Write + Send),
    pool: &PgPool,
    account: &Account,
) -> anyhow::Result<()> {
    let lines = books::statement(pool, account, None, Cursor::START, LINES_MAX).await?;
    writeln!(output, "\nStatement of {account}")?;
    for line in lines {
        let sign = if line.amount.is_positive() { "+" } else { "" };
        writeln!(
            output,
            "  {:>7}  {:>16}  {:>16}  {}",
            line.position,
            format!("{sign}{}", line.amount.amount()),
            line.balance.to_string(),
            line.event_type,
        )?;
    }
    Ok(())
}

/// Everything that is held, which comes to nothing.
pub async fn trial_balance(output: &mut (dyn Write + Send), pool: &PgPool) -> anyhow::Result<()> {
    let trial = books::trial_balance(pool).await?;
    writeln!(output, "\nTrial balance at position {}", trial.position)?;
    for TrialLine {
        currency,
        root,
        accounts,
        balance_minor,
        ..
    } in &trial.lines
    {
        let balance = Money::from_minor(i64::try_from(*balance_minor)?, *currency);
        let noun = if *accounts == 1 {
            "account"
        } else {
            "accounts"
        };
        writeln!(
            output,
            "  {root:<8}  {accounts:>2} {noun:<8}  {:>18}",
            balance.to_string()
        )?;
    }
    ensure!(trial.balances(), "the books do not sum to zero");
    writeln!(output, "  together  every currency sums to 0.00")?;
    Ok(())
}
