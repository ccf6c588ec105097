//! The aggregate of these tests: an event that says outright what it moves, takes and releases.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use ledger::{Claim, Effects, Name, Posting, Unbalanced};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Fact;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    #[serde(default)]
    pub postings: Vec<Posting>,
    #[serde(default)]
    pub takes: Vec<Name>,
    #[serde(default)]
    pub releases: Vec<Name>,
    #[serde(default)]
    pub note: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Never {}

impl DomainEvent for Stated {
    fn event_type(&self) -> String {
        "fact.stated".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Effects for Stated {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        Ok(self.postings.clone())
    }

    fn claims(&self) -> Vec<Claim> {
        let releases = self.releases.iter().cloned().map(Claim::Release);
        releases
            .chain(self.takes.iter().cloned().map(Claim::Take))
            .collect()
    }
}

impl Aggregate for Fact {
    const TYPE: &'static str = "fact";
    type Command = ();
    type Event = Stated;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, (): (), (): &(), _: &EventSink<Self>) -> Result<(), Never> {
        Ok(())
    }

    fn apply(&mut self, _: Stated) {}
}
