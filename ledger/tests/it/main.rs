//! Properties of the ledger that hold for every input, tried on thousands of random ones.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod accounts;
mod commissions;
mod documented;
mod monies;
mod postings;
mod rates;
mod shares;

use ledger::Currency;
use proptest::prelude::*;

const CASES: u32 = 4_000;

/// Every property tries this many cases; what fails is printed, not written beside the source.
fn cases() -> ProptestConfig {
    ProptestConfig {
        cases: CASES,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn any_currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(Currency::ALL.to_vec())
}

/// Any number of minor units, the ends and the neighbourhood of zero more often than chance.
fn any_minor() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => any::<i64>(),
        2 => -1_000_i64..1_000,
        1 => Just(i64::MIN),
        1 => Just(i64::MAX),
    ]
}
