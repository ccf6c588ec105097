//! Sessions in browsers: what cookies open, what they do not, and how a stolen one is found out.

use std::collections::BTreeMap;

use api::PUBLIC_ROUTES;
use axum::http::{Request, StatusCode};
use chrono::TimeDelta;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::people::{Client, ELSEWHERE, HOME, PASSWORD, People};
use crate::client::Reply;
use crate::work;

const EMAIL: &str = "ann@example.com";
const SESSION: &str = "/v1/web/session";
const REFRESH: &str = "/v1/web/session/refresh";

/// A browser, as far as it keeps cookies; which of them goes where is for the browser itself.
#[derive(Clone, Debug, Default)]
struct Browser {
    cookies: BTreeMap<String, String>,
    csrf: Option<String>,
}

impl Browser {
    fn take(&mut self, reply: &Reply) {
        for line in reply.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.csrf = self.cookies.get("trainnet_csrf").cloned();
    }

    fn cookie(&self) -> String {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn without(&self, cookie: &str) -> Self {
        let mut other = self.clone();
        other.cookies.remove(cookie).unwrap();
        other
    }

    async fn ask(
        &self,
        people: &People,
        (method, path): (&str, &str),
        headers: &[(&'static str, &str)],
    ) -> Reply {
        self.ask_from(people, HOME, (method, path), headers).await
    }

    async fn ask_from(
        &self,
        people: &People,
        client: Client,
        (method, path): (&str, &str),
        headers: &[(&'static str, &str)],
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-forwarded-for", client.address)
            .header("user-agent", client.agent)
            .header("content-type", "application/json")
            .header("cookie", self.cookie());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(csrf) = &self.csrf {
            request = request.header("trainnet-csrf", csrf);
        }
        people.raw(request, "{}".to_owned()).await
    }
}

async fn sign_in(people: &People, remember: bool) -> (Browser, Reply) {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "remember": remember });
    let reply = people.post(HOME, SESSION, body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let mut browser = Browser::default();
    browser.take(&reply);
    (browser, reply)
}

async fn browser(people: &People) -> Browser {
    people.confirmed(EMAIL).await;
    sign_in(people, false).await.0
}

async fn me(people: &People, browser: &Browser) -> Reply {
    browser.ask(people, ("GET", "/v1/me"), &[]).await
}

fn set_cookies(reply: &Reply) -> Vec<String> {
    let lines = reply.headers.get_all("set-cookie").into_iter();
    lines.map(|it| it.to_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whoever_signs_in_with_a_browser_gets_cookies_and_no_token_to_read() {
    let people = People::new().await;
    let user = people.confirmed(EMAIL).await;
    let (browser, reply) = sign_in(&people, false).await;
    let told = reply.json();
    assert_eq!(told["user"], user.to_string());
    assert_eq!(told["access_until"], "2027-01-15T12:15:00.000000Z");
    assert_eq!(told["ends_at"], "2027-01-16T12:00:00.000000Z");
    for secret in ["trainnet_access", "trainnet_refresh"] {
        assert!(!reply.text().contains(&browser.cookies[secret]), "{secret}");
    }
    assert!(reply.json().get("access_token").is_none());
    let set = set_cookies(&reply);
    let [access, refresh, csrf] = &set[..] else {
        panic!("{set:?}");
    };
    assert!(access.ends_with("; Path=/; SameSite=Strict; Max-Age=900; HttpOnly"));
    assert!(refresh.ends_with("; Path=/v1/web/session; SameSite=Strict; HttpOnly"));
    assert!(csrf.ends_with("; Path=/; SameSite=Strict"));
    assert_eq!(me(&people, &browser).await.json()["id"], user.to_string());
    let (_, remembered) = sign_in(&people, true).await;
    let month = format!("Max-Age={}", 30 * 24 * 60 * 60);
    assert!(set_cookies(&remembered)[1].contains(&month));
    assert_eq!(remembered.json()["remember"], true);
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let people = People::new().await;
    let ann = browser(&people).await;
    let (other, _) = sign_in(&people, false).await;
    let name = ("DELETE", "/v1/sessions/current");
    for csrf in [None, Some("x".to_owned()), other.csrf.clone()] {
        let forged = Browser {
            csrf,
            ..ann.clone()
        };
        let refused = forged.ask(&people, name, &[]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        assert_eq!(refused.problem(), "web-session/csrf");
    }
    for from in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        for route in [name, ("POST", REFRESH), ("DELETE", SESSION)] {
            let refused = ann.ask(&people, route, &[from]).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{from:?}");
            assert_eq!(refused.problem(), "web-session/other-site", "{from:?}");
        }
    }
    assert_eq!(me(&people, &ann).await.status, StatusCode::OK);
    let ours = [
        ("sec-fetch-site", "same-origin"),
        ("origin", "http://localhost"),
    ];
    let done = ann.ask(&people, name, &ours).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
    assert_eq!(me(&people, &ann).await.problem(), "users/session-over");
}

#[tokio::test]
async fn no_other_page_signs_a_browser_in() {
    let people = People::new().await;
    people.confirmed(EMAIL).await;
    let body = json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    let request = Request::post(SESSION)
        .header("x-forwarded-for", HOME.address)
        .header("content-type", "application/json")
        .header("origin", "https://evil.example");
    let refused = people.raw(request, body).await;
    assert_eq!(refused.problem(), "web-session/other-site");
    assert_eq!(set_cookies(&refused), Vec::<String>::new());
}

#[tokio::test]
async fn a_browser_goes_on_and_a_second_tab_hears_the_same() {
    let people = People::new().await;
    let one = browser(&people).await;
    people.later(TimeDelta::minutes(16));
    assert_eq!(me(&people, &one).await.problem(), "unauthenticated");
    let naked = Browser {
        csrf: None,
        ..one.clone()
    };
    let refused = naked.ask(&people, ("POST", REFRESH), &[]).await;
    assert_eq!(refused.problem(), "web-session/csrf");
    let ask = async |browser: &Browser| {
        let reply = browser.ask(&people, ("POST", REFRESH), &[]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let mut next = browser.clone();
        next.take(&reply);
        next
    };
    let two = ask(&one).await;
    people.later(TimeDelta::seconds(9));
    let three = ask(&one).await;
    for cookie in ["trainnet_refresh", "trainnet_csrf"] {
        assert_eq!(two.cookies[cookie], three.cookies[cookie], "{cookie}");
    }
    assert_ne!(
        one.cookies["trainnet_refresh"],
        two.cookies["trainnet_refresh"]
    );
    assert_eq!(me(&people, &three).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_old_cookie_ends_the_session_for_thief_and_owner_and_is_taken_away() {
    let people = People::new().await;
    let mut ann = browser(&people).await;
    let stolen = ann.clone();
    let next = ann.ask(&people, ("POST", REFRESH), &[]).await;
    ann.take(&next);
    people.later(TimeDelta::seconds(11));
    for used in [&stolen, &ann] {
        let over = used.ask(&people, ("POST", REFRESH), &[]).await;
        assert_eq!(over.problem(), "users/session-over");
        let forgotten = set_cookies(&over);
        assert_eq!(forgotten.len(), 3);
        assert!(
            forgotten
                .iter()
                .all(|it| it.contains("=; ") && it.contains("Max-Age=0"))
        );
    }
    assert_eq!(me(&people, &ann).await.problem(), "users/session-over");
}

#[tokio::test]
async fn cookies_carried_elsewhere_open_nothing_there() {
    let people = People::new().await;
    let ann = browser(&people).await;
    let get = ("GET", "/v1/me");
    let elsewhere = ann.ask_from(&people, ELSEWHERE, get, &[]).await;
    assert_eq!(elsewhere.problem(), "reauth_required");
    let post = ("POST", REFRESH);
    let elsewhere = ann.ask_from(&people, ELSEWHERE, post, &[]).await;
    assert_eq!(elsewhere.problem(), "reauth_required");
    // The session is as good at home as it was: nobody signs its owner out from afar.
    assert_eq!(set_cookies(&elsewhere), Vec::<String>::new());
    assert_eq!(me(&people, &ann).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_browser_is_signed_out_by_either_cookie_and_forgets() {
    for without in ["trainnet_access", "trainnet_refresh"] {
        let people = People::new().await;
        let mut ann = browser(&people).await;
        let half = ann.without(without);
        let refused = Browser {
            csrf: None,
            ..half.clone()
        };
        let refused = refused.ask(&people, ("DELETE", SESSION), &[]).await;
        assert_eq!(refused.problem(), "web-session/csrf");
        let done = half.ask(&people, ("DELETE", SESSION), &[]).await;
        assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text());
        assert_eq!(me(&people, &ann).await.problem(), "users/session-over");
        ann.take(&done);
        assert!(ann.cookies.is_empty(), "{ann:?}");
        let stranger = ann.ask(&people, ("DELETE", SESSION), &[]).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn what_is_shown_on_purpose_counts_before_what_a_browser_shows() {
    let people = People::new().await;
    let ann = browser(&people).await;
    let bob = people.somebody("bob@example.com").await;
    let bearer = format!("Bearer {}", bob.access);
    let reply = ann
        .ask(&people, ("GET", "/v1/me"), &[("authorization", &bearer)])
        .await;
    assert_eq!(reply.json()["id"], bob.user);
    let nonsense = [("authorization", "Bearer x")];
    let reply = ann.ask(&people, ("GET", "/v1/me"), &nonsense).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    // A token needs no proof besides: no browser sends it by itself.
    let without = Browser { csrf: None, ..ann };
    let shown = [("authorization", bearer.as_str())];
    let current = ("DELETE", "/v1/sessions/current");
    let reply = without.ask(&people, current, &shown).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_cookie_opens_every_route_that_says_so_and_changes_nothing_without_proof() {
    let people = People::new().await;
    let ann = browser(&people).await;
    let naked = Browser { csrf: None, ..ann };
    let document = naked.ask(&people, ("GET", "/openapi.json"), &[]).await;
    let document = document.json();
    let (mut reading, mut changing, mut closed) = (0, 0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if PUBLIC_ROUTES.contains(&(method.as_str(), path.as_str())) {
                continue;
            }
            let ways = operation["security"].as_array().unwrap();
            let says = |name: &str| ways.iter().any(|way| way.get(name).is_some());
            let asked = (method.to_uppercase(), path.replace(['{', '}'], ""));
            let route = (asked.0.as_str(), asked.1.as_str());
            let reply = naked.ask(&people, route, &[]).await;
            if !says("cookie") && !says("refresh_cookie") {
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                closed += 1;
            } else if method == "get" {
                assert_ne!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
                assert!(!says("csrf"), "{method} {path}");
                reading += 1;
            } else {
                assert_eq!(reply.problem(), "web-session/csrf", "{method} {path}");
                assert!(says("csrf"), "{method} {path}");
                changing += 1;
            }
        }
    }
    // Machines have no browsers.
    assert!(
        reading > 20 && changing > 30 && closed >= 8,
        "{reading} {changing} {closed}"
    );
}

#[tokio::test]
async fn a_browser_watches_what_is_its_own_and_another_page_does_not() {
    let people = work::people().await;
    let ann = browser(&people).await;
    let user = me(&people, &ann).await.json()["id"].clone();
    let signed = people.signed_in(EMAIL).await;
    assert_eq!(user, signed.user);
    let unit = work::enqueue(&people, &signed).await;
    let connect = async |browser: &Browser, headers: &[(&'static str, &str)]| {
        let url = format!("ws://{}/v1/tasks/{unit}/stream", people.address());
        let mut request = url.into_client_request().unwrap();
        let own = [
            ("x-forwarded-for", HOME.address),
            ("user-agent", HOME.agent),
            ("cookie", &browser.cookie()),
        ];
        for (name, value) in own.iter().chain(headers) {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(people.address()).await.unwrap();
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((mut socket, _)) => {
                let told = socket.next().await.unwrap().unwrap();
                Ok(serde_json::from_str::<Value>(told.to_text().unwrap()).unwrap())
            }
            Err(Error::Http(reply)) => Err(reply.status()),
            Err(other) => panic!("{other}"),
        }
    };
    let ours = format!("http://{}", people.address());
    let told = connect(&ann, &[("origin", &ours)]).await.unwrap();
    assert_eq!(told["data"]["status"], "waiting");
    for theirs in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", ours.as_str()), ("sec-fetch-site", "cross-site")],
    ] {
        let refused = connect(&ann, theirs).await;
        assert_eq!(refused, Err(StatusCode::FORBIDDEN), "{theirs:?}");
    }
    let nobody = connect(&Browser::default(), &[("origin", &ours)]).await;
    assert_eq!(nobody, Err(StatusCode::UNAUTHORIZED));
    // The stream of events is read like any other page; it goes on for as long as the unit does.
    let path = format!("/v1/tasks/{unit}/events");
    let watching = ann.ask(&people, ("GET", &path), &[]);
    let stopping = work::stop(&people, unit);
    let (reply, ()) = tokio::join!(watching, stopping);
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert!(
        reply.text().contains("\"status\":\"stopped\""),
        "{}",
        reply.text()
    );
}
