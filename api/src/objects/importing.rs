//! Fetching a dataset from where somebody says it lies: only from places that everybody can reach.

use std::io;
use std::time::Duration;

use ::objects::{ByteStream, Reach, Transport, TransportError};
use axum::body::Bytes;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, HeaderValue, LOCATION, USER_AGENT,
};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::response::{IntoResponse as _, Response as Answer};
use axum::{Extension, Json};
use domain::objects::{ObjectId, ObjectKind, RemovedBecause};
use domain::users::{Scope, UserId};
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use serde::Deserialize;
use store::Context;
use tokio::sync::mpsc;
use tokio::time::timeout;
use url::Url;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Objects;
use super::opening::NewObject;
use super::problems::{SOURCE_PRIVATE, SOURCE_REFUSED, TOO_LARGE, unshelved};
use super::shown::{FileName, InspectedDataset};
use crate::api::Routes;
use crate::asked::Asked;
use crate::body::Body;
use crate::problem::ApiError;
use crate::users::Caller;

/// Whoever does not begin to answer within this time is not asked any longer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// Whoever sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
const REDIRECTS_MAX: usize = 5;
const URL_BYTES_MAX: usize = 2_000;
const AGENT: HeaderValue = HeaderValue::from_static("trainnet");

pub fn routes() -> Routes {
    Routes::new().routes(routes!(import))
}

/// Where a dataset lies
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Of https, and of a place that everybody can reach
    #[schema(max_length = 2000, example = "https://data.example/reviews.csv")]
    url: String,
    /// As the address ends, where nothing is said
    name: Option<FileName>,
}

/// Fetch a dataset
///
/// It goes on by itself: look at the dataset to see how far it has come.
#[utoipa::path(post, path = "/v1/datasets/import", tag = "objects",
    operation_id = "import_dataset", security(("bearer" = [])), request_body = Source,
    responses((status = 202, description = "It is being fetched", body = InspectedDataset)))]
async fn import(
    asked: Asked,
    caller: Caller,
    objects: Extension<Objects>,
    body: Body<Source>,
) -> Result<Answer, ApiError> {
    caller.insist(Scope::JobsWrite)?;
    let Source { url, name } = body.value;
    let name = name.map(FileName::checked).transpose()?;
    let actor = caller.actor();
    let object = ObjectId::new(asked.id(&actor));
    let context = asked.context(&actor, &body.bytes);
    let user = caller.user();
    objects.import(object, user, &url, name, &context).await?;
    let shown = objects.shown(object, user).await?;
    Ok((StatusCode::ACCEPTED, Json(shown)).into_response())
}

impl Objects {
    /// Begins to fetch a dataset for somebody, and goes on by itself: when it is there it is
    /// completed and looked into, and when its source breaks off it is let go.
    ///
    /// Asked again under the same key, it is the same dataset, fetched once more if need be.
    pub async fn import(
        &self,
        object: ObjectId,
        owner: UserId,
        url: &str,
        name: Option<String>,
        context: &Context,
    ) -> Result<(), ApiError> {
        let source = self.source(url)?;
        let name = name.unwrap_or_else(|| name_of(&source));
        let reply = timeout(ANSWER_TIME_MAX, self.fetch(source)).await;
        let reply = reply.map_err(|_| refused("The source does not answer in time."))??;
        let bytes = length_of(reply.headers())?;
        let new = NewObject {
            object,
            owner,
            kind: ObjectKind::Dataset,
            name: Some(name),
            bytes,
            sha256: None,
            under: None,
        };
        let opening = self.open(new, context).await?;
        // There is nothing to send where all of it came before.
        if opening.parts.is_empty() {
            return Ok(());
        }
        let (objects, context) = (self.clone(), context.clone().without_key());
        let sizes: Vec<u64> = opening.parts.iter().map(|part| part.bytes).collect();
        tokio::spawn(async move {
            let taken = objects.take_in(object, &sizes, reply.into_body()).await;
            let outcome = match taken {
                Ok(()) => objects.complete_patiently(object, &context).await,
                Err(error) => Err(error),
            };
            if let Err(error) = outcome {
                tracing::info!(%object, ?error, "a dataset could not be fetched");
                let removed = objects
                    .remove(object, RemovedBecause::Source, &context)
                    .await;
                if let Err(error) = removed {
                    tracing::warn!(%object, ?error, "what came of it was not let go");
                }
            }
        });
        Ok(())
    }

    /// An address that we may ask, as far as its text tells.
    fn source(&self, text: &str) -> Result<Url, ApiError> {
        let parsed = Url::parse(text)
            .ok()
            .filter(|_| text.len() <= URL_BYTES_MAX);
        let url =
            parsed.ok_or_else(|| refused("Send the address of a file, beginning with https."))?;
        let may_be_plain = self.0.settings.private_sources;
        let is_known = url.scheme() == "https" || may_be_plain && url.scheme() == "http";
        if !is_known || !url.has_host() {
            return Err(refused("Send an address that begins with https."));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("Send an address without a password in it."));
        }
        Ok(url)
    }

    /// Follows the source to where it leads; each place on the way is judged like the first.
    async fn fetch(&self, mut url: Url) -> Result<Response<Incoming>, ApiError> {
        let reach = if self.0.settings.private_sources {
            Reach::Anybody
        } else {
            Reach::PublicOnly
        };
        let transport = Transport::new(reach);
        for _ in 0..=REDIRECTS_MAX {
            let request = Request::get(url.as_str())
                .header(USER_AGENT, AGENT)
                .header(ACCEPT, HeaderValue::from_static("*/*"))
                .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"))
                .body(Empty::<Bytes>::new())
                .map_err(|_| refused("The address cannot be asked."))?;
            let reply = transport.send(request).await.map_err(unreached)?;
            let status = reply.status();
            if status == StatusCode::OK {
                return Ok(reply);
            }
            if !status.is_redirection() {
                return Err(refused(format!("The source answers {}.", status.as_u16())));
            }
            let next = reply.headers().get(LOCATION);
            let next = next.and_then(|it| it.to_str().ok());
            let next = next.and_then(|it| url.join(it).ok());
            let next = next.ok_or_else(|| refused("The source leads nowhere."))?;
            url = self.source(next.as_str())?;
        }
        Err(refused("The source leads from place to place."))
    }

    /// Puts what comes into the parts of an upload, one after the other.
    async fn take_in(
        &self,
        object: ObjectId,
        sizes: &[u64],
        body: Incoming,
    ) -> Result<(), ApiError> {
        let mut coming = Coming {
            body,
            left_over: Bytes::new(),
        };
        for (number, size) in (1..).zip(sizes) {
            let room = self.arriving(object).await?;
            let upload = self.upload(&room).await?;
            let (sender, receiver) = mpsc::channel(8);
            let put = self
                .shelf()
                .put_part(&upload, number, None, stream(receiver));
            let (put, ()) = tokio::join!(put, coming.feed(*size, sender));
            put.map_err(unshelved)?;
            self.renew(object).await?;
        }
        Ok(())
    }

    /// However long it takes to read all of it.
    async fn complete_patiently(
        &self,
        object: ObjectId,
        context: &Context,
    ) -> Result<(), ApiError> {
        loop {
            match self.complete(object, context).await {
                Ok(_) => return Ok(()),
                Err(error) if *error.kind() == super::problems::CHECKING => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// A body that is cut into parts as it comes.
struct Coming {
    body: Incoming,
    left_over: Bytes,
}

impl Coming {
    /// Passes on so many bytes, or less and why there are no more.
    async fn feed(&mut self, mut left: u64, sender: mpsc::Sender<io::Result<Bytes>>) {
        while left > 0 {
            let next = if self.left_over.is_empty() {
                self.next().await
            } else {
                Ok(std::mem::take(&mut self.left_over))
            };
            let passed = next.map(|mut chunk| {
                let room = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
                self.left_over = chunk.split_off(room);
                left -= u64::try_from(room).unwrap_or(left);
                chunk
            });
            let is_over = passed.is_err();
            if sender.send(passed).await.is_err() || is_over {
                return;
            }
        }
    }

    async fn next(&mut self) -> io::Result<Bytes> {
        loop {
            let frame = timeout(SILENCE_MAX, self.body.frame()).await;
            let frame = frame.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
            let frame = frame.ok_or(io::ErrorKind::UnexpectedEof)?;
            if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                return Ok(data);
            }
        }
    }
}

fn stream(receiver: mpsc::Receiver<io::Result<Bytes>>) -> ByteStream {
    let next = |mut receiver: mpsc::Receiver<_>| async {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    };
    futures::stream::unfold(receiver, next).boxed()
}

fn refused(detail: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(&SOURCE_REFUSED).detail(detail).field("url")
}

fn unreached(error: TransportError) -> ApiError {
    match error {
        TransportError::Private => ApiError::new(&SOURCE_PRIVATE)
            .detail("Send an address that everybody can reach.")
            .field("url"),
        // What exactly was found there is nobody's business.
        TransportError::Address
        | TransportError::TimedOut
        | TransportError::Connect(_)
        | TransportError::Broken(_) => refused("The source cannot be reached.").because(error),
    }
}

fn length_of(headers: &HeaderMap) -> Result<u64, ApiError> {
    let said = headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    let bytes = said.and_then(|text| text.parse().ok());
    let bytes = bytes.ok_or_else(|| refused("The source does not say how long the file is."))?;
    match bytes {
        0 => Err(refused("The source has an empty file.")),
        super::OBJECT_BYTES_MAX.. => Err(ApiError::new(&TOO_LARGE).field("url")),
        bytes => Ok(bytes),
    }
}

/// As the address ends.
fn name_of(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut it| it.next_back());
    let plain = |it: &char| !it.is_control() && !matches!(it, '/' | '\\');
    let name: String = last
        .unwrap_or_default()
        .chars()
        .filter(plain)
        .take(200)
        .collect();
    if name.is_empty() {
        "dataset".to_owned()
    } else {
        name
    }
}
