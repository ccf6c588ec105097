//! A page of people: what happened to accounts, and what must be known to tell of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use domain::mails::{Mail, MailEvent};
use domain::servers::{Machine, MachineEvent, UnverifiedBecause};
use domain::users::{
    ApiKey, ApiKeyEvent, Kyc, KycEvent, Reason, Session, SessionEvent, User, UserEvent, UserId,
};
use store::{Catalogue, Columns, EventRef, Metadata, decode};

use super::{EXAMINATIONS_INDEX, KEYS_INDEX, SESSIONS_INDEX, USERS_INDEX};
use crate::projection::{Page, Unfoldable};

/// What happened to accounts in consecutive events.
#[derive(Debug, Default)]
pub struct PeoplePage(pub(super) Vec<Change>);

#[derive(Debug)]
pub(super) struct Change {
    pub position: i64,
    pub recorded_at: DateTime<Utc>,
    /// To what it happened.
    pub stream: String,
    pub what: What,
    /// The event's stored name.
    pub action: String,
    pub metadata: Metadata,
}

#[derive(Debug)]
pub(super) enum What {
    User(Box<UserEvent>),
    Session(SessionEvent),
    Key(ApiKeyEvent),
    Examination(KycEvent),
    /// Staff had a mail to this user tried again; it changes no row.
    Retry {
        to: UserId,
    },
    /// Staff said of a machine of this user's whether it is what it says; it changes no row.
    Verification {
        provider: UserId,
        reason: Reason,
    },
}

impl What {
    fn read(event: &EventRef<'_>) -> Result<Option<Self>, Unfoldable> {
        let what = match event.aggregate_type {
            User::TYPE => Self::User(Box::new(decode(event, &[])?)),
            Session::TYPE => Self::Session(decode(event, &[])?),
            ApiKey::TYPE => Self::Key(decode(event, &[])?),
            Kyc::TYPE => Self::Examination(decode(event, &[])?),
            Mail::TYPE => match decode(event, &[])? {
                // The first version does not say to whom; whoever did it is known.
                MailEvent::Retried { to, by, .. } => Self::Retry {
                    to: to.unwrap_or(by),
                },
                _ => return Ok(None),
            },
            Machine::TYPE => match verification(decode(event, &[])?) {
                Some(what) => what,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        Ok(what.shows().then_some(what))
    }

    /// What only serves to check who somebody is, changes nothing that is shown.
    fn shows(&self) -> bool {
        match self {
            Self::User(event) => match **event {
                UserEvent::ChallengeIssued { .. }
                | UserEvent::ChallengeFailed { .. }
                | UserEvent::CodeAccepted { .. }
                | UserEvent::PasswordRehashed { .. } => false,
                UserEvent::Registered(_)
                | UserEvent::ServiceRegistered { .. }
                | UserEvent::Confirmed { .. }
                | UserEvent::PasswordSet { .. }
                | UserEvent::AddressChanged { .. }
                | UserEvent::RoleGranted { .. }
                | UserEvent::RoleRevoked { .. }
                | UserEvent::Blocked { .. }
                | UserEvent::Unblocked { .. }
                | UserEvent::LocaleChanged { .. }
                | UserEvent::SecondFactorBegun { .. }
                | UserEvent::SecondFactorEnabled { .. }
                | UserEvent::SecondFactorDisabled { .. }
                | UserEvent::RecoveryCodeSpent { .. }
                | UserEvent::RecoveryCodesReplaced { .. }
                | UserEvent::Lapsed { .. }
                | UserEvent::Erased { .. } => true,
            },
            Self::Session(_)
            | Self::Key(_)
            | Self::Examination(_)
            | Self::Retry { .. }
            | Self::Verification { .. } => true,
        }
    }

    /// In which table the row stands that this changes, if it changes one.
    const fn table(&self) -> Option<usize> {
        match self {
            Self::User(_) => Some(USERS_INDEX),
            Self::Session(_) => Some(SESSIONS_INDEX),
            Self::Key(_) => Some(KEYS_INDEX),
            Self::Examination(_) => Some(EXAMINATIONS_INDEX),
            Self::Retry { .. } | Self::Verification { .. } => None,
        }
    }
}

/// Of what happens to machines, what staff decide is told with what they decide about people.
fn verification(event: MachineEvent) -> Option<What> {
    match event {
        MachineEvent::Verified {
            provider, reason, ..
        }
        | MachineEvent::Unverified {
            provider,
            why: UnverifiedBecause::Staff { reason, .. },
            ..
        } => Some(What::Verification { provider, reason }),
        _ => None,
    }
}

impl Page for PeoplePage {
    const COLUMNS: Columns = Columns::All;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        let Some(what) = What::read(event)? else {
            return Ok(());
        };
        let metadata = serde_json::from_str(event.metadata).map_err(Unfoldable::Metadata)?;
        self.0.push(Change {
            position: event.position,
            recorded_at: event.recorded_at,
            stream: event.aggregate_id.to_owned(),
            what,
            action: event.event_type.to_owned(),
            metadata,
        });
        Ok(())
    }
}

impl PeoplePage {
    /// Each once: a row that was asked for twice would be found twice.
    pub(super) fn touched(&self) -> BTreeSet<(usize, &str)> {
        self.0
            .iter()
            .filter_map(|change| Some((change.what.table()?, change.stream.as_str())))
            .collect()
    }
}
