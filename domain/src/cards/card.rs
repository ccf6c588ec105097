//! What a card says: the model, the data it takes, and every parameter with its range.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::offered::offered;

/// The models on offer, under the names that orders use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Model {
    #[serde(rename = "tabular")]
    Tabular,
    #[serde(rename = "distilbert")]
    Distilbert,
    #[serde(rename = "mobilenet_v2")]
    MobilenetV2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the model must be one of tabular, distilbert or mobilenet_v2")]
pub struct UnknownModel;

/// A form of data that a model can be trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Accepts {
    #[serde(rename = "csv")]
    Csv,
    #[serde(rename = "image-folders")]
    ImageFolders,
    #[serde(rename = "cifar10")]
    Cifar10,
}

/// Where a run's first weights come from; said by the order, never chosen silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Weights {
    /// Published weights, fetched by the machine.
    #[serde(rename = "hub")]
    Hub,
    /// Published weights that the machine keeps in a folder.
    #[serde(rename = "local")]
    Local,
    #[serde(rename = "scratch")]
    Scratch,
}

/// Which values a parameter may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    Whole {
        min: i64,
        max: i64,
        multiple_of: i64,
    },
    /// Decimal texts, so that a bound is exactly what it says.
    Decimal {
        min: &'static str,
        max: &'static str,
    },
    OneOf(&'static [&'static str]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: &'static str,
    pub allowed: Allowed,
    pub default: &'static str,
    pub means: &'static str,
    /// Shapes the model itself, so it can only differ from the default when training starts from
    /// nothing.
    pub shapes_model: bool,
}

/// One model on offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    pub model: Model,
    pub version: u32,
    pub title: &'static str,
    pub summary: &'static str,
    pub accepts: &'static [Accepts],
    /// The first is what an order gets that does not say.
    pub weights: &'static [Weights],
    pub parameters: &'static [Parameter],
}

impl Model {
    pub const ALL: [Self; 3] = [Self::Tabular, Self::Distilbert, Self::MobilenetV2];

    /// The stored name; history depends on it, so it never changes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tabular => "tabular",
            Self::Distilbert => "distilbert",
            Self::MobilenetV2 => "mobilenet_v2",
        }
    }

    /// The card as it is offered today.
    pub fn card(self) -> &'static Card {
        offered(self)
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Model {
    type Err = UnknownModel;

    fn from_str(text: &str) -> Result<Self, UnknownModel> {
        Self::ALL
            .into_iter()
            .find(|model| model.name() == text)
            .ok_or(UnknownModel)
    }
}

impl Card {
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
    }
}
