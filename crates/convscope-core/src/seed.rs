//! Seeds that are handed down by name, and the streams of numbers drawn from them.

use sha2::{Digest, Sha256};

use crate::philox;

/// Counters of draws, of numbered children and of named children never meet: the last counter
/// word says which of the three a block is for.
const FOR_DRAWS: u32 = 0;
const FOR_NUMBERED: u32 = 1;
const FOR_NAMED: u32 = 2;

/// A place in the tree of randomness.
///
/// A seed is split by purpose and by number, never shared: adding a new purpose leaves every
/// other draw as it was.
///
/// ```
/// use convscope_core::Seed;
///
/// let replicate = Seed::root(10).child("replicate").nth(3);
/// let weights = replicate.child("init");
/// let order = replicate.child("order").nth(0);
/// assert_ne!(weights.stream().next_u64(), order.stream().next_u64());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seed([u32; 2]);

impl Seed {
    /// Returns the root of a tree of seeds.
    pub fn root(number: u64) -> Self {
        Self([number as u32, (number >> 32) as u32])
    }

    /// Returns the seed for a named purpose below this one.
    #[must_use]
    pub fn child(self, purpose: &str) -> Self {
        let digest = Sha256::digest(purpose.as_bytes());
        let word = |i: usize| {
            u32::from_le_bytes([
                digest[4 * i],
                digest[4 * i + 1],
                digest[4 * i + 2],
                digest[4 * i + 3],
            ])
        };
        self.descend([word(0), word(1), word(2), FOR_NAMED])
    }

    /// Returns the seed of one of many alike: a replicate, an epoch, a sample.
    #[must_use]
    pub fn nth(self, index: u64) -> Self {
        self.descend([index as u32, (index >> 32) as u32, 0, FOR_NUMBERED])
    }

    /// Starts the stream of numbers of this seed; every call starts the same stream.
    pub fn stream(self) -> Stream {
        Stream { seed: self, next_block: 0, block: [0; 4], used: 4 }
    }

    fn descend(self, counter: [u32; 4]) -> Self {
        let words = philox::block(self.0, counter);
        Self([words[0], words[1]])
    }
}

/// The random numbers of one [`Seed`], in order.
#[derive(Debug, Clone)]
pub struct Stream {
    seed: Seed,
    next_block: u64,
    block: [u32; 4],
    used: usize,
}

impl Stream {
    /// Draws 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.used == 4 {
            self.block = self.block_of_draws();
            self.used = 0;
        }
        self.used += 1;
        self.block[self.used - 1]
    }

    /// Draws 32 random bits for each place: as many calls of [`next_u32`](Self::next_u32), but faster.
    ///
    /// ```
    /// use convscope_core::Seed;
    ///
    /// let (mut one, mut many) = (Seed::root(1).stream(), Seed::root(1).stream());
    /// let mut bits = [0; 100];
    /// many.fill(&mut bits);
    /// assert!(bits.iter().all(|drawn| *drawn == one.next_u32()));
    /// ```
    pub fn fill(&mut self, to: &mut [u32]) {
        let held = (4 - self.used).min(to.len());
        let (begin, rest) = to.split_at_mut(held);
        begin.fill_with(|| self.next_u32());
        let (blocks, end) = rest.as_chunks_mut::<4>();
        philox::blocks(self.seed.0, self.next_block, [0, FOR_DRAWS], blocks);
        self.next_block += blocks.len() as u64;
        end.fill_with(|| self.next_u32());
    }

    /// Draws 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) | u64::from(self.next_u32()) << 32
    }

    /// Draws from the 2⁵³ evenly spaced numbers in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Draws uniformly from [low, high).
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Draws a whole number below `bound` with equal chances (Lemire 2019); 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// Draws from the normal distribution of mean 0 and variance 1 (Box and Muller 1958).
    ///
    /// Uses a portable logarithm and cosine, so that every machine draws the same bits.
    pub fn normal(&mut self) -> f64 {
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
    }

    /// Puts `items` into a random order (Fisher and Yates), all orders equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }

    fn block_of_draws(&mut self) -> [u32; 4] {
        let counter = [self.next_block as u32, (self.next_block >> 32) as u32, 0, FOR_DRAWS];
        self.next_block += 1;
        philox::block(self.seed.0, counter)
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn children_differ_by_name_number_and_parent() {
        let root = Seed::root(1);
        let seeds = [
            root,
            root.child("a"),
            root.child("b"),
            root.nth(0),
            root.nth(1),
            root.child("a").nth(0),
            root.nth(0).child("a"),
            Seed::root(2).child("a"),
        ];
        for (i, a) in seeds.iter().enumerate() {
            assert!(seeds[i + 1..].iter().all(|b| a != b), "{a:?} appears twice");
        }
    }

    #[test]
    fn a_filled_slice_goes_on_where_single_draws_ended() {
        for (before, length) in [(0, 0), (1, 2), (3, 97), (0, 64), (5, 31), (2, 33), (1, 999)] {
            let (mut single, mut filled) = (Seed::root(6).stream(), Seed::root(6).stream());
            (0..before).for_each(|_| assert_eq!(single.next_u32(), filled.next_u32()));
            let mut bits = vec![0; length];
            filled.fill(&mut bits);
            assert!(bits.iter().all(|drawn| *drawn == single.next_u32()), "{before} {length}");
            assert_eq!(filled.next_u32(), single.next_u32());
        }
    }

    #[test]
    fn draws_below_a_bound_are_even() {
        let mut stream = Seed::root(3).stream();
        let mut counts = [0_i32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7) as usize] += 1;
        }
        // Six standard deviations of a binomial count with mean 10,000.
        assert!(counts.iter().all(|count| (count - 10_000).abs() < 560), "{counts:?}");
    }

    #[test]
    fn normal_draws_have_the_moments_of_a_normal() {
        let mut stream = Seed::root(4).stream();
        let draws: Vec<f64> = (0..100_000).map(|_| stream.normal()).collect();
        let moment = |k: i32| draws.iter().map(|x| x.powi(k)).sum::<f64>() / draws.len() as f64;
        assert!(moment(1).abs() < 0.02 && (moment(2) - 1.0).abs() < 0.03);
        assert!(moment(3).abs() < 0.06 && (moment(4) - 3.0).abs() < 0.2);
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut items: Vec<u32> = (0..100).collect();
        Seed::root(5).stream().shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_stream_is_pinned() {
        let mut stream = Seed::root(10).child("init").nth(2).stream();
        let first: Vec<u32> = (0..3).map(|_| stream.next_u32()).collect();
        assert_eq!(first, PINNED, "changing the streams changes every stored result");
    }

    const PINNED: [u32; 3] = [1_234_774_494, 261_388_297, 3_121_505_056];
}
