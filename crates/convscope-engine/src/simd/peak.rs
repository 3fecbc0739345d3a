//! Multiplications and additions that wait for nothing.

use super::{EachLevel, LANES, Simd, Work};

/// Independent sums, as many as keep two units of any core busy.
const SUMS: usize = 12;

/// So many rounds, each of one multiply-add of sixteen numbers for each sum.
pub(crate) struct Burst {
    pub(crate) rounds: usize,
}

impl Burst {
    /// Multiplications and additions of one round.
    pub(crate) const ROUND: usize = 2 * SUMS * LANES;
}

impl EachLevel for Burst {
    type Output = f32;

    fn run<S: Simd>(self, simd: S) -> f32 {
        simd.run(self)
    }
}

impl Work for Burst {
    type Output = f32;

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) -> f32 {
        let (a, b) = (simd.splat(0.999), simd.splat(0.001));
        let mut sums = [simd.splat(0.0); SUMS];
        for (number, sum) in sums.iter_mut().enumerate() {
            // Different from each other, so that none can be left out.
            *sum = simd.splat(number as f32);
        }
        for _ in 0..self.rounds * (LANES / S::WIDTH) {
            for sum in &mut sums {
                *sum = simd.mul_add(*sum, a, b);
            }
        }
        let mut total = [0.0; LANES];
        let mut result = 0.0;
        for sum in sums {
            // SAFETY: the array has as many numbers as the widest vector.
            unsafe { simd.store(total.as_mut_ptr(), sum) };
            result += total.iter().sum::<f32>();
        }
        result
    }
}
