//! What can go wrong for a machine, told apart by what is to be done about it.

use std::io;
use std::path::Path;

use thiserror::Error;

#[derive(Debug, Error)]
pub enum Trouble {
    /// It may work later.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// It will not work however often it is tried.
    #[error("the server refuses ({status} {code}): {detail}")]
    Refused {
        status: u16,
        code: String,
        detail: String,
    },
    #[error("{doing}")]
    Disk { doing: String, source: io::Error },
    #[error("{0}")]
    Wrong(String),
    #[error("the work was given to somebody else")]
    Lost,
}

impl Trouble {
    pub fn wrong(text: impl Into<String>) -> Self {
        Self::Wrong(text.into())
    }

    /// Whether the same request may fare better in a while.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Refused { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Disk { .. } | Self::Wrong(_) | Self::Lost => false,
        }
    }

    /// Whether the lease is over.
    pub fn is_lost(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Refused { code, .. } => code == LEASE_LOST,
            _ => false,
        }
    }
}

const LEASE_LOST: &str = "work/lease/lost";

/// Names the file that something went wrong with.
pub trait OnDisk<T> {
    fn on(self, doing: &str, path: &Path) -> Result<T, Trouble>;
}

impl<T> OnDisk<T> for io::Result<T> {
    fn on(self, doing: &str, path: &Path) -> Result<T, Trouble> {
        self.map_err(|source| Trouble::Disk {
            doing: format!("{doing} {}", path.display()),
            source,
        })
    }
}
