//! A simulator with somebody who asks it, and somebody who listens to it.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::post;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use stripe_sim::{Clock, Running, Settings, Simulator};
use tokio::net::TcpListener;

pub const KEY: &str = "sk_test_judge";
pub const SECRET: &str = "whsec_judge";
/// What does not happen within this time does not happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A simulator whose time is told by the test.
pub struct World {
    pub running: Running,
    pub seconds: Arc<AtomicI64>,
    client: Client<HttpConnector, Full<Bytes>>,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl World {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let told = Arc::clone(&seconds);
        let mut settings = Settings {
            clock: Clock::from_fn(move || told.load(Ordering::SeqCst)),
            retry_milliseconds: 0,
            ..Settings::new(KEY)
        };
        change(&mut settings);
        let any_port = (Ipv4Addr::LOCALHOST, 0).into();
        Self {
            running: Simulator::start(settings, any_port).await.unwrap(),
            seconds,
            client: Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
        }
    }

    pub fn simulator(&self) -> &Simulator {
        &self.running.simulator
    }

    pub fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }

    pub async fn ask(&self, method: Method, path: &str, form: &str, key: Option<&str>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.running.url()))
            .header("authorization", format!("Bearer {KEY}"))
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = Full::new(Bytes::from(form.to_owned()));
        let response = self
            .client
            .request(request.body(body).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body: serde_json::from_slice(&body).unwrap(),
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        let reply = self.ask(Method::GET, path, "", None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.body
    }

    pub async fn post(&self, path: &str, form: &str) -> Value {
        let reply = self.ask(Method::POST, path, form, None).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.body
    }

    /// Why a request is refused: the status, the type and the code.
    pub async fn refused(&self, path: &str, form: &str) -> (u16, String, String) {
        let reply = self.ask(Method::POST, path, form, None).await;
        let error = &reply.body["error"];
        let said = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
        (reply.status.as_u16(), said("type"), said("code"))
    }

    /// A checkout over so many cents.
    pub async fn session(&self, cents: i64) -> String {
        let session = self.post("/v1/checkout/sessions", &checkout(cents)).await;
        session["id"].as_str().unwrap().to_owned()
    }

    /// The charge of a checkout that was paid.
    pub async fn paid(&self, cents: i64) -> String {
        let session = self.session(cents).await;
        self.simulator().visit(&session, "pay").unwrap();
        let path = format!("/v1/checkout/sessions/{session}?expand[]=payment_intent");
        let session = self.get(&path).await;
        session["payment_intent"]["latest_charge"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// The parameters of a checkout.
pub fn checkout(cents: i64) -> String {
    format!(
        "mode=payment&success_url=https%3A%2F%2Fa.example%2F%7BCHECKOUT_SESSION_ID%7D\
         &client_reference_id=payment_1&metadata[payment]=payment_1\
         &payment_intent_data[metadata][payment]=payment_1\
         &line_items[0][quantity]=1&line_items[0][price_data][currency]=usd\
         &line_items[0][price_data][unit_amount]={cents}\
         &line_items[0][price_data][product_data][name]=Balance"
    )
}

/// What a listener was told, and under which signature.
#[derive(Clone, Debug)]
pub struct Heard {
    pub signature: String,
    pub body: Bytes,
}

/// Somebody who listens to webhooks.
#[derive(Clone)]
pub struct Listener {
    pub url: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    /// So many of the next webhooks are not taken.
    refuses: Arc<AtomicUsize>,
}

impl Listener {
    pub async fn new() -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let listener = Self {
            url: format!("http://{}/hook", socket.local_addr().unwrap()),
            heard: Arc::default(),
            refuses: Arc::default(),
        };
        let router = Router::new()
            .route("/hook", post(hear))
            .with_state(listener.clone());
        tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
        listener
    }

    pub fn refuse(&self, times: usize) {
        self.refuses.store(times, Ordering::SeqCst);
    }

    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// The names of the events that were heard of, in order.
    pub fn names(&self) -> Vec<String> {
        let heard = self.heard();
        let name = |heard: &Heard| {
            let event: Value = serde_json::from_slice(&heard.body).unwrap();
            event["id"].as_str().unwrap().to_owned()
        };
        heard.iter().map(name).collect()
    }

    /// Waits until so many webhooks have come.
    pub async fn hears(&self, count: usize) -> Vec<String> {
        let waiting = async {
            while self.heard().len() < count {
                tokio::task::yield_now().await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(
            came.is_ok(),
            "only {} of {count} webhooks came",
            self.heard().len()
        );
        self.names()
    }
}

async fn hear(State(listener): State<Listener>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let left = listener.refuses.load(Ordering::SeqCst);
    if left > 0 {
        listener.refuses.store(left - 1, Ordering::SeqCst);
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    listener
        .heard
        .lock()
        .unwrap()
        .push(Heard { signature, body });
    StatusCode::OK
}
