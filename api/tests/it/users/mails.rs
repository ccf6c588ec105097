//! Mails that nobody took: seen by admins alone, counted, and tried again when they say so.

use axum::http::{Request, StatusCode};
use domain::mails::{FailedBecause, Intended, Mail, MailCommand, MailId, Template};
use domain::users::kept::{new_email, old_email};
use domain::users::{Purpose, UserId};
use projections::reactions;
use projections::{Stop, mails};
use serde_json::{Value, json};
use store::{Commands, Context, ids};

use super::people::{HOME, PASSWORD, People, Signed};

const EMAIL: &str = "ann@example.com";

async fn admin(people: &People) -> Signed {
    people
        .users
        .create_admin("admin@example.com", PASSWORD.to_owned(), None, "en")
        .await
        .unwrap();
    people.signed_in("admin@example.com").await
}

async fn tell(people: &People, mail: MailId, command: MailCommand) -> i64 {
    let mails = Commands::<Mail>::new(people.log.clone());
    let context = Context::by("worker/mails");
    let told = mails.execute(&mail.to_string(), command, &context).await;
    told.unwrap().position
}

/// A mail that is to be sent to somebody.
pub async fn intended(people: &People, to: &str) -> MailId {
    let cause = ids::fresh();
    let mail = MailId::new(cause);
    let intended = Intended {
        to: to.parse::<UserId>().unwrap(),
        template: Template::NewSignIn,
        challenge: None,
        cause,
        at: people.now(),
    };
    tell(people, mail, MailCommand::Intend(intended)).await;
    mail
}

/// The same, given up at its first attempt.
pub async fn given_up(people: &People, to: &str) -> (MailId, i64) {
    let mail = intended(people, to).await;
    let failure = MailCommand::RecordFailure {
        attempt: 1,
        reason: FailedBecause::NoAddress,
        at: people.now(),
    };
    let position = tell(people, mail, failure).await;
    (mail, position)
}

async fn retry(people: &People, who: &Signed, mail: &str) -> crate::client::Reply {
    let path = format!("/v1/mails/{mail}/retry");
    people.as_(who, ("POST", &path), None).await
}

fn ids_of(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().unwrap();
    let id = |mail: &Value| mail["id"].as_str().unwrap().to_owned();
    data.iter().map(id).collect()
}

#[tokio::test]
async fn an_admin_sees_which_mails_were_given_up_and_why() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    intended(&people, &ann.user).await;
    let (first, _) = given_up(&people, &ann.user).await;
    people.later(chrono::TimeDelta::minutes(1));
    let (second, position) = given_up(&people, &ann.user).await;
    let list = async |query: &str| {
        let path = format!("/v1/mails/dead{query}");
        let reply = people.at(&admin, ("GET", &path), position).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()
    };
    let all = list("").await;
    assert_eq!(ids_of(&all), [second.to_string(), first.to_string()]);
    let shown = &all["data"][0];
    assert_eq!(shown["user"], ann.user);
    assert_eq!(shown["template"], "new-sign-in");
    assert_eq!(shown["attempts"], 1);
    assert_eq!(shown["reason"], "no-address");
    let now = people
        .now()
        .to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    assert_eq!(shown["given_up_at"], now);
    let page = list("?limit=1").await;
    assert_eq!(ids_of(&page), [second.to_string()]);
    let next = page["next"].as_str().unwrap();
    let rest = list(&format!("?limit=1&cursor={next}")).await;
    assert_eq!(ids_of(&rest), [first.to_string()]);
    assert_eq!(rest["next"], Value::Null);
    let ann_sees = people.as_(&ann, ("GET", "/v1/mails/dead"), None).await;
    assert_eq!(ann_sees.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_given_up_is_due_again_when_an_admin_says_so() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let ann = people.somebody(EMAIL).await;
    let (mail, _) = given_up(&people, &ann.user).await;
    let mail = mail.to_string();
    let by_ann = retry(&people, &ann, &mail).await;
    assert_eq!(by_ann.status, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        let reply = retry(&people, &admin, &mail).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    }
    let retried: Vec<String> = sqlx::query_scalar(
        "select metadata::jsonb->>'actor' from events where event_type = 'mail.retried'",
    )
    .fetch_all(people.log.pool())
    .await
    .unwrap();
    assert_eq!(retried, std::slice::from_ref(&admin.user));
    let head = people.log.head().await.unwrap().position;
    let list = people.at(&admin, ("GET", "/v1/mails/dead"), head).await;
    assert_eq!(ids_of(&list.json()), [""; 0]);
    let due = mails::due(people.log.pool(), people.now(), 10).await;
    assert!(due.unwrap().iter().any(|due| due.mail == mail));
}

#[tokio::test]
async fn what_was_not_given_up_or_never_was_is_not_tried_again() {
    let people = People::new().await;
    let admin = admin(&people).await;
    let mail = intended(&people, &admin.user).await;
    let reply = retry(&people, &admin, &mail.to_string()).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert_eq!(reply.problem(), "mails/not-given-up");
    let sent = MailCommand::RecordSent {
        attempt: 1,
        at: people.now(),
    };
    tell(&people, mail, sent).await;
    let reply = retry(&people, &admin, &mail.to_string()).await;
    assert_eq!(reply.problem(), "mails/sent");
    assert_eq!(reply.status, StatusCode::CONFLICT);
    let other = MailId::new(ids::fresh()).to_string();
    for unknown in [other.as_str(), "mail_x", &admin.user] {
        let reply = retry(&people, &admin, unknown).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn mails_and_reactions_are_counted() {
    let people = People::new().await;
    let ann = people.somebody(EMAIL).await;
    intended(&people, &ann.user).await;
    let (_, head) = given_up(&people, &ann.user).await;
    let within = std::time::Duration::from_secs(10);
    people.engine.wait_for("mails", head, within).await.unwrap();
    let pool = people.log.pool();
    let begun = reactions::of(pool, "mails", 1, people.now()).await.unwrap();
    let moved = reactions::advance(pool, &begun, 1, head - 2, people.now()).await;
    assert!(moved.unwrap());
    let at = reactions::of(pool, "mails", 1, people.now()).await.unwrap();
    let stop = Stop {
        position: head - 1,
        reason: "secret".to_owned(),
    };
    reactions::stop(pool, &at, &stop, people.now())
        .await
        .unwrap();
    let metrics = people.send(HOME, ("GET", "/metrics"), None, None).await;
    for line in [
        "trainnet_mails{status=\"waiting\"} 1",
        "trainnet_mails{status=\"sent\"} 0",
        "trainnet_mails{status=\"given-up\"} 1",
        "trainnet_reaction_lag_events{reaction=\"mails\"} 2",
        "trainnet_reaction_stopped{reaction=\"mails\"} 1",
    ] {
        let found = metrics.text().lines().any(|found| found == line);
        assert!(found, "{line} is not in:\n{}", metrics.text());
    }
}

#[tokio::test]
async fn the_old_address_is_kept_for_the_mail_that_says_it_was_changed() {
    let people = People::new().await;
    let ann = people.somebody(EMAIL).await;
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    people.as_(&ann, ("PUT", "/v1/me/email"), Some(body)).await;
    let user: UserId = ann.user.parse().unwrap();
    let is_change = |it: &Purpose| matches!(it, Purpose::ChangeAddress { .. });
    let (code, link) = people.mail(user, is_change).await;
    let (_, change) = people.users.challenge_key().open(&link).unwrap();
    let kept = async || {
        let vault = people.users.vault();
        vault.get(&ann.user, &old_email(change)).await.unwrap()
    };
    let confirm = async |answer: Value, key: &str| {
        let request = Request::post("/v1/me/email/confirm")
            .header("x-forwarded-for", HOME.address)
            .header("user-agent", HOME.agent)
            .header("authorization", format!("Bearer {}", ann.access))
            .header("content-type", "application/json")
            .header("idempotency-key", key);
        people.raw(request, answer.to_string()).await
    };
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let wrong = confirm(json!({ "code": wrong }), "wrong").await;
    assert_eq!(wrong.problem(), "users/wrong-code");
    assert_eq!(kept().await, None);
    let right = json!({ "link": link });
    let done = confirm(right.clone(), "right").await;
    assert_eq!(done.status, StatusCode::NO_CONTENT);
    assert_eq!(kept().await.as_deref(), Some(EMAIL));
    // Whoever answered was killed before the last step, and is asked again.
    let (vault, field) = (people.users.vault(), new_email(change));
    let next = vault.put(&ann.user, &field, "new@example.com");
    next.await.unwrap();
    let again = confirm(right, "right").await;
    assert_eq!(again.status, StatusCode::NO_CONTENT, "{}", again.text());
    assert_eq!(kept().await.as_deref(), Some(EMAIL));
    let named: i64 = sqlx::query_scalar(
        "select count(*) from events where event_type = 'user.address-changed' \
            and payload::text like '%' || $1 || '%'",
    )
    .bind(change.to_string())
    .fetch_one(people.log.pool())
    .await
    .unwrap();
    assert_eq!(named, 1);
}
