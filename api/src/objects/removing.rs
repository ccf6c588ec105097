//! Letting an object go: first it is written down, then the bytes go, then the room is free.

use domain::objects::{ObjectCommand, ObjectId, RemovedBecause};
use projections::objects::rooms;
use store::Context;

use super::problems::{of_object, unshelved};
use super::room::upload_of;
use super::{Objects, name_field};
use crate::problem::ApiError;
use crate::refused::refused;

impl Objects {
    /// Removes an object in whatever state it is; says where that was written down. What is killed
    /// in between is finished by whoever asks again, or when its time is over.
    pub async fn remove(
        &self,
        object: ObjectId,
        because: RemovedBecause,
        context: &Context,
    ) -> Result<i64, ApiError> {
        let (stream, at) = (object.to_string(), self.now());
        let command = ObjectCommand::Remove { because, at };
        let removed = self.0.objects.execute(&stream, command, context).await;
        let removed = removed.map_err(|refusal| refused(refusal, of_object))?;
        if let Some(room) = self.room(object).await? {
            let upload = upload_of(&room)?;
            self.shelf().abandon(&upload).await.map_err(unshelved)?;
            self.shelf().remove(&upload.key).await.map_err(unshelved)?;
            rooms::give_back(self.log().pool(), &stream).await?;
            let vault = self.0.users.vault();
            let forgotten = vault.remove(&room.owner, &name_field(object)).await;
            forgotten.map_err(ApiError::internal)?;
        }
        Ok(removed.position)
    }
}
