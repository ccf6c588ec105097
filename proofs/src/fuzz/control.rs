//! Routes that are wrong on purpose, each in a way that the fuzzer has to find.

use api::{ApiError, Body, Query, Routes};
use axum::Json;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

/// What is wrong, with the route that it is wrong at.
pub const WRONGS: [(&str, &str); 5] = [
    ("breaks down", "GET /v1/wrong/sum"),
    ("answers something else than it says", "GET /v1/wrong/shape"),
    (
        "answers with a status that nobody knows of",
        "GET /v1/wrong/status",
    ),
    ("lets strangers in", "GET /v1/wrong/door"),
    ("takes what it says it does not", "POST /v1/wrong/bound"),
];

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(sum))
        .routes(routes!(shape))
        .routes(routes!(status))
        .routes(routes!(door))
        .routes(routes!(bound))
}

/// A number
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    number: i32,
}

/// Something
#[derive(Serialize, ToSchema)]
struct Shape {
    /// Not negative, as it says
    #[schema(minimum = 0)]
    number: i32,
}

const SHAPE: Json<Shape> = Json(Shape { number: -1 });

/// Breaks down where the number is too great for it
#[utoipa::path(get, path = "/v1/wrong/sum", operation_id = "wrong_sum", security(()),
    params(Which), responses((status = 204, description = "It went well")))]
async fn sum(Query(which): Query<Which>) -> Result<StatusCode, ApiError> {
    let sum = which.number.checked_add(1_000_000_000);
    sum.map(|_| StatusCode::NO_CONTENT)
        .ok_or_else(|| ApiError::internal("the sum is too great"))
}

/// Answers something else
#[utoipa::path(get, path = "/v1/wrong/shape", operation_id = "wrong_shape", security(()),
    responses((status = 200, description = "Not what comes", body = Shape)))]
async fn shape() -> Json<Shape> {
    SHAPE
}

/// Answers with a success that is not in the list
#[utoipa::path(get, path = "/v1/wrong/status", operation_id = "wrong_status", security(()),
    responses((status = 200, description = "Not what comes", body = Shape)))]
async fn status() -> (StatusCode, Json<Shape>) {
    (StatusCode::CREATED, SHAPE)
}

/// Says that it is closed, and is not
#[utoipa::path(get, path = "/v1/wrong/door", operation_id = "wrong_door",
    security(("bearer" = [])), responses((status = 204, description = "Somebody came in")))]
async fn door() -> StatusCode {
    StatusCode::NO_CONTENT
}

/// Says that it is bounded, and is not
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Bound {
    #[schema(max_length = 3)]
    #[expect(dead_code, reason = "nobody looks at it: that is what is wrong")]
    text: String,
}

/// Takes what is too long
#[utoipa::path(post, path = "/v1/wrong/bound", operation_id = "wrong_bound", security(()),
    request_body = Bound, responses((status = 204, description = "Taken")))]
async fn bound(_: Body<Bound>) -> StatusCode {
    StatusCode::NO_CONTENT
}
