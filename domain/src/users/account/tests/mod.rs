//! A user's life, as given, when and then.

mod challenges;
mod ends;
mod factor;
mod passwords;
mod registration;
mod staff;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::test::{AggregateTestExecutor, TestFramework};

use super::*;
use crate::users::examples::{address, ann, bob, id, minute, reason};
use crate::users::{Challenge, Locale, Purpose, Role, Roles};

/// What Ann registers with, in the minute 0.
fn registration() -> Registration {
    Registration {
        user: ann(),
        address: address(1),
        roles: Roles::one(Role::Customer),
        locale: Locale::Russian,
        password: id(1),
        challenge: id(100),
        at: minute(0),
    }
}

fn registered() -> UserEvent {
    UserEvent::Registered(Registered {
        user: ann(),
        address: address(1),
        roles: Roles::one(Role::Customer),
        locale: Locale::Russian,
        password: id(1),
        challenge: Challenge::new(id(100), Purpose::Confirm, minute(0)),
        at: minute(0),
    })
}

fn service(roles: Roles) -> UserEvent {
    UserEvent::ServiceRegistered {
        user: ann(),
        roles,
        by: bob(),
        at: minute(0),
    }
}

fn confirmed() -> UserEvent {
    UserEvent::Confirmed { at: minute(1) }
}

fn blocked() -> UserEvent {
    UserEvent::Blocked {
        by: bob(),
        reason: reason(),
        at: minute(2),
    }
}

fn issued(challenge: u128, purpose: Purpose, at: DateTime<Utc>) -> UserEvent {
    UserEvent::ChallengeIssued {
        challenge: Challenge::new(id(challenge), purpose, at),
        at,
    }
}

fn redeem(challenge: u128, proof: Proof, redemption: Redemption, at: DateTime<Utc>) -> UserCommand {
    UserCommand::Redeem {
        challenge: id(challenge),
        proof,
        redemption,
        at,
    }
}

fn given(events: &[UserEvent]) -> AggregateTestExecutor<User> {
    TestFramework::<User>::with(()).given(events.to_vec())
}

fn user(events: &[UserEvent]) -> User {
    let mut user = User::default();
    for event in events {
        user.apply(event.clone());
    }
    user
}
