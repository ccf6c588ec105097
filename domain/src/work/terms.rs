//! On what terms a unit is worked on: for whom, on which machines, for how much at most.

use std::sync::Arc;

use ledger::{BasisPoints, Money, Rate};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::events::Checkpoint;
use super::ids::ObjectId;
use super::texts::{OrderReference, Spec};
use crate::users::UserId;

const INPUTS_MAX: usize = 32;
const LIST_MAX: usize = 32;
const WORD_CHARACTERS_MAX: usize = 100;
pub const WEIGHT_MAX: u32 = 1_000;
/// What an order that ran out of memory is given next, where it had asked for nothing before.
const MEMORY_FIRST: u64 = 4 << 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TermsError {
    #[error("a budget is more than nothing")]
    BudgetNotPositive,
    #[error("a highest rate is at least nothing, and in the currency of the budget")]
    ImpossibleRate,
    #[error("a weight lies between 1 and {WEIGHT_MAX}")]
    ImpossibleWeight,
    #[error("there are at most {INPUTS_MAX} inputs, each with a name of its own")]
    ImpossibleInputs,
    #[error("needs are named by words of bounded length, {LIST_MAX} of a kind at most")]
    ImpossibleNeeds,
}

/// How a program of a stranger is kept from the rest of the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Isolation {
    #[default]
    #[serde(rename = "any")]
    Any,
    /// No network, and of the file system what it needs.
    #[serde(rename = "sandbox")]
    Sandbox,
    /// That, with a file system of its own.
    #[serde(rename = "container")]
    Container,
}

/// What a machine must have to be leased the unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Which program must be installed: `tabular`, `distilbert`, …
    pub runtime: String,
    pub isolation: Isolation,
    /// Nothing, where no GPU is needed.
    pub gpu_memory_bytes: u64,
    /// Any, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpu_models: Vec<String>,
    pub memory_bytes: u64,
    /// Anywhere, where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    pub verified: bool,
    /// Per hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_max: Option<Rate>,
}

/// A file that is there before the work begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    pub name: String,
    pub object: ObjectId,
}

/// What a unit is enqueued on; it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub order: OrderReference,
    pub customer: UserId,
    pub needs: Needs,
    /// What all leases of the unit may cost together.
    pub budget: Money,
    pub weight: u32,
    /// How long it trains on an ordinary machine, as far as anybody knows.
    pub seconds_expected: u64,
    pub spec: Spec,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
    /// Where an earlier unit of the same order came to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    pub commission_basis_points: BasisPoints,
}

/// As much of the terms as is needed to find a machine, whatever is to be done on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brief {
    pub order: OrderReference,
    pub customer: UserId,
    pub budget: Money,
    pub weight: u32,
    pub seconds_expected: u64,
    pub inputs: Vec<ObjectId>,
}

impl From<&Terms> for Brief {
    fn from(terms: &Terms) -> Self {
        Self {
            order: terms.order.clone(),
            customer: terms.customer,
            budget: terms.budget,
            weight: terms.weight,
            seconds_expected: terms.seconds_expected,
            inputs: terms.inputs.iter().map(|it| it.object).collect(),
        }
    }
}

impl From<Arc<Terms>> for Brief {
    fn from(terms: Arc<Terms>) -> Self {
        Self::from(terms.as_ref())
    }
}

impl Terms {
    pub(super) fn check(&self) -> Result<(), TermsError> {
        if !self.budget.is_positive() {
            return Err(TermsError::BudgetNotPositive);
        }
        if !(1..=WEIGHT_MAX).contains(&self.weight) {
            return Err(TermsError::ImpossibleWeight);
        }
        let mut names: Vec<&str> = self.inputs.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let is_named = |input: &Input| is_word(&input.name);
        let distinct = names.len() == self.inputs.len();
        if self.inputs.len() > INPUTS_MAX || !distinct || !self.inputs.iter().all(is_named) {
            return Err(TermsError::ImpossibleInputs);
        }
        self.needs.check(self.budget)
    }
}

impl Needs {
    fn check(&self, budget: Money) -> Result<(), TermsError> {
        let lists = [&self.gpu_models, &self.regions];
        let short =
            |list: &Vec<String>| list.len() <= LIST_MAX && list.iter().all(|it| is_word(it));
        if !is_word(&self.runtime) || !lists.into_iter().all(short) {
            return Err(TermsError::ImpossibleNeeds);
        }
        let fits =
            |rate: &Rate| !rate.price().is_sign_negative() && rate.currency() == budget.currency();
        if self.rate_max.as_ref().is_some_and(|rate| !fits(rate)) {
            return Err(TermsError::ImpossibleRate);
        }
        Ok(())
    }

    /// Twice the memory: of the GPU where one is needed, of the machine otherwise.
    #[must_use]
    pub fn escalated(&self) -> Self {
        let mut needs = self.clone();
        if needs.gpu_memory_bytes > 0 {
            needs.gpu_memory_bytes = needs.gpu_memory_bytes.saturating_mul(2);
        } else {
            needs.memory_bytes = needs.memory_bytes.saturating_mul(2).max(MEMORY_FIRST);
        }
        needs
    }
}

fn is_word(text: &str) -> bool {
    let short = (1..=WORD_CHARACTERS_MAX).contains(&text.chars().count());
    short && !text.chars().any(char::is_control)
}
