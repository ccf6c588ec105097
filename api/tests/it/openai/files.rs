//! Files are datasets under another name: brought by a form, listed, read and deleted.

use axum::http::StatusCode;
use serde_json::json;

use super::{form, form_request, get, ids, post_form, refusal, upload, uploaded};
use crate::objects::GOOD;
use crate::users::people::People;

#[tokio::test]
async fn a_file_is_a_dataset_and_a_dataset_is_a_file() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let file = uploaded(&people, &ann, "a/b/reviews.csv", GOOD.as_bytes()).await;
    assert_eq!(
        (&file["object"], &file["purpose"], &file["status"]),
        (&json!("file"), &json!("fine-tune"), &json!("processed"))
    );
    assert_eq!(
        (&file["bytes"], &file["filename"], &file["created_at"]),
        (
            &json!(GOOD.len()),
            &json!("reviews.csv"),
            &json!(people.now().timestamp())
        )
    );
    let id = file["id"].as_str().unwrap();
    let path = format!("/files/{id}");
    assert_eq!(get(&people, &ann, &path).await.json(), file);
    let content = get(&people, &ann, &format!("{path}/content")).await;
    assert_eq!(content.text(), GOOD);
    assert!(
        content
            .header("repr-digest")
            .unwrap()
            .starts_with("sha-256=:")
    );

    let ours = id.replace("file-", "/v1/datasets/object_");
    let dataset = people.as_(&ann, ("GET", &ours), None).await.json();
    assert_eq!(
        (&dataset["name"], &dataset["rows"]),
        (&json!("reviews.csv"), &json!(4))
    );
    let brought = crate::objects::brought(&people, &ann, "other.csv", GOOD.as_bytes()).await;
    let brought = brought["dataset"]
        .as_str()
        .unwrap()
        .replace("object_", "file-");
    assert_eq!(
        get(&people, &ann, &format!("/files/{brought}"))
            .await
            .status,
        StatusCode::OK
    );

    let delete = format!("/openai/v1{path}");
    let deleted = people.as_(&ann, ("DELETE", &delete), None).await;
    assert_eq!(
        deleted.json(),
        json!({ "id": id, "object": "file", "deleted": true })
    );
    assert_eq!(
        refusal(&get(&people, &ann, &path).await),
        (404, "not-found".to_owned(), json!(null))
    );
    assert_eq!(ids(&people, &ann, "/files?", 10).await, [brought]);
}

#[tokio::test]
async fn a_list_is_gone_through_page_by_page_in_either_order_and_is_ones_own() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let bob = people.somebody("bob@mail.example").await;
    let mut files = Vec::new();
    for number in 0..5 {
        let file = uploaded(&people, &ann, &format!("{number}.csv"), GOOD.as_bytes()).await;
        files.push(file["id"].as_str().unwrap().to_owned());
    }
    for limit in [1, 2, 5, 100] {
        assert_eq!(ids(&people, &ann, "/files?order=asc&", limit).await, files);
    }
    let ascending = files.clone();
    files.reverse();
    assert_eq!(
        ids(&people, &ann, "/files?purpose=fine-tune&", 2).await,
        files
    );
    assert!(
        ids(&people, &ann, "/files?purpose=fine-tune-results&", 2)
            .await
            .is_empty()
    );
    assert!(ids(&people, &bob, "/files?", 2).await.is_empty());
    for (query, param) in [
        (format!("after={}", ascending[0]), "after"),
        ("limit=0".to_owned(), "limit"),
        ("order=up".to_owned(), "order"),
        ("purpose=batch".to_owned(), "purpose"),
        ("colour=red".to_owned(), "colour"),
    ] {
        let refused = get(&people, &bob, &format!("/files?{query}")).await;
        let (status, _, said) = refusal(&refused);
        assert_eq!((status, said), (400, json!(param)), "{query}");
    }
}

#[tokio::test]
async fn lines_of_json_become_the_table_that_text_models_take() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let lines = "{\"prompt\": \"I like \\\"it\\\"\", \"completion\": \" good\"}\n".repeat(3)
        + &"{\"prompt\": \"I do not\", \"completion\": \" bad\"}\n".repeat(3);
    let file = uploaded(&people, &ann, "reviews.jsonl", lines.as_bytes()).await;
    assert_eq!(file["filename"], "reviews.jsonl.csv");
    assert_eq!(
        (&file["status"], &file["status_details"]),
        (&json!("processed"), &json!(null))
    );
    let path = format!("/files/{}/content", file["id"].as_str().unwrap());
    let kept = get(&people, &ann, &path).await;
    assert_eq!(file["bytes"], kept.text().len());
    assert!(
        kept.text()
            .starts_with("text,label\n\"I like \"\"it\"\"\",\"good\"\n")
    );
    assert_eq!(kept.text().lines().count(), 7);
}

#[tokio::test]
async fn lines_that_are_no_examples_are_named_and_nothing_of_them_is_kept() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let lines = "{\"text\": \"a\", \"label\": \"b\"}\n{\n{\"text\": \"a\"}\n";
    let refused = upload(&people, &ann, "broken.jsonl", lines.as_bytes()).await;
    assert_eq!(
        refusal(&refused),
        (400, "invalid_file_format".to_owned(), json!("file"))
    );
    let message = refused.openai_error()["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(message.contains("line 2: it is not JSON"), "{message}");
    assert!(message.contains("line 3: it is none of"), "{message}");
    assert!(ids(&people, &ann, "/files?", 10).await.is_empty());
    assert_eq!(crate::objects::files_on(&people.shelf), 0);
}

#[tokio::test]
async fn what_cannot_be_trained_on_is_kept_and_says_why() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let file = uploaded(&people, &ann, "one.csv", b"x,y\n1,a\n2,a\n3,a\n").await;
    assert_eq!(file["status"], "error");
    let why = file["status_details"].as_str().unwrap();
    assert!(!why.is_empty(), "{file}");
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    assert_eq!(get(&people, &ann, &path).await.json(), file);
}

#[tokio::test]
async fn a_form_that_is_not_what_is_asked_for_is_refused_by_the_field() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let file = ("file", Some("a.csv"), GOOD.as_bytes());
    let tune = ("purpose", "fine-tune");
    for (body, code, param) in [
        (form(&[], file), "invalid_value", json!("purpose")),
        (
            form(&[("purpose", "batch")], file),
            "unsupported_parameter",
            json!("purpose"),
        ),
        (
            form(&[tune, ("expires_after[seconds]", "3600")], file),
            "unsupported_parameter",
            json!("expires_after[seconds]"),
        ),
        (
            form(&[tune], ("data", Some("a.csv"), b"x")),
            "unsupported_parameter",
            json!("data"),
        ),
        (
            form(&[tune], ("file", Some("a.csv"), b"")),
            "uploads/empty",
            json!("file"),
        ),
        (
            form(&[tune], ("file", Some("..\\\t"), b"x")),
            "invalid_value",
            json!("file"),
        ),
        (b"nothing of a form".to_vec(), "body/malformed", json!(null)),
    ] {
        let refused = post_form(&people, &ann, "/files", body).await;
        assert_eq!(refusal(&refused), (400, code.to_owned(), param));
    }
    let plain = people
        .as_(&ann, ("POST", "/openai/v1/files"), Some(json!({})))
        .await;
    assert_eq!(
        refusal(&plain),
        (400, "body/malformed".to_owned(), json!(null))
    );
    let unnamed = post_form(
        &people,
        &ann,
        "/files",
        form(&[tune], ("file", None, GOOD.as_bytes())),
    )
    .await;
    let named = unnamed.json()["id"]
        .as_str()
        .unwrap()
        .replace("file-", "object_");
    assert_eq!(unnamed.json()["filename"], format!("{named}.csv"));
}

#[tokio::test]
async fn a_file_is_too_large_for_one_request_or_for_its_owner() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let refused = upload(&people, &ann, "a.csv", &vec![b'x'; (64 << 20) + 1]).await;
    assert_eq!(
        refusal(&refused),
        (413, "body/too-large".to_owned(), json!(null))
    );
    let kept = usize::try_from(crate::users::people::KEPT_BYTES_MAX).unwrap();
    let refused = upload(&people, &ann, "a.csv", &vec![b'x'; kept + 1]).await;
    assert_eq!(
        refusal(&refused),
        (409, "uploads/quota".to_owned(), json!("file"))
    );
    assert_eq!(refused.header("x-should-retry"), Some("false"));
}

#[tokio::test]
async fn a_key_makes_one_file_and_belongs_to_its_bytes() {
    let people = People::new().await;
    let ann = people.somebody("ann@mail.example").await;
    let keyed = async |text: &str| {
        let file = ("file", Some("a.csv"), text.as_bytes());
        let body = form(&[("purpose", "fine-tune")], file);
        let request = form_request(&ann, "/files").header("idempotency-key", "file-1");
        people.raw_bytes(request, body).await
    };
    let first = keyed(GOOD).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    assert_eq!(keyed(GOOD).await.json(), first.json());
    let other = keyed(&GOOD.replace("very", "so")).await;
    let reused = "idempotency-key/reused".to_owned();
    assert_eq!(refusal(&other), (422, reused, json!("Idempotency-Key")));
}
