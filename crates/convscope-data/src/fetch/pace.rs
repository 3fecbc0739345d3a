//! When a host is called slow.

use std::time::Duration;

/// What is asked of a host: to answer soon, and to give so much in every stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a stretch is, and how long a host may take to answer or be silent.
    pub stretch: Duration,
    /// How many bytes a stretch brings at least.
    pub least: u64,
}

impl Default for Pace {
    /// 200 kB a second, over ten seconds.
    fn default() -> Self {
        Self { stretch: Duration::from_secs(10), least: 2_000_000 }
    }
}

impl Pace {
    /// Returns what is asked when there is no faster host: a fortieth, in six times the time.
    pub(super) fn patient(self) -> Self {
        Self { stretch: 6 * self.stretch, least: self.least / 40 }
    }
}
