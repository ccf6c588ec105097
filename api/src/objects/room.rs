//! The room that an object takes, as the storage has to know it.

use ::objects::Upload;
use domain::objects::ObjectId;
use projections::objects::rooms::{self, Room};

use super::Objects;
use super::problems::{OVER, unshelved};
use crate::problem::ApiError;

/// What is on its way, as the storage knows it.
pub fn upload_of(room: &Room) -> Result<Upload, ApiError> {
    Ok(Upload {
        key: room.key.parse().map_err(ApiError::internal)?,
        bytes: u64::try_from(room.bytes).map_err(ApiError::internal)?,
        part_bytes: u64::try_from(room.part_bytes).map_err(ApiError::internal)?,
        known_as: room.known_as.clone(),
    })
}

impl Objects {
    pub(super) async fn room(&self, object: ObjectId) -> Result<Option<Room>, ApiError> {
        Ok(rooms::find(self.log().pool(), &object.to_string()).await?)
    }

    /// What is on its way, as the storage knows it; it is told that something comes, if it wants to
    /// know and has not been told.
    pub(super) async fn upload(&self, room: &Room) -> Result<Upload, ApiError> {
        let mut upload = upload_of(room)?;
        if upload.known_as.is_some() {
            return Ok(upload);
        }
        let Some(begun) = self.shelf().begin(&upload.key).await.map_err(unshelved)? else {
            return Ok(upload);
        };
        let kept = rooms::name(self.log().pool(), &room.object, &begun).await?;
        if kept.as_deref() != Some(&begun) {
            // Somebody else was faster; what was begun here is nothing that anybody goes on with.
            let ours = Upload {
                known_as: Some(begun),
                ..upload.clone()
            };
            self.shelf().abandon(&ours).await.map_err(unshelved)?;
        }
        upload.known_as = kept;
        Ok(upload)
    }

    /// Whether parts came meanwhile without a word to us.
    async fn goes_on(&self, object: ObjectId, room: &Room) -> Result<bool, ApiError> {
        if !self.shelf().is_spoken_to_directly() {
            return Ok(false);
        }
        let parts = self.shelf().parts(&upload_of(room)?).await;
        let parts = parts.map_err(unshelved)?;
        let last = parts.iter().map(|it| it.arrived_at).max();
        let until = last.map(|last| last + self.upload_lasts());
        let goes_on = until.is_some_and(|until| self.now() < until);
        if let Some(until) = until.filter(|_| goes_on) {
            rooms::renew(self.log().pool(), &object.to_string(), until).await?;
        }
        Ok(goes_on)
    }

    /// The room of something that is on its way and may still be gone on with.
    pub(super) async fn arriving(&self, object: ObjectId) -> Result<Room, ApiError> {
        let room = self.room(object).await?.ok_or(&OVER)?;
        match room.expires_at {
            Some(expires_at) if self.now() < expires_at => Ok(room),
            Some(_) if self.goes_on(object, &room).await? => Ok(room),
            Some(_) => Err(ApiError::new(&OVER)),
            None => Err(ApiError::new(&super::problems::COMPLETE)),
        }
    }

    /// Somebody went on with it: there is time again.
    pub(super) async fn renew(&self, object: ObjectId) -> Result<(), ApiError> {
        let until = self.now() + self.upload_lasts();
        Ok(rooms::renew(self.log().pool(), &object.to_string(), until).await?)
    }
}
