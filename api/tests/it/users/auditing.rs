//! What auditors read: who did what from where, as a page and as a table.

use axum::http::{Request, StatusCode};
use domain::users::{Reason, User, UserCommand};
use serde_json::{Value, json};

use super::people::{ELSEWHERE, HOME, PASSWORD, People, Signed, signed};
use crate::servers;

const EMAIL: &str = "ann@example.com";

/// The audit at this position of the log, as this query asks.
async fn audit(people: &People, auditor: &Signed, query: &str) -> Value {
    let head = people.log.head().await.unwrap().position;
    let path = format!("/v1/audit?{query}");
    let reply = people.at(auditor, ("GET", &path), head).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    reply.json()["data"].clone()
}

#[tokio::test]
async fn beside_what_was_done_stands_from_where() {
    let people = People::new().await;
    let admin = servers::admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    signed(&people.try_to_sign_in(ELSEWHERE, EMAIL, PASSWORD).await);
    let started = format!("user={}&action=session.started", ann.user);
    let found = audit(&people, &admin, &started).await;
    assert_eq!(found[0]["address"], ELSEWHERE.address);
    assert_eq!(found[1]["address"], HOME.address);
    let registered = format!("user={}&action=user.registered", ann.user);
    let found = audit(&people, &admin, &registered).await;
    assert_eq!(found[0]["address"], HOME.address);
    let block = format!("/v1/users/{}/block", ann.user);
    let reason = json!({ "reason": "chargebacks" });
    people.as_(&admin, ("POST", &block), Some(reason)).await;
    let found = audit(&people, &admin, "action=user.blocked").await;
    assert_eq!(found[0]["address"], HOME.address);
    let stored: i64 = sqlx::query_scalar(
        "select count(*) from events \
          where payload::text like '%' || $1 || '%' or metadata::text like '%' || $1 || '%'",
    )
    .bind(ELSEWHERE.address)
    .fetch_one(people.log.pool())
    .await
    .unwrap();
    assert_eq!(stored, 0);
}

#[tokio::test]
async fn of_whoever_was_erased_nobody_knows_from_where_they_asked() {
    let people = People::new().await;
    let admin = servers::admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    let query = format!("user={}&action=session.started", ann.user);
    let before = audit(&people, &admin, &query).await;
    assert_eq!(before[0]["address"], HOME.address);
    let body = Some(json!({ "password": PASSWORD }));
    let erased = people.as_(&ann, ("DELETE", "/v1/me"), body).await;
    assert_eq!(erased.status, StatusCode::NO_CONTENT, "{}", erased.text());
    let query = format!("user={}", ann.user);
    let after = audit(&people, &admin, &query).await;
    assert!(after.as_array().unwrap().len() > 2, "{after}");
    for action in after.as_array().unwrap() {
        assert_eq!(action["address"], Value::Null, "{action}");
    }
}

#[tokio::test]
async fn a_name_that_was_used_for_two_requests_shows_both_places() {
    let people = People::new().await;
    let admin = servers::admin(&people).await;
    people.confirmed(EMAIL).await;
    for client in [HOME, ELSEWHERE] {
        let request = Request::post("/v1/sessions")
            .header("x-forwarded-for", client.address)
            .header("content-type", "application/json")
            .header("x-request-id", "mine");
        let body = json!({ "email": EMAIL, "password": PASSWORD });
        let reply = people.raw(request, body.to_string()).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
    let found = audit(&people, &admin, "action=session.started").await;
    let both = format!("{}, {}", HOME.address, ELSEWHERE.address);
    assert_eq!(
        (&found[0]["address"], &found[1]["address"]),
        (&json!(both), &json!(both))
    );
}

#[tokio::test]
async fn what_staff_decide_about_mails_and_machines_is_there() {
    let people = People::new().await;
    let admin = servers::admin(&people).await;
    let ann = servers::provider(&people, EMAIL).await;
    let (mail, _) = super::mails::given_up(&people, &ann.user).await;
    let retry = format!("/v1/mails/{mail}/retry");
    let reply = people.as_(&admin, ("POST", &retry), None).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    let machine = servers::machine(&people, &ann).await;
    let verify = format!("/v1/machines/{}/verification", machine.id);
    let reason = json!({ "reason": "measured" });
    people.as_(&admin, ("PUT", &verify), Some(reason)).await;
    for (action, detail) in [
        ("mail.retried", Value::Null),
        ("machine.verified", json!("measured")),
    ] {
        let found = audit(&people, &admin, &format!("action={action}")).await;
        assert_eq!(found[0]["actor"], admin.user, "{found}");
        assert_eq!(found[0]["user"], ann.user);
        assert_eq!(found[0]["detail"], detail);
        assert_eq!(found[0]["address"], HOME.address);
    }
}

async fn table(people: &People, auditor: &Signed, query: &str) -> crate::client::Reply {
    let head = people.log.head().await.unwrap().position;
    let request = Request::get(format!("/v1/audit?{query}"))
        .header("x-forwarded-for", HOME.address)
        .header("user-agent", HOME.agent)
        .header("authorization", format!("Bearer {}", auditor.access))
        .header("trainnet-position", head)
        .header("accept", "text/csv");
    people.raw(request, String::new()).await
}

/// Blocks and unblocks somebody, as another program would.
async fn turn(people: &People, admin: &Signed, user: &Signed) {
    let by = admin.user.parse().unwrap();
    let reason = || Reason::try_new("to and fro").unwrap();
    let at = people.now();
    let users = store::Commands::<User>::new(people.log.clone());
    let context = store::Context::by(admin.user.clone());
    let block = UserCommand::Block {
        by,
        reason: reason(),
        at,
    };
    let unblock = UserCommand::Unblock {
        by,
        reason: reason(),
        at,
    };
    for command in [block, unblock] {
        let turned = users.execute(&user.user, command, &context).await;
        turned.unwrap();
    }
}

#[tokio::test]
async fn a_table_has_every_action_that_the_filters_let_through() {
    let people = People::new().await;
    let admin = servers::admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    // More than are read at once.
    for _ in 0..130 {
        turn(&people, &admin, &ann).await;
    }
    let block = format!("/v1/users/{}/block", ann.user);
    let reason = json!({ "reason": "=SUM(1, 2)" });
    let reply = people.as_(&admin, ("POST", &block), Some(reason)).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    let query = format!("user={}&actor={}", ann.user, admin.user);
    let reply = table(&people, &admin, &query).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/csv")
    );
    let disposition = reply.header("content-disposition").unwrap();
    assert_eq!(disposition, "attachment; filename=\"audit.csv\"");
    let lines: Vec<&str> = reply.text().lines().collect();
    assert_eq!(lines.len(), 1 + 261);
    assert_eq!(
        lines[0],
        "position,at,actor,address,user,action,detail,request_id"
    );
    assert!(
        lines[1].contains(",user.blocked,\"'=SUM(1, 2)\","),
        "{}",
        lines[1]
    );
    assert!(lines[1].contains(HOME.address));
    let positions: Vec<i64> = lines[1..]
        .iter()
        .map(|line| line.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert!(positions.windows(2).all(|pair| pair[0] > pair[1]));
    let bob = people.somebody("bob@example.com").await;
    let refused = table(&people, &bob, &query).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}
