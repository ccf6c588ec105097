//! A sandbox of bubblewrap: no network, no other process, and of the disk what is shown.

use std::ffi::OsString;
use std::path::Path;

use super::{Cell, gpu_files, outermost};

/// Parts of the system that programs are made of; nothing here is anybody's own.
const SYSTEM: [&str; 7] = [
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/localtime",
    "/opt/nvidia",
    "/usr/local/nvidia",
];
/// Links into `/usr` on every system of today, folders on older ones.
const ROOTS: [&str; 5] = ["bin", "sbin", "lib", "lib32", "lib64"];

pub fn words(cell: &Cell) -> Vec<OsString> {
    let mut words: Vec<OsString> = [
        "bwrap",
        "--unshare-all",
        // What would outlive the sandbox would train for nobody.
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--hostname",
        "trainer",
        "--ro-bind",
        "/usr",
        "/usr",
    ]
    .map(OsString::from)
    .into();
    let mut say = |parts: &[&std::ffi::OsStr]| words.extend(parts.iter().map(|&it| it.to_owned()));
    for root in ROOTS {
        let path = Path::new("/").join(root);
        match std::fs::read_link(&path) {
            Ok(target) => say(&["--symlink".as_ref(), target.as_ref(), path.as_ref()]),
            Err(_) => say(&["--ro-bind-try".as_ref(), path.as_ref(), path.as_ref()]),
        }
    }
    for part in SYSTEM {
        say(&["--ro-bind-try".as_ref(), part.as_ref(), part.as_ref()]);
    }
    for (option, place) in [("--proc", "/proc"), ("--dev", "/dev"), ("--tmpfs", "/tmp")] {
        say(&[option.as_ref(), place.as_ref()]);
    }
    if cell.gpu.is_some() {
        for file in gpu_files() {
            say(&["--dev-bind-try".as_ref(), file.as_ref(), file.as_ref()]);
        }
        say(&["--ro-bind-try".as_ref(), "/sys".as_ref(), "/sys".as_ref()]);
    }
    for folder in outermost(&cell.readable) {
        say(&["--ro-bind".as_ref(), folder.as_ref(), folder.as_ref()]);
    }
    let writable = cell.writable.as_os_str();
    say(&["--bind".as_ref(), writable, writable]);
    say(&["--chdir".as_ref(), writable, "--".as_ref()]);
    words.extend(cell.command.iter().cloned());
    words
}
