//! Makes a dataset of what was sent: as it is, or, where it is lines of JSON, the table that text
//! models are trained on.

use std::time::Duration;

use ::objects::ByteStream;
use ::objects::jsonl::{Lines, WrongLine};
use axum::body::Bytes;
use domain::objects::{Object, ObjectId, ObjectKind};
use domain::users::UserId;
use futures::{StreamExt as _, TryStreamExt as _};
use md5::{Digest as _, Md5};
use store::{Context, hex};

use super::problems::{CHECKSUM, FILE_INVALID};
use crate::objects::{CHECKING, Completed, NewObject, Objects};
use crate::problem::ApiError;

const JSON_LINES: &str = ".jsonl";
/// What a file is called is not longer.
const NAME_CHARACTERS_MAX: usize = 200;
/// Looking into a large file takes its time; their clients wait for ten minutes.
const LOOKS_MAX: u32 = 50;

/// Where the bytes are: they are gone through twice.
pub enum Source {
    Memory(Bytes),
    /// Put together from these, in this order.
    Parts(Vec<ObjectId>),
}

/// A dataset to be.
pub struct Brought {
    pub object: ObjectId,
    pub owner: UserId,
    pub name: String,
    /// What all of it comes to, as it was sent, in hexadecimal digits.
    pub md5: Option<String>,
}

pub fn is_json_lines(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(JSON_LINES)
}

/// What a file is kept as. Lines of JSON are kept as the table that they make.
pub fn kept_name(name: &str) -> String {
    if is_json_lines(name) {
        let short: String = name.chars().take(NAME_CHARACTERS_MAX - 4).collect();
        format!("{short}.csv")
    } else {
        name.to_owned()
    }
}

impl Source {
    async fn bytes(&self, objects: &Objects) -> Result<ByteStream, ApiError> {
        match self {
            Self::Memory(bytes) => {
                let whole = bytes.clone();
                Ok(futures::stream::once(async move { Ok(whole) }).boxed())
            }
            Self::Parts(parts) => {
                let mut streams = Vec::new();
                for part in parts {
                    streams.push(objects.poured(*part).await?);
                }
                Ok(futures::stream::iter(streams).flatten().boxed())
            }
        }
    }
}

/// What comes of the bytes, chunk by chunk.
enum Turning {
    AsItIs,
    JsonLines(Lines),
}

impl Turning {
    fn of(name: &str) -> Self {
        if is_json_lines(name) {
            Self::JsonLines(Lines::default())
        } else {
            Self::AsItIs
        }
    }

    fn take(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::AsItIs => out.extend_from_slice(chunk),
            Self::JsonLines(lines) => lines.take(chunk, out),
        }
    }

    fn end(self, out: &mut Vec<u8>) -> Result<(), ApiError> {
        match self {
            Self::AsItIs => Ok(()),
            Self::JsonLines(lines) => lines.end(out).map(drop).map_err(|wrong| refused(&wrong)),
        }
    }
}

fn refused(wrong: &[WrongLine]) -> ApiError {
    let said: Vec<String> = wrong.iter().map(ToString::to_string).collect();
    ApiError::new(&FILE_INVALID)
        .detail(format!("{}.", said.join("; ")))
        .field("file")
}

/// Keeps it, and waits until it has been looked into. What cannot be read is refused before
/// anything is kept; what cannot be trained on is kept, and says why.
pub async fn keep(
    objects: &Objects,
    brought: Brought,
    source: &Source,
    context: &Context,
) -> Result<Completed, ApiError> {
    let object = brought.object;
    let bytes = measure(objects, &brought, source).await?;
    let is_new = matches!(objects.object(object).await?, Object::Absent);
    // Under a key it is opened again, which finds out whether the same was asked for before.
    if is_new || context.idempotency.is_some() {
        let new = NewObject {
            object,
            owner: brought.owner,
            kind: ObjectKind::Dataset,
            name: Some(kept_name(&brought.name)),
            bytes,
            sha256: None,
            under: None,
        };
        objects
            .open(new, context)
            .await
            .map_err(|refusal| size_of("file", refusal))?;
    }
    if matches!(objects.object(object).await?, Object::Open(_)) {
        let mut pouring = objects.pour(object).await?;
        let (mut turning, mut out) = (Turning::of(&brought.name), Vec::new());
        let mut stream = source.bytes(objects).await?;
        while let Some(chunk) = stream.try_next().await.map_err(ApiError::unavailable)? {
            turning.take(&chunk, &mut out);
            pouring.push(&out).await?;
            out.clear();
        }
        turning.end(&mut out)?;
        pouring.push(&out).await?;
        pouring.end().await?;
    }
    complete(objects, object, context).await
}

/// How many bytes come of it, once all of it was found to be what it should be.
async fn measure(objects: &Objects, brought: &Brought, source: &Source) -> Result<u64, ApiError> {
    let (mut turning, mut out) = (Turning::of(&brought.name), Vec::new());
    let (mut digest, mut bytes) = (Md5::new(), 0_usize);
    let mut stream = source.bytes(objects).await?;
    while let Some(chunk) = stream.try_next().await.map_err(ApiError::unavailable)? {
        digest.update(&chunk);
        turning.take(&chunk, &mut out);
        bytes += out.len();
        out.clear();
    }
    let came = hex::encode(&digest.finalize());
    if brought
        .md5
        .as_ref()
        .is_some_and(|said| !said.eq_ignore_ascii_case(&came))
    {
        return Err(ApiError::new(&CHECKSUM)
            .detail(format!("It comes to the MD5 {came}."))
            .field("md5"));
    }
    turning.end(&mut out)?;
    u64::try_from(bytes + out.len()).map_err(ApiError::internal)
}

/// What we call `bytes` is the size of what the request calls so.
pub fn size_of(name: &str, refusal: ApiError) -> ApiError {
    refusal.renaming(|field| match field {
        "bytes" => name.to_owned(),
        other => other.to_owned(),
    })
}

async fn complete(
    objects: &Objects,
    object: ObjectId,
    context: &Context,
) -> Result<Completed, ApiError> {
    for _ in 0..LOOKS_MAX {
        match objects.complete(object, context).await {
            // It has waited for some seconds already.
            Err(refusal) if refusal.kind() == &CHECKING => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            settled => return settled,
        }
    }
    Err(ApiError::new(&CHECKING).retry_after(30))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_json_are_kept_as_the_table_that_they_make() {
        assert_eq!(kept_name("a.csv"), "a.csv");
        assert_eq!(kept_name("Reviews.JSONL"), "Reviews.JSONL.csv");
        let long = format!("{}.jsonl", "я".repeat(194));
        assert!(is_json_lines(&long));
        assert!(kept_name(&long).chars().count() <= NAME_CHARACTERS_MAX);
    }
}
