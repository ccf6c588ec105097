//! People at the command line: signing in, keys, signing out, and what is kept meanwhile.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sqlx::{Connection, PgConnection};
use totp_rs::TOTP;

use crate::program::{Said, Serving, folder, say, trainnet};

pub const PASSWORD: &str = "a long one with 1 digit";
pub const EMAIL: &str = "ann@mail.example";

/// A server with one admin, and the folder of both.
pub struct World {
    pub folder: tempfile::TempDir,
    pub serving: Serving,
    /// Where people ask.
    pub url: String,
}

impl World {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(variables: &[(&str, &str)]) -> Self {
        let folder = folder();
        let serving = Serving::anew(folder.path(), variables);
        let url = serving.url.clone();
        let world = Self {
            folder,
            serving,
            url,
        };
        world.admin(EMAIL, PASSWORD).granted();
        world
    }

    fn admin(&self, email: &str, password: &str) -> Said {
        let asked = ["admin", "create", "--email", email, "--name", "Ann"];
        say(trainnet(self.folder.path(), &asked), password)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = trainnet(self.folder.path(), arguments);
        command.env("TRAINNET_SERVER", &self.url);
        command
    }

    pub fn say(&self, arguments: &[&str]) -> Said {
        say(self.command(arguments), "")
    }

    pub fn login(&self) {
        let said = say(self.command(&["login", "--email", EMAIL]), PASSWORD);
        assert!(
            said.granted()
                .starts_with("You are signed in at http://127.0.0.1:")
        );
    }

    pub fn credentials(&self) -> PathBuf {
        self.folder.path().join("config/trainnet/credentials.json")
    }

    /// As if the access token had been there for longer than it is good.
    pub fn let_the_token_end(&self) {
        let path = self.credentials();
        let mut kept = read(&path);
        kept["expires_at"] = "2026-01-01T00:00:00Z".into();
        std::fs::write(&path, kept.to_string()).unwrap();
    }

    /// As whoever runs the server sees it.
    pub async fn database(&self) -> PgConnection {
        let url = self.say(&["database", "url"]).granted();
        PgConnection::connect(url.trim()).await.unwrap()
    }

    async fn count(&self, event: &str) -> i64 {
        sqlx::query_scalar("select count(*) from events where event_type = $1")
            .bind(event)
            .fetch_one(&mut self.database().await)
            .await
            .unwrap()
    }
}

pub fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const SIGN_IN: &str = "trainnet: you are not signed in: `trainnet login`\n";

#[test]
fn somebody_signs_in_makes_a_key_and_signs_out() {
    let world = World::new();
    assert_eq!(world.say(&["whoami"]).refused(), SIGN_IN);
    world.login();
    assert_eq!(mode(&world.credentials()), 0o600);
    assert_eq!(mode(world.credentials().parent().unwrap()), 0o700);

    let shown = world.say(&["whoami"]).granted();
    for words in [EMAIL, "Ann", "customer, admin"] {
        assert!(shown.contains(words), "{shown}");
    }
    let sessions = world.say(&["sessions"]).granted();
    assert!(
        sessions.contains("127.0.0.1") && sessions.contains("this one"),
        "{sessions}"
    );

    let made = world
        .say(&["keys", "create", "night runs", "--json"])
        .json();
    let keys = world.say(&["keys", "list"]).granted();
    assert!(
        keys.contains("night runs") && keys.contains(made["id"].as_str().unwrap()),
        "{keys}"
    );

    let mut by_key = world.command(&["whoami", "--json"]);
    by_key.env("TRAINNET_API_KEY", made["key"].as_str().unwrap());
    by_key.env(
        "TRAINNET_CREDENTIALS_FILE",
        world.folder.path().join("none"),
    );
    assert_eq!(say(by_key, "").json()["email"], EMAIL);

    world.say(&["logout"]).granted();
    assert!(!world.credentials().exists());
    assert_eq!(world.say(&["whoami"]).refused(), SIGN_IN);
    world.serving.end();
}

#[test]
fn a_key_that_was_revoked_is_refused_and_says_so_in_both_forms() {
    let world = World::new();
    world.login();
    let made = world.say(&["keys", "create", "short", "--json"]).json();
    let id = made["id"].as_str().unwrap();
    world.say(&["keys", "revoke", id]).granted();
    let by_key = |arguments: &[&str]| {
        let mut command = world.command(arguments);
        command.env("TRAINNET_API_KEY", made["key"].as_str().unwrap());
        say(command, "")
    };
    let refused = by_key(&["whoami"]).refused();
    assert!(refused.ends_with(": The key is not known.\n"), "{refused}");
    let refused = by_key(&["whoami", "--json"]);
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.json()["code"], "unauthenticated");
    // What is wrong with a request is named by its field.
    let refused = world
        .say(&["keys", "create", "x", "--scope", "everything"])
        .refused();
    assert!(refused.contains("(scopes[0])"), "{refused}");
    world.serving.end();
}

#[tokio::test]
async fn however_many_ask_at_once_a_token_is_refreshed_once() {
    let world = World::new();
    world.login();
    world.let_the_token_end();
    let before = read(&world.credentials());
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..8)
            .map(|_| world.command(&["whoami"]))
            .map(|command| scope.spawn(|| say(command, "").granted()))
            .collect();
        for asked in asking {
            assert!(asked.join().unwrap().contains(EMAIL));
        }
    });
    assert_eq!(world.count("session.refreshed").await, 1);
    let after = read(&world.credentials());
    assert_ne!(after["refresh_token"], before["refresh_token"]);
    assert_eq!(after["session"], before["session"]);
    assert_eq!(mode(&world.credentials()), 0o600);
    world.serving.end();
}

#[test]
fn a_session_that_was_ended_elsewhere_is_forgotten_here() {
    let world = World::new();
    world.login();
    let kept = std::fs::read(world.credentials()).unwrap();
    world.say(&["logout"]).granted();
    std::fs::write(world.credentials(), kept).unwrap();
    std::fs::set_permissions(world.credentials(), Permissions::from_mode(0o600)).unwrap();
    world.let_the_token_end();
    let refused = world.say(&["whoami"]).refused();
    assert!(
        refused.starts_with("trainnet: you are not signed in any more"),
        "{refused}"
    );
    assert!(!world.credentials().exists());
    world.serving.end();
}

#[test]
fn signing_out_everywhere_ends_the_session_of_another_machine_too() {
    let world = World::new();
    world.login();
    let elsewhere = || {
        let mut command = world.command(&["whoami"]);
        command.env("XDG_CONFIG_HOME", world.folder.path().join("elsewhere"));
        command
    };
    let mut login = world.command(&["login", "--email", EMAIL]);
    login.env("XDG_CONFIG_HOME", world.folder.path().join("elsewhere"));
    say(login, PASSWORD).granted();
    say(elsewhere(), "").granted();
    world.say(&["logout", "--everywhere"]).granted();
    let refused = say(elsewhere(), "").refused();
    assert!(refused.contains("The session is over"), "{refused}");
    world.serving.end();
}

#[test]
fn tokens_that_others_may_read_are_not_used() {
    let world = World::new();
    world.login();
    std::fs::set_permissions(world.credentials(), Permissions::from_mode(0o644)).unwrap();
    let refused = world.say(&["whoami"]).refused();
    assert!(
        refused.starts_with("trainnet: others may read "),
        "{refused}"
    );
    std::fs::set_permissions(world.credentials(), Permissions::from_mode(0o600)).unwrap();
    world.say(&["whoami"]).granted();
    world.serving.end();
}

#[test]
fn tokens_go_to_nobody_but_to_whom_they_are_from() {
    let world = World::new();
    world.login();
    let mut elsewhere = world.command(&["whoami"]);
    elsewhere.env("TRAINNET_SERVER", "http://127.0.0.1:1");
    let refused = say(elsewhere, "").refused();
    assert!(
        refused.contains("and not at http://127.0.0.1:1"),
        "{refused}"
    );
    world.serving.end();
}

#[test]
fn an_admin_is_made_once_and_with_a_password_that_will_do() {
    let world = World::new();
    let refused = world.admin(EMAIL, PASSWORD).refused();
    assert_eq!(
        refused,
        "trainnet: somebody has registered this address already\n"
    );
    let refused = world.admin("bob@mail.example", "short1").refused();
    assert_eq!(refused, "trainnet: Use at least 8 characters.\n");
    let refused = world.admin("nobody", PASSWORD).refused();
    assert!(
        refused.contains("nobody is not an e-mail address"),
        "{refused}"
    );
    let refused = world.admin("bob@mail.example", "").refused();
    assert!(refused.contains("password was expected"), "{refused}");
    world.serving.end();
}

/// The answer to a request by a bearer, as JSON.
fn asked(world: &World, path: &str, bearer: &str, body: &Value) -> Value {
    let authorization = format!("Bearer {bearer}");
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
        ("user-agent", "trainnet"),
    ];
    let reply = world.serving.ask("POST", path, &headers, &body.to_string());
    let (_, json) = reply.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(json).unwrap_or_else(|_| panic!("{reply}"))
}

#[test]
fn whoever_has_a_second_factor_is_asked_for_it() {
    let world = World::new();
    world.login();
    let token = read(&world.credentials())["access_token"].clone();
    let token = token.as_str().unwrap();
    let password = serde_json::json!({"password": PASSWORD});
    let begun = asked(&world, "/v1/me/second-factor", token, &password);
    let totp = TOTP::from_url(begun["url"].as_str().unwrap()).unwrap();
    let code = serde_json::json!({"code": totp.generate_current().unwrap()});
    let enabled = asked(&world, "/v1/me/second-factor/enable", token, &code);
    let on_paper = enabled["recovery_codes"][0].as_str().unwrap();

    let login = |input: &str| say(world.command(&["login", "--email", EMAIL]), input);
    let refused = login(PASSWORD).refused();
    assert!(
        refused.contains("A code of the second factor is needed"),
        "{refused}"
    );
    assert!(refused.contains("code was expected"), "{refused}");
    login(&format!("{PASSWORD}\n{on_paper}\n")).granted();
    world.serving.end();
}

#[test]
fn a_server_with_a_certificate_of_its_own_is_believed_when_it_is_named() {
    let folder = folder();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let variables = [
        ("TRAINNET_TLS_CERTIFICATE", certificate.as_str()),
        ("TRAINNET_TLS_KEY", &key),
    ];
    let serving = Serving::anew(folder.path(), &variables);
    let port = serving.address.rsplit(':').next().unwrap();
    let url = format!("https://localhost:{port}");
    let world = World {
        folder,
        serving,
        url: url.clone(),
    };
    world.admin(EMAIL, PASSWORD).granted();
    let login = ["login", "--email", EMAIL, "--server", &url];
    let refused = say(world.command(&login), PASSWORD).refused();
    assert!(refused.contains("certificate"), "{refused}");
    let mut trusting = world.command(&login);
    trusting.env("TRAINNET_CA_FILE", &certificate);
    let said = say(trusting, PASSWORD).granted();
    assert_eq!(said, format!("You are signed in at {url}.\n"));
    world.serving.end();
}

#[test]
fn where_nobody_answers_one_sentence_says_so() {
    let folder = folder();
    let asked = ["login", "--email", EMAIL, "--server", "http://127.0.0.1:1"];
    let refused = say(trainnet(folder.path(), &asked), PASSWORD).refused();
    assert!(
        refused.starts_with("trainnet: http://127.0.0.1:1 does not answer"),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 1, "{refused}");
    let refused = say(
        trainnet(folder.path(), &["login", "--server", "http://192.0.2.1"]),
        "",
    )
    .refused();
    assert!(refused.contains("do not travel in the clear"), "{refused}");
}

#[test]
fn a_shell_can_complete_every_command() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        let script = say(trainnet(folder.path(), &["completions", shell]), "").granted();
        for command in [
            "login",
            "logout",
            "whoami",
            "sessions",
            "keys",
            "completions",
        ] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn a_database_that_knows_people_is_not_opened_with_other_secrets() {
    let world = World::new();
    let secrets = world.folder.path().join("data/secrets");
    assert_eq!(mode(&secrets), 0o600);
    let other = world.folder.path().join("other");
    let start = || {
        let mut command = world.command(&["serve"]);
        command.env("TRAINNET_SECRETS_FILE", &other);
        say(command, "").refused()
    };
    let refused = start();
    assert!(refused.contains("the database knows people"), "{refused}");
    assert!(!other.exists(), "nothing was made in its place");
    let digits = "ab".repeat(32);
    let text = format!("addresses {digits}\ntokens {digits}\nvault {digits}\n");
    std::fs::write(&other, text).unwrap();
    std::fs::set_permissions(&other, Permissions::from_mode(0o600)).unwrap();
    let refused = start();
    assert!(
        refused.contains("is not the file of this database"),
        "{refused}"
    );
    world.serving.end();
}

#[test]
fn an_old_key_of_the_vault_may_go_once_everything_is_sealed_under_a_new_one() {
    let world = World::new();
    world.login();
    let secrets = world.folder.path().join("data/secrets");
    let old = std::fs::read_to_string(&secrets).unwrap();
    let new = format!("vault {}\n{old}", "cd".repeat(32));
    std::fs::write(&secrets, &new).unwrap();
    let rewrap = || say(world.command(&["database", "rewrap"]), "").granted();
    let said = rewrap();
    assert!(said.contains("about 1 people"), "{said}");
    assert!(rewrap().contains("already"));
    let vault = |line: &&str| line.starts_with("vault ");
    let gone = old.lines().find(vault).unwrap().to_owned() + "\n";
    std::fs::write(&secrets, new.replace(&gone, "")).unwrap();
    let folder = world.folder.path();
    let again = Serving::begin(trainnet(folder, &["serve"]));
    let mut command = trainnet(folder, &["login", "--email", EMAIL]);
    command.env("TRAINNET_SERVER", &again.url);
    let signed = say(command, PASSWORD).granted();
    assert!(signed.starts_with("You are signed in"), "{signed}");
    again.end();
    world.serving.end();
}
