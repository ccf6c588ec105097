//! Describes every route, for programs and for the browser in `/docs`.

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Content, OpenApi as Description, Ref, RefOr, ResponseBuilder};
use utoipa_axum::routes;

use crate::api::Routes;
use crate::problem::Problem;

/// The routes that answer a stranger, as method and path. A test walks the document: whatever is
/// not here must refuse one.
pub const PUBLIC_ROUTES: &[(&str, &str)] = &[
    ("get", "/docs"),
    ("get", "/docs/{file}"),
    ("get", "/healthz"),
    ("get", "/metrics"),
    ("get", "/openapi.json"),
    ("get", "/readyz"),
    ("get", "/v1/log/head"),
    ("get", "/.well-known/jwks.json"),
    ("post", "/v1/recovery"),
    ("post", "/v1/recovery/complete"),
    ("post", "/v1/sessions"),
    ("post", "/v1/sessions/refresh"),
    ("post", "/v1/users"),
    ("post", "/v1/users/confirm"),
    ("post", "/v1/users/confirm/again"),
];

const PROBLEM: &str = "Problem";

/// What the document says before any route adds to it.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "TrainNet",
        description = "One marketplace for compute with one set of books.\n\nRefusals are \
            `application/problem+json` with a stable `code`. A `POST` takes an `Idempotency-Key`: \
            the same request under the same key is done once. What changes something answers with \
            `Trainnet-Position`; send it back with a read to see the change. Times are RFC 3339 \
            in UTC. Fields that are not known are refused.",
    ),
    tags(
        (name = "users", description = "People: registering, proving who they are, being forgotten"),
        (name = "sessions", description = "Being signed in, here and elsewhere"),
        (name = "keys", description = "What programs show instead of signing in"),
        (name = "staff", description = "What staff see and decide"),
        (name = "log", description = "The record of everything that happened"),
        (name = "operations", description = "For those who run the program"),
        (name = "documentation", description = "What can be asked, and how"),
    ),
    components(schemas(Problem))
)]
pub struct Document;

/// Adds to every operation what is true of all of them.
pub fn complete(document: &mut Description) {
    let problem = Ref::from_schema_name(PROBLEM);
    let refusal = ResponseBuilder::new()
        .description("Why it was not granted")
        .content("application/problem+json", Content::new(Some(problem)))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    components
        .responses
        .insert(PROBLEM.to_owned(), RefOr::T(refusal));
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let bearer = RefOr::T(SecurityScheme::Http(bearer));
    let schemes = &mut components.security_schemes;
    schemes.insert("bearer".to_owned(), bearer);
    for operation in document.paths.paths.values_mut().flat_map(operations) {
        let responses = &mut operation.responses.responses;
        let refusal = || RefOr::Ref(Ref::from_response_name(PROBLEM));
        responses
            .entry("default".to_owned())
            .or_insert_with(refusal);
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let each = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    each.into_iter().flatten()
}

/// The document as it is sent; it does not change while the program runs.
#[derive(Clone, Debug)]
pub struct Served(Bytes);

impl Served {
    pub fn new(document: &Description) -> Self {
        let json = serde_json::to_vec(document).expect("the document is made of strings");
        Self(json.into())
    }
}

pub fn routes() -> Routes {
    Routes::new().routes(routes!(openapi))
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", operation_id = "openapi",
    security(()), responses((status = 200, description = "The document", body = Object,
        content_type = "application/json")))]
async fn openapi(Extension(Served(document)): Extension<Served>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, document)
}
