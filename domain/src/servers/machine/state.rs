//! The aggregate: a machine of some provider, on terms that change, until it is retired.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{MachineCommand, MachineError};
use super::events::{DrainedBecause, Enrolled, MachineEvent, UnverifiedBecause};
use crate::servers::MachineId;
use crate::servers::hardware::Hardware;
use crate::servers::price::HourlyPrice;
use crate::servers::words::{AgentVersion, Isolations, Region, Runtimes};
use crate::users::{Digest, Reason, UserId};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Machine {
    #[default]
    Absent,
    Enrolled(Box<Member>),
    Retired(Box<Member>),
}

/// A machine as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub machine: MachineId,
    pub provider: UserId,
    pub hardware: Hardware,
    pub isolation: Isolations,
    pub runtimes: Runtimes,
    pub agent_version: AgentVersion,
    /// For each slot.
    pub hourly: HourlyPrice,
    pub region: Option<Region>,
    pub drained: bool,
    pub verified: bool,
    /// Of the secret that is good now.
    pub generation: u32,
    pub secret: Digest,
    /// As it was enrolled, to know the same request again.
    pub began: Box<Enrolled>,
}

/// What a machine says of itself at once.
struct Description {
    hardware: Option<Hardware>,
    isolation: Option<Isolations>,
    runtimes: Option<Runtimes>,
    agent_version: Option<AgentVersion>,
    at: DateTime<Utc>,
}

/// What a provider says of a machine at once.
struct Offer {
    hourly: Option<HourlyPrice>,
    region: Option<Region>,
    drained: Option<bool>,
    because: DrainedBecause,
    by: UserId,
    at: DateTime<Utc>,
}

impl Machine {
    /// The machine, unless there is none, or none any more.
    pub fn member(&self) -> Option<&Member> {
        match self {
            Self::Enrolled(member) => Some(member),
            Self::Absent | Self::Retired(_) => None,
        }
    }

    /// Whose it is or was.
    pub fn provider(&self) -> Option<UserId> {
        match self {
            Self::Absent => None,
            Self::Enrolled(member) | Self::Retired(member) => Some(member.provider),
        }
    }

    fn decide(&self, command: MachineCommand) -> Result<Vec<MachineEvent>, MachineError> {
        use MachineCommand::{Enrol, Retire};
        match (self, command) {
            (Self::Absent, Enrol(enrolled)) => {
                enrolled.hardware.judge().map_err(MachineError::Hardware)?;
                Ok(vec![MachineEvent::Enrolled(enrolled)])
            }
            (Self::Absent, _) => Err(MachineError::NotEnrolled),
            (Self::Enrolled(member), Enrol(asked)) if member.began == asked => Ok(vec![]),
            (Self::Enrolled(_), Enrol(_)) => Err(MachineError::EnrolledOtherwise),
            (Self::Enrolled(member), command) => member.decide(command),
            (Self::Retired(_), Retire { .. }) => Ok(vec![]),
            (Self::Retired(_), _) => Err(MachineError::Retired),
        }
    }
}

impl Member {
    fn new(enrolled: Enrolled) -> Self {
        let began = Box::new(enrolled.clone());
        Self {
            machine: enrolled.machine,
            provider: enrolled.provider,
            hardware: enrolled.hardware,
            isolation: enrolled.isolation,
            runtimes: enrolled.runtimes,
            agent_version: enrolled.agent_version,
            hourly: enrolled.hourly,
            region: None,
            drained: false,
            verified: false,
            generation: 0,
            secret: enrolled.secret,
            began,
        }
    }

    fn decide(&self, command: MachineCommand) -> Result<Vec<MachineEvent>, MachineError> {
        use MachineCommand as C;
        match command {
            C::Enrol(_) => Err(MachineError::EnrolledOtherwise),
            C::Describe {
                hardware,
                isolation,
                runtimes,
                agent_version,
                at,
            } => self.describe(Description {
                hardware,
                isolation,
                runtimes,
                agent_version,
                at,
            }),
            C::Offer {
                hourly,
                region,
                drained,
                because,
                by,
                at,
            } => Ok(self.offer(Offer {
                hourly,
                region,
                drained,
                because,
                by,
                at,
            })),
            C::Verify { by, reason, at } => self.verify(by, reason, at),
            C::Unverify { by, reason, at } => {
                let why = UnverifiedBecause::Staff { by, reason };
                let provider = self.provider;
                let unverified = MachineEvent::Unverified { provider, why, at };
                Ok(self.verified.then_some(unverified).into_iter().collect())
            }
            C::RotateSecret {
                generation,
                secret,
                by,
                at,
            } => self.rotate(generation, secret, by, at),
            C::Retire { by, at } => Ok(vec![MachineEvent::Retired { by, at }]),
        }
    }

    fn describe(&self, said: Description) -> Result<Vec<MachineEvent>, MachineError> {
        let at = said.at;
        let hardware = said.hardware.unwrap_or_else(|| self.hardware.clone());
        hardware.judge().map_err(MachineError::Hardware)?;
        let isolation = said.isolation.unwrap_or_else(|| self.isolation.clone());
        let runtimes = said.runtimes.unwrap_or_else(|| self.runtimes.clone());
        let agent_version = said.agent_version;
        let agent_version = agent_version.unwrap_or_else(|| self.agent_version.clone());
        let other_hardware = hardware != self.hardware;
        let same = !other_hardware
            && isolation == self.isolation
            && runtimes == self.runtimes
            && agent_version == self.agent_version;
        if same {
            return Ok(vec![]);
        }
        let described = MachineEvent::Described {
            hardware,
            isolation,
            runtimes,
            agent_version,
            at,
        };
        let unverified = (other_hardware && self.verified).then_some(MachineEvent::Unverified {
            provider: self.provider,
            why: UnverifiedBecause::DescribedOtherwise,
            at,
        });
        Ok(std::iter::once(described).chain(unverified).collect())
    }

    fn offer(&self, said: Offer) -> Vec<MachineEvent> {
        let Offer {
            because, by, at, ..
        } = said;
        let hourly = said.hourly.filter(|hourly| *hourly != self.hourly);
        let priced = hourly.map(|hourly| MachineEvent::Priced { hourly, by, at });
        let region = said.region.filter(|it| Some(it) != self.region.as_ref());
        let placed = region.map(|region| MachineEvent::Placed { region, by, at });
        let drained = said.drained.filter(|drained| *drained != self.drained);
        let drained = drained.map(|drained| {
            if drained {
                MachineEvent::Drained { because, by, at }
            } else {
                MachineEvent::Undrained { by, at }
            }
        });
        [priced, placed, drained].into_iter().flatten().collect()
    }

    fn verify(
        &self,
        by: UserId,
        reason: Reason,
        at: DateTime<Utc>,
    ) -> Result<Vec<MachineEvent>, MachineError> {
        if by == self.provider {
            return Err(MachineError::Own);
        }
        if self.verified {
            return Ok(vec![]);
        }
        Ok(vec![MachineEvent::Verified {
            provider: self.provider,
            by,
            reason,
            at,
        }])
    }

    fn rotate(
        &self,
        generation: u32,
        secret: Digest,
        by: UserId,
        at: DateTime<Utc>,
    ) -> Result<Vec<MachineEvent>, MachineError> {
        if generation == self.generation && secret == self.secret {
            return Ok(vec![]);
        }
        if self.generation.checked_add(1) != Some(generation) {
            return Err(MachineError::SecretChanged);
        }
        Ok(vec![MachineEvent::SecretRotated {
            generation,
            secret,
            by,
            at,
        }])
    }

    fn change(&mut self, event: MachineEvent) {
        match event {
            MachineEvent::Described {
                hardware,
                isolation,
                runtimes,
                agent_version,
                ..
            } => {
                self.hardware = hardware;
                self.isolation = isolation;
                self.runtimes = runtimes;
                self.agent_version = agent_version;
            }
            MachineEvent::Priced { hourly, .. } => self.hourly = hourly,
            MachineEvent::Placed { region, .. } => self.region = Some(region),
            MachineEvent::Drained { .. } => self.drained = true,
            MachineEvent::Undrained { .. } => self.drained = false,
            MachineEvent::Verified { .. } => self.verified = true,
            MachineEvent::Unverified { .. } => self.verified = false,
            MachineEvent::SecretRotated {
                generation, secret, ..
            } => {
                self.generation = generation;
                self.secret = secret;
            }
            // These make another state of the machine, and are applied there.
            MachineEvent::Enrolled(_) | MachineEvent::Retired { .. } => {}
        }
    }
}

impl Aggregate for Machine {
    const TYPE: &'static str = "machine";
    type Command = MachineCommand;
    type Event = MachineEvent;
    type Error = MachineError;
    type Services = ();

    async fn handle(
        &mut self,
        command: MachineCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), MachineError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: MachineEvent) {
        *self = match (std::mem::take(self), event) {
            (_, MachineEvent::Enrolled(enrolled)) => {
                Self::Enrolled(Box::new(Member::new(*enrolled)))
            }
            (Self::Enrolled(member), MachineEvent::Retired { .. }) => Self::Retired(member),
            (Self::Enrolled(mut member), event) => {
                member.change(event);
                Self::Enrolled(member)
            }
            // Nothing happens to a machine before it is enrolled or after it was retired.
            (state @ (Self::Absent | Self::Retired(_)), _) => state,
        };
    }
}

#[cfg(test)]
mod tests;
