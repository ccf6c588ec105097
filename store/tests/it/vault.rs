//! What is known about a person can be erased, and the log does not notice.

use sqlx::Executor;
use store::{MasterKey, Vault, VaultError};

use crate::desk::{books_hold, fund, open};

fn key(byte: u8) -> MasterKey {
    MasterKey::new([byte; 32])
}

#[tokio::test]
async fn erasing_a_person_leaves_the_log_valid_and_nothing_readable() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let vault = Vault::new(log.pool().clone(), key(1), vec![]);
    vault
        .put("user_ann", "email", "анна@example.org")
        .await
        .unwrap();
    vault.put("user_ann", "name", "Anna").await.unwrap();
    vault
        .put_lazily("user_ann", "name", "Anna K.")
        .await
        .unwrap();
    vault
        .put("user_bob", "email", "bob@example.org")
        .await
        .unwrap();
    fund(&log, "user_ann", 100).await;
    let head = log.head().await.unwrap();
    let known = vault.all("user_ann").await.unwrap();
    assert_eq!(known["email"], "анна@example.org");
    assert_eq!(
        vault.get("user_ann", "name").await.unwrap().as_deref(),
        Some("Anna K.")
    );

    let backup: Vec<(String, Vec<u8>)> =
        sqlx::query_as("select field, ciphertext from personal_values where subject = 'user_ann'")
            .fetch_all(log.pool())
            .await
            .unwrap();
    assert!(
        backup
            .iter()
            .all(|(_, bytes)| !bytes.windows(4).any(|window| window == b"Anna"))
    );
    vault.erase("user_ann").await.unwrap();
    assert!(vault.all("user_ann").await.unwrap().is_empty());
    for outcome in [
        vault.put("user_ann", "name", "x").await,
        vault.put_lazily("user_ann", "name", "x").await,
    ] {
        assert!(matches!(outcome, Err(VaultError::Erased)), "{outcome:?}");
    }
    // A restored backup brings the values back, but not the key.
    for (field, ciphertext) in backup {
        sqlx::query("insert into personal_values (subject, field, ciphertext) values ($1, $2, $3)")
            .bind("user_ann")
            .bind(field)
            .bind(ciphertext)
            .execute(log.pool())
            .await
            .unwrap();
    }
    assert_eq!(vault.get("user_ann", "email").await.unwrap(), None);
    let bob = vault.get("user_bob", "email").await.unwrap();
    assert_eq!(bob.as_deref(), Some("bob@example.org"));
    assert_eq!(log.head().await.unwrap(), head);
    books_hold(&log).await;
}

#[tokio::test]
async fn a_value_that_was_moved_or_changed_does_not_open() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let vault = Vault::new(log.pool().clone(), key(1), vec![]);
    for subject in ["user_ann", "user_bob"] {
        vault.put(subject, "email", subject).await.unwrap();
        vault.put(subject, "name", subject).await.unwrap();
    }
    let swap = "update personal_values a set ciphertext = b.ciphertext from personal_values b \
         where a.subject = 'user_ann' and a.field = 'email' \
           and b.subject = 'user_ann' and b.field = 'name'";
    log.pool().execute(swap).await.unwrap();
    assert!(matches!(
        vault.get("user_ann", "email").await,
        Err(VaultError::Forged)
    ));
    let steal = "update personal_keys a set wrapped_key = b.wrapped_key from personal_keys b \
         where a.subject = 'user_bob' and b.subject = 'user_ann'";
    log.pool().execute(steal).await.unwrap();
    assert!(matches!(
        vault.get("user_bob", "email").await,
        Err(VaultError::Forged)
    ));
}

#[tokio::test]
async fn a_new_master_key_takes_over_without_touching_the_values() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let old = Vault::new(log.pool().clone(), key(1), vec![]);
    old.put("user_ann", "email", "ann@example.org")
        .await
        .unwrap();
    old.erase("user_gone").await.unwrap();
    let both = Vault::new(log.pool().clone(), key(2), vec![key(1)]);
    both.put("user_bob", "email", "bob@example.org")
        .await
        .unwrap();
    assert_eq!(both.rewrap().await.unwrap(), 1);
    let new = Vault::new(log.pool().clone(), key(2), vec![]);
    assert_eq!(
        new.get("user_ann", "email").await.unwrap().as_deref(),
        Some("ann@example.org")
    );
    let lost = old.get("user_ann", "email").await;
    assert!(
        matches!(lost, Err(VaultError::MissingMasterKey { .. })),
        "{lost:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_values_written_at_once_share_one_key() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let vault = Vault::new(log.pool().clone(), key(1), vec![]);
    let writers = (0..8).map(|number| {
        let vault = vault.clone();
        tokio::spawn(async move {
            vault
                .put("user_ann", &format!("field {number}"), "value")
                .await
                .unwrap();
        })
    });
    futures::future::join_all(writers)
        .await
        .into_iter()
        .for_each(Result::unwrap);
    assert_eq!(vault.all("user_ann").await.unwrap().len(), 8);
}

#[tokio::test]
async fn some_fields_of_many_are_picked_and_nothing_of_the_erased() {
    let database = workbench::database().await;
    let log = open(&database).await;
    let vault = Vault::new(log.pool().clone(), key(1), vec![]);
    for (subject, field, value) in [
        ("user_ann", "email", "ann@example.org"),
        ("user_ann", "name", "Ann"),
        ("user_ann", "locale", "en"),
        ("user_bob", "email", "bob@example.org"),
        ("user_eve", "email", "eve@example.org"),
    ] {
        vault.put(subject, field, value).await.unwrap();
    }
    vault.erase("user_bob").await.unwrap();
    let subjects = ["user_ann", "user_bob", "user_nobody"].map(str::to_owned);
    let mut picked = vault.pick(&subjects, &["email", "name"]).await.unwrap();
    picked.sort();
    let ann =
        |field: &str, value: &str| ("user_ann".to_owned(), field.to_owned(), value.to_owned());
    assert_eq!(
        picked,
        [ann("email", "ann@example.org"), ann("name", "Ann")]
    );
}
