//! Installs packages of Debian and its relatives.

use std::fs;
use std::path::Path;
use std::process::Command;

use embedded_search::is_root;

use crate::steps::Steps;

/// Read by the packages of Postgres when they are installed; without it they would make and start
/// a server of their own, which nobody asked for.
const NO_CLUSTER: &str = "\
mkdir -p /etc/postgresql-common/createcluster.d && \
echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/trainnet.conf";

/// Installs packages, with a fresh list of them where there is none or it is too old.
pub fn install(steps: &mut Steps, packages: &[&str]) -> bool {
    if !have_lists() && !update(steps) {
        return false;
    }
    let mut install = as_root("apt-get");
    install
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages);
    let title = packages.join(", ");
    // Between two updates the archive drops old versions, and a list that names them misleads.
    steps.run(&title, &mut install) || (update(steps) && steps.run(&title, &mut install))
}

/// Installs Postgres's server programs without a server.
pub fn install_server(steps: &mut Steps) -> bool {
    let mut configure = as_root("sh");
    configure.args(["-c", NO_CLUSTER]);
    steps.run("no server of its own", &mut configure) && install(steps, &["postgresql"])
}

fn update(steps: &mut Steps) -> bool {
    steps.run("package lists", as_root("apt-get").arg("update"))
}

fn have_lists() -> bool {
    let entries = fs::read_dir(Path::new("/var/lib/apt/lists"))
        .into_iter()
        .flatten()
        .flatten();
    entries
        .into_iter()
        .any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

/// A command with root's powers that asks no questions.
fn as_root(program: &str) -> Command {
    let mut command = Command::new(if is_root() { "env" } else { "sudo" });
    command.args(["DEBIAN_FRONTEND=noninteractive", program]);
    command
}
