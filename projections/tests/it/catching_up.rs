//! Exactly once: whatever the pages, the cuts, the crashes and the company.

use std::time::Duration;

use projections::{Engine, Projections, Settings};

use crate::world::{Dice, World, catalogue, eventually};

#[tokio::test]
async fn any_cut_and_any_page_size_give_the_same_rows_and_the_same_checksum() {
    let world = World::with_history(700).await;
    let engine = world.engine(4096).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 700).await;
    let (contents, status) = (world.contents().await, engine.status().await.unwrap());
    for seed in 0..12 {
        world.forget().await;
        let mut dice = Dice::new(seed);
        let mut reached = 0;
        while reached < 700 {
            let page = 1 + i64::try_from(dice.below(if seed < 6 { 30 } else { 400 })).unwrap();
            reached += i64::try_from(dice.below(300)).unwrap();
            world.engine(page).await.catch_up(reached).await.unwrap();
        }
        assert_eq!(world.contents().await, contents, "seed {seed}");
        for (found, wanted) in engine.status().await.unwrap().iter().zip(&status) {
            assert_eq!((found.position, found.lag), (700, 0));
            assert_eq!(found.checksum, wanted.checksum, "seed {seed}");
        }
    }
}

#[tokio::test]
async fn a_crash_between_pages_loses_and_repeats_nothing() {
    let world = World::with_history(600).await;
    let mut dice = Dice::new(7);
    let mut crashes = 0;
    for _ in 0..500 {
        let engine = world.engine(5).await;
        let running = tokio::spawn(async move { engine.catch_up(i64::MAX).await });
        tokio::time::sleep(Duration::from_micros(2_000 + dice.below(30_000))).await;
        running.abort();
        match running.await {
            Ok(finished) => {
                finished.unwrap();
                break;
            }
            Err(_) => crashes += 1,
        }
    }
    assert!(
        crashes > 3,
        "the crashes must have hit something: {crashes}"
    );
    let engine = world.engine(100).await;
    engine.catch_up(i64::MAX).await.unwrap();
    world.assert_right(&engine, 600).await;
}

/// The negative control runs with `--features wrong` and `WRONG_ON_PURPOSE=split-checkpoint`: there,
/// rows are lost.
#[tokio::test]
async fn a_crash_in_the_middle_of_a_page_undoes_the_page() {
    let world = World::with_history(50).await;
    let engine = world.engine(10).await;
    engine.catch_up(20).await.unwrap();
    let mut blocker = world.root.begin().await.unwrap();
    sqlx::query("lock table read_books.lines in exclusive mode")
        .execute(&mut *blocker)
        .await
        .unwrap();
    let crashing = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.catch_up_one("books", 30).await })
    };
    eventually("the page waits for the table", || async {
        let waiting = "select count(*) from pg_locks where not granted \
                       and relation = 'read_books.lines'::regclass";
        world.count(waiting).await > 0
    })
    .await;
    crashing.abort();
    assert!(crashing.await.unwrap_err().is_cancelled());
    // What a dropped connection left running ends here, whatever it was about to do.
    world
        .execute(
            "select pg_terminate_backend(pid) from pg_locks where not granted \
             and relation = 'read_books.lines'::regclass",
        )
        .await;
    blocker.rollback().await.unwrap();
    let found = engine.recompute("books").await.unwrap();
    let wrong = std::env::var("WRONG_ON_PURPOSE").is_ok_and(|it| it == "split-checkpoint");
    if cfg!(feature = "wrong") && wrong {
        assert_eq!(found.position, 30, "this build moves the checkpoint first");
        let wanted = engine.refold("books", 30).await.unwrap();
        assert_ne!(
            found.actual, wanted,
            "and the checker finds the rows that it lost"
        );
    } else {
        assert_eq!(found.position, 20);
        assert!(found.agrees());
        engine.catch_up(i64::MAX).await.unwrap();
        world.assert_right(&engine, 50).await;
    }
}

/// Nobody waits for the disk where a page is committed, so a database that crashes may come back
/// with an earlier state of the tables; nothing need happen for the rest to be folded again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_of_the_database_takes_back_is_folded_again() {
    let world = World::with_history(300).await;
    let engine = world.engine(50).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let run = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await })
    };
    let within = Duration::from_secs(20);
    for name in ["books", "streams"] {
        engine.wait_for(name, 300, within).await.unwrap();
    }
    let contents = world.contents().await;
    world.forget().await;
    for name in ["books", "streams"] {
        assert_eq!(engine.wait_for(name, 300, within).await.unwrap(), 300);
    }
    assert_eq!(world.contents().await, contents);
    stop.send(()).unwrap();
    run.await.unwrap();
    world.assert_right(&engine, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_engines_at_once_apply_every_event_once() {
    let world = World::with_history(400).await;
    let (one, two) = (world.engine(7).await, world.engine(11).await);
    let (first, second) = tokio::join!(one.catch_up(i64::MAX), two.catch_up(i64::MAX));
    first.unwrap();
    second.unwrap();
    world.assert_right(&one, 400).await;
    let (stop, _) = tokio::sync::broadcast::channel::<()>(1);
    let shutdown = || {
        let mut stopped = stop.subscribe();
        async move { drop(stopped.recv().await) }
    };
    let runs = [one.clone(), two.clone()].map(|engine| {
        let shutdown = shutdown();
        tokio::spawn(async move { engine.run(shutdown).await })
    });
    for seed in 2..8 {
        world.grow(50, seed).await;
    }
    one.wait_for("books", 700, Duration::from_secs(20))
        .await
        .unwrap();
    two.wait_for("streams", 700, Duration::from_secs(20))
        .await
        .unwrap();
    stop.send(()).unwrap();
    for run in runs {
        run.await.unwrap();
    }
    world.assert_right(&one, 700).await;
}

/// The log may have lost its own connections; what it answers then is its own tests' matter.
async fn settled_head(world: &World) -> i64 {
    loop {
        if let Ok(head) = world.log.head().await {
            return head.position;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_engine_outlives_the_loss_of_all_its_connections() {
    let world = World::with_history(100).await;
    let engine = world.engine(50).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await })
    };
    for seed in 10..14 {
        let head = settled_head(&world).await;
        engine
            .wait_for("books", head, Duration::from_secs(20))
            .await
            .unwrap();
        let killed = world
            .count(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                 where datname = current_database() and pid <> pg_backend_pid() \
                   and (query like '%projection_checkpoints%' or query ilike 'listen%' \
                        or query like '%log_head%')",
            )
            .await;
        assert!(killed > 0);
        settled_head(&world).await;
        world.grow(20, seed).await;
    }
    eventually("everything is folded", || async {
        engine
            .wait_for("streams", 180, Duration::from_secs(1))
            .await
            .is_ok()
            && engine
                .wait_for("books", 180, Duration::from_secs(1))
                .await
                .is_ok()
    })
    .await;
    stop.send(()).unwrap();
    running.await.unwrap();
    world.assert_right(&engine, 180).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_is_cut_in_the_middle_is_always_an_error() {
    let world = World::with_history(20_000).await;
    let engine = world.engine(20_000).await;
    let right = engine.refold("books", 20_000).await.unwrap();
    let mut cuts = 0;
    for _ in 0..40 {
        let reading = {
            let engine = engine.clone();
            tokio::spawn(async move { engine.refold("books", 20_000).await })
        };
        while !reading.is_finished() {
            world
                .count(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                     where datname = current_database() and state = 'active' \
                       and query like 'copy (select position%'",
                )
                .await;
        }
        match reading.await.unwrap() {
            Ok(checksum) => assert_eq!(checksum, right, "half a reading passed for a whole"),
            Err(_) => cuts += 1,
        }
    }
    assert!(cuts > 0, "no reading was cut");
}

#[tokio::test]
async fn an_engine_without_projections_has_nothing_to_say() {
    let world = World::with_history(3).await;
    let none = Projections::none();
    let engine = Engine::open(world.log.clone(), catalogue(), none, Settings::default())
        .await
        .unwrap();
    engine.catch_up(i64::MAX).await.unwrap();
    assert_eq!(engine.status().await.unwrap(), vec![]);
    assert_eq!(world.schemas().await, Vec::<String>::new());
    assert!(engine.recompute("books").await.is_err());
}

#[tokio::test]
async fn programs_that_start_at_once_make_the_tables_once() {
    let world = World::with_history(10).await;
    let (one, two, three) = tokio::join!(world.engine(3), world.engine(3), world.engine(3));
    let (first, second, third) =
        tokio::join!(one.catch_up(10), two.catch_up(10), three.catch_up(10));
    first.and(second).and(third).unwrap();
    world.assert_right(&one, 10).await;
}

#[tokio::test]
async fn many_engines_share_few_connections_without_waiting_for_each_other_for_ever() {
    let world = World::with_history(60).await;
    let engine = world.engine(2).await;
    let many: Vec<_> = (0..40)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move { engine.catch_up(60).await })
        })
        .collect();
    for one in many {
        one.await.unwrap().unwrap();
    }
    world.assert_right(&engine, 60).await;
}
