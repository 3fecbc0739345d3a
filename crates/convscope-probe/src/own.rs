//! A layer's own numbers in random places.

use convscope_core::Stream;

/// Lists are copied where more than one in so many of their numbers is drawn.
const COPIED: usize = 8;

/// Draws some numbers of a list, none twice: a part of a list all of whose numbers change places.
///
/// Cost: as many steps as numbers are drawn, however long the list is.
pub(crate) fn some_of(numbers: &[f64], count: usize, draws: &mut Stream) -> Vec<f64> {
    // Fisher and Yates, with what changed places beside the list where little of it does.
    let mut other = |first: usize| first + draws.below((numbers.len() - first) as u64) as usize;
    if count > numbers.len() / COPIED || numbers.len() >= FREE as usize {
        let mut all = numbers.to_vec();
        (0..count).for_each(|first| all.swap(first, other(first)));
        all.truncate(count);
        return all;
    }
    let mut moved = Moved::of(count);
    let drawn = (0..count).map(|first| {
        let other = other(first);
        let [own, held] = [other, first].map(|place| moved.at(place));
        moved.put(other, held);
        numbers[own]
    });
    drawn.collect()
}

/// Which place's number now stands in each of some places of a list.
///
/// A table of slots, of which at most half are taken; a place that finds its slot taken goes on to the next.
struct Moved {
    slots: Vec<[u32; 2]>,
    bits: u32,
}

/// No place of any list.
const FREE: u32 = u32::MAX;

impl Moved {
    /// Makes room for so many places.
    fn of(count: usize) -> Self {
        let bits = (2 * count).max(2).next_power_of_two().trailing_zeros();
        Self { slots: vec![[FREE; 2]; 1 << bits], bits }
    }

    /// Returns the slot that a place has, or would have.
    fn slot(&self, place: u32) -> usize {
        // The golden ratio spreads neighbours (Knuth).
        let spread = u64::from(place).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut slot = (spread >> (u64::BITS - self.bits)) as usize;
        while self.slots[slot][0] != place && self.slots[slot][0] != FREE {
            slot = (slot + 1) % self.slots.len();
        }
        slot
    }

    fn at(&self, place: usize) -> usize {
        let [known, held] = self.slots[self.slot(place as u32)];
        if known == place as u32 { held as usize } else { place }
    }

    fn put(&mut self, place: usize, held: usize) {
        let slot = self.slot(place as u32);
        self.slots[slot] = [place as u32, held as u32];
    }
}
