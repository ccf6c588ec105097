//! What goes wrong is said in words that help.

use std::fs;
use std::path::Path;

use embedded::{Cluster, EmbeddedError};
use embedded_search::Environment;

use crate::harness::Folder;

#[tokio::test]
async fn a_machine_without_postgres_is_told_what_to_do() {
    let folder = Folder::new();
    let mut environment = Environment::of_process(None);
    environment.chosen = None;
    environment.path = None;
    environment.private = Vec::new();
    environment.root = folder.path().to_owned();
    let refusal = Cluster::open_with(folder.settings(), environment)
        .await
        .unwrap_err();
    assert!(matches!(refusal, EmbeddedError::NotFound(_)));
    let words = refusal.to_string();
    assert!(words.contains("cargo xtask setup"), "{words}");
    assert!(words.contains("apt-get install postgresql"), "{words}");
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log() {
    let folder = Folder::new();
    let mut settings = folder.settings();
    settings
        .extra
        .push(("shared_buffers".to_owned(), "plenty".to_owned()));
    let refusal = Cluster::open(settings).await.unwrap_err().to_string();
    assert!(refusal.contains("server.log ends with"), "{refusal}");
    assert!(
        refusal.contains("invalid value for parameter \"shared_buffers\""),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_cluster_of_another_version_asks_for_its_own_programs() {
    let folder = Folder::new();
    folder.open().await.close().await.unwrap();
    fs::write(folder.data_dir().join("cluster/PG_VERSION"), "14\n").unwrap();
    let refusal = Cluster::open(folder.settings())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        refusal.contains("needs the server programs of PostgreSQL 14"),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_data_directory_that_cannot_be_made_is_named() {
    let settings = embedded::Settings::in_dir(Path::new("/proc/no/such"));
    let refusal = Cluster::open(settings).await.unwrap_err().to_string();
    assert!(
        refusal.contains("could not make /proc/no/such"),
        "{refusal}"
    );
}
