//! What the store refuses, as the caller hears it.

use store::{NotAppended, Refused, StoreError};

use crate::problem::{ApiError, kinds};

/// Says what a command was refused for; the slice says what its own refusals mean, in a `match`
/// without a wildcard, so that a new one does not compile until somebody chooses its kind.
pub fn refused<E: std::error::Error>(
    refused: Refused<E>,
    of_the_domain: impl FnOnce(E) -> ApiError,
) -> ApiError {
    match refused {
        Refused::Domain(refusal) => of_the_domain(refusal),
        // Whose account it is and how much is on it may be none of the caller's business.
        Refused::InsufficientFunds { .. } => ApiError::new(&kinds::INSUFFICIENT_FUNDS),
        Refused::Taken { .. } => ApiError::new(&kinds::TAKEN),
        Refused::KeyReused { .. } => ApiError::new(&kinds::IDEMPOTENCY_KEY_REUSED)
            .detail("A key belongs to one request, down to the last byte of its body.")
            .field("Idempotency-Key"),
        Refused::Contended => ApiError::new(&kinds::CONTENDED).retry_after(1),
        Refused::Unknown { event_id } => ApiError::new(&kinds::OUTCOME_UNKNOWN)
            .detail("Ask again under the same Idempotency-Key.")
            .retry_after(1)
            .because(format!("the outcome of event {event_id} is unknown")),
        Refused::Store(error) => of_the_store(error),
    }
}

fn of_the_store(error: StoreError) -> ApiError {
    match error {
        StoreError::Log(refusal) => of_the_log(refusal),
        StoreError::Answer(error) => error.into(),
        StoreError::Malformed(_) | StoreError::Load(_) => ApiError::internal(error),
    }
}

fn of_the_log(refusal: NotAppended) -> ApiError {
    match refusal {
        NotAppended::Busy => ApiError::new(&kinds::OVERLOADED).retry_after(1),
        NotAppended::Closed | NotAppended::Unavailable => ApiError::unavailable(refusal),
        NotAppended::Conflict { .. }
        | NotAppended::InsufficientFunds { .. }
        | NotAppended::Taken { .. }
        | NotAppended::NotHeld { .. }
        | NotAppended::KeyReused { .. }
        | NotAppended::Overflow { .. }
        | NotAppended::Unknown { .. }
        | NotAppended::Spoiled { .. } => ApiError::internal(refusal),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("over")]
    struct Over;

    fn response(refusal: Refused<Over>) -> axum::response::Response {
        refused(refusal, |Over| ApiError::new(&kinds::NOT_FOUND)).into_response()
    }

    #[test]
    fn a_refusal_of_the_domain_is_what_the_slice_says() {
        assert_eq!(
            response(Refused::Domain(Over)).status(),
            StatusCode::NOT_FOUND
        );
    }

    #[test]
    fn a_full_log_is_an_invitation_to_come_back() {
        let response = response(Refused::Store(StoreError::Log(NotAppended::Busy)));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
    }

    #[tokio::test]
    async fn who_holds_a_name_stays_unsaid() {
        let refusal = Refused::Taken {
            name: ledger::Name::parse("gpu/secret").unwrap(),
            holder: "demonstration-order/secret".to_owned(),
        };
        let body = axum::body::to_bytes(response(refusal).into_body(), 4096)
            .await
            .unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(
            text.contains("\"taken\"") && !text.contains("secret"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn what_the_database_said_stays_with_us() {
        let reason = "duplicate key value violates unique constraint".to_owned();
        let spoiled = Refused::Store(StoreError::Log(NotAppended::Spoiled { reason }));
        let response = response(spoiled);
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("duplicate"));
    }
}
