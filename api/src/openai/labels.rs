//! What somebody wrote beside an order and nobody here reads: a suffix and some notes.
//!
//! It may be anything at all, so it lies in the vault under its owner's own key, and goes with it.

use std::collections::BTreeMap;

use domain::jobs::JobId;
use domain::users::UserId;
use projections::jobs::JobRow;
use serde::{Deserialize, Serialize};

use super::problems::invalid;
use crate::objects::Objects;
use crate::problem::ApiError;

const SUFFIX_CHARACTERS_MAX: usize = 64;
const PAIRS_MAX: usize = 16;
const KEY_CHARACTERS_MAX: usize = 64;
const VALUE_CHARACTERS_MAX: usize = 512;

pub type Metadata = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    pub suffix: Option<String>,
    pub metadata: Option<Metadata>,
}

impl Labels {
    pub fn checked(suffix: Option<String>, metadata: Option<Metadata>) -> Result<Self, ApiError> {
        let plain = |text: &String| {
            let fits =
                |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=SUFFIX_CHARACTERS_MAX).contains(&text.len()) && text.bytes().all(fits)
        };
        if !suffix.as_ref().is_none_or(plain) {
            return Err(invalid(
                "suffix",
                "Send 1 to 64 letters, digits, points, dashes and underscores.",
            ));
        }
        let fits = |(key, value): (&String, &String)| {
            let (key, value) = (key.chars().count(), value.chars().count());
            (1..=KEY_CHARACTERS_MAX).contains(&key) && value <= VALUE_CHARACTERS_MAX
        };
        let small = |all: &Metadata| all.len() <= PAIRS_MAX && all.iter().all(fits);
        if !metadata.as_ref().is_none_or(small) {
            return Err(invalid(
                "metadata",
                "Send at most 16 pairs, with keys of 1 to 64 characters and values of up to 512.",
            ));
        }
        Ok(Self { suffix, metadata })
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub async fn keep(&self, objects: &Objects, owner: UserId, job: JobId) -> Result<(), ApiError> {
        if self.is_empty() {
            return Ok(());
        }
        let text = serde_json::to_string(self).map_err(ApiError::internal)?;
        let vault = objects.vault();
        let kept = vault.put(&owner.to_string(), &field(job), &text).await;
        kept.map_err(ApiError::internal)
    }

    pub async fn of(objects: &Objects, owner: UserId, job: JobId) -> Result<Self, ApiError> {
        let kept = objects.vault().get(&owner.to_string(), &field(job)).await;
        let kept = kept.map_err(ApiError::internal)?;
        read(kept.as_deref())
    }
}

/// The labels of many jobs.
#[derive(Debug)]
pub struct Labelled(BTreeMap<String, String>);

impl Labelled {
    pub async fn of(objects: &Objects, owner: UserId, jobs: &[JobRow]) -> Result<Self, ApiError> {
        let fields: Vec<String> = jobs.iter().map(|it| field(it.job)).collect();
        let kept = objects.vault().some(&owner.to_string(), &fields).await;
        Ok(Self(kept.map_err(ApiError::internal)?))
    }

    pub fn of_job(&self, job: JobId) -> Result<Labels, ApiError> {
        read(self.0.get(&field(job)).map(String::as_str))
    }
}

fn read(kept: Option<&str>) -> Result<Labels, ApiError> {
    let read = kept.map(serde_json::from_str).transpose();
    Ok(read.map_err(ApiError::internal)?.unwrap_or_default())
}

fn field(job: JobId) -> String {
    format!("labels/{job}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_few_and_short() {
        let pairs = |count: usize, key: usize, value: usize| {
            let pair = |n: usize| (format!("{n:0key$}"), "v".repeat(value));
            Labels::checked(None, Some((0..count).map(pair).collect())).is_ok()
        };
        assert!(pairs(16, 64, 512) && pairs(0, 1, 0));
        assert!(!pairs(17, 5, 1) && !pairs(1, 65, 1) && !pairs(1, 1, 513));
        let suffix = |text: &str| Labels::checked(Some(text.to_owned()), None).is_ok();
        assert!(suffix("my-model_1.0") && suffix(&"x".repeat(64)));
        assert!(!suffix("") && !suffix("a:b") && !suffix("a b") && !suffix(&"x".repeat(65)));
    }
}
