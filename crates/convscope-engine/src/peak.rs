//! The yardstick of speed: what a core does when it does nothing but multiply and add.

use crate::Level;
use crate::simd::{Burst, run_at};

/// Does at least `operations` multiplications and additions of numbers in registers.
///
/// Returns how many were done, and a number that depends on all of them. Their count divided by the
/// seconds they took is what a layer's speed is a share of.
///
/// # Panics
/// When the machine has not the level's instructions.
///
/// ```
/// use convscope_engine::{Level, peak};
///
/// let (done, _) = peak::multiply_add(Level::detect(), 1_000);
/// assert!(done >= 1_000);
/// ```
pub fn multiply_add(level: Level, operations: u64) -> (u64, f32) {
    let rounds = operations.div_ceil(Burst::ROUND as u64);
    let result = run_at(level, Burst { rounds: rounds as usize });
    (rounds * Burst::ROUND as u64, result)
}
