//! Our account names as journals write them, and back.
//!
//! A journal's account is our whole name below the kind of account that it is: what we owe users
//! is a liability, what is elsewhere or owed to us is an asset, what we earned is income, what we
//! spent or lost is an expense, and our position from exchanges is equity. hledger takes our
//! segments as they are. beancount wants each to begin with a capital or a figure and to hold
//! only letters, figures and `-`; as our names have no capitals, these are free to stand for
//! what it refuses:
//!
//! - a first letter becomes its capital; a first `_`, `.` or `-` gets `XX` before it;
//! - `_` becomes `U`, `.` becomes `D`; `-` stays.

use ledger::{Account, Root};

/// The kind of account, in the words that hledger and beancount share.
pub(super) fn kind(account: &Account) -> &'static str {
    match account.root() {
        Root::Wallet => "Liabilities",
        Root::Receivable | Root::Outside => "Assets",
        Root::Platform => match account.as_str().split('/').nth(1) {
            Some("fees" | "loss") => "Expenses",
            Some("fx") => "Equity",
            _ => "Income",
        },
    }
}

/// `wallet/u_1/held` becomes `Liabilities:wallet:u_1:held`.
pub fn to_hledger(account: &Account) -> String {
    format!("{}:{}", kind(account), account.as_str().replace('/', ":"))
}

pub fn from_hledger(name: &str) -> Option<Account> {
    let (kind_told, rest) = name.split_once(':')?;
    let account = Account::parse(&rest.replace(':', "/")).ok()?;
    (kind(&account) == kind_told).then_some(account)
}

/// `wallet/u_1/held` becomes `Liabilities:Wallet:UU1:Held`.
pub fn to_beancount(account: &Account) -> String {
    let mut name = kind(account).to_owned();
    for segment in account.as_str().split('/') {
        name.push(':');
        let mut rest = segment;
        match segment.as_bytes().first() {
            Some(first @ b'a'..=b'z') => {
                name.push(char::from(first.to_ascii_uppercase()));
                rest = &segment[1..];
            }
            Some(b'0'..=b'9') | None => {}
            Some(_) => name.push_str("XX"),
        }
        name.extend(rest.chars().map(|character| match character {
            '_' => 'U',
            '.' => 'D',
            other => other,
        }));
    }
    name
}

pub fn from_beancount(name: &str) -> Option<Account> {
    let (kind_told, rest) = name.split_once(':')?;
    let segments: Vec<String> = rest.split(':').map(segment_from_beancount).collect();
    let account = Account::parse(&segments.join("/")).ok()?;
    // Whatever reads as an account but was never written for it is refused.
    (kind(&account) == kind_told && to_beancount(&account) == name).then_some(account)
}

fn segment_from_beancount(segment: &str) -> String {
    let (first, rest) = if let Some(rest) = segment.strip_prefix("XX") {
        (None, rest)
    } else {
        let mut characters = segment.chars();
        let first = characters.next().map(|first| first.to_ascii_lowercase());
        (first, characters.as_str())
    };
    let plain = rest.chars().map(|character| match character {
        'U' => '_',
        'D' => '.',
        other => other,
    });
    first.into_iter().chain(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_account_and_to_no_other() {
        let segments = [
            "a", "u", "x", "xx", "d", "0", "-", "_", ".", "a_b", "a.b", "a-b", "_u",
        ];
        let more = [
            "x-", "x_", "xu", "u_", "_.-", "0_", "00", "--", "x-a", "-a", "xxu", "xx_",
        ];
        let mut told = std::collections::HashSet::new();
        for segment in segments.into_iter().chain(more) {
            for name in [
                format!("wallet/{segment}/held"),
                format!("receivable/{segment}"),
                format!("platform/{segment}/{segment}"),
                format!("outside/{segment}"),
            ] {
                let account = Account::parse(&name).unwrap();
                assert_eq!(from_hledger(&to_hledger(&account)), Some(account.clone()));
                let beancount = to_beancount(&account);
                assert_eq!(from_beancount(&beancount), Some(account), "{beancount}");
                assert!(told.insert(beancount), "{name} shares its name");
            }
        }
    }

    #[test]
    fn beancount_names_are_made_of_what_it_accepts() {
        for segment in ["a_b.c-d", "_", "0", "-x", "."] {
            let account = Account::platform(segment).unwrap();
            for component in to_beancount(&account).split(':') {
                let (first, rest) = component.split_at(1);
                assert!(
                    first
                        .chars()
                        .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                );
                assert!(rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
            }
        }
    }

    #[test]
    fn each_account_is_of_its_kind() {
        for (name, told) in [
            ("wallet/u_1/held", "Liabilities:Wallet:UU1:Held"),
            ("receivable/u.1", "Assets:Receivable:UD1"),
            ("outside/rail/manual", "Assets:Outside:Rail:Manual"),
            ("platform/fees", "Expenses:Platform:Fees"),
            (
                "platform/loss/chargeback",
                "Expenses:Platform:Loss:Chargeback",
            ),
            ("platform/fx", "Equity:Platform:Fx"),
            (
                "platform/commission/jobs",
                "Income:Platform:Commission:Jobs",
            ),
        ] {
            assert_eq!(to_beancount(&Account::parse(name).unwrap()), told);
        }
        for forged in [
            "Assets:Platform:Fees",
            "Expenses:platform:fees",
            "Expenses:Platform:FEes",
        ] {
            assert_eq!(from_beancount(forged), None, "{forged}");
        }
        assert_eq!(from_hledger("Assets:platform:fees"), None);
    }
}
