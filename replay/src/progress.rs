//! Says on a terminal how far a reading of the log has come.

use indicatif::{ProgressBar, ProgressStyle};

/// Redrawn at most this often; drawing must not slow the reading.
const EVERY_POSITIONS: i64 = 1024;

/// A bar on standard error where that is a terminal, nothing otherwise; it goes when dropped.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    pub(crate) fn over(positions: i64) -> Self {
        let bar = ProgressBar::new(u64::try_from(positions).unwrap_or(0));
        let style = "{wide_bar} {pos}/{len} events  {per_sec}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(crate) fn reached(&self, position: i64) {
        if position % EVERY_POSITIONS == 0 {
            self.set(position);
        }
    }

    /// For those who learn the length on the way.
    pub(crate) fn of(&self, position: i64, head: i64) {
        self.0.set_length(u64::try_from(head).unwrap_or(0));
        self.set(position);
    }

    pub(crate) fn set(&self, position: i64) {
        self.0.set_position(u64::try_from(position).unwrap_or(0));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
