//! How far a scan is: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::kernels::counted;
use crate::progress::{BETWEEN_LINES, spoken};

/// Tells how much of all files was read; kernels that are read twice are two halves.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    begun: Instant,
    files: usize,
    bytes: f64,
    at: Mutex<At>,
}

struct At {
    /// How many bytes are done with, all of files that are.
    done: f64,
    /// How many files are, and how many bytes those have.
    files: usize,
    before: f64,
    told: Instant,
}

/// The length of the bar.
const STEPS: u64 = 1000;

impl Progress {
    /// Begins, with so many files of so many bytes to come.
    pub(super) fn new(files: usize, bytes: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{bar:32} {percent:>3} %  {msg}  {eta} left");
            ProgressBar::new(STEPS)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let begun = Instant::now();
        let at = At { done: 0.0, files: 0, before: 0.0, told: begun };
        Self { bar, begun, files, bytes: (bytes as f64).max(1.0), at: Mutex::new(at) }
    }

    /// Takes note that some bytes were read.
    pub(super) fn read(&self, bytes: f64) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.done += bytes;
        self.tell(&mut at);
    }

    /// Takes note that a file is done with.
    pub(super) fn file(&self, bytes: u64) {
        let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
        at.files += 1;
        at.before += bytes as f64;
        at.done = at.before;
        self.tell(&mut at);
    }

    /// Says something aloud, above the bar if there is one.
    pub(super) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| anstream::eprintln!("{line}")),
            None => anstream::eprintln!("{line}"),
        }
    }

    fn tell(&self, at: &mut At) {
        let share = (at.done / self.bytes).clamp(0.0, 1.0);
        let counts = format!("{} of {}", at.files, counted(self.files, "file"));
        if let Some(bar) = &self.bar {
            bar.set_position((share * STEPS as f64) as u64);
            bar.set_message(counts);
        } else if at.told.elapsed() >= BETWEEN_LINES {
            at.told = Instant::now();
            let left = self.begun.elapsed().mul_f64((1.0 / share.max(1e-6) - 1.0).max(0.0));
            anstream::eprintln!("{:>3.0} %  {counts}, {} left", 100.0 * share, spoken(left));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
