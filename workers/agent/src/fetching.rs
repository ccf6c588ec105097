//! Fetches files: goes on where a connection broke, believes no byte unproved, keeps them a while.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures::StreamExt as _;
use tokio::io::AsyncWriteExt as _;

use crate::archive;
use crate::lease::Lease;
use crate::server::unreachable_because;
use crate::trouble::{OnDisk as _, Trouble};
use crate::wire::Input;

const ATTEMPTS_MAX: u32 = 3;

/// Files that were fetched, by their digests.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    bytes_max: u64,
}

impl Cache {
    pub fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max }
    }

    /// The path of a file of these very bytes.
    pub async fn fetch(&self, lease: &Lease, input: &Input) -> Result<PathBuf, Trouble> {
        let sha256 = input.sha256.to_ascii_lowercase();
        if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Trouble::wrong(format!("{:?} is no digest", input.sha256)));
        }
        fs::create_dir_all(&self.folder).on("cannot make", &self.folder)?;
        let path = self.folder.join(&sha256);
        if is_of_length(&path, input.bytes) {
            return Ok(path);
        }
        // Two slots may fetch the same file at once: each has a part of its own.
        let part = self.folder.join(format!("{sha256}.{}.part", lease.task()));
        for _ in 0..ATTEMPTS_MAX {
            lease
                .patiently(|| Box::pin(piece(lease, input, &part)))
                .await?;
            let digested = part.clone();
            let digested = tokio::task::spawn_blocking(move || archive::digest(&digested)).await;
            let digested = digested.map_err(|error| Trouble::wrong(error.to_string()))?;
            if digested? == (input.bytes, sha256.clone()) {
                fs::rename(&part, &path).on("cannot keep", &path)?;
                return Ok(path);
            }
            tracing::warn!(name = input.name, "fetched other bytes than were promised");
            fs::remove_file(&part).on("cannot remove", &part)?;
        }
        Err(Trouble::wrong(format!(
            "{} never came as it was promised",
            input.name
        )))
    }

    /// Removes what was not used for longest, until the rest is little enough.
    pub fn tidy(&self) {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if let Ok(about) = entry.metadata() {
                let used = about.accessed().or_else(|_| about.modified());
                let used = used.unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((used, about.len(), entry.path()));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, bytes, path) in files {
            if total <= self.bytes_max {
                return;
            }
            if fs::remove_file(&path).is_ok() {
                total = total.saturating_sub(bytes);
            }
        }
    }
}

fn is_of_length(path: &Path, bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|about| about.len() == bytes)
}

/// Fetches what is missing of a file, as far as the connection holds.
async fn piece(lease: &Lease, input: &Input, part: &Path) -> Result<(), Trouble> {
    let have = fs::metadata(part)
        .map(|about| about.len())
        .unwrap_or_default();
    if have == input.bytes && part.is_file() {
        return Ok(());
    }
    let from = if have < input.bytes { have } else { 0 };
    let answer = lease.server().fetch(&input.url, from).await?;
    // Whoever does not know of parts sends the whole.
    let goes_on = from > 0 && answer.status().as_u16() == 206;
    let mut options = tokio::fs::OpenOptions::new();
    options
        .create(true)
        .write(true)
        .append(goes_on)
        .truncate(!goes_on);
    let mut file = options.open(part).await.on("cannot write", part)?;
    let mut length = if goes_on { from } else { 0 };
    let mut body = answer.bytes_stream();
    let mut ended = Ok(());
    while let (Ok(()), Some(bytes)) = (&ended, body.next().await) {
        match bytes {
            Ok(bytes) => {
                length += bytes.len() as u64;
                if length > input.bytes {
                    let detail = format!("{} is longer than promised", input.name);
                    return Err(Trouble::wrong(detail));
                }
                file.write_all(&bytes).await.on("cannot write", part)?;
            }
            Err(error) => ended = Err(unreachable_because(&error)),
        }
    }
    // What came before a connection broke is kept as well.
    file.flush().await.on("cannot write", part)?;
    ended?;
    if length < input.bytes {
        return Err(Trouble::Unreachable(
            "the connection ended early".to_owned(),
        ));
    }
    Ok(())
}
