//! Traces reach a collector, which here is a real HTTP server that keeps what it is sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};

use crate::program::{Serving, folder};

/// One request: its first line, and its body.
fn take(stream: TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let mut opening = String::new();
    reader.read_line(&mut opening).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(said) = line.strip_prefix("content-length:") {
            length = said.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    reader.get_mut().write_all(answer.as_bytes()).ok()?;
    Some((opening, body))
}

fn collector() -> (String, Receiver<(String, Vec<u8>)>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let taken = listener.incoming().map_while(Result::ok).filter_map(take);
        taken.map(|it| tell.send(it)).all(|sent| sent.is_ok())
    });
    (url, told)
}

fn holds(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}

#[test]
fn a_request_becomes_a_span_that_says_nothing_of_what_was_typed() {
    let (url, sent) = collector();
    let folder = folder();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_SERVICE_NAME", "trainnet-under-test"),
    ];
    let mut serving = Serving::anew(folder.path(), &variables);
    let body = r#"{"email":"ann.unusual@example.com","password":"abc12345"}"#;
    let reply = serving.post("/v1/sessions", body);
    assert!(reply.starts_with("HTTP/1.1 401"), "{reply}");
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    // What waited was sent before the program ended.
    let sent: Vec<(String, Vec<u8>)> = sent.try_iter().collect();
    let of_request = |(_, body): &&(String, Vec<u8>)| holds(body, "/v1/sessions");
    let (opening, body) = sent.iter().find(of_request).expect("a span of the request");
    assert!(opening.starts_with("POST /v1/traces "), "{opening}");
    assert!(holds(body, "trainnet-under-test"));
    for (_, body) in &sent {
        assert!(!holds(body, "ann.unusual") && !holds(body, "abc12345"));
        assert!(!holds(body, "127.0.0.1"));
    }
}

#[test]
fn a_collector_that_is_not_there_keeps_nobody_waiting() {
    let folder = folder();
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")];
    let mut serving = Serving::anew(folder.path(), &variables);
    assert!(serving.get("/v1/log/head").starts_with("HTTP/1.1 200"));
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
}
