//! Shows whoever develops on this machine the mails that would have been sent.
//!
//! A mail opens the account of whoever reads it. So this is served only where mail does not leave
//! anyway, to this machine, under a name that only this machine has: a page from elsewhere that
//! makes its name point here, or a proxy that passes strangers on, finds nothing.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, FORWARDED, HOST};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use utoipa::OpenApi;
use utoipa_axum::routes;

use crate::api::Routes;
use crate::layers::ClientAddress;
use crate::parameters::Path;
use crate::problem::{ApiError, Problem, kinds};

const STYLE: &str = include_str!("outbox.css");
/// The style, and nothing else, from nowhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";
const SHOWN_MAX: usize = 100;
/// What a proxy adds: behind one, anybody may be asking.
const FORWARDING: [HeaderName; 4] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// A mail that was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Names it in the outbox.
    pub mail: String,
    pub written_at: DateTime<Utc>,
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Where mail is put that does not leave the machine.
pub trait Outbox: Send + Sync + 'static {
    /// At most so many, the latest first.
    fn latest(&self, count: usize) -> io::Result<Vec<Unsent>>;

    /// Nothing where there is no such mail.
    fn unsent(&self, mail: &str) -> io::Result<Option<Unsent>>;
}

type Shelf = Arc<dyn Outbox>;

#[derive(OpenApi)]
#[openapi(tags((name = "development", description = "For whoever develops on this machine")))]
struct Development;

/// The pages of an outbox.
pub fn outbox(outbox: impl Outbox) -> Routes {
    let shelf: Shelf = Arc::new(outbox);
    routes().with_state(shelf)
}

/// What they are, whether or not they are served.
pub(crate) fn described() -> utoipa::openapi::OpenApi {
    routes().into_openapi()
}

fn routes() -> Routes<Shelf> {
    Routes::with_openapi(Development::openapi())
        .routes(routes!(all))
        .routes(routes!(one))
        .routes(routes!(style))
}

/// Proof that the one who asks sits at this machine.
struct OnThisMachine;

impl<S: Send + Sync> FromRequestParts<S> for OnThisMachine {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let ClientAddress(address) = ClientAddress::from_request_parts(parts, state).await?;
        if address.is_loopback() && is_meant_for_this_machine(&parts.headers) {
            Ok(Self)
        } else {
            Err(ApiError::new(&kinds::NOT_FOUND))
        }
    }
}

fn is_meant_for_this_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<Authority>().ok());
    let is_ours = host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']);
        let address = name.parse::<IpAddr>();
        name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|it| it.is_loopback())
    });
    is_ours && !FORWARDING.iter().any(|name| headers.contains_key(name))
}

/// The mails that would have been sent
#[utoipa::path(get, path = "/dev/outbox", tag = "development", operation_id = "outbox",
    security(()),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
async fn all(_: OnThisMachine, State(shelf): State<Shelf>) -> Result<Response, ApiError> {
    let found = look(shelf, |shelf| shelf.latest(SHOWN_MAX)).await?;
    let mut rows = String::new();
    for mail in &found {
        let written = rfc3339(mail.written_at);
        writeln!(
            rows,
            "<li><a href=\"/dev/outbox/{}\"><span class=\"subject\">{}</span>\
             <time datetime=\"{written}\">{}</time><span class=\"to\">{}</span></a></li>",
            escaped(&mail.mail),
            escaped(or_none(&mail.subject)),
            for_people(mail.written_at),
            escaped(or_none(&mail.to)),
        )
        .map_err(ApiError::internal)?;
    }
    let list = if found.is_empty() {
        "<p class=\"empty\">No mail was written yet.</p>".to_owned()
    } else {
        format!("<ul>\n{rows}</ul>")
    };
    let body = format!(
        "<h1>Outbox</h1>\n<p class=\"quiet\">Mail does not leave this machine; here it is shown \
         instead.</p>\n{list}"
    );
    Ok(page("Outbox", &body))
}

/// What the pages of the outbox look like
#[utoipa::path(get, path = "/dev/outbox.css", tag = "development", operation_id = "outbox_style",
    security(()),
    responses((status = 200, description = "A style", body = String, content_type = "text/css")))]
async fn style(_: OnThisMachine) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// A mail that would have been sent
#[utoipa::path(get, path = "/dev/outbox/{mail}", tag = "development",
    operation_id = "outbox_mail", security(()),
    params(("mail" = String, Path, description = "Which mail")),
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        (status = 404, description = "There is no such mail", body = Problem,
            content_type = "application/problem+json"),
    ))]
async fn one(
    _: OnThisMachine,
    State(shelf): State<Shelf>,
    Path(wanted): Path<String>,
) -> Result<Response, ApiError> {
    let found = look(shelf, move |shelf| shelf.unsent(&wanted)).await?;
    let mail = found.ok_or_else(|| ApiError::new(&kinds::NOT_FOUND))?;
    let open = first_link(&mail.text).map_or_else(String::new, |link| {
        let link = escaped(link);
        format!("<a class=\"open\" href=\"{link}\">Open the link</a>\n")
    });
    let body = format!(
        "<a class=\"back\" href=\"/dev/outbox\">← All mails</a>\n<h1>{}</h1>\n\
         <p class=\"quiet\">To {}, {}</p>\n<article>\n<div class=\"text\">{}</div>\n\
         {open}</article>",
        escaped(or_none(&mail.subject)),
        escaped(or_none(&mail.to)),
        for_people(mail.written_at),
        with_links(&mail.text),
    );
    Ok(page(or_none(&mail.subject), &body))
}

/// Files are read where waiting for them keeps nobody else.
async fn look<T: Send + 'static>(
    shelf: Shelf,
    asked: impl FnOnce(&dyn Outbox) -> io::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let looked = tokio::task::spawn_blocking(move || asked(shelf.as_ref())).await;
    looked
        .map_err(ApiError::internal)?
        .map_err(ApiError::internal)
}

fn page(title: &str, body: &str) -> Response {
    let title = escaped(title);
    let text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/dev/outbox.css\">\n</head>\n\
         <body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
    ];
    (headers, text).into_response()
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "(none)" } else { text }
}

fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// As one reads it at a glance.
fn for_people(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn is_link(word: &str) -> bool {
    word.starts_with("http://") || word.starts_with("https://")
}

/// What a mail is about, more often than not.
fn first_link(text: &str) -> Option<&str> {
    text.split_whitespace().find(|word| is_link(word))
}

/// A text with whatever stands in it as an address on the web made into a link.
fn with_links(text: &str) -> String {
    let words = text.split_inclusive(char::is_whitespace).map(|word| {
        let address = word.trim_end();
        let behind = &word[address.len()..];
        let safe = escaped(address);
        if is_link(address) {
            format!("<a href=\"{safe}\">{safe}</a>{behind}")
        } else {
            format!("{safe}{behind}")
        }
    });
    words.collect()
}

/// Safe between tags and inside a quoted attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let read = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        lines.iter().map(read).collect()
    }

    #[test]
    fn only_who_names_this_machine_is_meant_for_it() {
        for host in [
            "localhost",
            "localhost:8080",
            "LOCALHOST",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:8080",
        ] {
            assert!(
                is_meant_for_this_machine(&headers(&[("host", host)])),
                "{host}"
            );
        }
        for host in [
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "192.0.2.1",
            "0.0.0.0:8080",
            "",
        ] {
            assert!(
                !is_meant_for_this_machine(&headers(&[("host", host)])),
                "{host}"
            );
        }
        assert!(!is_meant_for_this_machine(&headers(&[])));
    }

    #[test]
    fn behind_a_proxy_nobody_sits_at_this_machine() {
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-real-ip",
        ] {
            let passed_on = headers(&[("host", "127.0.0.1:8080"), (name, "127.0.0.1")]);
            assert!(!is_meant_for_this_machine(&passed_on), "{name}");
        }
    }

    #[test]
    fn links_lead_where_they_say_and_nothing_else_becomes_a_tag() {
        let text = "Confirm:\nhttps://a.example/confirm#x&y\n<b>\"not\" a tag</b> javascript:x";
        assert_eq!(
            with_links(text),
            "Confirm:\n<a href=\"https://a.example/confirm#x&amp;y\">\
             https://a.example/confirm#x&amp;y</a>\n\
             &lt;b&gt;&quot;not&quot; a tag&lt;/b&gt; javascript:x"
        );
        assert_eq!(
            with_links("https://a\"onclick=x"),
            "<a href=\"https://a&quot;onclick=x\">https://a&quot;onclick=x</a>"
        );
    }
}
