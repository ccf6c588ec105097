//! The join token: made by a provider, good for some machines and for some time.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use ledger::Effects;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::MachineId;
use crate::users::{Digest, UserId};

pub const MACHINES_A_TOKEN_MAX: u32 = 1_000;

/// What a token is made with; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    pub provider: UserId,
    /// How many machines may join by it.
    pub machines_max: u32,
    /// Of the text that is shown once.
    pub secret: Digest,
    pub expires_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug)]
pub enum JoinTokenCommand {
    Make(Made),
    /// Whoever asks has checked the token; the same machine may ask again, at any time.
    Use {
        machine: MachineId,
        at: DateTime<Utc>,
    },
    Revoke {
        by: UserId,
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum JoinTokenError {
    #[error("the token has not been made")]
    NotMade,
    #[error("the token was made with other contents")]
    MadeOtherwise,
    #[error("the token has expired")]
    Expired,
    #[error("as many machines have joined by the token as it was made for")]
    UsedUp,
    #[error("the token was revoked")]
    Revoked,
    #[error("a token is for 1 to {MACHINES_A_TOKEN_MAX} machines")]
    MachinesOutOfRange,
    #[error("the token would expire before it is made")]
    ExpiresInThePast,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum JoinTokenEvent {
    #[serde(rename = "join-token.made")]
    Made(Made),
    #[serde(rename = "join-token.used")]
    Used {
        machine: MachineId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "join-token.revoked")]
    Revoked { by: UserId, at: DateTime<Utc> },
}

impl Effects for JoinTokenEvent {}

impl DomainEvent for JoinTokenEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Made(_) => "join-token.made",
            Self::Used { .. } => "join-token.used",
            Self::Revoked { .. } => "join-token.revoked",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum JoinToken {
    #[default]
    Absent,
    Made {
        made: Made,
        machines: BTreeSet<MachineId>,
        revoked: bool,
    },
}

impl JoinToken {
    pub const fn made(&self) -> Option<&Made> {
        match self {
            Self::Absent => None,
            Self::Made { made, .. } => Some(made),
        }
    }

    fn decide(&self, command: JoinTokenCommand) -> Result<Vec<JoinTokenEvent>, JoinTokenError> {
        use JoinTokenCommand::{Make, Revoke, Use};
        match (self, command) {
            (Self::Absent, Make(made)) => make(made),
            (Self::Absent, Use { .. } | Revoke { .. }) => Err(JoinTokenError::NotMade),
            (Self::Made { made, .. }, Make(asked)) if *made == asked => Ok(vec![]),
            (Self::Made { .. }, Make(_)) => Err(JoinTokenError::MadeOtherwise),
            // A machine whose answer got lost is not another machine.
            (Self::Made { machines, .. }, Use { machine, .. }) if machines.contains(&machine) => {
                Ok(vec![])
            }
            (Self::Made { revoked: true, .. }, Use { .. }) => Err(JoinTokenError::Revoked),
            (Self::Made { made, machines, .. }, Use { machine, at }) => {
                if at >= made.expires_at {
                    return Err(JoinTokenError::Expired);
                }
                if u32::try_from(machines.len()).is_ok_and(|used| used < made.machines_max) {
                    Ok(vec![JoinTokenEvent::Used { machine, at }])
                } else {
                    Err(JoinTokenError::UsedUp)
                }
            }
            (Self::Made { revoked: true, .. }, Revoke { .. }) => Ok(vec![]),
            (Self::Made { .. }, Revoke { by, at }) => Ok(vec![JoinTokenEvent::Revoked { by, at }]),
        }
    }
}

fn make(made: Made) -> Result<Vec<JoinTokenEvent>, JoinTokenError> {
    if !(1..=MACHINES_A_TOKEN_MAX).contains(&made.machines_max) {
        return Err(JoinTokenError::MachinesOutOfRange);
    }
    if made.expires_at <= made.at {
        return Err(JoinTokenError::ExpiresInThePast);
    }
    Ok(vec![JoinTokenEvent::Made(made)])
}

impl Aggregate for JoinToken {
    const TYPE: &'static str = "join-token";
    type Command = JoinTokenCommand;
    type Event = JoinTokenEvent;
    type Error = JoinTokenError;
    type Services = ();

    async fn handle(
        &mut self,
        command: JoinTokenCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), JoinTokenError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: JoinTokenEvent) {
        match (&mut *self, event) {
            (_, JoinTokenEvent::Made(made)) => {
                *self = Self::Made {
                    made,
                    machines: BTreeSet::new(),
                    revoked: false,
                };
            }
            (Self::Made { machines, .. }, JoinTokenEvent::Used { machine, .. }) => {
                machines.insert(machine);
            }
            (Self::Made { revoked, .. }, JoinTokenEvent::Revoked { .. }) => *revoked = true,
            // Nothing is done with what was never made.
            (Self::Absent, JoinTokenEvent::Used { .. } | JoinTokenEvent::Revoked { .. }) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};

    use super::super::examples::machine;
    use super::*;
    use crate::users::examples::{ann, digest, minute};

    fn made() -> Made {
        Made {
            provider: ann(),
            machines_max: 2,
            secret: digest(1),
            expires_at: minute(60),
            at: minute(0),
        }
    }

    fn used(number: u128) -> JoinTokenEvent {
        JoinTokenEvent::Used {
            machine: machine(number),
            at: minute(1),
        }
    }

    fn use_it(number: u128, minutes: i64) -> JoinTokenCommand {
        JoinTokenCommand::Use {
            machine: machine(number),
            at: minute(minutes),
        }
    }

    fn given(events: Vec<JoinTokenEvent>) -> AggregateTestExecutor<JoinToken> {
        TestFramework::<JoinToken>::with(()).given(events)
    }

    #[test]
    fn a_token_is_made_once() {
        let history = vec![JoinTokenEvent::Made(made())];
        given(vec![])
            .when(JoinTokenCommand::Make(made()))
            .then_expect_events(history.clone());
        given(history.clone())
            .when(JoinTokenCommand::Make(made()))
            .then_expect_events(vec![]);
        let other = Made {
            machines_max: 3,
            ..made()
        };
        given(history)
            .when(JoinTokenCommand::Make(other))
            .then_expect_error(JoinTokenError::MadeOtherwise);
    }

    #[test]
    fn a_token_that_nobody_could_use_is_refused() {
        let cases = [
            (0, minute(60), JoinTokenError::MachinesOutOfRange),
            (1_001, minute(60), JoinTokenError::MachinesOutOfRange),
            (1, minute(0), JoinTokenError::ExpiresInThePast),
        ];
        for (machines_max, expires_at, refusal) in cases {
            let useless = Made {
                machines_max,
                expires_at,
                ..made()
            };
            given(vec![])
                .when(JoinTokenCommand::Make(useless))
                .then_expect_error(refusal);
        }
    }

    #[test]
    fn so_many_machines_join_as_it_is_for_and_each_of_them_once() {
        let one = vec![JoinTokenEvent::Made(made()), used(1)];
        given(one[..1].to_vec())
            .when(use_it(1, 1))
            .then_expect_events(vec![used(1)]);
        given(one.clone())
            .when(use_it(1, 2))
            .then_expect_events(vec![]);
        let two = [one, vec![used(2)]].concat();
        given(two.clone())
            .when(use_it(3, 2))
            .then_expect_error(JoinTokenError::UsedUp);
        given(two).when(use_it(2, 2)).then_expect_events(vec![]);
    }

    #[test]
    fn an_expired_or_revoked_token_lets_nobody_in_but_answers_who_is() {
        let history = vec![JoinTokenEvent::Made(made()), used(1)];
        given(history.clone())
            .when(use_it(2, 60))
            .then_expect_error(JoinTokenError::Expired);
        given(history.clone())
            .when(use_it(1, 60))
            .then_expect_events(vec![]);
        let revoke = JoinTokenCommand::Revoke {
            by: ann(),
            at: minute(5),
        };
        let revoked = JoinTokenEvent::Revoked {
            by: ann(),
            at: minute(5),
        };
        given(history.clone())
            .when(revoke.clone())
            .then_expect_events(vec![revoked.clone()]);
        let history = [history, vec![revoked]].concat();
        given(history.clone())
            .when(revoke.clone())
            .then_expect_events(vec![]);
        given(history)
            .when(use_it(2, 6))
            .then_expect_error(JoinTokenError::Revoked);
        given(vec![])
            .when(revoke)
            .then_expect_error(JoinTokenError::NotMade);
    }
}
