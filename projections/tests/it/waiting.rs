//! Whoever wrote something waits, for a bounded time, until a projection shows it.

use std::time::{Duration, Instant};

use projections::ProjectionError;

use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_its_own_write_once_it_has_waited_for_it() {
    let world = World::with_history(20).await;
    let engine = world.engine(100).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = {
        let engine = engine.clone();
        tokio::spawn(async move { engine.run(async { drop(stopped.await) }).await })
    };
    for seed in 20..40 {
        world.grow(1, seed).await;
        let head = world.head().await;
        let reached = engine
            .wait_for("streams", head, Duration::from_secs(10))
            .await
            .unwrap();
        assert!(reached >= head);
        let shown = "select count(*) from read_streams.history";
        assert!(world.count(shown).await >= head);
    }
    stop.send(()).unwrap();
    running.await.unwrap();
}

#[tokio::test]
async fn a_wait_that_is_in_vain_ends_at_its_deadline() {
    let world = World::with_history(20).await;
    let engine = world.engine(100).await;
    engine.catch_up(15).await.unwrap();
    assert_eq!(
        engine.wait_for("books", 15, Duration::ZERO).await.unwrap(),
        15
    );
    let begun = Instant::now();
    let waited = engine
        .wait_for("books", 16, Duration::from_millis(60))
        .await;
    assert!(matches!(
        waited,
        Err(ProjectionError::Late {
            projection: "books",
            reached: 15,
            wanted: 16
        })
    ));
    assert!(begun.elapsed() >= Duration::from_millis(60));
    let unknown = engine.wait_for("nothing", 1, Duration::ZERO).await;
    assert!(matches!(unknown, Err(ProjectionError::Unknown(name)) if name == "nothing"));
}

#[tokio::test]
async fn the_lag_is_what_is_still_to_be_folded() {
    let world = World::with_history(20).await;
    let engine = world.engine(100).await;
    engine.catch_up_one("books", 12).await.unwrap();
    let status = engine.status().await.unwrap();
    let lags: Vec<_> = status
        .iter()
        .map(|it| (it.projection, it.position, it.lag))
        .collect();
    assert_eq!(lags, [("books", 12, 8), ("streams", 0, 20)]);
    assert!(
        status
            .iter()
            .all(|it| it.head == 20 && it.stopped.is_none() && it.version == 2)
    );
}
