//! Keeps bytes in a folder of this machine.
//!
//! What is on its way lies in one file, each part at its place, with a small file beside it for
//! every part that arrived in full; so nothing is copied in the end, and whoever was interrupted
//! sends only what is missing.

use std::io::{ErrorKind, SeekFrom};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use tokio::fs::{self, DirBuilder, File, OpenOptions};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};

use crate::key::Key;
use crate::part::{Part, Upload};
use crate::shelf::{ByteStream, ShelfError};

/// In the folder of what is on its way.
const WHOLE: &str = "whole";
/// Behind the name of what is on its way.
const ARRIVING: &str = "arriving";
const READ_BYTES: usize = 128 * 1024;

#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub fn path(&self, key: &Key) -> PathBuf {
        self.root.join(key.as_str())
    }

    fn arriving(&self, key: &Key) -> PathBuf {
        self.root.join(key.beside(ARRIVING))
    }

    /// Writes one part at its place. It counts once all of it is there and, where the sender said
    /// what it comes to, comes to that.
    pub async fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        sha256: Option<[u8; 32]>,
        body: ByteStream,
    ) -> Result<(), ShelfError> {
        let expected = upload.bytes_of(number).ok_or(ShelfError::NoSuchPart)?;
        let folder = self.arriving(&upload.key);
        if fs::try_exists(self.path(&upload.key)).await? {
            return Err(ShelfError::Complete);
        }
        make_folder(&folder).await?;
        let mark = folder.join(number.to_string());
        // What was there before is being written over.
        remove_if_there(&mark).await?;
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(folder.join(WHOLE))
            .await?;
        file.seek(SeekFrom::Start(upload.begin_of(number))).await?;
        let digest = receive(&mut file, expected, body).await?;
        if sha256.is_some_and(|said| said != digest) {
            return Err(ShelfError::WrongHash);
        }
        file.sync_data().await?;
        fs::write(&mark, expected.to_string()).await?;
        Ok(())
    }

    pub async fn parts(&self, upload: &Upload) -> Result<Vec<Part>, ShelfError> {
        let mut entries = match fs::read_dir(self.arriving(&upload.key)).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut parts = Vec::new();
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            let Some(number) = name.to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let bytes = fs::read_to_string(entry.path()).await?;
            let modified = entry.metadata().await?.modified()?;
            // Killed while it was being written, it is empty: the part is to come again.
            let Ok(bytes) = bytes.parse() else { continue };
            parts.push(Part {
                number,
                bytes,
                arrived_at: DateTime::<Utc>::from(modified),
            });
        }
        parts.sort_by_key(|part| part.number);
        Ok(parts)
    }

    /// Makes one object of the parts, once they are all there. Asked again, it is so already.
    pub async fn join(&self, upload: &Upload) -> Result<(), ShelfError> {
        let (path, folder) = (self.path(&upload.key), self.arriving(&upload.key));
        if fs::try_exists(&path).await? {
            return remove_folder_if_there(&folder).await;
        }
        let missing = upload.missing(&self.parts(upload).await?);
        if !missing.is_empty() {
            return Err(ShelfError::PartsMissing(missing));
        }
        let whole = folder.join(WHOLE);
        let file = OpenOptions::new().write(true).open(&whole).await?;
        file.sync_all().await?;
        fs::rename(&whole, &path).await?;
        if let Some(parent) = path.parent() {
            File::open(parent).await?.sync_all().await?;
        }
        remove_folder_if_there(&folder).await
    }

    pub async fn abandon(&self, upload: &Upload) -> Result<(), ShelfError> {
        remove_folder_if_there(&self.arriving(&upload.key)).await
    }

    pub async fn remove(&self, key: &Key, notes: &[&str]) -> Result<(), ShelfError> {
        remove_if_there(&self.path(key)).await?;
        for note in notes {
            remove_if_there(&self.root.join(key.beside(note))).await?;
        }
        Ok(())
    }

    pub async fn write_note(&self, key: &Key, name: &str, bytes: &[u8]) -> Result<(), ShelfError> {
        let path = self.root.join(key.beside(name));
        let beside = self.root.join(key.beside(&format!("{name}.new")));
        if let Some(folder) = path.parent() {
            make_folder(folder).await?;
        }
        fs::write(&beside, bytes).await?;
        Ok(fs::rename(&beside, &path).await?)
    }

    pub async fn read_note(&self, key: &Key, name: &str) -> Result<Bytes, ShelfError> {
        let read = fs::read(self.root.join(key.beside(name))).await;
        Ok(read.map_err(missing)?.into())
    }

    /// So many bytes from there on.
    pub async fn read(&self, key: &Key, begin: u64, bytes: u64) -> Result<ByteStream, ShelfError> {
        let mut file = File::open(self.path(key)).await.map_err(missing)?;
        file.seek(SeekFrom::Start(begin)).await?;
        let chunks = futures::stream::try_unfold((file, bytes), |(mut file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let room = usize::try_from(left).unwrap_or(READ_BYTES).min(READ_BYTES);
            let mut chunk = vec![0; room];
            let count = file.read(&mut chunk).await?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            chunk.truncate(count);
            let left = left - u64::try_from(count).unwrap_or(left);
            Ok(Some((Bytes::from(chunk), (file, left))))
        });
        Ok(chunks.boxed())
    }
}

/// Writes what comes, neither more nor less than is expected, and says what it comes to.
pub async fn receive(
    file: &mut File,
    expected: u64,
    mut body: ByteStream,
) -> Result<[u8; 32], ShelfError> {
    let mut digest = Sha256::new();
    let mut left = expected;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(ShelfError::Sender)?;
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or(ShelfError::WrongLength)?;
        digest.update(&chunk);
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    if left == 0 {
        Ok(digest.finalize().into())
    } else {
        Err(ShelfError::WrongLength)
    }
}

fn missing(error: std::io::Error) -> ShelfError {
    if error.kind() == ErrorKind::NotFound {
        ShelfError::Missing
    } else {
        error.into()
    }
}

/// For its owner alone.
async fn make_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder.create(path).await
}

async fn remove_if_there(path: &Path) -> Result<(), ShelfError> {
    match fs::remove_file(path).await {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

async fn remove_folder_if_there(path: &Path) -> Result<(), ShelfError> {
    match fs::remove_dir_all(path).await {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
