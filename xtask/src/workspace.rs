//! Knows where the workspace lies and what cargo says of it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

/// The workspace's root: the folder above this crate's own.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// The cargo that started this program, in the workspace's root.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// What `cargo metadata` says of the workspace and all that it depends on.
pub fn metadata() -> anyhow::Result<Value> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1"]);
    let output = command.output().context("cannot run cargo metadata")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo metadata failed:\n{said}");
    serde_json::from_slice(&output.stdout).context("cargo metadata printed no JSON")
}

/// Whether the workspace has a member of this name.
pub fn has_member(metadata: &Value, name: &str) -> bool {
    members(metadata).any(|package| package["name"] == name)
}

/// The packages that are members of the workspace.
pub fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    let ids = metadata["workspace_members"].as_array();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter(move |package| ids.is_some_and(|ids| ids.contains(&package["id"])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_is_a_member_of_its_own_workspace() {
        let metadata = metadata().unwrap();
        assert!(has_member(&metadata, "xtask"));
        assert!(!has_member(&metadata, "serde_json"));
    }
}
