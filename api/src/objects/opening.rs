//! Opening an object: room is taken, the event is written, and there are links to send its parts to.

use std::time::Duration;

use ::objects::{Grant, Upload, part_bytes_for};
use chrono::{DateTime, TimeDelta, Utc};
use domain::objects::{Object, ObjectCommand, ObjectId, ObjectKind, Opened, Under};
use domain::users::{Digest, UserId};
use projections::objects::rooms::{self, Room, Taken};
use serde::Serialize;
use store::Context;
use utoipa::ToSchema;

use super::problems::{EMPTY, QUOTA, TOO_LARGE, of_object, unshelved};
use super::{OBJECT_BYTES_MAX, Objects, key_of, name_field};
use crate::problem::ApiError;
use crate::refused::refused;

/// Links to parts outlast pauses: whether one may still be sent, the upload itself says.
const PART_LINKS_LAST: Duration = Duration::from_hours(24);

/// An object to be.
#[derive(Clone, Debug)]
pub struct NewObject {
    pub object: ObjectId,
    pub owner: UserId,
    pub kind: ObjectKind,
    /// What its owner calls it.
    pub name: Option<String>,
    pub bytes: u64,
    /// What it is said to come to.
    pub sha256: Option<Digest>,
    /// The right under which a machine brings it for its owner.
    pub under: Option<Under>,
}

/// Where to send a part
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PartLink {
    /// From 1
    #[schema(minimum = 1)]
    pub number: u32,
    /// `PUT` the bytes here; `x-part-sha256` may say what they come to, in hexadecimal
    pub url: String,
    #[schema(minimum = 1)]
    pub bytes: u64,
}

/// An object that is on its way.
#[derive(Clone, Debug)]
pub struct Opening {
    pub object: ObjectId,
    pub part_bytes: u64,
    pub expires_at: DateTime<Utc>,
    pub parts: Vec<PartLink>,
    /// Where in the log it was opened.
    pub position: i64,
}

impl Objects {
    /// Opens an object; asked again under the same key, it is the same one.
    pub async fn open(&self, new: NewObject, context: &Context) -> Result<Opening, ApiError> {
        if new.bytes == 0 {
            return Err(ApiError::new(&EMPTY).field("bytes"));
        }
        if new.bytes > OBJECT_BYTES_MAX {
            return Err(ApiError::new(&TOO_LARGE)
                .detail(format!("At most {OBJECT_BYTES_MAX} bytes are taken."))
                .field("bytes"));
        }
        let at = self.now();
        let opened = Opened {
            owner: new.owner,
            kind: new.kind,
            bytes: new.bytes,
            part_bytes: part_bytes_for(new.bytes),
            sha256: new.sha256,
            under: new.under,
            expires_at: at + self.upload_lasts(),
            at,
        };
        let is_new = match self.take_room(new.object, &opened).await? {
            Taken::Now => true,
            // Whoever asks again for what is opened gives it no other name.
            _ => self.object(new.object).await? == Object::Absent,
        };
        if let (true, Some(name)) = (is_new, &new.name) {
            let vault = self.0.users.vault();
            let (owner, field) = (new.owner.to_string(), name_field(new.object));
            let kept = vault.put_lazily(&owner, &field, name).await;
            kept.map_err(ApiError::internal)?;
        }
        let stream = new.object.to_string();
        let command = ObjectCommand::Open(opened);
        let begun = self.0.objects.begin(&stream, command, context).await;
        let begun = begun.map_err(|refusal| refused(refusal, of_object))?;
        self.opening(new.object, begun.position).await
    }

    /// What is on its way as it stands now; with nothing to send, where all of it is there.
    async fn opening(&self, object: ObjectId, position: i64) -> Result<Opening, ApiError> {
        if let Object::Stored { opened, .. } = self.object(object).await? {
            return Ok(Opening {
                object,
                part_bytes: opened.part_bytes,
                expires_at: opened.expires_at,
                parts: Vec::new(),
                position,
            });
        }
        let room = self.arriving(object).await?;
        Ok(Opening {
            object,
            part_bytes: u64::try_from(room.part_bytes).map_err(ApiError::internal)?,
            expires_at: room.expires_at.unwrap_or(room.opened_at),
            parts: self.part_links(&self.upload(&room).await?).await?,
            position,
        })
    }

    /// Before the event, so that whoever is killed in between leaves something to be found.
    async fn take_room(&self, object: ObjectId, opened: &Opened) -> Result<Taken, ApiError> {
        let room = Room {
            object: object.to_string(),
            owner: opened.owner.to_string(),
            key: key_of(opened.owner, opened.kind, object).into(),
            bytes: i64::try_from(opened.bytes).map_err(ApiError::internal)?,
            part_bytes: i64::try_from(opened.part_bytes).map_err(ApiError::internal)?,
            counted: opened.kind.is_brought(),
            known_as: None,
            opened_at: opened.at,
            expires_at: Some(opened.expires_at),
        };
        let max = self.0.settings.kept_bytes_max;
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        match rooms::take(self.log().pool(), &room, max).await? {
            Taken::TooMuch(kept) => Err(ApiError::new(&QUOTA)
                .detail(format!(
                    "You may keep {max} bytes, and would keep {kept}. Delete what you do not need."
                ))
                .field("bytes")),
            taken => Ok(taken),
        }
    }

    pub(super) async fn part_links(&self, upload: &Upload) -> Result<Vec<PartLink>, ApiError> {
        let mut links = Vec::new();
        for number in 1..=upload.parts() {
            let elsewhere = self.shelf().part_url(upload, number, PART_LINKS_LAST).await;
            let url = elsewhere.map_err(unshelved)?;
            links.push(PartLink {
                number,
                url: url.unwrap_or_else(|| self.part_url(upload, number)),
                bytes: upload.bytes_of(number).unwrap_or(0),
            });
        }
        Ok(links)
    }

    fn part_url(&self, upload: &Upload, number: u32) -> String {
        let grant = Grant::Part {
            key: upload.key.clone(),
            bytes: upload.bytes,
            part_bytes: upload.part_bytes,
            number,
        };
        let lasts = TimeDelta::from_std(PART_LINKS_LAST).unwrap_or(TimeDelta::days(1));
        self.file_url(grant, self.now() + lasts)
    }

    pub(super) fn file_url(&self, grant: Grant, until: DateTime<Utc>) -> String {
        let (base, token) = (&self.0.base, self.0.links.make(grant, until));
        format!("{base}/files/{token}")
    }
}
