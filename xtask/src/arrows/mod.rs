//! Holds what each crate depends on against the list of what it may depend on.

mod list;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::steps::Steps;
use crate::{check, workspace};
use list::{FOR_TESTS, FOREIGN, LIST_FILE, MEMBERS, May, Reach};

/// Runs this check alone, and says whether it passed.
pub fn run() -> bool {
    let mut steps = Steps::default();
    steps.perform(
        "arrows",
        "cargo metadata against the list in xtask/src/arrows",
        || check::found_nothing(&violations(&workspace::metadata()?)),
    );
    steps.sum_up()
}

/// Every arrow in `cargo metadata` that the list does not allow.
pub fn violations(metadata: &Value) -> Vec<String> {
    let members: BTreeSet<&str> = workspace::members(metadata).map(name_of).collect();
    let mut found = Vec::new();
    for package in workspace::members(metadata) {
        let name = name_of(package);
        let Some(member) = MEMBERS.iter().find(|member| member.name == name) else {
            found.push(format!(
                "{name} is not in the list of members: add it to {LIST_FILE}"
            ));
            continue;
        };
        for arrow in arrows_from(package) {
            if members.contains(arrow.to) && !is_allowed(&member.may_use, &arrow) {
                let Arrow { to, kind } = arrow;
                found.push(format!(
                    "{name} must not depend on {to} ({kind}): see {LIST_FILE}"
                ));
            }
        }
    }
    found.extend(foreign_violations(metadata, &members));
    found
}

/// One entry in a manifest's dependencies.
struct Arrow<'a> {
    to: &'a str,
    kind: &'a str,
}

fn name_of(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

fn arrows_from(package: &Value) -> impl Iterator<Item = Arrow<'_>> {
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies.map(|dependency| Arrow {
        to: name_of(dependency),
        kind: dependency["kind"].as_str().unwrap_or("normal"),
    })
}

/// Nobody may use a program; tests may use a few crates more than the product.
fn is_allowed(may: &May, arrow: &Arrow) -> bool {
    if MEMBERS
        .iter()
        .any(|member| member.name == arrow.to && member.is_program)
    {
        return false;
    }
    let for_tests = arrow.kind == "dev" && FOR_TESTS.contains(&arrow.to);
    for_tests
        || match may {
            May::Anything => true,
            May::Only(names) => names.contains(&arrow.to),
        }
}

/// Third parties that some members must be without.
fn foreign_violations(metadata: &Value, members: &BTreeSet<&str>) -> Vec<String> {
    let graph = Graph::of(metadata);
    let mut found = Vec::new();
    for rule in FOREIGN.iter().filter(|rule| members.contains(rule.member)) {
        let Some(start) = workspace::members(metadata).find(|p| name_of(p) == rule.member) else {
            continue;
        };
        let start = start["id"].as_str().unwrap_or_default();
        for path in graph.paths_from(start, rule.reach) {
            if let [.., last] = path.as_slice()
                && rule.without.contains(last)
            {
                let path = path.join(" -> ");
                found.push(format!("{} must do without {last}: {path}", rule.member));
            }
        }
    }
    found
}

/// Who is built with whom, tests aside.
struct Graph<'a> {
    names: BTreeMap<&'a str, &'a str>,
    edges: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn of(metadata: &'a Value) -> Self {
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let names = packages
            .map(|package| (text(&package["id"]), name_of(package)))
            .collect();
        let nodes = metadata["resolve"]["nodes"]
            .as_array()
            .into_iter()
            .flatten();
        let edges = nodes.map(|node| {
            let dependencies = node["deps"].as_array().into_iter().flatten();
            let built = dependencies.filter(|dependency| {
                let kinds = dependency["dep_kinds"].as_array();
                kinds.is_none_or(|kinds| kinds.iter().any(|kind| kind["kind"] != "dev"))
            });
            (
                text(&node["id"]),
                built.map(|dependency| text(&dependency["pkg"])).collect(),
            )
        });
        Self {
            names,
            edges: edges.collect(),
        }
    }

    /// The shortest path, by names, to everything within reach.
    fn paths_from(&self, start: &'a str, reach: Reach) -> Vec<Vec<&'a str>> {
        let name = |id: &'a str| self.names.get(id).copied().unwrap_or(id);
        let mut seen = BTreeSet::from([start]);
        let mut paths = vec![(start, vec![name(start)])];
        let mut next = 0;
        while let Some((id, path)) = paths.get(next).cloned() {
            next += 1;
            if reach == Reach::Direct && path.len() > 1 {
                continue;
            }
            for to in self.edges.get(id).into_iter().flatten().copied() {
                if seen.insert(to) {
                    paths.push((to, [path.as_slice(), &[name(to)]].concat()));
                }
            }
        }
        paths.into_iter().skip(1).map(|(_, path)| path).collect()
    }
}
