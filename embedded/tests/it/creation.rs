//! The first start makes a whole, durable cluster, whatever an earlier attempt left.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use embedded::{Cluster, EmbeddedError, Settings};

use crate::harness::{Folder, connect, exists, text};

#[tokio::test]
async fn the_first_start_creates_a_durable_cluster() {
    let folder = Folder::new();
    let cluster = folder.open().await;
    cluster.ensure_database("shop").await.unwrap();
    let show = "select concat_ws(' ', current_setting('fsync'), \
        current_setting('synchronous_commit'), current_setting('full_page_writes'), \
        current_setting('data_checksums'), current_setting('listen_addresses') = '', \
        current_setting('server_encoding'), current_user, current_database(), \
        (select datcollate from pg_database where datname = 'shop'))";
    let shown = text(&cluster, "shop", show).await;
    assert_eq!(shown, "on on on on t UTF8 trainnet shop C");
    let sockets = fs::metadata(folder.data_dir().join("socket")).unwrap();
    assert_eq!(sockets.mode() & 0o777, 0o700);
    let pid = cluster.postmaster_pid().unwrap();
    cluster.close().await.unwrap();
    assert!(!exists(pid));
    assert!(!folder.data_dir().join("cluster/postmaster.pid").exists());
}

#[tokio::test]
async fn closing_and_opening_keeps_what_was_written() {
    let folder = Folder::new();
    let cluster = folder.open().await;
    let mut connection = connect(&cluster, "postgres").await;
    sqlx::raw_sql("create table kept (n text); insert into kept values ('here')")
        .execute(&mut connection)
        .await
        .unwrap();
    cluster.close().await.unwrap();
    let cluster = folder.open().await;
    assert_eq!(
        text(&cluster, "postgres", "select n from kept").await,
        "here"
    );
    assert_eq!(fs::read_dir(folder.data_dir()).unwrap().count(), 6);
}

#[tokio::test]
async fn settings_reach_the_server() {
    let folder = Folder::new();
    let mut settings = folder.settings();
    settings.durable = false;
    settings
        .extra
        .push(("max_connections".to_owned(), "23".to_owned()));
    let cluster = Cluster::open(settings).await.unwrap();
    assert_eq!(text(&cluster, "postgres", "show fsync").await, "off");
    assert_eq!(
        text(&cluster, "postgres", "show max_connections").await,
        "23"
    );
}

#[tokio::test]
async fn what_a_killed_maker_left_is_cleared_away() {
    let folder = Folder::new();
    let unfinished = folder.data_dir().join("cluster.new-1-1");
    fs::create_dir_all(unfinished.join("base/1")).unwrap();
    fs::write(unfinished.join("PG_VERSION"), "15\n").unwrap();
    let scrap = folder.data_dir().join("cluster");
    fs::create_dir_all(scrap.join("base")).unwrap();
    let cluster = folder.open().await;
    assert_eq!(
        text(&cluster, "postgres", "select 'answers'").await,
        "answers"
    );
    assert!(!unfinished.exists());
    let names = fs::read_dir(folder.data_dir()).unwrap().flatten();
    let names: Vec<String> = names
        .map(|e| e.file_name().into_string().unwrap())
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("cluster.scrap-")),
        "{names:?}"
    );
}

#[tokio::test]
async fn a_cluster_that_lost_a_part_is_never_replaced_by_an_empty_one() {
    let folder = Folder::new();
    folder.open().await.close().await.unwrap();
    fs::remove_file(folder.data_dir().join("cluster/PG_VERSION")).unwrap();
    let refusal = Cluster::open(folder.settings()).await.unwrap_err();
    assert!(
        matches!(refusal, EmbeddedError::Damaged { .. }),
        "{refusal}"
    );
}

#[tokio::test]
async fn a_long_path_gets_its_socket_elsewhere() {
    let folder = Folder::new();
    let data_dir = folder
        .path()
        .join("a-rather-long-name".repeat(6))
        .join("with, comma");
    let cluster = Cluster::open(Settings::in_dir(&data_dir)).await.unwrap();
    assert_eq!(
        text(&cluster, "postgres", "select 'answers'").await,
        "answers"
    );
    let sockets = text(
        &cluster,
        "postgres",
        "select current_setting('unix_socket_directories')",
    )
    .await;
    assert!(sockets.starts_with("/tmp/trainnet-"), "{sockets}");
    cluster.close().await.unwrap();
    fs::remove_dir(sockets).unwrap();
}

#[tokio::test]
async fn a_checkout_that_only_root_may_enter_keeps_its_cluster_elsewhere() {
    let folder = Folder::new();
    if fs::metadata(folder.path()).unwrap().uid() != 0 {
        return; // Only root runs the server under another account.
    }
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let cluster = folder.open().await;
    assert_eq!(
        text(&cluster, "postgres", "select 'answers'").await,
        "answers"
    );
    let home = fs::read_to_string(folder.data_dir().join("elsewhere")).unwrap();
    let home = home.trim_end();
    assert!(home.starts_with("/var/lib/trainnet/"), "{home}");
    cluster.close().await.unwrap();
    folder.open().await.close().await.unwrap();
    fs::remove_dir_all(home).unwrap();
}
