//! What can go wrong with work, and what each refusal of a unit means here.

use axum::http::StatusCode;
use domain::work::UnitError;

use crate::problem::{ApiError, Kind, kinds};
use crate::users::sentence;

pub const LEASE_LOST: Kind = Kind::new(
    StatusCode::CONFLICT,
    "work/lease/lost",
    "Somebody else has the unit, or nobody",
);
pub const NOT_ASKED: Kind = Kind::new(
    StatusCode::CONFLICT,
    "work/release/not-asked",
    "Nobody asked for the work to stop",
);
pub const NOT_BROUGHT: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "work/files/not-brought",
    "There is no such file of this unit",
);
pub const SAID_NONSENSE: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "work/report/nonsense",
    "What is said of the work makes no sense",
);

pub const STOP: &str = "Stop the work and forget the unit; nothing that comes now is taken.";

/// What a refusal of the unit means to the machine that spoke of it.
pub fn of_unit(error: UnitError) -> ApiError {
    use UnitError as E;
    match error {
        E::LeaseLost | E::NotQueued | E::Over => ApiError::new(&LEASE_LOST).detail(STOP),
        E::NotEnqueued => ApiError::new(&kinds::NOT_FOUND),
        E::NotAsked => ApiError::new(&NOT_ASKED)
            .detail("Go on, or release it because the machine is draining.")
            .field("because"),
        // Nobody but a dispatcher or an order asks what these answer.
        E::EnqueuedOtherwise
        | E::Terms(_)
        | E::OwnMachine
        | E::Excluded
        | E::RateUnfit
        | E::NothingLeft
        | E::BudgetNotRaised
        | E::NotDue
        | E::Money(_) => ApiError::internal(sentence(&error)),
    }
}
