//! What a question is about: an account, an entry or a stream, told apart by how it is written.

use ledger::Account;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Account(Account),
    /// Every account whose name begins like this.
    Accounts(String),
    Entry {
        position: i64,
        leg: Option<i16>,
    },
    Stream {
        aggregate_type: String,
        aggregate_id: String,
    },
}

const ROOTS: [&str; 4] = ["wallet", "receivable", "platform", "outside"];

impl Subject {
    /// Figures are an entry, the root of an account makes an account, the rest is a stream.
    pub(crate) fn guess(name: &str) -> Result<Self, String> {
        if name.starts_with(|first: char| first.is_ascii_digit()) {
            return Self::of_kind("entry", name);
        }
        let root = name.split('/').next().unwrap_or_default();
        if ROOTS.contains(&root) || name.ends_with('*') {
            return Self::of_kind("account", name);
        }
        Self::of_kind("stream", name)
    }

    pub(crate) fn of_kind(kind: &str, name: &str) -> Result<Self, String> {
        match kind {
            "account" => account(name),
            "entry" => entry(name),
            "stream" => stream(name),
            _ => Err(format!("{kind:?} is none of account, entry and stream")),
        }
    }
}

fn account(name: &str) -> Result<Subject, String> {
    if let Some(prefix) = name.strip_suffix('*') {
        return Ok(Subject::Accounts(prefix.to_owned()));
    }
    Account::parse(name)
        .map(Subject::Account)
        .map_err(|error| format!("{name:?}: {error}"))
}

fn entry(name: &str) -> Result<Subject, String> {
    let (position, leg) = match name.split_once('/') {
        Some((position, leg)) => (position.parse().ok(), leg.parse().ok().map(Some)),
        None => (name.parse().ok(), Some(None)),
    };
    match (position, leg) {
        (Some(position), Some(leg)) if position > 0 => Ok(Subject::Entry { position, leg }),
        _ => Err(format!(
            "{name:?} is no entry: write POSITION or POSITION/LEG"
        )),
    }
}

fn stream(name: &str) -> Result<Subject, String> {
    match name.split_once('/') {
        Some((aggregate_type, aggregate_id))
            if !aggregate_type.is_empty() && !aggregate_id.is_empty() =>
        {
            Ok(Subject::Stream {
                aggregate_type: aggregate_type.to_owned(),
                aggregate_id: aggregate_id.to_owned(),
            })
        }
        _ => Err(format!(
            "{name:?} is neither an account nor a stream such as TYPE/ID"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_are_told_apart_by_how_they_are_written() {
        let account = |name| Subject::Account(Account::parse(name).unwrap());
        let stream = |aggregate_type: &str, aggregate_id: &str| Subject::Stream {
            aggregate_type: aggregate_type.to_owned(),
            aggregate_id: aggregate_id.to_owned(),
        };
        assert_eq!(
            Subject::guess("wallet/u/held"),
            Ok(account("wallet/u/held"))
        );
        assert_eq!(
            Subject::guess("wallet/u/*"),
            Ok(Subject::Accounts("wallet/u/".to_owned()))
        );
        assert_eq!(Subject::guess("*"), Ok(Subject::Accounts(String::new())));
        assert_eq!(
            Subject::guess("7"),
            Ok(Subject::Entry {
                position: 7,
                leg: None
            })
        );
        assert_eq!(
            Subject::guess("7/2"),
            Ok(Subject::Entry {
                position: 7,
                leg: Some(2)
            })
        );
        assert_eq!(Subject::guess("order/a/b"), Ok(stream("order", "a/b")));
        assert_eq!(
            Subject::of_kind("stream", "platform/x"),
            Ok(stream("platform", "x"))
        );
    }

    #[test]
    fn what_names_nothing_is_refused() {
        for name in [
            "", "order", "order/", "/x", "0", "7/", "7/x", "-1", "wallet/u", "platform",
        ] {
            assert!(Subject::guess(name).is_err(), "{name:?}");
        }
        assert!(Subject::of_kind("wallet", "u/held").is_err());
    }
}
