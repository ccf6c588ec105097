//! Buckets of one's own, and asking like anybody who has nothing but a link.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use objects::{Place, Reach, Shelf, Transport};
use workbench::storage;

pub struct Bucket {
    pub shelf: Shelf,
    /// Of somebody who does not know the secret.
    pub stranger: Shelf,
}

pub async fn bucket(name: &str) -> Bucket {
    let bucket = storage::bucket(name).await;
    let place = |secret: &str| Place::S3 {
        bucket: bucket.name.clone(),
        prefix: "in/here/".to_owned(),
        endpoint: Some(bucket.endpoint.clone()),
        region: "us-east-1".to_owned(),
        access_key: bucket.access_key.to_owned(),
        secret_key: secret.to_owned(),
    };
    Bucket {
        shelf: Shelf::open(&place(bucket.secret_key)).unwrap(),
        stranger: Shelf::open(&place("wrong")).unwrap(),
    }
}

/// Asks like anybody who has nothing but a link.
pub async fn ask(method: Method, url: &str, body: &[u8]) -> Result<Response<Bytes>, String> {
    let request = Request::builder()
        .method(method)
        .uri(url)
        .header("content-length", body.len())
        .body(Full::new(Bytes::copy_from_slice(body)))
        .unwrap();
    let sent = Transport::new(Reach::Anybody).send(request).await;
    let (parts, body) = sent.map_err(|error| format!("{error:?}"))?.into_parts();
    let body = body.collect().await.map_err(|error| error.to_string())?;
    Ok(Response::from_parts(parts, body.to_bytes()))
}
