//! Handing a mail to a mail server or to the outbox, and saying in one word why it was not taken.

use std::time::Duration;

use domain::mails::FailedBecause;
use lettre::transport::smtp;
use lettre::{AsyncTransport as _, Message};

use crate::settings::Way;

/// Why a mail was not taken, without what the server said: servers say addresses back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotTaken {
    pub reason: FailedBecause,
    /// The server's reply code, if it replied.
    pub code: Option<u16>,
}

pub async fn hand_over(
    way: &Way,
    mail: &str,
    message: Message,
    within: Duration,
) -> Result<(), NotTaken> {
    match way {
        Way::Smtp(transport) => {
            let sent = tokio::time::timeout(within, transport.send(message)).await;
            match sent {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(judged(&error)),
                Err(_) => Err(NotTaken {
                    reason: FailedBecause::TimedOut,
                    code: None,
                }),
            }
        }
        Way::Outbox(outbox) => {
            let (outbox, mail) = (outbox.clone(), mail.to_owned());
            let put = move || outbox.put(&mail, &message.formatted());
            match tokio::task::spawn_blocking(put).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "the outbox cannot be written");
                    Err(unreachable())
                }
                Err(_) => Err(unreachable()),
            }
        }
    }
}

const fn unreachable() -> NotTaken {
    NotTaken {
        reason: FailedBecause::Unreachable,
        code: None,
    }
}

fn judged(error: &smtp::Error) -> NotTaken {
    let code = error.status().map(u16::from);
    let reason = if code.is_some() || error.is_response() {
        FailedBecause::Refused
    } else if error.is_timeout() {
        FailedBecause::TimedOut
    } else {
        FailedBecause::Unreachable
    };
    NotTaken { reason, code }
}
