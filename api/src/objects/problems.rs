//! What can go wrong with objects, and what each refusal of theirs means here.

use ::objects::{NotALink, ShelfError};
use axum::http::StatusCode;
use domain::objects::ObjectError;

use crate::problem::{ApiError, Kind, kinds};

pub const EMPTY: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "uploads/empty",
    "The file is empty",
);
pub const TOO_LARGE: Kind = Kind::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "uploads/too-large",
    "The file is too large",
);
pub const QUOTA: Kind = Kind::new(
    StatusCode::CONFLICT,
    "uploads/quota",
    "There is no room left for this",
);
pub const LENGTH_REQUIRED: Kind = Kind::new(
    StatusCode::LENGTH_REQUIRED,
    "uploads/length-required",
    "Say how long the body is",
);
pub const PART_LENGTH: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "uploads/part-length",
    "The part has another length than it was to have",
);
pub const PART_HASH: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "uploads/part-hash",
    "The part does not come to the digest that was sent with it",
);
pub const PARTS_MISSING: Kind = Kind::new(
    StatusCode::CONFLICT,
    "uploads/parts-missing",
    "Not all parts have arrived",
);
pub const CORRUPT: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "uploads/corrupt",
    "What came is not what was announced",
);
pub const COMPLETE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "uploads/complete",
    "All of it is there already",
);
pub const OVER: Kind = Kind::new(
    StatusCode::GONE,
    "uploads/over",
    "The upload was cancelled, or nobody went on with it in time",
);
pub const CHECKING: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "uploads/checking",
    "What came is still being read",
);
pub const INCOMPLETE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "objects/incomplete",
    "Not all of it is there yet",
);
pub const SOURCE_REFUSED: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "datasets/source-refused",
    "The dataset cannot be fetched from there",
);
pub const SOURCE_PRIVATE: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "datasets/source-private",
    "Not everybody can reach this address",
);
pub const IN_USE: Kind = Kind::new(
    StatusCode::CONFLICT,
    "objects/in-use",
    "Something still needs it",
);
pub const LINK_INVALID: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "files/link-invalid",
    "The link was not made here, or was changed",
);
pub const LINK_EXPIRED: Kind = Kind::new(
    StatusCode::GONE,
    "files/link-expired",
    "The link has expired",
);
pub const RANGE: Kind = Kind::new(
    StatusCode::RANGE_NOT_SATISFIABLE,
    "files/range",
    "There are no such bytes",
);

pub fn of_object(refusal: ObjectError) -> ApiError {
    match refusal {
        ObjectError::Absent => ApiError::new(&kinds::NOT_FOUND),
        ObjectError::OpenedOtherwise => ApiError::new(&kinds::IDEMPOTENCY_KEY_REUSED)
            .detail("A key belongs to one request, down to the last byte of its body.")
            .field("Idempotency-Key"),
        ObjectError::Incomplete | ObjectError::NotYet => ApiError::new(&INCOMPLETE),
        ObjectError::OtherBytes | ObjectError::OtherDigest => ApiError::new(&CORRUPT),
        ObjectError::Complete => ApiError::new(&COMPLETE),
        ObjectError::Removed | ObjectError::Expired => ApiError::new(&OVER),
        ObjectError::StoredOtherwise | ObjectError::NotADataset => ApiError::internal(refusal),
    }
}

pub fn of_link(refusal: NotALink) -> ApiError {
    match refusal {
        NotALink::Forged => ApiError::new(&LINK_INVALID).detail("Ask for a new link."),
        NotALink::Expired => ApiError::new(&LINK_EXPIRED).detail("Ask for a new link."),
    }
}

/// What the storage says, as the caller hears it.
pub fn unshelved(error: ShelfError) -> ApiError {
    match error {
        ShelfError::Missing | ShelfError::NoSuchPart => ApiError::new(&kinds::NOT_FOUND),
        ShelfError::Complete => ApiError::new(&COMPLETE),
        ShelfError::PartsMissing(missing) => parts_missing(&missing),
        ShelfError::WrongLength => ApiError::new(&PART_LENGTH)
            .detail("Send the part once more, with as many bytes as the upload says."),
        ShelfError::WrongHash => ApiError::new(&PART_HASH).detail("Send the part once more."),
        ShelfError::Sender(error) if error.kind() == std::io::ErrorKind::TimedOut => {
            ApiError::new(&kinds::BODY_TOO_SLOW)
        }
        ShelfError::Sender(error) => ApiError::new(&kinds::BODY_BROKEN_OFF).because(error),
        ShelfError::Disk(error) => ApiError::unavailable(error),
        ShelfError::Store(error) => ApiError::unavailable(error),
    }
}

pub fn parts_missing(missing: &[u32]) -> ApiError {
    let first = missing.iter().take(20).map(ToString::to_string);
    let first = first.collect::<Vec<_>>().join(", ");
    let more = if missing.len() > 20 { " and more" } else { "" };
    ApiError::new(&PARTS_MISSING).detail(format!("Send parts {first}{more}."))
}
