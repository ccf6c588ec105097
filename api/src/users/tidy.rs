//! What time makes useless goes: old attempts, and addresses that nobody confirmed.

use chrono::{DateTime, Utc};
use domain::users::{LAPSES_AFTER, UserCommand, UserId};
use projections::people::{self, Cursor, Standing, UserFilter};
use projections::tenants;
use store::{Context, Refused};

use super::problems::of_user;
use super::{Users, sealed};
use crate::problem::ApiError;
use crate::refused::refused;

/// As it stands in events: nobody who signs in.
const CALENDAR: &str = "calendar";
const PAGE: i64 = 200;

/// What was tidied away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    pub attempts: u64,
    pub lapsed: u64,
}

impl Users {
    /// Any number of processes may do this at any time; what one has done the next finds done.
    pub async fn tidy(&self) -> Result<Tidied, ApiError> {
        let now = self.now();
        let attempts = self.attempts().sweep(now).await?;
        let mut lapsed = 0;
        let mut after = Cursor::LATEST;
        loop {
            let unconfirmed = self.unconfirmed(after).await?;
            let Some((_, last, _)) = unconfirmed.last().copied() else {
                return Ok(Tidied { attempts, lapsed });
            };
            after = Cursor::at(last);
            for (user, _, since) in unconfirmed {
                if now - since >= LAPSES_AFTER {
                    lapsed += u64::from(self.lapse(user, now).await?);
                }
            }
        }
    }

    async fn unconfirmed(
        &self,
        after: Cursor,
    ) -> Result<Vec<(UserId, i64, DateTime<Utc>)>, ApiError> {
        let filter = UserFilter {
            standing: Some(Standing::Unconfirmed),
            ..UserFilter::default()
        };
        let mut staff = tenants::as_staff(self.commands().log().pool()).await?;
        let found = people::users(&mut *staff, filter, after, PAGE).await?;
        let row = |it: people::User| (it.user, it.position, it.registered_at);
        Ok(found.into_iter().map(row).collect())
    }

    /// Whoever confirmed at the last moment is left alone.
    async fn lapse(&self, user: UserId, at: DateTime<Utc>) -> Result<bool, ApiError> {
        let subject = user.to_string();
        let command = UserCommand::Lapse { at };
        let context = Context::by(CALENDAR);
        match self.commands().execute(&subject, command, &context).await {
            Ok(_) => {}
            Err(Refused::Domain(_)) => return Ok(false),
            Err(refusal) => return Err(refused(refusal, of_user)),
        }
        self.vault().erase(&subject).await.map_err(sealed)?;
        Ok(true)
    }
}
