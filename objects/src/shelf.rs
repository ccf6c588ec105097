//! Where bytes are kept, wherever that is: one set of verbs over the disk and over S3.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use sha2::{Digest as _, Sha256};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt as _;

use crate::disk::Disk;
use crate::key::Key;
use crate::part::{Part, Upload};
use crate::s3::S3;
use crate::settings::Place;

/// Bytes as they come, a piece at a time.
pub type ByteStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// What is kept beside an object, and goes with it.
const NOTES: [&str; 1] = ["inspection"];

#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    #[error("there is nothing under this key")]
    Missing,
    #[error("the upload has no such part")]
    NoSuchPart,
    #[error("all parts came before, and were made one object")]
    Complete,
    #[error("parts {0:?} have not arrived in full")]
    PartsMissing(Vec<u32>),
    #[error("other bytes came than were announced")]
    WrongLength,
    #[error("the bytes do not come to the digest that was announced")]
    WrongHash,
    #[error("whoever sent the bytes stopped")]
    Sender(#[source] std::io::Error),
    #[error("the disk did not do it")]
    Disk(#[from] std::io::Error),
    #[error("the storage did not do it")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<object_store::Error> for ShelfError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Store(Box::new(other)),
        }
    }
}

/// An object that is there in full.
#[derive(Debug)]
pub struct Finished {
    pub bytes: u64,
    pub sha256: [u8; 32],
    /// Where it can be looked into, if that was asked for: the object itself, or a copy that goes
    /// with this value.
    pub path: Option<PathBuf>,
    _copy: Option<TempPath>,
}

/// Keeps bytes; clones are one.
#[derive(Clone, Debug)]
pub enum Shelf {
    Disk(Disk),
    S3(S3),
}

impl Shelf {
    pub fn open(place: &Place) -> Result<Self, ShelfError> {
        if let Some(s3) = S3::open(place)? {
            return Ok(Self::S3(s3));
        }
        match place {
            Place::Disk(folder) => Ok(Self::Disk(Disk::new(folder.clone()))),
            Place::S3 { .. } => Err(ShelfError::Missing),
        }
    }

    /// Under which name the storage will know what is on its way, where it wants one; whoever
    /// begins keeps it, and tells it with every part.
    pub async fn begin(&self, key: &Key) -> Result<Option<String>, ShelfError> {
        match self {
            Self::Disk(_) => Ok(None),
            Self::S3(s3) => s3.begin(key).await.map(Some),
        }
    }

    /// Whether parts may arrive without a word to us.
    pub const fn is_spoken_to_directly(&self) -> bool {
        matches!(self, Self::S3(_))
    }

    /// Where to send a part, if not to us.
    pub async fn part_url(
        &self,
        upload: &Upload,
        number: u32,
        lasts: Duration,
    ) -> Result<Option<String>, ShelfError> {
        match self {
            Self::Disk(_) => Ok(None),
            Self::S3(s3) => s3.part_url(upload, number, lasts).await.map(Some),
        }
    }

    /// Where to read an object, if not from us. `disposition` is what it says to a browser.
    pub async fn read_url(
        &self,
        key: &Key,
        disposition: &str,
        lasts: Duration,
    ) -> Result<Option<String>, ShelfError> {
        match self {
            Self::Disk(_) => Ok(None),
            Self::S3(s3) => s3.read_url(key, disposition, lasts).await.map(Some),
        }
    }

    /// Writes one part of an upload as it comes.
    pub async fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        sha256: Option<[u8; 32]>,
        body: ByteStream,
    ) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.put_part(upload, number, sha256, body).await,
            Self::S3(s3) => s3.put_part(upload, number, sha256, body).await,
        }
    }

    /// Which parts have arrived in full.
    pub async fn parts(&self, upload: &Upload) -> Result<Vec<Part>, ShelfError> {
        match self {
            Self::Disk(disk) => disk.parts(upload).await,
            Self::S3(s3) => s3.parts(upload).await,
        }
    }

    /// Makes one object of the parts, reads all of it, and says what it comes to; with a path where
    /// it can be looked into, if that is wanted.
    pub async fn finish(&self, upload: &Upload, path: bool) -> Result<Finished, ShelfError> {
        match self {
            Self::Disk(disk) => {
                disk.join(upload).await?;
                let path = disk.path(&upload.key);
                let (bytes, sha256) = digest(path.clone()).await?;
                Ok(Finished {
                    bytes,
                    sha256,
                    path: Some(path),
                    _copy: None,
                })
            }
            Self::S3(s3) => {
                s3.join(upload).await?;
                read_through(s3.read_all(&upload.key).await?, path).await
            }
        }
    }

    /// Lets go of what came of an upload.
    pub async fn abandon(&self, upload: &Upload) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.abandon(upload).await,
            Self::S3(s3) => s3.abandon(upload).await,
        }
    }

    /// Removes an object and what is kept beside it; nothing there is fine too.
    pub async fn remove(&self, key: &Key) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.remove(key, &NOTES).await,
            Self::S3(s3) => s3.remove(key, &NOTES).await,
        }
    }

    /// So many bytes of an object, from there on.
    pub async fn read(&self, key: &Key, begin: u64, bytes: u64) -> Result<ByteStream, ShelfError> {
        match self {
            Self::Disk(disk) => disk.read(key, begin, bytes).await,
            Self::S3(s3) => s3.read(key, begin, bytes).await,
        }
    }

    /// What was found in an object.
    pub async fn read_inspection(&self, key: &Key) -> Result<Bytes, ShelfError> {
        match self {
            Self::Disk(disk) => disk.read_note(key, NOTES[0]).await,
            Self::S3(s3) => s3.read_note(key, NOTES[0]).await,
        }
    }

    pub async fn write_inspection(&self, key: &Key, bytes: Vec<u8>) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.write_note(key, NOTES[0], &bytes).await,
            Self::S3(s3) => s3.write_note(key, NOTES[0], bytes).await,
        }
    }
}

/// Reads all of a file, away from the threads that answer.
async fn digest(path: PathBuf) -> Result<(u64, [u8; 32]), ShelfError> {
    let read = move || -> std::io::Result<(u64, [u8; 32])> {
        let mut digest = Sha256::new();
        let mut file = std::fs::File::open(path)?;
        let bytes = std::io::copy(&mut file, &mut digest)?;
        Ok((bytes, digest.finalize().into()))
    };
    let read = tokio::task::spawn_blocking(read).await;
    Ok(read.map_err(std::io::Error::other)??)
}

/// Reads all that comes, into a file that goes with what is answered if one is wanted.
async fn read_through(mut bytes: ByteStream, copy: bool) -> Result<Finished, ShelfError> {
    let mut digest = Sha256::new();
    let mut length = 0_u64;
    let mut file = None;
    if copy {
        let (made, path) = tempfile::NamedTempFile::new()?.into_parts();
        file = Some((tokio::fs::File::from_std(made), path));
    }
    while let Some(chunk) = bytes.next().await {
        let chunk = chunk?;
        digest.update(&chunk);
        length = length.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if let Some((file, _)) = &mut file {
            file.write_all(&chunk).await?;
        }
    }
    if let Some((file, _)) = &mut file {
        file.flush().await?;
    }
    let copy = file.map(|(_, path)| path);
    Ok(Finished {
        bytes: length,
        sha256: digest.finalize().into(),
        path: copy.as_ref().map(|path| path.to_path_buf()),
        _copy: copy,
    })
}
