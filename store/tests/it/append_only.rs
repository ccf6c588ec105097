//! Nobody rewrites history: not the product's role, and not the owner by mistake.

use sqlx::{Executor, PgPool};

use crate::desk::{bank, books_hold, fund, movement, open, wallet};

async fn refusals(pool: &PgPool, statements: &[&str]) {
    for statement in statements {
        let refused = pool.execute(*statement).await;
        let Err(sqlx::Error::Database(error)) = refused else {
            panic!("{statement} gave {refused:?}");
        };
        assert_eq!(
            error.code().as_deref(),
            Some("42501"),
            "{statement}: {error}"
        );
    }
}

const REWRITING: [&str; 8] = [
    "update events set payload = '{}'",
    "delete from events where position = 1",
    "truncate events",
    "truncate events, entries",
    "update entries set amount_minor = 1 where false",
    "delete from entries",
    "delete from log_head",
    "truncate log_head",
];

#[tokio::test]
async fn the_product_cannot_rewrite_history() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", 5).await;
    refusals(log.pool(), &REWRITING).await;
    refusals(
        log.pool(),
        &[
            "alter table events disable trigger all",
            "drop table events",
            "delete from balances",
            "truncate balances",
            "delete from answers",
            "update answers set key = 'x'",
            "update claims set holder = 'x'",
        ],
    )
    .await;
    books_hold(&log).await;
}

#[tokio::test]
async fn the_owner_is_stopped_by_the_triggers() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", 5).await;
    refusals(&database.pool().await, &REWRITING).await;
    books_hold(&log).await;
}

#[tokio::test]
async fn the_table_itself_refuses_a_balance_below_its_floor() {
    let database = workbench::database().await;
    let log = open(&database).await;
    fund(&log, "ann", 5).await;
    let overdraw = "update balances set minor = -1 where account like 'wallet/%'";
    let refused = log.pool().execute(overdraw).await.unwrap_err();
    assert!(refused.to_string().contains("balances_floor"), "{refused}");
    let spend = movement(&wallet("ann"), &bank(), 5);
    log.append(crate::desk::append("spend", 0, spend))
        .await
        .unwrap();
    books_hold(&log).await;
}
