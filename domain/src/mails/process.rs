//! Which mails follow which events: pure, so that it can be asked again.
//!
//! Each function is given the event's own identity, from which the mail's is made, so that one
//! event is one mail however often it is seen.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::commands::MailCommand;
use super::events::{Intended, MailId, Template};
use crate::users::{
    ApiKeyEvent, Challenge, ChallengeId, Purpose, Registered, SessionEvent, UserEvent, UserId,
};

/// What follows an event of a user's stream.
pub fn after_user(cause: Uuid, user: UserId, event: &UserEvent) -> Option<(MailId, MailCommand)> {
    let (template, challenge, at) = match event {
        UserEvent::Registered(Registered { challenge, at, .. })
        | UserEvent::ChallengeIssued { challenge, at } => {
            (asks(challenge), Some(challenge.id), *at)
        }
        UserEvent::PasswordSet { at, .. } => (Template::PasswordChanged, None, *at),
        // Not to be answered any more: it says under which name the old address is kept.
        UserEvent::AddressChanged { challenge, at, .. } => {
            (Template::AddressChanged, Some(*challenge), *at)
        }
        UserEvent::SecondFactorEnabled { at, .. }
        | UserEvent::SecondFactorDisabled { at, .. }
        | UserEvent::RecoveryCodesReplaced { at, .. } => {
            (Template::SecondFactorChanged, None, *at)
        }
        UserEvent::Blocked { at, .. } => (Template::Blocked, None, *at),
        UserEvent::ServiceRegistered { .. }
        | UserEvent::Confirmed { .. }
        | UserEvent::ChallengeFailed { .. }
        | UserEvent::PasswordRehashed { .. }
        | UserEvent::LocaleChanged { .. }
        | UserEvent::RoleGranted { .. }
        | UserEvent::RoleRevoked { .. }
        | UserEvent::Unblocked { .. }
        | UserEvent::SecondFactorBegun { .. }
        | UserEvent::CodeAccepted { .. }
        | UserEvent::RecoveryCodeSpent { .. }
        | UserEvent::Lapsed { .. }
        // Nothing is known about who was erased, so what is to be said was said before.
        | UserEvent::Erased { .. } => return None,
    };
    Some(intend(cause, user, template, challenge, at))
}

/// What follows an event of a session.
pub fn after_session(cause: Uuid, event: &SessionEvent) -> Option<(MailId, MailCommand)> {
    match event {
        SessionEvent::Started(started) if started.new_device => Some(intend(
            cause,
            started.user,
            Template::NewSignIn,
            None,
            started.at,
        )),
        SessionEvent::Started(_)
        | SessionEvent::Refreshed { .. }
        | SessionEvent::TokenReused { .. }
        | SessionEvent::Ended { .. } => None,
    }
}

/// What follows an event of an API key.
pub fn after_api_key(cause: Uuid, event: &ApiKeyEvent) -> Option<(MailId, MailCommand)> {
    match event {
        ApiKeyEvent::Created(created) => Some(intend(
            cause,
            created.user,
            Template::ApiKeyCreated,
            None,
            created.at,
        )),
        ApiKeyEvent::Revoked { .. } => None,
    }
}

const fn asks(challenge: &Challenge) -> Template {
    match challenge.purpose {
        Purpose::Confirm => Template::Confirm,
        Purpose::Recover => Template::Recover,
        Purpose::ChangeAddress { .. } => Template::ChangeAddress,
    }
}

const fn intend(
    cause: Uuid,
    to: UserId,
    template: Template,
    challenge: Option<ChallengeId>,
    at: DateTime<Utc>,
) -> (MailId, MailCommand) {
    let intended = Intended {
        to,
        template,
        challenge,
        cause,
        at,
    };
    (MailId::new(cause), MailCommand::Intend(intended))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::users::examples::{address, ann, bob, device, digest, id, minute, reason};
    use crate::users::{
        Created, DisabledBecause, EndedBecause, Limits, Locale, Role, Roles, Scope, Scopes,
        SetBecause, Started,
    };

    const CAUSE: Uuid = Uuid::from_u128(7);

    fn expected(template: Template, challenge: Option<u128>) -> Intended {
        Intended {
            to: ann(),
            template,
            challenge: challenge.map(id),
            cause: CAUSE,
            at: minute(1),
        }
    }

    fn intended(follows: Option<(MailId, MailCommand)>) -> Option<Intended> {
        let (mail, command) = follows?;
        assert_eq!(mail.to_string(), format!("mail_{CAUSE}"));
        match command {
            MailCommand::Intend(intended) => Some(intended),
            other => panic!("{other:?}"),
        }
    }

    fn issued(purpose: Purpose) -> UserEvent {
        UserEvent::ChallengeIssued {
            challenge: Challenge::new(id(100), purpose, minute(1)),
            at: minute(1),
        }
    }

    fn started(new_device: bool) -> SessionEvent {
        SessionEvent::Started(Started {
            user: ann(),
            device: device(1),
            new_device,
            remember: false,
            token: digest(1),
            second_factor: false,
            limits: Limits::usual(false),
            at: minute(1),
        })
    }

    #[test]
    fn a_challenge_is_brought_by_a_mail_of_its_purpose() {
        let registered = UserEvent::Registered(Registered {
            user: ann(),
            address: address(1),
            roles: Roles::one(Role::Customer),
            locale: Locale::English,
            password: id(1),
            challenge: Challenge::new(id(100), Purpose::Confirm, minute(1)),
            at: minute(1),
        });
        let to = address(2);
        let cases = [
            (registered, Template::Confirm),
            (issued(Purpose::Confirm), Template::Confirm),
            (issued(Purpose::Recover), Template::Recover),
            (
                issued(Purpose::ChangeAddress { to }),
                Template::ChangeAddress,
            ),
        ];
        for (event, template) in cases {
            assert_eq!(
                intended(after_user(CAUSE, ann(), &event)),
                Some(expected(template, Some(100)))
            );
        }
    }

    #[test]
    fn a_user_hears_what_was_done_to_the_account() {
        let at = minute(1);
        let password = |why| UserEvent::PasswordSet {
            password: id(2),
            why,
            at,
        };
        let cases = [
            (password(SetBecause::Change), Template::PasswordChanged),
            (password(SetBecause::Recovery), Template::PasswordChanged),
            (
                UserEvent::SecondFactorEnabled {
                    factor: id(1),
                    recovery_codes: 8,
                    at,
                },
                Template::SecondFactorChanged,
            ),
            (
                UserEvent::SecondFactorDisabled {
                    why: DisabledBecause::Asked,
                    at,
                },
                Template::SecondFactorChanged,
            ),
            (
                UserEvent::Blocked {
                    by: bob(),
                    reason: reason(),
                    at,
                },
                Template::Blocked,
            ),
        ];
        for (event, template) in cases {
            assert_eq!(
                intended(after_user(CAUSE, ann(), &event)),
                Some(expected(template, None))
            );
        }
    }

    #[test]
    fn who_reads_the_old_mailbox_hears_that_the_address_was_changed() {
        let changed = UserEvent::AddressChanged {
            from: address(1),
            to: address(2),
            challenge: id(100),
            at: minute(1),
        };
        assert_eq!(
            intended(after_user(CAUSE, ann(), &changed)),
            Some(expected(Template::AddressChanged, Some(100)))
        );
    }

    #[test]
    fn a_sign_in_is_news_on_a_new_device_only() {
        assert_eq!(
            intended(after_session(CAUSE, &started(true))),
            Some(expected(Template::NewSignIn, None))
        );
        let ended = SessionEvent::Ended {
            why: EndedBecause::SignedOut,
            at: minute(1),
        };
        for event in [started(false), ended] {
            assert_eq!(intended(after_session(CAUSE, &event)), None);
        }
    }

    #[test]
    fn a_user_hears_of_a_new_key_and_not_of_its_end() {
        let created = ApiKeyEvent::Created(Created {
            user: ann(),
            scopes: Scopes::one(Scope::Read),
            secret: digest(1),
            expires_at: None,
            requests_per_minute: None,
            at: minute(1),
        });
        assert_eq!(
            intended(after_api_key(CAUSE, &created)),
            Some(expected(Template::ApiKeyCreated, None))
        );
        let revoked = ApiKeyEvent::Revoked {
            by: bob(),
            at: minute(1),
        };
        assert_eq!(intended(after_api_key(CAUSE, &revoked)), None);
    }

    #[test]
    fn what_only_counts_is_not_written_about() {
        let at = minute(1);
        let events = [
            UserEvent::Confirmed { at },
            UserEvent::CodeAccepted { step: 1, at },
            UserEvent::PasswordRehashed {
                password: id(2),
                at,
            },
            UserEvent::Erased { address: None, at },
        ];
        for event in events {
            assert_eq!(intended(after_user(CAUSE, ann(), &event)), None);
        }
    }
}
