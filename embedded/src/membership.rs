//! Decides, by locks that die with their holder, who starts the server and who stops it.
//!
//! Two files are locked with `flock`. `start.lock` is held exclusively while somebody opens the
//! cluster, so that one process makes and starts it. `users.lock` is held shared by everyone who
//! has it open; whoever gets it exclusively is alone, and may stop the server.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{OpenOptionsExt, chown};
use std::path::Path;

use embedded_search::{Account, is_root};

use crate::EmbeddedError;

/// The turn to open, restart or create; given up when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _file: File,
}

impl Turn {
    /// Waits until nobody else opens this cluster.
    pub(crate) fn take(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("start.lock");
        let file = open(&path)?;
        file.lock().map_err(EmbeddedError::at("lock", &path))?;
        Ok(Self { _file: file })
    }
}

/// One user's share in the running server; given up when dropped.
#[derive(Debug)]
pub(crate) struct Membership {
    file: File,
}

impl Membership {
    /// Waits while the last user is stopping the server, then becomes one.
    pub(crate) fn join(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = data_dir.join("users.lock");
        let file = open(&path)?;
        file.lock_shared()
            .map_err(EmbeddedError::at("lock", &path))?;
        Ok(Self { file })
    }

    /// Gives up the share, and says whether nobody else has one. If so, nobody can join until this
    /// value is dropped. Two leaving at once may not both be refused: the kernel gives up the
    /// shared lock before it tries for the exclusive one, so whoever tries later succeeds.
    pub(crate) fn is_last(&self) -> Result<bool, EmbeddedError> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(source)) => Err(EmbeddedError::Io {
                doing: "lock users.lock".to_owned(),
                source,
            }),
        }
    }
}

/// Opens a lock file. One that root makes in somebody's folder is given to that account, which may
/// want to open the cluster later.
fn open(path: &Path) -> Result<File, EmbeddedError> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    let file = options
        .open(path)
        .map_err(EmbeddedError::at("open", path))?;
    if let Some(owner) = path
        .parent()
        .and_then(Account::owning)
        .filter(|_| is_root())
    {
        chown(path, Some(owner.uid), Some(owner.gid))
            .map_err(EmbeddedError::at("hand over", path))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_one_out_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let first = Membership::join(folder.path()).unwrap();
        let second = Membership::join(folder.path()).unwrap();
        assert!(!first.is_last().unwrap());
        drop(first);
        assert!(second.is_last().unwrap());
    }

    #[test]
    fn of_two_leaving_at_once_one_is_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let first = Membership::join(folder.path()).unwrap();
        let second = Membership::join(folder.path()).unwrap();
        assert!(!first.is_last().unwrap());
        assert!(second.is_last().unwrap());
    }
}
