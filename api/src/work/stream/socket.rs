//! The same stream over a WebSocket, for programs that would rather have one.

use axum::Extension;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use utoipa_axum::routes;

use super::sse::From;
use super::stream;
use crate::api::Routes;
use crate::parameters::{Path, Query};
use crate::problem::{ApiError, Kind};
use crate::server::Stopping;
use crate::users::Caller;
use crate::work::Work;

const UPGRADE_REQUIRED: Kind = Kind::new(
    axum::http::StatusCode::UPGRADE_REQUIRED,
    "work/stream/upgrade-required",
    "This is a WebSocket",
);

pub fn routes() -> Routes {
    Routes::new().routes(routes!(socket))
}

/// What is said of a unit, over a WebSocket
///
/// Each message is JSON: `{"id", "event", "data"}`, as in the stream of events. It ends with the
/// unit.
#[utoipa::path(get, path = "/v1/tasks/{unit}/stream", tag = "work", operation_id = "task_stream",
    security(("bearer" = [])),
    params(("unit" = String, Path, description = "Which unit"), From),
    responses((status = 101, description = "The messages")))]
async fn socket(
    caller: Caller,
    work: Extension<Work>,
    stopping: Stopping,
    Path(unit): Path<String>,
    from: Query<From>,
    upgrade: Result<WebSocketUpgrade, axum::extract::ws::rejection::WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let (unit, _) = work.own(&caller, &unit).await?;
    let after = from.0.after()?;
    let upgrade = upgrade.map_err(|_| {
        ApiError::new(&UPGRADE_REQUIRED)
            .detail("Connect with a WebSocket, or read /events instead.")
    })?;
    let told = stream(work.0.clone(), unit, after, stopping);
    // Nobody has anything to say to it.
    let upgrade = upgrade.max_message_size(1024).max_frame_size(1024);
    Ok(upgrade
        .on_upgrade(move |socket| tell(socket, told))
        .into_response())
}

async fn tell(
    mut socket: WebSocket,
    told: impl futures::Stream<Item = Result<super::Told, ApiError>> + Send,
) {
    let mut told = std::pin::pin!(told);
    loop {
        let message = tokio::select! {
            told = told.next() => match told {
                Some(Ok(told)) => match serde_json::to_string(&told) {
                    Ok(text) => Message::Text(text.into()),
                    Err(_) => break,
                },
                Some(Err(error)) => {
                    tracing::warn!(?error, "a stream broke off");
                    break;
                }
                None => break,
            },
            // Reading answers pings; whatever else is said, nobody listens.
            heard = socket.recv() => match heard {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
    drop(socket.send(Message::Close(None)).await);
}
