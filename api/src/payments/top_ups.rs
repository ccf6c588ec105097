//! Puts money into a wallet: asks for a payment and says where to pay it.

use axum::http::StatusCode;
use axum::{Extension, Json};
use domain::payments::PaymentId;
use domain::users::Scope;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Opened, Payments};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::money::Amount;
use crate::position::Position;
use crate::problem::ApiError;
use crate::users::Caller;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(top_up))
}

/// How much to put into the wallet
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TopUp {
    /// Whole cents from 0.50 USD on
    amount: Amount,
}

/// A payment, and where to pay it
#[derive(Debug, Serialize, ToSchema)]
struct TopUpOpened {
    #[schema(value_type = String, example = "payment_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    payment: PaymentId,
    /// Null while the processor takes its time, and when the payment is over; `/v1/payments` tells
    checkout_url: Option<String>,
}

/// Top up your wallet by card
///
/// The wallet is credited when the money has come, not before. Under the same Idempotency-Key it is
/// the same payment.
#[utoipa::path(post, path = "/v1/wallet/top-ups", tag = "payments", operation_id = "top_up",
    security(("bearer" = [])), request_body = TopUp,
    responses((status = 201, description = "The payment", body = TopUpOpened,
        links(("payment" = (operation_id = "show_payment",
            parameters(("payment" = "$response.body#/payment"))))))))]
async fn top_up(
    asked: Asked,
    caller: Caller,
    payments: Extension<Payments>,
    body: Body<TopUp>,
) -> Result<(StatusCode, Position, Json<TopUpOpened>), ApiError> {
    caller.insist(Scope::PaymentsWrite)?;
    let Amount(amount) = body.value.amount;
    let payment = PaymentId::new(asked.id(&caller.actor()));
    let context = asked.context(&caller.actor(), &body.bytes);
    let opened = payments.open(payment, caller.user(), amount, None, &context);
    let Opened {
        payment,
        checkout_url,
        position,
    } = opened.await?;
    let shown = TopUpOpened {
        payment,
        checkout_url,
    };
    Ok((StatusCode::CREATED, Position(position), Json(shown)))
}
