//! A row for every machine: what it is and on what terms it works; never its secret's digest.

use chrono::{DateTime, Utc};
use domain::servers::{
    AgentVersion, Enrolled, Hardware, Isolations, MachineEvent, Region, Runtimes,
};
use store::copy::Row;

use super::column;
use crate::people::stored;
use crate::projection::Unfoldable;
use crate::rows::{self, Rows};
use crate::table::{Cell, Keeping, Owner, Table};

pub(super) const TABLE: Table = Table {
    name: "machines",
    columns: &[
        column("position", Cell::Int8),
        // Of USD, for an hour of each slot.
        column("hourly_minor", Cell::Int8),
        column("slots", Cell::Int8),
        column("enrolled_at", Cell::Timestamp),
        column("changed_at", Cell::Timestamp),
        column("retired_at", Cell::OptionalTimestamp),
        column("drained", Cell::Bool),
        column("verified", Cell::Bool),
        column("machine", Cell::Text),
        column("provider", Cell::Text),
        // JSON, as in the event.
        column("hardware", Cell::Text),
        column("isolation", Cell::Text),
        column("runtimes", Cell::Text),
        column("agent_version", Cell::Text),
        column("region", Cell::OptionalText),
    ],
    key: &["machine"],
    indexes: &[&["provider", "position"]],
    keeping: Keeping::Keyed,
    owner: Some(Owner::Column("provider")),
};

#[derive(Debug)]
pub(super) struct Line {
    position: i64,
    hourly_minor: i64,
    enrolled_at: DateTime<Utc>,
    changed_at: DateTime<Utc>,
    retired_at: Option<DateTime<Utc>>,
    drained: bool,
    verified: bool,
    provider: String,
    hardware: Hardware,
    isolation: Isolations,
    runtimes: Runtimes,
    agent_version: AgentVersion,
    region: Option<Region>,
}

fn word<T: std::str::FromStr>(text: &str) -> Result<T, Unfoldable> {
    text.parse()
        .map_err(|_| Unfoldable::Foreign(text.to_owned()))
}

impl Line {
    pub fn recall(row: &mut Row<'_>) -> Result<(String, Self), Unfoldable> {
        let (position, hourly_minor, _slots) = (row.int8()?, row.int8()?, row.int8()?);
        let (enrolled_at, changed_at) = (row.timestamp()?, row.timestamp()?);
        let retired_at = rows::optional_timestamp(row)?;
        let (drained, verified) = (rows::bool(row)?, rows::bool(row)?);
        let (machine, provider) = (row.text()?.to_owned(), row.text()?.to_owned());
        let hardware = row.text()?;
        let hardware =
            serde_json::from_str(hardware).map_err(|_| Unfoldable::Foreign(hardware.to_owned()))?;
        let line = Self {
            position,
            hourly_minor,
            enrolled_at,
            changed_at,
            retired_at,
            drained,
            verified,
            provider,
            hardware,
            isolation: stored::all_named(row.text()?)?,
            runtimes: stored::all_named(row.text()?)?,
            agent_version: word(row.text()?)?,
            region: row.text_or_null()?.map(word).transpose()?,
        };
        Ok((machine, line))
    }

    pub fn new(enrolled: Enrolled, position: i64) -> Self {
        Self {
            position,
            hourly_minor: enrolled.hourly.money().minor(),
            enrolled_at: enrolled.at,
            changed_at: enrolled.at,
            retired_at: None,
            drained: false,
            verified: false,
            provider: enrolled.provider.to_string(),
            hardware: enrolled.hardware,
            isolation: enrolled.isolation,
            runtimes: enrolled.runtimes,
            agent_version: enrolled.agent_version,
            region: None,
        }
    }

    pub fn change(&mut self, event: MachineEvent) {
        self.changed_at = match event {
            MachineEvent::Enrolled(enrolled) => enrolled.at,
            MachineEvent::Described {
                hardware,
                isolation,
                runtimes,
                agent_version,
                at,
            } => {
                self.hardware = hardware;
                self.isolation = isolation;
                self.runtimes = runtimes;
                self.agent_version = agent_version;
                at
            }
            MachineEvent::Priced { hourly, at, .. } => {
                self.hourly_minor = hourly.money().minor();
                at
            }
            MachineEvent::Placed { region, at, .. } => {
                self.region = Some(region);
                at
            }
            MachineEvent::Drained { at, .. } => {
                self.drained = true;
                at
            }
            MachineEvent::Undrained { at, .. } => {
                self.drained = false;
                at
            }
            MachineEvent::Verified { at, .. } => {
                self.verified = true;
                at
            }
            MachineEvent::Unverified { at, .. } => {
                self.verified = false;
                at
            }
            MachineEvent::SecretRotated { at, .. } => at,
            MachineEvent::Retired { at, .. } => {
                self.retired_at = Some(at);
                at
            }
        };
    }

    pub fn emit(&self, machine: &str, rows: &mut Rows) {
        let hardware = serde_json::to_string(&self.hardware);
        let hardware = hardware.expect("hardware is made of text and numbers");
        let slots = i64::try_from(self.hardware.slots()).unwrap_or(i64::MAX);
        rows.row()
            .int8(self.position)
            .int8(self.hourly_minor)
            .int8(slots)
            .timestamp(self.enrolled_at)
            .timestamp(self.changed_at)
            .optional_timestamp(self.retired_at)
            .bool(self.drained)
            .bool(self.verified)
            .text(machine)
            .text(&self.provider)
            .text(&hardware)
            .text(&stored::names(&self.isolation))
            .text(&stored::names(&self.runtimes))
            .text(self.agent_version.as_str())
            .optional_text(self.region.as_ref().map(Region::as_str));
    }
}
