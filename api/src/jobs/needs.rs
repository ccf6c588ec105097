//! What a customer may ask of the machine, beside what the model needs.

use domain::cards::{Card, Work};
use domain::work::{Isolation, Needs};
use ledger::{Currency, Rate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{ApiError, kinds};

const NAMES_MAX: usize = 20;
const NAME_CHARACTERS_MAX: usize = 64;
const GIBIBYTE: u64 = 1 << 30;
/// More than any GPU has.
const GPU_MEMORY_GB_MAX: u64 = 4_096;

/// How a job is kept from the machine that it runs on
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub enum Isolated {
    #[default]
    #[serde(rename = "any")]
    Any,
    #[serde(rename = "sandbox")]
    Sandbox,
    #[serde(rename = "container")]
    Container,
}

/// Which machines will do; all that can run the model, where nothing is said
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MachineWanted {
    /// A GPU with so much memory; the model's own estimate, where only a GPU is asked for
    #[schema(minimum = 1, maximum = 4096)]
    gpu_memory_gb: Option<u64>,
    /// Whether a GPU is needed at all
    gpu: bool,
    /// Any of these, where some are named
    #[schema(max_items = 20)]
    gpu_models: Vec<String>,
    #[schema(max_items = 20)]
    regions: Vec<String>,
    /// Only machines that staff have verified
    verified: bool,
    /// The highest price an hour, in USD
    #[schema(example = "1.20", pattern = "^[0-9]{1,6}(\\.[0-9]{1,6})?$")]
    rate_max: Option<String>,
    isolation: Isolated,
}

impl MachineWanted {
    pub fn needs(&self, card: &Card, work: &Work) -> Result<Needs, ApiError> {
        let invalid = |field: &str, detail: &'static str| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail(detail)
                .field(format!("machine.{field}"))
        };
        for (field, names) in [("gpu_models", &self.gpu_models), ("regions", &self.regions)] {
            let plain = |name: &String| {
                (1..=NAME_CHARACTERS_MAX).contains(&name.chars().count())
                    && !name.chars().any(char::is_control)
            };
            if names.len() > NAMES_MAX || !names.iter().all(plain) {
                return Err(invalid(
                    field,
                    "Send at most 20 names of 1 to 64 characters.",
                ));
            }
        }
        let gpu_memory_bytes = match self.gpu_memory_gb {
            Some(gigabytes) if (1..=GPU_MEMORY_GB_MAX).contains(&gigabytes) => gigabytes * GIBIBYTE,
            Some(_) => return Err(invalid("gpu_memory_gb", "Ask for 1 to 4096 GB.")),
            None if self.gpu || !self.gpu_models.is_empty() => work.gpu_memory_bytes,
            None => 0,
        };
        let rate_max = self.rate_max.as_deref().map(|text| {
            let price = text.parse::<Decimal>().ok();
            let price = price.filter(|price| price.is_sign_positive() && !price.is_zero());
            let rate = price.map(|price| Rate::new(price.normalize(), Currency::Usd));
            rate.ok_or_else(|| invalid("rate_max", "Send a positive price in USD, such as 1.20."))
        });
        Ok(Needs {
            runtime: card.model.name().to_owned(),
            isolation: match self.isolation {
                Isolated::Any => Isolation::Any,
                Isolated::Sandbox => Isolation::Sandbox,
                Isolated::Container => Isolation::Container,
            },
            gpu_memory_bytes,
            gpu_models: self.gpu_models.clone(),
            memory_bytes: work.memory_bytes,
            regions: self.regions.clone(),
            verified: self.verified,
            rate_max: rate_max.transpose()?,
        })
    }
}
