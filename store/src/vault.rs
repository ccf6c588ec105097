//! What is known about a person, kept outside the log so that it can be erased.
//!
//! Every subject has a data key; every value is sealed under it with XChaCha20-Poly1305, bound to
//! its subject and field. The data key itself is sealed under a master key that the database never
//! sees. To erase a person is to erase one key; a backup that still holds that key goes dark once
//! [`Vault::rewrap`] has run and the old master key is destroyed. The log, which names the subject
//! by an identity only, keeps its chain.

use std::collections::BTreeMap;

use crate::begin::begin;
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgPool};
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 24;
const KEY_BYTES: usize = 32;
const WRAPPED_KEY: &str = "data key";

/// A key that seals data keys, and the name under which it is found again.
pub struct MasterKey {
    id: String,
    key: Zeroizing<[u8; KEY_BYTES]>,
}

impl MasterKey {
    pub fn new(key: [u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new_with_prefix("trainnet.master-key.v1")
            .chain_update(key)
            .finalize();
        let id = digest[..8]
            .iter()
            .fold(String::new(), |id, byte| id + &format!("{byte:02x}"));
        Self {
            id,
            key: Zeroizing::new(key),
        }
    }

    pub fn id(&self) -> &str {
        &self.id
    }
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("what was known about this subject has been erased")]
    Erased,
    #[error("the data key is sealed under the master key {id}, which was not given")]
    MissingMasterKey { id: String },
    #[error("a stored value was changed or belongs elsewhere")]
    Forged,
    #[error("the vault's tables cannot be used")]
    Database(#[from] sqlx::Error),
}

/// A value, and the key that it is sealed under.
#[derive(sqlx::FromRow)]
struct Kept {
    subject: String,
    wrapped_key: Vec<u8>,
    master_key_id: String,
    field: String,
    ciphertext: Vec<u8>,
}

/// Values with their keys, in one statement: whoever is erased meanwhile was so before or after.
macro_rules! kept {
    ($which:literal) => {
        concat!(
            "select v.subject, k.wrapped_key, k.master_key_id, v.field, v.ciphertext \
               from personal_values v join personal_keys k on k.subject = v.subject \
              where k.wrapped_key is not null and ",
            $which
        )
    };
}

/// Keeps a value unless the subject was erased meanwhile; a data key never changes otherwise.
macro_rules! keep {
    ($also:literal) => {
        concat!(
            "insert into personal_values (subject, field, ciphertext) \
             select $1, $2, $3 from personal_keys \
              where subject = $1 and wrapped_key is not null ",
            $also,
            " for share \
             on conflict (subject, field) do update set ciphertext = excluded.ciphertext"
        )
    };
}

/// The vault: the first master key seals, the others still open.
#[derive(Clone, Debug)]
pub struct Vault {
    pool: PgPool,
    masters: std::sync::Arc<Vec<MasterKey>>,
}

impl Vault {
    pub fn new(pool: PgPool, current: MasterKey, earlier: Vec<MasterKey>) -> Self {
        let masters = std::iter::once(current)
            .chain(earlier)
            .collect::<Vec<_>>()
            .into();
        Self { pool, masters }
    }

    /// The name of a master key that somebody's data key is sealed under, if anybody is known.
    pub async fn sealed_under(pool: &PgPool) -> Result<Option<String>, sqlx::Error> {
        sqlx::query_scalar(
            "select master_key_id from personal_keys where wrapped_key is not null limit 1",
        )
        .fetch_optional(pool)
        .await
    }

    /// Keeps a value, in place of an earlier one.
    pub async fn put(&self, subject: &str, field: &str, value: &str) -> Result<(), VaultError> {
        self.keep(keep!(""), subject, (field, value)).await
    }

    /// The same without waiting for the disk: for a value that an event is to follow, since what
    /// was committed before the event is as durable as the event; or for one that may be lost with
    /// the last moment before the database crashed.
    pub async fn put_lazily(
        &self,
        subject: &str,
        field: &str,
        value: &str,
    ) -> Result<(), VaultError> {
        let lazily = keep!("and set_config('synchronous_commit', 'off', true) is not null");
        self.keep(lazily, subject, (field, value)).await
    }

    async fn keep(
        &self,
        statement: &'static str,
        subject: &str,
        (field, value): (&str, &str),
    ) -> Result<(), VaultError> {
        let key = match self.data_key(&self.pool, subject).await? {
            Some(key) => key,
            None => self.create_key(subject).await?,
        };
        let kept = sqlx::query(statement)
            .bind(subject)
            .bind(field)
            .bind(seal(&key, subject, field, value.as_bytes()))
            .execute(&self.pool)
            .await?;
        if kept.rows_affected() == 0 {
            return Err(VaultError::Erased);
        }
        Ok(())
    }

    /// A value; `None` where nothing is kept, or nothing any more.
    pub async fn get(&self, subject: &str, field: &str) -> Result<Option<String>, VaultError> {
        let kept = sqlx::query_as(kept!("v.subject = $1 and v.field = $2"))
            .bind(subject)
            .bind(field)
            .fetch_optional(&self.pool)
            .await?;
        let kept = kept.map(|kept| self.unseal(kept)).transpose()?;
        Ok(kept.map(|(_, _, value)| value))
    }

    /// Everything that is kept about a subject, by field.
    pub async fn all(&self, subject: &str) -> Result<BTreeMap<String, String>, VaultError> {
        let kept = sqlx::query_as(kept!("v.subject = $1"))
            .bind(subject)
            .fetch_all(&self.pool)
            .await?;
        self.by_field(kept)
    }

    /// Some of what is kept about a subject, by field.
    pub async fn some<F: AsRef<str>>(
        &self,
        subject: &str,
        fields: &[F],
    ) -> Result<BTreeMap<String, String>, VaultError> {
        let fields: Vec<&str> = fields.iter().map(AsRef::as_ref).collect();
        let kept = sqlx::query_as(kept!("v.subject = $1 and v.field = any($2)"))
            .bind(subject)
            .bind(fields)
            .fetch_all(&self.pool)
            .await?;
        self.by_field(kept)
    }

    /// Some fields of many subjects, as (subject, field, value); of the erased there is nothing.
    pub async fn pick(
        &self,
        subjects: &[String],
        fields: &[&str],
    ) -> Result<Vec<(String, String, String)>, VaultError> {
        let kept = sqlx::query_as(kept!("v.subject = any($1) and v.field = any($2)"))
            .bind(subjects)
            .bind(fields)
            .fetch_all(&self.pool)
            .await?;
        kept.into_iter().map(|kept| self.unseal(kept)).collect()
    }

    fn by_field(&self, kept: Vec<Kept>) -> Result<BTreeMap<String, String>, VaultError> {
        kept.into_iter()
            .map(|kept| self.unseal(kept).map(|(_, field, value)| (field, value)))
            .collect()
    }

    fn unseal(&self, kept: Kept) -> Result<(String, String, String), VaultError> {
        let key = self.unwrap(&kept.subject, &kept.wrapped_key, kept.master_key_id)?;
        let value = open(&key, &kept.subject, &kept.field, &kept.ciphertext)?;
        let value = String::from_utf8(value).map_err(|_| VaultError::Forged)?;
        Ok((kept.subject, kept.field, value))
    }

    /// Forgets one value.
    pub async fn remove(&self, subject: &str, field: &str) -> Result<(), VaultError> {
        sqlx::query("delete from personal_values where subject = $1 and field = $2")
            .bind(subject)
            .bind(field)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Forgets the subject for good; nothing can be kept about it again.
    pub async fn erase(&self, subject: &str) -> Result<(), VaultError> {
        let mut tx = begin(&self.pool, "begin").await?;
        sqlx::query(
            "insert into personal_keys (subject, wrapped_key, master_key_id) values ($1, null, '') \
             on conflict (subject) do update set wrapped_key = null, master_key_id = ''",
        )
        .bind(subject)
        .execute(&mut *tx)
        .await?;
        sqlx::query("delete from personal_values where subject = $1")
            .bind(subject)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Seals every data key under the current master key; values are not touched.
    pub async fn rewrap(&self) -> Result<u64, VaultError> {
        let current = &self.masters[0];
        let mut tx = begin(&self.pool, "begin").await?;
        let subjects: Vec<String> = sqlx::query_scalar(
            "select subject from personal_keys \
              where wrapped_key is not null and master_key_id <> $1 for update",
        )
        .bind(&current.id)
        .fetch_all(&mut *tx)
        .await?;
        let mut rewrapped = 0;
        for subject in subjects {
            let Some(key) = self.data_key(&mut *tx, &subject).await? else {
                continue;
            };
            sqlx::query(
                "update personal_keys set wrapped_key = $2, master_key_id = $3 where subject = $1",
            )
            .bind(&subject)
            .bind(seal(&current.key, &subject, WRAPPED_KEY, &key[..]))
            .bind(&current.id)
            .execute(&mut *tx)
            .await?;
            rewrapped += 1;
        }
        tx.commit().await?;
        Ok(rewrapped)
    }

    /// The key that a subject's values are sealed under, if anything was ever kept about it.
    async fn data_key(
        &self,
        reader: impl PgExecutor<'_>,
        subject: &str,
    ) -> Result<Option<Zeroizing<[u8; KEY_BYTES]>>, VaultError> {
        let row: Option<(Option<Vec<u8>>, String)> = sqlx::query_as(
            "select wrapped_key, master_key_id from personal_keys where subject = $1",
        )
        .bind(subject)
        .fetch_optional(reader)
        .await?;
        let Some((wrapped, id)) = row else {
            return Ok(None);
        };
        let wrapped = wrapped.ok_or(VaultError::Erased)?;
        self.unwrap(subject, &wrapped, id).map(Some)
    }

    /// The data key, which only the master key that sealed it opens.
    fn unwrap(
        &self,
        subject: &str,
        wrapped: &[u8],
        master: String,
    ) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let found = self.masters.iter().find(|it| it.id == master);
        let found = found.ok_or(VaultError::MissingMasterKey { id: master })?;
        let key = Zeroizing::new(open(&found.key, subject, WRAPPED_KEY, wrapped)?);
        let key: [u8; KEY_BYTES] = key.as_slice().try_into().map_err(|_| VaultError::Forged)?;
        Ok(Zeroizing::new(key))
    }

    async fn create_key(&self, subject: &str) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
        let key: [u8; KEY_BYTES] = XChaCha20Poly1305::generate_key(&mut OsRng).into();
        let key = Zeroizing::new(key);
        let master = &self.masters[0];
        sqlx::query(
            "insert into personal_keys (subject, wrapped_key, master_key_id) values ($1, $2, $3) \
             on conflict (subject) do nothing",
        )
        .bind(subject)
        .bind(seal(&master.key, subject, WRAPPED_KEY, &key[..]))
        .bind(&master.id)
        .execute(&self.pool)
        .await?;
        // Somebody else may have been first; then theirs is the key.
        let key = self.data_key(&self.pool, subject).await?;
        key.ok_or(VaultError::Forged)
    }
}

/// What a sealed value is bound to: moved to another subject or field, it no longer opens.
fn bound_to(subject: &str, field: &str) -> Vec<u8> {
    let mut bytes = b"trainnet.personal.v1".to_vec();
    for part in [subject, field] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn seal(key: &[u8; KEY_BYTES], subject: &str, field: &str, value: &[u8]) -> Vec<u8> {
    let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
    let payload = Payload {
        msg: value,
        aad: &bound_to(subject, field),
    };
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&nonce, payload);
    let Ok(sealed) = sealed else {
        unreachable!("a value is far shorter than what the cipher can seal");
    };
    [nonce.as_slice(), &sealed].concat()
}

fn open(
    key: &[u8; KEY_BYTES],
    subject: &str,
    field: &str,
    sealed: &[u8],
) -> Result<Vec<u8>, VaultError> {
    let (nonce, sealed) = sealed
        .split_at_checked(NONCE_BYTES)
        .ok_or(VaultError::Forged)?;
    let payload = Payload {
        msg: sealed,
        aad: &bound_to(subject, field),
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(XNonce::from_slice(nonce), payload)
        .map_err(|_| VaultError::Forged)
}
