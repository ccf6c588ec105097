//! Holds every source file against the rules that no compiler sees.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// A file that is longer holds two things.
const LINES_MAX: usize = 400;

/// Folders that hold nothing written here.
const FOREIGN: [&str; 2] = ["target", "node_modules"];

/// Every violation in the Rust files under `root`.
pub fn violations(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for path in sources(root)? {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let shown = path.strip_prefix(root).unwrap_or(&path);
        found.extend(judge(shown, &text));
    }
    Ok(found)
}

/// Every Rust file under a folder, in a stable order.
fn sources(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() && !name.starts_with('.') && !FOREIGN.contains(&name.as_str()) {
            found.extend(sources(&entry.path())?);
        } else if kind.is_file()
            && entry
                .path()
                .extension()
                .is_some_and(|ending| ending == "rs")
        {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// What is wrong with one file.
fn judge(path: &Path, text: &str) -> Vec<String> {
    let at = path.display();
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push(format!(
            "{at}:1: the file does not open with `//!` and its promise"
        ));
    }
    let lines = text.lines().count();
    let has_limit = !path
        .iter()
        .any(|part| part == "tests" || part == "generated");
    if has_limit && lines >= LINES_MAX {
        found.push(format!(
            "{at}: {lines} lines, {LINES_MAX} are too many: split it"
        ));
    }
    for (number, line) in (1..).zip(text.lines()) {
        let attribute = line
            .trim_start()
            .trim_start_matches("#!")
            .trim_start_matches('#');
        if line.trim_start().starts_with('#') && attribute.starts_with("[allow(") {
            found.push(format!(
                "{at}:{number}: say `#[expect(…, reason = \"…\")]`, not allow"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(path: &str, text: &str) -> String {
        judge(Path::new(path), text).join("\n")
    }

    #[test]
    fn a_good_file_is_left_alone() {
        assert_eq!(verdict("a/src/b.rs", "//! Promises.\n\nfn main() {}\n"), "");
        assert_eq!(
            verdict("a.rs", "//! Promises.\nconst A: &str = \"#[allow(x)]\";\n"),
            ""
        );
    }

    #[test]
    fn a_file_without_a_promise_is_found() {
        assert!(verdict("a/src/b.rs", "fn main() {}\n").contains("a/src/b.rs:1: "));
        assert!(!verdict("a/src/b.rs", "").is_empty());
    }

    #[test]
    fn a_long_file_is_found_unless_it_is_a_test_or_generated() {
        let long = format!("//! Promises.\n{}", "\n".repeat(LINES_MAX - 1));
        assert!(verdict("a/src/b.rs", &long).contains("400 lines"));
        assert_eq!(verdict("a/tests/it/b.rs", &long), "");
        assert_eq!(verdict("a/src/generated/b.rs", &long), "");
        let short = format!("//! Promises.\n{}", "\n".repeat(LINES_MAX - 2));
        assert_eq!(verdict("a/src/b.rs", &short), "");
    }

    #[test]
    fn an_exemption_without_a_reason_is_found() {
        for attribute in ["#[allow(x)]", "#![allow(x)]", "    #[allow(x)]"] {
            let text = format!("//! Promises.\n{attribute}\nfn main() {{}}\n");
            assert!(verdict("a.rs", &text).contains("a.rs:2: "), "{attribute}");
        }
    }
}
