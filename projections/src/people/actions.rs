//! A row for everything that was done to an account, by whom and why: what an auditor reads.

use domain::users::{DisabledBecause, KycEvent, SessionEvent, UserEvent};

use super::page::{Change, What};
use super::{column, stored};
use crate::rows::Rows;
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "actions",
    columns: &[
        column("position", Cell::Int8),
        column("at", Cell::Timestamp),
        column("actor", Cell::Text),
        column("user_id", Cell::Text),
        column("action", Cell::Text),
        column("detail", Cell::OptionalText),
        column("request_id", Cell::OptionalText),
    ],
    key: &["position"],
    indexes: &[
        &["user_id", "position"],
        &["actor", "position"],
        &["action", "position"],
        &["at", "position"],
    ],
    keeping: Keeping::Appended,
    owner: Some(Owner::Column("user_id")),
};

/// Writes down what was done, unless nobody did it: that a session goes on is no action.
pub(super) fn append(change: &Change, user: &str, rows: &mut Rows) {
    if matches!(change.what, What::Session(SessionEvent::Refreshed { .. })) {
        return;
    }
    rows.row()
        .int8(change.position)
        .timestamp(change.recorded_at)
        .text(&change.metadata.actor)
        .text(user)
        .text(&change.action)
        .optional_text(detail(&change.what).as_deref())
        .optional_text(change.metadata.request_id.as_deref());
}

/// What the action's name does not say: a role, a reason, a cause.
fn detail(what: &What) -> Option<String> {
    match what {
        What::User(event) => detail_of_user(event),
        What::Session(SessionEvent::Started(started)) => {
            started.new_device.then(|| "new-device".to_owned())
        }
        What::Session(SessionEvent::Ended { why, .. }) => Some(stored::name(*why)),
        What::Examination(KycEvent::Rejected { reason, .. })
        | What::Verification { reason, .. } => Some(reason.to_string()),
        What::Session(SessionEvent::Refreshed { .. } | SessionEvent::TokenReused { .. })
        | What::Key(_)
        | What::Examination(
            KycEvent::Submitted { .. }
            | KycEvent::Approved { .. }
            | KycEvent::Expired { .. }
            | KycEvent::Withdrawn { .. },
        )
        | What::Retry { .. } => None,
    }
}

fn detail_of_user(event: &UserEvent) -> Option<String> {
    match event {
        UserEvent::RoleGranted { role, reason, .. }
        | UserEvent::RoleRevoked { role, reason, .. } => {
            Some(format!("{}: {reason}", stored::name(*role)))
        }
        UserEvent::Blocked { reason, .. } | UserEvent::Unblocked { reason, .. } => {
            Some(reason.to_string())
        }
        UserEvent::PasswordSet { why, .. } => Some(stored::name(*why)),
        UserEvent::SecondFactorDisabled { why, .. } => Some(match why {
            DisabledBecause::Asked => "asked".to_owned(),
            DisabledBecause::Staff { reason, .. } => format!("staff: {reason}"),
        }),
        UserEvent::Registered(_)
        | UserEvent::ServiceRegistered { .. }
        | UserEvent::Confirmed { .. }
        | UserEvent::ChallengeIssued { .. }
        | UserEvent::ChallengeFailed { .. }
        | UserEvent::PasswordRehashed { .. }
        | UserEvent::AddressChanged { .. }
        | UserEvent::SecondFactorBegun { .. }
        | UserEvent::SecondFactorEnabled { .. }
        | UserEvent::CodeAccepted { .. }
        | UserEvent::LocaleChanged { .. }
        | UserEvent::RecoveryCodeSpent { .. }
        | UserEvent::RecoveryCodesReplaced { .. }
        | UserEvent::Lapsed { .. }
        | UserEvent::Erased { .. } => None,
    }
}
