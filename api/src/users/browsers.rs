//! Sessions in browsers: cookies that no script reads, and proof that it is our own page that asks.

use std::sync::Arc;

use axum::http::header::{COOKIE, HOST, ORIGIN, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::users::SessionId;
use subtle::ConstantTimeEq as _;
use url::Url;

use super::Users;
use super::secrets::mac;
use crate::problem::{ApiError, Kind};

pub const CSRF_HEADER: HeaderName = HeaderName::from_static("trainnet-csrf");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const PURPOSE: &str = "trainnet.web.csrf.v1";

pub const OTHER_SITE: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "web-session/other-site",
    "The request comes from another site's page",
);
pub const CSRF: Kind = Kind::new(
    StatusCode::FORBIDDEN,
    "web-session/csrf",
    "The request does not show that our own page sent it",
);

/// How browsers are recognised here; clones share it.
#[derive(Clone)]
pub struct Browsers(Arc<Inner>);

impl std::fmt::Debug for Browsers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Browsers")
    }
}

struct Inner {
    /// Whether browsers come over TLS: what they are given then never goes in the clear.
    secure: bool,
    /// Where our pages say they are from: as this program listens, and as people find it.
    scheme: &'static str,
    base: String,
    key: [u8; 32],
}

/// A cookie of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Shown with every request; no script reads it.
    Access,
    /// Shown where the session is continued or ended, and nowhere else; no script reads it.
    Refresh,
    /// For our own page to read, and to send back as a header.
    Csrf,
}

pub const REFRESH_PATH: &str = "/v1/web/session";

impl Cookie {
    /// Under TLS the name itself makes a browser insist on how the cookie was set.
    pub const fn name(self, secure: bool) -> &'static str {
        match (self, secure) {
            (Self::Access, false) => "trainnet_access",
            (Self::Access, true) => "__Host-trainnet_access",
            (Self::Refresh, false) => "trainnet_refresh",
            (Self::Refresh, true) => "__Secure-trainnet_refresh",
            (Self::Csrf, false) => "trainnet_csrf",
            (Self::Csrf, true) => "__Host-trainnet_csrf",
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Access | Self::Csrf => "/",
            Self::Refresh => REFRESH_PATH,
        }
    }
}

impl Browsers {
    /// For whoever finds us at `base`; `tls` is whether this program speaks it itself.
    pub fn new(users: &Users, base: &str, tls: bool) -> Self {
        let url = Url::parse(base).ok();
        let https = url.as_ref().is_some_and(|url| url.scheme() == "https");
        let base = url.map_or_else(String::new, |url| url.origin().ascii_serialization());
        Self(Arc::new(Inner {
            secure: tls || https,
            scheme: if tls { "https://" } else { "http://" },
            base,
            key: users.key_for(PURPOSE),
        }))
    }

    /// Nothing where no browsers are let in.
    pub(super) fn of(parts: &Parts) -> Option<Self> {
        parts.extensions.get::<Self>().cloned()
    }

    /// What a cookie says. One that comes twice says nothing: one of the two is not ours.
    pub fn shown<'a>(&self, headers: &'a HeaderMap, cookie: Cookie) -> Option<&'a str> {
        let name = cookie.name(self.0.secure);
        let lines = headers.get_all(COOKIE).into_iter();
        let pairs = lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs
            .filter(|(named, _)| *named == name)
            .map(|(_, value)| value);
        let first = found.next();
        first.filter(|_| found.next().is_none())
    }

    /// A cookie for so many seconds, or until the browser is closed.
    pub fn set(&self, cookie: Cookie, value: &str, seconds: Option<i64>) -> HeaderValue {
        let name = cookie.name(self.0.secure);
        let path = cookie.path();
        let age = seconds.map_or_else(String::new, |it| format!("; Max-Age={}", it.max(0)));
        let hidden = if cookie == Cookie::Csrf {
            ""
        } else {
            "; HttpOnly"
        };
        let secure = if self.0.secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}; SameSite=Strict{age}{hidden}{secure}");
        HeaderValue::from_str(&text).expect("what we make up for a cookie is visible ASCII")
    }

    /// What makes a browser forget all three.
    pub fn forget(&self) -> [HeaderValue; 3] {
        [Cookie::Access, Cookie::Refresh, Cookie::Csrf].map(|cookie| self.set(cookie, "", Some(0)))
    }

    /// What our own page reads and sends back: it follows from the session, so no other will do.
    pub fn csrf(&self, session: SessionId) -> String {
        URL_SAFE_NO_PAD.encode(self.proof(session))
    }

    fn proof(&self, session: SessionId) -> [u8; 32] {
        mac(&self.0.key, PURPOSE, session.to_string().as_bytes())
    }

    /// What a request must show besides a cookie, which a browser sends whoever made it ask.
    ///
    /// Reading needs nothing more: other sites do not see what is answered. A `WebSocket` they
    /// could read, and cannot be told to send a header; so there the browser's own word counts.
    pub(super) fn insist(&self, parts: &Parts, session: SessionId) -> Result<(), ApiError> {
        let headers = &parts.headers;
        if is_web_socket(headers) {
            self.insist_on_our_page(headers)?;
            return match headers.get(ORIGIN) {
                Some(_) => Ok(()),
                None => Err(ApiError::new(&OTHER_SITE).detail("Send an Origin.")),
            };
        }
        if matches!(parts.method, Method::GET | Method::HEAD) {
            return Ok(());
        }
        self.insist_on_our_page(headers)?;
        let refusal = || {
            ApiError::new(&CSRF)
                .detail("Send what the cookie trainnet_csrf says as Trainnet-Csrf.")
                .field("Trainnet-Csrf")
        };
        let sent = headers.get(CSRF_HEADER).ok_or_else(refusal)?;
        let sent = URL_SAFE_NO_PAD.decode(sent).map_err(|_| refusal())?;
        if bool::from(sent.ct_eq(&self.proof(session))) {
            Ok(())
        } else {
            Err(refusal())
        }
    }

    /// A browser says from where a page asks; whatever says nothing is no browser.
    pub(super) fn insist_on_our_page(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
        let same_site = site.is_none_or(|site| matches!(site, b"same-origin" | b"none"));
        let origin = headers.get(ORIGIN);
        if same_site && origin.is_none_or(|origin| self.is_ours(origin, headers)) {
            return Ok(());
        }
        Err(ApiError::new(&OTHER_SITE).detail(
            "Ask from a page of this server; TRAINNET_PUBLIC_URL says where people find it.",
        ))
    }

    fn is_ours(&self, origin: &HeaderValue, headers: &HeaderMap) -> bool {
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let asked = origin.strip_prefix(self.0.scheme);
        origin == self.0.base
            || asked
                .zip(host)
                .is_some_and(|(asked, host)| asked.eq_ignore_ascii_case(host))
    }
}

fn is_web_socket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|it| it.to_str().ok());
    upgrade.is_some_and(|it| it.to_ascii_lowercase().contains("websocket"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browsers(base: &str, tls: bool) -> Browsers {
        let url = Url::parse(base).unwrap();
        Browsers(Arc::new(Inner {
            secure: tls || url.scheme() == "https",
            scheme: if tls { "https://" } else { "http://" },
            base: url.origin().ascii_serialization(),
            key: [7; 32],
        }))
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    fn session() -> SessionId {
        "session_01936b1e-7c1a-7d3e-8f00-0123456789ab"
            .parse()
            .unwrap()
    }

    #[test]
    fn under_tls_the_names_make_a_browser_insist_on_how_a_cookie_was_set() {
        for (base, tls) in [("https://a.example", false), ("http://127.0.0.1:1", true)] {
            let browsers = browsers(base, tls);
            assert_eq!(
                browsers.set(Cookie::Access, "x", Some(900)),
                "__Host-trainnet_access=x; Path=/; SameSite=Strict; Max-Age=900; HttpOnly; Secure"
            );
            assert_eq!(
                browsers.set(Cookie::Refresh, "x", None),
                "__Secure-trainnet_refresh=x; Path=/v1/web/session; SameSite=Strict; HttpOnly; \
                 Secure"
            );
            assert_eq!(
                browsers.set(Cookie::Csrf, "x", None),
                "__Host-trainnet_csrf=x; Path=/; SameSite=Strict; Secure"
            );
            // What came in the clear, or from a neighbour, is not looked at.
            let plain = headers(&[("cookie", "trainnet_access=x")]);
            assert_eq!(browsers.shown(&plain, Cookie::Access), None);
        }
    }

    #[test]
    fn a_cookie_that_comes_twice_says_nothing() {
        let browsers = browsers("http://127.0.0.1:1", false);
        let shown = |lines: &[(&'static str, &str)]| {
            let headers = headers(lines);
            let shown = browsers.shown(&headers, Cookie::Access);
            shown.map(str::to_owned)
        };
        let one = ("cookie", "a=b; trainnet_access=x; c=d");
        assert_eq!(shown(&[one]).as_deref(), Some("x"));
        assert_eq!(shown(&[one, ("cookie", "trainnet_access=y")]), None);
        assert_eq!(
            shown(&[("cookie", "trainnet_access=x;trainnet_access=y")]),
            None
        );
        assert_eq!(shown(&[("cookie", "xtrainnet_access=x")]), None);
        assert_eq!(shown(&[]), None);
    }

    #[test]
    fn only_pages_of_this_server_are_ours() {
        let browsers = browsers("https://app.example:443/x", false);
        let asks = |lines: &[(&'static str, &str)]| {
            let mut all = vec![("host", "127.0.0.1:8080")];
            all.extend_from_slice(lines);
            browsers.insist_on_our_page(&headers(&all)).is_ok()
        };
        for ours in [
            &[][..],
            &[("sec-fetch-site", "same-origin")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://app.example")],
            &[("origin", "http://127.0.0.1:8080")],
        ] {
            assert!(asks(ours), "{ours:?}");
        }
        for theirs in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "")],
            &[("origin", "null")],
            &[("origin", "http://app.example")],
            &[("origin", "https://app.example.evil.example")],
            &[("origin", "https://127.0.0.1:8080")],
            &[("origin", "http://127.0.0.1:8081")],
            &[
                ("origin", "https://app.example"),
                ("sec-fetch-site", "cross-site"),
            ],
        ] {
            assert!(!asks(theirs), "{theirs:?}");
        }
    }

    #[test]
    fn what_our_page_sends_back_follows_from_the_session() {
        let browsers = browsers("http://127.0.0.1:1", false);
        let asks = |method: &str, lines: &[(&'static str, &str)]| {
            let mut request = axum::http::Request::builder().method(method);
            *request.headers_mut().unwrap() = headers(lines);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            browsers
                .insist(&parts, session())
                .map_err(|it| it.kind().code)
        };
        let good = browsers.csrf(session());
        let other = browsers.csrf(SessionId::new(uuid::Uuid::nil()));
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(asks(method, &[("trainnet-csrf", &good)]), Ok(()));
            for wrong in ["", "x", &other, &good[1..]] {
                let refused = asks(method, &[("trainnet-csrf", wrong)]);
                assert_eq!(refused, Err("web-session/csrf"), "{method} {wrong}");
            }
            assert_eq!(asks(method, &[]), Err("web-session/csrf"));
        }
        assert_eq!(asks("GET", &[]), Ok(()));
        let upgrade = ("upgrade", "WebSocket");
        assert_eq!(asks("GET", &[upgrade]), Err("web-session/other-site"));
    }
}
