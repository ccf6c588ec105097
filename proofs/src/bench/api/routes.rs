//! What there is to ask, by the API's own description, held against what was asked.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use hyper::Method;

use crate::town::{Ask, Client};

/// What nobody asks here, and why.
const LEFT_OUT: &[(&str, &str)] = &[(
    "GET /v1/tasks/{unit}/stream",
    "a WebSocket: it is answered for as long as the unit is worked on",
)];

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every operation of the document, as `POST /v1/jobs/{job}/pause`.
pub async fn all(client: &Client) -> Result<BTreeSet<String>> {
    let reply = client
        .send(Ask::new(Method::GET, "/openapi.json", "10.255.255.255"))
        .await?;
    ensure!(reply.status.is_success(), "{}", reply.status);
    let document = reply.json()?;
    let mut found = BTreeSet::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for method in METHODS.into_iter().filter(|it| item.get(it).is_some()) {
            found.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    ensure!(!found.is_empty(), "the API describes nothing");
    Ok(found)
}

/// Whatever was left out without a reason, or has a reason and no need of it.
pub fn uncovered(all: &BTreeSet<String>, asked: &BTreeSet<&str>) -> Vec<String> {
    let left_out = |route: &str| LEFT_OUT.iter().any(|(known, _)| *known == route);
    let missing = all.iter().map(String::as_str);
    let missing = missing.filter(|it| !asked.contains(it) && !left_out(it));
    let missing = missing.map(|route| format!("{route}: nobody asked it"));
    let asked_anyway = asked.iter().filter(|it| left_out(it));
    let asked_anyway = asked_anyway.map(|route| format!("{route}: it counts as left out"));
    let unknown = asked.iter().copied();
    let unknown = unknown.chain(LEFT_OUT.iter().map(|(route, _)| *route));
    let unknown = unknown.filter(|route| !all.contains(*route));
    let unknown = unknown.map(|route| format!("{route}: the API does not describe it"));
    missing.chain(asked_anyway).chain(unknown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "GET /v1/tasks/{unit}/stream";

    #[test]
    fn what_was_not_asked_is_named_unless_it_was_left_out_for_a_reason() {
        let all = BTreeSet::from(["GET /a", "GET /b", STREAM].map(str::to_owned));
        let said = |asked: &[&'static str]| uncovered(&all, &asked.iter().copied().collect());
        assert!(said(&["GET /a", "GET /b"]).is_empty());
        assert_eq!(said(&["GET /a"]), ["GET /b: nobody asked it"]);
        let anyway = said(&["GET /a", "GET /b", STREAM]);
        assert_eq!(anyway, [format!("{STREAM}: it counts as left out")]);
        let unknown = said(&["GET /a", "GET /b", "GET /c"]);
        assert_eq!(unknown, ["GET /c: the API does not describe it"]);
    }

    #[test]
    fn a_reason_for_what_is_not_there_is_found_out() {
        let all = BTreeSet::from(["GET /a".to_owned()]);
        let said = uncovered(&all, &BTreeSet::from(["GET /a"]));
        assert_eq!(said, [format!("{STREAM}: the API does not describe it")]);
    }
}
