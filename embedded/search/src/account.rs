//! Says which unprivileged account runs the server when root asks for one.
//!
//! Postgres refuses to run as root, so root hands its processes to `postgres` where that account
//! exists, else to `nobody`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Accounts tried in this order when root needs somebody else to run the server.
const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// An account of this machine, by number: the server's processes and files belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// The account that runs servers for root; none when the machine has neither candidate.
    pub fn for_root() -> Option<Self> {
        Self::listed_in(&fs::read_to_string("/etc/passwd").ok()?)
    }

    /// The first candidate in the text of a password file that is not root under another name.
    fn listed_in(passwd: &str) -> Option<Self> {
        let numbers = |line: &str| {
            let mut fields = line.split(':').skip(2);
            let uid = fields.next()?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            (uid != 0).then_some(Self { uid, gid })
        };
        CANDIDATES.iter().find_map(|candidate| {
            let mut lines = passwd.lines();
            let line = lines.find(|line| line.split(':').next() == Some(candidate))?;
            numbers(line)
        })
    }

    /// The account that owns a file or folder; none when it is not there.
    pub fn owning(path: &Path) -> Option<Self> {
        let metadata = fs::symlink_metadata(path).ok()?;
        Some(Self {
            uid: metadata.uid(),
            gid: metadata.gid(),
        })
    }
}

/// Whether this process runs with root's powers.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether an account may walk through every folder down to `path`, judged by their mode bits.
/// Folders that do not exist yet are taken to become as open as their parent.
pub fn may_enter(path: &Path, account: Account) -> bool {
    path.ancestors().all(|folder| {
        let Ok(metadata) = fs::metadata(folder) else {
            return true;
        };
        let mode = metadata.mode();
        if metadata.uid() == account.uid {
            mode & 0o100 != 0
        } else if metadata.gid() == account.gid {
            mode & 0o010 != 0
        } else {
            mode & 0o001 != 0
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const STRANGER: Account = Account {
        uid: 4_000_000,
        gid: 4_000_000,
    };

    #[test]
    fn postgres_is_preferred_to_nobody() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/\npostgres:x:101:104::/:/";
        assert_eq!(
            Account::listed_in(passwd),
            Some(Account { uid: 101, gid: 104 })
        );
    }

    #[test]
    fn nobody_serves_where_postgres_is_missing() {
        let passwd = "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65533::/:/";
        assert_eq!(
            Account::listed_in(passwd),
            Some(Account {
                uid: 65_534,
                gid: 65_533
            })
        );
    }

    #[test]
    fn root_under_another_name_is_not_unprivileged() {
        assert_eq!(Account::listed_in("postgres:x:0:0::/:/"), None);
        assert_eq!(Account::listed_in(""), None);
    }

    #[test]
    fn a_closed_folder_on_the_way_keeps_a_stranger_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let inner = folder.path().join("not/made/yet");
        assert!(may_enter(&inner, STRANGER));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!may_enter(&inner, STRANGER));
        assert!(may_enter(&inner, Account::owning(folder.path()).unwrap()));
    }
}
