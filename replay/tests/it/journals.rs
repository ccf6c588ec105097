//! hledger and beancount read our journals and come to our balances, to the last unit.

use std::collections::BTreeMap;
use std::path::Path;

use ledger::{Account, Currency, Money};
use replay::{from_beancount, from_hledger};

use crate::harness::{Bench, text, tool};
use crate::history::{self, balances};

type Totals = BTreeMap<(String, String), i64>;

async fn ours(bench: &Bench) -> Totals {
    let balances = balances(bench).await.into_iter();
    balances
        .map(|(account, currency, minor)| ((account, currency), minor))
        .collect()
}

/// A table in CSV without its headline; no cell of ours holds a comma or a quote.
fn rows(csv: &str) -> Vec<Vec<String>> {
    let cell = |cell: &str| cell.trim().trim_matches('"').to_owned();
    csv.lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.split(',').map(cell).collect())
        .collect()
}

/// Their balances under our names and with our sign.
fn theirs(rows: &[Vec<String>], read: fn(&str) -> Option<Account>) -> Totals {
    let mut totals = Totals::new();
    for row in rows {
        let [name, currency, amount] = row.as_slice() else {
            panic!("{row:?}")
        };
        let account = read(name).unwrap_or_else(|| panic!("{name} leads to no account"));
        let parsed: Currency = currency.parse().unwrap();
        let minor = Money::parse(amount, parsed).unwrap().minor();
        let earlier = totals.insert((account.to_string(), currency.clone()), -minor);
        assert_eq!(earlier, None, "{name} appears twice");
    }
    totals
}

fn hledger_balances(file: &Path) -> Totals {
    let arguments = [
        "-f",
        text(file),
        "balance",
        "--flat",
        "--empty",
        "--no-total",
        "--layout=bare",
        "-O",
        "csv",
    ];
    let (success, csv, err) = tool("hledger", &arguments);
    assert!(success, "{err}");
    theirs(&rows(&csv), from_hledger)
}

fn beancount_balances(file: &Path) -> Totals {
    // As text: what is printed as a number is rounded for show.
    let query = "select account, currency, str(sum(number)) group by account, currency";
    let (success, csv, err) = tool("bean-query", &["-q", "-f", "csv", text(file), query]);
    assert!(success, "{err}");
    let row = |mut row: Vec<String>| {
        let number = row[2]
            .strip_prefix("Decimal('")
            .and_then(|rest| rest.strip_suffix("')"));
        row[2] = written_out(number.unwrap_or_else(|| panic!("{csv}")));
        row
    };
    theirs(
        &rows(&csv).into_iter().map(row).collect::<Vec<_>>(),
        from_beancount,
    )
}

/// Python writes a small number as `3E-8`.
fn written_out(number: &str) -> String {
    let Some((mantissa, exponent)) = number.split_once("E-") else {
        return number.to_owned();
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let width = exponent.parse::<usize>().unwrap() + fraction.len();
    format!("{sign}0.{:0>width$}", [whole, fraction].concat())
}

#[test]
fn small_numbers_are_written_out() {
    assert_eq!(written_out("3E-8"), "0.00000003");
    assert_eq!(written_out("-1.5E-7"), "-0.00000015");
    assert_eq!(written_out("0.5"), "0.5");
}

fn hledger_check(file: &Path) -> (bool, String) {
    let (success, out, err) = tool("hledger", &["-f", text(file), "check", "--strict"]);
    (success, out + &err)
}

fn bean_check(file: &Path) -> (bool, String) {
    let (success, out, err) = tool("bean-check", &[text(file)]);
    (success, out + &err)
}

async fn journal(bench: &Bench, format: &str, file: &Path, more: &[&str]) -> String {
    let words = [&["export", "--format", format, "--out", text(file)], more].concat();
    bench.ask(&words).await.expect(0);
    std::fs::read_to_string(file).unwrap()
}

#[tokio::test]
async fn the_journals_of_ten_thousand_random_events_have_our_balances() {
    let bench = Bench::new().await;
    let events = history::record(&bench, 31, 10_000).await;
    assert!(events >= 10_000);
    let ours = ours(&bench).await;
    assert!(ours.len() > 200, "the history is too plain: {}", ours.len());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books.journal");
    journal(&bench, "hledger", &file, &[]).await;
    let (passes, told) = hledger_check(&file);
    assert!(passes, "{told}");
    assert_eq!(hledger_balances(&file), ours);
    let file = folder.path().join("books.beancount");
    journal(&bench, "beancount", &file, &[]).await;
    let (passes, told) = bean_check(&file);
    assert!(passes, "{told}");
    assert_eq!(beancount_balances(&file), ours);
}

#[tokio::test]
async fn a_journal_of_the_later_part_carries_the_balances_over() {
    let bench = Bench::new().await;
    history::record(&bench, 32, 600).await;
    let ours = ours(&bench).await;
    let folder = tempfile::tempdir().unwrap();
    let nonzero = |totals: Totals| -> Totals {
        totals
            .into_iter()
            .filter(|(_, minor)| *minor != 0)
            .collect()
    };
    let file = folder.path().join("books.journal");
    let told = journal(&bench, "hledger", &file, &["--from", "301"]).await;
    assert!(told.contains("carried over"));
    assert_eq!(hledger_check(&file), (true, String::new()));
    assert_eq!(nonzero(hledger_balances(&file)), nonzero(ours.clone()));
    let file = folder.path().join("books.beancount");
    journal(&bench, "beancount", &file, &["--from", "301"]).await;
    assert_eq!(bean_check(&file), (true, String::new()));
    assert_eq!(nonzero(beancount_balances(&file)), nonzero(ours));
}

/// The text with the amount in its last transaction line changed by one minor unit.
fn one_unit_off(text: &str, line_with: &str, from: &str, to: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let found = lines
        .iter_mut()
        .rev()
        .find(|line| line.contains(line_with))
        .unwrap();
    assert!(found.contains(from), "{found}");
    *found = found.replacen(from, to, 1);
    lines.join("\n") + "\n"
}

#[tokio::test]
async fn one_unit_more_or_less_is_noticed_by_either_tool() {
    use crate::harness::{legs, moving};
    let bench = Bench::new().await;
    let fact = moving(legs(&[
        ("outside/bank", "-0.00000003", Currency::Btc),
        ("wallet/u_1/held", "0.00000003", Currency::Btc),
    ]));
    bench.state("s", fact, &store::Context::by("u")).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books");
    let sound = journal(&bench, "hledger", &file, &[]).await;
    assert!(hledger_check(&file).0);
    let asserted = "= -0.00000003 BTC";
    for altered in [
        one_unit_off(&sound, "wallet", asserted, "= -0.00000004 BTC"),
        one_unit_off(&sound, "wallet", "  -0.00000003 BTC", "  -0.00000002 BTC"),
        sound.replace(
            "account Assets:outside:bank",
            "account Assets:outside:other",
        ),
        sound.replace("commodity 1000.00000000 BTC", "commodity 1000.00000000 XXX"),
    ] {
        assert_ne!(altered, sound);
        std::fs::write(&file, altered).unwrap();
        assert!(!hledger_check(&file).0);
    }
    let sound = journal(&bench, "beancount", &file, &[]).await;
    assert!(bean_check(&file).0);
    for altered in [
        one_unit_off(&sound, "  Liabilities", "-0.00000003", "-0.00000002"),
        one_unit_off(&sound, " balance Liabilities", "-0.00000003", "-0.00000002"),
        sound.replace("open Assets:Outside:Bank", "open Assets:Outside:Other"),
    ] {
        assert_ne!(altered, sound);
        std::fs::write(&file, altered).unwrap();
        assert!(!bean_check(&file).0);
    }
}

#[tokio::test]
async fn a_journal_of_nothing_is_sound() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("books");
    journal(&bench, "hledger", &file, &[]).await;
    assert_eq!(hledger_check(&file), (true, String::new()));
    journal(&bench, "beancount", &file, &[]).await;
    assert_eq!(bean_check(&file), (true, String::new()));
}

#[tokio::test]
async fn a_small_journal_reads_as_it_should() {
    use crate::harness::{legs, moving};
    let bench = Bench::new().await;
    let fact = moving(legs(&[
        ("outside/stripe/pending", "-96.80", Currency::Usd),
        ("platform/fees", "-3.20", Currency::Usd),
        ("wallet/c_1/available", "100", Currency::Usd),
    ]));
    bench.state("s;1", fact, &store::Context::by("u")).await;
    let event = bench
        .log()
        .events_at(&[1])
        .await
        .unwrap()
        .remove(0)
        .event_id;
    let hledger = bench
        .ask(&["export", "--format", "hledger"])
        .await
        .expect(0)
        .out;
    let wanted = format!(
        "
2026-01-01 (1) fact.stated
    ; event:{event}, stream:fact/s%3B1, posting:1
    Assets:outside:stripe:pending  96.800000 USD = 96.800000 USD
    Expenses:platform:fees  3.200000 USD = 3.200000 USD
    Liabilities:wallet:c_1:available  -100.000000 USD = -100.000000 USD
"
    );
    assert!(hledger.contains(&wanted), "{hledger}");
    assert!(hledger.contains("\naccount Liabilities:wallet:c_1:available  ; type:L\n"));
    let beancount = bench
        .ask(&["export", "--format", "beancount"])
        .await
        .expect(0)
        .out;
    let wanted = format!(
        "
2026-01-01 * \"fact.stated\"
  position: 1
  posting: 1
  event: \"{event}\"
  stream: \"fact/s%3B1\"
  Assets:Outside:Stripe:Pending  96.800000 USD
  Expenses:Platform:Fees  3.200000 USD
  Liabilities:Wallet:CU1:Available  -100.000000 USD
"
    );
    assert!(beancount.contains(&wanted), "{beancount}");
    let opened =
        "2026-01-01 open Liabilities:Wallet:CU1:Available\n  path: \"wallet/c_1/available\"";
    assert!(beancount.contains(opened), "{beancount}");
    let closing = "2026-01-02 balance Liabilities:Wallet:CU1:Available  -100.000000 ~ 0 USD";
    assert!(beancount.contains(closing), "{beancount}");
}
