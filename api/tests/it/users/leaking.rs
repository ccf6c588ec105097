//! Nothing that people typed, or that they prove themselves with, stands anywhere in plain text.

use axum::http::StatusCode;
use domain::users::Purpose;
use serde_json::json;
use sqlx::Row as _;
use workbench::listening::{heard, listen};

use super::people::{ELSEWHERE, HOME, PASSWORD, People, Signed};

const EMAIL: &str = "ann.unusual@example.com";
const NAME: &str = "Ann Unusual";

/// Uses everything there is that has a secret in it; says what must not be found anywhere.
async fn live(people: &People) -> Vec<String> {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "name": NAME });
    let reply = people.post(HOME, "/v1/users", body).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED);
    let id: String = sqlx::query_scalar("select aggregate_id from events limit 1")
        .fetch_one(people.log.pool())
        .await
        .unwrap();
    let (_, link) = people
        .mail(id.parse().unwrap(), |it| matches!(it, Purpose::Confirm))
        .await;
    let body = json!({ "link": link });
    people.post(HOME, "/v1/users/confirm", body).await;
    people
        .try_to_sign_in(ELSEWHERE, EMAIL, "wrong-guess-1")
        .await;
    let one = people.signed_in(EMAIL).await;
    let two = super::people::signed(&people.refresh(HOME, &one.refresh).await);
    let key = json!({ "label": "my secret label", "scopes": ["read"] });
    let key = people
        .as_(&two, ("POST", "/v1/keys"), Some(key))
        .await
        .json();
    let key = key["key"].as_str().unwrap().to_owned();
    assert_eq!(
        people
            .send(ELSEWHERE, ("GET", "/v1/me"), Some(&key), None)
            .await
            .status,
        StatusCode::OK
    );
    let body = Some(json!({ "password": PASSWORD }));
    let begun = people
        .as_(&two, ("POST", "/v1/me/second-factor"), body)
        .await
        .json();
    let Signed {
        access, refresh, ..
    } = two;
    let secret = begun["secret"].as_str().unwrap().to_owned();
    let texts = [
        EMAIL,
        NAME,
        PASSWORD,
        "wrong-guess-1",
        "my secret label",
        HOME.address,
        ELSEWHERE.address,
        "$argon2",
    ];
    let mut secrets: Vec<String> = texts.iter().map(|it| (*it).to_owned()).collect();
    // Six digits are found among so many numbers by chance; the link is the same proof.
    secrets.extend([link, one.access, one.refresh, access, refresh, key, secret]);
    secrets
}

/// Every row of every table, as text.
async fn dump(people: &People) -> String {
    let pool = people.database.pool().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables \
          where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(tables.len() > 10, "{tables:?}");
    let mut text = String::new();
    for table in tables {
        let query = format!("select t::text from {table} t");
        for row in sqlx::query(&query).fetch_all(&pool).await.unwrap() {
            text.push_str(row.get(0));
            text.push('\n');
        }
    }
    text
}

#[tokio::test]
async fn neither_the_database_nor_the_logs_hold_a_secret() {
    // Everything runs on this thread, as this runtime has no other.
    listen();
    let people = People::new().await;
    let mut secrets = live(&people).await;
    let dump = dump(&people).await;
    let logs = heard();
    let file = std::fs::read_to_string(&people.secrets_file).unwrap();
    let keys = file
        .lines()
        .map(|line| line.split(' ').next_back().unwrap());
    secrets.extend(keys.map(str::to_owned));
    assert!(
        logs.contains("DEBUG") && logs.len() > 10_000,
        "{}",
        logs.len()
    );
    assert!(dump.contains("user.registered"));
    for secret in &secrets {
        assert!(!dump.contains(secret), "the database holds {secret}");
        let found = logs.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "the logs hold {secret}: {found:?}");
    }
}
