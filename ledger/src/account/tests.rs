//! Names of accounts: which there are, whose they are, and which are refused.

use super::*;
use std::collections::HashMap;

#[test]
fn every_constructor_makes_the_name_that_parses_back() {
    let made = [
        (
            Account::wallet("user_1", WalletLeaf::Held),
            "wallet/user_1/held",
        ),
        (Account::receivable("user_1"), "receivable/user_1"),
        (
            Account::platform("commission/jobs"),
            "platform/commission/jobs",
        ),
        (Account::outside("stripe/pending"), "outside/stripe/pending"),
    ];
    for (account, text) in made {
        let account = account.unwrap();
        assert_eq!(account.as_str(), text);
        assert_eq!(Account::parse(text), Ok(account.clone()));
        assert_eq!(
            serde_json::to_string(&account).unwrap(),
            format!("\"{text}\"")
        );
    }
}

#[test]
fn every_account_of_a_user_is_theirs_and_none_comes_twice() {
    let mut all = Account::all_of("user_1").unwrap();
    assert!(all.iter().all(|account| account.owner() == Some("user_1")));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), WalletLeaf::ALL.len() + 1);
    assert_eq!(Account::all_of("User 1"), Err(AccountError::BadSegment));
}

#[test]
fn only_wallets_have_a_floor() {
    for leaf in WalletLeaf::ALL {
        let wallet = Account::wallet("c", leaf).unwrap();
        assert_eq!((wallet.root(), wallet.floor()), (Root::Wallet, Some(0)));
        assert_eq!(wallet.leaf(), Some(leaf));
    }
    for account in ["receivable/c", "platform/fees", "outside/bank"] {
        let account = Account::parse(account).unwrap();
        assert_eq!((account.floor(), account.leaf()), (None, None));
    }
}

#[test]
fn wallets_and_receivables_have_an_owner() {
    assert_eq!(
        Account::wallet("c", WalletLeaf::Held).unwrap().owner(),
        Some("c")
    );
    assert_eq!(Account::receivable("c").unwrap().owner(), Some("c"));
    assert_eq!(Account::platform("fees").unwrap().owner(), None);
    assert_eq!(Account::outside("bank").unwrap().owner(), None);
}

#[test]
fn each_fault_has_its_own_refusal() {
    let long = format!("platform/{}", "a".repeat(65));
    let longer = format!("platform/{}", "a/".repeat(100));
    let cases = [
        ("", AccountError::UnknownRoot),
        ("walle/c/held", AccountError::UnknownRoot),
        ("Wallet/c/held", AccountError::UnknownRoot),
        ("/wallet/c/held", AccountError::UnknownRoot),
        ("wallet", AccountError::WrongSegmentCount),
        ("platform", AccountError::WrongSegmentCount),
        ("wallet/c", AccountError::WrongSegmentCount),
        ("wallet/c/d/held", AccountError::WrongSegmentCount),
        ("receivable/c/d", AccountError::WrongSegmentCount),
        ("platform/1/2/3/4/5/6", AccountError::WrongSegmentCount),
        ("wallet/c/owned", AccountError::UnknownLeaf),
        ("platform/", AccountError::BadSegment),
        ("platform/fees/", AccountError::BadSegment),
        ("wallet//held", AccountError::BadSegment),
        ("wallet/C/held", AccountError::BadSegment),
        ("platform/a b", AccountError::BadSegment),
        ("platform/é", AccountError::BadSegment),
        (long.as_str(), AccountError::BadSegment),
        (longer.as_str(), AccountError::TooLong),
    ];
    for (text, refusal) in cases {
        assert_eq!(Account::parse(text), Err(refusal), "{text:?}");
    }
}

#[test]
fn the_longest_segment_and_the_longest_name_are_still_names() {
    let platform = |bytes: &[usize]| {
        let segments: Vec<String> = bytes.iter().map(|bytes| "a".repeat(*bytes)).collect();
        Account::platform(&segments.join("/"))
    };
    assert!(platform(&[64]).is_ok());
    assert_eq!(platform(&[65]), Err(AccountError::BadSegment));
    assert_eq!(platform(&[64, 64, 61]).unwrap().as_str().len(), 200);
    assert_eq!(platform(&[64, 64, 62]), Err(AccountError::TooLong));
    let too_long = format!("platform/{0}/{0}/{1}", "a".repeat(64), "a".repeat(62));
    assert_eq!(Account::parse(&too_long), Err(AccountError::TooLong));
}

#[test]
fn an_owner_cannot_smuggle_a_segment_into_a_name() {
    for owner in ["a/b", "a/available", "", "../x", "a\n", "A"] {
        assert!(
            Account::wallet(owner, WalletLeaf::Available).is_err(),
            "{owner:?}"
        );
        assert!(Account::receivable(owner).is_err(), "{owner:?}");
    }
    assert_eq!(
        Account::platform(&"a".repeat(300)),
        Err(AccountError::TooLong)
    );
}

#[test]
fn a_map_of_accounts_can_be_asked_with_text() {
    let account = Account::platform("fees").unwrap();
    let balances = HashMap::from([(account, 7)]);
    assert_eq!(balances.get("platform/fees"), Some(&7));
}
