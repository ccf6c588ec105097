//! Lets bytes through to somebody else, and the last of them only once all are known to be right.
//!
//! Whoever receives them counts; without the last ones they have nothing, and keep nothing.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::shelf::{ByteStream, ShelfError};

/// What was wrong with the bytes, if anything was.
#[derive(Clone, Default)]
pub struct Said(Arc<Mutex<Option<ShelfError>>>);

impl Said {
    pub fn refusal(&self) -> Option<ShelfError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn say(&self, refusal: ShelfError) -> io::Error {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
        io::ErrorKind::InvalidData.into()
    }
}

struct Passing {
    body: ByteStream,
    held: Option<Bytes>,
    left: u64,
    sha256: Option<[u8; 32]>,
    digest: Sha256,
    said: Said,
}

pub fn held_back(body: ByteStream, bytes: u64, sha256: Option<[u8; 32]>) -> (ByteStream, Said) {
    let said = Said::default();
    let passing = Passing {
        body,
        held: None,
        left: bytes,
        sha256,
        digest: Sha256::new(),
        said: said.clone(),
    };
    let stream = futures::stream::try_unfold(Some(passing), |passing| async {
        let Some(mut passing) = passing else {
            return Ok(None);
        };
        loop {
            let Some(chunk) = passing.body.next().await else {
                let last = passing.end()?;
                return Ok(last.map(|last| (last, None)));
            };
            if let Some(before) = passing.take(chunk)? {
                return Ok(Some((before, Some(passing))));
            }
        }
    });
    (stream.boxed(), said)
}

impl Passing {
    /// Holds this back, and gives what was held back before.
    fn take(&mut self, chunk: io::Result<Bytes>) -> io::Result<Option<Bytes>> {
        let chunk = chunk.map_err(|error| self.said.say(ShelfError::Sender(error)))?;
        if chunk.is_empty() {
            return Ok(None);
        }
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(length);
        self.left = left.ok_or_else(|| self.said.say(ShelfError::WrongLength))?;
        self.digest.update(&chunk);
        Ok(self.held.replace(chunk))
    }

    fn end(&mut self) -> io::Result<Option<Bytes>> {
        if self.left != 0 {
            return Err(self.said.say(ShelfError::WrongLength));
        }
        let digest: [u8; 32] = std::mem::take(&mut self.digest).finalize().into();
        if self.sha256.is_some_and(|said| said != digest) {
            return Err(self.said.say(ShelfError::WrongHash));
        }
        Ok(self.held.take())
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt as _;

    use super::*;

    async fn passed(
        chunks: &[&'static [u8]],
        bytes: u64,
        sha256: Option<[u8; 32]>,
    ) -> (Vec<u8>, Option<String>) {
        let chunks: Vec<io::Result<Bytes>> =
            chunks.iter().map(|it| Ok(Bytes::from_static(it))).collect();
        let (mut stream, said) = held_back(futures::stream::iter(chunks).boxed(), bytes, sha256);
        let mut through = Vec::new();
        while let Ok(Some(chunk)) = stream.try_next().await {
            through.extend_from_slice(&chunk);
        }
        (through, said.refusal().map(|it| it.to_string()))
    }

    #[tokio::test]
    async fn what_is_right_passes_in_full() {
        let digest = Sha256::digest(b"abcdef").into();
        for sha256 in [None, Some(digest)] {
            let (through, refusal) = passed(&[b"ab", b"", b"cd", b"ef"], 6, sha256).await;
            assert_eq!((through.as_slice(), refusal), (&b"abcdef"[..], None));
        }
    }

    #[tokio::test]
    async fn of_what_is_wrong_the_end_never_passes() {
        let other = Some([0; 32]);
        for (bytes, sha256) in [(5, None), (7, None), (6, other)] {
            let (through, refusal) = passed(&[b"ab", b"cd", b"ef"], bytes, sha256).await;
            assert!(through.len() < 6, "{bytes}");
            assert!(refusal.is_some());
        }
    }
}
