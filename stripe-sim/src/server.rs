//! Serves the contract over HTTP: who asks, under which key, and what goes wrong on purpose.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::form::Form;
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::world::{Delivery, Endpoint, Recalled, Switches, Terms, World};
use crate::{control, page, webhooks};

/// Time passes in steps of this, and the state is written down as often.
const STEP: Duration = Duration::from_millis(100);

/// A simulator that can be looked into while it runs; clones are one.
#[derive(Clone)]
pub struct Simulator(pub(crate) Arc<Inner>);

pub struct Inner {
    pub settings: Settings,
    world: Mutex<World>,
    more: Notify,
    /// Which webhooks were sent, with whether they were taken.
    sent: Mutex<Vec<(String, bool)>>,
}

/// A simulator that answers until this goes.
pub struct Running {
    pub simulator: Simulator,
    address: SocketAddr,
    tasks: [JoinHandle<()>; 3],
}

impl Drop for Running {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.simulator.0.write_down();
    }
}

impl Running {
    /// Where it answers, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Simulator {
    /// Answers at an address of this machine; port 0 is any that is free.
    pub async fn start(settings: Settings, listen: SocketAddr) -> anyhow::Result<Running> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("{listen} cannot be listened at"))?;
        let address = listener
            .local_addr()
            .context("the listener has no address")?;
        let mut world = match &settings.state {
            Some(path) => read_down(path, settings.seed)?,
            None => World::new(settings.seed),
        };
        world.base_url = format!("http://{address}");
        world.terms = Terms {
            fee_basis_points: settings.fee_basis_points,
            fee_cents: settings.fee_cents,
            dispute_fee_cents: settings.dispute_fee_cents,
            settles_after_seconds: settings.settles_after_seconds,
        };
        world.tick(settings.clock.now());
        let inner = Arc::new(Inner {
            settings,
            world: Mutex::new(world),
            more: Notify::new(),
            sent: Mutex::default(),
        });
        let simulator = Self(Arc::clone(&inner));
        let serving = axum::serve(listener, simulator.router()).into_future();
        let tasks = [
            tokio::spawn(async move { drop(serving.await) }),
            tokio::spawn(webhooks::run(Arc::clone(&inner))),
            tokio::spawn(pass_time(inner)),
        ];
        Ok(Running {
            simulator,
            address,
            tasks,
        })
    }

    fn router(&self) -> Router {
        Router::new()
            .merge(page::routes())
            .merge(control::routes())
            .fallback(answer)
            .with_state(self.clone())
    }

    /// Where webhooks go from now on, and nowhere else.
    pub fn tell(&self, url: impl Into<String>, secret: impl Into<String>) {
        let endpoint = Endpoint {
            url: url.into(),
            secret: secret.into(),
        };
        let mut world = self.world();
        // What waits from an earlier run is for whoever listens now.
        for delivery in &mut world.deliveries {
            delivery.endpoint = endpoint.clone();
        }
        world.endpoints = vec![endpoint];
    }

    /// Has something go wrong, or right again.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.world().switches);
        self.0.more.notify_one();
    }

    /// Which webhooks were sent so far, with whether they were taken.
    pub fn sent(&self) -> Vec<(String, bool)> {
        lock(&self.0.sent).clone()
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = lock(&self.0.world);
        world.tick(self.0.settings.clock.now());
        world
    }

    /// Lets those who send know that there may be something to send.
    pub(crate) fn nudge(&self) {
        self.0.more.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn read_down(path: &Path, seed: u64) -> anyhow::Result<World> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .with_context(|| format!("{} is no state of a simulator", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(World::new(seed)),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
    }
}

async fn pass_time(inner: Arc<Inner>) {
    let mut last = String::new();
    loop {
        tokio::time::sleep(STEP).await;
        lock(&inner.world).tick(inner.settings.clock.now());
        if let Some(text) = inner.text().filter(|text| *text != last) {
            inner.write(&text);
            last = text;
        }
        inner.more.notify_one();
    }
}

impl Inner {
    fn text(&self) -> Option<String> {
        self.settings.state.as_ref()?;
        serde_json::to_string(&*lock(&self.world)).ok()
    }

    fn write_down(&self) {
        if let Some(text) = self.text() {
            self.write(&text);
        }
    }

    /// Beside the old state first, so that there is always a whole one.
    fn write(&self, text: &str) {
        let Some(path) = &self.settings.state else {
            return;
        };
        let new = path.with_extension("new");
        let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, path));
        if let Err(error) = written {
            tracing::warn!(%error, path = %path.display(), "the state was not written down");
        }
    }

    pub fn now_milliseconds(&self) -> i64 {
        lock(&self.world).now() * 1_000
    }

    pub async fn wait_for_more(&self) {
        self.more.notified().await;
    }

    /// The webhooks that are to be sent now, in the order in which they are to be sent.
    pub fn take_due(&self) -> Vec<Delivery> {
        let mut world = lock(&self.world);
        let now = world.now() * 1_000;
        let Switches { hold, reorder, .. } = world.switches;
        if hold {
            return Vec::new();
        }
        let (mut due, later): (Vec<_>, Vec<_>) =
            world.deliveries.drain(..).partition(|it| it.due_at <= now);
        let oldest = due.iter().map(|it| it.due_at).min().unwrap_or(now);
        if reorder > 1 && !due.is_empty() && !webhooks::is_mixed(due.len(), reorder, now - oldest) {
            world.deliveries.extend(due.into_iter().chain(later));
            return Vec::new();
        }
        world.deliveries.extend(later);
        if reorder > 1 {
            due.reverse();
        }
        due
    }

    /// A webhook as it is sent, and the time that it is signed at.
    pub fn written(&self, delivery: &Delivery) -> (Vec<u8>, i64) {
        let world = lock(&self.world);
        let event = world.event(&delivery.event);
        let body = serde_json::to_vec_pretty(&event).unwrap_or_default();
        (body, world.now() + world.switches.skew_seconds)
    }

    pub fn note(&self, delivery: &Delivery, is_taken: bool) {
        lock(&self.sent).push((delivery.event.clone(), is_taken));
    }

    pub fn put_back(&self, delivery: Delivery) {
        lock(&self.world).deliveries.push_back(delivery);
    }
}

/// A request on its way through keys and faults.
struct Asked {
    method: Method,
    path: String,
    form: Form,
    key: Option<String>,
    fingerprint: String,
}

async fn answer(
    State(simulator): State<Simulator>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let form = Form::parse(
        uri.query().unwrap_or_default(),
        &String::from_utf8_lossy(&body),
    );
    let fingerprint = format!("{method} {} {}", uri.path(), form.fingerprint());
    let key = headers
        .get("idempotency-key")
        .and_then(|key| key.to_str().ok());
    let asked = Asked {
        path: uri.path().to_owned(),
        // What only looks needs no key.
        key: key.filter(|_| method == Method::POST).map(str::to_owned),
        method,
        form,
        fingerprint,
    };
    let request = simulator.world().request_name();
    let key = asked.key.clone();
    let outcome = match is_known(&simulator, &headers) {
        Ok(()) => asked.answer(&simulator).await,
        Err(refusal) => Err(refusal),
    };
    simulator.nudge();
    let (status, body, replayed) = match outcome {
        Ok(Given {
            status,
            body,
            replayed,
        }) => (status, body, replayed),
        Err(refusal) => (refusal.status, refusal.body(&request), false),
    };
    let mut response = (status, axum::Json(body)).into_response();
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put("request-id", &request);
    put("stripe-version", "2026-09-30.endive");
    if let Some(key) = key {
        put("idempotency-key", &key);
    }
    if replayed {
        put("idempotent-replayed", "true");
    }
    response
}

fn is_known(simulator: &Simulator, headers: &HeaderMap) -> Result<(), Refusal> {
    let shown = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let wanted = format!("Bearer {}", simulator.0.settings.secret_key);
    if shown == Some(wanted.as_str()) {
        Ok(())
    } else {
        Err(Refusal::unauthorized())
    }
}

struct Given {
    status: StatusCode,
    body: Value,
    replayed: bool,
}

impl Asked {
    async fn answer(mut self, simulator: &Simulator) -> Result<Given, Refusal> {
        let hang = {
            let mut world = simulator.world();
            if count_down(&mut world.switches.rate_limit) {
                return Err(Refusal::too_many());
            }
            if let Some(key) = &self.key
                && let Recalled::Answer(status, body) = world.recall(key, &self.fingerprint)?
            {
                return Ok(Given {
                    status,
                    body,
                    replayed: true,
                });
            }
            let changes = self.method == Method::POST;
            if changes && count_down(&mut world.switches.break_before) {
                return self.kept(&mut world, Err(Refusal::broken()));
            }
            let Some(path) = self.path.strip_prefix("/v1/").map(str::to_owned) else {
                return Err(Refusal::no_route(self.method.as_str(), &self.path));
            };
            let answer = world.answer(&self.method, &path, &mut self.form);
            if changes && answer.is_ok() && count_down(&mut world.switches.break_after) {
                return self.kept(&mut world, Err(Refusal::broken()));
            }
            if !(changes && answer.is_ok() && count_down(&mut world.switches.hang_after)) {
                return self.kept(&mut world, answer);
            }
            if let Some(key) = &self.key {
                world.keep(key, &self.fingerprint, None);
            }
            (answer, world.switches.hang_milliseconds)
        };
        let (answer, milliseconds) = hang;
        // Whoever asked may have gone; what was done is done and will be answered so.
        let (asked, simulator) = (self, simulator.clone());
        let hanging = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            asked.kept(&mut simulator.world(), answer)
        });
        hanging.await.unwrap_or_else(|_| Err(Refusal::broken()))
    }

    /// Answers for good: under a key, the same again. What was refused before anything was tried
    /// may be tried again.
    fn kept(&self, world: &mut World, answer: Result<Value, Refusal>) -> Result<Given, Refusal> {
        let request = world.request_name();
        let (status, body) = match &answer {
            Ok(body) => (StatusCode::OK, body.clone()),
            Err(refusal) => (refusal.status, refusal.body(&request)),
        };
        let is_final = status.is_success()
            || status.is_server_error()
            || status == StatusCode::PAYMENT_REQUIRED;
        if let Some(key) = self.key.as_ref().filter(|_| is_final) {
            world.keep(key, &self.fingerprint, Some((status, body.clone())));
        }
        answer.map(|body| Given {
            status,
            body,
            replayed: false,
        })
    }
}

const fn count_down(left: &mut u32) -> bool {
    let is_on = *left > 0;
    *left = left.saturating_sub(1);
    is_on
}
