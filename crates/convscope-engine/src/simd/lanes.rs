//! One number of each of sixteen samples.

/// How many samples stand side by side in a block, on every level.
pub(crate) const LANES: usize = 16;

/// One number of each of the sixteen samples of a block; a cache line.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Lanes(pub(crate) [f32; LANES]);

impl Lanes {
    /// Sixteen zeros.
    pub(crate) const ZERO: Self = Self([0.0; LANES]);

    /// Computes lane by lane from two.
    #[inline(always)]
    pub(crate) fn zip(self, other: Self, mut each: impl FnMut(f32, f32) -> f32) -> Self {
        let mut result = Self::ZERO;
        for lane in 0..LANES {
            result.0[lane] = each(self.0[lane], other.0[lane]);
        }
        result
    }

    /// Adds lane by lane.
    #[inline(always)]
    pub(crate) fn plus(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }

    /// Sums the lanes: the far half is added to the near half four times.
    #[inline(always)]
    pub(crate) fn fold(self) -> f32 {
        let mut lanes = self.0;
        let mut half = LANES;
        while half > 1 {
            half /= 2;
            for lane in 0..half {
                lanes[lane] += lanes[lane + half];
            }
        }
        lanes[0]
    }

    /// Replaces what is 0 or less by 0.
    #[inline(always)]
    pub(crate) fn positive(self) -> Self {
        self.zip(Self::ZERO, |a, _| if a <= 0.0 { 0.0 } else { a })
    }

    /// Replaces by 0 the lanes in which another value is 0 or less.
    #[inline(always)]
    pub(crate) fn where_positive(self, other: Self) -> Self {
        self.zip(other, |a, other| if other <= 0.0 { 0.0 } else { a })
    }
}

/// Returns the numbers of blocks one after another.
pub(crate) fn floats(lanes: &[Lanes]) -> &[f32] {
    // SAFETY: `Lanes` is `LANES` numbers without padding (its size is its alignment), and a
    // number needs less alignment.
    unsafe { std::slice::from_raw_parts(lanes.as_ptr().cast(), lanes.len() * LANES) }
}

/// Returns the numbers of blocks one after another.
pub(crate) fn floats_mut(lanes: &mut [Lanes]) -> &mut [f32] {
    // SAFETY: as in `floats`, and the borrow is unique.
    unsafe { std::slice::from_raw_parts_mut(lanes.as_mut_ptr().cast(), lanes.len() * LANES) }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Lanes, floats, floats_mut};

    #[test]
    fn blocks_are_numbers_in_order() {
        let mut blocks = [Lanes::ZERO; 2];
        floats_mut(&mut blocks)[LANES + 3] = 7.0;
        assert_eq!(blocks[1].0[3].to_bits(), 7.0_f32.to_bits());
        assert_eq!(floats(&blocks).len(), 32);
    }
}
