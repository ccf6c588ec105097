//! The room that an object takes, as the storage has to know it.

use ::objects::Upload;
use domain::objects::ObjectId;
use projections::objects::rooms::{self, Room};

use super::Objects;
use super::problems::OVER;
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

    /// The room of something that is on its way and may still be gone on with.
    pub(super) async fn arriving(&self, object: ObjectId) -> Result<Room, ApiError> {
        let room = self.room(object).await?.ok_or(&OVER)?;
        match room.expires_at {
            Some(expires_at) if self.now() < expires_at => Ok(room),
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
