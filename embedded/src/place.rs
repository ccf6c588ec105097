//! Settles where a cluster, its socket and its log lie, and which account they belong to.
//!
//! Inside the data directory: `cluster/` (Postgres's own), `socket/`, `server.log`, `port`, the
//! two lock files, and `elsewhere` when the server's account could not get in: then `cluster/` and
//! `socket/` lie under `/var/lib/trainnet`, and `elsewhere` says where.

use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use embedded_search::{Account, SHARED_FOLDER, is_root, may_enter};

use crate::EmbeddedError;

/// A Unix socket's path is at most this long on Linux, less its closing zero; macOS has 103.
const SOCKET_PATH_BYTES_MAX: usize = 103;

/// Where everything that belongs to one cluster lies.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The cluster's data directory, absolute and without links.
    pub(crate) data_dir: PathBuf,
    /// The folder that Postgres calls its data directory.
    pub(crate) cluster: PathBuf,
    pub(crate) sockets: PathBuf,
    pub(crate) log: PathBuf,
    /// Names the socket, so that two servers never share one.
    pub(crate) port: u16,
    /// The account that runs the server, when it is not the one that runs this process.
    pub(crate) account: Option<Account>,
}

impl Place {
    /// Settles the place of the cluster that belongs to `data_dir`, and makes its folders.
    pub(crate) fn settle(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let account = account_for(&data_dir.join("cluster"))?;
        let home = home_for(data_dir, account, Path::new(SHARED_FOLDER))?;
        let cluster = home.join("cluster");
        refuse_foreign(&cluster, account)?;
        let port = port_of(data_dir)?;
        let sockets = socket_folder(&home, data_dir, port);
        make_private(&sockets, account)?;
        let log = data_dir.join("server.log");
        Ok(Self {
            data_dir: data_dir.to_owned(),
            cluster,
            sockets,
            log,
            port,
            account,
        })
    }

    /// The folder in which clusters are made before they are moved into place.
    pub(crate) fn home(&self) -> &Path {
        self.cluster.parent().unwrap_or(&self.data_dir)
    }
}

/// Makes the data directory and gives its one true name.
pub(crate) fn make_data_dir(path: &Path) -> Result<PathBuf, EmbeddedError> {
    if !path.is_dir() {
        fs::create_dir_all(path).map_err(EmbeddedError::at("make", path))?;
        // The server's account has to walk through; what is inside guards itself.
        set_mode(path, 0o755)?;
    }
    path.canonicalize().map_err(EmbeddedError::at("find", path))
}

/// Root leaves a cluster with the account that owns it, and gives a new one to the usual account.
fn account_for(cluster: &Path) -> Result<Option<Account>, EmbeddedError> {
    if !is_root() {
        return Ok(None);
    }
    let owner = Account::owning(cluster).filter(|owner| owner.uid != 0);
    owner
        .or_else(Account::for_root)
        .map(Some)
        .ok_or(EmbeddedError::NoAccount)
}

/// The folder that holds the cluster: the data directory where the server's account can get there.
fn home_for(
    data_dir: &Path,
    account: Option<Account>,
    shared: &Path,
) -> Result<PathBuf, EmbeddedError> {
    let pointer = data_dir.join("elsewhere");
    let kept = fs::read_to_string(&pointer)
        .ok()
        .map(|text| PathBuf::from(text.trim_end()));
    if let Some(home) = kept.filter(|home| belongs_to(home, data_dir)) {
        return Ok(home);
    }
    let reachable = account.is_none_or(|account| may_enter(data_dir, account));
    if reachable || data_dir.join("cluster").exists() {
        return Ok(data_dir.to_owned());
    }
    let home = shared.join(format!("{:016x}", fingerprint(data_dir)));
    for folder in [shared, &home] {
        fs::create_dir_all(folder).map_err(EmbeddedError::at("make", folder))?;
        set_mode(folder, 0o755)?;
    }
    write(&home.join("origin"), &data_dir.display().to_string())?;
    write(&pointer, &home.display().to_string())?;
    Ok(home)
}

/// A copied data directory brings along the pointer of the one it was copied from: the two must not
/// share a cluster. One that was moved keeps its own.
fn belongs_to(home: &Path, data_dir: &Path) -> bool {
    let Ok(origin) = fs::read_to_string(home.join("origin")) else {
        return false;
    };
    let origin = Path::new(origin.trim_end());
    origin == data_dir
        || (!origin.exists()
            && write(&home.join("origin"), &data_dir.display().to_string()).is_ok())
}

/// A cluster of another account would refuse to start with a less helpful message.
fn refuse_foreign(cluster: &Path, account: Option<Account>) -> Result<(), EmbeddedError> {
    let server = account.map_or_else(|| rustix::process::geteuid().as_raw(), |owner| owner.uid);
    match Account::owning(cluster) {
        Some(owner) if owner.uid != server && owner.uid != 0 => Err(EmbeddedError::NotOurs {
            folder: cluster.to_owned(),
            owner: owner.uid,
        }),
        _ => Ok(()),
    }
}

/// The port kept in the data directory, chosen once. Nothing listens on it: it is a part of the
/// socket's name, and of every URL.
fn port_of(data_dir: &Path) -> Result<u16, EmbeddedError> {
    let path = data_dir.join("port");
    let kept = fs::read_to_string(&path)
        .ok()
        .and_then(|text| text.trim_end().parse().ok());
    if let Some(port) = kept.filter(|port| *port >= 1024) {
        return Ok(port);
    }
    let [low, high, ..] = fingerprint(data_dir).to_le_bytes();
    let port = 20_000 + u16::from_le_bytes([low, high]) % 40_000;
    write(&path, &port.to_string())?;
    Ok(port)
}

/// The socket lies beside the cluster unless its path were too long there, or had a character that
/// the server's list of folders gives a meaning.
fn socket_folder(home: &Path, data_dir: &Path, port: u16) -> PathBuf {
    let beside = home.join("socket");
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let length = beside
        .join(format!(".s.PGSQL.{port}.lock"))
        .as_os_str()
        .len();
    if length <= SOCKET_PATH_BYTES_MAX && beside.as_os_str().as_encoded_bytes().iter().all(is_plain)
    {
        return beside;
    }
    PathBuf::from(format!("/tmp/trainnet-{:016x}", fingerprint(data_dir)))
}

/// Makes a folder that only `account` may enter, or checks that one is such: in `/tmp` anybody
/// might have been there first.
fn make_private(folder: &Path, account: Option<Account>) -> Result<(), EmbeddedError> {
    if fs::DirBuilder::new().mode(0o700).create(folder).is_ok()
        && let Some(account) = account
    {
        give(folder, account)?;
    }
    let found = fs::symlink_metadata(folder).map_err(EmbeddedError::at("make", folder))?;
    let owner = account.map_or_else(|| rustix::process::geteuid().as_raw(), |owner| owner.uid);
    if found.is_dir() && found.uid() == owner && found.mode() & 0o777 == 0o700 {
        return Ok(());
    }
    Err(EmbeddedError::UnsafeSocketFolder {
        folder: folder.to_owned(),
    })
}

/// Hands a file or folder to the server's account.
pub(crate) fn give(path: &Path, account: Account) -> Result<(), EmbeddedError> {
    chown(path, Some(account.uid), Some(account.gid)).map_err(EmbeddedError::at("hand over", path))
}

fn set_mode(path: &Path, mode: u32) -> Result<(), EmbeddedError> {
    fs::set_permissions(path, Permissions::from_mode(mode))
        .map_err(EmbeddedError::at("open to others", path))
}

fn write(path: &Path, line: &str) -> Result<(), EmbeddedError> {
    fs::write(path, format!("{line}\n")).map_err(EmbeddedError::at("write", path))
}

/// FNV-1a: the names made of it must be the same in every build, which std's hashes do not promise.
fn fingerprint(path: &Path) -> u64 {
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRANGER: Account = Account {
        uid: 4_000_000,
        gid: 4_000_000,
    };

    fn closed_folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        set_mode(folder.path(), 0o700).unwrap();
        folder
    }

    #[test]
    fn fingerprints_stay_the_same_for_ever() {
        assert_eq!(fingerprint(Path::new("a")), 0xaf63_dc4c_8601_ec8c);
    }

    #[test]
    fn the_port_is_chosen_once() {
        let folder = tempfile::tempdir().unwrap();
        let port = port_of(folder.path()).unwrap();
        assert!((20_000..60_000).contains(&port));
        fs::write(folder.path().join("port"), "4321\n").unwrap();
        assert_eq!(port_of(folder.path()).unwrap(), 4321);
    }

    #[test]
    fn a_long_or_odd_path_gets_a_short_socket_folder() {
        let at = |home: &str| socket_folder(Path::new(home), Path::new(home), 40_000);
        assert_eq!(at("/srv/trainnet"), Path::new("/srv/trainnet/socket"));
        assert!(at(&format!("/srv/{}", "x".repeat(90))).starts_with("/tmp"));
        assert!(at("/srv/with, comma").starts_with("/tmp"));
    }

    #[test]
    fn a_closed_checkout_sends_the_cluster_elsewhere() {
        let closed = closed_folder();
        let shared = tempfile::tempdir().unwrap();
        let data_dir = closed.path().canonicalize().unwrap();
        let home = home_for(&data_dir, Some(STRANGER), shared.path()).unwrap();
        assert!(home.starts_with(shared.path()));
        let pointer = fs::read_to_string(data_dir.join("elsewhere")).unwrap();
        assert_eq!(Path::new(pointer.trim_end()), home);
        assert_eq!(
            home_for(&data_dir, Some(STRANGER), shared.path()).unwrap(),
            home
        );
        assert_eq!(
            home_for(&data_dir, None, Path::new("/nowhere")).unwrap(),
            home
        );
    }

    #[test]
    fn a_moved_data_directory_keeps_its_cluster_and_a_copied_one_does_not() {
        let closed = closed_folder();
        let shared = tempfile::tempdir().unwrap();
        let [first, second, third] = ["a", "b", "c"].map(|name| closed.path().join(name));
        fs::create_dir(&first).unwrap();
        let home = home_for(&first, Some(STRANGER), shared.path()).unwrap();

        fs::rename(&first, &second).unwrap();
        assert_eq!(
            home_for(&second, Some(STRANGER), shared.path()).unwrap(),
            home
        );

        fs::create_dir(&third).unwrap();
        fs::copy(second.join("elsewhere"), third.join("elsewhere")).unwrap();
        assert_ne!(
            home_for(&third, Some(STRANGER), shared.path()).unwrap(),
            home
        );
    }

    #[test]
    fn a_socket_folder_that_others_may_enter_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sockets = folder.path().join("sockets");
        make_private(&sockets, None).unwrap();
        make_private(&sockets, None).unwrap();
        set_mode(&sockets, 0o755).unwrap();
        assert!(matches!(
            make_private(&sockets, None),
            Err(EmbeddedError::UnsafeSocketFolder { .. })
        ));
    }
}
