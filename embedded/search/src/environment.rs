//! Holds all that the search may look at, so that a test can hand it another world.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder, inside a checkout or working folder, that `cargo xtask setup` unpacks into.
pub const PRIVATE_FOLDER: &str = ".trainnet/pgsql";

/// Where clusters and copies live that the server's account could not reach inside a home folder.
pub const SHARED_FOLDER: &str = "/var/lib/trainnet";

/// The private copy for a checkout that the server's account cannot enter.
pub fn shared_private_copy() -> PathBuf {
    Path::new(SHARED_FOLDER).join("pgsql")
}

/// Everything that decides which server programs are found.
#[derive(Clone, Debug)]
pub struct Environment {
    /// `TRAINNET_PG_BIN`: the one folder to use, whatever else there is.
    pub chosen: Option<PathBuf>,
    /// `TRAINNET_PG_SEARCH=private`: pretend that this machine has only private copies.
    pub only_private: bool,
    /// `PATH`.
    pub path: Option<OsString>,
    /// The root of the file system, in which the usual places are looked up.
    pub root: PathBuf,
    /// Folders that may hold a private copy, best first.
    pub private: Vec<PathBuf>,
    /// Reads the major version of a `postgres` program.
    pub major_of: fn(&Path) -> Option<u32>,
}

impl Environment {
    /// This process's own environment; `beside` is the folder whose neighbour `pgsql` may hold a
    /// private copy, besides those in the working folder and above it.
    pub fn of_process(beside: Option<&Path>) -> Self {
        let mut private: Vec<PathBuf> = Vec::new();
        let neighbour = beside
            .and_then(Path::parent)
            .map(|parent| parent.join("pgsql"));
        private.extend(neighbour);
        if let Ok(working) = env::current_dir() {
            private.extend(
                working
                    .ancestors()
                    .map(|folder| folder.join(PRIVATE_FOLDER)),
            );
        }
        private.push(shared_private_copy());
        private.retain(|folder| is_trusted(folder));
        private.dedup();
        Self {
            chosen: env::var_os("TRAINNET_PG_BIN")
                .filter(|v| !v.is_empty())
                .map(PathBuf::from),
            only_private: env::var_os("TRAINNET_PG_SEARCH").is_some_and(|v| v == "private"),
            path: env::var_os("PATH"),
            root: PathBuf::from("/"),
            private,
            major_of: ask_for_major,
        }
    }
}

/// A copy is only run when it belongs to root or to whoever asks: anyone may write `/tmp`.
fn is_trusted(folder: &Path) -> bool {
    let mine = rustix::process::geteuid().as_raw();
    folder
        .metadata()
        .is_ok_and(|metadata| [0, mine].contains(&metadata.uid()))
}

fn ask_for_major(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok()?;
    output.status.success().then_some(())?;
    major_in(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `postgres (Postgres) 15.18 (Debian …)`, `… 18beta1` and the like.
fn major_in(version: &str) -> Option<u32> {
    let number = version.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = number
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(number.len());
    number[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_servers_print_them() {
        assert_eq!(
            major_in("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_in("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_in("postgres (PostgreSQL) 9.6.24"), Some(9));
        assert_eq!(major_in("mysqld 8.0"), None);
    }

    #[test]
    fn a_folder_that_is_not_there_is_not_trusted() {
        assert!(!is_trusted(Path::new("/nowhere/at/all")));
        assert!(is_trusted(&env::current_dir().unwrap()));
    }
}
