//! Counts what strangers try, so that guessing a password takes longer than anybody lives.

use chrono::{DateTime, TimeDelta, Utc};
use domain::users::{Address, UserId};
use sqlx::PgPool;
use store::ids;
use uuid::Uuid;

use super::place::Place;
use super::problems::LOCKED;
use super::secrets::mac;
use crate::problem::{ApiError, kinds};

/// From one address, in one minute.
const SIGN_INS_A_MINUTE: i64 = 5;
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// To one mailbox, in one hour, whoever asks for them.
const MAILS_AN_HOUR: i64 = 5;
const HOUR: TimeDelta = TimeDelta::hours(1);
/// By one user who is signed in, in as long as a lock lasts.
const PROOFS_A_QUARTER: i64 = 15;
/// From one address, in one hour.
const REGISTRATIONS_AN_HOUR: i64 = 20;
const FAILURES_MAX: i32 = 5;
const LOCK_LASTS: TimeDelta = TimeDelta::minutes(15);
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
        let admitted = self.admit(attempt.id, client, now, (SIGN_INS_A_MINUTE, MINUTE));
        if let Some(wait) = admitted.await? {
            return Err(ApiError::new(&kinds::TOO_MANY_REQUESTS)
                .detail("Five attempts a minute are enough.")
                .retry_after(wait));
        }
        let locked: Option<DateTime<Utc>> = sqlx::query_scalar(
            "select locked_until from sign_in_locks where account = $1 and locked_until > $2",
        )
        .bind(&account[..])
        .bind(now)
        .fetch_optional(&self.pool)
        .await?;
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
        let wait = self.admit(ids::fresh(), counted, now, (PROOFS_A_QUARTER, LOCK_LASTS));
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
        let wait = self.admit(ids::fresh(), client, now, (REGISTRATIONS_AN_HOUR, HOUR));
        Ok(wait.await?.is_none())
    }

    /// Whether one more mail to this address is bearable.
    pub async fn mail(&self, address: Address, now: DateTime<Utc>) -> Result<bool, ApiError> {
        let mailbox = self.counted("mailbox", &address.to_string());
        let wait = self.admit(ids::fresh(), mailbox, now, (MAILS_AN_HOUR, HOUR));
        Ok(wait.await?.is_none())
    }

    /// None where it is admitted, otherwise in how many seconds it would be.
    async fn admit(
        &self,
        id: Uuid,
        counted: [u8; 32],
        now: DateTime<Utc>,
        (max, within): (i64, TimeDelta),
    ) -> Result<Option<u64>, ApiError> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("select pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 0))")
            .bind(&counted[..])
            .execute(&mut *tx)
            .await?;
        let recent: Vec<DateTime<Utc>> = sqlx::query_scalar(
            "select at from sign_in_attempts where counted = $1 and at > $2 \
              order by at desc limit $3",
        )
        .bind(&counted[..])
        .bind(now - within)
        .bind(max)
        .fetch_all(&mut *tx)
        .await?;
        let full = i64::try_from(recent.len()).unwrap_or(i64::MAX) >= max;
        if let (true, Some(oldest)) = (full, recent.last()) {
            return Ok(Some(seconds_until(*oldest + within, now)));
        }
        sqlx::query("insert into sign_in_attempts (id, at, counted) values ($1, $2, $3)")
            .bind(id)
            .bind(now)
            .bind(&counted[..])
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(None)
    }

    /// Somebody who knew the password and is to show a code has not guessed.
    pub async fn forgiven(&self, attempt: Attempt) -> Result<(), ApiError> {
        sqlx::query("delete from sign_in_attempts where id = $1")
            .bind(attempt.id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    pub async fn succeeded(&self, attempt: Attempt, user: UserId) -> Result<(), ApiError> {
        self.ended(attempt.id, Some(user), true).await?;
        sqlx::query("delete from sign_in_locks where account = $1")
            .bind(&attempt.account[..])
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The fifth failure in a row locks the account for this network.
    pub async fn failed(
        &self,
        attempt: Attempt,
        user: Option<UserId>,
        now: DateTime<Utc>,
    ) -> Result<(), ApiError> {
        self.ended(attempt.id, user, false).await?;
        sqlx::query(
            "insert into sign_in_locks as l (account, failures, failed_at) values ($1, 1, $2) \
             on conflict (account) do update \
                set failures = case when l.failed_at <= $3 then 1 else l.failures + 1 end, \
                    failed_at = $2, \
                    locked_until = case when l.failed_at > $3 and l.failures + 1 >= $4 then $5 \
                                        when l.locked_until > $2 then l.locked_until end",
        )
        .bind(&attempt.account[..])
        .bind(now)
        .bind(now - LOCK_LASTS)
        .bind(FAILURES_MAX)
        .bind(now + LOCK_LASTS)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn ended(&self, id: Uuid, user: Option<UserId>, succeeded: bool) -> Result<(), ApiError> {
        sqlx::query("update sign_in_attempts set user_id = $2, succeeded = $3 where id = $1")
            .bind(id)
            .bind(user.map(|user| user.to_string()))
            .bind(succeeded)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// The latest attempts of a user, the newest first.
    pub async fn of(
        &self,
        user: UserId,
        limit: i64,
    ) -> Result<Vec<(Uuid, DateTime<Utc>, bool)>, ApiError> {
        let attempts = sqlx::query_as(
            "select id, at, succeeded from sign_in_attempts \
              where user_id = $1 and succeeded is not null order by at desc, id desc limit $2",
        )
        .bind(user.to_string())
        .bind(limit)
        .fetch_all(&self.pool)
        .await?;
        Ok(attempts)
    }

    /// Nothing is left to show that this person ever signed in.
    pub async fn forget(&self, user: UserId) -> Result<(), ApiError> {
        sqlx::query("delete from sign_in_attempts where user_id = $1")
            .bind(user.to_string())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Removes what is too old to matter; says how much that was.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, ApiError> {
        let attempts = sqlx::query("delete from sign_in_attempts where at < $1")
            .bind(now - KEPT)
            .execute(&self.pool)
            .await?;
        let locks = sqlx::query("delete from sign_in_locks where failed_at < $1")
            .bind(now - LOCK_LASTS - LOCK_LASTS)
            .execute(&self.pool)
            .await?;
        Ok(attempts.rows_affected() + locks.rows_affected())
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
