//! What staff decide about a user: the roles, and whether the user is blocked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::commands::UserError;
use super::events::UserEvent;
use crate::users::ids::UserId;
use crate::users::reason::Reason;
use crate::users::role::{Role, Roles};

/// What people and service accounts have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub user: UserId,
    pub roles: Roles,
    pub blocked: bool,
}

impl Standing {
    pub(super) const fn new(user: UserId, roles: Roles) -> Self {
        Self {
            user,
            roles,
            blocked: false,
        }
    }

    pub(super) fn grant(
        &self,
        role: Role,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    ) -> Vec<UserEvent> {
        if self.roles.contains(&role) {
            return vec![];
        }
        vec![UserEvent::RoleGranted {
            role,
            by,
            reason,
            at,
        }]
    }

    pub(super) fn revoke(
        &self,
        role: Role,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        if !self.roles.contains(&role) {
            return Ok(vec![]);
        }
        // Somebody else has to agree, so that the last admin does not lock everybody out.
        if role == Role::Admin && by == self.user {
            return Err(UserError::OwnAdminRole);
        }
        if self.roles.without(&role).is_err() {
            return Err(UserError::LastRole);
        }
        Ok(vec![UserEvent::RoleRevoked {
            role,
            by,
            reason,
            at,
        }])
    }

    pub(super) fn block(
        &self,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        if by == self.user {
            return Err(UserError::Oneself);
        }
        if self.blocked {
            return Ok(vec![]);
        }
        Ok(vec![UserEvent::Blocked { by, reason, at }])
    }

    pub(super) fn unblock(
        &self,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    ) -> Result<Vec<UserEvent>, UserError> {
        if !self.blocked {
            return Ok(vec![]);
        }
        if by == self.user {
            return Err(UserError::Oneself);
        }
        Ok(vec![UserEvent::Unblocked { by, reason, at }])
    }

    pub(super) fn with_role(&mut self, role: Role) {
        self.roles = self.roles.with(role);
    }

    pub(super) fn without_role(&mut self, role: Role) {
        // Nobody loses the last role, so there is always something left.
        if let Ok(rest) = self.roles.without(&role) {
            self.roles = rest;
        }
    }
}
