//! Which machine a unit fits, and what it is expected to cost there: whole numbers, one rule.

use chrono::{DateTime, Utc};
use ledger::{Money, Rate, Rounding};
use serde::{Deserialize, Serialize};

use super::cost::seconds_affordable;
use super::ids::{MachineId, ObjectId};
use super::terms::{Isolation, Needs};
use crate::users::UserId;

/// Raised with every change of what follows, so that a decision can be made again as it was.
pub const RULE: u32 = 1;
/// What it takes to fetch an input, or a checkpoint, that the machine does not have.
const FETCH_SECONDS: u64 = 20;
/// What is trained for nothing when a machine is lost: half the time between two checkpoints, and
/// the time until somebody else has fetched everything.
const LOST_SECONDS: u64 = 60;
const WHOLE: u64 = 10_000;

/// A free slot of a machine, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub machine: MachineId,
    pub provider: UserId,
    pub runtimes: Vec<String>,
    /// The strictest that it can do.
    pub isolation: Isolation,
    pub gpu: Option<Gpu>,
    pub memory_bytes: u64,
    pub region: Option<String>,
    pub verified: bool,
    pub rate: Rate,
    /// 100 for an ordinary machine.
    pub speed_percent: u32,
    /// How many of 10,000 leases were lost with it.
    pub losses_basis_points: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gpu {
    pub model: String,
    pub memory_bytes: u64,
}

/// Why a machine cannot have a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unfit {
    Runtime,
    Isolation,
    GpuMemory,
    GpuModel,
    Memory,
    Region,
    NotVerified,
    TooDear,
    Currency,
    OwnMachine,
    Excluded,
    /// What is left of the budget does not buy a second there.
    NothingLeft,
}

/// A unit as far as the choice of a machine needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub customer: UserId,
    pub left: Money,
    pub seconds_expected: u64,
    pub excluded: &'a [super::Excluded],
    /// Inputs and checkpoint.
    pub objects: &'a [ObjectId],
}

impl Needs {
    /// Whether a machine has what is needed, whoever needs it.
    pub fn fit(&self, offer: &Offer) -> Result<(), Unfit> {
        let any = |list: &[String], it: &str| list.is_empty() || list.iter().any(|one| one == it);
        let insist = |fits: bool, otherwise: Unfit| if fits { Ok(()) } else { Err(otherwise) };
        insist(offer.runtimes.contains(&self.runtime), Unfit::Runtime)?;
        insist(offer.isolation.covers(self.isolation), Unfit::Isolation)?;
        let gpu = offer.gpu.as_ref();
        let gpu_memory = gpu.map_or(0, |gpu| gpu.memory_bytes);
        insist(gpu_memory >= self.gpu_memory_bytes, Unfit::GpuMemory)?;
        let model = gpu.map_or("", |gpu| gpu.model.as_str());
        insist(any(&self.gpu_models, model), Unfit::GpuModel)?;
        insist(offer.memory_bytes >= self.memory_bytes, Unfit::Memory)?;
        let region = offer.region.as_deref().unwrap_or_default();
        insist(any(&self.regions, region), Unfit::Region)?;
        insist(offer.verified || !self.verified, Unfit::NotVerified)?;
        let dear = |max: &Rate| {
            max.currency() == offer.rate.currency() && max.price() < offer.rate.price()
        };
        insist(!self.rate_max.as_ref().is_some_and(dear), Unfit::TooDear)
    }
}

impl Isolation {
    const fn covers(self, asked: Self) -> bool {
        match asked {
            Self::Any => true,
            Self::Sandbox => matches!(self, Self::Sandbox | Self::Container),
            Self::Container => matches!(self, Self::Container),
        }
    }
}

impl Candidate<'_> {
    /// Whether this machine may have this unit, given that it has what is needed.
    pub fn fit(&self, offer: &Offer, now: DateTime<Utc>) -> Result<(), Unfit> {
        if offer.provider == self.customer {
            return Err(Unfit::OwnMachine);
        }
        let counts = |it: &&super::Excluded| it.until.is_none_or(|until| now < until);
        let mut excluded = self.excluded.iter().filter(counts);
        if excluded.any(|it| it.machine == offer.machine) {
            return Err(Unfit::Excluded);
        }
        if offer.rate.currency() != self.left.currency() {
            return Err(Unfit::Currency);
        }
        if seconds_affordable(&offer.rate, self.left) == 0 {
            return Err(Unfit::NothingLeft);
        }
        Ok(())
    }

    /// What it is expected to cost until its end: training at the machine's pace, fetching what is
    /// not there, and what would be lost with the machine times how often that happens.
    pub fn score(&self, offer: &Offer, has: impl Fn(&ObjectId) -> bool) -> Money {
        let pace = u64::from(offer.speed_percent.max(1));
        let training = self.seconds_expected.saturating_mul(100).div_ceil(pace);
        let missing = self.objects.iter().filter(|it| !has(it)).count();
        let fetching = FETCH_SECONDS.saturating_mul(u64::try_from(missing).unwrap_or(u64::MAX));
        let losing = LOST_SECONDS
            .saturating_mul(offer.losses_basis_points.into())
            .div_ceil(WHOLE);
        let seconds = training.saturating_add(fetching).saturating_add(losing);
        let cost = offer.rate.times_seconds_per_hour(seconds, Rounding::Up);
        cost.unwrap_or_else(|_| Money::from_minor(i64::MAX, offer.rate.currency()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{machine, needs, object, provider, rate, rate_of, usd};
    use super::super::{Excluded, Needs};
    use super::*;
    use crate::users::examples::{ann, second};

    type Change = fn(&mut Needs, Vec<String>);

    fn offer() -> Offer {
        Offer {
            machine: machine(1),
            provider: provider(1),
            runtimes: vec!["tabular".to_owned()],
            isolation: Isolation::Sandbox,
            gpu: Some(Gpu {
                model: "RTX 4090".to_owned(),
                memory_bytes: 24 << 30,
            }),
            memory_bytes: 64 << 30,
            region: Some("eu".to_owned()),
            verified: false,
            rate: rate(),
            speed_percent: 100,
            losses_basis_points: 0,
        }
    }

    fn candidate() -> Candidate<'static> {
        Candidate {
            customer: ann(),
            left: usd(10_000),
            seconds_expected: 100,
            excluded: &[],
            objects: &[],
        }
    }

    #[test]
    fn each_need_that_is_not_met_has_its_own_name() {
        assert_eq!(needs().fit(&offer()), Ok(()));
        let word = |text: &str| vec![text.to_owned()];
        let cases: [(Change, &str, Unfit); 7] = [
            (
                |it, words| it.runtime.clone_from(&words[0]),
                "x",
                Unfit::Runtime,
            ),
            (
                |it, _| it.isolation = Isolation::Container,
                "",
                Unfit::Isolation,
            ),
            (|it, _| it.gpu_memory_bytes = 25 << 30, "", Unfit::GpuMemory),
            (|it, words| it.gpu_models = words, "H100", Unfit::GpuModel),
            (|it, _| it.memory_bytes = 65 << 30, "", Unfit::Memory),
            (|it, words| it.regions = words, "us", Unfit::Region),
            (|it, _| it.verified = true, "", Unfit::NotVerified),
        ];
        for (change, text, unfit) in cases {
            let mut needs = needs();
            change(&mut needs, word(text));
            assert_eq!(needs.fit(&offer()), Err(unfit));
        }
        let mut capped = needs();
        capped.rate_max = Some(rate_of("0.36"));
        assert_eq!(capped.fit(&offer()), Ok(()));
        capped.rate_max = Some(rate_of("0.3599"));
        assert_eq!(capped.fit(&offer()), Err(Unfit::TooDear));
    }

    #[test]
    fn a_machine_with_no_gpu_does_what_needs_none() {
        let offer = Offer {
            gpu: None,
            ..offer()
        };
        assert_eq!(needs().fit(&offer), Err(Unfit::GpuMemory));
        let needs = Needs {
            gpu_memory_bytes: 0,
            ..needs()
        };
        assert_eq!(needs.fit(&offer), Ok(()));
    }

    #[test]
    fn nobody_gets_their_own_unit_or_one_that_they_lost_lately() {
        assert_eq!(candidate().fit(&offer(), second(0)), Ok(()));
        let own = Candidate {
            customer: provider(1),
            ..candidate()
        };
        assert_eq!(own.fit(&offer(), second(0)), Err(Unfit::OwnMachine));
        let excluded = [Excluded {
            machine: machine(1),
            until: Some(second(10)),
        }];
        let lost = Candidate {
            excluded: &excluded,
            ..candidate()
        };
        assert_eq!(lost.fit(&offer(), second(9)), Err(Unfit::Excluded));
        assert_eq!(lost.fit(&offer(), second(10)), Ok(()));
        let poor = Candidate {
            left: usd(99),
            ..candidate()
        };
        assert_eq!(poor.fit(&offer(), second(0)), Err(Unfit::NothingLeft));
    }

    #[test]
    fn a_dear_machine_that_is_fast_can_be_the_cheaper_one() {
        let slow = offer();
        let fast = Offer {
            rate: rate_of("0.54"),
            speed_percent: 200,
            ..offer()
        };
        let nothing = |_: &ObjectId| false;
        assert_eq!(candidate().score(&slow, nothing), usd(10_000));
        assert_eq!(candidate().score(&fast, nothing), usd(7_500));
    }

    #[test]
    fn what_is_there_already_and_machines_that_stay_make_it_cheaper() {
        let objects = [object(1), object(2)];
        let unit = Candidate {
            objects: &objects,
            ..candidate()
        };
        assert_eq!(unit.score(&offer(), |_| false), usd(14_000));
        assert_eq!(unit.score(&offer(), |it| *it == object(1)), usd(12_000));
        let unsteady = Offer {
            losses_basis_points: 5_000,
            ..offer()
        };
        assert_eq!(candidate().score(&unsteady, |_| false), usd(13_000));
    }
}
