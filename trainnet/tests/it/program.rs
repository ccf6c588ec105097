//! The program as somebody runs it: with a folder of its own, and nothing of this environment.

use std::fs::Permissions;
use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};

use serde_json::Value;

/// What would change how the program runs, beside what each test says.
const UNSET: [&str; 19] = [
    "DATABASE_URL",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "RUST_LOG",
    "TRAINNET_AGENT_DIR",
    "TRAINNET_AGENT_ISOLATION",
    "TRAINNET_API_KEY",
    "TRAINNET_CA_FILE",
    "TRAINNET_CREDENTIALS_FILE",
    "TRAINNET_JOIN_TOKEN",
    "TRAINNET_MAIL_FROM",
    "TRAINNET_PUBLIC_URL",
    "TRAINNET_SECRETS_FILE",
    "TRAINNET_SERVER",
    "TRAINNET_SESSION_BINDING",
    "TRAINNET_SMTP_URL",
    "TRAINNET_TRAINER",
    "TRAINNET_TRAINER_PYTHON",
    "TRAINNET_TRUSTED_PROXIES",
];

/// A folder that the server's account may enter, unlike `tempfile`'s own.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::Builder::new()
        .prefix("trainnet-")
        .tempdir()
        .unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

pub fn trainnet(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainnet"));
    for name in UNSET {
        command.env_remove(name);
    }
    command
        .env("TRAINNET_DATA_DIR", folder.join("data"))
        .env("TRAINNET_LISTEN", "127.0.0.1:0")
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .args(arguments);
    command
}

/// With this checkout's trainer, and the light environment that `cargo xtask setup` makes for it.
pub fn training(command: &mut Command) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = root.join(".trainnet/trainer/bin/python");
    assert!(python.is_file(), "run `cargo xtask setup` first");
    command
        .env("TRAINNET_TRAINER", root.join("trainer"))
        .env("TRAINNET_TRAINER_PYTHON", python);
}

/// A program that was given its input, and what it said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub output: String,
    pub complaint: String,
}

impl Said {
    pub fn granted(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.output
    }

    pub fn refused(self) -> String {
        assert_eq!(self.code, Some(1), "{self:?}");
        assert_eq!(self.output, "", "a refusal is not an answer");
        self.complaint
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.output).unwrap_or_else(|_| panic!("{self:?}"))
    }
}

pub fn say(mut command: Command, input: &str) -> Said {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever needs no input may be gone before it is written.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().unwrap();
    Said {
        code: status.code(),
        output: String::from_utf8(stdout).unwrap(),
        complaint: String::from_utf8(stderr).unwrap(),
    }
}

/// A program that serves, and where; it does not outlive its test.
pub struct Serving {
    pub child: Child,
    pub lines: Lines<BufReader<ChildStdout>>,
    /// What it says of itself, read as it comes: a program that nobody listens to would wait.
    pub log: Receiver<String>,
    pub url: String,
    pub address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It has ended already, where its test went well.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Serving {
    pub fn begin(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let complaints = BufReader::new(child.stderr.take().unwrap()).lines();
        let (tell, log) = mpsc::channel();
        std::thread::spawn(move || {
            let said = complaints.map_while(Result::ok);
            said.map(|line| tell.send(line)).all(|sent| sent.is_ok())
        });
        let opening = "The API answers at ";
        let said = lines.find_map(|line| Some(line.unwrap().strip_prefix(opening)?.to_owned()));
        let said = said.unwrap_or_else(|| {
            let complaint: Vec<String> = log.iter().collect();
            panic!("it does not say where it answers: {}", complaint.join("\n"))
        });
        let url = said.split(';').next().unwrap().to_owned();
        let address = url.split_once("://").unwrap().1.to_owned();
        Self {
            child,
            lines,
            log,
            url,
            address,
        }
    }

    /// With a database of its own, where nobody is known.
    pub fn anew(folder: &Path, variables: &[(&str, &str)]) -> Self {
        say(trainnet(folder, &["database", "migrate"]), "").granted();
        let mut command = trainnet(folder, &["serve"]);
        command.envs(variables.iter().copied());
        Self::begin(command)
    }

    pub fn get(&self, path: &str) -> String {
        self.ask("GET", path, &[], "")
    }

    pub fn post(&self, path: &str, json: &str) -> String {
        let kind = [("content-type", "application/json")];
        self.ask("POST", path, &kind, json)
    }

    /// The whole answer to one request on a connection of its own.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
        let named = headers.iter().any(|(name, _)| *name == "host");
        let host = [("host", "localhost")];
        let host = host.iter().filter(|_| !named);
        let lines = host.chain(headers);
        let lines: Vec<String> = lines
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n{}\r\n{body}",
            body.len(),
            lines.concat()
        );
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Waits until it says these words of itself, and gives all that it said until then.
    pub fn wait_for_log(&self, words: &str) -> String {
        let mut said = String::new();
        for line in &self.log {
            said = said + &line + "\n";
            if line.contains(words) {
                return said;
            }
        }
        panic!("it ended without logging {words:?}: {said}")
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args([signal, &pid]).status();
        assert!(told.unwrap().success());
    }

    /// Tells it to end, waits until it has, and gives what it said of itself meanwhile.
    pub fn end(mut self) -> String {
        self.signal("-TERM");
        let rest: Vec<String> = self.log.iter().collect();
        let rest = rest.join("\n");
        let code = self.child.wait().unwrap().code();
        assert_eq!(code, Some(0), "{rest}");
        rest
    }
}
