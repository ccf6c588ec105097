//! Several users share one server, and only the last one out stops it.

use std::fs;

use embedded::Cluster;
use rustix::process::{Pid, getpgid};

use crate::harness::{Folder, connect, exists, text};

#[tokio::test]
async fn the_server_outlives_the_first_of_two_users() {
    let folder = Folder::new();
    let first = folder.open().await;
    let second = folder.open().await;
    let pid = first.postmaster_pid().unwrap();
    assert_eq!(second.postmaster_pid().unwrap(), pid);
    assert_eq!(first.url("postgres"), second.url("postgres"));
    first.close().await.unwrap();
    assert_eq!(
        text(&second, "postgres", "select 'still here'").await,
        "still here"
    );
    second.close().await.unwrap();
    assert!(!exists(pid));
}

#[tokio::test]
async fn dropping_leaves_as_closing_does() {
    let folder = Folder::new();
    let first = folder.open().await;
    let second = folder.open().await;
    let pid = first.postmaster_pid().unwrap();
    drop(second);
    assert!(exists(pid));
    drop(first);
    assert!(!exists(pid));
}

/// A terminal sends Ctrl-C to its whole process group, and the server must outlive its owner's
/// last commit.
#[tokio::test]
async fn the_server_is_out_of_the_terminals_reach() {
    let folder = Folder::new();
    let cluster = folder.open().await;
    let server = Pid::from_raw(cluster.postmaster_pid().unwrap().try_into().unwrap());
    assert_ne!(getpgid(server).unwrap(), getpgid(None).unwrap());
}

#[tokio::test]
async fn two_tasks_opening_at_once_make_one_cluster() {
    let folder = Folder::new();
    let opening = |settings| tokio::spawn(Cluster::open(settings));
    let [one, other] = [folder.settings(), folder.settings()].map(opening);
    let (one, other) = (one.await.unwrap().unwrap(), other.await.unwrap().unwrap());
    assert_eq!(
        one.postmaster_pid().unwrap(),
        other.postmaster_pid().unwrap()
    );
    let names = fs::read_dir(folder.data_dir()).unwrap().flatten();
    let clusters = names.filter(|e| e.file_name().to_string_lossy().starts_with("cluster"));
    assert_eq!(clusters.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opening_and_closing_in_turns_never_fails() {
    let folder = Folder::new();
    let keeper = folder.open().await;
    keeper.close().await.unwrap();
    let users = (0..4).map(|_| {
        let settings = folder.settings();
        tokio::spawn(async move {
            for _ in 0..4 {
                let cluster = Cluster::open(settings.clone()).await.unwrap();
                assert_eq!(
                    text(&cluster, "postgres", "select 'answers'").await,
                    "answers"
                );
                cluster.close().await.unwrap();
            }
        })
    });
    for user in users.collect::<Vec<_>>() {
        user.await.unwrap();
    }
    assert!(!folder.data_dir().join("cluster/postmaster.pid").exists());
}

#[tokio::test]
async fn a_database_is_created_once_and_dropped_with_its_sessions() {
    let folder = Folder::new();
    let cluster = folder.open().await;
    let name = "odd \"name\" of Größe/x?y&z";
    let racers = [(); 4].map(|()| cluster.ensure_database(name));
    for raced in futures_of(racers).await {
        raced.unwrap();
    }
    let mut session = connect(&cluster, name).await;
    let database: String = sqlx::query_scalar("select current_database()")
        .fetch_one(&mut session)
        .await
        .unwrap();
    assert_eq!(database, name);
    cluster.drop_database(name).await.unwrap();
    cluster.drop_database(name).await.unwrap();
    assert!(sqlx::query("select 1").execute(&mut session).await.is_err());
}

/// Runs four futures at once in this task.
async fn futures_of<T>(futures: [impl Future<Output = T>; 4]) -> [T; 4] {
    let [a, b, c, d] = futures;
    let (a, b, c, d) = tokio::join!(a, b, c, d);
    [a, b, c, d]
}
