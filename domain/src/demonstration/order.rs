//! An order: opened with a hold, captured piece by piece, closed with what is left.

use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use ledger::Money;
use serde::{Deserialize, Serialize};

use super::commands::{OrderCommand, OrderError};
use super::events::{OrderEvent, Terms};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Unopened,
    Open {
        terms: Terms,
        captured: Money,
    },
    Closed {
        terms: Terms,
        captured: Money,
    },
}

impl Order {
    fn decide(&self, command: OrderCommand) -> Result<Vec<OrderEvent>, OrderError> {
        use OrderCommand::{Capture, Close, Open};
        match (self, command) {
            (Self::Unopened, Open(terms)) => open(terms),
            (Self::Unopened, Capture { .. } | Close) => Err(OrderError::NotOpen),
            (Self::Open { terms, .. } | Self::Closed { terms, .. }, Open(asked)) => {
                if *terms == asked {
                    Ok(vec![])
                } else {
                    Err(OrderError::OpenedOtherwise)
                }
            }
            (Self::Open { terms, captured }, Capture { up_to }) => capture(terms, *captured, up_to),
            (Self::Open { terms, captured }, Close) => Ok(vec![OrderEvent::Closed {
                customer: terms.customer.clone(),
                released: terms.amount.checked_sub(*captured)?,
                gpu: terms.gpu.clone(),
            }]),
            (Self::Closed { captured, .. }, Capture { up_to }) => {
                if up_to.checked_sub(*captured)?.is_positive() {
                    Err(OrderError::Closed)
                } else {
                    Ok(vec![])
                }
            }
            (Self::Closed { .. }, Close) => Ok(vec![]),
        }
    }
}

fn open(terms: Terms) -> Result<Vec<OrderEvent>, OrderError> {
    if !terms.amount.is_positive() {
        return Err(OrderError::NotPositive);
    }
    if terms.customer == terms.provider {
        return Err(OrderError::SameUser);
    }
    Ok(vec![OrderEvent::Opened(terms)])
}

/// A reading that is not beyond the last one has been captured already.
fn capture(terms: &Terms, before: Money, up_to: Money) -> Result<Vec<OrderEvent>, OrderError> {
    let amount = up_to.checked_sub(before)?;
    if !amount.is_positive() {
        return Ok(vec![]);
    }
    if terms.amount.checked_sub(up_to)?.is_negative() {
        return Err(OrderError::BeyondHold);
    }
    Ok(vec![OrderEvent::Captured {
        customer: terms.customer.clone(),
        provider: terms.provider.clone(),
        amount,
        split: terms.commission_basis_points.deduct(before, amount)?,
        commission_basis_points: terms.commission_basis_points,
        captured: up_to,
    }])
}

impl Aggregate for Order {
    const TYPE: &'static str = "demonstration-order";
    type Command = OrderCommand;
    type Event = OrderEvent;
    type Error = OrderError;
    type Services = ();

    async fn handle(
        &mut self,
        command: OrderCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), OrderError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: OrderEvent) {
        *self = match (std::mem::take(self), event) {
            (_, OrderEvent::Opened(terms)) => {
                let captured = Money::zero(terms.amount.currency());
                Self::Open { terms, captured }
            }
            (Self::Open { terms, .. }, OrderEvent::Captured { captured, .. }) => {
                Self::Open { terms, captured }
            }
            (Self::Open { terms, captured }, OrderEvent::Closed { .. }) => {
                Self::Closed { terms, captured }
            }
            // Nothing is captured or closed before it is open, or after it is closed.
            (
                state @ (Self::Unopened | Self::Closed { .. }),
                OrderEvent::Captured { .. } | OrderEvent::Closed { .. },
            ) => state,
        };
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};
    use ledger::{BasisPoints, Claim, Currency, Effects, Name, Split};

    use super::*;
    use crate::demonstration::User;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::Usd).unwrap()
    }

    fn terms() -> Terms {
        Terms {
            customer: User::try_new("customer").unwrap(),
            provider: User::try_new("provider").unwrap(),
            amount: usd("40"),
            commission_basis_points: BasisPoints::try_new(1_000).unwrap(),
            gpu: Some(Name::parse("gpu/1").unwrap()),
        }
    }

    fn captured(amount: &str, provider: &str, commission: &str, total: &str) -> OrderEvent {
        OrderEvent::Captured {
            customer: terms().customer,
            provider: terms().provider,
            amount: usd(amount),
            split: Split {
                provider: usd(provider),
                commission: usd(commission),
            },
            commission_basis_points: terms().commission_basis_points,
            captured: usd(total),
        }
    }

    fn closed(released: &str) -> OrderEvent {
        OrderEvent::Closed {
            customer: terms().customer,
            released: usd(released),
            gpu: terms().gpu,
        }
    }

    fn given(events: Vec<OrderEvent>) -> AggregateTestExecutor<Order> {
        TestFramework::<Order>::with(()).given(events)
    }

    fn up_to(total: &str) -> OrderCommand {
        OrderCommand::Capture { up_to: usd(total) }
    }

    #[test]
    fn an_order_opens_once() {
        let opened = OrderEvent::Opened(terms());
        given(vec![])
            .when(OrderCommand::Open(terms()))
            .then_expect_events(vec![opened.clone()]);
        for history in [vec![opened.clone()], vec![opened.clone(), closed("40")]] {
            given(history.clone())
                .when(OrderCommand::Open(terms()))
                .then_expect_events(vec![]);
            given(history)
                .when(OrderCommand::Open(Terms {
                    amount: usd("41"),
                    ..terms()
                }))
                .then_expect_error(OrderError::OpenedOtherwise);
        }
    }

    #[test]
    fn an_order_of_nothing_or_with_oneself_is_refused() {
        given(vec![])
            .when(OrderCommand::Open(Terms {
                amount: usd("0"),
                ..terms()
            }))
            .then_expect_error(OrderError::NotPositive);
        given(vec![])
            .when(OrderCommand::Open(Terms {
                provider: terms().customer,
                ..terms()
            }))
            .then_expect_error(OrderError::SameUser);
    }

    #[test]
    fn the_commission_is_counted_on_everything_captured() {
        let history = vec![
            OrderEvent::Opened(terms()),
            captured("0.000015", "0.000013", "0.000002", "0.000015"),
        ];
        given(history)
            .when(up_to("0.00003"))
            .then_expect_events(vec![captured(
                "0.000015", "0.000014", "0.000001", "0.00003",
            )]);
    }

    #[test]
    fn a_reading_counts_once_and_an_old_one_not_at_all() {
        let history = vec![OrderEvent::Opened(terms()), captured("30", "27", "3", "30")];
        for total in ["30", "29"] {
            given(history.clone())
                .when(up_to(total))
                .then_expect_events(vec![]);
        }
    }

    #[test]
    fn no_more_is_captured_than_is_held() {
        let opened = vec![OrderEvent::Opened(terms())];
        given(opened.clone())
            .when(up_to("40"))
            .then_expect_events(vec![captured("40", "36", "4", "40")]);
        given(opened)
            .when(up_to("40.000001"))
            .then_expect_error(OrderError::BeyondHold);
    }

    #[test]
    fn closing_gives_back_what_was_not_captured() {
        let history = vec![OrderEvent::Opened(terms()), captured("30", "27", "3", "30")];
        given(history)
            .when(OrderCommand::Close)
            .then_expect_events(vec![closed("10")]);
    }

    #[test]
    fn closing_twice_is_closing_once() {
        let history = vec![OrderEvent::Opened(terms()), closed("40")];
        given(history.clone())
            .when(OrderCommand::Close)
            .then_expect_events(vec![]);
        given(history)
            .when(up_to("1"))
            .then_expect_error(OrderError::Closed);
    }

    #[test]
    fn a_reading_captured_before_the_end_may_be_repeated_after_it() {
        let history = vec![
            OrderEvent::Opened(terms()),
            captured("30", "27", "3", "30"),
            closed("10"),
        ];
        given(history).when(up_to("30")).then_expect_events(vec![]);
    }

    #[test]
    fn what_was_never_opened_can_neither_be_captured_nor_closed() {
        for command in [up_to("1"), OrderCommand::Close] {
            given(vec![])
                .when(command)
                .then_expect_error(OrderError::NotOpen);
        }
    }

    #[test]
    fn the_gpu_is_taken_while_the_order_is_open() {
        let gpu = Name::parse("gpu/1").unwrap();
        assert_eq!(
            OrderEvent::Opened(terms()).claims(),
            [Claim::Take(gpu.clone())]
        );
        assert_eq!(captured("30", "27", "3", "30").claims(), []);
        assert_eq!(closed("10").claims(), [Claim::Release(gpu)]);
    }

    #[test]
    fn closing_an_order_captured_in_full_moves_nothing() {
        assert_eq!(closed("0").postings(), Ok(vec![]));
    }
}
