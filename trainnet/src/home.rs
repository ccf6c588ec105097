//! The database that the log lives in: one that was named, or a private one that is started here.

use std::str::FromStr;

use anyhow::{Context as _, ensure};
use embedded::{Cluster, Settings};
use migrations::APPLICATION_ROLE;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection as _, Executor as _};
use store::{Log, Options};

use crate::arguments::Place;

/// The private server's folder within the data directory.
const SERVER_FOLDER: &str = "postgres";
const DATABASE: &str = "trainnet";

/// A database that answers, held open until [`Home::close`].
#[derive(Debug)]
pub struct Home {
    cluster: Option<Cluster>,
    url: String,
    options: PgConnectOptions,
}

impl Home {
    /// Opens a database that is there already; looking for a log does not make one.
    pub async fn find(place: &Place) -> anyhow::Result<Self> {
        let folder = place.data_dir.join(SERVER_FOLDER);
        ensure!(
            place.named_url().is_some() || folder.exists(),
            "there is no database in {}; `trainnet up` makes one",
            place.data_dir.display()
        );
        Self::open(place).await
    }

    /// Opens the database, and makes a private one where none is named.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        let (cluster, url) = if let Some(url) = place.named_url() {
            (None, url.to_owned())
        } else {
            let folder = place.data_dir.join(SERVER_FOLDER);
            let cluster = Cluster::open(Settings::in_dir(&folder))
                .await
                .with_context(|| format!("the database in {}", folder.display()))?;
            cluster.ensure_database(DATABASE).await?;
            let url = cluster.url(DATABASE);
            (Some(cluster), url)
        };
        let options = PgConnectOptions::from_str(&url)
            .context("DATABASE_URL is not the URL of a PostgreSQL database")?
            .application_name("trainnet");
        Ok(Self {
            cluster,
            url,
            options,
        })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// True when the server runs for us alone.
    pub const fn is_private(&self) -> bool {
        self.cluster.is_some()
    }

    /// Applies the migrations as the role that signs in: the application's own may not.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        self.knock().await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(self.options.clone())
            .await
            .context("the database does not answer")?;
        let applied = migrations::apply(&pool).await;
        pool.close().await;
        applied.context("the schema could not be brought up to this program's")
    }

    pub async fn log(&self) -> anyhow::Result<Log> {
        self.look_for_a_log().await?;
        let opened = Log::open(self.options.clone(), Options::default()).await;
        opened.context("the log cannot be opened")
    }

    /// Says at once what a pool would only give up on after many attempts.
    async fn look_for_a_log(&self) -> anyhow::Result<()> {
        let mut connection = self.knock().await?;
        let (login, exists): (String, bool) =
            sqlx::query_as("select current_user::text, to_regclass('log_head') is not null")
                .fetch_one(&mut connection)
                .await
                .context("the database does not answer")?;
        ensure!(
            exists,
            "there is no log in this database; `trainnet database migrate` makes one"
        );
        let become_application = format!("set role {APPLICATION_ROLE}");
        connection
            .execute(become_application.as_str())
            .await
            .with_context(|| {
                format!(
                    "{login} needs a right: as a superuser, `grant {APPLICATION_ROLE} to {login}`"
                )
            })?;
        Ok(connection.close().await?)
    }

    /// Connects once: a pool would go on knocking at a door that nobody will open.
    async fn knock(&self) -> anyhow::Result<PgConnection> {
        let answered = PgConnection::connect_with(&self.options).await;
        answered.context("the database does not answer")
    }

    /// Starts the private server again if it has died.
    pub async fn revive(&self) -> anyhow::Result<()> {
        if let Some(cluster) = &self.cluster
            && cluster.restart_if_dead().await?
        {
            tracing::warn!("the private server had died and was started again");
        }
        Ok(())
    }

    pub async fn close(self) -> anyhow::Result<()> {
        match self.cluster {
            Some(cluster) => Ok(cluster.close().await?),
            None => Ok(()),
        }
    }
}
