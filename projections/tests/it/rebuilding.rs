//! Rebuilds: equal to what was live, unseen by readers, alone, and without a trace when cancelled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use projections::{
    Cell, Column, Comparison, Engine, Keeping, Page, Phase, Projection, ProjectionError,
    Projections, Rows, Settings, Table, Unfoldable, Unsettled,
};
use sqlx::{Connection, PgConnection};
use store::copy::Row;
use store::{Catalogue, Columns, EventRef};

use crate::world::{World, catalogue, eventually};

#[tokio::test]
async fn a_rebuild_equals_the_live_tables() {
    let world = World::with_history(40_000).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let contents = world.contents().await;
    for name in ["books", "streams"] {
        let seen = std::sync::Mutex::new(Vec::new());
        let rebuilt = engine
            .rebuild(name, &|at| seen.lock().unwrap().push(at))
            .await
            .unwrap();
        assert_eq!(
            (rebuilt.position, rebuilt.comparison),
            (40_000, Comparison::Equal)
        );
        let seen = seen.into_inner().unwrap();
        let folded: Vec<_> = seen
            .iter()
            .filter(|at| at.phase == Phase::Folding)
            .map(|at| at.position)
            .collect();
        assert_eq!(folded, [16_384, 32_768, 40_000]);
        assert_eq!(seen.last().unwrap().phase, Phase::Exchanging);
    }
    assert_eq!(world.contents().await, contents);
    assert_eq!(world.schemas().await, ["read_books", "read_streams"]);
    world.assert_right(&engine, 40_000).await;
    world.grow(50, 9).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 40_050).await;
}

#[tokio::test]
async fn a_rebuild_says_when_the_live_tables_cannot_be_compared() {
    let world = World::with_history(12_000).await;
    let engine = world.engine(4096).await;
    let rebuilt = engine.rebuild("books", &|_| {}).await.unwrap();
    assert_eq!(
        rebuilt.comparison,
        Comparison::Behind {
            live: 0,
            rebuilt: 12_000
        }
    );
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 12_000).await;
}

#[tokio::test]
async fn lost_tables_come_back_with_a_rebuild() {
    let world = World::with_history(100).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world.execute("drop schema read_books cascade").await;
    world.grow(10, 2).await;
    assert!(engine.catch_up_one("books", i64::MAX).await.is_err());
    engine.rebuild("books", &|_| {}).await.unwrap();
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 110).await;
}

/// Looks at the books again and again, each way in which a reader may; says how often it could.
async fn read_on(world_options: sqlx::postgres::PgConnectOptions, over: Arc<AtomicBool>) -> u64 {
    let mut connection = PgConnection::connect_with(&world_options).await.unwrap();
    let mut readings = 0;
    let mut last = 0;
    while !over.load(Ordering::Relaxed) {
        let (position, total, wrong): (i64, i64, i64) = sqlx::query_as(
            "select (select position from projection_checkpoints where name = 'books'), \
                    (select sum(balance_minor)::bigint from read_books.balances), \
                    (select count(*) from read_books.balances b where balance_minor <> \
                       (select l.balance_minor from read_books.lines l \
                         where l.account = b.account and l.currency = b.currency \
                         order by position desc, leg desc limit 1))",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!((total, wrong), (0, 0), "at {position}");
        assert!(
            position >= last,
            "the books went back from {last} to {position}"
        );
        last = position;
        let lines: i64 = sqlx::query_scalar("select count(*) from read_books.lines")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        // Two statements of one transaction read one and the same set of tables.
        let mut transaction = connection.begin().await.unwrap();
        let first: i64 =
            sqlx::query_scalar("select sum(amount_minor)::bigint from read_books.lines")
                .fetch_one(&mut *transaction)
                .await
                .unwrap();
        let again: i64 = sqlx::query_scalar("select count(*) from read_books.lines")
            .fetch_one(&mut *transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        assert_eq!(first, 0);
        assert!(
            again >= lines,
            "lines were lost from sight: {lines}, then {again}"
        );
        readings += 1;
    }
    readings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_and_writers_go_on_through_rebuild_after_rebuild() {
    let world = Arc::new(World::with_history(3_000).await);
    let engine = world.engine(500).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await })
    };
    let writing = {
        let (world, engine, over) = (Arc::clone(&world), engine.clone(), Arc::clone(&over));
        tokio::spawn(async move {
            let mut seed = 100;
            while !over.load(Ordering::Relaxed) {
                world.grow(20, seed).await;
                let head = world.head().await;
                engine
                    .wait_for("books", head, Duration::from_secs(20))
                    .await
                    .unwrap();
                seed += 1;
            }
        })
    };
    let readers: Vec<_> = (0..3)
        .map(|_| tokio::spawn(read_on(world.database.options.clone(), Arc::clone(&over))))
        .collect();
    for _ in 0..4 {
        for name in ["books", "streams"] {
            let rebuilt = engine.rebuild(name, &|_| {}).await.unwrap();
            assert_eq!(rebuilt.comparison, Comparison::Equal, "{name}");
        }
    }
    over.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    for reader in readers {
        assert!(reader.await.unwrap() > 5, "the readers went on");
    }
    let head = world.head().await;
    engine
        .wait_for("books", head, Duration::from_secs(20))
        .await
        .unwrap();
    engine
        .wait_for("streams", head, Duration::from_secs(20))
        .await
        .unwrap();
    stop.send(()).unwrap();
    running.await.unwrap();
    assert!(head > 3_000);
    world.assert_right(&engine, head).await;
    assert_eq!(world.schemas().await, ["read_books", "read_streams"]);
}

/// Starts a rebuild and says when it has begun to write; drops it when told.
async fn rebuild_until_it_writes(
    engine: &Engine,
) -> tokio::task::JoinHandle<Result<(), ProjectionError>> {
    let written = Arc::new(AtomicI64::new(0));
    let rebuilding = {
        let (engine, written) = (engine.clone(), Arc::clone(&written));
        tokio::spawn(async move {
            let watch = |at: projections::Progress| written.store(at.position, Ordering::SeqCst);
            engine.rebuild("books", &watch).await.map(drop)
        })
    };
    eventually("the rebuild writes", || async {
        written.load(Ordering::SeqCst) > 0
    })
    .await;
    rebuilding
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_rebuild_of_the_same_projection_is_refused() {
    let world = World::with_history(1_000).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    // A reader keeps the first from finishing.
    let mut reader = world.root.begin().await.unwrap();
    sqlx::query("select count(*) from read_books.lines")
        .execute(&mut *reader)
        .await
        .unwrap();
    let first = rebuild_until_it_writes(&engine).await;
    let second = engine.rebuild("books", &|_| {}).await;
    assert!(matches!(
        second,
        Err(ProjectionError::RebuildRunning {
            projection: "books"
        })
    ));
    // Another one may be rebuilt meanwhile, and an engine that starts leaves the first alone.
    engine.rebuild("streams", &|_| {}).await.unwrap();
    engine.tidy().await.unwrap();
    assert!(
        world
            .schemas()
            .await
            .contains(&"read_books_next".to_owned())
    );
    reader.rollback().await.unwrap();
    first.await.unwrap().unwrap();
    engine.rebuild("books", &|_| {}).await.unwrap();
    world.assert_right(&engine, 1_000).await;
}

/// A vacuum of the server gives way only to those who wait for it longer than readers may have to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_waits_for_a_vacuum_without_making_readers_wait() {
    let world = World::with_history(1_000).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let mut vacuum = world.root.begin().await.unwrap();
    sqlx::query("lock table read_books.lines in share update exclusive mode")
        .execute(&mut *vacuum)
        .await
        .unwrap();
    let rebuilding = rebuild_until_it_writes(&engine).await;
    let waiting = "select count(*) from pg_locks where not granted \
                   and mode = 'ShareUpdateExclusiveLock' \
                   and relation = 'read_books.lines'::regclass";
    eventually("the rebuild waits for the vacuum", || async {
        world.count(waiting).await == 1
    })
    .await;
    assert_eq!(
        world
            .count("select count(*) from pg_locks where not granted")
            .await,
        1
    );
    world.count("select count(*) from read_books.lines").await;
    world.grow(10, 2).await;
    engine.catch_up(i64::MAX).await.unwrap();
    vacuum.rollback().await.unwrap();
    rebuilding.await.unwrap().unwrap();
    world.assert_right(&engine, 1_010).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_rebuild_leaves_the_live_tables_alone_and_nothing_beside_them() {
    let world = World::with_history(50_000).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let contents = world.contents().await;
    for _ in 0..4 {
        let rebuilding = rebuild_until_it_writes(&engine).await;
        rebuilding.abort();
        if let Ok(finished) = rebuilding.await {
            finished.unwrap();
        }
        eventually("the leftovers are gone", || async {
            engine.tidy().await.unwrap();
            world.schemas().await == ["read_books", "read_streams"]
        })
        .await;
        assert_eq!(world.contents().await, contents);
    }
    world.assert_right(&engine, 50_000).await;
    engine.rebuild("books", &|_| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_loses_its_connection_fails_and_leaves_nothing() {
    let world = World::with_history(50_000).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    let contents = world.contents().await;
    let killed = AtomicU64::new(0);
    let rebuilding = rebuild_until_it_writes(&engine).await;
    // The one who holds the lock is the one who writes.
    while !rebuilding.is_finished() && killed.load(Ordering::Relaxed) == 0 {
        let count = world
            .count(
                "select count(pg_terminate_backend(pid)) from pg_locks \
                 where locktype = 'advisory' and granted \
                   and database = (select oid from pg_database where datname = current_database())",
            )
            .await;
        killed.fetch_add(u64::try_from(count).unwrap(), Ordering::Relaxed);
    }
    let outcome = rebuilding.await.unwrap();
    assert!(
        matches!(outcome, Err(ProjectionError::Database(_))),
        "{outcome:?}"
    );
    assert_eq!(world.contents().await, contents);
    let restarted = world.engine(4096).await;
    assert_eq!(world.schemas().await, ["read_books", "read_streams"]);
    restarted.rebuild("books", &|_| {}).await.unwrap();
    world.assert_right(&restarted, 50_000).await;
}

/// Counts events by type, in a table whose rows change; its second version counts double.
struct Tally<const VERSION: i32>;

#[derive(Default)]
struct TallyPage(std::collections::BTreeMap<String, i64>);

impl Page for TallyPage {
    const COLUMNS: Columns = Columns::Fold;

    fn take(&mut self, event: &EventRef<'_>, _: &Catalogue) -> Result<(), Unfoldable> {
        *self.0.entry(event.event_type.to_owned()).or_default() += 1;
        Ok(())
    }
}

impl<const V: i32> Projection for Tally<V> {
    const NAME: &'static str = "tally";
    const VERSION: i32 = V;
    const TABLES: &'static [Table] = &[Table {
        name: "counts",
        columns: &[
            Column {
                name: "event_type",
                cell: Cell::Text,
            },
            Column {
                name: "count",
                cell: Cell::Int8,
            },
        ],
        key: &["event_type"],
        indexes: &[],
        keeping: Keeping::Keyed,
        owner: None,
    }];
    type Page = TallyPage;
    type Known = std::collections::BTreeMap<String, i64>;

    fn touched(page: &TallyPage, keys: &mut [Rows]) {
        for key in page.0.keys() {
            keys[0].row().text(key);
        }
    }

    fn recall(known: &mut Self::Known, _: usize, mut row: Row<'_>) -> Result<(), Unfoldable> {
        known.insert(row.text()?.to_owned(), row.int8()?);
        Ok(())
    }

    fn settle(known: &mut Self::Known, page: TallyPage, _: &mut [Rows]) -> Result<(), Unsettled> {
        for (key, count) in page.0 {
            *known.entry(key).or_default() += count * i64::from(V);
        }
        Ok(())
    }

    fn emit(known: &Self::Known, rows: &mut [Rows]) -> Result<(), Unfoldable> {
        for (key, count) in known {
            rows[0].row().text(key).int8(*count);
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_new_version_is_rebuilt_and_the_old_program_keeps_its_hands_off() {
    let world = World::with_history(300).await;
    let open = async |projections| {
        let settings = Settings {
            page_events: 50,
            ..Settings::default()
        };
        Engine::open(world.log.clone(), catalogue(), projections, settings)
            .await
            .unwrap()
    };
    let old = open(Projections::none().with::<Tally<1>>()).await;
    old.catch_up(i64::MAX).await.unwrap();
    let counted = "select sum(count)::bigint from read_tally.counts";
    assert_eq!(world.count(counted).await, 300);
    let new = open(Projections::none().with::<Tally<2>>()).await;
    new.catch_up(i64::MAX).await.unwrap();
    assert_eq!(world.count(counted).await, 600);
    assert!(new.recompute("tally").await.unwrap().agrees());
    world.grow(10, 4).await;
    for refused in [
        old.catch_up(i64::MAX).await,
        old.rebuild("tally", &|_| {}).await.map(drop),
    ] {
        assert!(
            matches!(
                refused,
                Err(ProjectionError::Newer {
                    stored: 2,
                    known: 1,
                    ..
                })
            ),
            "{refused:?}"
        );
    }
    assert_eq!(world.count(counted).await, 600);
    new.catch_up(i64::MAX).await.unwrap();
    assert_eq!(world.count(counted).await, 620);
    assert_eq!(world.schemas().await, ["read_tally"]);
}
