//! `as-of` and `explain` on a history that is small enough to know by heart.

use chrono::DateTime;
use ledger::Currency::{Btc, Usd};
use ledger::Name;
use serde_json::{Value, json};
use store::Context;
use uuid::Uuid;

use crate::fact::Stated;
use crate::harness::{Bench, HOUR_MICROS, START_MICROS, legs, moving};

struct Known {
    bench: Bench,
    ids: Vec<Uuid>,
}

/// Hour 1: a deposit of 100, by `stripe`. Hour 2: 40 held because of it. Hour 3: 30 captured
/// because of that, effective from hour 1. Hour 4: some bitcoin, and a name is taken. Hour 5: 10
/// released in the stream of the deposit.
async fn known() -> Known {
    let bench = Bench::new().await;
    let hour =
        |hour: i64| DateTime::from_timestamp_micros(START_MICROS + hour * HOUR_MICROS).unwrap();
    let deposit = moving(legs(&[
        ("outside/stripe/pending", "-96.80", Usd),
        ("platform/fees", "-3.20", Usd),
        ("wallet/c/available", "100", Usd),
    ]));
    let transfer = |from, to, amount: &str| {
        let negative = format!("-{amount}");
        moving(legs(&[(from, negative.as_str(), Usd), (to, amount, Usd)]))
    };
    let hold = transfer("wallet/c/available", "wallet/c/held", "40");
    let capture = moving(legs(&[
        ("wallet/c/held", "-30", Usd),
        ("wallet/p/pending", "27", Usd),
        ("platform/commission/jobs", "3", Usd),
    ]));
    let coins = Stated {
        takes: vec![Name::parse("coin/1").unwrap()],
        ..moving(legs(&[
            ("outside/bank", "-0.00000001", Btc),
            ("wallet/c/available", "0.00000001", Btc),
        ]))
    };
    let release = transfer("wallet/c/held", "wallet/c/available", "10");
    bench
        .state("deposit", deposit, &Context::by("stripe"))
        .await;
    let id = async |position| bench.log().events_at(&[position]).await.unwrap()[0].event_id;
    let by_c = Context::by("user/c");
    bench
        .state("order", hold, &by_c.clone().because_of(id(1).await))
        .await;
    let late = Context::by("worker")
        .because_of(id(2).await)
        .effective(hour(1));
    bench.state("capture", capture, &late).await;
    bench.state("coins", coins, &by_c).await;
    bench.advance(HOUR_MICROS);
    bench
        .append("deposit", 1, &[release], &by_c.because_of(Uuid::nil()))
        .await
        .unwrap();
    let events = bench.log().events_at(&[1, 2, 3, 4, 5]).await.unwrap();
    let ids = events.iter().map(|event| event.event_id).collect();
    Known { bench, ids }
}

/// Account, amount and number of lines, as the answer lists them.
fn told(answer: &Value) -> Vec<(String, String, u64)> {
    let line = |line: &Value| {
        let balance = &line["balance"];
        let amount = format!(
            "{} {}",
            balance["amount"].as_str().unwrap(),
            balance["currency"].as_str().unwrap()
        );
        (
            line["account"].as_str().unwrap().to_owned(),
            amount,
            line["lines"].as_u64().unwrap(),
        )
    };
    answer["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

fn line(account: &str, amount: &str, lines: u64) -> (String, String, u64) {
    (account.to_owned(), amount.to_owned(), lines)
}

#[tokio::test]
async fn a_balance_is_told_as_of_every_position() {
    let Known { bench, .. } = known().await;
    let wanted: [&[(&str, u64)]; 6] = [
        &[],
        &[("100.00 USD", 1)],
        &[("60.00 USD", 2)],
        &[("60.00 USD", 2)],
        &[("60.00 USD", 2), ("0.00000001 BTC", 1)],
        &[("70.00 USD", 3), ("0.00000001 BTC", 1)],
    ];
    for (position, wanted) in wanted.iter().enumerate() {
        let position = position.to_string();
        let words = ["--json", "as-of", &position, "wallet/c/available"];
        let answer = bench.ask(&words).await.expect(0).json();
        let wanted: Vec<_> = wanted
            .iter()
            .map(|(amount, lines)| line("wallet/c/available", amount, *lines))
            .collect();
        assert_eq!(told(&answer), wanted, "{position}");
    }
    let shown = bench.ask(&["as-of", "5", "wallet/c/*"]).await.expect(0).out;
    let wanted = "\
as of position 5
account                    balance  lines  last position
wallet/c/available       70.00 USD      3              5
wallet/c/available  0.00000001 BTC      1              4
wallet/c/held             0.00 USD      3              5
";
    assert_eq!(shown, wanted);
}

#[tokio::test]
async fn the_two_axes_tell_when_it_was_known_and_when_it_counts() {
    let Known { bench, .. } = known().await;
    let ask = async |words: &[&str]| {
        let words = [&["--json", "as-of"], words].concat();
        told(&bench.ask(&words).await.expect(0).json())
    };
    let held = "wallet/c/held";
    // At half past two the capture is not recorded; it counts from hour 1 on, before the hold.
    let recorded = ask(&["2026-01-01T02:30:00Z", held]).await;
    assert_eq!(recorded, [line(held, "40.00 USD", 1)]);
    let effective = ask(&["2026-01-01T02:30:00Z", held, "--axis", "effective"]).await;
    assert_eq!(effective, [line(held, "10.00 USD", 2)]);
    let early = ask(&["2026-01-01T01:00:00Z", "wallet/p/*", "--axis", "effective"]).await;
    assert_eq!(early, [line("wallet/p/pending", "27.00 USD", 1)]);
    // What was believed at the time: effective then, known then.
    let noon = "2026-01-01T02:30:00Z";
    for known in [noon, "2"] {
        let words = [
            noon,
            "wallet/c/held",
            "--axis",
            "effective",
            "--known",
            known,
        ];
        assert_eq!(ask(&words).await, [line("wallet/c/held", "40.00 USD", 1)]);
    }
    assert_eq!(ask(&["2026-01-01T00:59:59Z", "*"]).await, []);
    // The moment itself belongs to it.
    assert_eq!(
        ask(&["2026-01-01T01:00:00Z", "platform/fees"]).await.len(),
        1
    );
}

#[tokio::test]
async fn a_stream_is_told_as_of_a_position_and_on_both_axes() {
    let Known { bench, ids } = known().await;
    let events = async |words: &[&str]| {
        let words = [&["--json", "as-of"], words].concat();
        let answer = bench.ask(&words).await.expect(0).json();
        answer["events"].as_array().unwrap().clone()
    };
    assert_eq!(events(&["4", "fact/deposit"]).await.len(), 1);
    let both = events(&["5", "stream", "fact/deposit"]).await;
    assert_eq!(both.len(), 2);
    assert_eq!(both[0]["event_id"], ids[0].to_string());
    assert_eq!(both[0]["metadata"], json!({"actor": "stripe"}));
    assert_eq!(both[1]["sequence"], 2);
    let at = "2026-01-01T01:30:00Z";
    assert_eq!(events(&[at, "fact/capture"]).await.len(), 0);
    assert_eq!(
        events(&[at, "fact/capture", "--axis", "effective"])
            .await
            .len(),
        1
    );
    let shown = bench
        .ask(&["as-of", "5", "fact/deposit"])
        .await
        .expect(0)
        .out;
    assert!(
        shown.contains("2026-01-01T05:00:00.000000Z") && shown.contains("2 events"),
        "{shown}"
    );
}

#[tokio::test]
async fn every_cent_of_an_account_is_explained_by_its_lines() {
    let Known { bench, ids } = known().await;
    let answer = bench
        .ask(&["--json", "explain", "wallet/p/pending"])
        .await
        .expect(0)
        .json();
    assert_eq!(answer["holds"], true);
    let line = &answer["lines"][0];
    assert_eq!(line["position"], 3);
    assert_eq!(line["leg"], 2);
    assert_eq!(
        line["amount"],
        json!({"amount": "27.00", "currency": "USD"})
    );
    assert_eq!(line["actor"], "worker");
    assert_eq!(line["event_type"], "fact.stated");
    // The chain goes back to where it began: the hold, and the deposit before it.
    let causes = line["causes"].as_array().unwrap();
    let positions: Vec<_> = causes
        .iter()
        .map(|cause| cause["position"].clone())
        .collect();
    assert_eq!(positions, [2, 1]);
    assert_eq!(causes[1]["event_id"], ids[0].to_string());
    assert_eq!(causes[1]["actor"], "stripe");
    assert_eq!(
        line["hash"],
        bench.log().events_at(&[3]).await.unwrap()[0]
            .hash
            .to_string()
    );
    let total = &answer["balances"][0];
    assert_eq!(total["sum"], json!({"amount": "27.00", "currency": "USD"}));
    assert_eq!(total["sum"], total["books"]);
    let shown = bench
        .ask(&["explain", "wallet/c/available"])
        .await
        .expect(0)
        .out;
    for wanted in [
        "  1/3  2026-01-01T01:00:00.000000Z  fact.stated  fact/deposit  stripe      +100.00 USD      100.00 USD  –",
        "  2/1  2026-01-01T02:00:00.000000Z  fact.stated  fact/order    user/c       -40.00 USD       60.00 USD  fact.stated@1",
        "+0.00000001 BTC  0.00000001 BTC  –",
        "00000000-0000-0000-0000-000000000000 (outside this log)",
        "balance 70.00 USD: its 3 lines sum to 70.00 USD, to the last unit\n",
        "balance 0.00000001 BTC: its 1 line sums to 0.00000001 BTC, to the last unit\n",
    ] {
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
}

#[tokio::test]
async fn an_explanation_that_the_books_contradict_says_so() {
    let Known { bench, .. } = known().await;
    bench
        .tamper(&["update entries set balance_minor = 1 where position = 3 and leg = 2"])
        .await;
    let said = bench.ask(&["explain", "wallet/p/pending"]).await.expect(1);
    assert!(
        said.out
            .contains("DIFFERS: the 1 line sums to 27.00 USD, the books say"),
        "{said:?}"
    );
    bench
        .tamper(&["delete from entries where position = 3"])
        .await;
    bench.ask(&["explain", "wallet/p/pending"]).await.expect(1);
    bench.ask(&["explain", "3/2"]).await.expect(1);
}

#[tokio::test]
async fn an_entry_is_explained_by_its_event_its_proof_and_its_causes() {
    let Known { bench, ids } = known().await;
    let events = bench.log().events_at(&[2, 3]).await.unwrap();
    let answer = bench
        .ask(&["--json", "explain", "3/2"])
        .await
        .expect(0)
        .json();
    assert_eq!(answer["event"]["event_id"], ids[2].to_string());
    assert_eq!(
        answer["event"]["effective_at"],
        "2026-01-01T01:00:00.000000Z"
    );
    assert_eq!(answer["previous_hash"], events[0].hash.to_string());
    assert_eq!(answer["recomputed_hash"], events[1].hash.to_string());
    assert_eq!(answer["event"]["hash"], events[1].hash.to_string());
    assert_eq!(answer["leg"], 2);
    assert_eq!(answer["legs"].as_array().unwrap().len(), 3);
    assert_eq!(
        answer["legs"][0]["balance"],
        json!({"amount": "10.00", "currency": "USD"})
    );
    assert_eq!(answer["causes"].as_array().unwrap().len(), 2);
    let payload = answer["event"]["payload"].to_string();
    assert!(payload.contains("wallet/p/pending"), "{payload}");
    let shown = bench.ask(&["explain", "entry", "3/2"]).await.expect(0).out;
    assert!(
        shown.contains("→    2  wallet/p/pending          +27.00 USD  27.00 USD"),
        "{shown}"
    );
    assert!(
        shown.contains("because of     fact.stated@2 ← fact.stated@1"),
        "{shown}"
    );
    let shown = bench.ask(&["explain", "4"]).await.expect(0).out;
    assert!(shown.contains("takes          coin/1"), "{shown}");
}

#[tokio::test]
async fn an_entry_whose_event_was_changed_is_not_explained() {
    let Known { bench, .. } = known().await;
    bench
        .tamper(&["update events set event_version = '2' where position = 3"])
        .await;
    let said = bench.ask(&["explain", "3"]).await.expect(1);
    assert!(said.failure.contains("position 3"), "{said:?}");
    bench.ask(&["explain", "fact/capture"]).await.expect(1);
    // The next one rests on a hash that is still the stored one.
    bench.ask(&["explain", "4"]).await.expect(0);
}

#[tokio::test]
async fn a_stream_is_explained_by_who_and_why() {
    let Known { bench, .. } = known().await;
    let answer = bench
        .ask(&["--json", "explain", "fact/capture"])
        .await
        .expect(0)
        .json();
    let event = &answer["events"][0];
    assert_eq!(event["metadata"]["actor"], "worker");
    let positions: Vec<_> = event["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause["position"].as_i64().unwrap())
        .collect();
    assert_eq!(positions, [2, 1]);
    let shown = bench
        .ask(&["explain", "stream", "fact/deposit"])
        .await
        .expect(0)
        .out;
    assert!(
        shown.contains("fact/deposit, every event up to position 5"),
        "{shown}"
    );
    assert!(
        shown.contains("stripe") && shown.contains("(outside this log)"),
        "{shown}"
    );
}
