//! Stripe's own library for Python asks the stand-in, unchanged, and believes its webhooks.

use std::path::Path;
use std::process::{Command, Output};

use stripe_sim::Clock;

use crate::client::{KEY, Listener, SECRET, World};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judge.py");

#[tokio::test]
async fn stripes_own_library_finds_nothing_strange() {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.trainnet/stripe/bin/python");
    assert!(
        python.exists(),
        "Stripe's library is missing: run `cargo xtask setup --tests`"
    );
    // The library looks at the clock itself, to see whether a signature is old.
    let (world, listener) = (
        World::with(|it| it.clock = Clock::system()).await,
        Listener::new().await,
    );
    world.simulator().tell(&listener.url, SECRET);
    world.paid(1_000).await;
    listener.hears(5).await;
    let heard = listener.heard().remove(0);
    let folder = tempfile::tempdir().unwrap();
    let body = folder.path().join("body");
    std::fs::write(&body, &heard.body).unwrap();
    let url = world.running.url();
    let judged = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(python);
        command
            .arg(SCRIPT)
            .args([&url, KEY, SECRET, &heard.signature])
            .arg(body);
        command.output().unwrap()
    });
    let Output {
        status,
        stdout,
        stderr,
    } = judged.await.unwrap();
    let said = String::from_utf8_lossy(&stdout);
    assert!(
        status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&stderr)
    );
    assert!(said.ends_with("nothing is strange\n"), "{said}");
}
