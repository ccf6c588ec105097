//! What a server refused, and how a person is told.

use std::fmt;

use hyper::header::RETRY_AFTER;
use hyper::{HeaderMap, StatusCode};
use serde_json::Value;

use super::table::plain;

/// A refusal, as the server said it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    pub status: u16,
    retry_after: Option<String>,
    json: Value,
}

impl Problem {
    /// Whoever refuses in another form, as a proxy does, is shown with the status alone.
    pub fn read(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let json: Option<Value> = serde_json::from_slice(body).ok();
        let json = json.filter(|json| json["title"].is_string());
        let retry_after = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok());
        Self {
            status: status.as_u16(),
            retry_after: retry_after.map(str::to_owned),
            json: json.unwrap_or_else(|| {
                let title = status.canonical_reason().unwrap_or("refused");
                serde_json::json!({"title": title, "status": status.as_u16()})
            }),
        }
    }

    pub const fn json(&self) -> &Value {
        &self.json
    }

    /// Whether it is the one with this stable code.
    pub fn is(&self, code: &str) -> bool {
        self.json["code"] == code
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |name: &str| self.json[name].as_str().map(plain);
        let mut said = text("title").unwrap_or_default();
        if let Some(field) = text("field") {
            said = format!("{said} ({field})");
        }
        if let Some(detail) = text("detail") {
            said = format!("{said}: {detail}");
        }
        if let Some(seconds) = &self.retry_after {
            let whole = said.trim_end_matches('.');
            said = format!("{whole}. Try again in {} seconds.", plain(seconds));
        }
        f.write_str(&said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(body: &str) -> String {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::read(status, &HeaderMap::new(), body.as_bytes()).to_string()
    }

    #[test]
    fn a_refusal_is_told_with_its_field_and_what_to_do() {
        let body = r#"{"title":"It is wrong","field":"label","detail":"Make it right."}"#;
        assert_eq!(said(body), "It is wrong (label): Make it right.");
        assert_eq!(said(r#"{"title":"It is wrong"}"#), "It is wrong");
    }

    #[test]
    fn a_refusal_in_another_form_is_told_by_its_status() {
        for body in ["", "<html>", "[]", r#"{"title":5}"#] {
            assert_eq!(said(body), "Unprocessable Entity", "{body}");
        }
    }

    #[test]
    fn when_to_come_back_is_told() {
        let headers = [(RETRY_AFTER, "60".parse().unwrap())].into_iter().collect();
        let problem = Problem::read(StatusCode::TOO_MANY_REQUESTS, &headers, b"");
        assert_eq!(
            problem.to_string(),
            "Too Many Requests. Try again in 60 seconds."
        );
    }
}
