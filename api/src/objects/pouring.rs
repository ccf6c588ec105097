//! Bytes that come in pieces of any size, poured into an object whose parts have one size.

use ::objects::{ByteStream, Upload};
use axum::body::Bytes;
use domain::objects::ObjectId;
use futures::StreamExt as _;

use super::Objects;
use super::problems::unshelved;
use crate::problem::ApiError;

/// Something on its way that is being filled from here; it holds one part in memory.
pub struct Pouring {
    objects: Objects,
    object: ObjectId,
    upload: Upload,
    number: u32,
    part: Vec<u8>,
}

impl Objects {
    /// Begins to fill something that is open.
    pub(crate) async fn pour(&self, object: ObjectId) -> Result<Pouring, ApiError> {
        let room = self.arriving(object).await?;
        let upload = self.upload(&room).await?;
        Ok(Pouring {
            objects: self.clone(),
            object,
            upload,
            number: 1,
            part: Vec::new(),
        })
    }

    /// Somebody goes on with something larger, of which this is the name.
    pub(crate) async fn goes_on_with(&self, object: ObjectId) -> Result<(), ApiError> {
        self.renew(object).await
    }

    /// All that was poured into something that is on its way, before anybody calls it complete.
    pub(crate) async fn poured(&self, object: ObjectId) -> Result<ByteStream, ApiError> {
        let room = self.arriving(object).await?;
        let upload = self.upload(&room).await?;
        let finished = self.shelf().finish(&upload, false).await;
        let bytes = finished.map_err(unshelved)?.bytes;
        let stream = self.shelf().read(&upload.key, 0, bytes).await;
        stream.map_err(unshelved)
    }
}

impl Pouring {
    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<(), ApiError> {
        while !bytes.is_empty() {
            let size = usize::try_from(self.upload.part_bytes).map_err(ApiError::internal)?;
            let fits = size.saturating_sub(self.part.len()).min(bytes.len());
            let (now, later) = bytes.split_at(fits);
            self.part.extend_from_slice(now);
            bytes = later;
            if self.part.len() == size {
                self.send().await?;
            }
        }
        Ok(())
    }

    /// Whether it was enough, completing the object finds out.
    pub async fn end(mut self) -> Result<(), ApiError> {
        if self.part.is_empty() {
            return Ok(());
        }
        self.send().await
    }

    async fn send(&mut self) -> Result<(), ApiError> {
        let part = Bytes::from(std::mem::take(&mut self.part));
        let body = futures::stream::once(async { Ok(part) }).boxed();
        let put = self
            .objects
            .shelf()
            .put_part(&self.upload, self.number, None, body);
        put.await.map_err(unshelved)?;
        self.number += 1;
        self.objects.renew(self.object).await
    }
}
