//! A server that keeps to the contract with machines, and behaves badly when it is told to.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use futures::StreamExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Small, so that every file has several.
const PART_BYTES: usize = 10_000;
/// Longer than any test should have to wait, even beside a build.
const PATIENCE: Duration = Duration::from_mins(1);

/// What was said to the server, and what it is to do.
#[derive(Default)]
pub struct State {
    pub queue: VecDeque<Value>,
    /// Each request to a machine's routes: the last part of its path, and its body.
    pub heard: Vec<(String, Value)>,
    pub objects: HashMap<String, Vec<u8>>,
    parts: HashMap<String, Vec<Option<Vec<u8>>>>,
    pub files: HashMap<String, Vec<u8>>,
    /// How many downloads break in their middle.
    pub broken_downloads: u32,
    /// From which bytes downloads began.
    pub ranges: Vec<String>,
    /// Answers 503 to everything.
    pub is_out: bool,
    /// The lease was given to somebody else.
    pub is_lost: bool,
    pub desired: Option<&'static str>,
    pub seconds_max: Option<u64>,
    pub token_uses: u32,
}

#[derive(Clone)]
pub struct Stand {
    pub url: String,
    state: Arc<Mutex<State>>,
}

impl Stand {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let routes = Router::new()
            .route("/v1/machines/enrol", post(enrol))
            .route("/v1/machines/heartbeat", post(beat))
            .route("/tasks/pull", post(pull))
            .route("/tasks/{task}/uploads", post(upload))
            .route("/tasks/{task}/uploads/{object}/complete", post(stored))
            .route("/tasks/{task}/{verb}", post(said))
            .route("/parts/{object}/{number}", put(part))
            .route("/files/{name}", get(file))
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, state }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Has the next machine that asks lease a unit.
    pub fn lease(&self, assignment: Value) {
        self.state().queue.push_back(assignment);
    }

    /// Offers a file, and answers with what an assignment says of it.
    pub fn offer(&self, name: &str, content: Vec<u8>) -> Value {
        let sha256 = sha256(&content);
        let bytes = content.len();
        self.state().files.insert(name.to_owned(), content);
        json!({ "name": name, "url": format!("/files/{name}"), "bytes": bytes, "sha256": sha256 })
    }

    /// What was said under a verb, in order.
    pub fn heard(&self, verb: &str) -> Vec<Value> {
        let state = self.state();
        let said = state.heard.iter().filter(|(heard, _)| heard == verb);
        said.map(|(_, body)| body.clone()).collect()
    }

    /// The checkpoints that were reported.
    pub fn checkpoints(&self) -> Vec<Value> {
        let progress = self.heard("progress").into_iter();
        let checkpoints = progress.map(|it| it["checkpoint"].clone());
        checkpoints.filter(|it| !it.is_null()).collect()
    }

    pub async fn wait_for<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let mut often = tokio::time::interval(Duration::from_millis(20));
        let until = tokio::time::Instant::now() + PATIENCE;
        loop {
            often.tick().await;
            if let Some(found) = look(self) {
                return found;
            }
            let late = tokio::time::Instant::now() > until;
            assert!(!late, "no {what}; heard: {:?}", self.state().heard);
        }
    }

    /// The first body under a verb.
    pub async fn wait_to_hear(&self, verb: &str) -> Value {
        self.wait_for(verb, |stand| stand.heard(verb).into_iter().next())
            .await
    }
}

pub fn sha256(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

type Said = Result<Response, Refusal>;

struct Refusal(StatusCode, &'static str);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = json!({ "code": self.1, "detail": "as the test wants it" });
        (self.0, Json(problem)).into_response()
    }
}

fn enter<'a>(
    state: &'a Arc<Mutex<State>>,
    headers: &HeaderMap,
) -> Result<MutexGuard<'a, State>, Refusal> {
    let state = state.lock().unwrap();
    if state.is_out {
        return Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, "out"));
    }
    if headers
        .get("authorization")
        .is_none_or(|it| it != "Bearer machine-secret")
    {
        return Err(Refusal(StatusCode::UNAUTHORIZED, "stranger"));
    }
    Ok(state)
}

async fn enrol(Shared(state): Shared<Arc<Mutex<State>>>, Json(body): Json<Value>) -> Said {
    let mut state = state.lock().unwrap();
    if body["token"] != "join-token" {
        return Err(Refusal(
            StatusCode::UNPROCESSABLE_ENTITY,
            "servers/token/refused",
        ));
    }
    state.token_uses += 1;
    state.heard.push(("enrol".to_owned(), body));
    let joined = json!({ "machine": "machine_1", "secret": "machine-secret" });
    Ok((StatusCode::CREATED, Json(joined)).into_response())
}

async fn beat(
    Shared(state): Shared<Arc<Mutex<State>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Said {
    enter(&state, &headers)?
        .heard
        .push(("beat".to_owned(), body));
    Ok(Json(json!({ "desired": "work" })).into_response())
}

async fn pull(
    Shared(state): Shared<Arc<Mutex<State>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Said {
    let seconds = body["wait_seconds"].as_u64().unwrap();
    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(assignment) = enter(&state, &headers)?.queue.pop_front() {
            return Ok(Json(assignment).into_response());
        }
        if tokio::time::Instant::now() > until {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn told(state: &State) -> Response {
    let desired = state.desired.unwrap_or("run");
    let seconds_max = state.seconds_max.unwrap_or(600);
    Json(json!({ "desired": desired, "lease_seconds": 20, "seconds_max": seconds_max }))
        .into_response()
}

async fn said(
    Shared(state): Shared<Arc<Mutex<State>>>,
    Path((_, verb)): Path<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Said {
    let mut state = enter(&state, &headers)?;
    if state.is_lost {
        return Err(Refusal(StatusCode::CONFLICT, "work/lease/lost"));
    }
    for line in body["logs"].as_array().into_iter().flatten() {
        let level = line["level"].as_str().unwrap();
        assert!(
            ["debug", "info", "warn", "error"].contains(&level),
            "{level}"
        );
    }
    state.heard.push((verb, body));
    Ok(told(&state))
}

async fn upload(
    Shared(state): Shared<Arc<Mutex<State>>>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Said {
    let mut state = enter(&state, &headers)?;
    let object = format!("object_{}", state.parts.len() + 1);
    let bytes = usize::try_from(body["bytes"].as_u64().unwrap()).unwrap();
    let lengths: Vec<usize> = (0..bytes)
        .step_by(PART_BYTES)
        .map(|at| PART_BYTES.min(bytes - at))
        .collect();
    state
        .parts
        .insert(object.clone(), vec![None; lengths.len()]);
    state.heard.push(("uploads".to_owned(), body));
    let parts = lengths.into_iter().enumerate().map(|(index, bytes)| {
        let number = index + 1;
        json!({ "number": number, "url": format!("/parts/{object}/{number}"), "bytes": bytes })
    });
    let parts: Vec<Value> = parts.collect();
    let made = json!({ "object": object, "part_bytes": PART_BYTES, "parts": parts });
    Ok((StatusCode::CREATED, Json(made)).into_response())
}

async fn part(
    Shared(state): Shared<Arc<Mutex<State>>>,
    Path((object, number)): Path<(String, usize)>,
    headers: HeaderMap,
    body: Bytes,
) -> Said {
    let mut state = state.lock().unwrap();
    if state.is_out {
        return Err(Refusal(StatusCode::SERVICE_UNAVAILABLE, "out"));
    }
    assert!(
        headers.get("authorization").is_none(),
        "links carry their own permission"
    );
    assert_eq!(headers["x-part-sha256"], sha256(&body).as_str());
    state.parts.get_mut(&object).unwrap()[number - 1] = Some(body.to_vec());
    Ok(StatusCode::OK.into_response())
}

async fn stored(
    Shared(state): Shared<Arc<Mutex<State>>>,
    Path((_, object)): Path<(String, String)>,
    headers: HeaderMap,
) -> Said {
    let mut state = enter(&state, &headers)?;
    let parts = state.parts[&object].iter().cloned();
    let content: Vec<u8> = parts.map(Option::unwrap).collect::<Vec<_>>().concat();
    let answer = json!({ "object": object, "bytes": content.len(), "sha256": sha256(&content) });
    state.objects.insert(object, content);
    Ok(Json(answer).into_response())
}

async fn file(
    Shared(state): Shared<Arc<Mutex<State>>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Said {
    let mut state = state.lock().unwrap();
    let range = headers
        .get("range")
        .map(|it| it.to_str().unwrap().to_owned());
    let from = range.as_deref().map_or(0, |range| {
        let from = range
            .strip_prefix("bytes=")
            .unwrap()
            .strip_suffix('-')
            .unwrap();
        from.parse::<usize>().unwrap()
    });
    state.ranges.push(range.unwrap_or_default());
    let content = state.files[&name][from..].to_vec();
    let status = if from > 0 {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    if state.broken_downloads > 0 {
        state.broken_downloads -= 1;
        // Less than the length that is promised: the connection breaks.
        let half = content[..content.len() / 2].to_vec();
        let promised = [("content-length", content.len().to_string())];
        let broken = futures::stream::once(async { Ok(Bytes::from(half)) });
        let broken = broken.chain(futures::stream::once(async {
            // Long enough for the first half to leave.
            tokio::time::sleep(Duration::from_millis(100)).await;
            Err(std::io::Error::other("broken"))
        }));
        return Ok((status, promised, axum::body::Body::from_stream(broken)).into_response());
    }
    Ok((status, content).into_response())
}
