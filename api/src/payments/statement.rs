//! What moved in a wallet, event by event, each of which anybody may have explained.

use std::collections::HashMap;

use axum::Json;
use domain::users::Scope;
use ledger::Account;
use projections::books::{self, Books, Line};
use projections::tenants;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::api::{Api, Routes};
use crate::money::Amount;
use crate::page::{self, Page};
use crate::parameters::Query;
use crate::position::Reached;
use crate::problem::{ApiError, kinds};
use crate::users::{Caller, rfc3339};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(statement))
}

/// Which page of it
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// What the page before gave as `next`
    #[param(pattern = "^[1-9][0-9]{0,17}$")]
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// Only what moved in this one: `available`, `held`, `pending`, `withdrawing`, `disputed` or
    /// `owed`
    #[param(pattern = "^(available|held|pending|withdrawing|disputed|owed)$")]
    account: Option<String>,
}

/// An event, and what it moved of yours
#[derive(Debug, Serialize, ToSchema)]
struct StatementLine {
    /// Where it stands in the log
    #[schema(minimum = 1)]
    position: i64,
    /// Its own name, the same for ever
    #[schema(example = "01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    event: String,
    #[schema(example = "payment.paid")]
    #[serde(rename = "type")]
    kind: String,
    /// What it happened to
    #[schema(example = "payment_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    subject: String,
    recorded_at: String,
    movements: Vec<Movement>,
}

/// What one of your accounts gained or lost
#[derive(Debug, Serialize, ToSchema)]
struct Movement {
    /// `available`, `held`, `pending`, `withdrawing`, `disputed`, or `owed` for a debt
    #[schema(example = "available")]
    account: String,
    amount: Amount,
    /// What it held after this
    balance: Amount,
}

/// The statement of your wallet, the latest first
#[utoipa::path(get, path = "/v1/wallet/statement", tag = "payments",
    operation_id = "wallet_statement", security(("bearer" = [])), params(Which),
    responses((status = 200, description = "A page of events", body = Page<StatementLine>)))]
async fn statement(
    api: Api,
    caller: Caller,
    Query(which): Query<Which>,
    _: Reached<Books>,
) -> Result<Json<Page<StatementLine>>, ApiError> {
    caller.insist(Scope::Read)?;
    let limit = page::limit(which.limit)?;
    let before = page::place(which.cursor.as_deref())?.unwrap_or(i64::MAX);
    let mut accounts = Account::all_of(&caller.actor()).map_err(ApiError::internal)?;
    if let Some(wanted) = &which.account {
        accounts.retain(|account| called(account) == wanted);
        if accounts.is_empty() {
            return Err(ApiError::new(&kinds::PARAMETER_INVALID)
                .detail("Name one of the accounts of a wallet.")
                .field("account"));
        }
    }
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    let lines = books::latest_of(&mut *tenant, &accounts, before, limit + 1).await?;
    drop(tenant);
    let found = by_event(lines);
    // The read tables know where an event stands; what it is called, the log does.
    let positions: Vec<i64> = found.iter().map(|line| line.position).collect();
    let events = api.log().events_at(&positions).await?;
    let identities: HashMap<i64, String> = events
        .into_iter()
        .map(|event| (event.position, event.event_id.to_string()))
        .collect();
    let named = |mut line: StatementLine| {
        line.event = identities.get(&line.position).cloned().unwrap_or_default();
        line
    };
    Ok(Json(Page::of(found, limit, |line| line.position, named)))
}

/// What its owner calls an account.
fn called(account: &Account) -> &str {
    let name = account.as_str();
    if name.starts_with("receivable/") {
        "owed"
    } else {
        name.rsplit('/').next().unwrap_or_default()
    }
}

/// The lines of an event stand together.
fn by_event(lines: Vec<Line>) -> Vec<StatementLine> {
    let mut found: Vec<StatementLine> = Vec::new();
    for line in lines {
        let movement = Movement {
            account: called(&line.account).to_owned(),
            amount: Amount(line.amount),
            balance: Amount(line.balance),
        };
        match found.last_mut() {
            Some(last) if last.position == line.position => last.movements.push(movement),
            _ => found.push(StatementLine {
                position: line.position,
                event: String::new(),
                kind: line.event_type,
                subject: line.aggregate_id,
                recorded_at: rfc3339(line.recorded_at),
                movements: vec![movement],
            }),
        }
    }
    found
}
