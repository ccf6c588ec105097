//! Things that one at a time may use, the one that was used longest ago first.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use tokio::sync::Semaphore;

#[derive(Debug)]
pub struct Pool<T> {
    free: Semaphore,
    things: Mutex<VecDeque<T>>,
}

impl<T> Pool<T> {
    pub fn of(things: impl IntoIterator<Item = T>) -> Self {
        let things: VecDeque<T> = things.into_iter().collect();
        Self {
            free: Semaphore::new(things.len()),
            things: Mutex::new(things),
        }
    }

    /// Waits until there is one. Whoever does not give it back has used it up.
    pub async fn take(&self) -> Result<T> {
        self.free.acquire().await?.forget();
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(things.pop_front().expect("a permit stands for a thing"))
    }

    pub fn give_back(&self, thing: T) {
        let mut things = self.things.lock().unwrap_or_else(PoisonError::into_inner);
        things.push_back(thing);
        drop(things);
        self.free.add_permits(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_given_back_last_is_taken_last() {
        let pool = Pool::of(["a", "b"]);
        let first = pool.take().await.unwrap();
        pool.give_back(first);
        assert_eq!(pool.take().await.unwrap(), "b");
        assert_eq!(pool.take().await.unwrap(), "a");
    }
}
