//! Routes that do what a test needs: echo, wait, fail, panic, refuse.

use std::convert::Infallible;
use std::sync::Arc;

use api::{
    Api, ApiError, Asked, Body, ClientAddress, IdempotencyKey, Position, Query, Reached, Routes,
    kinds,
};
use axum::Json;
use axum::extract::State;
use futures::stream::{self, StreamExt as _};
use projections::streams::Streams;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use utoipa_axum::routes;

/// A route that waits until the test lets it go on.
#[derive(Clone)]
pub struct Gate {
    entered: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Gate {
    pub fn closed() -> Self {
        Self {
            entered: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Until a request is inside.
    pub async fn entered(&self) {
        self.entered.acquire().await.unwrap().forget();
    }

    pub fn open(&self) {
        self.open.add_permits(1);
    }
}

pub fn routes(gate: Gate) -> Routes {
    Routes::new()
        .routes(routes!(echo))
        .routes(routes!(page))
        .routes(routes!(internal))
        .routes(routes!(panic))
        .routes(routes!(slow))
        .routes(routes!(endless))
        .routes(routes!(address))
        .routes(routes!(reached))
        .routes(routes!(asked))
        .routes(routes!(private))
        .with_state(gate)
}

/// One that lets anybody in, and one that does not.
pub fn doors() -> Routes {
    Routes::new()
        .routes(routes!(address))
        .routes(routes!(private))
}

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Note {
    text: String,
    count: u8,
}

#[utoipa::path(post, path = "/v1/probe/echo", request_body = Note, responses((status = 200)))]
async fn echo(body: Body<Note>) -> Json<Note> {
    Json(body.value)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    limit: Option<u8>,
}

#[utoipa::path(get, path = "/v1/probe/page", responses((status = 200)))]
async fn page(Query(Page { limit }): Query<Page>) -> Json<Option<u8>> {
    Json(limit)
}

#[utoipa::path(get, path = "/v1/probe/internal", responses((status = 500)))]
async fn internal() -> ApiError {
    ApiError::internal("select password from secrets")
}

#[utoipa::path(get, path = "/v1/probe/panic", responses((status = 500)))]
async fn panic() {
    panic!("the secret is out");
}

#[utoipa::path(get, path = "/v1/probe/slow", responses((status = 200)))]
async fn slow(State(gate): State<Gate>) -> &'static str {
    gate.entered.add_permits(1);
    gate.open.acquire().await.unwrap().forget();
    "done"
}

#[utoipa::path(get, path = "/v1/probe/endless", responses((status = 200)))]
async fn endless() -> axum::body::Body {
    let beginning = stream::once(async { Ok::<_, Infallible>("beginning") });
    axum::body::Body::from_stream(beginning.chain(stream::pending()))
}

#[utoipa::path(get, path = "/v1/probe/address", responses((status = 200)))]
async fn address(ClientAddress(address): ClientAddress) -> String {
    address.to_string()
}

#[utoipa::path(get, path = "/v1/probe/reached", responses((status = 200)))]
async fn reached(api: Api, _: Reached<Streams>) -> Result<(Position, ()), ApiError> {
    Ok((Position(api.log().head().await?.position), ()))
}

#[derive(Serialize)]
struct Said {
    id: String,
    key: Option<String>,
    request: Option<String>,
}

#[utoipa::path(post, path = "/v1/probe/asked", responses((status = 200)))]
async fn asked(asked: Asked, key: Option<IdempotencyKey>, bytes: axum::body::Bytes) -> Json<Said> {
    let context = asked.context("user/1", &bytes);
    assert_eq!(asked.key(), key.as_ref());
    Json(Said {
        id: asked.id("user/1").to_string(),
        key: context.idempotency.map(|asked| asked.key),
        request: context.request_id,
    })
}

#[utoipa::path(get, path = "/v1/probe/private", responses((status = 401)))]
async fn private() -> ApiError {
    ApiError::new(&kinds::UNAUTHENTICATED)
}
