//! Which commands follow which events of the demonstration: pure, so that it can be asked again.

use super::commands::EarningCommand;
use super::events::OrderEvent;

/// What follows an event of an order: the stream to ask, and what to ask of it.
///
/// The stream is named after the event that caused it, so one capture matures once however often
/// the event is seen.
pub fn follow(cause: &str, event: &OrderEvent) -> Option<(String, EarningCommand)> {
    match event {
        OrderEvent::Captured {
            provider, split, ..
        } if split.provider.is_positive() => Some((
            format!("earning_{cause}"),
            EarningCommand::Mature {
                provider: provider.clone(),
                amount: split.provider,
            },
        )),
        OrderEvent::Captured { .. } | OrderEvent::Opened(_) | OrderEvent::Closed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use ledger::{BasisPoints, Currency, Money};

    use super::*;
    use crate::demonstration::User;

    fn captured(commission: BasisPoints) -> OrderEvent {
        let amount = Money::from_minor(30, Currency::Usd);
        OrderEvent::Captured {
            customer: User::try_new("customer").unwrap(),
            provider: User::try_new("provider").unwrap(),
            amount,
            split: commission
                .deduct(Money::zero(Currency::Usd), amount)
                .unwrap(),
            commission_basis_points: commission,
            captured: amount,
        }
    }

    #[test]
    fn what_the_provider_earned_matures_under_the_name_of_its_cause() {
        let event = captured(BasisPoints::try_new(1_000).unwrap());
        let (earning, EarningCommand::Mature { provider, amount }) = follow("e1", &event).unwrap();
        assert_eq!(earning, "earning_e1");
        assert_eq!(provider.as_str(), "provider");
        assert_eq!(amount, Money::from_minor(27, Currency::Usd));
    }

    #[test]
    fn a_capture_that_is_all_commission_matures_nothing() {
        assert!(follow("e1", &captured(BasisPoints::WHOLE)).is_none());
    }
}
