//! The rows that are known, and what each event makes of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use store::copy::Row;

use super::page::{Change, PeoplePage, What};
use super::{EXAMINATIONS_INDEX, KEYS_INDEX, SESSIONS_INDEX, USERS_INDEX};
use super::{actions, examinations, keys, sessions, users};
use crate::projection::{Unfoldable, Unsettled};
use crate::rows::Rows;

/// By the stream of which each tells.
#[derive(Debug, Default)]
pub struct Known {
    users: BTreeMap<String, users::Line>,
    sessions: BTreeMap<String, sessions::Line>,
    keys: BTreeMap<String, keys::Line>,
    examinations: BTreeMap<String, examinations::Line>,
}

impl Known {
    pub(super) fn recall(&mut self, table: usize, mut row: Row<'_>) -> Result<(), Unfoldable> {
        let row = &mut row;
        match table {
            USERS_INDEX => self.users.extend([users::Line::recall(row)?]),
            SESSIONS_INDEX => self.sessions.extend([sessions::Line::recall(row)?]),
            KEYS_INDEX => self.keys.extend([keys::Line::recall(row)?]),
            EXAMINATIONS_INDEX => self.examinations.extend([examinations::Line::recall(row)?]),
            _ => unreachable!("rows are recalled from keyed tables alone"),
        }
        Ok(())
    }

    pub(super) fn settle(&mut self, page: PeoplePage, actions: &mut Rows) -> Result<(), Unsettled> {
        for change in page.0 {
            // What began before its beginning is missing an event.
            let user = self.change(&change).ok_or(Unsettled {
                position: change.position,
                reason: Unfoldable::Missing,
            })?;
            actions::append(&change, &user, actions);
        }
        Ok(())
    }

    /// Whose account the change is about; nothing if it is one of something that never began.
    fn change<'a>(&'a mut self, change: &'a Change) -> Option<Cow<'a, str>> {
        let (position, at) = (change.position, change.recorded_at);
        let stream = &change.stream;
        match &change.what {
            What::User(event) => {
                let new = users::Line::new(event, position, at);
                begun(&mut self.users, stream, new)?.change(event, at);
                Some(stream.into())
            }
            What::Session(event) => {
                let line = begun(
                    &mut self.sessions,
                    stream,
                    sessions::Line::new(event, position),
                )?;
                line.change(event);
                Some(line.user().into())
            }
            What::Key(event) => {
                let line = begun(&mut self.keys, stream, keys::Line::new(event, position))?;
                line.change(event);
                Some(line.user().into())
            }
            What::Examination(event) => {
                let new = examinations::Line::new(event, position, at);
                let line = begun(&mut self.examinations, stream, new)?;
                line.change(event, at);
                Some(line.user().into())
            }
            What::Retry { to } => Some(to.to_string().into()),
            What::Verification { provider, .. } => Some(provider.to_string().into()),
        }
    }

    pub(super) fn emit(&self, rows: &mut [Rows]) {
        for (user, line) in &self.users {
            line.emit(user, &mut rows[USERS_INDEX]);
        }
        for (session, line) in &self.sessions {
            line.emit(session, &mut rows[SESSIONS_INDEX]);
        }
        for (key, line) in &self.keys {
            line.emit(key, &mut rows[KEYS_INDEX]);
        }
        for (examination, line) in &self.examinations {
            line.emit(examination, &mut rows[EXAMINATIONS_INDEX]);
        }
    }
}

/// The line of this stream, which the event at hand may have begun.
fn begun<'a, L>(
    lines: &'a mut BTreeMap<String, L>,
    stream: &str,
    new: Option<L>,
) -> Option<&'a mut L> {
    if let Some(new) = new {
        lines.insert(stream.to_owned(), new);
    }
    lines.get_mut(stream)
}
