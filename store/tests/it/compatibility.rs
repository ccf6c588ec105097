//! cqrs-es and postgres-es go on working, on our table and over our log.

use std::sync::Arc;

use cqrs_es::persist::{
    EventUpcaster, PersistedEventRepository, PersistedEventStore, SemanticVersionEventUpcaster,
};
use cqrs_es::{AggregateContext, AggregateError, CqrsFramework, EventStore};
use postgres_es::PostgresEventRepository;
use store::{Catalogue, Commands, Context, LogEventStore, Upcasters, audit};

use crate::desk::{Desk, DeskCommand, DeskError, bank, books_hold, desks, movement, open, wallet};

#[tokio::test]
async fn postgres_es_reads_our_table() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let desks = desks(&log);
    for minor in 1..=3 {
        let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), minor));
        desks
            .execute("d1", command, &Context::by("tester"))
            .await
            .unwrap();
    }
    let repository = PostgresEventRepository::new(log.pool().clone());
    let events = repository.get_events::<Desk>("d1").await.unwrap();
    assert_eq!(
        events
            .iter()
            .map(|event| event.sequence)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(events[0].event_type, "desk.moved");
    assert_eq!(events[0].metadata["actor"], "tester");
    let last = repository.get_last_events::<Desk>("d1", 2).await.unwrap();
    assert_eq!(last.len(), 1);
    let theirs = PersistedEventStore::<_, Desk>::new_event_store(repository);
    let mut context = theirs.load_aggregate("d1").await.unwrap();
    assert_eq!(context.aggregate().movements, 3);
    let mut all = PostgresEventRepository::new(log.pool().clone())
        .stream_all_events::<Desk>()
        .await
        .unwrap();
    let mut streamed = 0;
    while let Some(event) = all.next::<Desk>(&[]).await {
        event.unwrap();
        streamed += 1;
    }
    assert_eq!(streamed, 3);
    books_hold(&log).await;
}

#[tokio::test]
async fn the_framework_runs_over_our_log() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let store = LogEventStore::<Desk>::new(log.clone());
    let framework = CqrsFramework::new(store.clone(), vec![], ());
    let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), 5));
    let metadata = std::collections::HashMap::from([("actor".to_owned(), "ann".to_owned())]);
    framework
        .execute_with_metadata("d1", command, metadata.clone())
        .await
        .unwrap();
    framework.execute("d1", DeskCommand::Shut).await.unwrap();
    let command = DeskCommand::Move(movement(&bank(), &wallet("ann"), 5));
    let refused = framework.execute("d1", command.clone()).await;
    assert!(matches!(
        refused,
        Err(AggregateError::UserError(DeskError::Over))
    ));
    let events = store.load_events("d1").await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].metadata, metadata);

    let stale = store.load_aggregate("d2").await.unwrap();
    framework.execute("d2", command.clone()).await.unwrap();
    let late = store
        .commit(vec![crate::desk::DeskEvent::Shut {}], stale, metadata)
        .await;
    assert!(matches!(late, Err(AggregateError::AggregateConflict)));
    let overdraw = DeskCommand::Move(movement(&wallet("poor"), &bank(), 5));
    let refused = framework.execute("d3", overdraw).await;
    assert!(matches!(refused, Err(AggregateError::UnexpectedError(_))));
    books_hold(&log).await;
}

/// Version 1 called the list of postings `moves`.
fn upcasters() -> Upcasters {
    let renamed = SemanticVersionEventUpcaster::new(
        "desk.moved",
        "2",
        Box::new(|mut payload| {
            let body = &mut payload["desk.moved"];
            if let Some(moves) = body.as_object_mut().and_then(|body| body.remove("moves")) {
                body["postings"] = moves;
            }
            payload
        }),
    );
    Arc::from([Box::new(renamed) as Box<dyn EventUpcaster>])
}

#[tokio::test]
async fn an_event_of_an_earlier_version_is_read_as_todays() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let postings = movement(&bank(), &wallet("ann"), 5).postings;
    let moves = serde_json::to_value(&postings).unwrap();
    let old = store::NewEvent {
        event_id: store::ids::fresh(),
        event_type: "desk.moved".to_owned(),
        event_version: "1".to_owned(),
        payload: serde_json::json!({"desk.moved": {"moves": moves, "take": [], "release": []}})
            .to_string(),
        postings,
        claims: vec![],
    };
    let context = Context::by("tester");
    let append = store::Append::try_new("desk", "d1", 0, vec![old], &context).unwrap();
    log.append(append).await.unwrap();

    let unprepared = desks(&log).execute("d1", DeskCommand::Shut, &context).await;
    assert!(
        unprepared.is_err(),
        "without the upcaster the old event cannot be read"
    );
    let blind = audit(&log, &Catalogue::new().with::<Desk>(), |_| {})
        .await
        .unwrap();
    assert!(!blind.holds());

    let prepared = Commands::<Desk>::with_upcasters(log.clone(), upcasters());
    prepared
        .execute("d1", DeskCommand::Shut, &context)
        .await
        .unwrap();
    let catalogue = Catalogue::new().with_upcasters::<Desk>(upcasters());
    let report = audit(&log, &catalogue, |_| {}).await.unwrap();
    assert_eq!(report.findings, vec![]);
}
