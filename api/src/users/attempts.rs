//! Counts what strangers try, so that guessing a password takes longer than anybody lives.

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::{Address, UserId};
use projections::attempts::{self, Allowance, Ended, Lock};
use sqlx::PgPool;
use store::ids;
use uuid::Uuid;

use super::place::Place;
use super::problems::LOCKED;
use super::secrets::mac;
use crate::problem::{ApiError, kinds};

const LOCK_LASTS: TimeDelta = TimeDelta::minutes(15);
const LOCK: Lock = Lock {
    failures_max: 5,
    lasts: LOCK_LASTS,
};
/// From one address.
const SIGN_INS: Allowance = Allowance {
    max: 5,
    within: TimeDelta::minutes(1),
};
/// To one mailbox, whoever asks for them.
const MAILS: Allowance = Allowance {
    max: 5,
    within: TimeDelta::hours(1),
};
/// By one user who is signed in.
const PROOFS: Allowance = Allowance {
    max: 15,
    within: LOCK_LASTS,
};
/// From one address.
const REGISTRATIONS: Allowance = Allowance {
    max: 20,
    within: TimeDelta::hours(1),
};
/// What is older is of no use to anybody.
const KEPT: TimeDelta = TimeDelta::days(90);

/// An attempt that was let in and has not ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    pub id: Uuid,
    account: [u8; 32],
}

/// Counts in the database, so that it does not matter which process is asked.
#[derive(Clone)]
pub struct Attempts {
    pool: PgPool,
    key: [u8; 32],
}

impl Attempts {
    pub const fn new(pool: PgPool, key: [u8; 32]) -> Self {
        Self { pool, key }
    }

    /// Lets an attempt in, or says when to come back. What is counted is counted before anything
    /// is hashed, and one at a time, so that many at once are not more than that.
    pub async fn sign_in(
        &self,
        place: &Place,
        address: Address,
        now: DateTime<Utc>,
    ) -> Result<Attempt, ApiError> {
        let client = self.counted("client", &place.address.to_string());
        let account = self.counted("account", &format!("{address} {}", place.network()));
        let attempt = Attempt {
            id: ids::fresh(),
            account,
        };
        let admitted = self.admit(attempt.id, client, now, SIGN_INS);
        if let Some(wait) = admitted.await? {
            return Err(ApiError::new(&kinds::TOO_MANY_REQUESTS)
                .detail("Five attempts a minute are enough.")
                .retry_after(wait));
        }
        let locked = attempts::locked_until(&self.pool, &account, now).await?;
        match locked {
            None => Ok(attempt),
            Some(until) => Err(ApiError::new(&LOCKED)
                .detail("Wait, or recover the password by mail.")
                .retry_after(seconds_until(until, now))),
        }
    }

    /// Whether a session may ask once more whether a password is right.
    pub async fn prove(&self, user: UserId, now: DateTime<Utc>) -> Result<(), ApiError> {
        let counted = self.counted("prove", &user.to_string());
        let wait = self.admit(ids::fresh(), counted, now, PROOFS);
        match wait.await? {
            None => Ok(()),
            Some(wait) => Err(ApiError::new(&kinds::TOO_MANY_REQUESTS)
                .detail("The password was asked for too often.")
                .retry_after(wait)),
        }
    }

    /// Whether one more account may be made from there.
    pub async fn registration(&self, place: &Place, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let client = self.counted("registration", &place.address.to_string());
        let wait = self.admit(ids::fresh(), client, now, REGISTRATIONS);
        Ok(wait.await?.is_none())
    }

    /// Whether one more mail to this address is bearable.
    pub async fn mail(&self, address: Address, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let mailbox = self.counted("mailbox", &address.to_string());
        let wait = self.admit(ids::fresh(), mailbox, now, MAILS);
        Ok(wait.await?.is_none())
    }

    /// None where it is admitted, otherwise in how many seconds it would be.
    async fn admit(
        &self,
        id: Uuid,
        counted: [u8; 32],
        now: DateTime<Utc>,
        allowance: Allowance,
    ) -> Result<Option<u64>, ApiError> {
        let until = attempts::admit(&self.pool, id, &counted, now, allowance).await?;
        Ok(until.map(|until| seconds_until(until, now)))
    }

    /// Somebody who knew the password and is to show a code has not guessed.
    pub async fn forgiven(&self, attempt: Attempt) -> Result<(), ApiError> {
        Ok(attempts::forgive(&self.pool, attempt.id).await?)
    }

    pub async fn succeeded(&self, attempt: Attempt, user: UserId) -> Result<(), ApiError> {
        attempts::ended(&self.pool, attempt.id, Some(user), true).await?;
        Ok(attempts::unlock(&self.pool, &attempt.account).await?)
    }

    /// The fifth failure in a row locks the account for this network.
    pub async fn failed(
        &self,
        attempt: Attempt,
        user: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        attempts::ended(&self.pool, attempt.id, user, false).await?;
        Ok(attempts::failed(&self.pool, &attempt.account, now, LOCK).await?)
    }

    /// The latest attempts of a user, the newest first.
    pub async fn of(&self, user: UserId, limit: i64) -> Result<Vec<Ended>, ApiError> {
        Ok(attempts::of(&self.pool, user, limit).await?)
    }

    /// Nothing is left to show that this person ever signed in.
    pub async fn forget(&self, user: UserId) -> Result<(), ApiError> {
        Ok(attempts::forget(&self.pool, user).await?)
    }

    /// Removes what is too old to matter; says how much that was.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, ApiError> {
        let failures_before = now - LOCK_LASTS - LOCK_LASTS;
        Ok(attempts::sweep(&self.pool, now - KEPT, failures_before).await?)
    }

    fn counted(&self, what: &str, text: &str) -> [u8; 32] {
        mac(
            &self.key,
            "trainnet.attempt.v1",
            format!("{what} {text}").as_bytes(),
        )
    }
}

fn seconds_until(time: DateTime<Utc>, now: DateTime<Utc>) -> u64 {
    let whole = (time - now).num_milliseconds().max(0).unsigned_abs();
    whole.div_ceil(1000).max(1)
}
