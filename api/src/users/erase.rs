//! A person is forgotten, once nothing of theirs is under way and nothing is lost unawares.

use axum::Extension;
use ledger::{Account, WalletLeaf};
use projections::books::{self, BalanceRow, Books};
use projections::{Projection as _, tenants};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use domain::users::{EndedBecause, UserCommand};

use super::Users;
use super::caller::Signed;
use super::changed::Changed;
use super::passwords::Password;
use super::problems::{MONEY_LEFT, MONEY_MOVING, ORDERS_OPEN, SECOND_FACTOR_REQUIRED, of_user};
use super::sealed;
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::body::Body;
use crate::position::Position;
use crate::problem::ApiError;
use crate::refused::refused;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(erase))
}

/// Who it is, once more
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Goodbye {
    password: Password,
    /// Where a second factor is on
    #[schema(max_length = 32)]
    code: Option<String>,
    /// Whether what is in the wallet may be lost: nobody can claim it afterwards
    #[serde(default)]
    give_up_balance: bool,
}

/// Erase me
///
/// The log keeps what happened under an identity that nobody can be found by any more; everything
/// that is known about the person is gone at once, and from backups when their keys are changed.
/// Orders that hold money have to be cancelled first, and money in the wallet is given up only if
/// that is said.
#[utoipa::path(delete, path = "/v1/me", tag = "users", operation_id = "erase_me",
    security(("bearer" = [])), request_body = Goodbye,
    responses((status = 204, description = "Nothing is known about you any more")))]
async fn erase(
    api: Api,
    asked: Asked,
    caller: Signed,
    users: Extension<Users>,
    body: Body<Goodbye>,
) -> Result<Changed, ApiError> {
    let Goodbye {
        password,
        code,
        give_up_balance,
    } = body.value;
    let person = users.prove(&caller, &password, "password").await?;
    let left = left(&api, &caller).await?;
    judge(&left, give_up_balance)?;
    if person.second_factor.is_on() {
        let code = code.ok_or_else(|| ApiError::new(&SECOND_FACTOR_REQUIRED).field("code"))?;
        users.second_factor(&asked, &person, &code).await?;
    }
    let subject = caller.actor();
    let command = UserCommand::Erase { at: users.now() };
    let context = asked.context(&subject, b"").without_key();
    let erased = users.commands().execute(&subject, command, &context).await;
    let erased = erased.map_err(|refusal| refused(refusal, of_user))?;
    users.vault().erase(&subject).await.map_err(sealed)?;
    users.attempts().forget(caller.user()).await?;
    users.withdraw_examination(&asked, caller.user()).await?;
    users
        .end_sessions(&api, &asked, caller.user(), EndedBecause::Erased, None)
        .await?;
    Ok(Changed(Position(erased.position)))
}

/// What the books say of them now, whatever they have seen of it themselves.
async fn left(api: &Api, caller: &Signed) -> Result<Vec<BalanceRow>, ApiError> {
    let head = api.log().head().await?.position;
    api.reach(Books::NAME, head).await?;
    let accounts = Account::all_of(&caller.actor()).map_err(ApiError::internal)?;
    let mut tenant = tenants::as_tenant(api.pool(), caller.user()).await?;
    Ok(books::balances_of(&mut *tenant, &accounts).await?)
}

fn judge(left: &[BalanceRow], give_up_balance: bool) -> Result<(), ApiError> {
    let amounts = |leaf: WalletLeaf| amounts(left, |account| account.leaf() == Some(leaf));
    if let Some(held) = amounts(WalletLeaf::Held) {
        let detail = format!("{held} is promised to orders of yours; cancel them first.");
        return Err(ApiError::new(&ORDERS_OPEN).detail(detail));
    }
    let is_moving = |account: &Account| {
        let leaf = account.leaf();
        leaf.is_none_or(|leaf| matches!(leaf, WalletLeaf::Withdrawing | WalletLeaf::Disputed))
    };
    if let Some(moving) = self::amounts(left, is_moving) {
        let detail = format!("{moving} is on its way, disputed or owed; wait until it is settled.");
        return Err(ApiError::new(&MONEY_MOVING).detail(detail));
    }
    if give_up_balance {
        return Ok(());
    }
    match self::amounts(left, |_| true) {
        None => Ok(()),
        Some(rest) => Err(ApiError::new(&MONEY_LEFT)
            .detail(format!(
                "{rest} is in your wallet and would be lost. Have it refunded, or send true."
            ))
            .field("give_up_balance")),
    }
}

/// What lies in some of the accounts, as words, if there is anything.
fn amounts(left: &[BalanceRow], which: impl Fn(&Account) -> bool) -> Option<String> {
    let some = left
        .iter()
        .filter(|row| !row.balance.is_zero() && which(&row.account));
    let said: Vec<String> = some.map(|row| row.balance.to_string()).collect();
    (!said.is_empty()).then(|| said.join(" and "))
}
