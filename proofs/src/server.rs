//! The database server that the proofs run against: the one that is named, or a private one.

use std::path::Path;
use std::str::FromStr;

use anyhow::Context as _;
use embedded::{Cluster, Settings};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgPool};

/// A server on which databases may be made and dropped at will.
#[derive(Debug)]
pub struct Server {
    cluster: Option<Cluster>,
    options: PgConnectOptions,
}

impl Server {
    /// Uses the server that `DATABASE_URL` names, or else a private durable one in this folder.
    pub async fn open(folder: &Path) -> anyhow::Result<Self> {
        match std::env::var("DATABASE_URL") {
            Ok(url) => Self::at(&url),
            Err(_) => Self::private(folder).await,
        }
    }

    pub fn at(url: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url).context("DATABASE_URL cannot be read")?;
        Ok(Self {
            cluster: None,
            options: options.disable_statement_logging(),
        })
    }

    /// A private durable server in this folder; the callers here are many.
    pub async fn private(folder: &Path) -> anyhow::Result<Self> {
        let mut settings = Settings::in_dir(folder);
        let mut extra = vec![("max_connections", "300")];
        if cfg!(target_os = "linux") {
            // Coming back after a kill, it asks the file system for one sync instead of thousands.
            extra.push(("recovery_init_sync_method", "syncfs"));
        }
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        settings.extra = extra.into_iter().map(owned).collect();
        let cluster = Cluster::open(settings).await?;
        let options = PgConnectOptions::from_str(&cluster.url("postgres"))?;
        Ok(Self {
            cluster: Some(cluster),
            options: options.disable_statement_logging(),
        })
    }

    pub const fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    pub fn database(&self, name: &str) -> PgConnectOptions {
        self.options.clone().database(name)
    }

    /// An empty database of this name; an older one is dropped.
    pub async fn fresh_database(&self, name: &str) -> anyhow::Result<PgConnectOptions> {
        self.drop_database(name).await?;
        self.administer(&format!("create database {name} template template0"))
            .await?;
        Ok(self.database(name))
    }

    /// An empty database with the product's schema.
    pub async fn fresh_log(&self, name: &str) -> anyhow::Result<PgConnectOptions> {
        let options = self.fresh_database(name).await?;
        let pool = pool(&options, 1).await?;
        migrations::apply(&pool).await?;
        pool.close().await;
        Ok(options)
    }

    pub async fn drop_database(&self, name: &str) -> anyhow::Result<()> {
        self.administer(&format!("drop database if exists {name} with (force)"))
            .await
    }

    pub async fn exists(&self, name: &str) -> anyhow::Result<bool> {
        let pool = pool(&self.database("postgres"), 1).await?;
        let exists =
            sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
                .bind(name)
                .fetch_one(&pool)
                .await?;
        pool.close().await;
        Ok(exists)
    }

    pub async fn databases_like(&self, prefix: &str) -> anyhow::Result<Vec<String>> {
        let pool = pool(&self.database("postgres"), 1).await?;
        let names =
            sqlx::query_scalar("select datname from pg_database where starts_with(datname, $1)")
                .bind(prefix)
                .fetch_all(&pool)
                .await?;
        pool.close().await;
        Ok(names)
    }

    async fn administer(&self, statement: &str) -> anyhow::Result<()> {
        self.administer_in("postgres", statement).await
    }

    async fn administer_in(&self, database: &str, statement: &str) -> anyhow::Result<()> {
        let pool = pool(&self.database(database), 1).await?;
        sqlx::query(statement).execute(&pool).await?;
        pool.close().await;
        Ok(())
    }

    /// Has done at once what the server would do in the minutes after many rows have come.
    pub async fn digest(&self, database: &str) -> anyhow::Result<()> {
        self.administer_in(database, "vacuum analyze").await?;
        self.administer_in(database, "checkpoint").await
    }

    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(cluster) = self.cluster {
            cluster.close().await?;
        }
        Ok(())
    }
}

/// A pool that keeps what it opens and never asks a connection whether it still lives.
pub async fn pool(options: &PgConnectOptions, connections: u32) -> anyhow::Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.clone())
        .await?;
    Ok(pool)
}
