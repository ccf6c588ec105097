//! How long the disk takes beside the work, and whether callers had better share its flushes.

use std::collections::VecDeque;
use std::time::Duration;

/// So many observations count.
const MEMORY: usize = 8;

/// What one batch that was written alone has shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    /// What the database spent on inserting rows.
    pub work: Duration,
    /// What the commit took beyond that, most of it the disk's.
    pub flush: Duration,
}

/// The latest batches.
#[derive(Debug, Default)]
pub(super) struct Pace {
    seen: VecDeque<Observed>,
}

impl Pace {
    pub(super) fn learn(&mut self, seen: Observed) {
        if self.seen.len() == MEMORY {
            self.seen.pop_front();
        }
        self.seen.push_back(seen);
    }

    /// The shortest counts: a busy machine adds to what a flush seems to take, and nothing ever
    /// takes from it.
    fn flush(&self) -> Duration {
        let flushes = self.seen.iter().map(|it| it.flush);
        flushes.min().unwrap_or(Duration::ZERO)
    }

    /// Whether one batch for everybody is sooner than two in turn.
    ///
    /// A follower's work overlaps with the batch before it, its flush does not: two batches take
    /// two flushes. Where the flush is the longer part, nothing is gained by going early.
    pub(super) fn is_ruled_by_the_disk(&self) -> bool {
        let count = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        let work: Duration = self.seen.iter().map(|it| it.work).sum();
        count > 0 && self.flush() > work / count
    }

    /// How long those who were answered just now may take to come back: far less than the flush
    /// that it saves everybody.
    pub(super) fn linger(&self) -> Duration {
        if self.is_ruled_by_the_disk() {
            self.flush() / 4
        } else {
            Duration::ZERO
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(seen: &[(u64, u64)]) -> Pace {
        let mut pace = Pace::default();
        for (work, flush) in seen {
            pace.learn(Observed {
                work: Duration::from_micros(*work),
                flush: Duration::from_micros(*flush),
            });
        }
        pace
    }

    #[test]
    fn a_slow_disk_is_shared_and_a_fast_one_is_not_waited_for() {
        let slow = after(&[(900, 3_500)]);
        assert!(slow.is_ruled_by_the_disk());
        assert_eq!(slow.linger(), Duration::from_micros(875));
        let fast = after(&[(900, 150)]);
        assert!(!fast.is_ruled_by_the_disk());
        assert_eq!(fast.linger(), Duration::ZERO);
        assert!(!Pace::default().is_ruled_by_the_disk());
    }

    #[test]
    fn some_slow_flushes_do_not_change_the_pace_but_a_slower_disk_does() {
        let mut seen = vec![(900, 150); 20];
        seen.extend([(900, 4_000); MEMORY - 1]);
        assert!(!after(&seen).is_ruled_by_the_disk());
        seen.push((900, 4_000));
        assert!(after(&seen).is_ruled_by_the_disk());
        seen.push((900, 150));
        assert!(!after(&seen).is_ruled_by_the_disk());
    }
}
