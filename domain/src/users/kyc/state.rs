//! The aggregate: documents wait, and somebody else decides about them.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{KycCommand, KycError};
use super::events::{Documents, KycEvent};
use crate::users::ids::UserId;
use crate::users::reason::Reason;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kyc {
    #[default]
    Absent,
    Submitted {
        user: UserId,
        documents: Documents,
    },
    Approved {
        user: UserId,
        until: DateTime<Utc>,
    },
    Rejected {
        user: UserId,
        reason: Reason,
    },
    Expired {
        user: UserId,
    },
    Withdrawn {
        user: UserId,
    },
}

/// Whether money is paid out to people who were not examined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForPayouts {
    #[default]
    Optional,
    Required,
}

impl Kyc {
    pub const fn user(&self) -> Option<UserId> {
        match self {
            Self::Absent => None,
            Self::Submitted { user, .. }
            | Self::Approved { user, .. }
            | Self::Rejected { user, .. }
            | Self::Expired { user }
            | Self::Withdrawn { user } => Some(*user),
        }
    }

    /// Whether the approval holds, recorded as expired or not.
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        matches!(self, Self::Approved { until, .. } if now < *until)
    }

    /// Whether nothing about the person keeps money from being paid out to them.
    pub fn lets_pay_out(&self, rule: ForPayouts, now: DateTime<Utc>) -> bool {
        match rule {
            ForPayouts::Optional => true,
            ForPayouts::Required => self.holds_at(now),
        }
    }

    fn decide(&self, command: KycCommand) -> Result<Vec<KycEvent>, KycError> {
        use KycCommand::{Approve, Expire, Reject, Submit, Withdraw};
        match command {
            Submit {
                user,
                documents,
                at,
            } => self.submit(user, documents, at),
            Approve { by, .. } | Reject { by, .. } if self.user() == Some(by) => {
                Err(KycError::Oneself)
            }
            Approve { by, until, at } => self.approve(by, until, at),
            Reject { by, reason, at } => match self {
                Self::Submitted { .. } => Ok(vec![KycEvent::Rejected { by, reason, at }]),
                Self::Rejected { .. } => Ok(vec![]),
                Self::Absent
                | Self::Approved { .. }
                | Self::Expired { .. }
                | Self::Withdrawn { .. } => Err(self.refusal()),
            },
            Expire { at } => match self {
                Self::Approved { until, .. } if at < *until => Err(KycError::NotYet),
                Self::Approved { .. } => Ok(vec![KycEvent::Expired { at }]),
                Self::Expired { .. } => Ok(vec![]),
                Self::Absent
                | Self::Submitted { .. }
                | Self::Rejected { .. }
                | Self::Withdrawn { .. } => Err(self.refusal()),
            },
            Withdraw { at } => match self {
                Self::Submitted { .. } => Ok(vec![KycEvent::Withdrawn { at }]),
                // Nobody looks at these any more.
                Self::Absent
                | Self::Approved { .. }
                | Self::Rejected { .. }
                | Self::Expired { .. }
                | Self::Withdrawn { .. } => Ok(vec![]),
            },
        }
    }

    fn submit(
        &self,
        user: UserId,
        documents: Documents,
        at: DateTime<Utc>,
    ) -> Result<Vec<KycEvent>, KycError> {
        if self.user().is_some_and(|known| known != user) {
            return Err(KycError::OtherUser);
        }
        match self {
            Self::Absent
            | Self::Rejected { .. }
            | Self::Expired { .. }
            | Self::Withdrawn { .. } => Ok(vec![KycEvent::Submitted {
                user,
                documents,
                at,
            }]),
            Self::Submitted {
                documents: waiting, ..
            } if *waiting == documents => Ok(vec![]),
            Self::Submitted { .. } => Err(KycError::Waiting),
            Self::Approved { .. } => Err(KycError::Approved),
        }
    }

    fn approve(
        &self,
        by: UserId,
        until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<Vec<KycEvent>, KycError> {
        match self {
            Self::Submitted { .. } if until <= at => Err(KycError::EndsInThePast),
            Self::Submitted { .. } => Ok(vec![KycEvent::Approved { by, until, at }]),
            Self::Approved { until: known, .. } if *known == until => Ok(vec![]),
            Self::Absent
            | Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Expired { .. }
            | Self::Withdrawn { .. } => Err(self.refusal()),
        }
    }

    /// Why nothing can be decided here: because of what has been.
    const fn refusal(&self) -> KycError {
        match self {
            Self::Absent | Self::Withdrawn { .. } => KycError::NotSubmitted,
            Self::Submitted { .. } => KycError::Waiting,
            Self::Approved { .. } => KycError::Approved,
            Self::Rejected { .. } => KycError::Rejected,
            Self::Expired { .. } => KycError::Expired,
        }
    }
}

impl Aggregate for Kyc {
    const TYPE: &'static str = "kyc";
    type Command = KycCommand;
    type Event = KycEvent;
    type Error = KycError;
    type Services = ();

    async fn handle(
        &mut self,
        command: KycCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), KycError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: KycEvent) {
        *self = match (self.user(), event) {
            (
                _,
                KycEvent::Submitted {
                    user, documents, ..
                },
            ) => Self::Submitted { user, documents },
            (Some(user), KycEvent::Approved { until, .. }) => Self::Approved { user, until },
            (Some(user), KycEvent::Rejected { reason, .. }) => Self::Rejected { user, reason },
            (Some(user), KycEvent::Expired { .. }) => Self::Expired { user },
            (Some(user), KycEvent::Withdrawn { .. }) => Self::Withdrawn { user },
            // Nothing is decided before something is submitted.
            (
                None,
                KycEvent::Approved { .. }
                | KycEvent::Rejected { .. }
                | KycEvent::Expired { .. }
                | KycEvent::Withdrawn { .. },
            ) => Self::Absent,
        };
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};

    use super::*;
    use crate::users::ObjectKey;
    use crate::users::examples::{ann, bob, minute, reason};

    fn documents(name: &str) -> Documents {
        Documents::try_new(vec![ObjectKey::try_new(name).unwrap()]).unwrap()
    }

    fn submit(user: UserId, name: &str) -> KycCommand {
        KycCommand::Submit {
            user,
            documents: documents(name),
            at: minute(0),
        }
    }

    fn approve(by: UserId, until: i64) -> KycCommand {
        KycCommand::Approve {
            by,
            until: minute(until),
            at: minute(1),
        }
    }

    fn reject(by: UserId) -> KycCommand {
        KycCommand::Reject {
            by,
            reason: reason(),
            at: minute(1),
        }
    }

    fn expire(at: i64) -> KycCommand {
        KycCommand::Expire { at: minute(at) }
    }

    fn submitted() -> KycEvent {
        KycEvent::Submitted {
            user: ann(),
            documents: documents("kyc/1"),
            at: minute(0),
        }
    }

    fn approved() -> KycEvent {
        KycEvent::Approved {
            by: bob(),
            until: minute(100),
            at: minute(1),
        }
    }

    fn rejected() -> KycEvent {
        KycEvent::Rejected {
            by: bob(),
            reason: reason(),
            at: minute(1),
        }
    }

    fn expired() -> KycEvent {
        KycEvent::Expired { at: minute(100) }
    }

    fn given(events: &[KycEvent]) -> AggregateTestExecutor<Kyc> {
        TestFramework::<Kyc>::with(()).given(events.to_vec())
    }

    #[test]
    fn documents_are_submitted_and_somebody_else_decides() {
        given(&[])
            .when(submit(ann(), "kyc/1"))
            .then_expect_events(vec![submitted()]);
        given(&[submitted()])
            .when(approve(bob(), 100))
            .then_expect_events(vec![approved()]);
        given(&[submitted()])
            .when(reject(bob()))
            .then_expect_events(vec![rejected()]);
    }

    #[test]
    fn nobody_decides_about_themselves() {
        for command in [approve(ann(), 100), reject(ann())] {
            given(&[submitted()])
                .when(command)
                .then_expect_error(KycError::Oneself);
        }
    }

    #[test]
    fn each_step_taken_twice_is_taken_once() {
        let steps = [
            (vec![submitted()], submit(ann(), "kyc/1")),
            (vec![submitted(), approved()], approve(bob(), 100)),
            (vec![submitted(), rejected()], reject(bob())),
            (vec![submitted(), approved(), expired()], expire(101)),
        ];
        for (history, command) in steps {
            given(&history).when(command).then_expect_events(vec![]);
        }
    }

    #[test]
    fn after_a_rejection_or_an_expiry_documents_may_be_submitted_again() {
        for history in [
            vec![submitted(), rejected()],
            vec![submitted(), approved(), expired()],
        ] {
            given(&history)
                .when(submit(ann(), "kyc/1"))
                .then_expect_events(vec![submitted()]);
            given(&history)
                .when(submit(bob(), "kyc/1"))
                .then_expect_error(KycError::OtherUser);
        }
    }

    #[test]
    fn what_does_not_follow_is_refused() {
        let history = [submitted(), approved(), expired()];
        let cases = [
            (0, approve(bob(), 100), KycError::NotSubmitted),
            (0, reject(bob()), KycError::NotSubmitted),
            (0, expire(100), KycError::NotSubmitted),
            (1, submit(ann(), "kyc/2"), KycError::Waiting),
            (1, expire(100), KycError::Waiting),
            (1, approve(bob(), 1), KycError::EndsInThePast),
            (2, submit(ann(), "kyc/1"), KycError::Approved),
            (2, reject(bob()), KycError::Approved),
            (2, approve(bob(), 101), KycError::Approved),
            (2, expire(99), KycError::NotYet),
            (3, approve(bob(), 100), KycError::Expired),
            (3, reject(bob()), KycError::Expired),
        ];
        for (events, command, refusal) in cases {
            given(&history[..events])
                .when(command)
                .then_expect_error(refusal);
        }
        given(&[submitted(), rejected()])
            .when(approve(bob(), 100))
            .then_expect_error(KycError::Rejected);
    }

    #[test]
    fn an_approval_holds_until_its_end_and_then_expires() {
        let mut kyc = Kyc::default();
        kyc.apply(submitted());
        assert!(!kyc.holds_at(minute(1)));
        kyc.apply(approved());
        assert!(kyc.holds_at(minute(99)));
        assert!(!kyc.holds_at(minute(100)));
        given(&[submitted(), approved()])
            .when(expire(100))
            .then_expect_events(vec![expired()]);
    }

    #[test]
    fn what_waits_is_withdrawn_and_nothing_else_is() {
        let withdraw = KycCommand::Withdraw { at: minute(2) };
        let withdrawn = KycEvent::Withdrawn { at: minute(2) };
        given(&[submitted()])
            .when(withdraw.clone())
            .then_expect_events(vec![withdrawn.clone()]);
        for history in [
            vec![],
            vec![submitted(), approved()],
            vec![submitted(), rejected()],
            vec![submitted(), withdrawn.clone()],
        ] {
            given(&history)
                .when(withdraw.clone())
                .then_expect_events(vec![]);
        }
        given(&[submitted(), withdrawn.clone()])
            .when(approve(bob(), 100))
            .then_expect_error(KycError::NotSubmitted);
        given(&[submitted(), withdrawn])
            .when(submit(ann(), "kyc/1"))
            .then_expect_events(vec![submitted()]);
    }
}
