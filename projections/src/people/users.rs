//! A row for every user: what they are, and whether they may.

use chrono::{DateTime, Utc};
use domain::users::{Locale, Registered, Roles, UserEvent};
use store::copy::Row;

use super::answers::{Kind, Standing};
use super::{column, stored};
use crate::projection::Unfoldable;
use crate::rows::{self, Rows};
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "users",
    columns: &[
        column("position", Cell::Int8),
        column("registered_at", Cell::Timestamp),
        column("changed_at", Cell::Timestamp),
        column("blocked", Cell::Bool),
        column("second_factor", Cell::Bool),
        column("user_id", Cell::Text),
        column("kind", Cell::Text),
        column("standing", Cell::Text),
        column("roles", Cell::Text),
        column("locale", Cell::OptionalText),
        column("blocked_reason", Cell::OptionalText),
    ],
    key: &["user_id"],
    indexes: &[&["position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("user_id")),
};

#[derive(Debug)]
pub(super) struct Line {
    position: i64,
    registered_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    second_factor: bool,
    kind: Kind,
    standing: Standing,
    roles: Roles,
    /// What a service account reads in is nobody's concern.
    locale: Option<Locale>,
    /// Of whom is blocked now.
    blocked: Option<String>,
}

impl Line {
    pub fn recall(row: &mut Row<'_>) -> Result<(String, Self), Unfoldable> {
        let position = row.int8()?;
        let (registered_at, changed_at) = (row.timestamp()?, row.timestamp()?);
        let (blocked, second_factor) = (rows::bool(row)?, rows::bool(row)?);
        let user = row.text()?.to_owned();
        let (kind, standing) = (stored::named(row.text()?)?, stored::named(row.text()?)?);
        let roles = stored::all_named(row.text()?)?;
        let locale = row.text_or_null()?.map(stored::named).transpose()?;
        let reason = row.text_or_null()?.map(str::to_owned);
        let line = Self {
            position,
            registered_at,
            changed_at,
            second_factor,
            kind,
            standing,
            roles,
            locale,
            blocked: reason.filter(|_| blocked),
        };
        Ok((user, line))
    }

    /// The row of whom this event registers.
    pub fn new(event: &UserEvent, position: i64, recorded_at: DateTime<Utc>) -> Option<Self> {
        let (kind, standing, roles, locale, registered_at) = match event {
            UserEvent::Registered(Registered {
                roles, locale, at, ..
            }) => (
                Kind::Person,
                Standing::Unconfirmed,
                roles,
                Some(*locale),
                *at,
            ),
            // There is no mailbox to be proven.
            UserEvent::ServiceRegistered { roles, at, .. } => {
                (Kind::Service, Standing::Confirmed, roles, None, *at)
            }
            _ => return None,
        };
        Some(Self {
            position,
            registered_at,
            changed_at: recorded_at,
            second_factor: false,
            kind,
            standing,
            roles: roles.clone(),
            locale,
            blocked: None,
        })
    }

    pub fn change(&mut self, event: &UserEvent, recorded_at: DateTime<Utc>) {
        use UserEvent as E;
        self.changed_at = recorded_at;
        match event {
            E::LocaleChanged { locale, .. } => self.locale = Some(*locale),
            E::Confirmed { .. } => self.standing = Standing::Confirmed,
            E::RoleGranted { role, .. } => self.roles = self.roles.with(*role),
            E::RoleRevoked { role, .. } => {
                // Nobody loses the last role, so there is always something left.
                if let Ok(rest) = self.roles.without(role) {
                    self.roles = rest;
                }
            }
            E::Blocked { reason, .. } => self.blocked = Some(reason.to_string()),
            E::Unblocked { .. } => self.blocked = None,
            E::SecondFactorEnabled { .. } => self.second_factor = true,
            E::SecondFactorDisabled { .. } => self.second_factor = false,
            E::Lapsed { .. } => self.standing = Standing::Lapsed,
            E::Erased { .. } => {
                self.standing = Standing::Erased;
                self.second_factor = false;
            }
            E::Registered(_)
            | E::ServiceRegistered { .. }
            | E::PasswordSet { .. }
            | E::PasswordRehashed { .. }
            | E::AddressChanged { .. }
            | E::ChallengeIssued { .. }
            | E::ChallengeFailed { .. }
            | E::SecondFactorBegun { .. }
            | E::CodeAccepted { .. }
            | E::RecoveryCodeSpent { .. }
            | E::RecoveryCodesReplaced { .. } => {}
        }
    }

    pub fn emit(&self, user: &str, rows: &mut Rows) {
        rows.row()
            .int8(self.position)
            .timestamp(self.registered_at)
            .timestamp(self.changed_at)
            .bool(self.blocked.is_some())
            .bool(self.second_factor)
            .text(user)
            .text(&stored::name(self.kind))
            .text(&stored::name(self.standing))
            .text(&stored::names(&self.roles))
            .optional_text(self.locale.map(stored::name).as_deref())
            .optional_text(self.blocked.as_deref());
    }
}
