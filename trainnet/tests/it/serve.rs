//! `trainnet serve`, from the first request to the last.

use std::path::Path;

use serde_json::Value;

use crate::program::{Serving, folder, training, trainnet};

#[test]
fn it_serves_what_up_made_and_ends_when_it_is_told_to() {
    let folder = folder();
    let made = trainnet(folder.path(), &["story", "--no-stay"]).output();
    assert!(made.unwrap().status.success());
    let mut command = trainnet(folder.path(), &["serve"]);
    command.env("TRAINNET_LOG_FORMAT", "json");
    let mut serving = Serving::begin(command);
    let head = serving.get("/v1/log/head");
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("\"position\":21"),
        "{head}"
    );
    let hints = |line: std::io::Result<String>| line.unwrap().contains("trainnet admin create");
    assert!(serving.lines.by_ref().any(hints));
    assert!(serving.get("/docs").contains("<title>TrainNet API</title>"));
    serving.signal("-TERM");
    let said: Vec<String> = serving.log.iter().collect();
    let said = said.join("\n");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0), "{said}");
    let pid_file = folder.path().join("data/postgres/cluster/postmaster.pid");
    assert!(!pid_file.exists(), "the last one out stops the server");

    let lines: Vec<Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let answered = |line: &&Value| line["span"]["route"] == "/v1/log/head";
    let answered: Vec<&Value> = lines.iter().filter(answered).collect();
    assert_eq!(answered.len(), 1, "{said}");
    assert_eq!(answered[0]["status"], 200, "{said}");
}

#[test]
fn while_up_stays_it_serves_too() {
    let folder = folder();
    let mut up = trainnet(folder.path(), &["up"]);
    training(&mut up);
    let mut serving = Serving::begin(up);
    assert!(serving.get("/healthz").starts_with("HTTP/1.1 200"));
    serving.signal("-TERM");
    assert!(serving.lines.any(|line| line.unwrap().contains("Ending")));
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}

fn complaint(folder: &Path, variable: &str, value: &str) -> String {
    let mut command = trainnet(folder, &["serve"]);
    let output = command.env(variable, value).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn nonsense_in_the_environment_is_refused_before_anything_is_started() {
    let folder = folder();
    for (variable, value, named) in [
        ("TRAINNET_LISTEN", "everywhere", "TRAINNET_LISTEN"),
        (
            "TRAINNET_REQUESTS_PER_MINUTE",
            "0",
            "TRAINNET_REQUESTS_PER_MINUTE",
        ),
        ("TRAINNET_TLS_CERTIFICATE", "chain.pem", "TRAINNET_TLS_KEY"),
        ("TRAINNET_LOG_FORMAT", "xml", "TRAINNET_LOG_FORMAT"),
        (
            "TRAINNET_SESSION_BINDING",
            "loose",
            "TRAINNET_SESSION_BINDING",
        ),
    ] {
        let said = complaint(folder.path(), variable, value);
        assert!(
            said.starts_with(&format!("trainnet: {named} is ")),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let said = complaint(folder.path(), "TRAINNET_SMTP_URL", "nowhere");
    let opening = "trainnet: TRAINNET_SMTP_URL cannot be meant: ";
    assert!(said.starts_with(opening), "{said}");
    let said = complaint(folder.path(), "TRAINNET_LISTEN", "127.0.0.1:0");
    assert!(said.contains("`trainnet up` makes one"), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing was made");
}
