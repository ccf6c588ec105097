//! Gives money of a payment back to the card that paid it, out of what the payer has not spent.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use domain::payments::{PaymentCommand, PaymentId, RefundId, Stage};
use domain::users::Scope;
use serde::{Deserialize, Serialize};
use store::ids;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Payments;
use super::problems::of_payment;
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::money::Amount;
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(give_back))
}

/// How much to give back
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GiveBack {
    /// All that is left of the payment, where nothing is said
    amount: Option<Amount>,
}

/// A refund on its way
#[derive(Debug, Serialize, ToSchema)]
struct GivenBack {
    #[schema(value_type = String, example = "refund_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    refund: RefundId,
    amount: Amount,
}

/// A payment of whoever asks, who may give it back. What is another's is not there, whatever is
/// asked of it.
struct Theirs {
    caller: Caller,
    payment: PaymentId,
    payments: Payments,
}

impl<S: Send + Sync> FromRequestParts<S> for Theirs {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.insist(Scope::PaymentsWrite)?;
        let payments = parts.extensions.get::<Payments>().cloned();
        let payments = payments.ok_or_else(|| ApiError::internal("there are no payments here"))?;
        let Path(named) = Path::<String>::from_request_parts(parts, state).await?;
        let nothing = || ApiError::new(&kinds::NOT_FOUND);
        let payment: PaymentId = named.parse().map_err(|_| nothing())?;
        let known = payments.look(payment).await?;
        let payer = known.terms().map(|terms| terms.requested.payer);
        if payer != Some(caller.user()) {
            return Err(nothing());
        }
        Ok(Self {
            caller,
            payment,
            payments,
        })
    }
}

/// Give a payment back to its card
///
/// Only what you have available can be given back, and in all no more than the payment. The money
/// leaves your wallet at once; if the card cannot be credited, it comes back.
#[utoipa::path(post, path = "/v1/payments/{payment}/refund", tag = "payments",
    operation_id = "refund_payment", security(("bearer" = [])),
    params(("payment" = String, Path, description = "Which payment")), request_body = GiveBack,
    responses((status = 201, description = "The refund", body = GivenBack)))]
async fn give_back(
    asked: Asked,
    Theirs {
        caller,
        payment: id,
        payments,
    }: Theirs,
    body: Body<GiveBack>,
) -> Result<(StatusCode, Position, Json<GivenBack>), ApiError> {
    let actor = caller.actor();
    // A key may have opened the payment, too; what it leads to here is another thing.
    let refund = ids::derived("refund", &asked.id(&actor).to_string());
    let refund = RefundId::new(refund);
    let command = PaymentCommand::RequestRefund {
        refund,
        amount: body.value.amount.map(|Amount(amount)| amount),
        by: caller.user(),
        at: payments.commands().log().clock().now(),
    };
    let context = asked.context(&actor, &body.bytes);
    let stream = id.to_string();
    let done = payments.commands().execute(&stream, command, &context);
    let done = done.await.map_err(|refusal| refused(refusal, of_payment))?;
    let state = payments.look(id).await?;
    let amount = match state.stage() {
        Some(Stage::Paid { refunds, .. }) => refunds.get(&refund).map(|refund| refund.amount),
        _ => None,
    };
    let amount = amount.ok_or_else(|| ApiError::internal("a refund is not where it was put"))?;
    let shown = GivenBack {
        refund,
        amount: Amount(amount),
    };
    Ok((StatusCode::CREATED, Position(done.position), Json(shown)))
}
