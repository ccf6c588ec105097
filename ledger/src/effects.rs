//! What an event does to the books and the claims, told by the event itself.

use crate::claim::Claim;
use crate::posting::{Posting, Unbalanced};

/// The posting rule beside the event.
///
/// Both functions are pure: the same event gives the same postings and claims for ever, so the
/// books can be thrown away and folded again from the log. An event that moves no money and
/// takes no name writes `impl Effects for …Event {}`.
pub trait Effects {
    /// What the event moves, in order.
    ///
    /// A refusal rather than a panic, so that a malformed stored event stops a replay at its
    /// position and says why.
    fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
        Ok(vec![])
    }

    /// Which names the event takes or gives up, in order.
    fn claims(&self) -> Vec<Claim> {
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, WalletLeaf};
    use crate::currency::Currency;
    use crate::money::Money;

    struct Renamed;

    impl Effects for Renamed {}

    struct Funded {
        customer: &'static str,
        minor: i64,
    }

    impl Effects for Funded {
        fn postings(&self) -> Result<Vec<Posting>, Unbalanced> {
            let available = Account::wallet(self.customer, WalletLeaf::Available)?;
            let held = Account::wallet(self.customer, WalletLeaf::Held)?;
            let amount = Money::from_minor(self.minor, Currency::Usd);
            Ok(vec![Posting::transfer(available, held, amount)?])
        }
    }

    #[test]
    fn an_event_moves_and_takes_nothing_unless_it_says_so() {
        assert_eq!(Renamed.postings(), Ok(vec![]));
        assert_eq!(Renamed.claims(), vec![]);
    }

    #[test]
    fn a_posting_rule_passes_every_refusal_on() {
        assert_eq!(
            Funded {
                customer: "c",
                minor: 40
            }
            .postings()
            .unwrap()
            .len(),
            1
        );
        let refused = |customer, minor| Funded { customer, minor }.postings().unwrap_err();
        assert_eq!(refused("c", 0), Unbalanced::NotPositive);
        assert!(matches!(refused("C", 40), Unbalanced::Account(_)));
    }
}
