//! Whoever edits a read table by hand is found out, and a rebuild puts it right.

use projections::Comparison;

use crate::world::World;

const EDITS: [&str; 9] = [
    "update read_books.lines set amount_minor = amount_minor + 1 \
      where (position, leg) = (select max(position), 1 from read_books.lines)",
    "update read_books.lines set event_type = 'parcel.Moved' where ctid = '(0,3)'",
    "update read_books.lines set effective_at = effective_at + interval '1 microsecond' \
      where ctid = '(0,1)'",
    "delete from read_books.lines where ctid = '(0,2)'",
    "insert into read_books.lines select position, amount_minor, balance_minor, recorded_at, \
       effective_at, 99, currency, account, event_type, aggregate_type, aggregate_id \
       from read_books.lines limit 1",
    "update read_books.balances set balance_minor = balance_minor + 1 where account = 'outside/bank' and currency = 'USD'",
    "update read_books.balances set credits_minor = credits_minor + 1 where account = 'outside/bank' and currency = 'USD'",
    "delete from read_books.balances where account = 'outside/bank' and currency = 'BTC'",
    "update projection_checkpoints set checksum = decode(repeat('11', 16), 'hex') where name = 'books'",
];

#[tokio::test]
async fn every_edit_of_a_read_table_is_found_and_a_rebuild_undoes_it() {
    let world = World::with_history(200).await;
    let engine = world.engine(1000).await;
    engine.catch_up(150).await.unwrap();
    for edit in EDITS {
        assert!(engine.recompute("books").await.unwrap().agrees());
        assert_eq!(world.execute(edit).await, 1, "{edit}");
        let found = engine.recompute("books").await.unwrap();
        assert!(!found.agrees(), "{edit}");
        assert!(engine.recompute("streams").await.unwrap().agrees());
        engine.rebuild("books", &|_| {}).await.unwrap();
    }
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 200).await;
}

#[tokio::test]
async fn an_edit_of_a_history_is_found() {
    let world = World::with_history(50).await;
    let engine = world.engine(1000).await;
    engine.catch_up(i64::MAX).await.unwrap();
    for edit in [
        "update read_streams.history set actor = 'user/other' where position = 20",
        "update read_streams.history set request_id = '' where position = 21",
    ] {
        assert_eq!(world.execute(edit).await, 1);
        assert!(
            !engine.recompute("streams").await.unwrap().agrees(),
            "{edit}"
        );
        engine.rebuild("streams", &|_| {}).await.unwrap();
        assert!(engine.recompute("streams").await.unwrap().agrees());
    }
}

#[tokio::test]
async fn an_edited_balance_is_still_found_after_later_events_built_on_it() {
    let world = World::with_history(100).await;
    let engine = world.engine(1000).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world
        .execute(
            "update read_books.balances set balance_minor = balance_minor + 1 \
             where account = 'outside/bank'",
        )
        .await;
    world.grow(100, 5).await;
    engine.catch_up(i64::MAX).await.unwrap();
    assert!(!engine.recompute("books").await.unwrap().agrees());
    let rebuilt = engine.rebuild("books", &|_| {}).await.unwrap();
    assert!(matches!(
        rebuilt.comparison,
        Comparison::Different { position: 200, .. }
    ));
    world.assert_right(&engine, 200).await;
}

#[tokio::test]
async fn a_row_that_was_never_written_here_stops_what_builds_on_it() {
    let world = World::with_history(100).await;
    let engine = world.engine(1000).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world
        .execute("update read_books.balances set credits_minor = 0.5")
        .await;
    world.grow(10, 5).await;
    let error = engine.catch_up_one("books", i64::MAX).await.unwrap_err();
    assert!(error.to_string().contains("outside/bank"), "{error}");
    let status = engine.status().await.unwrap();
    assert_eq!(status[0].stopped.as_ref().unwrap().position, 101);
    engine.rebuild("books", &|_| {}).await.unwrap();
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 110).await;
}
