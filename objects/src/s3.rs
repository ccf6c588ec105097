//! Keeps bytes in an S3: whoever brings or reads them speaks to it directly, by links it signed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{StreamExt as _, TryStreamExt as _};
use http::header::CONTENT_LENGTH;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited, StreamBody};
use hyper::body::Frame;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer as _};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, PutPayload};
use serde::Deserialize;

use crate::held_back::held_back;
use crate::key::Key;
use crate::part::{Part, Upload};
use crate::settings::Place;
use crate::shelf::{ByteStream, ShelfError};
use crate::transport::{Reach, Transport, TransportError};

const OWN_LINKS_LAST: Duration = Duration::from_mins(10);
/// A list of parts is short.
const LIST_BYTES_MAX: usize = 1024 * 1024;

#[derive(Clone, Debug)]
pub struct S3 {
    store: Arc<AmazonS3>,
    prefix: String,
    transport: Transport,
}

#[async_trait]
impl HttpService for Transport {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let sent = self.send(request).await;
        let (parts, body) = sent.map_err(told_apart)?.into_parts();
        let body = body.map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error));
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)))
    }
}

fn told_apart(error: TransportError) -> HttpError {
    let kind = match &error {
        TransportError::Connect(_) => HttpErrorKind::Connect,
        TransportError::TimedOut => HttpErrorKind::Timeout,
        TransportError::Broken(_) => HttpErrorKind::Interrupted,
        TransportError::Address | TransportError::Private => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}

#[derive(Debug)]
struct Connector(Transport);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// What an S3 says of the parts that have arrived.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListParts {
    #[serde(default, rename = "Part")]
    parts: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    part_number: u32,
    size: u64,
    last_modified: DateTime<Utc>,
    #[serde(rename = "ETag")]
    etag: String,
}

impl S3 {
    /// Nothing where the place is no S3.
    pub fn open(place: &Place) -> Result<Option<Self>, ShelfError> {
        let Place::S3 {
            bucket,
            prefix,
            endpoint,
            region,
            access_key,
            secret_key,
        } = place
        else {
            return Ok(None);
        };
        let transport = Transport::new(Reach::Anybody);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(bucket)
            .with_region(region)
            .with_access_key_id(access_key)
            .with_secret_access_key(secret_key)
            .with_http_connector(Connector(transport.clone()));
        if let Some(endpoint) = endpoint {
            // Whoever runs one on their own machine or network knows what is in the clear there.
            builder = builder
                .with_endpoint(endpoint)
                .with_allow_http(endpoint.starts_with("http://"));
        }
        Ok(Some(Self {
            store: Arc::new(builder.build()?),
            prefix: prefix.clone(),
            transport,
        }))
    }

    fn path(&self, text: &str) -> Result<Path, ShelfError> {
        let path = Path::parse(format!("{}{text}", self.prefix));
        path.map_err(|error| ShelfError::Store(error.into()))
    }

    async fn signed(
        &self,
        method: Method,
        key: &Key,
        query: &[(&str, &str)],
        lasts: Duration,
    ) -> Result<String, ShelfError> {
        let options = SignedUrlOptions::new().with_query(query.iter().copied());
        let path = self.path(key.as_str())?;
        let url = self.store.signed_url_opts(method, &path, lasts, &options);
        Ok(url.await?.to_string())
    }

    /// The name under which the parts of this one will be known.
    pub async fn begin(&self, key: &Key) -> Result<String, ShelfError> {
        Ok(self
            .store
            .create_multipart(&self.path(key.as_str())?)
            .await?)
    }

    pub async fn part_url(
        &self,
        upload: &Upload,
        number: u32,
        lasts: Duration,
    ) -> Result<String, ShelfError> {
        let (known_as, number) = (known_as(upload)?, number.to_string());
        let query = [("partNumber", number.as_str()), ("uploadId", known_as)];
        self.signed(Method::PUT, &upload.key, &query, lasts).await
    }

    /// A browser keeps what the link leads to under this name, and never shows it as a page.
    pub async fn read_url(
        &self,
        key: &Key,
        disposition: &str,
        lasts: Duration,
    ) -> Result<String, ShelfError> {
        let query = [
            ("response-content-disposition", disposition),
            ("response-content-type", "application/octet-stream"),
        ];
        self.signed(Method::GET, key, &query, lasts).await
    }

    /// Passes one part on as it comes.
    pub async fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        sha256: Option<[u8; 32]>,
        body: ByteStream,
    ) -> Result<(), ShelfError> {
        let expected = upload.bytes_of(number).ok_or(ShelfError::NoSuchPart)?;
        let url = self.part_url(upload, number, OWN_LINKS_LAST).await?;
        let (body, verdict) = held_back(body, expected, sha256);
        let body = StreamBody::new(body.map_ok(Frame::data));
        let request = Request::put(url).header(CONTENT_LENGTH, expected);
        let request = request
            .body(body)
            .map_err(|error| ShelfError::Store(Box::new(error)))?;
        let sent = self.transport.send(request).await;
        // What was wrong with the bytes explains why the conversation broke off.
        if let Some(refusal) = verdict.refusal() {
            return Err(refusal);
        }
        let response = sent.map_err(|error| ShelfError::Store(Box::new(error)))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND => Err(ShelfError::Complete),
            status => Err(ShelfError::Store(
                format!("a part was answered with {status}").into(),
            )),
        }
    }

    pub async fn parts(&self, upload: &Upload) -> Result<Vec<Part>, ShelfError> {
        let listed = self.listed(upload).await?.unwrap_or_default();
        let part = |it: &Listed| Part {
            number: it.part_number,
            bytes: it.size,
            arrived_at: it.last_modified,
        };
        Ok(listed.iter().map(part).collect())
    }

    /// Nothing where there is no such upload: it never began, or was put together.
    async fn listed(&self, upload: &Upload) -> Result<Option<Vec<Listed>>, ShelfError> {
        let Some(known_as) = upload.known_as.as_deref() else {
            return Ok(None);
        };
        let query = [("max-parts", "1000"), ("uploadId", known_as)];
        let url = self.signed(Method::GET, &upload.key, &query, OWN_LINKS_LAST);
        let request = Request::get(url.await?).body(Empty::<Bytes>::new());
        let request = request.map_err(|error| ShelfError::Store(Box::new(error)))?;
        let sent = self.transport.send(request).await;
        let response = sent.map_err(|error| ShelfError::Store(Box::new(error)))?;
        match response.status() {
            StatusCode::NOT_FOUND => return Ok(None),
            StatusCode::OK => {}
            status => {
                let said = format!("a list of parts was answered with {status}");
                return Err(ShelfError::Store(said.into()));
            }
        }
        let body = Limited::new(response.into_body(), LIST_BYTES_MAX).collect();
        let body = body.await.map_err(ShelfError::Store)?.to_bytes();
        let list: ListParts = quick_xml::de::from_reader(&body[..])
            .map_err(|error| ShelfError::Store(Box::new(error)))?;
        Ok(Some(list.parts))
    }

    /// Makes one object of the parts, once they are all there. Asked again, it is so already.
    pub async fn join(&self, upload: &Upload) -> Result<(), ShelfError> {
        let path = self.path(upload.key.as_str())?;
        let Some(mut listed) = self.listed(upload).await? else {
            return match self.store.head(&path).await {
                Ok(_) => Ok(()),
                Err(object_store::Error::NotFound { .. }) => {
                    Err(ShelfError::PartsMissing(upload.missing(&[])))
                }
                Err(error) => Err(error.into()),
            };
        };
        let missing = upload.missing(&self.parts(upload).await?);
        if !missing.is_empty() {
            return Err(ShelfError::PartsMissing(missing));
        }
        listed.sort_by_key(|it| it.part_number);
        let part = |it: Listed| PartId {
            content_id: it.etag,
        };
        let parts = listed.into_iter().map(part).collect();
        let id = known_as(upload)?.to_owned();
        self.store.complete_multipart(&path, &id, parts).await?;
        Ok(())
    }

    pub async fn abandon(&self, upload: &Upload) -> Result<(), ShelfError> {
        let Some(known_as) = &upload.known_as else {
            return Ok(());
        };
        let path = self.path(upload.key.as_str())?;
        let aborted = self.store.abort_multipart(&path, known_as).await;
        forgiven(aborted)
    }

    pub async fn remove(&self, key: &Key, notes: &[&str]) -> Result<(), ShelfError> {
        forgiven(self.store.delete(&self.path(key.as_str())?).await)?;
        for note in notes {
            forgiven(self.store.delete(&self.path(&key.beside(note))?).await)?;
        }
        Ok(())
    }

    /// All of it.
    pub async fn read_all(&self, key: &Key) -> Result<ByteStream, ShelfError> {
        let found = self.store.get(&self.path(key.as_str())?).await?;
        Ok(found.into_stream().map_err(std::io::Error::other).boxed())
    }

    pub async fn read(&self, key: &Key, begin: u64, bytes: u64) -> Result<ByteStream, ShelfError> {
        let range = GetRange::Bounded(begin..begin.saturating_add(bytes));
        let options = GetOptions {
            range: Some(range),
            ..GetOptions::default()
        };
        let path = self.path(key.as_str())?;
        let found = self.store.get_opts(&path, options).await?;
        Ok(found.into_stream().map_err(std::io::Error::other).boxed())
    }

    pub async fn write_note(
        &self,
        key: &Key,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<(), ShelfError> {
        let path = self.path(&key.beside(name))?;
        self.store.put(&path, PutPayload::from(bytes)).await?;
        Ok(())
    }

    pub async fn read_note(&self, key: &Key, name: &str) -> Result<Bytes, ShelfError> {
        let found = self.store.get(&self.path(&key.beside(name))?).await?;
        Ok(found.bytes().await?)
    }
}

fn known_as(upload: &Upload) -> Result<&str, ShelfError> {
    upload.known_as.as_deref().ok_or(ShelfError::Missing)
}

/// What is not there need not go.
fn forgiven(outcome: object_store::Result<()>) -> Result<(), ShelfError> {
    match outcome {
        Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
