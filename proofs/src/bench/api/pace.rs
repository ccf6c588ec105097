//! A steady pace: who asks takes a ticket, and how long it took counts from when that was due.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Everybody has begun to look at their first ticket by then.
const LEAD: Duration = Duration::from_millis(200);

/// There are no more tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time is over")]
pub struct Over;

/// What was asked, as the document of the API spells it, and which of its ways it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub name: &'static str,
    /// Empty where there is but one.
    pub way: &'static str,
}

/// So many tickets a second, and what came of them.
#[derive(Debug)]
pub struct Pace {
    begin: Instant,
    every: Duration,
    count: u64,
    next: AtomicU64,
    noted: Mutex<Noted>,
}

/// What was measured, in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Noted {
    pub took: BTreeMap<Route, Vec<u64>>,
    /// How much later than they were due tickets were taken: that is nobody's fault but ours.
    pub late: Vec<u64>,
    pub last: Option<Instant>,
}

impl Pace {
    pub fn of(rate: u64, seconds: u64) -> Self {
        let every = Duration::from_secs(1) / u32::try_from(rate.max(1)).unwrap_or(u32::MAX);
        Self::new(every, rate * seconds)
    }

    fn new(every: Duration, count: u64) -> Self {
        Self {
            begin: Instant::now() + LEAD,
            every,
            count,
            next: AtomicU64::new(0),
            noted: Mutex::default(),
        }
    }

    /// Returns when the next ticket is due, and says when that was.
    pub async fn due(&self) -> Result<Instant, Over> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        if number >= self.count {
            return Err(Over);
        }
        let due = self.begin + self.every * u32::try_from(number).unwrap_or(u32::MAX);
        let late = Instant::now().saturating_duration_since(due);
        self.noted().late.push(micros(late));
        tokio::time::sleep_until(due).await;
        Ok(due)
    }

    pub fn note(&self, route: Route, due: Instant) {
        let took = micros(due.elapsed());
        let mut noted = self.noted();
        noted.took.entry(route).or_default().push(took);
        noted.last = Some(Instant::now());
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was measured, and how long that went on.
    pub fn end(&self) -> (Noted, Duration) {
        let noted = std::mem::take(&mut *self.noted());
        let last = noted.last.unwrap_or(self.begin);
        (noted, last.saturating_duration_since(self.begin))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: Route = Route {
        name: "GET /",
        way: "",
    };

    #[tokio::test]
    async fn tickets_are_due_at_equal_distances_and_come_to_an_end() {
        let every = Duration::from_millis(2);
        let pace = Pace::new(every, 2);
        let (first, second) = (pace.due().await.unwrap(), pace.due().await.unwrap());
        assert_eq!(second - first, every);
        assert_eq!(pace.due().await, Err(Over));
    }

    #[test]
    fn how_long_it_took_counts_from_when_it_was_due() {
        let pace = Pace::of(200, 1);
        let due = Instant::now().checked_sub(Duration::from_secs(3)).unwrap();
        pace.note(ROUTE, due);
        let (noted, _) = pace.end();
        assert!(noted.took[&ROUTE][0] >= 3_000_000);
    }
}
