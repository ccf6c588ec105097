//! The open challenges of a user: one for each purpose, and how often they were answered wrongly.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::commands::{Proof, UserError};
use super::events::UserEvent;
use crate::users::challenge::{Challenge, Purpose};
use crate::users::ids::ChallengeId;

/// So many wrong codes make a challenge void.
pub const CODES_MAX: u8 = 5;
/// So many wrong codes a user has in a day, however many challenges are issued meanwhile: anybody
/// may have one issued, so without this a stranger could go on guessing for ever. The links, which
/// nobody guesses, work all the same.
pub const CODES_A_DAY_MAX: u32 = 15;
const DAY: TimeDelta = TimeDelta::hours(24);

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenges {
    open: Vec<Open>,
    wrong: Wrong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Open {
    challenge: Challenge,
    wrong_codes: u8,
}

/// How many codes were wrong since the first of a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Wrong {
    since: DateTime<Utc>,
    codes: u32,
}

impl Challenges {
    /// Those that are open; some may have expired.
    pub fn iter(&self) -> impl Iterator<Item = &Challenge> {
        self.open.iter().map(|open| &open.challenge)
    }

    pub(super) fn get(&self, id: ChallengeId) -> Option<&Challenge> {
        self.iter().find(|challenge| challenge.id == id)
    }

    /// What an answer means: nothing to add where it is right, the count where it is not.
    pub(super) fn judge(
        &self,
        id: ChallengeId,
        proof: Proof,
        at: DateTime<Utc>,
    ) -> Result<Option<UserEvent>, UserError> {
        let open = self.open.iter().find(|open| open.challenge.id == id);
        let open = open.ok_or(UserError::ChallengeSpent)?;
        if open.challenge.is_expired(at) {
            return Err(UserError::ChallengeExpired);
        }
        match proof {
            Proof::Code { .. } if self.wrong.is_too_many(at) => Err(UserError::TooManyCodes),
            Proof::Link | Proof::Code { right: true } => Ok(None),
            Proof::Code { right: false } => Ok(Some(UserEvent::ChallengeFailed {
                challenge: id,
                attempts: open.wrong_codes.saturating_add(1),
                at,
            })),
        }
    }

    /// The newest wins.
    pub(super) fn issue(&mut self, challenge: Challenge) {
        self.close(challenge.purpose);
        self.open.push(Open {
            challenge,
            wrong_codes: 0,
        });
    }

    pub(super) fn close(&mut self, purpose: Purpose) {
        self.open
            .retain(|open| !open.challenge.purpose.is_like(purpose));
    }

    pub(super) fn close_all_but(&mut self, purpose: Purpose) {
        self.open
            .retain(|open| open.challenge.purpose.is_like(purpose));
    }

    pub(super) fn close_all(&mut self) {
        self.open.clear();
    }

    pub(super) fn failed(&mut self, id: ChallengeId, attempts: u8, at: DateTime<Utc>) {
        for open in &mut self.open {
            if open.challenge.id == id {
                open.wrong_codes = attempts;
            }
        }
        self.open.retain(|open| open.wrong_codes < CODES_MAX);
        self.wrong.count(at);
    }
}

impl Wrong {
    fn is_too_many(self, at: DateTime<Utc>) -> bool {
        self.codes >= CODES_A_DAY_MAX && at < self.since + DAY
    }

    fn count(&mut self, at: DateTime<Utc>) {
        *self = if at < self.since + DAY {
            Self {
                since: self.since,
                codes: self.codes.saturating_add(1),
            }
        } else {
            Self {
                since: at,
                codes: 1,
            }
        };
    }
}
