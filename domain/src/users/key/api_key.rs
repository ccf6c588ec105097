//! The aggregate: created once, good until it is revoked or expires.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{ApiKeyCommand, ApiKeyError};
use super::events::{ApiKeyEvent, Created};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ApiKey {
    #[default]
    Absent,
    Active(Box<Created>),
    Revoked(Box<Created>),
}

impl ApiKey {
    /// What the key was created with, for whoever may use it now; nothing for anybody else.
    pub fn usable_at(&self, now: DateTime<Utc>) -> Option<&Created> {
        match self {
            Self::Active(created) if created.expires_at.is_none_or(|end| now < end) => {
                Some(created)
            }
            Self::Absent | Self::Active(_) | Self::Revoked(_) => None,
        }
    }

    /// What the key was created with, whether it may still be used or not.
    pub fn created(&self) -> Option<&Created> {
        match self {
            Self::Absent => None,
            Self::Active(created) | Self::Revoked(created) => Some(created),
        }
    }

    fn decide(&self, command: ApiKeyCommand) -> Result<Vec<ApiKeyEvent>, ApiKeyError> {
        use ApiKeyCommand::{Create, Revoke};
        match (self, command) {
            (Self::Absent, Create(created)) => create(created),
            (Self::Absent, Revoke { .. }) => Err(ApiKeyError::NotCreated),
            (Self::Active(known) | Self::Revoked(known), Create(asked)) if **known != asked => {
                Err(ApiKeyError::CreatedOtherwise)
            }
            (Self::Active(_), Create(_)) | (Self::Revoked(_), Revoke { .. }) => Ok(vec![]),
            (Self::Revoked(_), Create(_)) => Err(ApiKeyError::Revoked),
            (Self::Active(_), Revoke { by, at }) => Ok(vec![ApiKeyEvent::Revoked { by, at }]),
        }
    }
}

fn create(created: Created) -> Result<Vec<ApiKeyEvent>, ApiKeyError> {
    if created.expires_at.is_some_and(|end| end <= created.at) {
        return Err(ApiKeyError::ExpiresInThePast);
    }
    if created.requests_per_minute == Some(0) {
        return Err(ApiKeyError::NoRequests);
    }
    Ok(vec![ApiKeyEvent::Created(created)])
}

impl Aggregate for ApiKey {
    const TYPE: &'static str = "api-key";
    type Command = ApiKeyCommand;
    type Event = ApiKeyEvent;
    type Error = ApiKeyError;
    type Services = ();

    async fn handle(
        &mut self,
        command: ApiKeyCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ApiKeyError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ApiKeyEvent) {
        *self = match (std::mem::take(self), event) {
            (_, ApiKeyEvent::Created(created)) => Self::Active(Box::new(created)),
            (Self::Active(created), ApiKeyEvent::Revoked { .. }) => Self::Revoked(created),
            // What was not created cannot be revoked, nor can what is revoked already.
            (state @ (Self::Absent | Self::Revoked(_)), ApiKeyEvent::Revoked { .. }) => state,
        };
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};

    use super::*;
    use crate::users::examples::{ann, bob, digest, minute};
    use crate::users::{Scope, Scopes};

    fn created() -> Created {
        Created {
            user: ann(),
            scopes: Scopes::try_new([Scope::Read, Scope::JobsWrite]).unwrap(),
            secret: digest(1),
            expires_at: Some(minute(60)),
            requests_per_minute: Some(100),
            at: minute(0),
        }
    }

    fn revoked() -> ApiKeyEvent {
        ApiKeyEvent::Revoked {
            by: bob(),
            at: minute(5),
        }
    }

    fn given(events: Vec<ApiKeyEvent>) -> AggregateTestExecutor<ApiKey> {
        TestFramework::<ApiKey>::with(()).given(events)
    }

    fn key(events: Vec<ApiKeyEvent>) -> ApiKey {
        let mut key = ApiKey::default();
        for event in events {
            key.apply(event);
        }
        key
    }

    #[test]
    fn a_key_is_created_once() {
        let history = vec![ApiKeyEvent::Created(created())];
        given(vec![])
            .when(ApiKeyCommand::Create(created()))
            .then_expect_events(history.clone());
        given(history.clone())
            .when(ApiKeyCommand::Create(created()))
            .then_expect_events(vec![]);
        given(history)
            .when(ApiKeyCommand::Create(Created {
                secret: digest(2),
                ..created()
            }))
            .then_expect_error(ApiKeyError::CreatedOtherwise);
    }

    #[test]
    fn a_key_that_nobody_could_use_is_refused() {
        given(vec![])
            .when(ApiKeyCommand::Create(Created {
                expires_at: Some(minute(0)),
                ..created()
            }))
            .then_expect_error(ApiKeyError::ExpiresInThePast);
        given(vec![])
            .when(ApiKeyCommand::Create(Created {
                requests_per_minute: Some(0),
                ..created()
            }))
            .then_expect_error(ApiKeyError::NoRequests);
    }

    #[test]
    fn a_key_is_usable_until_it_expires() {
        let mut active = key(vec![ApiKeyEvent::Created(created())]);
        let last = minute(60) - TimeDelta::nanoseconds(1);
        assert_eq!(active.usable_at(last), Some(&created()));
        assert_eq!(active.usable_at(minute(60)), None);
        active.apply(ApiKeyEvent::Created(Created {
            expires_at: None,
            ..created()
        }));
        assert!(active.usable_at(minute(1_000_000)).is_some());
        assert_eq!(ApiKey::Absent.usable_at(minute(0)), None);
    }

    #[test]
    fn revoking_twice_is_revoking_once_and_ends_the_use() {
        let history = vec![ApiKeyEvent::Created(created()), revoked()];
        let revoke = ApiKeyCommand::Revoke {
            by: bob(),
            at: minute(5),
        };
        given(history[..1].to_vec())
            .when(revoke.clone())
            .then_expect_events(vec![revoked()]);
        given(history.clone())
            .when(revoke.clone())
            .then_expect_events(vec![]);
        given(vec![])
            .when(revoke)
            .then_expect_error(ApiKeyError::NotCreated);
        assert_eq!(key(history).usable_at(minute(6)), None);
    }

    #[test]
    fn a_revoked_key_is_not_created_again() {
        given(vec![ApiKeyEvent::Created(created()), revoked()])
            .when(ApiKeyCommand::Create(created()))
            .then_expect_error(ApiKeyError::Revoked);
    }
}
