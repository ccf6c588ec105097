//! Reads a form with one file in it, in bounded memory and time.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::http::StatusCode;
use domain::objects::ObjectId;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::problems::{invalid, unsupported};
use crate::problem::{ApiError, kinds};

/// What comes in one request.
pub const FILE_BYTES_MAX: usize = 64 << 20;
/// The file, and what is around it.
pub const FORM_BYTES_MAX: usize = FILE_BYTES_MAX + (64 << 10);
const TEXT_BYTES_MAX: usize = 1024;
/// So much is held in memory at once for all together, in KiB; who comes then comes again.
const HELD_KIBIBYTES: usize = 256 << 10;
const KIBIBYTE: usize = 1024;
/// Whoever sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Whoever needs longer keeps others from being heard.
const TIME_MAX: Duration = Duration::from_mins(5);

static ROOM: Semaphore = Semaphore::const_new(HELD_KIBIBYTES);

/// What was sent. It keeps its room in memory until it is let go; who sends slowly takes no more of
/// it than has come.
pub struct Form {
    texts: BTreeMap<String, String>,
    pub file: Vec<u8>,
    pub name: Option<String>,
    _room: Room,
}

/// The room that a form takes in memory.
#[derive(Default)]
struct Room(Option<SemaphorePermit<'static>>);

impl Form {
    /// Reads it; `file` is what the field with the file is called, `texts` what else may be there.
    pub async fn read(
        form: Result<Multipart, MultipartRejection>,
        file: &'static str,
        texts: &[&str],
    ) -> Result<Self, ApiError> {
        let mut form = form.map_err(|_| {
            ApiError::new(&kinds::BODY_MALFORMED).detail("Send it as multipart/form-data.")
        })?;
        let reading = Self::collect(&mut form, file, texts);
        let read = timeout(TIME_MAX, reading).await;
        read.map_err(|_| ApiError::new(&kinds::BODY_TOO_SLOW))?
    }

    async fn collect(
        form: &mut Multipart,
        file: &'static str,
        known: &[&str],
    ) -> Result<Self, ApiError> {
        let (mut texts, mut room) = (BTreeMap::new(), Room::default());
        let mut found = None;
        while let Some(mut field) = next(form).await? {
            let field_name = field.name().unwrap_or_default().to_owned();
            if field_name == file {
                let name = field.file_name().map(str::to_owned);
                let bytes = bytes(&mut field, FILE_BYTES_MAX, &mut room).await?;
                if found.replace((name, bytes)).is_some() {
                    return Err(invalid(file, "Send one file."));
                }
            } else if known.contains(&field_name.as_str()) {
                let text = bytes(&mut field, TEXT_BYTES_MAX, &mut room).await?;
                let text = String::from_utf8(text)
                    .map_err(|_| invalid(field_name.as_str(), "This must be text."))?;
                texts.insert(field_name, text);
            } else {
                return Err(unsupported(field_name, "This field is not known here."));
            }
        }
        let (name, bytes) = found.ok_or_else(|| invalid(file, "The file is missing."))?;
        Ok(Self {
            texts,
            file: bytes,
            name,
            _room: room,
        })
    }

    pub fn text(&self, name: &str) -> Result<&str, ApiError> {
        let text = self.texts.get(name).map(String::as_str);
        text.ok_or_else(|| invalid(name, "This field is missing."))
    }
}

async fn next(form: &mut Multipart) -> Result<Option<Field<'_>>, ApiError> {
    let field = timeout(SILENCE_MAX, form.next_field()).await;
    let field = field.map_err(|_| ApiError::new(&kinds::BODY_TOO_SLOW))?;
    field.map_err(|error| unread(&error))
}

impl Room {
    /// Nobody waits for it: two who each hold half of what both need would wait for ever.
    fn take(&mut self, bytes: usize) -> Result<(), ApiError> {
        let kibibytes = u32::try_from(bytes.div_ceil(KIBIBYTE)).map_err(ApiError::internal)?;
        let taken = ROOM.try_acquire_many(kibibytes);
        let taken = taken.map_err(|_| ApiError::new(&kinds::OVERLOADED).retry_after(5))?;
        match &mut self.0 {
            Some(held) => held.merge(taken),
            None => self.0 = Some(taken),
        }
        Ok(())
    }
}

async fn bytes(field: &mut Field<'_>, max: usize, room: &mut Room) -> Result<Vec<u8>, ApiError> {
    let mut all = Vec::new();
    loop {
        let chunk = timeout(SILENCE_MAX, field.chunk()).await;
        let chunk = chunk.map_err(|_| ApiError::new(&kinds::BODY_TOO_SLOW))?;
        let Some(chunk) = chunk.map_err(|error| unread(&error))? else {
            return Ok(all);
        };
        if all.len() + chunk.len() > max {
            return Err(too_large());
        }
        room.take(chunk.len())?;
        all.extend_from_slice(&chunk);
    }
}

fn too_large() -> ApiError {
    ApiError::new(&kinds::BODY_TOO_LARGE).detail(
        "At most 64 MiB are taken at once; send a larger file in parts, with POST /uploads.",
    )
}

fn unread(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        too_large()
    } else {
        ApiError::new(&kinds::BODY_MALFORMED).detail("The form is not well-formed.")
    }
}

/// A name for what was sent without one.
pub fn unnamed(object: ObjectId) -> String {
    format!("{object}.csv")
}
