//! What a job is ordered on; it never changes.

use std::collections::BTreeMap;

use ledger::BasisPoints;
use serde::{Deserialize, Serialize};

use crate::cards::{Accepts, Estimate, Hyperparams, Model, Weights};
use crate::objects::ObjectId;
use crate::users::UserId;
use crate::work::Needs;

/// The least that a card can be charged, so the least budget.
pub const BUDGET_MIN_CENTS: i64 = 50;

/// What the trainer measured, as decimal texts.
pub type Metrics = BTreeMap<String, String>;

/// How an order is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Way {
    /// A payment of its own, which the order waits for.
    #[serde(rename = "card")]
    Card,
    /// What the customer has already.
    #[serde(rename = "wallet")]
    Wallet,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub customer: UserId,
    pub model: Model,
    pub card_version: u32,
    pub hyperparams: Hyperparams,
    pub weights: Weights,
    pub seed: u64,
    pub dataset: ObjectId,
    pub format: Accepts,
    /// Of a table; where it is not said, the trainer goes by the inspection's guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    pub needs: Needs,
    pub seconds_expected: u64,
    pub estimate: Estimate,
    /// Pinned here, whatever the policy becomes.
    pub commission_basis_points: BasisPoints,
    pub commission_policy: u32,
}
