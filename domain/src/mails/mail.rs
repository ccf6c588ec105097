//! The aggregate: due until it is sent or given up, with longer and longer pauses.

use chrono::{DateTime, TimeDelta, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{MailCommand, MailError};
use super::events::{FailedBecause, Intended, MailEvent};
use crate::users::UserId;

/// After so many failures somebody has to look at it; with these pauses that is after 20 hours and a half.
pub const ATTEMPTS_MAX: u32 = 12;
pub const BACKOFF_FIRST: TimeDelta = TimeDelta::minutes(1);
pub const BACKOFF_MAX: TimeDelta = TimeDelta::hours(6);

/// How long to wait after so many failures in a row: a minute, then twice as long each time.
pub fn backoff(failures: u32) -> TimeDelta {
    let doublings = failures.saturating_sub(1);
    1_i32
        .checked_shl(doublings)
        .filter(|factor| *factor > 0)
        .and_then(|factor| BACKOFF_FIRST.checked_mul(factor))
        .map_or(BACKOFF_MAX, |pause| pause.min(BACKOFF_MAX))
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mail {
    #[default]
    Unintended,
    Due {
        intended: Intended,
        attempts: u32,
        /// How many of the attempts came before staff had it tried again.
        attempts_before: u32,
        next_at: DateTime<Utc>,
    },
    Sent {
        intended: Intended,
    },
    GivenUp {
        intended: Intended,
        attempts: u32,
    },
    Withdrawn {
        intended: Intended,
    },
}

impl Mail {
    pub const fn intended(&self) -> Option<&Intended> {
        match self {
            Self::Unintended => None,
            Self::Due { intended, .. }
            | Self::Sent { intended }
            | Self::Withdrawn { intended }
            | Self::GivenUp { intended, .. } => Some(intended),
        }
    }

    /// The attempt to make, and not before when.
    pub const fn next_attempt(&self) -> Option<(u32, DateTime<Utc>)> {
        match self {
            Self::Due {
                attempts, next_at, ..
            } => Some((attempts.saturating_add(1), *next_at)),
            Self::Unintended
            | Self::Sent { .. }
            | Self::Withdrawn { .. }
            | Self::GivenUp { .. } => None,
        }
    }

    fn decide(&self, command: MailCommand) -> Result<Vec<MailEvent>, MailError> {
        use MailCommand::{Intend, RecordFailure, RecordSent, Retry, Withdraw};
        match (self, command) {
            (Self::Unintended, Intend(intended)) => Ok(vec![MailEvent::Intended(intended)]),
            (Self::Unintended, RecordSent { .. } | RecordFailure { .. } | Withdraw { .. }) => {
                Err(MailError::NotIntended)
            }
            (
                Self::Due { intended, .. }
                | Self::Sent { intended }
                | Self::Withdrawn { intended }
                | Self::GivenUp { intended, .. },
                Intend(asked),
            ) => {
                if *intended == asked {
                    Ok(vec![])
                } else {
                    Err(MailError::IntendedOtherwise)
                }
            }
            (Self::Due { .. } | Self::GivenUp { .. }, RecordSent { attempt, at }) => {
                self.sent(attempt, at)
            }
            (
                Self::Due {
                    attempts,
                    attempts_before,
                    ..
                },
                RecordFailure {
                    attempt,
                    reason,
                    at,
                },
            ) => failed(*attempts, *attempts_before, attempt, reason, at),
            // Somebody else had reported it before, or the mail got through after all.
            (Self::GivenUp { attempts, .. }, RecordFailure { attempt, .. })
                if attempt > *attempts =>
            {
                Err(MailError::GivenUp)
            }
            (
                Self::Sent { .. } | Self::Withdrawn { .. } | Self::GivenUp { .. },
                RecordFailure { .. },
            )
            | (Self::Sent { .. } | Self::Withdrawn { .. }, RecordSent { .. })
            | (
                Self::Sent { .. } | Self::Withdrawn { .. } | Self::GivenUp { .. },
                Withdraw { .. },
            ) => Ok(vec![]),
            (Self::Due { .. }, Withdraw { why, at }) => Ok(vec![MailEvent::Withdrawn { why, at }]),
            (_, Retry { by, at }) => self.retry(by, at),
        }
    }

    fn retry(&self, by: UserId, at: DateTime<Utc>) -> Result<Vec<MailEvent>, MailError> {
        match self {
            Self::Unintended => Err(MailError::NotIntended),
            Self::Due {
                attempts,
                attempts_before,
                ..
            } => {
                let is_retried = *attempts_before > 0 && attempts == attempts_before;
                if is_retried {
                    Ok(vec![])
                } else {
                    Err(MailError::NotGivenUp)
                }
            }
            Self::Sent { .. } => Err(MailError::Sent),
            Self::Withdrawn { .. } => Err(MailError::Withdrawn),
            Self::GivenUp { intended, .. } => {
                let to = Some(intended.to);
                Ok(vec![MailEvent::Retried { to, by, at }])
            }
        }
    }

    /// An attempt that was given up for lost may turn out to have arrived; what is sent is sent.
    fn sent(&self, attempt: u32, at: DateTime<Utc>) -> Result<Vec<MailEvent>, MailError> {
        let attempts_possible = match self {
            Self::Due { attempts, .. } => attempts.saturating_add(1),
            Self::GivenUp { attempts, .. } => *attempts,
            Self::Unintended | Self::Sent { .. } | Self::Withdrawn { .. } => 0,
        };
        if attempt == 0 || attempt > attempts_possible {
            return Err(MailError::WrongAttempt);
        }
        Ok(vec![MailEvent::Sent { attempt, at }])
    }
}

fn failed(
    attempts: u32,
    attempts_before: u32,
    attempt: u32,
    reason: FailedBecause,
    at: DateTime<Utc>,
) -> Result<Vec<MailEvent>, MailError> {
    let next = attempts.saturating_add(1);
    if attempt < next && attempt > 0 {
        return Ok(vec![]);
    }
    if attempt != next {
        return Err(MailError::WrongAttempt);
    }
    let failures = attempt.saturating_sub(attempts_before);
    let is_last = failures >= ATTEMPTS_MAX || reason == FailedBecause::NoAddress;
    let failed = MailEvent::AttemptFailed {
        attempt,
        reason,
        retry_at: (!is_last).then(|| at + backoff(failures)),
        at,
    };
    let given_up = is_last.then_some(MailEvent::GivenUp { at });
    Ok(std::iter::once(failed).chain(given_up).collect())
}

impl Aggregate for Mail {
    const TYPE: &'static str = "mail";
    type Command = MailCommand;
    type Event = MailEvent;
    type Error = MailError;
    type Services = ();

    async fn handle(
        &mut self,
        command: MailCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), MailError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: MailEvent) {
        *self = match (std::mem::take(self), event) {
            (_, MailEvent::Intended(intended)) => Self::Due {
                intended,
                attempts: 0,
                attempts_before: 0,
                next_at: intended.at,
            },
            (
                Self::Due {
                    intended,
                    attempts_before,
                    ..
                },
                MailEvent::AttemptFailed {
                    attempt,
                    retry_at,
                    at,
                    ..
                },
            ) => Self::Due {
                intended,
                attempts: attempt,
                attempts_before,
                next_at: retry_at.unwrap_or(at),
            },
            (
                Self::Due { intended, .. } | Self::GivenUp { intended, .. },
                MailEvent::Sent { .. },
            ) => Self::Sent { intended },
            (
                Self::Due {
                    intended, attempts, ..
                },
                MailEvent::GivenUp { .. },
            ) => Self::GivenUp { intended, attempts },
            (Self::GivenUp { intended, attempts }, MailEvent::Retried { at, .. }) => Self::Due {
                intended,
                attempts,
                attempts_before: attempts,
                next_at: at,
            },
            (Self::Due { intended, .. }, MailEvent::Withdrawn { .. }) => {
                Self::Withdrawn { intended }
            }
            // Nothing else follows from anything that is decided above.
            (
                state,
                MailEvent::Sent { .. }
                | MailEvent::AttemptFailed { .. }
                | MailEvent::GivenUp { .. }
                | MailEvent::Withdrawn { .. }
                | MailEvent::Retried { .. },
            ) => state,
        };
    }
}

#[cfg(test)]
mod tests;
