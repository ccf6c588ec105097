//! What may be asked of a user, and why it may be refused.

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::events::DisabledBecause;
use crate::users::challenge::Purpose;
use crate::users::digest::Address;
use crate::users::ids::{ChallengeId, CredentialId, FactorId, UserId};
use crate::users::reason::Reason;
use crate::users::role::{Locale, Role, Roles};

#[derive(Clone, Debug)]
pub enum UserCommand {
    Register(Registration),
    RegisterService {
        user: UserId,
        roles: Roles,
        by: UserId,
        at: DateTime<Utc>,
    },
    /// Registers somebody whose mailbox needs no proof, with a role beside.
    Appoint {
        registration: Registration,
        role: Role,
        reason: Reason,
    },
    /// Asks the mailbox; an earlier challenge of the same purpose is void from then on.
    Issue {
        challenge: ChallengeId,
        purpose: Purpose,
        at: DateTime<Utc>,
    },
    /// The mailbox answers. Whoever brings a link has checked it with the key.
    Redeem {
        challenge: ChallengeId,
        proof: Proof,
        redemption: Redemption,
        at: DateTime<Utc>,
    },
    /// `from` is the credential that was checked, so that who knew an old password only does not
    /// undo what happened to it meanwhile.
    ChangePassword {
        from: CredentialId,
        password: CredentialId,
        at: DateTime<Utc>,
    },
    /// The same password under a better hash.
    Rehash {
        from: CredentialId,
        password: CredentialId,
        at: DateTime<Utc>,
    },
    /// From then on mails are written in this language.
    ChangeLocale {
        locale: Locale,
        at: DateTime<Utc>,
    },
    GrantRole {
        role: Role,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    RevokeRole {
        role: Role,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    Block {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    Unblock {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    BeginSecondFactor {
        factor: FactorId,
        at: DateTime<Utc>,
    },
    /// `step` is the time step of the code that proved the factor; it counts as used.
    EnableSecondFactor {
        factor: FactorId,
        recovery_codes: u8,
        step: i64,
        at: DateTime<Utc>,
    },
    /// Those before are void from then on, used or not.
    ReplaceRecoveryCodes {
        codes: FactorId,
        recovery_codes: u8,
        at: DateTime<Utc>,
    },
    DisableSecondFactor {
        why: DisabledBecause,
        at: DateTime<Utc>,
    },
    /// A code was right; whether it was new is decided here.
    AcceptCode {
        step: i64,
        at: DateTime<Utc>,
    },
    /// A recovery code was right; whether it was new is decided here.
    SpendRecoveryCode {
        index: u8,
        at: DateTime<Utc>,
    },
    /// Gives up an address that nobody confirmed.
    Lapse {
        at: DateTime<Utc>,
    },
    Erase {
        at: DateTime<Utc>,
    },
}

#[derive(Clone, Debug)]
pub struct Registration {
    pub user: UserId,
    pub address: Address,
    pub roles: Roles,
    pub locale: Locale,
    pub password: CredentialId,
    pub challenge: ChallengeId,
    pub at: DateTime<Utc>,
}

/// How a challenge is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Link,
    /// A wrong code counts, so it is brought here like a right one.
    Code {
        right: bool,
    },
}

/// What is to follow the answer; it must be what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redemption {
    Confirm,
    Recover { password: CredentialId },
    ChangeAddress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UserError {
    #[error("nobody is registered here")]
    NotRegistered,
    #[error("this user was registered with other contents")]
    RegisteredOtherwise,
    #[error("the registration lapsed without being confirmed")]
    Lapsed,
    #[error("the user was erased")]
    Erased,
    #[error("the user is blocked")]
    Blocked,
    #[error("the address has not been confirmed")]
    Unconfirmed,
    #[error("the address has been confirmed")]
    Confirmed,
    #[error("there is still time to confirm the address")]
    NotYet,
    #[error("a service account does not sign in")]
    NoSignIn,
    #[error("the challenge has expired")]
    ChallengeExpired,
    #[error("the challenge was used, is void or never was")]
    ChallengeSpent,
    #[error("too many codes were wrong today; the link still works")]
    TooManyCodes,
    #[error("this is the address already")]
    SameAddress,
    #[error("the password was changed meanwhile")]
    PasswordChanged,
    #[error("a user has at least one role")]
    LastRole,
    #[error("nobody gives up their own admin role")]
    OwnAdminRole,
    #[error("nobody blocks or unblocks themselves")]
    Oneself,
    #[error("a second factor is on")]
    SecondFactorOn,
    #[error("there is no such second factor")]
    NoSecondFactor,
    #[error("a code is accepted once, and none older than it")]
    CodeUsed,
    #[error("there is no such recovery code")]
    NoRecoveryCode,
    #[error("the recovery code was used")]
    RecoveryCodeSpent,
}
