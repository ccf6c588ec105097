//! Several processes over one database: each believes it is alone until it finds out.

use futures::future::join_all;
use store::{Commands, Context, Log, NotAppended, Refused};

use crate::desk::{
    Desk, DeskCommand, DeskError, append, bank, books_hold, desks, fund, movement, open, taking,
    wallet,
};

async fn total(log: &Log) -> i64 {
    sqlx::query_scalar("select sum(minor)::bigint from balances where account like 'wallet/%'")
        .fetch_one(log.pool())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_writers_stay_gapless_serial_and_right() {
    let database = workbench::database().await;
    let logs = [
        open(&database).await,
        open(&database).await,
        open(&database).await,
    ];
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        fund(&logs[0], name, 100).await;
    }
    let writers = (0..24).map(|writer: usize| {
        let log = logs[writer % 3].clone();
        tokio::spawn(async move {
            let (mut done, mut refused) = (0, 0);
            for turn in 0..25 {
                let from = wallet(names[(writer + turn) % 5]);
                let to = wallet(names[(writer * 3 + turn * 7 + 1) % 5]);
                if from == to {
                    continue;
                }
                let minor = 1 + i64::try_from((writer * 31 + turn * 17) % 60).unwrap();
                let stream = format!("{writer}-{turn}");
                match log
                    .append(append(&stream, 0, movement(&from, &to, minor)))
                    .await
                {
                    Ok(_) => done += 1,
                    Err(NotAppended::InsufficientFunds { .. }) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
            (done, refused)
        })
    });
    let outcomes = join_all(writers).await;
    let done: i64 = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().0)
        .sum();
    let refused: i64 = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().1)
        .sum();
    assert!(refused > 0, "the test wants some overdrafts tried");
    assert_eq!(logs[0].head().await.unwrap().position, done + 5);
    assert_eq!(total(&logs[0]).await, 500);
    for log in &logs {
        books_hold(log).await;
    }
}

#[tokio::test]
async fn a_refusal_never_rests_on_what_was_true_before_somebody_else_wrote() {
    let database = workbench::database().await;
    let (here, there) = (open(&database).await, open(&database).await);
    let spend = || here.append(append("spend", 0, movement(&wallet("ann"), &bank(), 5)));
    assert!(matches!(
        spend().await,
        Err(NotAppended::InsufficientFunds { .. })
    ));
    fund(&there, "ann", 5).await;
    spend().await.unwrap();

    there
        .append(append("holder", 0, taking("gpu/1")))
        .await
        .unwrap();
    let take = || here.append(append("taker", 0, taking("gpu/1")));
    assert!(matches!(take().await, Err(NotAppended::Taken { .. })));
    let give_up = crate::desk::giving_up("gpu/1");
    there.append(append("holder", 1, give_up)).await.unwrap();
    take().await.unwrap();
    books_hold(&here).await;
}

#[tokio::test]
async fn a_remembered_aggregate_refuses_nothing_that_a_fresh_one_would_allow() {
    let database = workbench::database().await;
    let (here, there) = (open(&database).await, open(&database).await);
    let (near, far): (Commands<Desk>, Commands<Desk>) = (desks(&here), desks(&there));
    let context = Context::by("tester");
    let deposit = || DeskCommand::Move(movement(&bank(), &wallet("ann"), 1));
    near.execute("d1", deposit(), &context).await.unwrap();
    far.execute("d1", deposit(), &context).await.unwrap();
    near.execute("d1", deposit(), &context).await.unwrap();
    far.execute("d1", DeskCommand::Shut, &context)
        .await
        .unwrap();
    let late = near.execute("d1", deposit(), &context).await;
    assert!(
        matches!(late, Err(Refused::Domain(DeskError::Over))),
        "{late:?}"
    );
    let position = near
        .execute("d1", DeskCommand::Shut, &context)
        .await
        .unwrap()
        .position;
    assert_eq!(position, 4, "shutting what is shut says nothing new");
    let nobody = near.begin("d1", DeskCommand::Shut, &context).await.unwrap();
    assert_eq!(
        nobody.position, 4,
        "a stream that was taken to be new is looked at"
    );
    books_hold(&here).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_of_one_aggregate_take_turns() {
    let database = workbench::database().await;
    let (here, there) = (open(&database).await, open(&database).await);
    let (near, far) = (desks(&here), desks(&there));
    let callers = (0..30).map(|caller| {
        let desks = if caller % 3 == 0 {
            far.clone()
        } else {
            near.clone()
        };
        tokio::spawn(async move {
            let deposit = DeskCommand::Move(movement(&bank(), &wallet("ann"), 1));
            desks.execute("hot", deposit, &Context::by("tester")).await
        })
    });
    let outcomes = join_all(callers).await;
    let done = outcomes
        .iter()
        .filter(|outcome| outcome.as_ref().unwrap().is_ok())
        .count();
    for outcome in outcomes {
        let outcome = outcome.unwrap();
        assert!(
            matches!(outcome, Ok(_) | Err(Refused::Contended)),
            "{outcome:?}"
        );
    }
    assert!(done >= 25, "only {done} of 30 got their turn");
    assert_eq!(total(&here).await, i64::try_from(done).unwrap());
    books_hold(&here).await;
}

/// Another's event may stand where a batch of ours was to stand: the number is the same, the hash
/// is not, and whoever wants to follow ours must not follow theirs.
#[tokio::test]
async fn a_head_is_known_by_its_hash_and_not_by_its_number_alone() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let deposit = DeskCommand::Move(movement(&bank(), &wallet("ann"), 1));
    let desks = desks(&log);
    let context = Context::by("tester");
    desks.execute("hot", deposit, &context).await.unwrap();
    let extended = |hash: &str| {
        let statement = format!(
            "select log_extend(false, 1, (select epoch from log_head), {hash}, 1, {hash}, now(), \
                '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', \
                '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}')"
        );
        let pool = log.pool().clone();
        async move {
            let took: Option<i64> = sqlx::query_scalar(&statement)
                .fetch_one(&pool)
                .await
                .unwrap();
            took.is_some()
        }
    };
    assert!(!extended("sha256('another event')").await);
    assert!(extended("(select hash from log_head)").await);
}
