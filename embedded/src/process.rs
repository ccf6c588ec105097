//! Looks at processes by number, without mistaking one for another.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};

/// How often a process that should end is looked at.
const GLANCE: Duration = Duration::from_millis(10);

fn numbered(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().and_then(Pid::from_raw)
}

/// Whether a process exists that can still do something: a zombie cannot.
pub(crate) fn is_alive(pid: u32) -> bool {
    let Some(number) = numbered(pid) else {
        return false;
    };
    matches!(test_kill_process(number), Ok(()) | Err(Errno::PERM)) && !is_zombie(pid)
}

/// Reads the state in `/proc/N/stat`, which follows the last parenthesis of the program's name.
fn is_zombie(pid: u32) -> bool {
    let Ok(text) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return false;
    };
    let state = text
        .rsplit_once(')')
        .and_then(|(_, rest)| rest.trim_start().chars().next());
    matches!(state, Some('Z' | 'X'))
}

/// Whether a living process is the server of the cluster in `cluster`: a number from a stale file
/// may long belong to somebody else. Where that cannot be told, it is taken to be the server.
pub(crate) fn serves(pid: u32, cluster: &Path) -> bool {
    if !is_alive(pid) {
        return false;
    }
    match fs::read_link(format!("/proc/{pid}/cwd")) {
        Ok(folder) => folder == cluster,
        // The process ended just now, or this system has no /proc to ask.
        Err(error) if error.kind() == ErrorKind::NotFound => !Path::new("/proc/self").exists(),
        Err(_) => {
            let wanted = cluster.as_os_str().as_encoded_bytes();
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0)
                .any(|argument| argument == wanted)
        }
    }
}

/// The living processes that work inside a cluster's folder: the server and its children.
pub(crate) fn working_in(cluster: &Path) -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == cluster))
        .filter(|pid| is_alive(*pid))
        .collect()
}

/// Sends a signal; a process that is gone has no use for it.
pub(crate) fn signal(pid: u32, signal: Signal) {
    if let Some(number) = numbered(pid) {
        let _ = kill_process(number, signal);
    }
}

/// Waits until `done` says so, at most for `limit`, and says whether it did.
pub(crate) fn wait_until(limit: Duration, mut done: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    loop {
        if done() {
            return true;
        }
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(GLANCE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env;
    use std::process::{Command, id};

    #[test]
    fn this_process_lives_and_serves_its_own_folder_alone() {
        assert!(is_alive(id()));
        let here = env::current_dir().unwrap();
        assert!(serves(id(), &here));
        assert!(!serves(id(), Path::new("/nowhere")));
        assert!(working_in(&here).contains(&id()));
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let mut child = Command::new("true").spawn().unwrap();
        assert!(wait_until(Duration::from_secs(10), || !is_alive(
            child.id()
        )));
        child.wait().unwrap();
        assert!(!is_alive(child.id()));
    }

    #[test]
    fn numbers_that_mean_a_group_or_everyone_are_nobody() {
        assert!(!is_alive(0));
        assert!(!is_alive(u32::MAX));
    }
}
