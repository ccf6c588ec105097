//! What a user may be, and which language they read.

use serde::{Deserialize, Serialize};

use super::at_least_one::AtLeastOne;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    #[serde(rename = "customer")]
    Customer,
    #[serde(rename = "provider")]
    Provider,
    #[serde(rename = "support")]
    Support,
    #[serde(rename = "finance")]
    Finance,
    #[serde(rename = "admin")]
    Admin,
}

pub type Roles = AtLeastOne<Role>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Locale {
    #[serde(rename = "ru")]
    Russian,
    #[serde(rename = "en")]
    English,
}
