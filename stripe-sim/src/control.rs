//! Switches for tests and demonstrations, under `/_sim/`: what payers and banks do, and what breaks.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::form::Form;
use crate::refusal::Refusal;
use crate::server::Simulator;
use crate::world::{Doing, Ruling, Switches, text};

pub fn routes() -> Router<Simulator> {
    Router::new()
        .route("/_sim/switches", get(switches).post(switch))
        .route("/_sim/endpoint", post(endpoint))
        .route("/_sim/clock", post(clock))
        .route("/_sim/webhooks", get(webhooks))
        .route("/_sim/webhooks/release", post(release))
        .route("/_sim/sessions/{id}/{doing}", post(session))
        .route("/_sim/charges/{id}/dispute", post(dispute))
        .route("/_sim/disputes/{id}/{ruling}", post(rule))
        .route("/_sim/refunds/{id}/{end}", post(refund))
        .route("/_sim/payouts/{id}/{end}", post(payout))
}

type Told = Result<axum::Json<Value>, Refusal>;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, axum::Json(self.body("req_sim"))).into_response()
    }
}

impl Simulator {
    /// Somebody does something on the page of a checkout, or their bank does it later: `pay`,
    /// `decline`, `process`, `succeed`, `fail`.
    pub fn visit(&self, session: &str, doing: &str) -> Result<Value, Refusal> {
        let doing = match doing {
            "pay" => Doing::Pay,
            "decline" => Doing::Decline,
            "process" => Doing::Process,
            "succeed" => Doing::Succeed,
            "fail" => Doing::Fail,
            _ => return Err(Refusal::no_such("doing", doing)),
        };
        let done = self.world().visit(session, doing);
        self.nudge();
        done
    }

    /// The payer asks their bank for the money back.
    pub fn dispute(
        &self,
        charge: &str,
        amount: Option<i64>,
        is_inquiry: bool,
    ) -> Result<Value, Refusal> {
        let done = self.world().dispute(charge, amount, is_inquiry);
        self.nudge();
        done
    }

    /// The bank rules: `withdraw`, `win`, `lose`, `drop`.
    pub fn rule(&self, dispute: &str, ruling: &str) -> Result<Value, Refusal> {
        let ruling = match ruling {
            "withdraw" => Ruling::Withdraw,
            "win" => Ruling::Won,
            "lose" => Ruling::Lost,
            "drop" => Ruling::Dropped,
            _ => return Err(Refusal::no_such("ruling", ruling)),
        };
        let done = self.world().rule(dispute, ruling);
        self.nudge();
        done
    }

    /// The card's bank takes a refund, or does not.
    pub fn end_refund(&self, refund: &str, succeeds: bool) -> Result<Value, Refusal> {
        let done = self.world().end_refund(refund, succeeds);
        self.nudge();
        done
    }

    /// The bank takes a payout, or sends it back.
    pub fn end_payout(&self, payout: &str, arrives: bool) -> Result<Value, Refusal> {
        let done = self.world().end_payout(payout, arrives);
        self.nudge();
        done
    }

    /// Sends what waits, in the order in which it happened or in the one that is given.
    pub fn release(&self, order: Option<&[String]>) {
        let mut world = self.world();
        world.switches.hold = false;
        if let Some(order) = order {
            let place = |event: &String| order.iter().position(|known| known == event);
            let waiting = world.deliveries.make_contiguous();
            waiting.sort_by_key(|delivery| place(&delivery.event));
        }
        drop(world);
        self.nudge();
    }

    /// Every event so far, the oldest first, as its name and type.
    pub fn events(&self) -> Vec<(String, String)> {
        self.world().events()
    }

    /// Sends an event again.
    pub fn tell_again(&self, event: &str) -> Result<(), Refusal> {
        let done = self.world().announce_again(event);
        self.nudge();
        done
    }

    /// What is at Stripe, whether it can be spent yet or not.
    pub fn holds_cents(&self) -> i64 {
        let (available, pending) = self.world().funds("usd");
        available + pending
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: &str) -> usize {
        self.world().of_kind(kind).count()
    }

    /// The names of all objects of a kind, the earliest first.
    pub fn all(&self, kind: &str) -> Vec<String> {
        let world = self.world();
        let mut names: Vec<String> = world.of_kind(kind).map(|it| text(it, "id")).collect();
        names.reverse();
        names
    }

    /// Somebody gives back with their own hands, as on Stripe's own pages.
    pub fn refund_by_hand(&self, charge: &str, cents: i64) -> Result<Value, Refusal> {
        let mut form = Form::parse("", &format!("charge={charge}&amount={cents}"));
        let done = self.world().answer(&Method::POST, "refunds", &mut form);
        self.nudge();
        done
    }

    /// An object as it is now.
    pub fn look(&self, kind: &str, id: &str) -> Result<Value, Refusal> {
        self.world().object(kind, id)
    }
}

async fn switches(State(simulator): State<Simulator>) -> axum::Json<Switches> {
    axum::Json(simulator.world().switches.clone())
}

async fn switch(
    State(simulator): State<Simulator>,
    axum::Json(new): axum::Json<Switches>,
) -> axum::Json<Switches> {
    simulator.switch(|switches| *switches = new);
    axum::Json(simulator.world().switches.clone())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listener {
    url: String,
    secret: String,
}

async fn endpoint(
    State(simulator): State<Simulator>,
    axum::Json(listener): axum::Json<Listener>,
) -> StatusCode {
    simulator.tell(listener.url, listener.secret);
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ahead {
    advance_seconds: i64,
}

async fn clock(State(simulator): State<Simulator>, axum::Json(ahead): axum::Json<Ahead>) -> Told {
    simulator.world().ahead_seconds += ahead.advance_seconds;
    let now = simulator.world().now();
    simulator.nudge();
    Ok(axum::Json(json!({ "now": now })))
}

async fn webhooks(State(simulator): State<Simulator>) -> Told {
    let sent = simulator.sent();
    let waiting = simulator.world().deliveries.len();
    Ok(axum::Json(json!({ "sent": sent, "waiting": waiting })))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Release {
    order: Option<Vec<String>>,
}

async fn release(
    State(simulator): State<Simulator>,
    axum::Json(release): axum::Json<Release>,
) -> StatusCode {
    simulator.release(release.order.as_deref());
    StatusCode::NO_CONTENT
}

async fn session(
    State(simulator): State<Simulator>,
    Path((id, doing)): Path<(String, String)>,
) -> Told {
    simulator.visit(&id, &doing).map(axum::Json)
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Disputed {
    amount: Option<i64>,
    inquiry: bool,
}

async fn dispute(
    State(simulator): State<Simulator>,
    Path(id): Path<String>,
    axum::Json(disputed): axum::Json<Disputed>,
) -> Told {
    let Disputed { amount, inquiry } = disputed;
    simulator.dispute(&id, amount, inquiry).map(axum::Json)
}

async fn rule(
    State(simulator): State<Simulator>,
    Path((id, ruling)): Path<(String, String)>,
) -> Told {
    simulator.rule(&id, &ruling).map(axum::Json)
}

fn succeeds(end: &str) -> Result<bool, Refusal> {
    match end {
        "succeed" => Ok(true),
        "fail" => Ok(false),
        _ => Err(Refusal::no_such("end", end)),
    }
}

async fn refund(
    State(simulator): State<Simulator>,
    Path((id, end)): Path<(String, String)>,
) -> Told {
    simulator.end_refund(&id, succeeds(&end)?).map(axum::Json)
}

async fn payout(
    State(simulator): State<Simulator>,
    Path((id, end)): Path<(String, String)>,
) -> Told {
    simulator.end_payout(&id, succeeds(&end)?).map(axum::Json)
}
