//! What a refusal of the mail aggregate means to staff who look after mails.

use axum::http::StatusCode;
use domain::mails::MailError;

use crate::problem::{ApiError, Kind, kinds};

const SENT: Kind = Kind::new(StatusCode::CONFLICT, "mails/sent", "The mail was sent");
const WITHDRAWN: Kind = Kind::new(
    StatusCode::CONFLICT,
    "mails/withdrawn",
    "What the mail asks for cannot be answered any more",
);
const NOT_GIVEN_UP: Kind = Kind::new(
    StatusCode::CONFLICT,
    "mails/not-given-up",
    "The mail has not been given up",
);

pub fn of_mail(error: MailError) -> ApiError {
    use MailError as E;
    match error {
        E::NotIntended => ApiError::new(&kinds::NOT_FOUND),
        E::Sent => ApiError::new(&SENT),
        E::Withdrawn => ApiError::new(&WITHDRAWN).detail("Nobody needs it any more."),
        E::NotGivenUp => ApiError::new(&NOT_GIVEN_UP).detail("It will be tried by itself."),
        // Only those who send can meet these.
        E::IntendedOtherwise | E::WrongAttempt | E::GivenUp => ApiError::internal(error),
    }
}
