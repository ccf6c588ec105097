//! The API browser in a real browser: everything is shown, and nothing is complained about.

use std::process::Command;

use crate::world::World;

/// What a page came to, and what the browser's console said meanwhile.
struct Visited {
    page: String,
    console: Vec<String>,
}

async fn visit(url: String) -> Visited {
    let folder = tempfile::tempdir().unwrap();
    let profile = format!("--user-data-dir={}", folder.path().display());
    let mut chromium = Command::new("chromium");
    // Whoever runs as root has no sandbox to give it; it sees nothing but our own page.
    chromium
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .args(["--disable-dev-shm-usage", "--enable-logging=stderr"])
        .args(["--virtual-time-budget=20000", &profile, &url]);
    let ran = tokio::task::spawn_blocking(move || chromium.output()).await;
    let ran = ran.unwrap();
    let ran = ran.expect("chromium is there: `cargo xtask setup --tests` installs it");
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{said}");
    let console = said.lines().filter(|line| line.contains("CONSOLE"));
    Visited {
        page: String::from_utf8_lossy(&ran.stdout).into_owned(),
        console: console.map(str::to_owned).collect(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_is_shown_and_the_console_is_silent() {
    let world = World::of_the_product().await;
    let document = world.get("/openapi.json").await.json();
    let visited = visit(format!("http://{}/docs#all", world.address)).await;
    assert_eq!(visited.console, Vec::<String>::new());
    let mut shown = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "delete", "patch"] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            let summary = operation["summary"].as_str().unwrap();
            let line = format!(
                "<span class=\"method\">{method}</span><code>{path}</code>\
                 <span class=\"summary\">{summary}</span>"
            );
            assert!(visited.page.contains(&line), "{method} {path} is not shown");
            shown += 1;
        }
    }
    assert!(shown > 50, "{shown}");
    // Each was opened, so each has a form with a button of its own.
    assert_eq!(visited.page.matches(">Send</button>").count(), shown);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_page_complains_about_is_heard() {
    let page = "data:text/html,<script>console.error('a complaint')</script>";
    let visited = visit(page.to_owned()).await;
    assert_eq!(visited.console.len(), 1);
    assert!(visited.console[0].contains("a complaint"));
}
