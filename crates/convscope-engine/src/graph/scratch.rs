//! Room that layers use one after another.

use crate::simd::Lanes;

/// Who computes a layer, and in what room.
#[derive(Debug)]
pub(crate) struct Crew<'a, S> {
    /// The instructions.
    pub(crate) simd: S,
    /// How many threads at most.
    pub(crate) threads: usize,
    /// Room for what lives no longer than the call.
    pub(crate) scratch: &'a mut Scratch,
}

/// Room that grows to what the largest layer needs and is shared by all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch(Vec<Lanes>);

impl Scratch {
    /// Returns so many lanes; what stands in them is left from others, and a number at first.
    pub(crate) fn take(&mut self, count: usize) -> &mut [Lanes] {
        if self.0.len() < count {
            self.0.resize(count, Lanes::ZERO);
        }
        &mut self.0[..count]
    }
}
