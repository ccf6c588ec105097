//! An earning: matures once, and can be withdrawn from then on.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::User;
use super::commands::{EarningCommand, EarningError};
use super::events::EarningEvent;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Earning {
    #[default]
    Maturing,
    Matured {
        provider: User,
        amount: Money,
    },
}

impl Earning {
    fn decide(&self, command: EarningCommand) -> Result<Vec<EarningEvent>, EarningError> {
        let EarningCommand::Mature { provider, amount } = command;
        match self {
            Self::Maturing if !amount.is_positive() => Err(EarningError::NotPositive),
            Self::Maturing => Ok(vec![EarningEvent::Matured { provider, amount }]),
            Self::Matured {
                provider: whose,
                amount: how_much,
            } => {
                if *whose == provider && *how_much == amount {
                    Ok(vec![])
                } else {
                    Err(EarningError::MaturedOtherwise)
                }
            }
        }
    }
}

impl Aggregate for Earning {
    const TYPE: &'static str = "demonstration-earning";
    type Command = EarningCommand;
    type Event = EarningEvent;
    type Error = EarningError;
    type Services = ();

    async fn handle(
        &mut self,
        command: EarningCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), EarningError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: EarningEvent) {
        let EarningEvent::Matured { provider, amount } = event;
        *self = Self::Matured { provider, amount };
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};
    use ledger::Currency;

    use super::*;

    fn mature(minor: i64) -> EarningCommand {
        let provider = User::try_new("provider").unwrap();
        EarningCommand::Mature {
            provider,
            amount: Money::from_minor(minor, Currency::Usd),
        }
    }

    fn matured(minor: i64) -> EarningEvent {
        let EarningCommand::Mature { provider, amount } = mature(minor);
        EarningEvent::Matured { provider, amount }
    }

    fn given(events: Vec<EarningEvent>) -> AggregateTestExecutor<Earning> {
        TestFramework::<Earning>::with(()).given(events)
    }

    #[test]
    fn an_earning_matures() {
        given(vec![])
            .when(mature(27))
            .then_expect_events(vec![matured(27)]);
        given(vec![])
            .when(mature(0))
            .then_expect_error(EarningError::NotPositive);
    }

    #[test]
    fn maturing_twice_is_maturing_once() {
        given(vec![matured(27)])
            .when(mature(27))
            .then_expect_events(vec![]);
        given(vec![matured(27)])
            .when(mature(28))
            .then_expect_error(EarningError::MaturedOtherwise);
    }
}
