//! `status` says where the log and its projections are; `rebuild` brings a projection up to it.

use ledger::Currency::Usd;
use store::Context;

use crate::harness::{Bench, legs, moving};
use crate::history;

#[tokio::test]
async fn status_tells_the_head_the_last_link_and_the_lag() {
    let bench = Bench::new().await;
    let empty = bench.ask(&["--json", "status"]).await.expect(0).json();
    assert_eq!(empty["head"]["position"], 0);
    assert_eq!(empty["projections"][0]["state"], "not built");
    history::record(&bench, 61, 30).await;
    bench.catch_up().await;
    let fact = moving(legs(&[
        ("outside/bank", "-1", Usd),
        ("platform/fees", "1", Usd),
    ]));
    bench.state("later", fact, &Context::by("u")).await;
    let head = bench.log().head().await.unwrap();
    let told = bench.ask(&["--json", "status"]).await.expect(0).json();
    assert_eq!(told["head"]["position"], head.position);
    assert_eq!(told["head"]["hash"], head.hash.to_string());
    assert_eq!(told["chain"]["last_link_holds"], true);
    for projection in told["projections"].as_array().unwrap() {
        assert_eq!(projection["state"], "behind");
        assert_eq!(projection["lag"], 1);
    }
    let shown = bench.ask(&["status"]).await.expect(0).out;
    assert!(
        shown.contains("the last link holds") && shown.contains("books"),
        "{shown}"
    );
    bench.ask(&["rebuild", "all"]).await.expect(0);
    let told = bench.ask(&["--json", "status"]).await.expect(0).json();
    assert_eq!(told["projections"][0]["state"], "up to date");
    bench.ask(&["verify"]).await.expect(0);
}

#[tokio::test]
async fn status_sees_a_broken_last_link_and_a_head_that_points_elsewhere() {
    for change in [
        "update events set event_version = '2' where position = (select max(position) from events)",
        "update log_head set hash = decode(repeat('ab', 32), 'hex')",
        "update log_head set position = position + 1",
    ] {
        let bench = Bench::new().await;
        history::record(&bench, 62, 10).await;
        bench.tamper(&[change]).await;
        let told = bench.ask(&["--json", "status"]).await.expect(1).json();
        assert_eq!(told["chain"]["last_link_holds"], false, "{change}");
        assert_eq!(told["holds"], false, "{change}");
    }
}

#[tokio::test]
async fn status_sees_a_projection_that_stopped() {
    let bench = Bench::new().await;
    history::record(&bench, 63, 10).await;
    bench.catch_up().await;
    let stop = "update projection_checkpoints set stopped_at = 5, stopped_reason = 'no reason'";
    bench.tamper(&[stop]).await;
    let told = bench.ask(&["--json", "status"]).await.expect(1).json();
    assert_eq!(told["projections"][0]["state"], "stopped");
    assert_eq!(told["projections"][0]["stopped_at"], 5);
}

#[tokio::test]
async fn rebuilding_says_how_the_earlier_tables_compare() {
    let bench = Bench::new().await;
    history::record(&bench, 64, 50).await;
    bench.catch_up().await;
    let told = bench
        .ask(&["--json", "rebuild", "all"])
        .await
        .expect(0)
        .json();
    for rebuilt in told["rebuilt"].as_array().unwrap() {
        assert_eq!(rebuilt["earlier"], "equal");
    }
    bench
        .tamper(&["update projection_checkpoints set checksum = decode(repeat('ab', 16), 'hex')"])
        .await;
    let told = bench
        .ask(&["--json", "rebuild", "books"])
        .await
        .expect(0)
        .json();
    assert_eq!(told["rebuilt"][0]["earlier"], "different");
    let said = bench.ask(&["rebuild", "nothing"]).await.expect(2);
    assert!(
        said.failure.contains("there is no projection nothing"),
        "{said:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_the_status_of_wrong_usage() {
    let bench = Bench::new().await;
    history::record(&bench, 65, 5).await;
    for words in [
        &["nonsense"][..],
        &["verify", "--seal", "file"],
        &["as-of", "yesterday", "outside/bank"],
        &["as-of", "99", "outside/bank"],
        &["as-of", "1", "entry", "1"],
        &["as-of", "1", "outside/bank", "--axis", "effective"],
        &["as-of", "1", "outside/bank", "--known", "1"],
        &["explain", "99"],
        &["explain", "1/9999"],
        &["explain", "wallet/nobody/held"],
        &["explain", "wallet/*"],
        &["explain", "fact/nobody"],
        &["explain", "nothing"],
        &["export", "--from", "4", "--until", "2"],
        &["export", "--until", "99"],
        &["import", "/nowhere/log.jsonl"],
        &["rebuild"],
    ] {
        let said = bench.ask(words).await;
        assert_eq!(said.status, 2, "{words:?}: {said:?}");
        assert!(!said.failure.is_empty(), "{words:?}");
    }
}
