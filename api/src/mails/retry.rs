//! Has a mail that was given up tried again, as if it were new.

use domain::mails::{Mail, MailCommand, MailId};
use store::Commands;
use utoipa_axum::routes;

use super::problems::of_mail;
use crate::api::{Api, Routes};
use crate::asked::Asked;
use crate::parameters::Path;
use crate::position::Position;
use crate::problem::{ApiError, kinds};
use crate::refused::refused;
use crate::users::{Admin, Changed};

pub fn routes() -> Routes {
    Routes::new().routes(routes!(retry))
}

/// Try a mail again
///
/// It is due at once and has as many attempts as before.
#[utoipa::path(post, path = "/v1/mails/{mail}/retry", tag = "staff", operation_id = "retry_mail",
    security(("bearer" = [])), params(("mail" = String, Path, description = "Which mail")),
    responses((status = 204, description = "The mail is due")))]
async fn retry(
    api: Api,
    asked: Asked,
    Admin(caller): Admin,
    Path(mail): Path<String>,
) -> Result<Changed, ApiError> {
    // A stream is found by its text, and no other text is the name of a mail.
    let mail: MailId = mail.parse().map_err(|_| ApiError::new(&kinds::NOT_FOUND))?;
    let command = MailCommand::Retry {
        by: caller.user(),
        at: api.clock().now(),
    };
    let context = asked.context(&caller.actor(), b"");
    // Staff do this so rarely that there is nothing to remember between two of them.
    let mails = Commands::<Mail>::new(api.log().clone());
    let retried = mails.execute(&mail.to_string(), command, &context).await;
    let retried = retried.map_err(|refusal| refused(refusal, of_mail))?;
    Ok(Changed(Position(retried.position)))
}
