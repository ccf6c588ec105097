//! Writes down every file of the built web app, so that the program carries them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// What `npm run build` and `cargo xtask` left: see `xtask/src/setup/web.rs`.
const BUILT: &str = "../web/dist";
/// The same file, compressed.
const ENCODINGS: [&str; 2] = ["br", "gz"];

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = here.join(BUILT);
    // A folder that is not there would be looked for again in every build.
    if let Err(error) = fs::create_dir_all(&folder) {
        println!("cargo:warning=the web app is left out: {error}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={BUILT}");
    let mut found = Vec::new();
    if folder.join("index.html").is_file() {
        files(&folder, &mut found)?;
    }
    found.sort();
    let mut code = String::from("&[\n");
    for file in &found {
        if ENCODINGS.iter().any(|it| has_ending(file, it)) {
            continue;
        }
        let name = file.strip_prefix(&folder).unwrap_or(file);
        let name = format!("/{}", name.display());
        let [brotli, gzip] = ENCODINGS.map(|ending| compressed(file, ending));
        let bytes = included(file);
        writeln!(
            code,
            "    File {{ path: {name:?}, bytes: {bytes}, brotli: {brotli}, gzip: {gzip} }},"
        )
        .map_err(io::Error::other)?;
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("files.rs"), code)
}

/// Every file under a folder, but for those whose names begin with a dot.
fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            files(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn has_ending(file: &Path, wanted: &str) -> bool {
    file.extension().is_some_and(|it| it == wanted)
}

fn included(file: &Path) -> String {
    format!("include_bytes!({:?})", file.display().to_string())
}

/// A compressed copy counts only if it was made of this file.
fn compressed(file: &Path, ending: &str) -> String {
    let copy = PathBuf::from(format!("{}.{ending}", file.display()));
    let made = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    match (made(&copy), made(file)) {
        (Some(copied), Some(written)) if copied >= written => {
            format!("Some({})", included(&copy))
        }
        _ => "None".to_owned(),
    }
}
