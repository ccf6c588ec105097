//! What can go wrong at any route; a slice adds the kinds that are its own.

use axum::http::StatusCode;

use super::Kind;

pub const NOT_FOUND: Kind = Kind::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here");
pub const METHOD_NOT_ALLOWED: Kind = Kind::new(
    StatusCode::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    "This cannot be done with what is here",
);
pub const UNAUTHENTICATED: Kind =
    Kind::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Sign in first");
pub const FORBIDDEN: Kind = Kind::new(StatusCode::FORBIDDEN, "forbidden", "You may not do this");

pub const BODY_TOO_LARGE: Kind = Kind::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body/too-large",
    "The body is too large",
);
pub const BODY_NOT_JSON: Kind = Kind::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "body/not-json",
    "The body is not said to be JSON",
);
pub const BODY_MALFORMED: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "body/malformed",
    "The body is not well-formed JSON",
);
pub const BODY_INVALID: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "body/invalid",
    "The body is not what is asked for here",
);
pub const BODY_TOO_SLOW: Kind = Kind::new(
    StatusCode::REQUEST_TIMEOUT,
    "body/too-slow",
    "The body did not come in time",
);
pub const BODY_BROKEN_OFF: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "body/broken-off",
    "The body ended early",
);
pub const PARAMETER_INVALID: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "parameter/invalid",
    "A parameter is not what is asked for here",
);
pub const IDEMPOTENCY_KEY_INVALID: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "idempotency-key/invalid",
    "The Idempotency-Key cannot be used",
);
pub const IDEMPOTENCY_KEY_REUSED: Kind = Kind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "idempotency-key/reused",
    "The Idempotency-Key was used for another request",
);
pub const POSITION_INVALID: Kind = Kind::new(
    StatusCode::BAD_REQUEST,
    "position/invalid",
    "The Trainnet-Position cannot be used",
);
pub const POSITION_UNKNOWN: Kind = Kind::new(
    StatusCode::CONFLICT,
    "position/unknown",
    "The log has not come to this position",
);
pub const POSITION_NOT_REACHED: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "position/not-reached",
    "What is shown here has not come to this position yet",
);

pub const TOO_MANY_REQUESTS: Kind = Kind::new(
    StatusCode::TOO_MANY_REQUESTS,
    "too-many-requests",
    "Too many requests",
);
pub const OVERLOADED: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "overloaded",
    "Too much is being asked at the moment",
);
pub const TIMED_OUT: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "timed-out",
    "The answer took too long",
);
pub const UNAVAILABLE: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "unavailable",
    "This cannot be had at the moment",
);
pub const NOT_READY: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "not-ready",
    "The program is not ready",
);
pub const INTERNAL: Kind = Kind::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    "Something went wrong on our side",
);

pub const INSUFFICIENT_FUNDS: Kind = Kind::new(
    StatusCode::PAYMENT_REQUIRED,
    "funds/insufficient",
    "There is not enough money",
);
pub const TAKEN: Kind = Kind::new(StatusCode::CONFLICT, "taken", "Somebody else has it");
pub const CONTENDED: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "contended",
    "Too many want to change the same thing",
);
pub const OUTCOME_UNKNOWN: Kind = Kind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "outcome-unknown",
    "Nobody can say yet whether it was done",
);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ALL: [Kind; 26] = [
        NOT_FOUND,
        METHOD_NOT_ALLOWED,
        UNAUTHENTICATED,
        FORBIDDEN,
        BODY_TOO_LARGE,
        BODY_NOT_JSON,
        BODY_MALFORMED,
        BODY_INVALID,
        BODY_TOO_SLOW,
        BODY_BROKEN_OFF,
        PARAMETER_INVALID,
        IDEMPOTENCY_KEY_INVALID,
        IDEMPOTENCY_KEY_REUSED,
        POSITION_INVALID,
        POSITION_UNKNOWN,
        POSITION_NOT_REACHED,
        TOO_MANY_REQUESTS,
        OVERLOADED,
        TIMED_OUT,
        UNAVAILABLE,
        NOT_READY,
        INTERNAL,
        INSUFFICIENT_FUNDS,
        TAKEN,
        CONTENDED,
        OUTCOME_UNKNOWN,
    ];

    #[test]
    fn no_two_kinds_share_a_code() {
        let codes: BTreeSet<&str> = ALL.iter().map(|kind| kind.code).collect();
        assert_eq!(codes.len(), ALL.len());
    }

    #[test]
    fn a_code_is_words_in_lower_case_with_hyphens_between() {
        for kind in ALL {
            let plain = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            let whole = kind
                .code
                .split('/')
                .all(|part| !part.is_empty() && plain(part));
            assert!(whole, "{}", kind.code);
        }
    }

    #[test]
    fn every_kind_is_a_refusal() {
        for kind in ALL {
            let refuses = kind.status.is_client_error() || kind.status.is_server_error();
            assert!(refuses, "{}", kind.code);
        }
    }
}
