//! A machine as its provider and staff see it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::servers::{HourlyPrice, Isolation, MachineId};
use ledger::{Currency, Money};
use projections::servers as read;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use utoipa::ToSchema;

use super::said::{SaidHardware, SaidIsolation};
use super::{Servers, name_field};
use crate::problem::{ApiError, kinds};
use crate::users::{rfc3339, sealed};

/// What an hour of each slot costs
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PricePerHour {
    #[schema(pattern = r"^(0|[1-9]\d{0,3})(\.\d{1,6})?$", example = "0.20")]
    amount: String,
    #[schema(pattern = "^USD$", example = "USD")]
    currency: String,
}

impl PricePerHour {
    pub fn read(&self, field: &str) -> Result<HourlyPrice, ApiError> {
        let invalid = |name: &str, detail: String| {
            ApiError::new(&kinds::BODY_INVALID)
                .detail(detail)
                .field(format!("{field}.{name}"))
        };
        let currency: Currency = self
            .currency
            .parse()
            .map_err(|error| invalid("currency", format!("{error}; an hour is priced in USD.")))?;
        let money = Money::parse(&self.amount, currency);
        let money = money.map_err(|error| invalid("amount", format!("{error}.")))?;
        HourlyPrice::try_new(money).map_err(|error| {
            let name = match error {
                domain::servers::PriceError::NotUsd => "currency",
                domain::servers::PriceError::OutOfRange => "amount",
            };
            invalid(name, format!("{error}."))
        })
    }
}

impl From<HourlyPrice> for PricePerHour {
    fn from(price: HourlyPrice) -> Self {
        Self {
            amount: price.money().amount(),
            currency: price.money().currency().code().to_owned(),
        }
    }
}

/// A machine
#[derive(Serialize, ToSchema)]
#[schema(as = Machine)]
pub struct ShownMachine {
    #[schema(example = "machine_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    id: String,
    #[schema(example = "user_01936b1e-7c1a-7d3e-8f00-0123456789ab")]
    provider: String,
    /// What the provider calls it
    name: String,
    /// Whether it was heard of within the last 45 seconds
    online: bool,
    /// Whether it takes no more work
    drained: bool,
    /// Whether staff have seen that it is what it says
    verified: bool,
    hardware: SaidHardware,
    /// How many units it works on at once
    slots: usize,
    isolation: Vec<SaidIsolation>,
    /// The types of models that it can train
    runtimes: Vec<String>,
    agent_version: String,
    price_per_hour: PricePerHour,
    #[schema(example = "eu-north")]
    region: Option<String>,
    seen_at: Option<String>,
    /// How busy it was then
    #[schema(value_type = Option<Object>)]
    load: Option<serde_json::Value>,
    enrolled_at: String,
    retired_at: Option<String>,
}

fn shown(
    machine: read::Machine,
    name: Option<String>,
    presence: Option<read::Presence>,
    now: DateTime<Utc>,
) -> ShownMachine {
    let retired = machine.retired_at.is_some();
    let online = presence.as_ref().is_some_and(|it| it.is_online(now));
    ShownMachine {
        id: machine.machine.to_string(),
        provider: machine.provider.to_string(),
        name: name.unwrap_or_default(),
        online: online && !retired,
        drained: machine.drained,
        verified: machine.verified,
        slots: machine.hardware.slots(),
        hardware: machine.hardware.into(),
        isolation: machine.isolation.iter().copied().map(name_of).collect(),
        runtimes: machine.runtimes.iter().map(ToString::to_string).collect(),
        agent_version: machine.agent_version.to_string(),
        price_per_hour: machine.hourly.into(),
        region: machine.region.map(|region| region.to_string()),
        seen_at: presence.as_ref().map(|it| rfc3339(it.seen_at)),
        load: presence.and_then(|it| it.load),
        enrolled_at: rfc3339(machine.enrolled_at),
        retired_at: machine.retired_at.map(rfc3339),
    }
}

fn name_of(isolation: Isolation) -> SaidIsolation {
    isolation.into()
}

impl Servers {
    /// With what they are called and how they are at the moment.
    pub(super) async fn shown(
        &self,
        pool: &PgPool,
        found: Vec<read::Machine>,
    ) -> Result<Vec<ShownMachine>, ApiError> {
        let machines: Vec<MachineId> = found.iter().map(|it| it.machine).collect();
        let mut providers: Vec<String> = found.iter().map(|it| it.provider.to_string()).collect();
        providers.dedup();
        let fields: Vec<String> = machines.iter().map(|it| name_field(*it)).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let names = self.users().vault().pick(&providers, &fields).await;
        let names = names.map_err(sealed)?.into_iter();
        let mut names: HashMap<String, String> =
            names.map(|(_, field, name)| (field, name)).collect();
        let mut present = read::presence_of(pool, &machines).await?;
        let now = self.now();
        let show = |machine: read::Machine| {
            let name = names.remove(&name_field(machine.machine));
            let presence = present.remove(&machine.machine);
            shown(machine, name, presence, now)
        };
        Ok(found.into_iter().map(show).collect())
    }
}
