//! Mail of the real program: into the outbox of this machine, or to a mail server, and once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use crate::program::{Serving, folder, say, trainnet};

const PASSWORD: &str = "a long one with 1 digit";
const EMAIL: &str = "ann@mail.example";
/// Whoever has not come within this time does not come.
const PATIENCE: Duration = Duration::from_mins(1);

fn register(serving: &Serving, email: &str) {
    let body = serde_json::json!({"email": email, "password": PASSWORD}).to_string();
    let reply = serving.post("/v1/users", &body);
    assert!(reply.starts_with("HTTP/1.1 202"), "{reply}");
}

/// What stands between two words, the first time both are there.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before:?}: {text}"));
    rest.split_once(after).unwrap().0
}

fn login(folder: &Path, serving: &Serving) -> crate::program::Said {
    let mut login = trainnet(folder, &["login", "--email", EMAIL]);
    login.env("TRAINNET_SERVER", &serving.url);
    say(login, PASSWORD)
}

#[test]
fn whoever_registers_finds_a_mail_in_the_outbox_and_its_link_confirms() {
    let folder = folder();
    let serving = Serving::anew(folder.path(), &[]);
    assert!(
        serving
            .get("/dev/outbox")
            .contains("No mail was written yet.")
    );
    register(&serving, EMAIL);
    let refused = login(folder.path(), &serving).refused();
    assert!(refused.contains("has not been confirmed"), "{refused}");

    serving.wait_for_log("a mail lies in the outbox");
    let list = serving.get("/dev/outbox");
    assert!(
        list.contains("Content-Security-Policy".to_lowercase().as_str()),
        "{list}"
    );
    let page = serving.get(between(&list, "<a href=\"", "\""));
    assert!(page.contains(EMAIL), "{page}");
    let opening = format!("<a href=\"{}/confirm#", serving.url);
    let link = serde_json::json!({"link": between(&page, &opening, "\"")}).to_string();
    let confirmed = serving.post("/v1/users/confirm", &link);
    assert!(confirmed.starts_with("HTTP/1.1 204"), "{confirmed}");
    login(folder.path(), &serving).granted();
    serving.end();
}

#[test]
fn the_outbox_is_there_for_this_machine_alone() {
    let folder = folder();
    let serving = Serving::anew(folder.path(), &[]);
    assert!(serving.get("/openapi.json").contains("\"/dev/outbox\""));
    assert!(serving.get("/dev/outbox").starts_with("HTTP/1.1 200"));
    let not_there = |serving: &Serving, headers: &[(&str, &str)]| {
        for path in ["/dev/outbox", "/dev/outbox/mail_1"] {
            let reply = serving.ask("GET", path, headers, "");
            assert!(reply.starts_with("HTTP/1.1 404"), "{headers:?}: {reply}");
        }
    };
    not_there(&serving, &[("host", "evil.example")]);
    not_there(&serving, &[("x-forwarded-for", "127.0.0.1")]);
    for strange in ["..%2F..%2Fsecrets", "nothing", "%00"] {
        let reply = serving.get(&format!("/dev/outbox/{strange}"));
        assert!(reply.starts_with("HTTP/1.1 404"), "{strange}: {reply}");
    }
    serving.end();

    let sink = Sink::new();
    let sends = sink.variables();
    let sends: Vec<_> = sends
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    for variables in [&sends[..], &[("TRAINNET_TRUSTED_PROXIES", "127.0.0.1")]] {
        let serving = Serving::anew(folder.path(), variables);
        not_there(&serving, &[]);
        assert!(!serving.get("/openapi.json").contains("/dev/outbox"));
        serving.end();
    }
}

/// A mail server that says nothing at all until it is told to do its work.
struct Sink {
    port: u16,
    works: Arc<AtomicBool>,
    met: Receiver<()>,
    mails: Receiver<String>,
}

impl Sink {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let works = Arc::new(AtomicBool::new(false));
        let (knock, met) = mpsc::channel();
        let (take, mails) = mpsc::channel();
        let flag = Arc::clone(&works);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, take, flag) = (stream.unwrap(), take.clone(), Arc::clone(&flag));
                if knock.send(()).is_err() {
                    return;
                }
                std::thread::spawn(move || {
                    if flag.load(Ordering::SeqCst) {
                        drop(converse(stream, &take));
                    } else {
                        drop(silence(stream));
                    }
                });
            }
        });
        Self {
            port,
            works,
            met,
            mails,
        }
    }

    fn variables(&self) -> [(&'static str, String); 3] {
        [
            (
                "TRAINNET_SMTP_URL",
                format!("smtp://127.0.0.1:{}", self.port),
            ),
            (
                "TRAINNET_MAIL_FROM",
                "TrainNet <no-reply@mail.example>".to_owned(),
            ),
            ("TRAINNET_PUBLIC_URL", "https://trainnet.example".to_owned()),
        ]
    }

    fn next_mail(&self) -> String {
        self.mails.recv_timeout(PATIENCE).expect("a mail comes")
    }
}

/// Until the other side has gone.
fn silence(mut stream: TcpStream) -> std::io::Result<usize> {
    stream.read(&mut [0; 1])
}

fn converse(stream: TcpStream, mails: &Sender<String>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut stream = stream;
    stream.write_all(b"220 sink\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?.to_ascii_uppercase();
        let reply: &[u8] = if line == "DATA" {
            stream.write_all(b"354 go on\r\n")?;
            let mail = lines
                .by_ref()
                .map_while(Result::ok)
                .take_while(|line| line != ".");
            let mail: Vec<String> = mail.collect();
            drop(mails.send(mail.join("\n")));
            b"250 taken\r\n"
        } else if line == "QUIT" {
            return stream.write_all(b"221 bye\r\n");
        } else {
            b"250 fine\r\n"
        };
        stream.write_all(reply)?;
    }
    Ok(())
}

fn message_id(mail: &str) -> &str {
    between(mail, "Message-ID: ", "\n")
}

#[test]
fn killed_between_a_registration_and_its_mail_it_sends_that_mail_once() {
    let folder = folder();
    let sink = Sink::new();
    let variables = sink.variables();
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();

    let serving = Serving::anew(folder.path(), &variables);
    register(&serving, EMAIL);
    sink.met.recv_timeout(PATIENCE).expect("it tries to send");
    serving.signal("-KILL");
    drop(serving);
    sink.works.store(true, Ordering::SeqCst);

    let serving = Serving::anew(folder.path(), &variables);
    let first = sink.next_mail();
    assert!(first.contains(&format!("To: {EMAIL}")), "{first}");
    assert!(
        first.contains("https://trainnet.example/confirm#"),
        "{first}"
    );
    serving.end();

    // Whoever comes next has nothing left to send but what is new.
    let serving = Serving::anew(folder.path(), &variables);
    register(&serving, "bob@mail.example");
    let second = sink.next_mail();
    assert!(second.contains("To: bob@mail.example"), "{second}");
    assert_ne!(message_id(&first), message_id(&second));
    serving.end();
    assert!(
        sink.mails.try_recv().is_err(),
        "there are two mails, and no third"
    );
}
