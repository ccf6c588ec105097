//! How long the disk takes beside the work, and whether callers had better share its flushes.

use std::time::Duration;

/// How much an old observation counts against a new one.
const MEMORY: u32 = 8;

/// What one batch that was written alone has shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observed {
    /// What the database spent on inserting rows.
    pub work: Duration,
    /// What the commit took beyond that, most of it the disk's.
    pub flush: Duration,
}

/// Averages over the latest batches.
#[derive(Debug, Default)]
pub(super) struct Pace {
    average: Option<Observed>,
}

impl Pace {
    pub(super) fn learn(&mut self, seen: Observed) {
        let blend = |old: Duration, new: Duration| (old * (MEMORY - 1) + new) / MEMORY;
        self.average = Some(match self.average {
            None => seen,
            Some(old) => Observed {
                work: blend(old.work, seen.work),
                flush: blend(old.flush, seen.flush),
            },
        });
    }

    /// Whether one batch for everybody is sooner than two in turn.
    ///
    /// A follower's work overlaps with the batch before it, its flush does not: two batches take
    /// two flushes. Where the flush is the longer part, nothing is gained by going early.
    pub(super) fn is_ruled_by_the_disk(&self) -> bool {
        self.average.is_some_and(|it| it.flush > it.work)
    }

    /// How long those who were answered just now may take to come back: far less than the flush
    /// that it saves everybody.
    pub(super) fn linger(&self) -> Duration {
        match self.average {
            Some(it) if it.flush > it.work => it.flush / 4,
            _ => Duration::ZERO,
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
    fn one_slow_flush_does_not_change_the_pace_but_a_slower_disk_does() {
        let mut seen = vec![(900, 150); 20];
        seen.push((900, 4_000));
        assert!(!after(&seen).is_ruled_by_the_disk());
        seen.extend([(900, 4_000); 8]);
        assert!(after(&seen).is_ruled_by_the_disk());
    }
}
