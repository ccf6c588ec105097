//! Bytes on a real disk and in a real S3 that checks signatures.

#![expect(clippy::unwrap_used, reason = "the whole binary is a test")]

mod disk;
mod s3;
mod storage;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use objects::{ByteStream, Key, Upload};
use sha2::{Digest as _, Sha256};

pub fn key(number: u32) -> Key {
    Key::try_new("user_1", "dataset", &format!("object_{number}")).unwrap()
}

pub fn upload(key: Key, bytes: usize, part_bytes: u64) -> Upload {
    Upload {
        key,
        bytes: u64::try_from(bytes).unwrap(),
        part_bytes,
        known_as: None,
    }
}

/// Bytes that no two places share.
pub fn some_bytes(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = std::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    next.take(count).collect()
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

pub fn stream(bytes: &[u8]) -> ByteStream {
    let chunks: Vec<_> = bytes.chunks(7_000).map(Bytes::copy_from_slice).collect();
    futures::stream::iter(chunks.into_iter().map(Ok)).boxed()
}

pub async fn all(stream: ByteStream) -> Vec<u8> {
    let chunks: Vec<Bytes> = stream.try_collect().await.unwrap();
    chunks.concat()
}
