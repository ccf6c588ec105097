//! What tests stand on: a real PostgreSQL that they share, and a database for each of them.

pub mod listening;
pub mod storage;

use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Weak};

use embedded::{Cluster, Settings};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Already migrated; every test's database is a copy of it.
const TEMPLATE: &str = "workbench_template";
/// Held while the template is made; any number that nobody else uses does.
const TEMPLATE_LOCK: i64 = 7_264_881;

static CLUSTER: Mutex<Weak<Cluster>> = Mutex::const_new(Weak::new());

/// A database of one's own, with the schema and nothing else; it goes when this goes.
#[derive(Debug)]
pub struct TestDatabase {
    pub options: PgConnectOptions,
    pub url: String,
    name: String,
    maintenance: String,
    cluster: Arc<Cluster>,
}

impl TestDatabase {
    /// Connections as the superuser, who may do what the product may not.
    pub async fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(8)
            .connect_with(self.options.clone())
            .await
            .expect("the test's database answers")
    }

    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (name, maintenance) = (self.name.clone(), self.maintenance.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                if let Ok(mut connection) = PgConnection::connect(&maintenance).await {
                    let drop_database = format!("drop database if exists {name} with (force)");
                    // A database that is left behind costs space, not correctness.
                    drop(connection.execute(drop_database.as_str()).await);
                }
            });
        });
        drop(dropping.join());
    }
}

/// Makes a database for one test; the first one on a machine makes the cluster too.
pub async fn database() -> TestDatabase {
    let cluster = cluster().await;
    let maintenance = cluster.url("postgres");
    let mut connection = PgConnection::connect(&maintenance)
        .await
        .expect("the cluster answers");
    ensure_template(&cluster, &mut connection).await;
    let name = format!("test_{}", Uuid::new_v4().simple());
    let create = format!("create database {name} template {TEMPLATE} strategy file_copy");
    connection
        .execute(create.as_str())
        .await
        .expect("the template can be copied");
    let url = cluster.url(&name);
    let options = PgConnectOptions::from_str(&url).expect("the cluster's address is well formed");
    TestDatabase {
        options,
        url,
        name,
        maintenance,
        cluster,
    }
}

async fn cluster() -> Arc<Cluster> {
    let mut shared = CLUSTER.lock().await;
    if let Some(cluster) = shared.upgrade() {
        return cluster;
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/workbench");
    let mut settings = Settings::in_dir(directory);
    settings.durable = false;
    settings
        .extra
        .push(("max_connections".to_owned(), "400".to_owned()));
    let cluster = Arc::new(Cluster::open(settings).await.expect("PostgreSQL starts"));
    *shared = Arc::downgrade(&cluster);
    cluster
}

/// The template carries the schema's fingerprint, so a changed schema makes a new one.
async fn ensure_template(cluster: &Cluster, connection: &mut PgConnection) {
    let wanted = migrations::fingerprint();
    let lock = format!("select pg_advisory_lock({TEMPLATE_LOCK})");
    connection
        .execute(lock.as_str())
        .await
        .expect("the lock is granted");
    let found: Option<Option<String>> = sqlx::query_scalar(
        "select shobj_description(oid, 'pg_database') from pg_database where datname = $1",
    )
    .bind(TEMPLATE)
    .fetch_optional(&mut *connection)
    .await
    .expect("the catalogue can be read");
    if found.flatten().as_deref() != Some(&wanted) {
        let drop_old = format!("drop database if exists {TEMPLATE} with (force)");
        connection
            .execute(drop_old.as_str())
            .await
            .expect("the old template can go");
        let create = format!("create database {TEMPLATE}");
        connection
            .execute(create.as_str())
            .await
            .expect("a template can be made");
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect(&cluster.url(TEMPLATE))
            .await
            .expect("the template answers");
        migrations::apply(&pool)
            .await
            .expect("the migrations apply");
        pool.close().await;
        let mark = format!("comment on database {TEMPLATE} is '{wanted}'");
        connection
            .execute(mark.as_str())
            .await
            .expect("the template can be marked");
    }
    let unlock = format!("select pg_advisory_unlock({TEMPLATE_LOCK})");
    connection
        .execute(unlock.as_str())
        .await
        .expect("the lock is given back");
}
