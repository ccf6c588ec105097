//! Where bytes are kept, wherever that is: one set of verbs over the disk and over S3.

use std::path::PathBuf;
use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;
use sha2::{Digest as _, Sha256};

use crate::disk::Disk;
use crate::key::Key;
use crate::part::{Part, Upload};
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
}

/// An object that is there in full.
#[derive(Debug)]
pub struct Finished {
    pub bytes: u64,
    pub sha256: [u8; 32],
    /// Where it can be looked into: the object itself, or a copy that goes with this value.
    pub path: PathBuf,
}

/// Keeps bytes; clones are one.
#[derive(Clone, Debug)]
pub enum Shelf {
    Disk(Disk),
}

impl Shelf {
    pub fn open(place: &Place) -> Result<Self, ShelfError> {
        match place {
            Place::Disk(folder) => Ok(Self::Disk(Disk::new(folder.clone()))),
            Place::S3 { .. } => Err(ShelfError::Missing),
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
        }
    }

    /// Which parts have arrived in full.
    pub async fn parts(&self, upload: &Upload) -> Result<Vec<Part>, ShelfError> {
        match self {
            Self::Disk(disk) => disk.parts(upload).await,
        }
    }

    /// Makes one object of the parts, reads all of it, and says what it comes to.
    pub async fn finish(&self, upload: &Upload, _copy: bool) -> Result<Finished, ShelfError> {
        match self {
            Self::Disk(disk) => {
                disk.join(upload).await?;
                let path = disk.path(&upload.key);
                let (bytes, sha256) = digest(path.clone()).await?;
                Ok(Finished {
                    bytes,
                    sha256,
                    path,
                })
            }
        }
    }

    /// Lets go of what came of an upload.
    pub async fn abandon(&self, upload: &Upload) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.abandon(upload).await,
        }
    }

    /// Removes an object and what is kept beside it; nothing there is fine too.
    pub async fn remove(&self, key: &Key) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.remove(key, &NOTES).await,
        }
    }

    /// So many bytes of an object, from there on.
    pub async fn read(&self, key: &Key, begin: u64, bytes: u64) -> Result<ByteStream, ShelfError> {
        match self {
            Self::Disk(disk) => disk.read(key, begin, bytes).await,
        }
    }

    /// What was found in an object.
    pub async fn read_inspection(&self, key: &Key) -> Result<Bytes, ShelfError> {
        match self {
            Self::Disk(disk) => disk.read_note(key, NOTES[0]).await,
        }
    }

    pub async fn write_inspection(&self, key: &Key, bytes: Vec<u8>) -> Result<(), ShelfError> {
        match self {
            Self::Disk(disk) => disk.write_note(key, NOTES[0], &bytes).await,
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
