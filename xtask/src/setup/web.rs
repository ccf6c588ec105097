//! Installs what the web app is built with, builds it, and does neither twice for the same sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use sha2::{Digest, Sha256};

use crate::steps::Steps;
use crate::workspace;

/// Folders with packages of their own: the app, and what writes down the API's types.
const INSTALLED: [&str; 2] = ["web", "web/api-types"];
/// What judges the app: so many packages that only whoever wants to know installs them.
pub const LIGHTHOUSE: &str = "web/lighthouse";
/// The list that packages were installed from, kept beside them and written last.
const INSTALLED_FROM: &str = "node_modules/.installed-from.json";
/// What the app was built from, kept beside it and written last.
const BUILT_FROM: &str = "web/dist/.built-from";
/// What is in `web` and not in the app.
const BESIDE: [&str; 7] = [
    "api-types",
    "dist",
    "e2e",
    "lighthouse",
    "node_modules",
    "shots",
    "tests",
];

/// Makes sure that the packages are there, and says whether they are.
pub fn install(steps: &mut Steps) -> bool {
    INSTALLED.iter().all(|folder| install_in(steps, folder))
}

/// Makes sure that the packages are there which judge the app.
pub fn install_lighthouse(steps: &mut Steps) -> bool {
    install_in(steps, LIGHTHOUSE)
}

fn install_in(steps: &mut Steps, name: &str) -> bool {
    let folder = workspace::root().join(name);
    let stamp = folder.join(INSTALLED_FROM);
    let Ok(list) = fs::read(folder.join("package-lock.json")) else {
        println!("    {name} has no package-lock.json");
        return false;
    };
    if fs::read(&stamp).is_ok_and(|installed| installed == list) {
        println!("    the packages of {name} are there");
        return true;
    }
    let mut command = Command::new("npm");
    command
        .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&folder);
    steps.run(&format!("packages of {name}"), &mut command) && fs::write(&stamp, &list).is_ok()
}

/// Makes sure that `web/dist` is what follows from the sources, and says whether it is.
pub fn provide(steps: &mut Steps) -> bool {
    install(steps) && build(steps)
}

fn build(steps: &mut Steps) -> bool {
    let root = workspace::root();
    let sources = match digest(&root.join("web")) {
        Ok(sources) => sources,
        Err(error) => {
            println!("    the sources of the web app cannot be read: {error:#}");
            return false;
        }
    };
    let stamp = root.join(BUILT_FROM);
    if fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        println!("    the web app is built");
        return true;
    }
    let mut compress = Command::new("node");
    compress
        .args(["webapp/compress.mjs", "web/dist"])
        .current_dir(&root);
    steps.run(
        "web app",
        &mut npm(&["run", "--silent", "build", "--", "--logLevel", "warn"]),
    ) && steps.run("compression", &mut compress)
        && fs::write(&stamp, sources).is_ok()
}

/// Something that the web app's own package can do.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = Command::new("npm");
    command
        .args(arguments)
        .current_dir(workspace::root().join("web"));
    command
}

/// What all files that the app is made of come to, with their names.
fn digest(folder: &Path) -> anyhow::Result<String> {
    let mut files = Vec::new();
    sources(folder, &BESIDE, &mut files)?;
    files.sort();
    let mut digest = Sha256::new();
    for path in files {
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        for part in [name.as_os_str().as_encoded_bytes(), &bytes] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
    }
    Ok(format!("{:x}", digest.finalize()))
}

fn sources(folder: &Path, but: &[&str], found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') || but.contains(&name.as_ref()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            // Only at the top do these names mean what they say.
            sources(&entry.path(), &[], found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder in the one where cargo builds; it goes when the test is over.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(fs::remove_dir_all(&self.0));
        }
    }

    #[test]
    fn the_app_is_built_again_when_its_sources_change_and_only_then() {
        let folder = Folder::new("xtask-web");
        folder.write("index.html", "a");
        folder.write("src/main.ts", "b");
        let first = digest(&folder.0).unwrap();
        for beside in [
            "dist/index.html",
            "node_modules/x/a.js",
            "e2e/a.mjs",
            ".npmrc",
        ] {
            folder.write(beside, "new");
            assert_eq!(digest(&folder.0).unwrap(), first, "{beside}");
        }
        folder.write("src/e2e/a.ts", "a folder of the app's own");
        let second = digest(&folder.0).unwrap();
        assert_ne!(second, first);
        folder.write("src/main.ts", "c");
        let third = digest(&folder.0).unwrap();
        assert_ne!(third, second);
        fs::rename(folder.0.join("src/main.ts"), folder.0.join("src/name.ts")).unwrap();
        assert_ne!(digest(&folder.0).unwrap(), third);
    }
}
