//! Starts the server's process, finds it again and stops it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::thread;
use std::time::Duration;

use embedded_search::Environment;
use rustix::process::Signal;

use crate::create::{command, major_of};
use crate::place::Place;
use crate::process::{is_alive, serves, signal, wait_until, working_in};
use crate::{EmbeddedError, Settings};

/// A log that grew beyond this is put aside when the server next starts.
const LOG_BYTES_MAX: u64 = 16 << 20;

/// How much of the log a failure shows.
const TAIL_BYTES: u64 = 8 << 10;
const TAIL_LINES: usize = 20;

/// How long the children of a killed server get to notice that it is gone.
const ORPHANS_LEAVE: Duration = Duration::from_secs(5);

/// How long an orderly stop may take, then a hasty one.
const FAST_STOP: Duration = Duration::from_secs(30);
const IMMEDIATE_STOP: Duration = Duration::from_secs(10);

/// The running server's process; none when what the file names is gone or somebody else.
pub(crate) fn postmaster(place: &Place) -> Option<u32> {
    let text = fs::read_to_string(place.cluster.join("postmaster.pid")).ok()?;
    let pid = text.lines().next()?.trim().parse().ok()?;
    serves(pid, &place.cluster).then_some(pid)
}

/// A server that was just started.
#[derive(Debug)]
pub(crate) struct Started {
    pid: u32,
    /// Where the log ended before.
    log_start: u64,
}

impl Started {
    pub(crate) fn is_alive(&self) -> bool {
        is_alive(self.pid)
    }

    /// What this server said, if not too much.
    pub(crate) fn said(&self, place: &Place) -> String {
        tail(&place.log, self.log_start)
    }
}

/// Starts the server. The caller holds the turn and knows that none runs.
pub(crate) fn start(
    place: &Place,
    settings: &Settings,
    environment: &Environment,
) -> Result<Started, EmbeddedError> {
    let binaries = environment.find(major_of(&place.cluster))?;
    clear_after_crash(place);
    let (log, log_start) = open_log(&place.log)?;
    let errors = log
        .try_clone()
        .map_err(EmbeddedError::at("open", &place.log))?;
    let mut postgres = command(binaries.postgres(), place);
    postgres
        .arg("-D")
        .arg(&place.cluster)
        .arg("-p")
        .arg(place.port.to_string());
    postgres.args([
        "-c",
        "listen_addresses=",
        "-c",
        "unix_socket_permissions=0700",
        "-k",
    ]);
    postgres.arg(&place.sockets).stdout(log).stderr(errors);
    for (name, value) in settings.for_server() {
        postgres.arg("-c").arg(format!("{name}={value}"));
    }
    let spawned = postgres.spawn();
    let mut child = spawned.map_err(EmbeddedError::at("run", &binaries.postgres()))?;
    let pid = child.id();
    // A dead child nobody waits for keeps its number, and PostgreSQL would take it for alive.
    let reaper = thread::Builder::new().name("postgres-reaper".to_owned());
    let reaper = reaper.spawn(move || child.wait());
    reaper.map_err(EmbeddedError::io("start a thread"))?;
    Ok(Started { pid, log_start })
}

/// Clears what a killed server left. Its children hold shared memory until they notice; and its pid
/// file and socket would bar the way if their process number belongs to somebody else by now. On
/// systems without `/proc` nobody can tell, and Postgres's own checks must do.
fn clear_after_crash(place: &Place) {
    let pid_file = place.cluster.join("postmaster.pid");
    if !pid_file.exists() || !Path::new("/proc/self").exists() {
        return;
    }
    if !wait_until(ORPHANS_LEAVE, || working_in(&place.cluster).is_empty()) {
        for pid in working_in(&place.cluster) {
            signal(pid, Signal::KILL);
        }
        wait_until(ORPHANS_LEAVE, || working_in(&place.cluster).is_empty());
    }
    let socket = place.sockets.join(format!(".s.PGSQL.{}", place.port));
    for path in [
        socket.with_extension(format!("{}.lock", place.port)),
        socket,
        pid_file,
    ] {
        let _ = fs::remove_file(path);
    }
}

/// Stops the server: in order when it lets itself be stopped so, otherwise at once, which loses
/// nothing but makes the next start read the log. Says nothing when none runs.
pub(crate) fn stop(place: &Place) -> Result<(), EmbeddedError> {
    let Some(pid) = postmaster(place) else {
        return Ok(());
    };
    for (how, limit) in [(Signal::INT, FAST_STOP), (Signal::QUIT, IMMEDIATE_STOP)] {
        signal(pid, how);
        if wait_until(limit, || !is_alive(pid)) {
            return Ok(());
        }
    }
    Err(EmbeddedError::WillNotStop { pid })
}

fn open_log(path: &Path) -> Result<(File, u64), EmbeddedError> {
    let length = fs::metadata(path).map_or(0, |metadata| metadata.len());
    if length > LOG_BYTES_MAX {
        let old = path.with_extension("log.old");
        fs::rename(path, old).map_err(EmbeddedError::at("put aside", path))?;
    }
    let log = OpenOptions::new().append(true).create(true).open(path);
    let log = log.map_err(EmbeddedError::at("open", path))?;
    let length = log
        .metadata()
        .map_err(EmbeddedError::at("open", path))?
        .len();
    Ok((log, length))
}

/// The last lines of the log from byte `start` on.
pub(crate) fn tail(path: &Path, start: u64) -> String {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(
            start.max(length.saturating_sub(TAIL_BYTES)).min(length),
        ))?;
        let mut bytes = Vec::new();
        file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let text = String::from_utf8_lossy(&read().unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_shows_the_last_lines_of_its_own_start() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("server.log");
        fs::write(&log, "before\n").unwrap();
        let (_, start) = open_log(&log).unwrap();
        let lines: Vec<String> = (0..100).map(|n| format!("line {n}")).collect();
        fs::write(&log, format!("before\n{}\n", lines.join("\n"))).unwrap();
        assert_eq!(tail(&log, start), lines[80..].join("\n"));
        assert_eq!(tail(&folder.path().join("none"), 0), "");
    }

    #[test]
    fn a_long_log_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("server.log");
        File::create(&log)
            .unwrap()
            .set_len(LOG_BYTES_MAX + 1)
            .unwrap();
        assert_eq!(open_log(&log).unwrap().1, 0);
        assert!(folder.path().join("server.log.old").exists());
    }
}
