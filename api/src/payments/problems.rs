//! What can go wrong with payments, and what each refusal of theirs means here.

use axum::http::StatusCode;
use domain::payments::PaymentError;

use crate::problem::{ApiError, Kind, kinds};

pub const UNAVAILABLE: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "payments/unavailable",
    "Cards cannot be charged at the moment",
);
pub const AMOUNT_INVALID: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "payments/amount-invalid",
    "The amount cannot be paid by card",
);
pub const NOT_PAID: Kind = Kind::new(
    StatusCode::CONFLICT,
    "payments/not-paid",
    "The payment has not been paid",
);
pub const NOTHING_LEFT: Kind = Kind::new(
    StatusCode::CONFLICT,
    "payments/nothing-left",
    "Nothing is left of the payment to give back",
);
pub const BEYOND_PAYMENT: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "payments/beyond-payment",
    "No more can be given back than is left of the payment",
);
pub const SIGNATURE_WRONG: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "payments/signature-wrong",
    "The webhook is not signed as it should be",
);

pub fn of_payment(error: PaymentError) -> ApiError {
    use PaymentError as E;
    match error {
        E::NotRequested => ApiError::new(&kinds::NOT_FOUND),
        E::NotPaid => ApiError::new(&NOT_PAID).detail("Only what was paid can be given back."),
        E::NothingLeft => ApiError::new(&NOTHING_LEFT)
            .detail("It was given back, or the card's bank has taken it back."),
        E::BeyondPayment => ApiError::new(&BEYOND_PAYMENT)
            .detail("Leave the amount out to give back all that is left.")
            .field("amount.amount"),
        E::NotPositive => ApiError::new(&AMOUNT_INVALID)
            .detail("Give an amount above zero.")
            .field("amount.amount"),
        E::NotWholeCents => ApiError::new(&AMOUNT_INVALID)
            .detail("A card pays whole cents.")
            .field("amount.amount"),
        E::NotDollars => ApiError::new(&AMOUNT_INVALID)
            .detail("Cards are charged in USD.")
            .field("amount.currency"),
        // The identity comes from the key: under another key it is another payment.
        E::RequestedOtherwise | E::RefundedOtherwise => {
            ApiError::new(&kinds::IDEMPOTENCY_KEY_REUSED).field("Idempotency-Key")
        }
        // Only those who look at the processor can meet these.
        E::NotOpened
        | E::OtherCheckout
        | E::Ended
        | E::OtherAmount
        | E::ImpossibleFee
        | E::PaidOtherwise
        | E::NoSuchRefund
        | E::OtherRefund
        | E::LostBefore
        | E::Money(_) => ApiError::internal(error),
    }
}
