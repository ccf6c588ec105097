//! Makes a new cluster so that a reader ever sees a whole one or none.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::time::{SystemTime, UNIX_EPOCH};

use embedded_search::{Binaries, Environment};

use crate::place::{self, Place};
use crate::{EmbeddedError, ROLE};

/// Clusters in the making carry this name with a suffix.
const UNFINISHED: &str = "cluster.new-";

/// The only way in is the socket; see the crate's own page for why that is enough.
const ACCESS: &str = "\
# Written when the cluster was made: the socket's folder is the lock, there is no other way in.
local all all trust
local replication all trust
";

/// What lies where a cluster should be.
enum Found {
    Whole,
    Nothing,
    /// A folder that never was a cluster.
    Scrap,
}

/// The major version of a cluster, from the file that Postgres keeps it in.
pub(crate) fn major_of(cluster: &Path) -> Option<u32> {
    fs::read_to_string(cluster.join("PG_VERSION"))
        .ok()?
        .trim_end()
        .parse()
        .ok()
}

/// Makes the cluster unless it exists. The caller holds the turn.
pub(crate) fn ensure(
    place: &Place,
    environment: &Environment,
    durable: bool,
) -> Result<(), EmbeddedError> {
    match look_at(&place.cluster)? {
        Found::Whole => return Ok(()),
        Found::Nothing => {}
        Found::Scrap => {
            let aside = place.home().join(format!("cluster.scrap-{}", suffix()));
            fs::rename(&place.cluster, &aside)
                .map_err(EmbeddedError::at("move aside", &place.cluster))?;
        }
    }
    clear_unfinished(place.home());
    let fresh = place.home().join(format!("{UNFINISHED}{}", suffix()));
    let made = fill(&fresh, place, &environment.find(None)?, durable);
    if made.is_err() {
        let _ = fs::remove_dir_all(&fresh);
    }
    made
}

fn look_at(cluster: &Path) -> Result<Found, EmbeddedError> {
    match fs::symlink_metadata(cluster) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(EmbeddedError::at("look at", cluster)(error)),
        Ok(_) => {}
    }
    let control = cluster.join("global/pg_control").exists();
    match (major_of(cluster).is_some(), control) {
        (true, true) => Ok(Found::Whole),
        (false, false) => Ok(Found::Scrap),
        _ => Err(EmbeddedError::Damaged {
            folder: cluster.to_owned(),
        }),
    }
}

/// Makes a whole cluster in `fresh`, puts it on disk, then moves it into place in one step.
fn fill(
    fresh: &Path,
    place: &Place,
    binaries: &Binaries,
    durable: bool,
) -> Result<(), EmbeddedError> {
    fs::create_dir(fresh).map_err(EmbeddedError::at("make", fresh))?;
    if let Some(account) = place.account {
        place::give(fresh, account)?;
    }
    let mut initdb = command(binaries.initdb(), place);
    initdb
        .arg("--pgdata")
        .arg(fresh)
        .args(["--username", ROLE, "--auth", "trust"]);
    initdb.args([
        "--encoding",
        "UTF8",
        "--locale",
        "C",
        "--data-checksums",
        "--no-sync",
    ]);
    initdb.arg("--no-instructions");
    let output = initdb
        .output()
        .map_err(EmbeddedError::at("run", &binaries.initdb()))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        let output = String::from_utf8_lossy(&said).trim_end().to_owned();
        return Err(EmbeddedError::CreationFailed { output });
    }
    let access = fresh.join("pg_hba.conf");
    fs::write(&access, ACCESS).map_err(EmbeddedError::at("write", &access))?;
    if durable {
        sync(fresh, binaries, place)?;
    }
    fs::rename(fresh, &place.cluster).map_err(EmbeddedError::at("move into place", fresh))?;
    let home = fs::File::open(place.home()).and_then(|folder| folder.sync_all());
    home.map_err(EmbeddedError::at("sync", place.home()))
}

/// Puts a thousand new files on disk with one call where the system has it: a flush for each of
/// them, as initdb would do by itself, takes seconds.
#[cfg(target_os = "linux")]
fn sync(fresh: &Path, _: &Binaries, _: &Place) -> Result<(), EmbeddedError> {
    let folder = fs::File::open(fresh).map_err(EmbeddedError::at("open", fresh))?;
    rustix::fs::syncfs(folder).map_err(|errno| EmbeddedError::at("sync", fresh)(errno.into()))
}

#[cfg(not(target_os = "linux"))]
fn sync(fresh: &Path, binaries: &Binaries, place: &Place) -> Result<(), EmbeddedError> {
    let mut initdb = command(binaries.initdb(), place);
    initdb.arg("--sync-only").arg("--pgdata").arg(fresh);
    let status = initdb
        .status()
        .map_err(EmbeddedError::at("run", &binaries.initdb()))?;
    let output = "initdb --sync-only failed".to_owned();
    if status.success() {
        Ok(())
    } else {
        Err(EmbeddedError::CreationFailed { output })
    }
}

/// Removes what makers left behind that were killed. An `initdb` that outlived its maker may still
/// be writing there; what it writes after this is removed the next time.
fn clear_unfinished(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// A name nobody else uses: the process, and the time for one that got its number again.
fn suffix() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("{}-{}", process::id(), now.as_nanos())
}

/// A server program under the server's account, deaf to the terminal's Ctrl-C and to settings that
/// the caller's environment has for other servers.
pub(crate) fn command(program: PathBuf, place: &Place) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C")
        .current_dir("/")
        .process_group(0)
        .stdin(process::Stdio::null());
    if let Some(account) = place.account {
        command.uid(account.uid).gid(account.gid);
    }
    command
}
