//! The page on which somebody pays, with a button for whatever a card or a bank may do.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::Value;

use crate::server::Simulator;
use crate::world::{number, text};

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub fn routes() -> Router<Simulator> {
    Router::new()
        .route("/c/pay/{session}", get(show))
        .route("/c/pay/{session}/{doing}", post(act))
}

async fn show(State(simulator): State<Simulator>, Path(id): Path<String>) -> Response {
    page(&simulator, &id, "")
}

async fn act(
    State(simulator): State<Simulator>,
    Path((id, doing)): Path<(String, String)>,
) -> Response {
    let Ok(session) = simulator.look("checkout.session", &id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if doing == "leave" {
        let back = text(&session, "cancel_url");
        return onward(&back, &id);
    }
    match (doing.as_str(), simulator.visit(&id, &doing)) {
        ("pay" | "process", Ok(_)) => onward(&text(&session, "success_url"), &id),
        ("decline", Ok(_)) => page(&simulator, &id, "The card was declined. Try another one."),
        (_, Ok(_)) => page(&simulator, &id, ""),
        (_, Err(_)) => page(&simulator, &id, "That is no longer possible."),
    }
}

fn onward(url: &str, session: &str) -> Response {
    if url.is_empty() {
        return Html("<p>You may close this page.</p>").into_response();
    }
    Redirect::to(&url.replace("{CHECKOUT_SESSION_ID}", session)).into_response()
}

fn page(simulator: &Simulator, id: &str, notice: &str) -> Response {
    let Ok(session) = simulator.look("checkout.session", id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, Html(written(&session, notice))).into_response()
}

fn written(session: &Value, notice: &str) -> String {
    let id = text(session, "id");
    let cents = number(session, "amount_total");
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    let waits = session["payment_status"] == "unpaid" && session["status"] == "complete";
    let buttons: &[(&str, &str)] = if session["status"] == "open" {
        &[
            ("pay", "Pay"),
            ("decline", "Pay with a card that is declined"),
            ("process", "Pay by bank, which takes a while"),
            ("leave", "Leave without paying"),
        ]
    } else if waits {
        &[
            ("succeed", "The bank pays"),
            ("fail", "The bank does not pay"),
        ]
    } else {
        &[]
    };
    let button = |(doing, label): &(&str, &str)| {
        format!(
            "<form method=\"post\" action=\"/c/pay/{id}/{doing}\"><button>{label}</button></form>"
        )
    };
    let buttons: String = buttons.iter().map(button).collect();
    let status = match (text(session, "status").as_str(), waits) {
        ("open", _) => "",
        ("expired", _) => "This checkout has expired.",
        (_, true) => "The bank is processing the payment.",
        _ => "Paid. Thank you.",
    };
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Pay ${amount}</title>\
         <style>body{{font:16px system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}}\
         button{{width:100%;padding:.7rem;margin:.25rem 0;font:inherit}}\
         .notice{{color:#a00}}.aside{{color:#666;font-size:.85rem}}</style>\
         <h1>Pay ${amount}</h1><p class=\"notice\">{notice}</p><p>{status}</p>{buttons}\
         <p class=\"aside\">A simulation: no money moves, and no card is asked for.</p></html>"
    )
}
