//! What time makes useless goes: old attempts, addresses nobody confirmed, ended approvals.

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::{KycCommand, KycId, LAPSES_AFTER, UserCommand, UserId};
use projections::people::{self, Cursor, Standing, UserFilter};
use projections::tenants;
use store::{Context, Refused};

use super::problems::{of_kyc, of_user};
use super::{Users, sealed};
use crate::problem::ApiError;
use crate::refused::refused;

/// As it stands in events: nobody who signs in.
const CALENDAR: &str = "calendar";
const PAGE: i64 = 200;
/// For so long after registering, it is made sure that nothing of somebody who lapsed is kept.
const LOOKED_AT_AGAIN: TimeDelta = TimeDelta::days(30);

/// What was tidied away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    pub attempts: u64,
    pub lapsed: u64,
    pub expired: u64,
}

impl Users {
    /// Any number of processes may do this at any time; what one has done the next finds done.
    pub async fn tidy(&self) -> Result<Tidied, ApiError> {
        let now = self.now();
        Ok(Tidied {
            attempts: self.attempts().sweep(now).await?,
            lapsed: self.lapse_unconfirmed(now).await?,
            expired: self.expire_approvals(now).await?,
        })
    }

    async fn lapse_unconfirmed(&self, now: DateTime<Utc>) -> Result<u64, ApiError> {
        let mut lapsed = 0;
        for (user, since) in self.standing_so(Standing::Unconfirmed, None).await? {
            if now - since >= LAPSES_AFTER {
                lapsed += u64::from(self.lapse(user, now).await?);
            }
        }
        // Whoever was killed between the lapse and the erasure has left the second undone.
        for (user, _) in self
            .standing_so(Standing::Lapsed, Some(now - LOOKED_AT_AGAIN))
            .await?
        {
            self.vault()
                .erase(&user.to_string())
                .await
                .map_err(sealed)?;
        }
        Ok(lapsed)
    }

    /// Who stands so and was registered since then, if a time is given, and when.
    async fn standing_so(
        &self,
        standing: Standing,
        registered_since: Option<DateTime<Utc>>,
    ) -> Result<Vec<(UserId, DateTime<Utc>)>, ApiError> {
        let filter = UserFilter {
            standing: Some(standing),
            ..UserFilter::default()
        };
        let mut all = Vec::new();
        let mut after = Cursor::LATEST;
        loop {
            let mut staff = tenants::as_staff(self.commands().log().pool()).await?;
            let found = people::users(&mut *staff, filter, after, PAGE).await?;
            drop(staff);
            let recent =
                |it: &people::User| registered_since.is_none_or(|since| it.registered_at >= since);
            let Some(last) = found.last().filter(|last| recent(last)) else {
                all.extend(
                    found
                        .iter()
                        .filter(|it| recent(it))
                        .map(|it| (it.user, it.registered_at)),
                );
                return Ok(all);
            };
            after = Cursor::at(last.position);
            all.extend(found.iter().map(|it| (it.user, it.registered_at)));
        }
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

    async fn expire_approvals(&self, now: DateTime<Utc>) -> Result<u64, ApiError> {
        let mut expired = 0;
        let mut after = Cursor::EARLIEST;
        loop {
            let mut staff = tenants::as_staff(self.commands().log().pool()).await?;
            let ended = people::ended_approvals(&mut *staff, now, after, PAGE).await?;
            drop(staff);
            let Some(last) = ended.last() else {
                return Ok(expired);
            };
            after = Cursor::at(last.position);
            for approval in ended {
                expired += u64::from(self.expire(approval.examination, now).await?);
            }
        }
    }

    /// Whoever was examined anew meanwhile is left alone.
    async fn expire(&self, examination: KycId, at: DateTime<Utc>) -> Result<bool, ApiError> {
        let id = examination.to_string();
        let context = Context::by(CALENDAR);
        let command = KycCommand::Expire { at };
        match self.examinations().execute(&id, command, &context).await {
            Ok(_) => Ok(true),
            Err(Refused::Domain(_)) => Ok(false),
            Err(refusal) => Err(refused(refusal, of_kyc)),
        }
    }
}
