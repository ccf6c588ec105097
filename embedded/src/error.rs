//! Names every way in which a private server can fail its owner.

use std::io;
use std::path::{Path, PathBuf};

/// Why a cluster could not be opened, used or closed.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    #[error(transparent)]
    NotFound(#[from] embedded_search::NotFound),

    #[error("could not {doing}")]
    Io { doing: String, source: io::Error },

    #[error("initdb did not make a cluster; it said:\n{output}")]
    CreationFailed { output: String },

    #[error("the PostgreSQL server did not start; {log} ends with:\n{tail}", log = .log.display())]
    StartFailed { log: PathBuf, tail: String },

    #[error(
        "the PostgreSQL server did not answer within {waited_seconds} s; {log} ends with:\n{tail}",
        log = .log.display()
    )]
    NoAnswer {
        waited_seconds: u64,
        log: PathBuf,
        tail: String,
    },

    #[error("another server, with its data in {theirs}, answers at the socket in {sockets}",
        sockets = .sockets.display())]
    Stranger { theirs: String, sockets: PathBuf },

    #[error(
        "{folder} belongs to the account with number {owner}: run as that account or as root",
        folder = .folder.display()
    )]
    NotOurs { folder: PathBuf, owner: u32 },

    #[error(
        "{folder} has lost a part that every cluster has (PG_VERSION or global/pg_control): \
         restore it from a backup, or move it away to begin with an empty one",
        folder = .folder.display()
    )]
    Damaged { folder: PathBuf },

    #[error("{folder} must be a folder of mode 0700 that belongs to the server's account",
        folder = .folder.display())]
    UnsafeSocketFolder { folder: PathBuf },

    #[error("PostgreSQL does not run as root, and this machine has no account postgres or nobody")]
    NoAccount,

    #[error("{0:?} cannot name a database: 1 to 63 bytes without a zero byte are needed")]
    BadName(String),

    #[error("the PostgreSQL server is not running")]
    NotRunning,

    #[error("the PostgreSQL server, process {pid}, did not stop")]
    WillNotStop { pid: u32 },

    #[error("the PostgreSQL server refused to {doing}")]
    Sql { doing: String, source: sqlx::Error },
}

impl EmbeddedError {
    /// Turns an I/O error into one that says what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// The same, for something done to one file or folder.
    pub(crate) fn at(verb: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(format!("{verb} {}", path.display()))
    }

    pub(crate) fn sql(doing: impl Into<String>) -> impl FnOnce(sqlx::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Sql { doing, source }
    }
}
