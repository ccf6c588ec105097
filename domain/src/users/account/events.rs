//! What has happened to a user; beside it, which address it takes or gives up.

use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use ledger::{Claim, Effects};
use serde::{Deserialize, Serialize};

use crate::users::challenge::Challenge;
use crate::users::digest::Address;
use crate::users::ids::{ChallengeId, CredentialId, FactorId, UserId};
use crate::users::reason::Reason;
use crate::users::role::{Locale, Role, Roles};

/// Why there is another password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetBecause {
    #[serde(rename = "recovery")]
    Recovery,
    #[serde(rename = "change")]
    Change,
}

/// Who switched the second factor off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum DisabledBecause {
    #[serde(rename = "asked")]
    Asked,
    #[serde(rename = "staff")]
    Staff { by: UserId, reason: Reason },
}

/// What a person is registered with, the first challenge included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    pub user: UserId,
    pub address: Address,
    pub roles: Roles,
    pub locale: Locale,
    pub password: CredentialId,
    pub challenge: Challenge,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum UserEvent {
    #[serde(rename = "user.registered")]
    Registered(Registered),
    #[serde(rename = "user.service-registered")]
    ServiceRegistered {
        user: UserId,
        roles: Roles,
        by: UserId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.confirmed")]
    Confirmed { at: DateTime<Utc> },
    #[serde(rename = "user.challenge-issued")]
    ChallengeIssued {
        challenge: Challenge,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.challenge-failed")]
    ChallengeFailed {
        challenge: ChallengeId,
        /// Wrong codes for this challenge, this one included.
        attempts: u8,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.password-set")]
    PasswordSet {
        password: CredentialId,
        why: SetBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.password-rehashed")]
    PasswordRehashed {
        password: CredentialId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.address-changed")]
    AddressChanged {
        from: Address,
        to: Address,
        /// The one that was answered; under it the vault keeps where the old address was.
        challenge: ChallengeId,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.locale-changed")]
    LocaleChanged { locale: Locale, at: DateTime<Utc> },
    #[serde(rename = "user.role-granted")]
    RoleGranted {
        role: Role,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.role-revoked")]
    RoleRevoked {
        role: Role,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.blocked")]
    Blocked {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.unblocked")]
    Unblocked {
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.second-factor-begun")]
    SecondFactorBegun { factor: FactorId, at: DateTime<Utc> },
    #[serde(rename = "user.second-factor-enabled")]
    SecondFactorEnabled {
        factor: FactorId,
        recovery_codes: u8,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.second-factor-disabled")]
    SecondFactorDisabled {
        why: DisabledBecause,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.code-accepted")]
    CodeAccepted { step: i64, at: DateTime<Utc> },
    #[serde(rename = "user.recovery-code-spent")]
    RecoveryCodeSpent { index: u8, at: DateTime<Utc> },
    #[serde(rename = "user.recovery-codes-replaced")]
    RecoveryCodesReplaced {
        /// Under which the vault keeps the new ones.
        codes: FactorId,
        recovery_codes: u8,
        at: DateTime<Utc>,
    },
    #[serde(rename = "user.lapsed")]
    Lapsed { address: Address, at: DateTime<Utc> },
    #[serde(rename = "user.erased")]
    Erased {
        /// A service account has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<Address>,
        at: DateTime<Utc>,
    },
}

impl Effects for UserEvent {
    fn claims(&self) -> Vec<Claim> {
        match self {
            Self::Registered(registered) => vec![Claim::Take(registered.address.name())],
            Self::AddressChanged { from, to, .. } => {
                vec![Claim::Release(from.name()), Claim::Take(to.name())]
            }
            Self::Lapsed { address, .. } => vec![Claim::Release(address.name())],
            Self::Erased { address, .. } => address
                .iter()
                .map(|address| Claim::Release(address.name()))
                .collect(),
            Self::ServiceRegistered { .. }
            | Self::Confirmed { .. }
            | Self::ChallengeIssued { .. }
            | Self::ChallengeFailed { .. }
            | Self::PasswordSet { .. }
            | Self::PasswordRehashed { .. }
            | Self::LocaleChanged { .. }
            | Self::RoleGranted { .. }
            | Self::RoleRevoked { .. }
            | Self::Blocked { .. }
            | Self::Unblocked { .. }
            | Self::SecondFactorBegun { .. }
            | Self::SecondFactorEnabled { .. }
            | Self::SecondFactorDisabled { .. }
            | Self::CodeAccepted { .. }
            | Self::RecoveryCodeSpent { .. }
            | Self::RecoveryCodesReplaced { .. } => vec![],
        }
    }
}

impl DomainEvent for UserEvent {
    fn event_type(&self) -> String {
        let name = match self {
            Self::Registered(_) => "user.registered",
            Self::ServiceRegistered { .. } => "user.service-registered",
            Self::Confirmed { .. } => "user.confirmed",
            Self::ChallengeIssued { .. } => "user.challenge-issued",
            Self::ChallengeFailed { .. } => "user.challenge-failed",
            Self::PasswordSet { .. } => "user.password-set",
            Self::PasswordRehashed { .. } => "user.password-rehashed",
            Self::AddressChanged { .. } => "user.address-changed",
            Self::LocaleChanged { .. } => "user.locale-changed",
            Self::RoleGranted { .. } => "user.role-granted",
            Self::RoleRevoked { .. } => "user.role-revoked",
            Self::Blocked { .. } => "user.blocked",
            Self::Unblocked { .. } => "user.unblocked",
            Self::SecondFactorBegun { .. } => "user.second-factor-begun",
            Self::SecondFactorEnabled { .. } => "user.second-factor-enabled",
            Self::SecondFactorDisabled { .. } => "user.second-factor-disabled",
            Self::CodeAccepted { .. } => "user.code-accepted",
            Self::RecoveryCodeSpent { .. } => "user.recovery-code-spent",
            Self::RecoveryCodesReplaced { .. } => "user.recovery-codes-replaced",
            Self::Lapsed { .. } => "user.lapsed",
            Self::Erased { .. } => "user.erased",
        };
        name.to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}
