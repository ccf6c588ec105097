//! Account and claim names survive being written, and nothing crooked becomes one.

use ledger::{Account, Name, Root, WalletLeaf};
use proptest::prelude::*;

use crate::cases;

fn any_segment() -> impl Strategy<Value = String> {
    "[a-z0-9_.-]{1,30}"
}

fn any_place() -> impl Strategy<Value = String> {
    proptest::collection::vec(any_segment(), 1..=5).prop_map(|segments| segments.join("/"))
}

fn any_account() -> impl Strategy<Value = Account> {
    let leaf = proptest::sample::select(WalletLeaf::ALL.to_vec());
    prop_oneof![
        (any_segment(), leaf).prop_map(|(owner, leaf)| Account::wallet(&owner, leaf).unwrap()),
        any_segment().prop_map(|owner| Account::receivable(&owner).unwrap()),
        any_place().prop_map(|place| Account::platform(&place).unwrap()),
        any_place().prop_map(|place| Account::outside(&place).unwrap()),
    ]
}

/// Text made of the pieces that names are made of, so that it is sometimes one and often near.
fn near_names() -> impl Strategy<Value = String> {
    let pieces = vec![
        "wallet",
        "receivable",
        "platform",
        "outside",
        "available",
        "held",
        "/",
        "/",
        "/",
        "a",
        "A",
        "é",
        " ",
        ".",
        "..",
        "-",
        "_",
        "",
        "\0",
    ];
    let pieces = proptest::collection::vec(proptest::sample::select(pieces), 0..12);
    pieces.prop_map(|pieces| pieces.concat())
}

/// Whether `text` names an account, told without our parser.
fn is_an_account(text: &str) -> bool {
    let segments: Vec<&str> = text.split('/').collect();
    let plain = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || "_.-".contains(character)
    };
    let sound =
        |segment: &&str| !segment.is_empty() && segment.len() <= 64 && segment.chars().all(plain);
    let leaves = ["available", "held", "pending", "withdrawing", "disputed"];
    let shape = match segments.as_slice() {
        ["wallet", _, leaf] => leaves.contains(leaf),
        ["receivable", _] => true,
        ["platform" | "outside", places @ ..] => (1..=5).contains(&places.len()),
        _ => false,
    };
    shape && text.len() <= 200 && segments.iter().all(sound)
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_name_is_read_back_to_the_same_account(account in any_account()) {
        let text = account.to_string();
        prop_assert_eq!(Account::parse(&text), Ok(account.clone()));
        prop_assert_eq!(text.as_str(), account.as_str());
        prop_assert!(text.starts_with(account.root().as_str()));
        prop_assert_eq!(account.floor().is_some(), account.root() == Root::Wallet);
        let json = serde_json::to_string(&account).unwrap();
        prop_assert_eq!(serde_json::from_str::<Account>(&json).unwrap(), account);
    }

    #[test]
    fn what_is_nearly_a_name_is_judged_as_the_grammar_says(text in near_names()) {
        prop_assert_eq!(Account::parse(&text).is_ok(), is_an_account(&text), "{:?}", text);
    }

    #[test]
    fn reading_any_text_never_panics(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        prop_assert_eq!(Account::parse(&text).is_ok(), is_an_account(&text));
        for text in [text.as_str(), &String::from_utf8_lossy(&bytes)] {
            for account in [Account::platform(text), Account::outside(text)].into_iter().flatten() {
                prop_assert!(is_an_account(account.as_str()));
            }
            if let Ok(wallet) = Account::wallet(text, WalletLeaf::Held) {
                prop_assert_eq!(wallet.owner(), Some(text));
            }
            if let Ok(receivable) = Account::receivable(text) {
                prop_assert_eq!(receivable.owner(), Some(text));
            }
        }
    }

    #[test]
    fn accounts_are_ordered_as_their_text(one in any_account(), other in any_account()) {
        prop_assert_eq!(one.cmp(&other), one.as_str().cmp(other.as_str()));
    }

    #[test]
    fn a_claimed_name_is_visible_and_has_a_kind(text in "[ -~é\t]{0,12}/?[ -~]{0,12}") {
        let visible = text.bytes().all(|byte| (0x21..=0x7e).contains(&byte));
        let kind = text.split_once('/').is_some_and(|(kind, what)| !kind.is_empty() && !what.is_empty());
        let name = Name::parse(&text);
        prop_assert_eq!(name.is_ok(), visible && kind, "{:?}", text);
        if let Ok(name) = name {
            prop_assert_eq!(name.to_string(), text);
        }
    }
}
