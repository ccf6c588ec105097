//! The audit finds what was tampered with, and nothing where nothing was.

use sqlx::Executor;
use store::{Check, Log, audit};
use workbench::TestDatabase;

use crate::desk::{append, bank, catalogue, fund, giving_up, movement, open, taking, wallet};

async fn some_history(log: &Log) {
    for number in 1..=6 {
        fund(log, &format!("user_{number}"), 100).await;
    }
    log.append(append("a", 0, taking("gpu/1"))).await.unwrap();
    log.append(append("a", 1, giving_up("gpu/1")))
        .await
        .unwrap();
    log.append(append("a", 2, taking("gpu/2"))).await.unwrap();
    log.append(append("b", 0, movement(&wallet("user_1"), &bank(), 40)))
        .await
        .unwrap();
}

/// What the audit says first about a log that was changed behind the product's back.
async fn first_finding(database: &TestDatabase, statement: &str) -> (Check, Option<i64>) {
    let mut admin = database.pool().await.acquire().await.unwrap();
    admin
        .execute("set session_replication_role = replica")
        .await
        .unwrap();
    admin.execute(statement).await.unwrap();
    let log = open(database).await;
    let report = audit(&log, &catalogue(), |_| {}).await.unwrap();
    assert!(!report.holds(), "nothing was found after: {statement}");
    (report.findings[0].check, report.first_bad())
}

#[tokio::test]
async fn each_kind_of_tampering_is_found_where_it_is() {
    let cases = [
        (
            "update events set effective_at = now() where position = 3",
            Check::Chain,
            Some(3),
        ),
        (
            "update events set hash = sha256('x') where position = 4",
            Check::Chain,
            Some(4),
        ),
        ("delete from events where position = 5", Check::Gap, Some(5)),
        (
            "delete from events where position = 10",
            Check::Gap,
            Some(10),
        ),
        (
            "update events set payload = '{}' where position = 2",
            Check::Chain,
            Some(2),
        ),
        (
            "update entries set amount_minor = 7 where position = 2 and leg = 1",
            Check::Entries,
            Some(2),
        ),
        (
            "delete from entries where position = 2",
            Check::Entries,
            Some(2),
        ),
        (
            "update balances set minor = 99 where account like '%user_2%'",
            Check::Balances,
            None,
        ),
        (
            "delete from balances where account like '%user_2%'",
            Check::Balances,
            None,
        ),
        ("update claims set holder = 'desk/b'", Check::Claims, None),
        ("delete from claims", Check::Claims, None),
        (
            "update log_head set hash = sha256('x')",
            Check::Head,
            Some(10),
        ),
    ];
    for (statement, check, position) in cases {
        let database = workbench::database().await;
        let log = open(&database).await;
        some_history(&log).await;
        let report = audit(&log, &catalogue(), |_| {}).await.unwrap();
        assert_eq!(report.findings, vec![]);
        assert_eq!((report.events, report.entries, report.claims), (10, 14, 1));
        assert_eq!(
            first_finding(&database, statement).await,
            (check, position),
            "{statement}"
        );
    }
}

#[tokio::test]
async fn an_audit_of_nothing_holds() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let report = audit(&log, &catalogue(), |_| {}).await.unwrap();
    assert!(report.holds());
    assert_eq!(report.head.hash, store::GENESIS);
}
