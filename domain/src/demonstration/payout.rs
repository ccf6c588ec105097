//! A payout: debited once, ended once, and a failure gives back exactly what was taken.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};

use super::commands::{PayoutCommand, PayoutError};
use super::events::{PayoutEvent, PayoutTerms, Stage};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payout {
    #[default]
    Unrequested,
    Requested(PayoutTerms),
    Sent(PayoutTerms),
    Settled(PayoutTerms),
    Failed(PayoutTerms),
}

impl Payout {
    fn decide(&self, command: PayoutCommand) -> Result<Vec<PayoutEvent>, PayoutError> {
        use PayoutCommand::{Fail, Request, Send, Settle};
        match (self, command) {
            (Self::Unrequested, Request(terms)) if terms.amount.is_positive() => {
                Ok(vec![PayoutEvent::Requested(terms)])
            }
            (Self::Unrequested, Request(_)) => Err(PayoutError::NotPositive),
            (Self::Unrequested, Send | Settle | Fail) => Err(PayoutError::NotRequested),
            (
                Self::Requested(terms)
                | Self::Sent(terms)
                | Self::Settled(terms)
                | Self::Failed(terms),
                Request(asked),
            ) => {
                if *terms == asked {
                    Ok(vec![])
                } else {
                    Err(PayoutError::RequestedOtherwise)
                }
            }
            (Self::Requested(terms), Send) => Ok(vec![PayoutEvent::Sent(terms.clone())]),
            (Self::Requested(_), Settle) => Err(PayoutError::NotSent),
            (Self::Requested(terms), Fail) => Ok(vec![failed(terms, Stage::Requested)]),
            (Self::Sent(terms), Settle) => Ok(vec![PayoutEvent::Settled(terms.clone())]),
            (Self::Sent(terms), Fail) => Ok(vec![failed(terms, Stage::Sent)]),
            (Self::Settled(_), Fail) => Err(PayoutError::Settled),
            (Self::Failed(_), Send | Settle) => Err(PayoutError::Failed),
            (Self::Sent(_), Send) | (Self::Settled(_), Send | Settle) | (Self::Failed(_), Fail) => {
                Ok(vec![])
            }
        }
    }
}

fn failed(terms: &PayoutTerms, after: Stage) -> PayoutEvent {
    PayoutEvent::Failed {
        terms: terms.clone(),
        after,
    }
}

impl Aggregate for Payout {
    const TYPE: &'static str = "demonstration-payout";
    type Command = PayoutCommand;
    type Event = PayoutEvent;
    type Error = PayoutError;
    type Services = ();

    async fn handle(
        &mut self,
        command: PayoutCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), PayoutError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: PayoutEvent) {
        *self = match event {
            PayoutEvent::Requested(terms) => Self::Requested(terms),
            PayoutEvent::Sent(terms) => Self::Sent(terms),
            PayoutEvent::Settled(terms) => Self::Settled(terms),
            PayoutEvent::Failed { terms, .. } => Self::Failed(terms),
        };
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};
    use ledger::{Currency, Effects, Leg, Money, Posting};

    use super::*;
    use crate::demonstration::{Rail, User};

    fn terms() -> PayoutTerms {
        PayoutTerms {
            provider: User::try_new("provider").unwrap(),
            amount: Money::from_minor(27_000_000, Currency::Usd),
            rail: Rail::Manual,
        }
    }

    fn given(events: Vec<PayoutEvent>) -> AggregateTestExecutor<Payout> {
        TestFramework::<Payout>::with(()).given(events)
    }

    fn requested() -> Vec<PayoutEvent> {
        vec![PayoutEvent::Requested(terms())]
    }

    fn sent() -> Vec<PayoutEvent> {
        vec![PayoutEvent::Requested(terms()), PayoutEvent::Sent(terms())]
    }

    fn ended(end: PayoutEvent) -> Vec<PayoutEvent> {
        [sent(), vec![end]].concat()
    }

    fn failure(after: Stage) -> PayoutEvent {
        PayoutEvent::Failed {
            terms: terms(),
            after,
        }
    }

    #[test]
    fn a_payout_is_requested_sent_and_settled() {
        given(vec![])
            .when(PayoutCommand::Request(terms()))
            .then_expect_events(requested());
        given(requested())
            .when(PayoutCommand::Send)
            .then_expect_events(vec![PayoutEvent::Sent(terms())]);
        given(sent())
            .when(PayoutCommand::Settle)
            .then_expect_events(vec![PayoutEvent::Settled(terms())]);
    }

    #[test]
    fn each_step_taken_twice_is_taken_once() {
        let settled = ended(PayoutEvent::Settled(terms()));
        let failed = ended(failure(Stage::Sent));
        let steps = [
            (requested(), PayoutCommand::Request(terms())),
            (sent(), PayoutCommand::Send),
            (settled.clone(), PayoutCommand::Request(terms())),
            (settled.clone(), PayoutCommand::Send),
            (settled, PayoutCommand::Settle),
            (failed, PayoutCommand::Fail),
        ];
        for (history, command) in steps {
            given(history).when(command).then_expect_events(vec![]);
        }
    }

    #[test]
    fn an_ended_payout_never_ends_otherwise() {
        given(ended(PayoutEvent::Settled(terms())))
            .when(PayoutCommand::Fail)
            .then_expect_error(PayoutError::Settled);
        for command in [PayoutCommand::Send, PayoutCommand::Settle] {
            given(ended(failure(Stage::Sent)))
                .when(command)
                .then_expect_error(PayoutError::Failed);
        }
    }

    #[test]
    fn steps_are_taken_in_order() {
        for command in [
            PayoutCommand::Send,
            PayoutCommand::Settle,
            PayoutCommand::Fail,
        ] {
            given(vec![])
                .when(command)
                .then_expect_error(PayoutError::NotRequested);
        }
        given(requested())
            .when(PayoutCommand::Settle)
            .then_expect_error(PayoutError::NotSent);
    }

    #[test]
    fn other_terms_are_another_payout() {
        let other = PayoutTerms {
            amount: Money::from_minor(1, Currency::Usd),
            ..terms()
        };
        given(requested())
            .when(PayoutCommand::Request(other))
            .then_expect_error(PayoutError::RequestedOtherwise);
        let nothing = PayoutTerms {
            amount: Money::zero(Currency::Usd),
            ..terms()
        };
        given(vec![])
            .when(PayoutCommand::Request(nothing))
            .then_expect_error(PayoutError::NotPositive);
    }

    #[test]
    fn a_failure_gives_back_exactly_what_was_taken_from_wherever_it_is() {
        for (history, stage) in [(requested(), Stage::Requested), (sent(), Stage::Sent)] {
            given(history.clone())
                .when(PayoutCommand::Fail)
                .then_expect_events(vec![failure(stage)]);
            let all = history.into_iter().chain([failure(stage)]);
            let mut legs: Vec<Leg> = all
                .flat_map(|event| event.postings().unwrap())
                .flat_map(Posting::into_legs)
                .collect();
            while let Some(leg) = legs.pop() {
                let opposite = Leg::new(leg.account().clone(), leg.amount().checked_neg().unwrap());
                let at = legs.iter().position(|other| *other == opposite);
                legs.remove(at.expect("every leg is undone by another"));
            }
        }
    }
}
