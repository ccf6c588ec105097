//! The second factor: begun, proven once, and each of its codes accepted once.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::commands::UserError;
use super::events::{DisabledBecause, UserEvent};
use crate::users::ids::FactorId;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecondFactor {
    #[default]
    Off,
    /// Its secret was shown; whether it arrived is not proven yet, so nobody is asked for it.
    Begun { factor: FactorId },
    On {
        factor: FactorId,
        /// The time step of the newest code that was accepted.
        last_step: Option<i64>,
        /// Under which the vault keeps the codes on paper.
        codes: FactorId,
        recovery_codes: u8,
        spent: BTreeSet<u8>,
    },
}

impl SecondFactor {
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On { .. })
    }

    /// Under which the vault keeps the secret: to prove it if it was begun, to ask for it if it
    /// is on.
    pub const fn factor(&self) -> Option<FactorId> {
        match self {
            Self::Off => None,
            Self::Begun { factor } | Self::On { factor, .. } => Some(*factor),
        }
    }

    /// Under which the vault keeps the codes on paper, if there are any.
    pub const fn codes(&self) -> Option<FactorId> {
        match self {
            Self::Off | Self::Begun { .. } => None,
            Self::On { codes, .. } => Some(*codes),
        }
    }

    pub fn recovery_codes_left(&self) -> usize {
        match self {
            Self::Off | Self::Begun { .. } => 0,
            Self::On {
                recovery_codes,
                spent,
                ..
            } => usize::from(*recovery_codes).saturating_sub(spent.len()),
        }
    }

    pub(super) fn begin(
        &self,
        factor: FactorId,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        match self {
            Self::Begun { factor: begun } if *begun == factor => Ok(vec![]),
            Self::Off | Self::Begun { .. } => Ok(vec![UserEvent::SecondFactorBegun { factor, at }]),
            // Otherwise a stolen session could put its own in the place of the owner's.
            Self::On { .. } => Err(UserError::SecondFactorOn),
        }
    }

    pub(super) fn enable(
        &self,
        factor: FactorId,
        recovery_codes: u8,
        step: i64,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        match self {
            Self::Begun { factor: begun } if *begun == factor => Ok(vec![
                UserEvent::SecondFactorEnabled {
                    factor,
                    recovery_codes,
                    at,
                },
                UserEvent::CodeAccepted { step, at },
            ]),
            Self::On { factor: on, .. } if *on == factor => Ok(vec![]),
            Self::Off | Self::Begun { .. } | Self::On { .. } => Err(UserError::NoSecondFactor),
        }
    }

    pub(super) fn disable(&self, why: DisabledBecause, at: DateTime<Utc>) -> Vec<UserEvent> {
        match self {
            Self::Off | Self::Begun { .. } => vec![],
            Self::On { .. } => vec![UserEvent::SecondFactorDisabled { why, at }],
        }
    }

    /// Saying "already so" to a code that was used would let whoever saw it sign in.
    pub(super) fn accept(&self, step: i64, at: DateTime<Utc>) -> Result<Vec<UserEvent>, UserError> {
        match self {
            Self::Off | Self::Begun { .. } => Err(UserError::NoSecondFactor),
            Self::On {
                last_step: Some(last),
                ..
            } if step <= *last => Err(UserError::CodeUsed),
            Self::On { .. } => Ok(vec![UserEvent::CodeAccepted { step, at }]),
        }
    }

    pub(super) fn spend(&self, index: u8, at: DateTime<Utc>) -> Result<Vec<UserEvent>, UserError> {
        match self {
            Self::Off | Self::Begun { .. } => Err(UserError::NoSecondFactor),
            Self::On { recovery_codes, .. } if index >= *recovery_codes => {
                Err(UserError::NoRecoveryCode)
            }
            Self::On { spent, .. } if spent.contains(&index) => Err(UserError::RecoveryCodeSpent),
            Self::On { .. } => Ok(vec![UserEvent::RecoveryCodeSpent { index, at }]),
        }
    }

    pub(super) fn replace(
        &self,
        codes: FactorId,
        recovery_codes: u8,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        match self {
            Self::Off | Self::Begun { .. } => Err(UserError::NoSecondFactor),
            Self::On { codes: known, .. } if *known == codes => Ok(vec![]),
            Self::On { .. } => Ok(vec![UserEvent::RecoveryCodesReplaced {
                codes,
                recovery_codes,
                at,
            }]),
        }
    }

    pub(super) const fn enabled(factor: FactorId, recovery_codes: u8) -> Self {
        Self::On {
            factor,
            last_step: None,
            codes: factor,
            recovery_codes,
            spent: BTreeSet::new(),
        }
    }

    pub(super) fn accepted(&mut self, step: i64) {
        if let Self::On { last_step, .. } = self {
            *last_step = Some(step);
        }
    }

    pub(super) fn replaced(&mut self, new: FactorId, count: u8) {
        if let Self::On {
            codes,
            recovery_codes,
            spent,
            ..
        } = self
        {
            (*codes, *recovery_codes) = (new, count);
            spent.clear();
        }
    }

    pub(super) fn spent(&mut self, index: u8) {
        if let Self::On { spent, .. } = self {
            spent.insert(index);
        }
    }
}
