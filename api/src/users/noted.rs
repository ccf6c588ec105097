//! Notes from where somebody did something, sealed beside who it was, for those who audit.

use axum::Extension;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use domain::users::UserId;
use store::VaultError;

use super::{Users, field};
use crate::asked::Asker;
use crate::layers::{ClientAddress, RequestId};

/// Whoever asks from more places under one name than fit in here hides nothing by it.
const NOTED_BYTES_MAX: usize = 512;

/// Around routes that do something to accounts. Only what was done is noted, and before it is
/// answered; an address that could not be noted undoes nothing.
pub async fn note(
    users: Extension<Users>,
    ClientAddress(address): ClientAddress,
    Extension(id): Extension<RequestId>,
    mut request: Request,
    next: Next,
) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let response = next.run(request).await;
    let user = asker.actor().and_then(|actor| actor.parse::<UserId>().ok());
    if let Some(user) = user.filter(|_| response.status().is_success()) {
        match users.note(user, id.as_str(), &address.to_string()).await {
            // Whoever was just erased leaves no address behind.
            Ok(()) | Err(VaultError::Erased) => {}
            Err(error) => tracing::warn!(%error, "from where this was asked is not kept"),
        }
    }
    response
}

impl Users {
    /// Whoever asks may name a request as they like, and twice the same: then both places stand
    /// there, so that nobody puts their own in the place of another's.
    async fn note(&self, user: UserId, request: &str, address: &str) -> Result<(), VaultError> {
        let (subject, field) = (user.to_string(), field::request(request));
        let noted = self.vault().get(&subject, &field).await?;
        let noted = match &noted {
            None => address.to_owned(),
            Some(noted) if noted.split(", ").any(|it| it == address) => return Ok(()),
            Some(noted) if noted.len() > NOTED_BYTES_MAX => return Ok(()),
            Some(noted) => format!("{noted}, {address}"),
        };
        self.vault().put_lazily(&subject, &field, &noted).await
    }
}
