//! What people entrust to the platform lies nowhere in the clear: not in the database, not in a log.

use std::fmt::Write as _;

use sqlx::PgConnection;

use crate::people::{EMAIL, PASSWORD, World, read};

/// Everything that the database holds, as text.
async fn everything(database: &mut PgConnection) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables \
          where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut *database)
    .await
    .unwrap();
    let mut text = String::new();
    for table in tables {
        let rows = format!("select coalesce(string_agg(t::text, E'\\n'), '') from {table} t");
        let rows: String = sqlx::query_scalar(&rows)
            .fetch_one(&mut *database)
            .await
            .unwrap();
        writeln!(text, "{table}\n{rows}").unwrap();
    }
    text
}

/// As the database shows bytes.
fn hex(text: &str) -> String {
    let digits = text.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.map(|digit| char::from_digit(digit.into(), 16).unwrap());
    digits.collect()
}

/// Which of these words are in a text, in the clear or as bytes.
fn found<'a>(text: &str, words: &[&'a str]) -> Vec<&'a str> {
    let text = text.to_lowercase();
    let is_there = |word: &&&str| {
        let lower = word.to_lowercase();
        text.contains(&lower) || text.contains(&hex(&lower)) || text.contains(&hex(word))
    };
    words.iter().filter(is_there).copied().collect()
}

#[tokio::test]
async fn neither_the_database_nor_a_log_at_its_most_talkative_holds_a_secret_or_a_person() {
    let world = World::with(&[("RUST_LOG", "trace")]);
    world.login();
    let kept = read(&world.credentials());
    let made = world
        .say(&["keys", "create", "night runs", "--json"])
        .json();
    let new = r#"{"email": "bob@mail.example", "password": "another 1 of these", "name": "Bob B"}"#;
    assert!(
        world
            .serving
            .post("/v1/users", new)
            .starts_with("HTTP/1.1 202")
    );
    let mut log = String::new();
    while !world
        .serving
        .get("/dev/outbox")
        .contains("bob@mail.example")
    {
        log += &world.serving.wait_for_log("a mail lies in the outbox");
    }

    let of = |json: &serde_json::Value, field: &str| json[field].as_str().unwrap().to_owned();
    let (refresh, access) = (of(&kept, "refresh_token"), of(&kept, "access_token"));
    let key = of(&made, "key");
    let words = [
        EMAIL,
        PASSWORD,
        "bob@mail.example",
        "another 1 of these",
        "Bob B",
        "night runs",
        "127.0.0.1",
        &refresh,
        &access,
        &key,
    ];
    let text = everything(&mut world.database().await).await;
    assert_eq!(found(&text, &words), Vec::<&str>::new());
    // It was looked through where these would be.
    let user = of(&kept, "user");
    assert_eq!(found(&text, &[&user, "session.started"]).len(), 2);

    log += &world.serving.end();
    assert_eq!(found(&log, &words), Vec::<&str>::new());
    for talk in ["DEBUG", "insert into ", "/v1/users"] {
        assert!(log.contains(talk), "{talk}");
    }
}

#[test]
fn a_word_is_found_in_the_clear_and_as_bytes() {
    let words = ["Ann", "Bob"];
    assert_eq!(found("...ANN...", &words), ["Ann"]);
    assert_eq!(found(&format!("\\x00{}", hex("Bob")), &words), ["Bob"]);
    assert_eq!(found("nobody", &["Carl"]), Vec::<&str>::new());
}
