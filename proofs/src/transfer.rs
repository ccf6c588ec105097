//! The smallest aggregate that moves money: what every measurement and check here is made with.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use ledger::{Account, Effects, Money, Posting, Unbalanced};
use serde::{Deserialize, Serialize};
use store::Catalogue;

/// A stream of movements; it only counts them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Transfer {
    pub made: u64,
}

#[derive(Clone, Debug)]
pub enum TransferCommand {
    Make {
        from: Account,
        to: Account,
        amount: Money,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransferEvent {
    #[serde(rename = "transfer.made")]
    Made {
        from: Account,
        to: Account,
        amount: Money,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum TransferError {}

impl DomainEvent for TransferEvent {
    fn event_type(&self) -> String {
        "transfer.made".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Effects for TransferEvent {
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        let Self::Made { from, to, amount } = self;
        Ok(vec![Posting::transfer(from.clone(), to.clone(), *amount)?])
    }
}

impl Aggregate for Transfer {
    const TYPE: &'static str = "transfer";
    type Command = TransferCommand;
    type Event = TransferEvent;
    type Error = TransferError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let TransferCommand::Make { from, to, amount } = command;
        sink.write(TransferEvent::Made { from, to, amount }, self)
            .await;
        Ok(())
    }

    fn apply(&mut self, _: Self::Event) {
        self.made += 1;
    }
}

/// Every event that the proofs write.
pub fn catalogue() -> Catalogue {
    Catalogue::new().with::<Transfer>()
}
