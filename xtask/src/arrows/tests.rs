//! Shows the checker workspaces that are wrong on purpose.

use serde_json::{Value, json};

use super::violations;
use crate::workspace;

/// A dependency: who, on whom, and of which kind.
type Given<'a> = (&'a str, &'a str, Option<&'a str>);

/// What `cargo metadata` would print for these members, third parties and dependencies.
fn metadata(members: &[&str], foreign: &[&str], given: &[Given]) -> Value {
    let names = || members.iter().chain(foreign);
    let of = |name: &&str| {
        let name = (*name).to_owned();
        given
            .iter()
            .filter(move |(from, _, _)| *from == name)
            .copied()
    };
    let packages = names().map(|name| {
        let dependencies = of(name).map(|(_, to, kind)| json!({"name": to, "kind": kind}));
        let dependencies: Vec<Value> = dependencies.collect();
        json!({"id": format!("path+{name}"), "name": name, "dependencies": dependencies})
    });
    let nodes = names().map(|name| {
        let deps = of(name).map(
            |(_, to, kind)| json!({"pkg": format!("path+{to}"), "dep_kinds": [{"kind": kind}]}),
        );
        json!({"id": format!("path+{name}"), "deps": deps.collect::<Vec<Value>>()})
    });
    let ids: Vec<String> = members.iter().map(|name| format!("path+{name}")).collect();
    json!({
        "workspace_members": ids,
        "packages": packages.collect::<Vec<Value>>(),
        "resolve": {"nodes": nodes.collect::<Vec<Value>>()},
    })
}

#[test]
fn the_workspace_as_it_is_passes() {
    assert_eq!(
        violations(&workspace::metadata().unwrap()),
        Vec::<String>::new()
    );
}

#[test]
fn allowed_arrows_pass() {
    let members = ["ledger", "migrations", "store", "embedded", "trainnet"];
    let given = [
        ("store", "ledger", None),
        ("store", "migrations", None),
        ("store", "embedded", Some("dev")),
        ("trainnet", "embedded", None),
        ("trainnet", "store", Some("build")),
    ];
    assert_eq!(
        violations(&metadata(&members, &[], &given)),
        Vec::<String>::new()
    );
}

#[test]
fn an_arrow_that_is_not_listed_is_found() {
    for kind in [None, Some("build"), Some("dev")] {
        let wrong = metadata(&["ledger", "store"], &[], &[("ledger", "store", kind)]);
        let found = violations(&wrong);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("ledger must not depend on store"),
            "{found:?}"
        );
    }
}

#[test]
fn only_tests_may_use_the_embedded_server() {
    let wrong = metadata(&["store", "embedded"], &[], &[("store", "embedded", None)]);
    assert_eq!(violations(&wrong).len(), 1);
}

#[test]
fn nobody_may_depend_on_a_program() {
    for program in ["trainnet", "proofs", "xtask"] {
        for user in ["replay", "trainnet", "proofs"] {
            if user == program {
                continue;
            }
            let wrong = metadata(&[user, program], &[], &[(user, program, Some("dev"))]);
            assert_eq!(violations(&wrong).len(), 1, "{user} on {program}");
        }
    }
}

#[test]
fn a_member_that_is_not_listed_is_told_where_to_be_added() {
    let found = violations(&metadata(&["newcomer"], &[], &[]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("newcomer") && found[0].contains("xtask/src/arrows/list.rs"));
}

#[test]
fn the_ledger_brings_along_no_database_even_at_third_hand() {
    let given = [
        ("ledger", "serde", None),
        ("serde", "handy", None),
        ("handy", "sqlx", None),
    ];
    let found = violations(&metadata(&["ledger"], &["serde", "handy", "sqlx"], &given));
    assert_eq!(
        found,
        ["ledger must do without sqlx: ledger -> serde -> handy -> sqlx"]
    );
}

#[test]
fn what_only_tests_bring_along_is_not_brought_along() {
    let given = [
        ("ledger", "proptest", Some("dev")),
        ("proptest", "tokio", None),
    ];
    let fine = metadata(&["ledger"], &["proptest", "tokio"], &given);
    assert_eq!(violations(&fine), Vec::<String>::new());
}

#[test]
fn the_domain_answers_for_its_own_manifest() {
    let foreign = ["cqrs-es", "tokio"];
    let brought = [("domain", "cqrs-es", None), ("cqrs-es", "tokio", None)];
    assert_eq!(
        violations(&metadata(&["domain"], &foreign, &brought)),
        Vec::<String>::new()
    );
    let own = [("domain", "cqrs-es", None), ("domain", "tokio", None)];
    assert_eq!(violations(&metadata(&["domain"], &foreign, &own)).len(), 1);
}
