//! A deposit: expected until it is received, and received once.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{DepositCommand, DepositError};
use super::events::{DepositEvent, Receipt};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deposit {
    #[default]
    Expected,
    Received(Receipt),
}

impl Deposit {
    fn decide(&self, command: DepositCommand) -> Result<Vec<DepositEvent>, DepositError> {
        let DepositCommand::Receive(receipt) = command;
        match self {
            Self::Expected => {
                judge(&receipt)?;
                Ok(vec![DepositEvent::Received(receipt)])
            }
            Self::Received(known) if *known == receipt => Ok(vec![]),
            Self::Received(_) => Err(DepositError::ReceivedOtherwise),
        }
    }
}

fn judge(Receipt { amount, fee, .. }: &Receipt) -> Result<(), DepositError> {
    if !amount.is_positive() {
        return Err(DepositError::NotPositive);
    }
    if !amount.whole_cents() || !fee.whole_cents() {
        return Err(DepositError::NotWholeCents);
    }
    match amount.checked_sub(*fee) {
        Ok(rest) if rest.is_positive() && !fee.is_negative() => Ok(()),
        Ok(_) | Err(_) => Err(DepositError::ImpossibleFee),
    }
}

impl Aggregate for Deposit {
    const TYPE: &'static str = "demonstration-deposit";
    type Command = DepositCommand;
    type Event = DepositEvent;
    type Error = DepositError;
    type Services = ();

    async fn handle(
        &mut self,
        command: DepositCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), DepositError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: DepositEvent) {
        let DepositEvent::Received(receipt) = event;
        *self = Self::Received(receipt);
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::TestFramework;
    use ledger::{Currency, Effects, Money, Name};

    use super::*;
    use crate::demonstration::User;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::Usd).unwrap()
    }

    fn receipt(amount: &str, fee: &str) -> Receipt {
        Receipt {
            customer: User::try_new("customer").unwrap(),
            amount: usd(amount),
            fee: usd(fee),
            stripe_event: Name::parse("stripe-event/evt_1").unwrap(),
        }
    }

    fn given(events: Vec<DepositEvent>) -> cqrs_es::test::AggregateTestExecutor<Deposit> {
        TestFramework::<Deposit>::with(()).given(events)
    }

    #[test]
    fn a_deposit_is_received() {
        given(vec![])
            .when(DepositCommand::Receive(receipt("100", "3.20")))
            .then_expect_events(vec![DepositEvent::Received(receipt("100", "3.20"))]);
    }

    #[test]
    fn receiving_twice_is_receiving_once() {
        given(vec![DepositEvent::Received(receipt("100", "3.20"))])
            .when(DepositCommand::Receive(receipt("100", "3.20")))
            .then_expect_events(vec![]);
        given(vec![DepositEvent::Received(receipt("100", "3.20"))])
            .when(DepositCommand::Receive(receipt("101", "3.20")))
            .then_expect_error(DepositError::ReceivedOtherwise);
    }

    #[test]
    fn what_no_card_can_pay_is_refused() {
        let cases = [
            ("0", "0", DepositError::NotPositive),
            ("-1", "0", DepositError::NotPositive),
            ("1.001", "0", DepositError::NotWholeCents),
            ("1", "0.001", DepositError::NotWholeCents),
            ("1", "1", DepositError::ImpossibleFee),
            ("1", "-0.01", DepositError::ImpossibleFee),
        ];
        for (amount, fee, refusal) in cases {
            given(vec![])
                .when(DepositCommand::Receive(receipt(amount, fee)))
                .then_expect_error(refusal);
        }
        let mixed = Receipt {
            fee: Money::zero(Currency::Rub),
            ..receipt("1", "0")
        };
        given(vec![])
            .when(DepositCommand::Receive(mixed))
            .then_expect_error(DepositError::ImpossibleFee);
    }

    #[test]
    fn a_deposit_without_a_fee_has_no_leg_for_it() {
        let postings = DepositEvent::Received(receipt("100", "0"))
            .postings()
            .unwrap();
        assert_eq!(postings[0].legs().len(), 2);
    }
}
