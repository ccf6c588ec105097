//! A container of podman or docker: a file system of its own, no network, no powers.

use std::ffi::OsString;

use super::{Cell, gpu_files, outermost};
use crate::settings::Settings;
use crate::wire::Isolation;

const PROCESSES_MAX: &str = "4096";

pub fn words(cell: &Cell, isolation: Isolation, settings: &Settings) -> Vec<OsString> {
    let mut words = engine(isolation, settings);
    let plain = [
        "run",
        "--rm",
        "--network=none",
        "--read-only",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--pids-limit",
        PROCESSES_MAX,
        "--log-driver=none",
        "--tmpfs=/tmp",
        "--shm-size=1g",
        "--name",
        &cell.name,
    ];
    words.extend(plain.map(OsString::from));
    if isolation == Isolation::Docker {
        // Its daemon is root; what it writes is to be ours. Podman's root is whoever runs it.
        let (user, group) = (rustix::process::getuid(), rustix::process::getgid());
        words.push(format!("--user={}:{}", user.as_raw(), group.as_raw()).into());
    }
    for (name, value) in cell.environment() {
        words.push("--env".into());
        words.push([OsString::from(name), value].join("=".as_ref()));
    }
    let mut show = |folder: &std::path::Path, how: &str| {
        words.push("--volume".into());
        words.push([folder.as_os_str(), folder.as_os_str(), how.as_ref()].join(":".as_ref()));
    };
    for folder in outermost(&cell.readable) {
        show(folder, "ro");
    }
    show(&cell.writable, "rw");
    if cell.gpu.is_some() {
        for file in gpu_files() {
            words.push("--device".into());
            words.push(file.into());
        }
    }
    words.push("--workdir".into());
    words.push(cell.writable.clone().into());
    words.push(settings.image.clone().unwrap_or_default().into());
    words.extend(cell.command.iter().cloned());
    words
}

/// The client's end is not the container's: that is ended by its name.
pub fn ending(isolation: Isolation, name: &str, settings: &Settings) -> Vec<OsString> {
    let mut words = engine(isolation, settings);
    words.extend(["rm", "--force", name].map(OsString::from));
    words
}

fn engine(isolation: Isolation, settings: &Settings) -> Vec<OsString> {
    let program = OsString::from(isolation.to_string());
    let flags = settings.container_flags.iter().map(OsString::from);
    std::iter::once(program).chain(flags).collect()
}
