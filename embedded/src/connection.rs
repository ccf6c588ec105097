//! Talks to the server: how it is reached, whether it answers, and its databases.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};

use crate::place::Place;
use crate::{EmbeddedError, ROLE};

/// The database that every cluster has.
const FIRST_DATABASE: &str = "postgres";

/// How long a server may keep a new connection waiting before it counts as silent.
const GREETING: Duration = Duration::from_secs(5);

/// Postgres cuts longer names silently, and two of them might become one.
const NAME_BYTES_MAX: usize = 63;

/// What somebody who knocks at the socket hears.
#[derive(Debug)]
pub(crate) enum Answer {
    Ready,
    /// Nobody is there, or the server is starting, recovering or stopping.
    NotYet,
    /// A server with other data.
    Stranger(String),
}

/// The URL of a database over the socket.
pub(crate) fn url(place: &Place, database: &str) -> String {
    let sockets = escape(place.sockets.as_os_str().as_encoded_bytes());
    let database = escape(database.as_bytes());
    let port = place.port;
    format!("postgres://{ROLE}@localhost:{port}/{database}?host={sockets}&sslmode=disable")
}

/// Percent-encodes all but the characters that mean themselves everywhere in a URL.
fn escape(bytes: &[u8]) -> String {
    let escaped = bytes.iter().map(|&byte| {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if is_plain {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    escaped.collect()
}

async fn connect(place: &Place) -> Result<PgConnection, sqlx::Error> {
    let options = PgConnectOptions::from_str(&url(place, FIRST_DATABASE))?;
    let options = options.disable_statement_logging();
    let connected = tokio::time::timeout(GREETING, options.connect()).await;
    connected.map_err(|_| sqlx::Error::PoolTimedOut)?
}

/// Knocks once.
pub(crate) async fn probe(place: &Place) -> Answer {
    let Ok(mut connection) = connect(place).await else {
        return Answer::NotYet;
    };
    let asked = sqlx::query_scalar::<_, String>("select current_setting('data_directory')");
    let answer = tokio::time::timeout(GREETING, asked.fetch_one(&mut connection)).await;
    let _ = connection.close().await;
    match answer {
        Ok(Ok(folder)) if place.cluster.as_os_str() == folder.as_str() => Answer::Ready,
        Ok(Ok(folder)) => Answer::Stranger(folder),
        Ok(Err(_)) | Err(_) => Answer::NotYet,
    }
}

/// Creates a database unless it exists, in whatever order several callers come.
pub(crate) async fn ensure_database(place: &Place, name: &str) -> Result<(), EmbeddedError> {
    let quoted = quote(name)?;
    let doing = || format!("create database {name:?}");
    let mut connection = connect(place).await.map_err(EmbeddedError::sql(doing()))?;
    let known = sqlx::query_scalar::<_, bool>(
        "select exists (select from pg_catalog.pg_database where datname = $1)",
    );
    let known = known.bind(name).fetch_one(&mut connection).await;
    let created = match known {
        Ok(true) => Ok(()),
        // Nobody may connect to template0, so nobody's session is ever in the way.
        Ok(false) => {
            let statement = format!("create database {quoted} template template0");
            connection.execute(statement.as_str()).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    let _ = connection.close().await;
    match created {
        Err(error) if !exists_already(&error) => Err(EmbeddedError::sql(doing())(error)),
        _ => Ok(()),
    }
}

/// Who loses a race hears of a duplicate database, or of the unique index behind it.
fn exists_already(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P04" | "23505"))
}

/// Drops a database with everybody's sessions in it; one that is not there is dropped already.
pub(crate) async fn drop_database(place: &Place, name: &str) -> Result<(), EmbeddedError> {
    let statement = format!("drop database if exists {} with (force)", quote(name)?);
    let dropped = async {
        let mut connection = connect(place).await?;
        connection.execute(statement.as_str()).await?;
        connection.close().await
    };
    dropped
        .await
        .map_err(EmbeddedError::sql(format!("drop database {name:?}")))
}

fn quote(name: &str) -> Result<String, EmbeddedError> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return Err(EmbeddedError::BadName(name.to_owned()));
    }
    Ok(format!("\"{}\"", name.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn a_url_survives_being_read_by_sqlx() {
        let place = Place {
            data_dir: PathBuf::from("/d"),
            cluster: PathBuf::from("/d/cluster"),
            sockets: PathBuf::from("/d/a folder&more/socket"),
            log: PathBuf::from("/d/server.log"),
            port: 23_456,
            account: None,
        };
        let text = url(&place, "a/b?c");
        let options = PgConnectOptions::from_str(&text).unwrap();
        assert_eq!(options.get_port(), 23_456);
        assert_eq!(options.get_username(), "trainnet");
        assert_eq!(options.get_database(), Some("a/b?c"));
        assert_eq!(
            options.get_socket(),
            Some(&PathBuf::from("/d/a folder&more/socket"))
        );
    }

    #[test]
    fn names_are_quoted_or_refused() {
        assert_eq!(quote("a\"b").unwrap(), "\"a\"\"b\"");
        for bad in ["", "a\0b", &"x".repeat(64)] {
            assert!(matches!(quote(bad), Err(EmbeddedError::BadName(_))));
        }
    }
}
