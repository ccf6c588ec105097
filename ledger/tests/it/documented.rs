//! Every posting rule in `docs/LEDGER.md` balances as it is written there.

use ledger::{Account, Currency, Leg, Money, Posting};

const PAGE: &str = include_str!("../../../docs/LEDGER.md");
const NOTHING_MOVES: &str = "nothing moves";

/// The event and the legs of each line of the tables headed `event` and `legs`.
fn documented_rules() -> Vec<(&'static str, &'static str)> {
    let mut rules = Vec::new();
    let mut in_rules = false;
    for line in PAGE.lines() {
        let Some(cells) = line
            .strip_prefix("| ")
            .and_then(|rest| rest.strip_suffix(" |"))
        else {
            in_rules &= line.starts_with("|---");
            continue;
        };
        match cells.split_once(" | ") {
            Some(("event", "legs")) => in_rules = true,
            Some((event, legs)) if in_rules => rules.push((event, legs)),
            _ => {}
        }
    }
    rules
}

/// Reads `wallet/c/held -30` or `platform/fx +9950 RUB`.
fn leg(text: &str) -> Leg {
    let words: Vec<&str> = text.split(' ').collect();
    let [account, amount, ref currency @ ..] = words[..] else {
        panic!("{text:?} is no leg")
    };
    let currency = currency
        .first()
        .map_or(Currency::Usd, |code| code.parse().unwrap());
    assert!(
        amount.starts_with(['+', '-']),
        "{text:?} does not say which way it goes"
    );
    let money = Money::parse(amount.trim_start_matches('+'), currency).unwrap();
    Leg::new(Account::parse(account).unwrap(), money)
}

fn posting(legs: &str) -> Posting {
    let written = legs.split('`').filter(|piece| !piece.trim().is_empty());
    Posting::new(written.map(leg).collect()).unwrap_or_else(|error| panic!("{legs}: {error}"))
}

#[test]
fn every_documented_posting_rule_balances() {
    let rules = documented_rules();
    let (still, moving): (Vec<_>, Vec<_>) = rules
        .into_iter()
        .partition(|(_, legs)| *legs == NOTHING_MOVES);
    let found = (still.len(), moving.len());
    assert!(
        found.0 >= 2 && found.1 >= 29,
        "a table has changed its form: only {found:?} rules"
    );
    for (_, legs) in moving {
        posting(legs);
    }
}

#[test]
#[should_panic(expected = "sum to")]
fn a_documented_rule_that_does_not_balance_would_be_noticed() {
    posting("`wallet/c/held -30` `wallet/p/pending +27` `platform/commission/jobs +4`");
}
