//! Whatever is changed in the database as superuser, `verify` exits with 1 and says where.

use crate::harness::{Bench, Said};
use crate::history;

/// The position that the tests tamper with; it has entries, being the first with several legs.
async fn bench() -> (Bench, i64) {
    let bench = Bench::new().await;
    history::record(&bench, 51, 120).await;
    bench.catch_up().await;
    let pool = bench.database.pool().await;
    let position: i64 = sqlx::query_scalar(
        "select position from entries where position > 40 group by position \
         having count(*) > 2 order by position limit 1",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.close().await;
    (bench, position)
}

fn first_bad(said: &Said) -> i64 {
    said.json()["first_bad_position"].as_i64().unwrap()
}

#[tokio::test]
async fn an_untouched_log_holds() {
    let (bench, _) = bench().await;
    let said = bench.ask(&["--json", "verify"]).await.expect(0);
    let told = said.json();
    assert_eq!(told["holds"], true);
    assert_eq!(told["first_bad_position"], serde_json::Value::Null);
    assert_eq!(told["events"], bench.log().head().await.unwrap().position);
    for projection in told["projections"].as_array().unwrap() {
        assert_eq!(projection["state"], "holds", "{told}");
    }
    let said = bench.ask(&["verify"]).await.expect(0);
    assert!(said.out.contains("everything holds up to"), "{}", said.out);
}

#[tokio::test]
async fn every_change_of_an_event_is_found_at_its_position() {
    for change in [
        "payload = (payload::text || ' ')::json",
        "metadata = '{\"actor\":\"somebody else\"}'",
        "recorded_at = recorded_at + interval '1 microsecond'",
        "effective_at = effective_at - interval '1 microsecond'",
        "event_id = gen_random_uuid()",
        "event_version = '2'",
        "aggregate_id = 'other'",
        "hash = decode(repeat('ab', 32), 'hex')",
    ] {
        let (bench, position) = bench().await;
        bench
            .tamper(&[&format!(
                "update events set {change} where position = {position}"
            )])
            .await;
        let said = bench.ask(&["--json", "verify"]).await.expect(1);
        assert_eq!(first_bad(&said), position, "{change}: {said:?}");
        let said = bench.ask(&["verify"]).await.expect(1);
        let told = format!("the first bad position is {position}");
        assert!(said.out.contains(&told), "{change}: {}", said.out);
        // Nothing else is told from a chain that does not hold.
        for question in [
            &["as-of", "100", "wallet/*"][..],
            &["explain", "outside/bank"],
            &["export"],
            &["export", "--format", "hledger"],
        ] {
            let said = bench.ask(question).await.expect(1);
            assert!(
                said.failure.contains(&position.to_string()),
                "{question:?}: {said:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_event_that_is_gone_and_two_that_changed_places_are_found() {
    let (gone, position) = bench().await;
    gone.tamper(&[&format!("delete from events where position = {position}")])
        .await;
    let said = gone.ask(&["--json", "verify"]).await.expect(1);
    assert_eq!(first_bad(&said), position);
    let (swapped, position) = bench().await;
    swapped
        .tamper(&[
            &format!("update events set position = -1 where position = {position}"),
            &format!("update events set position = {position} where position = {position} + 1"),
            &format!("update events set position = {position} + 1 where position = -1"),
        ])
        .await;
    let said = swapped.ask(&["--json", "verify"]).await.expect(1);
    assert_eq!(first_bad(&said), position);
}

#[tokio::test]
async fn what_stands_beside_the_log_is_compared_with_it() {
    for (change, at_head) in [
        (
            "update entries set amount_minor = amount_minor + 1 where position = {} and leg = 1",
            false,
        ),
        ("delete from entries where position = {} and leg = 2", false),
        (
            "update balances set minor = minor + 1 where account = 'outside/bank'",
            true,
        ),
        (
            "update balances set floor_minor = -5 where account like 'wallet/%'",
            true,
        ),
        ("update claims set holder = 'fact/nobody'", true),
        (
            "insert into claims values (1, 'gpu/more', 'fact/nobody')",
            true,
        ),
        (
            "update log_head set hash = decode(repeat('ab', 32), 'hex')",
            true,
        ),
    ] {
        let (bench, position) = bench().await;
        bench
            .tamper(&[&change.replace("{}", &position.to_string())])
            .await;
        let said = bench.ask(&["--json", "verify"]).await.expect(1);
        let head = bench.log().head().await.unwrap().position;
        let wanted = if at_head { head } else { position };
        assert_eq!(first_bad(&said), wanted, "{change}: {said:?}");
    }
}

#[tokio::test]
async fn a_projection_that_was_edited_is_found() {
    let edits = [
        "update read_books.balances set balance_minor = balance_minor + 1",
        "delete from read_books.lines where leg = 2",
        "update projection_checkpoints set checksum = decode(repeat('ab', 16), 'hex') \
          where name = 'books'",
        "update projection_checkpoints set position = position + 1000 where name = 'books'",
    ];
    for edit in edits {
        let (bench, _) = bench().await;
        bench.tamper(&[edit]).await;
        let said = bench.ask(&["--json", "verify"]).await.expect(1);
        let told = said.json();
        let books = told["projections"].as_array().unwrap();
        let books = books.iter().find(|it| it["projection"] == "books").unwrap();
        assert_ne!(books["state"], "holds", "{edit}");
        assert_eq!(
            told["findings"].as_array().unwrap().len(),
            0,
            "{edit}: {told}"
        );
        if books["state"] == "differs" {
            // A rebuild mends it.
            bench.ask(&["rebuild", "books"]).await.expect(0);
            bench.ask(&["verify"]).await.expect(0);
        }
    }
}
