//! What the log says happened to each job, and whether it was charged for just what was durable.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

const SECONDS_AN_HOUR: i128 = 3_600;
/// Of what was trained on data that is of no use, so much is charged at most.
const BAD_DATA_SECONDS_MAX: i128 = 60;
/// A tenth, in basis points.
const COMMISSION: (i128, i128) = (1_000, 10_000);

/// One machine's turn at a unit.
#[derive(Clone, Debug, Default)]
pub struct Lease {
    pub machine: String,
    pub at_micros: i64,
    /// The highest step that was saved, and what was trained until then.
    pub step: u64,
    pub trained_seconds: i128,
    /// The step from which it went on.
    pub from_step: u64,
    pub is_completed: bool,
    price_minor: i128,
}

#[derive(Clone, Debug, Default)]
pub struct Story {
    pub leases: BTreeMap<u64, Lease>,
    pub ends: Vec<String>,
    pub metrics: Value,
    ordered: u32,
    /// What the customer pays at least where their data could not be used.
    minimum: i128,
    held: i128,
    charged: i128,
    provider: i128,
    commission: i128,
    released: i128,
}

/// The story of every job, by its name.
pub fn read(log: &[Value]) -> Result<BTreeMap<String, Story>> {
    let mut stories: BTreeMap<String, Story> = BTreeMap::new();
    for event in log {
        // The export says first and last what it is of; only events have types.
        let Some(kind) = event["event_type"].as_str() else {
            continue;
        };
        let name = event["aggregate_id"].as_str().context("and a stream")?;
        let payload = event["payload"].as_str().context("and a payload")?;
        let payload: Value = serde_json::from_str(payload)?;
        let said = &payload[kind];
        if kind.starts_with("job.") {
            let story = stories.entry(name.to_owned()).or_default();
            story.job(kind, said)?;
        } else if kind.starts_with("work-unit.") {
            let job = name.replacen("unit_", "job_", 1);
            let at = event["recorded_at_micros"].as_i64().context("and a time")?;
            stories.entry(job).or_default().unit(kind, said, at)?;
        }
    }
    Ok(stories)
}

impl Story {
    fn job(&mut self, kind: &str, said: &Value) -> Result<()> {
        match kind {
            "job.ordered" => self.ordered += 1,
            "job.funded" => self.held += minor(&said["held"])?,
            "job.budget-raised" => self.held += minor(&said["by"])?,
            "job.charged" => {
                self.charged += minor(&said["amount"])?;
                self.provider += minor(&said["split"]["provider"])?;
                self.commission += minor(&said["split"]["commission"])?;
            }
            "job.done" | "job.failed" | "job.cancelled" => {
                self.ends.push(kind.to_owned());
                self.released += minor(&said["released"])?;
                self.metrics = said["metrics"].clone();
            }
            _ => {}
        }
        Ok(())
    }

    fn unit(&mut self, kind: &str, said: &Value, at_micros: i64) -> Result<()> {
        let Some(fence) = said["holding"]["fence"].as_u64() else {
            return Ok(());
        };
        let from_step = self.leases.values().map(|lease| lease.step).max();
        let lease = self.leases.entry(fence).or_default();
        match kind {
            "work-unit.leased" => {
                let machine = said["holding"]["machine"].as_str();
                machine.context("a machine")?.clone_into(&mut lease.machine);
                lease.at_micros = at_micros;
                lease.from_step = from_step.unwrap_or_default();
                lease.price_minor = decimal_minor(&said["rate"]["price"])?;
            }
            "work-unit.progressed" => {
                lease.step = said["checkpoint"]["step"].as_u64().context("a step")?;
                lease.trained_seconds = whole(&said["trained_seconds"])?;
            }
            "work-unit.completed" => {
                lease.step = said["step"].as_u64().context("a step")?;
                lease.trained_seconds = whole(&said["trained_seconds"])?;
                lease.is_completed = true;
            }
            "work-unit.failed" if said["cause"] == "bad-data" => {
                let seconds = whole(&said["trained_seconds"])?.min(BAD_DATA_SECONDS_MAX);
                self.minimum = lease.price_minor * seconds / SECONDS_AN_HOUR;
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it came to a model, once.
    pub fn is_done_once(&self) -> bool {
        let completed = self.leases.values().filter(|it| it.is_completed);
        self.ends == ["job.done"] && completed.count() == 1
    }

    /// What is durable, lease by lease, at the price of each.
    fn owed(&self) -> i128 {
        let cost = |it: &Lease| it.price_minor * it.trained_seconds / SECONDS_AN_HOUR;
        let durable: i128 = self.leases.values().map(cost).sum();
        durable.max(self.minimum)
    }

    /// All that is wrong with how it ended and what was charged for it.
    pub fn wrongs(&self, job: &str) -> Vec<String> {
        let owed = self.owed();
        let completed = self.leases.values().filter(|it| it.is_completed).count();
        let (tenths, whole) = COMMISSION;
        let facts = [
            (self.ordered == 1, format!("ordered {} times", self.ordered)),
            (self.ends.len() == 1, format!("it ended as {:?}", self.ends)),
            (completed <= 1, format!("handed in {completed} times")),
            (
                self.charged == owed,
                format!("charged {}, durable progress is worth {owed}", self.charged),
            ),
            (
                self.charged <= self.held,
                format!("charged {} of a budget of {}", self.charged, self.held),
            ),
            (
                self.charged == self.provider + self.commission,
                format!(
                    "charged {}, which is not {} and {}",
                    self.charged, self.provider, self.commission
                ),
            ),
            (
                // Computed on the whole, it is off by less than one unit, however many pieces.
                (self.commission * whole - self.charged * tenths).abs() < whole,
                format!("a commission of {} on {}", self.commission, self.charged),
            ),
            (
                self.held == self.charged + self.released,
                format!(
                    "held {}, charged {}, released {}",
                    self.held, self.charged, self.released
                ),
            ),
        ];
        let wrong = facts.into_iter().filter(|(is_so, _)| !is_so);
        wrong.map(|(_, what)| format!("{job}: {what}")).collect()
    }

    /// Whether less was left than a second costs.
    pub fn is_used_up(&self) -> bool {
        let second = |it: &Lease| it.price_minor / SECONDS_AN_HOUR;
        let second = self.leases.values().map(second).max().unwrap_or_default();
        self.held - self.charged <= second
    }

    pub const fn charged(&self) -> i128 {
        self.charged
    }
}

fn whole(value: &Value) -> Result<i128> {
    value.as_i64().map(i128::from).context("a whole number")
}

/// An amount in millionths.
pub fn minor(money: &Value) -> Result<i128> {
    decimal_minor(&money["amount"])
}

fn decimal_minor(text: &Value) -> Result<i128> {
    let text = text.as_str().context("an amount is text")?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    Ok(format!("{whole}{part:0<6}").parse()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, stream: &str, said: &Value) -> Value {
        json!({ "event_type": kind, "aggregate_id": stream, "recorded_at_micros": 1,
                "payload": json!({ kind: said }).to_string() })
    }

    fn usd(amount: &str) -> Value {
        json!({ "amount": amount, "currency": "USD" })
    }

    /// Two leases at 0.36 an hour: ten durable seconds of the first, five of the second.
    fn log(charged: &str) -> Vec<Value> {
        let holding = |fence| json!({ "fence": fence, "machine": format!("machine_{fence}") });
        let rate = json!({ "price": "0.360000", "currency": "USD" });
        let split = |provider: &str, fee: &str| json!({ "provider": usd(provider), "commission": usd(fee) });
        vec![
            event("job.ordered", "job_1", &json!({})),
            event("job.funded", "job_1", &json!({ "held": usd("0.50") })),
            event(
                "work-unit.leased",
                "unit_1",
                &json!({ "holding": holding(1), "rate": rate }),
            ),
            event(
                "work-unit.progressed",
                "unit_1",
                &json!({ "holding": holding(1), "checkpoint": { "step": 7 }, "trained_seconds": 10 }),
            ),
            event(
                "job.charged",
                "job_1",
                &json!({ "amount": usd(charged), "split": split("0.0009", "0.0001") }),
            ),
            event(
                "work-unit.leased",
                "unit_1",
                &json!({ "holding": holding(2), "rate": rate }),
            ),
            event(
                "work-unit.completed",
                "unit_1",
                &json!({ "holding": holding(2), "step": 9, "trained_seconds": 5 }),
            ),
            event(
                "job.charged",
                "job_1",
                &json!({ "amount": usd("0.0005"), "split": split("0.00045", "0.00005") }),
            ),
            event(
                "job.done",
                "job_1",
                &json!({ "released": usd("0.4985"), "metrics": {} }),
            ),
        ]
    }

    #[test]
    fn what_is_durable_is_charged_once_and_the_second_lease_goes_on_from_there() {
        let stories = read(&log("0.001")).unwrap();
        let story = &stories["job_1"];
        assert_eq!(story.wrongs("job_1"), Vec::<String>::new());
        assert_eq!(
            (story.leases[&1].from_step, story.leases[&2].from_step),
            (0, 7)
        );
        assert_eq!(story.charged(), 1_500);
    }

    #[test]
    fn what_was_charged_twice_or_lost_is_told() {
        let stories = read(&log("0.002")).unwrap();
        let wrongs = stories["job_1"].wrongs("job_1").concat();
        assert!(wrongs.contains("charged 2500, durable progress is worth 1500"));
        let mut lost = log("0.001");
        lost.pop();
        let wrongs = read(&lost).unwrap()["job_1"].wrongs("job_1").concat();
        assert!(wrongs.contains("it ended as []"), "{wrongs}");
    }
}
