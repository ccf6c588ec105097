//! `trainnet story`, from nothing, again, and after it was killed.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use sqlx::{Connection, Executor, PgConnection};

/// A folder that the server's account may enter, unlike `tempfile`'s own.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix("trainnet-")
        .tempdir()
        .unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn trainnet(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainnet"));
    command
        .env_remove("DATABASE_URL")
        .env("TRAINNET_DATA_DIR", folder.join("data"))
        .args(arguments);
    command
}

fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let Output {
        status,
        stdout,
        stderr,
    } = trainnet(folder, arguments).output().unwrap();
    let (said, complaints) = (
        String::from_utf8(stdout).unwrap(),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{status}: {said}\n{complaints}");
    said
}

/// A program that is running and is listened to.
struct Story {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Story {
    fn begin(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = trainnet(folder, arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn read_until(&mut self, words: &str) {
        let found = self.lines.any(|line| line.unwrap().contains(words));
        assert!(found, "it ended without saying {words:?}");
    }
}

fn assert_says(said: &str, lines: &[&str]) {
    for line in lines {
        assert!(said.contains(line), "{line:?} is missing in:\n{said}");
    }
}

/// What is said at the end of the story, however often it was told or broken off.
const BOOKS: [&str; 7] = [
    "16            -27.00         10.80 USD  demonstration-payout.requested",
    "21            +10.80         10.80 USD  demonstration-payout.failed",
    "Trial balance at position 21",
    "wallet     7 accounts          128.80 USD",
    "platform/commission/demonstration  +0.123456 USD",
    "1000 basis points of 2.469134 USD captured so far are 0.246913 USD; 0.123457 USD had been",
    "everything holds up to 21",
];

#[test]
fn the_story_is_told_once_and_stays_told() {
    let folder = folder();
    let first = succeeds(folder.path(), &["story", "--no-stay"]);
    assert_says(&first, &BOOKS);
    assert_says(
        &first,
        &[
            "1  customer_1 pays 100.00 USD",
            "refused  the first notice comes again, at another door: stripe-event/evt_1 is held by",
            "wallet/customer_2/available has 60.00 USD, 75.00 USD are needed",
            "refused  customer_2 orders gpu_1 at the same moment: gpu/gpu_1 is held by",
            "5  the meter of customer_1 shows 2.469134 USD: 1.111111 USD to provider_1, 0.123456 USD",
            "same  provider_1 asks again under the same key: answered from 16",
            "the idempotency key payout-1 was used for another request",
            "The story was told: 21 requests were granted.",
        ],
    );
    let second = succeeds(folder.path(), &["story", "--no-stay"]);
    assert_says(&second, &BOOKS);
    assert_says(
        &second,
        &["The story was told before", "nothing was written"],
    );
}

#[test]
fn a_story_that_was_killed_anywhere_goes_on_where_it_was() {
    let folder = folder();
    for line in [
        "customer_1 pays",
        "customer_1 orders gpu_1",
        "shows 30.00 USD",
        "mature",
    ] {
        let mut story = Story::begin(folder.path(), &["story", "--no-stay"]);
        story.read_until(line);
        story.child.kill().unwrap();
        story.child.wait().unwrap();
    }
    let told = succeeds(folder.path(), &["story", "--no-stay"]);
    assert_says(&told, &BOOKS);
    assert!(
        !told.contains("The story was told:"),
        "nothing was told before:\n{told}"
    );
    let verified = succeeds(folder.path(), &["replay", "verify"]);
    assert_says(&verified, &["everything holds up to 21"]);
}

#[test]
fn interrupted_it_ends_in_order_and_stops_its_server() {
    let folder = folder();
    let mut story = Story::begin(folder.path(), &["story"]);
    story.read_until("Following the log");
    let pid_file = folder.path().join("data/postgres/cluster/postmaster.pid");
    assert!(pid_file.exists(), "the server runs while it is needed");
    let pid = story.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    story.read_until("Ending");
    assert_eq!(story.child.wait().unwrap().code(), Some(0));
    assert!(!pid_file.exists(), "the last one out stops the server");
}

#[tokio::test]
async fn a_change_behind_its_back_is_found_while_it_runs() {
    let folder = folder();
    let mut story = Story::begin(folder.path(), &["story"]);
    story.read_until("Following the log");
    let url = succeeds(folder.path(), &["database", "url"]);
    let mut superuser = PgConnection::connect(url.trim()).await.unwrap();
    let forgery = "set session_replication_role = replica; \
                   update entries set amount_minor = amount_minor + 1 where position = 5";
    superuser.execute(forgery).await.unwrap();
    let Output { status, stdout, .. } = trainnet(folder.path(), &["replay", "verify"])
        .output()
        .unwrap();
    let said = String::from_utf8(stdout).unwrap();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(" 5 "), "the position is named:\n{said}");
    story.child.kill().unwrap();
    story.child.wait().unwrap();
    // Whoever comes next takes the server over, tells the story, and does not pass over this.
    let again = trainnet(folder.path(), &["story", "--no-stay"])
        .output()
        .unwrap();
    assert_eq!(again.status.code(), Some(1));
}

#[test]
fn a_database_that_is_not_there_is_an_error_in_words() {
    let folder = folder();
    let nowhere = [
        "story",
        "--database-url",
        "postgres://nobody@127.0.0.1:1/nothing",
    ];
    assert_fails(
        folder.path(),
        &nowhere,
        1,
        "trainnet: the database does not answer",
    );
    for asked in [["replay", "status"], ["database", "url"]] {
        let code = if asked[0] == "replay" { 2 } else { 1 };
        assert_fails(folder.path(), &asked, code, "there is no database in");
    }
    assert!(
        !folder.path().join("data").exists(),
        "nothing was made by asking"
    );
}

#[tokio::test]
async fn a_login_without_the_right_to_append_is_told_which_one_it_needs() {
    let database = workbench::database().await;
    let superuser = database.pool().await;
    let login = format!("login_{}", store::ids::fresh().simple());
    superuser
        .execute(format!("create role {login} login").as_str())
        .await
        .unwrap();
    let url = database.url.replacen("trainnet@", &format!("{login}@"), 1);
    let folder = folder();
    let words = format!("`grant trainnet_app to {login}`");
    assert_fails(
        folder.path(),
        &["replay", "status", "--database-url", &url],
        2,
        &words,
    );
    superuser
        .execute(format!("grant trainnet_app to {login}").as_str())
        .await
        .unwrap();
    let said = succeeds(folder.path(), &["replay", "status", "--database-url", &url]);
    assert_says(&said, &["the last link holds"]);
    superuser
        .execute(format!("drop role {login}").as_str())
        .await
        .unwrap();
}

fn assert_fails(folder: &Path, arguments: &[&str], code: i32, words: &str) {
    let Output { status, stderr, .. } = trainnet(folder, arguments).output().unwrap();
    let complaint = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(code), "{complaint}");
    assert!(complaint.contains(words), "{complaint}");
}
