//! The fold of the mails: each event of a mail changes its one row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::mails::{Mail, MailEvent};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef, decode};

use crate::projection::{Page, Unfoldable, Unsettled};
use crate::rows::Rows;
use crate::stored::stored_name;

/// What happened to mails in consecutive events.
#[derive(Debug, Default)]
pub struct MailsPage(Vec<Change>);

#[derive(Debug)]
struct Change {
    position: i64,
    recorded_at: DateTime<Utc>,
    mail: String,
    event: MailEvent,
}

impl Page for MailsPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        if event.aggregate_type == Mail::TYPE {
            self.0.push(Change {
                position: event.position,
                recorded_at: event.recorded_at,
                mail: event.aggregate_id.to_owned(),
                event: decode(event, &[])?,
            });
        }
        Ok(())
    }
}

impl MailsPage {
    /// Each once: a row that was asked for twice would be found twice.
    pub(super) fn touched(&self) -> BTreeSet<&str> {
        self.0.iter().map(|change| change.mail.as_str()).collect()
    }
}

/// What became of a mail so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Waiting,
    Sent,
    GivenUp,
    Withdrawn,
}

impl Status {
    const ALL: [Self; 4] = [Self::Waiting, Self::Sent, Self::GivenUp, Self::Withdrawn];

    /// Stored.
    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::GivenUp => "given-up",
            Self::Withdrawn => "withdrawn",
        }
    }
}

#[derive(Clone, Debug)]
struct Line {
    intended_position: i64,
    attempts: i64,
    intended_at: DateTime<Utc>,
    next_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    to_user: String,
    template: String,
    status: Status,
    reason: Option<String>,
}

/// The rows that are known, by mail.
#[derive(Debug, Default)]
pub struct Known(BTreeMap<String, Line>);

impl Known {
    pub(super) fn recall(&mut self, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let (intended_position, attempts) = (row.int8()?, row.int8()?);
        let times = [row.timestamp()?, row.timestamp()?, row.timestamp()?];
        let (mail, to_user, template) = (row.text()?, row.text()?, row.text()?);
        let (status, reason) = (row.text()?, row.text_or_null()?);
        let known = Status::ALL.into_iter().find(|it| it.name() == status);
        let status = known.ok_or_else(|| Unfoldable::Foreign(status.to_owned()))?;
        let [intended_at, next_at, updated_at] = times;
        let line = Line {
            intended_position,
            attempts,
            intended_at,
            next_at,
            updated_at,
            to_user: to_user.to_owned(),
            template: template.to_owned(),
            status,
            reason: reason.map(str::to_owned),
        };
        self.0.insert(mail.to_owned(), line);
        Ok(())
    }

    pub(super) fn settle(&mut self, page: MailsPage) -> Result<(), Unsettled> {
        for change in page.0 {
            let position = change.position;
            // A mail begins with its intent; one that does not is missing an event.
            self.change(change).ok_or(Unsettled {
                position,
                reason: Unfoldable::Missing,
            })?;
        }
        Ok(())
    }

    fn change(&mut self, change: Change) -> Option<()> {
        let Change {
            position,
            recorded_at,
            mail,
            event,
        } = change;
        if let MailEvent::Intended(intended) = event {
            let line = Line {
                intended_position: position,
                attempts: 0,
                intended_at: intended.at,
                next_at: intended.at,
                updated_at: recorded_at,
                to_user: intended.to.to_string(),
                template: stored_name(&intended.template),
                status: Status::Waiting,
                reason: None,
            };
            self.0.insert(mail, line);
            return Some(());
        }
        let line = self.0.get_mut(&mail)?;
        line.updated_at = recorded_at;
        match event {
            MailEvent::Intended(_) => {}
            MailEvent::Sent { attempt, .. } => {
                line.attempts = attempt.into();
                line.status = Status::Sent;
            }
            MailEvent::AttemptFailed {
                attempt,
                reason,
                retry_at,
                ..
            } => {
                line.attempts = attempt.into();
                line.reason = Some(stored_name(&reason));
                line.next_at = retry_at.unwrap_or(line.next_at);
            }
            MailEvent::GivenUp { .. } => line.status = Status::GivenUp,
            MailEvent::Withdrawn { why, .. } => {
                line.status = Status::Withdrawn;
                line.reason = Some(stored_name(&why));
            }
            MailEvent::Retried { at, .. } => {
                line.status = Status::Waiting;
                line.next_at = at;
            }
        }
        Some(())
    }

    pub(super) fn emit(&self, rows: &mut Rows) {
        for (mail, line) in &self.0 {
            rows.row()
                .int8(line.intended_position)
                .int8(line.attempts)
                .timestamp(line.intended_at)
                .timestamp(line.next_at)
                .timestamp(line.updated_at)
                .text(mail)
                .text(&line.to_user)
                .text(&line.template)
                .text(line.status.name())
                .optional_text(line.reason.as_deref());
        }
    }
}
