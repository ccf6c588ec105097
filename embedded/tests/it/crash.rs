//! Nothing that was committed is lost when the server or its owner is killed.

use std::env;
use std::fs;

use embedded::{Cluster, Settings};
use sqlx::Executor;

use crate::harness::{Folder, Victim, connect, eventually, exists, kill, text};

/// Set for the copy of this program that `an_orphaned_server_is_adopted` kills.
const VICTIM_FOLDER: &str = "EMBEDDED_TEST_VICTIM";

async fn write(cluster: &Cluster, value: &str) {
    let mut connection = connect(cluster, "postgres").await;
    connection
        .execute("create table if not exists kept (n text)")
        .await
        .unwrap();
    sqlx::query("insert into kept values ($1)")
        .bind(value)
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn kept(cluster: &Cluster) -> String {
    text(
        cluster,
        "postgres",
        "select string_agg(n, ',' order by n) from kept",
    )
    .await
}

#[tokio::test]
async fn a_killed_server_is_opened_again_with_its_data() {
    let folder = Folder::new();
    let dead = folder.open().await;
    write(&dead, "a").await;
    kill(dead.postmaster_pid().unwrap());
    let cluster = folder.open().await;
    assert_eq!(kept(&cluster).await, "a");
    drop(dead);
    assert_eq!(kept(&cluster).await, "a");
}

#[tokio::test]
async fn a_killed_server_is_restarted_once() {
    let folder = Folder::new();
    let cluster = folder.open().await;
    write(&cluster, "a").await;
    let mut busy = connect(&cluster, "postgres").await;
    let url = cluster.url("postgres");
    let sleeper = tokio::spawn(async move { busy.execute("select pg_sleep(600)").await.is_err() });
    let watching = "select count(*)::text from pg_stat_activity where query like '%pg_sleep%' \
        and pid <> pg_backend_pid() and state = 'active'";
    while text(&cluster, "postgres", watching).await == "0" {}
    assert!(!cluster.restart_if_dead().await.unwrap());
    let pid = cluster.postmaster_pid().unwrap();
    kill(pid);
    assert!(cluster.restart_if_dead().await.unwrap());
    assert!(!cluster.restart_if_dead().await.unwrap());
    assert_ne!(cluster.postmaster_pid().unwrap(), pid);
    assert!(sleeper.await.unwrap());
    assert_eq!(cluster.url("postgres"), url);
    assert_eq!(kept(&cluster).await, "a");
}

/// A number in a stale pid file may by now belong to a process of the server's own account, which
/// Postgres by itself takes for the old server and refuses to start beside.
#[tokio::test]
async fn a_stale_pid_file_with_a_living_number_does_not_bar_the_way() {
    let folder = Folder::new();
    let other = Folder::new();
    let unrelated = other.open().await;
    let cluster = folder.open().await;
    write(&cluster, "a").await;
    let pid_file = folder.data_dir().join("cluster/postmaster.pid");
    let stale = fs::read_to_string(&pid_file).unwrap();
    kill(cluster.postmaster_pid().unwrap());
    drop(cluster);
    let rest = stale.split_once('\n').unwrap().1;
    let living = unrelated.postmaster_pid().unwrap();
    fs::write(&pid_file, format!("{living}\n{rest}")).unwrap();
    let cluster = folder.open().await;
    assert_eq!(kept(&cluster).await, "a");
    assert!(exists(living));
}

/// Opens a cluster and waits to be killed, when asked to by the test below.
#[tokio::test]
async fn victim() {
    let Some(folder) = env::var_os(VICTIM_FOLDER) else {
        return;
    };
    let cluster = Cluster::open(Settings::in_dir(folder)).await.unwrap();
    write(&cluster, "a").await;
    fs::write(
        cluster_mark(&cluster),
        cluster.postmaster_pid().unwrap().to_string(),
    )
    .unwrap();
    std::future::pending::<()>().await;
}

/// Where the victim says that it is ready: a file named after its server's URL, which both know.
fn cluster_mark(cluster: &Cluster) -> std::path::PathBuf {
    let name = cluster
        .url("mark")
        .replace(|c: char| !c.is_ascii_alphanumeric(), "");
    env::temp_dir().join(name)
}

#[tokio::test]
async fn an_orphaned_server_is_adopted() {
    let folder = Folder::new();
    let victim = Victim::start("crash::victim", VICTIM_FOLDER, &folder.data_dir());
    let cluster = {
        let socket = folder.data_dir().join("cluster/postmaster.pid");
        eventually("the victim's start", || socket.exists()).await;
        folder.open().await
    };
    let mark = cluster_mark(&cluster);
    eventually("the victim's write", || {
        fs::read_to_string(&mark).is_ok_and(|t| !t.is_empty())
    })
    .await;
    let pid: u32 = fs::read_to_string(&mark).unwrap().parse().unwrap();
    fs::remove_file(mark).unwrap();
    // This user steps aside and leaves the victim alone with the server.
    cluster.close().await.unwrap();
    victim.kill();
    assert!(exists(pid));
    let cluster = folder.open().await;
    assert_eq!(cluster.postmaster_pid().unwrap(), pid);
    assert_eq!(kept(&cluster).await, "a");
    cluster.close().await.unwrap();
    eventually("the server's end", || !exists(pid)).await;
}

/// The owner is killed at whatever point of making the cluster it has reached; the next one in
/// finds a whole cluster or makes one.
#[tokio::test]
async fn a_maker_killed_halfway_leaves_nothing_broken() {
    for reached in ["cluster.new-", "server.log"] {
        let folder = Folder::new();
        let victim = Victim::start("crash::victim", VICTIM_FOLDER, &folder.data_dir());
        let data_dir = folder.data_dir();
        eventually(reached, || {
            let names = fs::read_dir(&data_dir).into_iter().flatten().flatten();
            names
                .into_iter()
                .any(|e| e.file_name().to_string_lossy().starts_with(reached))
        })
        .await;
        victim.kill();
        let cluster = folder.open().await;
        assert_eq!(
            text(&cluster, "postgres", "select 'answers'").await,
            "answers"
        );
    }
}
