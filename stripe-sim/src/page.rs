//! The page on which somebody pays, with a button for whatever a card or a bank may do.

mod words;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::Value;

use crate::server::Simulator;
use crate::world::{number, text};
use words::Words;

/// Nothing is written in line, and nothing comes from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
const STYLE: &str = include_str!("page.css");

pub fn routes() -> Router<Simulator> {
    Router::new()
        .route("/c/page.css", get(style))
        .route("/c/pay/{session}", get(show))
        .route("/c/pay/{session}/{doing}", post(act))
}

async fn style() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, STYLE)
}

async fn show(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    page(&simulator, &id, &Words::asked_for(&headers), "")
}

async fn act(
    State(simulator): State<Simulator>,
    Path((id, doing)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let words = Words::asked_for(&headers);
    let Ok(session) = simulator.look("checkout.session", &id) else {
        return nothing(&words);
    };
    if doing == "leave" {
        let back = text(&session, "cancel_url");
        return onward(&back, &id, &words);
    }
    match (doing.as_str(), simulator.visit(&id, &doing)) {
        ("pay" | "process", Ok(_)) => onward(&text(&session, "success_url"), &id, &words),
        ("decline", Ok(_)) => page(&simulator, &id, &words, words.declined),
        (_, Ok(_)) => page(&simulator, &id, &words, ""),
        (_, Err(_)) => page(&simulator, &id, &words, words.too_late),
    }
}

fn onward(url: &str, session: &str, words: &Words) -> Response {
    if url.is_empty() {
        let body = format!(
            "<section class=\"summary\"><p>{}</p></section>",
            words.close
        );
        return document(StatusCode::OK, words, words.title, &body);
    }
    Redirect::to(&url.replace("{CHECKOUT_SESSION_ID}", session)).into_response()
}

fn nothing(words: &Words) -> Response {
    let body = format!(
        "<section class=\"summary\"><p>{}</p></section>",
        words.nothing
    );
    document(StatusCode::NOT_FOUND, words, words.title, &body)
}

fn page(simulator: &Simulator, id: &str, words: &Words, notice: &str) -> Response {
    let Ok(session) = simulator.look("checkout.session", id) else {
        return nothing(words);
    };
    let amount = amount(&session);
    let title = format!("{} {amount}", words.pay);
    let body = format!(
        "<section class=\"summary\">\n<p class=\"mark\">TrainNet<span class=\"badge\">{}</span></p>\n\
         <h1>{}</h1>\n<p class=\"amount\">{amount}</p>\n\
         <dl><div><dt>{}</dt><dd>{amount}</dd></div></dl>\n</section>\n\
         <section class=\"form\">\n{}</section>\n",
        words.simulation,
        words.title,
        words.balance,
        form(&session, words, notice),
    );
    document(StatusCode::OK, words, &title, &body)
}

fn document(status: StatusCode, words: &Words, title: &str, body: &str) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    let language = words.language;
    let page = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<link rel=\"stylesheet\" href=\"/c/page.css\">\n</head>\n\
         <body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    );
    (status, headers, Html(page)).into_response()
}

fn amount(session: &Value) -> String {
    let cents = number(session, "amount_total");
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// What may be done now, as one button each.
fn form(session: &Value, words: &Words, notice: &str) -> String {
    let id = text(session, "id");
    let open = session["status"] == "open";
    let waits = session["payment_status"] == "unpaid" && session["status"] == "complete";
    let buttons: &[(&str, &str, &str)] = if open {
        &[
            ("pay", words.pay, "first"),
            ("decline", words.decline, ""),
            ("process", words.process, ""),
            ("leave", words.leave, "last"),
        ]
    } else if waits {
        &[
            ("succeed", words.succeed, "first"),
            ("fail", words.fail, ""),
        ]
    } else {
        &[]
    };
    let button = |(doing, label, class): &(&str, &str, &str)| {
        format!(
            "<form method=\"post\" action=\"/c/pay/{id}/{doing}\">\
             <button class=\"{class}\">{label}</button></form>\n"
        )
    };
    let told = |class: &str, said: &str| match said {
        "" => String::new(),
        said => format!("<p class=\"told {class}\" role=\"status\">{said}</p>\n"),
    };
    let (class, status) = match (text(session, "status").as_str(), waits) {
        ("open", _) => ("", ""),
        ("expired", _) => ("bad", words.expired),
        (_, true) => ("good", words.processing),
        _ => ("good", words.paid),
    };
    let card = if open {
        format!(
            "<h2>{}</h2>\n<div class=\"card\"><p class=\"number\">4242 4242 4242 4242</p>\
             <p class=\"quiet\">{}</p></div>\n",
            words.card, words.aside
        )
    } else {
        format!("<p class=\"quiet\">{}</p>\n", words.aside)
    };
    let buttons: String = buttons.iter().map(button).collect();
    let (notice, status) = (told("bad", notice), told(class, status));
    format!("{notice}{status}{card}{buttons}")
}

/// A browser says which languages somebody reads.
fn language(headers: &HeaderMap) -> &str {
    let said = headers.get(ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
    said.unwrap_or_default()
}
