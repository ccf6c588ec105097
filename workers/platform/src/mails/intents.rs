//! Which events lead to mail: those of users, sessions and API keys, by the domain's own rule.

use cqrs_es::Aggregate;
use domain::mails::{
    Mail, MailCommand, MailError, MailId, after_api_key, after_session, after_user,
};
use domain::users::{ApiKey, Session, User};
use store::{EventRef, Unreadable, decode};

use crate::process::{Next, Process};

/// The reaction that intends mails.
#[derive(Clone, Copy, Debug)]
pub struct Intents;

impl Process for Intents {
    const NAME: &'static str = "mails";
    const VERSION: i32 = 2;
    /// Every event leads to a mail of its own.
    const OPENS: bool = true;

    type Asked = Mail;

    fn follow(event: &EventRef<'_>) -> Result<Option<Next<Mail>>, Unreadable> {
        let cause = event.event_id;
        let next = match event.aggregate_type {
            User::TYPE => {
                let Ok(user) = event.aggregate_id.parse() else {
                    return Err(foreign(event));
                };
                after_user(cause, user, &decode(event, &[])?)
            }
            Session::TYPE => after_session(cause, &decode(event, &[])?),
            ApiKey::TYPE => after_api_key(cause, &decode(event, &[])?),
            _ => None,
        };
        Ok(next.map(|(mail, command): (MailId, MailCommand)| (mail.to_string(), command)))
    }

    /// A mail is never intended otherwise: its contents come from the event that it is named after.
    fn is_already_so(refusal: &MailError) -> bool {
        match refusal {
            MailError::Sent | MailError::GivenUp | MailError::Withdrawn => true,
            MailError::NotIntended
            | MailError::IntendedOtherwise
            | MailError::WrongAttempt
            | MailError::NotGivenUp => false,
        }
    }
}

/// The stream has a name that no user has.
fn foreign(event: &EventRef<'_>) -> Unreadable {
    Unreadable::UnknownAggregate(format!("{}/{}", event.aggregate_type, event.aggregate_id))
}
