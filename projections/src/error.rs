//! Why the engine did not do what it was asked to.

use store::ReadError;

use crate::page::Unwritten;
use crate::projection::{Unfoldable, Unsettled};
use crate::replay::ReplayError;

/// What kept a projection from moving, from being rebuilt or from being read.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    #[error("the read tables could not be reached or written")]
    Database(#[from] sqlx::Error),
    #[error("the log could not be read")]
    Log(#[from] ReadError),
    /// Everything before the position is applied, nothing from it on.
    #[error("{projection} stopped at position {position}: {reason}")]
    Stopped {
        projection: &'static str,
        position: i64,
        reason: String,
    },
    #[error("the tables of {projection} cannot be folded on: {reason}")]
    Spoiled {
        projection: &'static str,
        reason: String,
    },
    #[error("{projection} is at version {stored}, this program knows version {known}")]
    Newer {
        projection: &'static str,
        stored: i32,
        known: i32,
    },
    #[error("there is no projection {0}")]
    Unknown(String),
    #[error("{projection} is already being rebuilt")]
    RebuildRunning { projection: &'static str },
    #[error("{projection} cannot be rebuilt while somebody keeps reading its old tables")]
    ReadersInTheWay { projection: &'static str },
    #[error("{projection} stood at {reached} when the wait for {wanted} was over")]
    Late {
        projection: &'static str,
        reached: i64,
        wanted: i64,
    },
    #[error("the fold ended early, at {reached} instead of {wanted}")]
    EndedEarly { reached: i64, wanted: i64 },
    #[error("a task of the rebuild ended badly")]
    Task(#[from] tokio::task::JoinError),
}

impl ProjectionError {
    /// An error with everything that led to it, in one line for a person.
    pub(crate) fn chain(error: &dyn std::error::Error) -> String {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            text.push_str(": ");
            text.push_str(&inner.to_string());
            cause = inner.source();
        }
        text
    }

    pub(crate) fn spoiled(projection: &'static str, reason: &Unfoldable) -> Self {
        Self::Spoiled {
            projection,
            reason: Self::chain(reason),
        }
    }

    pub(crate) fn unwritten(projection: &'static str, error: Unwritten) -> Self {
        match error {
            Unwritten::Database(error) => error.into(),
            Unwritten::Spoiled(reason) => Self::spoiled(projection, &reason),
            Unwritten::Unsettled(Unsettled { position, reason }) => Self::Stopped {
                projection,
                position,
                reason: Self::chain(&reason),
            },
        }
    }

    pub(crate) fn replay(projection: &'static str, error: ReplayError) -> Self {
        match error {
            ReplayError::Log(error) => error.into(),
            ReplayError::Unfoldable { position, source } => Self::Stopped {
                projection,
                position,
                reason: Self::chain(&source),
            },
            ReplayError::EndedEarly { reached, wanted } => Self::EndedEarly { reached, wanted },
        }
    }
}
