//! What is exported can be imported, and is then the same log.

use serde_json::Value;
use store::Context;

use crate::fact::Stated;
use crate::harness::{Bench, legs, moving, text};
use crate::history::{self, balances};
use ledger::Currency::Usd;
use ledger::Name;

async fn exported(bench: &Bench, folder: &tempfile::TempDir, more: &[&str]) -> String {
    let file = folder.path().join("log.jsonl");
    let words = [&["export", "--out", text(&file)], more].concat();
    bench.ask(&words).await.expect(0);
    std::fs::read_to_string(&file).unwrap()
}

async fn tables(bench: &Bench) -> Vec<Value> {
    let pool = bench.database.pool().await;
    let mut tables = Vec::new();
    for statement in [
        "select coalesce(json_agg(row_to_json(t)), '[]') from (select * from events order by position) t",
        "select coalesce(json_agg(row_to_json(t)), '[]') from (select * from entries order by position, leg) t",
        "select coalesce(json_agg(row_to_json(t)), '[]') from (select account, currency, minor, floor_minor from balances order by account, currency) t",
        "select coalesce(json_agg(row_to_json(t)), '[]') from (select name, holder from claims order by name) t",
        "select coalesce(json_agg(row_to_json(t)), '[]') from (select * from answers order by caller, key) t",
        "select coalesce(json_agg(row_to_json(t)), '[]') from (select position, hash, recorded_at from log_head) t",
    ] {
        tables.push(
            sqlx::query_scalar(statement)
                .fetch_one(&pool)
                .await
                .unwrap(),
        );
    }
    pool.close().await;
    tables
}

#[tokio::test]
async fn an_imported_log_is_the_same_log() {
    let bench = Bench::new().await;
    history::record(&bench, 11, 2_000).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log.jsonl");
    let export = exported(&bench, &folder, &[]).await;
    assert!(
        export
            .lines()
            .filter(|line| line.starts_with("{\"answer\""))
            .count()
            > 100
    );
    let other = Bench::new().await;
    let said = other
        .ask(&["--json", "import", text(&file)])
        .await
        .expect(0);
    let head = bench.log().head().await.unwrap();
    assert_eq!(said.json()["position"], head.position);
    assert_eq!(said.json()["hash"], head.hash.to_string());
    assert_eq!(other.log().head().await.unwrap().hash, head.hash);
    assert_eq!(tables(&bench).await, tables(&other).await);
    other.ask(&["verify"]).await.expect(0);
    assert_eq!(exported(&other, &folder, &[]).await, export);
}

#[tokio::test]
async fn an_imported_log_goes_on() {
    let bench = Bench::new().await;
    let deposit = moving(legs(&[
        ("outside/bank", "-5", Usd),
        ("wallet/u/available", "5", Usd),
    ]));
    let taking = Stated {
        takes: vec![Name::parse("gpu/1").unwrap()],
        ..deposit.clone()
    };
    let context = Context::by("u").with_key("k", b"request");
    bench.state("one", taking.clone(), &context).await;
    let folder = tempfile::tempdir().unwrap();
    exported(&bench, &folder, &[]).await;
    let other = Bench::new().await;
    other
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(0);
    // A repeated key is answered as it was, a held name stays held, money stays where it is.
    let again = other
        .append("one", 0, std::slice::from_ref(&taking), &context)
        .await
        .unwrap();
    assert!(again.repeated);
    let by = Context::by("u");
    assert!(other.append("two", 0, &[taking], &by).await.is_err());
    let spend = |amount: &str| {
        let negative = format!("-{amount}");
        let posting = legs(&[
            ("wallet/u/available", negative.as_str(), Usd),
            ("outside/bank", amount, Usd),
        ]);
        moving(posting)
    };
    assert!(other.append("three", 0, &[spend("6")], &by).await.is_err());
    assert_eq!(
        other
            .append("four", 0, &[spend("5")], &by)
            .await
            .unwrap()
            .position,
        2
    );
    other.ask(&["verify"]).await.expect(0);
}

#[tokio::test]
async fn what_was_answered_without_an_event_is_still_answered_after_an_import() {
    let bench = Bench::new().await;
    let nothing = |key: &str| Context::by("u").with_key(key, b"request");
    bench
        .append("one", 0, &[], &nothing("before"))
        .await
        .unwrap();
    let fact = moving(legs(&[
        ("outside/bank", "-1", Usd),
        ("platform/fees", "1", Usd),
    ]));
    bench.state("one", fact, &nothing("event")).await;
    bench.advance(1);
    bench
        .append("one", 1, &[], &nothing("after"))
        .await
        .unwrap();
    bench.ask(&["verify"]).await.expect(0);
    let folder = tempfile::tempdir().unwrap();
    exported(&bench, &folder, &[]).await;
    let other = Bench::new().await;
    other
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(0);
    other.ask(&["verify"]).await.expect(0);
    for (key, position) in [("before", 0), ("event", 1), ("after", 1)] {
        let again = other.append("one", 0, &[], &nothing(key)).await.unwrap();
        assert!(again.repeated, "{key}");
        assert_eq!(again.position, position, "{key}");
    }
}

#[tokio::test]
async fn an_empty_log_can_be_exported_and_imported() {
    let bench = Bench::new().await;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(exported(&bench, &folder, &[]).await.lines().count(), 2);
    let other = Bench::new().await;
    other
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(0);
    other.ask(&["verify"]).await.expect(0);
}

#[tokio::test]
async fn a_log_that_has_begun_is_not_imported_into() {
    let bench = Bench::new().await;
    history::record(&bench, 12, 20).await;
    let folder = tempfile::tempdir().unwrap();
    exported(&bench, &folder, &[]).await;
    let before = tables(&bench).await;
    let said = bench
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(2);
    assert!(said.failure.contains("empty"), "{said:?}");
    assert_eq!(tables(&bench).await, before);
}

#[tokio::test]
async fn a_part_of_the_log_up_to_a_position_or_time_can_be_imported() {
    let bench = Bench::new().await;
    for number in 1..=6 {
        let fact = moving(legs(&[
            ("outside/bank", "-1", Usd),
            ("platform/fees", "1", Usd),
        ]));
        bench
            .state(&format!("s{number}"), fact, &Context::by("u"))
            .await;
    }
    let folder = tempfile::tempdir().unwrap();
    let by_position = exported(&bench, &folder, &["--until", "3"]).await;
    let by_time = exported(&bench, &folder, &["--until", "2026-01-01T03:30:00Z"]).await;
    assert_eq!(by_position, by_time);
    let other = Bench::new().await;
    other
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(0);
    other.ask(&["verify"]).await.expect(0);
    assert_eq!(balances(&other).await[0].2, -3_000_000);
    // A later part has nothing to stand on.
    let later = exported(&bench, &folder, &["--from", "2026-01-01T04:00:00Z"]).await;
    assert!(
        later
            .lines()
            .nth(1)
            .unwrap()
            .starts_with("{\"position\":4,")
    );
    let third = Bench::new().await;
    let said = third
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(1);
    assert!(said.failure.starts_with("line 1: "), "{said:?}");
}

/// Replaces a line and tries to import the result.
async fn refused(bench: &Bench, lines: &[String]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.jsonl");
    std::fs::write(&file, lines.concat()).unwrap();
    let said = bench.ask(&["import", text(&file)]).await.expect(1);
    assert_eq!(
        bench.log().head().await.unwrap().position,
        0,
        "nothing may be left behind"
    );
    said.failure
}

#[tokio::test]
async fn an_altered_export_is_refused_at_the_line() {
    let bench = Bench::new().await;
    history::record(&bench, 13, 50).await;
    let folder = tempfile::tempdir().unwrap();
    let export = exported(&bench, &folder, &[]).await;
    let lines: Vec<String> = export.split_inclusive('\n').map(str::to_owned).collect();
    let other = Bench::new().await;
    let altered = |number: usize, change: &dyn Fn(&str) -> String| {
        let mut altered = lines.clone();
        altered[number - 1] = change(&lines[number - 1]);
        altered
    };
    let cases: [(usize, Vec<String>); 9] = [
        (1, altered(1, &|line| line.replace("log.v1", "log.v2"))),
        (
            7,
            altered(7, &|line| line.replace("\"sequence\":1", "\"sequence\":2")),
        ),
        (8, altered(8, &|line| line.replace("user/", "root/"))),
        (
            9,
            altered(9, &|line| {
                line.replace("\"hash\":\"", "\"more\":1,\"hash\":\"")
            }),
        ),
        (10, altered(10, &|_| String::new())),
        (12, altered(12, &|_| lines[12].clone())),
        (
            20,
            altered(20, &|line| format!("{line}{line}"))
                .into_iter()
                .collect(),
        ),
        (lines.len(), altered(lines.len(), &|_| lines[30].clone())),
        (
            lines.len(),
            altered(lines.len(), &|line| {
                line.replace("\"answers\":", "\"answers\":1")
            }),
        ),
    ];
    for (index, (number, altered)) in cases.iter().enumerate() {
        let failure = refused(&other, altered).await;
        // A line that appears twice is refused where it appears again.
        let number = if index == 6 { number + 1 } else { *number };
        assert!(
            failure.starts_with(&format!("line {number}")),
            "{index}: {failure}"
        );
    }
    let cut = refused(&other, &lines[..lines.len() - 1]).await;
    assert!(cut.contains("the footer is missing"), "{cut}");
    let half = [&lines[..20], &[lines[20][..30].to_owned()]].concat();
    assert!(
        refused(&other, &half)
            .await
            .starts_with("line 21: the line is cut")
    );
    // The control: the file itself is taken.
    other
        .ask(&["import", text(&folder.path().join("log.jsonl"))])
        .await
        .expect(0);
}

#[tokio::test]
async fn a_forged_log_with_a_sound_chain_is_refused_where_it_overdraws() {
    let bench = Bench::new().await;
    let fact = |amount: &str| {
        let negative = format!("-{amount}");
        let from_wallet = legs(&[
            ("wallet/u/available", negative.as_str(), Usd),
            ("outside/bank", amount, Usd),
        ]);
        moving(from_wallet)
    };
    let lines = crate::format::forged(&[fact("1")]);
    let failure = refused(&bench, &lines).await;
    assert!(
        failure.starts_with("line 2 ") && failure.contains("below its floor"),
        "{failure}"
    );
    let name = Name::parse("gpu/1").unwrap();
    let takes = Stated {
        takes: vec![name.clone()],
        ..Stated::default()
    };
    let failure = refused(&bench, &crate::format::forged(&[takes.clone(), takes])).await;
    assert!(
        failure.starts_with("line 3 ") && failure.contains("gpu/1"),
        "{failure}"
    );
    let releases = Stated {
        releases: vec![name],
        ..Stated::default()
    };
    let failure = refused(&bench, &crate::format::forged(&[releases])).await;
    assert!(failure.contains("does not hold"), "{failure}");
}
