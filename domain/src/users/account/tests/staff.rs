//! Roles and blocking: decided by staff, never about themselves.

use super::*;
use crate::users::UserId;

fn grant(role: Role, by: UserId) -> UserCommand {
    UserCommand::GrantRole {
        role,
        by,
        reason: reason(),
        at: minute(2),
    }
}

fn revoke(role: Role, by: UserId) -> UserCommand {
    UserCommand::RevokeRole {
        role,
        by,
        reason: reason(),
        at: minute(2),
    }
}

fn granted(role: Role) -> UserEvent {
    UserEvent::RoleGranted {
        role,
        by: bob(),
        reason: reason(),
        at: minute(2),
    }
}

fn revoked(role: Role) -> UserEvent {
    UserEvent::RoleRevoked {
        role,
        by: bob(),
        reason: reason(),
        at: minute(2),
    }
}

fn block(by: UserId) -> UserCommand {
    UserCommand::Block {
        by,
        reason: reason(),
        at: minute(2),
    }
}

fn unblock(by: UserId) -> UserCommand {
    UserCommand::Unblock {
        by,
        reason: reason(),
        at: minute(2),
    }
}

fn unblocked() -> UserEvent {
    UserEvent::Unblocked {
        by: bob(),
        reason: reason(),
        at: minute(2),
    }
}

#[test]
fn roles_are_granted_and_revoked_once() {
    for start in [registered(), service(Roles::one(Role::Customer))] {
        given(std::slice::from_ref(&start))
            .when(grant(Role::Provider, bob()))
            .then_expect_events(vec![granted(Role::Provider)]);
        let both = [start.clone(), granted(Role::Provider)];
        given(&both)
            .when(grant(Role::Provider, bob()))
            .then_expect_events(vec![]);
        given(&both)
            .when(revoke(Role::Customer, bob()))
            .then_expect_events(vec![revoked(Role::Customer)]);
        let one = [both.to_vec(), vec![revoked(Role::Customer)]].concat();
        given(&one)
            .when(revoke(Role::Customer, bob()))
            .then_expect_events(vec![]);
        let roles = &user(&one).standing().unwrap().roles.clone();
        assert_eq!(*roles, Roles::one(Role::Provider));
    }
}

#[test]
fn the_last_role_stays() {
    given(&[registered()])
        .when(revoke(Role::Customer, bob()))
        .then_expect_error(UserError::LastRole);
}

#[test]
fn nobody_gives_up_their_own_admin_role() {
    let history = [registered(), granted(Role::Admin), granted(Role::Support)];
    given(&history)
        .when(revoke(Role::Admin, ann()))
        .then_expect_error(UserError::OwnAdminRole);
    given(&history)
        .when(revoke(Role::Admin, bob()))
        .then_expect_events(vec![revoked(Role::Admin)]);
    let own = UserEvent::RoleRevoked {
        role: Role::Support,
        by: ann(),
        reason: reason(),
        at: minute(2),
    };
    given(&history)
        .when(revoke(Role::Support, ann()))
        .then_expect_events(vec![own]);
}

#[test]
fn blocking_twice_is_blocking_once_and_so_is_unblocking() {
    for start in [registered(), service(Roles::one(Role::Customer))] {
        given(std::slice::from_ref(&start))
            .when(block(bob()))
            .then_expect_events(vec![blocked()]);
        given(&[start.clone(), blocked()])
            .when(block(bob()))
            .then_expect_events(vec![]);
        given(&[start.clone(), blocked()])
            .when(unblock(bob()))
            .then_expect_events(vec![unblocked()]);
        given(&[start.clone(), blocked(), unblocked()])
            .when(unblock(bob()))
            .then_expect_events(vec![]);
        let is_blocked = |events: &[UserEvent]| user(events).standing().unwrap().blocked;
        assert!(is_blocked(&[start.clone(), blocked()]));
        assert!(!is_blocked(&[start, blocked(), unblocked()]));
    }
}

#[test]
fn nobody_blocks_or_unblocks_themselves() {
    given(&[registered()])
        .when(block(ann()))
        .then_expect_error(UserError::Oneself);
    given(&[registered(), blocked()])
        .when(unblock(ann()))
        .then_expect_error(UserError::Oneself);
}

#[test]
fn a_blocked_user_is_refused_what_only_the_user_asks() {
    let at = minute(3);
    let commands = [
        UserCommand::Issue {
            challenge: id(101),
            purpose: Purpose::Recover,
            at,
        },
        redeem(100, Proof::Link, Redemption::Confirm, at),
        UserCommand::ChangePassword {
            from: id(1),
            password: id(2),
            at,
        },
        UserCommand::Rehash {
            from: id(1),
            password: id(2),
            at,
        },
        UserCommand::BeginSecondFactor { factor: id(9), at },
        UserCommand::EnableSecondFactor {
            factor: id(9),
            recovery_codes: 8,
            step: 1,
            at,
        },
        UserCommand::AcceptCode { step: 1, at },
        UserCommand::SpendRecoveryCode { index: 0, at },
    ];
    for command in commands {
        given(&[registered(), blocked()])
            .when(command)
            .then_expect_error(UserError::Blocked);
    }
}
