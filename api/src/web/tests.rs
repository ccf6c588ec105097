//! Which paths are pages, and which copies a browser has already.

use super::*;

#[test]
fn what_programs_ask_for_is_no_page() {
    for page in [
        "/",
        "/train",
        "/status/job_1",
        "/models",
        "/sign-in",
        "/v11",
        "/document",
    ] {
        assert!(is_page(page), "{page}");
    }
    for other in [
        "/v1",
        "/v1/nothing",
        "/assets/gone-1234.js",
        "/dev/outbox",
        "/docs/x",
        "/files/x",
        "/openapi.json",
        "/.well-known/x",
        "/favicon.ico",
        "/deep/robots.txt",
    ] {
        assert!(!is_page(other), "{other}");
    }
}

#[test]
fn a_copy_is_known_in_whatever_encoding_it_was_sent() {
    let known = |said: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, said.parse().unwrap());
        is_known(&headers, "abc")
    };
    for same in [
        "\"abc\"",
        "\"abc-br\"",
        "W/\"abc-gzip\"",
        "\"x\", \"abc\"",
        "*",
    ] {
        assert!(known(same), "{same}");
    }
    for other in ["\"abd\"", "\"\"", "\"x-abc\""] {
        assert!(!known(other), "{other}");
    }
    assert!(!is_known(&HeaderMap::new(), "abc"));
}
