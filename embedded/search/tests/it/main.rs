//! Shows the search made-up machines, down to what it says when it finds nothing.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use embedded_search::Environment;

/// A made-up program says its version by being a file that holds nothing else.
fn read_major(postgres: &Path) -> Option<u32> {
    fs::read_to_string(postgres).ok()?.parse().ok()
}

fn install(folder: &Path, major: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("postgres"), major).unwrap();
    fs::write(folder.join("initdb"), "").unwrap();
    folder.to_owned()
}

fn machine(root: &Path) -> Environment {
    Environment {
        chosen: None,
        only_private: false,
        path: None,
        root: root.to_owned(),
        private: vec![root.join("home/.trainnet/pgsql")],
        major_of: read_major,
    }
}

#[test]
fn places_are_preferred_in_their_order() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let private = install(&root.join("home/.trainnet/pgsql/bin"), "18");
    assert_eq!(machine(root).find(None).unwrap().folder, private);

    let brewed = install(&root.join("opt/homebrew/opt/postgresql@16/bin"), "16");
    assert_eq!(machine(root).find(None).unwrap().folder, brewed);

    install(&root.join("usr/lib/postgresql/15/bin"), "15");
    let packaged = install(&root.join("usr/lib/postgresql/17/bin"), "17");
    assert_eq!(machine(root).find(None).unwrap().folder, packaged);

    let on_path = install(&root.join("bin"), "15");
    let mut with_path = machine(root);
    with_path.path = Some(on_path.clone().into());
    assert_eq!(with_path.find(None).unwrap().folder, on_path);

    let mut hidden = with_path.clone();
    hidden.only_private = true;
    assert_eq!(hidden.find(None).unwrap().folder, private);

    let chosen = install(&root.join("chosen"), "16");
    with_path.chosen = Some(chosen.clone());
    assert_eq!(with_path.find(None).unwrap().folder, chosen);
}

#[test]
fn versions_compare_as_numbers() {
    let root = tempfile::tempdir().unwrap();
    install(&root.path().join("usr/lib/postgresql/9/bin"), "9");
    let newest = install(&root.path().join("usr/lib/postgresql/18/bin"), "18");
    assert_eq!(machine(root.path()).find(None).unwrap().folder, newest);
}

#[test]
fn an_existing_cluster_gets_its_own_version() {
    let root = tempfile::tempdir().unwrap();
    let older = install(&root.path().join("usr/lib/postgresql/15/bin"), "15");
    install(&root.path().join("usr/lib/postgresql/17/bin"), "17");
    assert_eq!(machine(root.path()).find(Some(15)).unwrap().folder, older);

    let refusal = machine(root.path()).find(Some(16)).unwrap_err().to_string();
    assert!(
        refusal.contains("needs the server programs of PostgreSQL 16"),
        "{refusal}"
    );
}

#[test]
fn a_link_on_the_path_leads_to_the_folder_of_all_programs() {
    let root = tempfile::tempdir().unwrap();
    let real = install(&root.path().canonicalize().unwrap().join("lib/bin"), "15");
    let links = root.path().join("local");
    fs::create_dir_all(&links).unwrap();
    std::os::unix::fs::symlink(real.join("postgres"), links.join("postgres")).unwrap();
    let mut machine = machine(root.path());
    machine.path = Some(links.into());
    assert_eq!(machine.find(None).unwrap().folder, real);
}

#[test]
fn finding_nothing_says_what_to_do() {
    let root = tempfile::tempdir().unwrap();
    install(&root.path().join("usr/lib/postgresql/13/bin"), "13");
    let refusal = machine(root.path()).find(None).unwrap_err().to_string();
    for part in [
        "version 15 to 18",
        "usr/lib/postgresql/13/bin: version 13 will not do",
        "cargo xtask setup",
        "apt-get install postgresql",
        "brew install postgresql@18",
        "TRAINNET_PG_BIN",
    ] {
        assert!(refusal.contains(part), "{part:?} is missing in: {refusal}");
    }
}

#[test]
fn a_wrong_choice_is_refused_rather_than_replaced() {
    let root = tempfile::tempdir().unwrap();
    install(&root.path().join("usr/lib/postgresql/17/bin"), "17");
    let mut machine = machine(root.path());
    machine.chosen = Some(root.path().join("empty"));
    let refusal = machine.find(None).unwrap_err().to_string();
    assert!(
        refusal.contains("TRAINNET_PG_BIN must name a folder"),
        "{refusal}"
    );
}
