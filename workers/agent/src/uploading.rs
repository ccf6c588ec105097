//! Hands in files, part by part, and starts anew when a link has become too old.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

use bytes::Bytes;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::archive::{Packed, hex};
use crate::lease::Lease;
use crate::trouble::{OnDisk as _, Trouble};
use crate::wire::{Fence, NewUpload, Part, Upload};

const ATTEMPTS_MAX: u32 = 3;
const PART_BYTES_MAX: u64 = 256 * 1024 * 1024;

#[derive(Debug, Deserialize)]
struct Stored {
    object: String,
}

/// Uploads a file for the unit that is leased, and answers with the object that it became.
pub async fn upload(
    lease: &Lease,
    kind: &'static str,
    name: &str,
    packed: &Packed,
) -> Result<String, Trouble> {
    let mut attempt = 0;
    loop {
        match once(lease, kind, name, packed, attempt).await {
            Err(error) if !error.is_lost() && attempt + 1 < ATTEMPTS_MAX => {
                tracing::warn!(%error, kind, "an upload begins anew");
                attempt += 1;
            }
            ended => return ended,
        }
    }
}

async fn once(
    lease: &Lease,
    kind: &'static str,
    name: &str,
    packed: &Packed,
    attempt: u32,
) -> Result<String, Trouble> {
    let asked = NewUpload {
        fence: lease.fence(),
        kind,
        name,
        bytes: packed.bytes,
        sha256: &packed.sha256,
    };
    let key = format!(
        "{}-{}-{}-{attempt}",
        lease.task(),
        lease.fence(),
        packed.sha256
    );
    let key = (key.len() <= 128).then_some(key.as_str());
    let uploads = format!("/tasks/{}/uploads", lease.task());
    let upload: Upload = lease
        .patiently(|| Box::pin(lease.server().post(&uploads, &asked, key)))
        .await?;
    for part in &upload.parts {
        let before = part.number.saturating_sub(1);
        put(
            lease,
            packed,
            part,
            before.saturating_mul(upload.part_bytes),
        )
        .await?;
    }
    let complete = format!("{uploads}/{}/complete", upload.object);
    let fence = Fence {
        fence: lease.fence(),
    };
    let stored: Stored = lease
        .patiently(|| Box::pin(lease.server().post(&complete, &fence, None)))
        .await?;
    Ok(stored.object)
}

async fn put(lease: &Lease, packed: &Packed, part: &Part, at: u64) -> Result<(), Trouble> {
    let length = usize::try_from(part.bytes)
        .ok()
        .filter(|_| part.bytes <= PART_BYTES_MAX);
    let length = length.ok_or_else(|| Trouble::wrong("a part is too long"))?;
    let path = packed.path.clone();
    let read = tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; length];
        let file = File::open(&path).on("cannot read", &path)?;
        file.read_exact_at(&mut bytes, at)
            .on("cannot read", &path)?;
        let sha256 = hex(&Sha256::digest(&bytes));
        Ok::<_, Trouble>((Bytes::from(bytes), sha256))
    });
    let (bytes, sha256) = read
        .await
        .map_err(|error| Trouble::wrong(error.to_string()))??;
    lease
        .patiently(|| Box::pin(lease.server().put(&part.url, bytes.clone(), &sha256)))
        .await
}
