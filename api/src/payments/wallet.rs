//! What is in a wallet: every balance of whoever asks, currency by currency.

use axum::Json;
use domain::users::Scope;
use ledger::{Account, Currency, Money};
use projections::books::{self, BalanceRow, Books};
use projections::tenants;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::api::{Api, Routes};
use crate::money::Amount;
use crate::position::Reached;
use crate::problem::ApiError;
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(wallet))
}

/// Your money, by currency
#[derive(Serialize, ToSchema)]
struct Wallet {
    balances: Vec<Balances>,
}

/// What you have in one currency
#[derive(Serialize, ToSchema)]
struct Balances {
    #[schema(example = "USD")]
    currency: &'static str,
    /// Can be spent or withdrawn
    available: Amount,
    /// Promised to running orders
    held: Amount,
    /// Earned and maturing
    pending: Amount,
    /// On its way to you
    withdrawing: Amount,
    /// Frozen because a payment is disputed
    disputed: Amount,
    /// What you owe after a lost dispute
    owed: Amount,
}

/// Your wallet
#[utoipa::path(get, path = "/v1/wallet", tag = "payments", operation_id = "wallet",
    security(("bearer" = [])), responses((status = 200, description = "What is in it",
        body = Wallet)))]
async fn wallet(api: Api, caller: Caller, _: Reached<Books>) -> Result<Json<Wallet>, ApiError> {
    caller.insist(Scope::Read)?;
    let accounts = Account::all_of(&caller.actor()).map_err(ApiError::internal)?;
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let found = books::balances_of(&mut *tenant, &accounts).await?;
    drop(tenant);
    let in_use = Currency::ALL.into_iter().filter(|currency| {
        let is_there = |row: &BalanceRow| row.balance.currency() == *currency;
        *currency == Currency::Usd || found.iter().any(is_there)
    });
    let balances = in_use.map(|currency| of_currency(&found, currency));
    Ok(Json(Wallet {
        balances: balances.collect::<Result<_, _>>()?,
    }))
}

fn of_currency(found: &[BalanceRow], currency: Currency) -> Result<Balances, ApiError> {
    let of = |leaf: &str| {
        let is_it = |row: &&BalanceRow| {
            row.balance.currency() == currency && row.account.as_str().ends_with(leaf)
        };
        let row = found.iter().find(is_it);
        row.map_or(Money::zero(currency), |row| row.balance)
    };
    let is_debt = |row: &&BalanceRow| {
        row.balance.currency() == currency && row.account.as_str().starts_with("receivable/")
    };
    let debt = found
        .iter()
        .find(is_debt)
        .map(|row| row.balance.checked_neg());
    let owed = debt.transpose().map_err(ApiError::internal)?;
    Ok(Balances {
        currency: currency.code(),
        available: Amount(of("/available")),
        held: Amount(of("/held")),
        pending: Amount(of("/pending")),
        withdrawing: Amount(of("/withdrawing")),
        disputed: Amount(of("/disputed")),
        owed: Amount(owed.unwrap_or_else(|| Money::zero(currency))),
    })
}
