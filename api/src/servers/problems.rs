//! What can go wrong with machines, and what each refusal of theirs means here.

use axum::http::StatusCode;
use domain::servers::{JoinTokenError, MachineError};

use crate::problem::{ApiError, Kind, kinds};
use crate::users::sentence;

pub const NOT_A_PROVIDER: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "servers/not-a-provider",
    "Machines belong to providers",
);
pub const TOKEN_REFUSED: Kind = Kind::new(
    StatusCode::UNAUTHORIZED,
    "servers/join-token-refused",
    "No machine joins by this token",
);
pub const TOKEN_USELESS: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "servers/join-token-useless",
    "No machine could join by such a token",
);
pub const HARDWARE: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "servers/hardware",
    "No machine is like this",
);
pub const RETIRED: Kind = Kind::new(
    StatusCode::CONFLICT,
    "servers/retired",
    "The machine was retired",
);
pub const OWN_MACHINE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "servers/own-machine",
    "Somebody else has to look at it",
);
pub const CHANGED_MEANWHILE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "servers/changed-meanwhile",
    "Something was changed meanwhile",
);

/// What a refusal of the machine means to whoever asked.
pub fn of_machine(error: MachineError) -> ApiError {
    use MachineError as E;
    let kind = match error {
        E::NotEnrolled => &kinds::NOT_FOUND,
        E::Retired => &RETIRED,
        E::Hardware(_) => {
            return ApiError::new(&HARDWARE)
                .detail(sentence(&error))
                .field("hardware");
        }
        E::EnrolledOtherwise | E::SecretChanged => &CHANGED_MEANWHILE,
        E::Own => &OWN_MACHINE,
    };
    ApiError::new(kind).detail(sentence(&error))
}

pub fn of_token(error: JoinTokenError) -> ApiError {
    use JoinTokenError as E;
    match error {
        E::NotMade | E::Expired | E::UsedUp | E::Revoked => ApiError::new(&TOKEN_REFUSED)
            .detail(format!("{} Make another.", sentence(&error)))
            .field("token"),
        E::MadeOtherwise => ApiError::new(&CHANGED_MEANWHILE).detail(sentence(&error)),
        E::MachinesOutOfRange => ApiError::new(&TOKEN_USELESS)
            .detail(sentence(&error))
            .field("machines"),
        E::ExpiresInThePast => ApiError::new(&TOKEN_USELESS)
            .detail(sentence(&error))
            .field("expires_in_hours"),
    }
}
