//! Where links lead: whoever has one may do what it says, until it expires.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use ::objects::{Grant, Key};
use axum::Extension;
use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::objects::{Object as State, ObjectId};
use domain::users::Digest;
use utoipa_axum::routes;

use super::body::{bytes, digest, length};
use super::problems::{self, LINK_INVALID, of_link, unshelved};
use super::{Objects, identity, key_of};
use crate::api::Routes;
use crate::parameters::Path;
use crate::problem::ApiError;

/// RFC 9530: what all of the file comes to, whatever part of it is sent.
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

pub fn routes() -> Routes {
    Routes::new().routes(routes!(read, write))
}

/// Read what a link leads to
///
/// In full or in part: `Range` is understood. The link itself says who may read.
#[utoipa::path(get, path = "/files/{token}", tag = "objects", operation_id = "read_file",
    security(()), params(("token" = String, Path, description = "From a link",
        pattern = "^[A-Za-z0-9_-]{1,2048}$")),
    responses(
        (status = 200, description = "The bytes; `Repr-Digest` says what they come to",
            body = String, content_type = "application/octet-stream"),
        (status = 206, description = "Some of the bytes",
            body = String, content_type = "application/octet-stream")))]
async fn read(
    objects: Extension<Objects>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, ApiError> {
    let grant = objects.0.open_link(&token)?;
    let Grant::Read {
        key,
        bytes,
        sha256,
        name,
    } = grant
    else {
        return Err(ApiError::new(&LINK_INVALID).detail("This link is for sending a part."));
    };
    let file = File {
        key,
        bytes,
        sha256,
        name,
    };
    objects.answer(file, &headers).await
}

/// Bytes that are kept, and what is said with them.
pub(super) struct File {
    pub key: Key,
    pub bytes: u64,
    pub sha256: String,
    pub name: String,
}

impl Objects {
    /// An object in full or in part, to somebody whose it is; `Range` is understood.
    pub(crate) async fn content(
        &self,
        object: ObjectId,
        headers: &HeaderMap,
    ) -> Result<Response, ApiError> {
        let State::Stored {
            opened,
            bytes,
            sha256,
            ..
        } = self.seen(object).await?
        else {
            return Err(ApiError::new(&problems::INCOMPLETE));
        };
        let file = File {
            key: key_of(opened.owner, opened.kind, object),
            bytes,
            sha256: sha256.to_string(),
            name: self.name(object).await?,
        };
        self.answer(file, headers).await
    }

    async fn answer(&self, file: File, headers: &HeaderMap) -> Result<Response, ApiError> {
        let File {
            key,
            bytes,
            sha256,
            name,
        } = file;
        let range = range(headers, bytes)?;
        let (status, begin, end) = match &range {
            None => (StatusCode::OK, 0, bytes),
            Some(range) => (
                StatusCode::PARTIAL_CONTENT,
                *range.start(),
                *range.end() + 1,
            ),
        };
        let stream = self.shelf().read(&key, begin, end - begin).await;
        let body = Body::from_stream(stream.map_err(unshelved)?);
        let mut response = (status, body).into_response();
        let answer = response.headers_mut();
        answer.insert(CONTENT_LENGTH, (end - begin).into());
        answer.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        // Never shown as a page of ours, whatever somebody put into it.
        answer.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/octet-stream"),
        );
        let mut insert = |header: HeaderName, text: String| {
            if let Ok(value) = HeaderValue::try_from(text) {
                answer.insert(header, value);
            }
        };
        insert(ETAG, format!("\"{sha256}\""));
        insert(CONTENT_DISPOSITION, attachment(&name));
        if let Ok(digest) = sha256.parse::<Digest>() {
            let digest = STANDARD.encode(digest.as_bytes());
            insert(REPR_DIGEST, format!("sha-256=:{digest}:"));
        }
        if range.is_some() {
            insert(CONTENT_RANGE, format!("bytes {begin}-{}/{bytes}", end - 1));
        }
        Ok(response)
    }
}

/// Send a part where a link leads
///
/// `x-part-sha256` may say what it comes to, in hexadecimal digits.
#[utoipa::path(put, path = "/files/{token}", tag = "objects", operation_id = "write_file",
    security(()), params(("token" = String, Path, description = "From the link of a part",
        pattern = "^[A-Za-z0-9_-]{1,2048}$")),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 204, description = "The part has arrived")))]
async fn write(
    objects: Extension<Objects>,
    headers: HeaderMap,
    Path(token): Path<String>,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let Grant::Part { key, number, .. } = objects.0.open_link(&token)? else {
        return Err(ApiError::new(&LINK_INVALID).detail("This link is for reading."));
    };
    let object = object_of(&key)?;
    objects.receive(object, number, &headers, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn object_of(key: &Key) -> Result<ObjectId, ApiError> {
    identity(key.as_str().rsplit('/').next().unwrap_or_default())
}

impl Objects {
    fn open_link(&self, token: &str) -> Result<Grant, ApiError> {
        self.0.links.open(token, self.now()).map_err(of_link)
    }

    /// Takes in one part of something that is on its way.
    pub(super) async fn receive(
        &self,
        object: ObjectId,
        number: u32,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(), ApiError> {
        let room = self.arriving(object).await?;
        let upload = self.upload(&room).await?;
        let expected = upload.bytes_of(number);
        let expected = expected.ok_or(&crate::problem::kinds::NOT_FOUND)?;
        let (said, sha256) = (length(headers)?, digest(headers)?);
        if said != expected {
            return Err(ApiError::new(&problems::PART_LENGTH)
                .detail(format!("Part {number} has {expected} bytes, not {said}."))
                .field("Content-Length"));
        }
        let put = self.shelf().put_part(&upload, number, sha256, bytes(body));
        put.await.map_err(unshelved)?;
        self.renew(object).await
    }
}

/// The one range that was asked for; several at once are answered with all of it, as is allowed.
fn range(headers: &HeaderMap, bytes: u64) -> Result<Option<RangeInclusive<u64>>, ApiError> {
    let said = headers.get(RANGE).and_then(|it| it.to_str().ok());
    let Some(said) = said.and_then(|it| it.strip_prefix("bytes=")) else {
        return Ok(None);
    };
    let Some((begin, end)) = said.split_once('-').filter(|_| !said.contains(',')) else {
        return Ok(None);
    };
    let last = bytes.saturating_sub(1);
    let range = match (begin.parse::<u64>(), end.parse::<u64>()) {
        (Ok(begin), Ok(end)) => begin..=end.min(last),
        (Ok(begin), Err(_)) if end.is_empty() => begin..=last,
        (Err(_), Ok(count)) if begin.is_empty() => bytes.saturating_sub(count)..=last,
        _ => return Ok(None),
    };
    let asked_for_nothing = begin.is_empty() && end == "0";
    if range.is_empty() || *range.start() > last || bytes == 0 || asked_for_nothing {
        return Err(ApiError::new(&problems::RANGE)
            .detail(format!("There are {bytes} bytes."))
            .field("Range"));
    }
    Ok(Some(range))
}

/// RFC 6266: a plain name for old programs, and the real one.
pub(super) fn attachment(name: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_');
    let fallback: String = name
        .chars()
        .map(|it| if plain(it) { it } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes whatever is written to it");
        }
    }
    format!("attachment; filename=\"{fallback}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes from and to, `all` of them, or `none`.
    fn asked(text: &'static str, bytes: u64) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_static(text));
        match range(&headers, bytes) {
            Ok(Some(range)) => format!("{range:?}"),
            Ok(None) => "all".to_owned(),
            Err(_) => "none".to_owned(),
        }
    }

    #[test]
    fn a_range_is_some_bytes_of_what_there_is() {
        for (text, expected) in [
            ("bytes=0-0", "0..=0"),
            ("bytes=2-", "2..=9"),
            ("bytes=-3", "7..=9"),
            ("bytes=-30", "0..=9"),
            ("bytes=5-99", "5..=9"),
            ("bytes=10-", "none"),
            ("bytes=-0", "none"),
            ("bytes=7-5", "none"),
            ("bytes=0-1,3-4", "all"),
            ("lines=1-2", "all"),
            ("bytes=x-y", "all"),
        ] {
            assert_eq!(asked(text, 10), expected, "{text}");
        }
        assert_eq!(asked("bytes=0-", 0), "none");
    }

    #[test]
    fn a_name_cannot_say_anything_else_in_a_header() {
        assert_eq!(
            attachment("a\"b\r\n.csv"),
            "attachment; filename=\"a_b__.csv\"; filename*=UTF-8''a%22b%0D%0A.csv"
        );
        assert!(attachment("данные.csv").ends_with("''%D0%B4%D0%B0%D0%BD%D0%BD%D1%8B%D0%B5.csv"));
    }
}
