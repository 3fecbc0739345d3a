//! Which kernels may be alike, without trying each flip.

use super::repeats::{ALIKE, Kernel};

/// So many numbers of a sketch at most, and so many kernels at once.
const NUMBERS: usize = 12;
const LANES: usize = 16;

/// How far rounding may take products of sketches.
const ROUNDING: f32 = 1e-5;

/// What of kernels no flip and no sign changes, to find those that may be alike without trying each flip.
///
/// Sizes of numbers, sorted among places that flips bring to each other, are no further apart than the kernels are under
/// any flip and sign, nor are means of neighbours among them times the root of their count. Alike kernels are no
/// further apart than √0.02; so sketches that are further apart are of no alike kernels. Kernels stand in the
/// order of one number of the same kind, the size of one such set of places, and only neighbours in that are tried.
pub(super) struct Sketches {
    /// How many numbers a sketch has.
    width: usize,
    /// The numbers of each kernel's sketch.
    numbers: Vec<f32>,
    /// For some kernels at once each number of their sketches; zeros behind the last.
    beside: Vec<[f32; LANES]>,
    /// For these half the squares of their sketches' lengths; infinity behind the last.
    halves: Vec<[f32; LANES]>,
    /// For each kernel after which one all others are too far away.
    ends: Vec<usize>,
    arch: pulp::Arch,
}

impl Sketches {
    /// Brings kernels into the order in which they are searched.
    pub(super) fn new(kernels: &mut [Kernel], moves: &[Vec<usize>]) -> Self {
        let sets = sets(moves);
        let size = |kernel: &Kernel, set: &[usize]| {
            set.iter().map(|place| kernel.unit[*place].powi(2)).sum::<f64>().sqrt()
        };
        // Where sizes differ most, fewest are neighbours.
        let spread = |set: &Vec<usize>| {
            let (mut sum, mut squares) = (0.0, 0.0);
            for kernel in &*kernels {
                let size = size(kernel, set);
                (sum, squares) = (sum + size, squares + size * size);
            }
            squares - sum * sum / (kernels.len() as f64)
        };
        let widest = sets.iter().max_by(|a, b| spread(a).total_cmp(&spread(b)));
        let set = widest.cloned().unwrap_or_default();
        kernels.sort_by(|a, b| size(a, &set).total_cmp(&size(b, &set)));
        let sizes: Vec<f64> = kernels.iter().map(|kernel| size(kernel, &set)).collect();
        let reach = (2.0 * (1.0 - ALIKE)).sqrt() + f64::from(ROUNDING);
        let ends = sizes.iter().map(|own| sizes.partition_point(|other| *other <= own + reach));
        let ends = ends.collect();
        let sketches: Vec<Vec<f32>> = kernels.iter().map(|kernel| sketch(kernel, &sets)).collect();
        let width = sketches.first().map_or(0, Vec::len);
        let half = |sketch: &Vec<f32>| sketch.iter().map(|value| value * value).sum::<f32>() / 2.0;
        let lanes = |some: &[Vec<f32>], of: &dyn Fn(&Vec<f32>) -> f32, none: f32| {
            std::array::from_fn(|lane| some.get(lane).map_or(none, of))
        };
        let blocks = || sketches.chunks(LANES);
        let beside = blocks().flat_map(|some| {
            (0..width).map(move |number| lanes(some, &|sketch| sketch[number], 0.0))
        });
        Self {
            width,
            beside: beside.collect(),
            halves: blocks().map(|some| lanes(some, &half, f32::INFINITY)).collect(),
            numbers: sketches.concat(),
            ends,
            arch: pulp::Arch::new(),
        }
    }

    /// Finds the kernels behind one that may be like it, and returns how many steps that took.
    pub(super) fn near(&self, own: usize, near: &mut Vec<usize>) -> usize {
        near.clear();
        self.arch.dispatch(Search { sketches: self, own, near });
        self.ends[own].saturating_sub(own + 1) * self.width
    }
}

/// A search for the kernels behind one that may be like it.
struct Search<'s> {
    sketches: &'s Sketches,
    own: usize,
    near: &'s mut Vec<usize>,
}

impl pulp::WithSimd for Search<'_> {
    type Output = ();

    #[allow(
        clippy::inline_always,
        reason = "what is not inlined is compiled for the oldest processor"
    )]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) {
        let Self { sketches, own, near } = self;
        let (end, width) = (sketches.ends[own], sketches.width);
        let numbers = &sketches.numbers[own * width..(own + 1) * width];
        let least = sketches.halves[own / LANES][own % LANES] - (1.0 - ALIKE) as f32 - ROUNDING;
        for block in (own + 1) / LANES..end.div_ceil(LANES) {
            let mut products = [0.0_f32; LANES];
            let others = &sketches.beside[block * width..(block + 1) * width];
            for (own, others) in numbers.iter().zip(others) {
                for (sum, other) in products.iter_mut().zip(others) {
                    *sum += own * other;
                }
            }
            let mut enough = [false; LANES];
            let halves = &sketches.halves[block];
            for (enough, (product, half)) in enough.iter_mut().zip(products.iter().zip(halves)) {
                *enough = *product >= least + *half;
            }
            // Most are far from all.
            if enough.iter().fold(false, |any, one| any | one) {
                let lanes = enough.iter().enumerate().filter(|(_, enough)| **enough);
                let others = lanes.map(|(lane, _)| block * LANES + lane);
                near.extend(others.filter(|other| (own + 1..end).contains(other)));
            }
        }
    }
}

/// Returns the sets of places that flips bring to each other.
fn sets(moves: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let count = moves.first().map_or(0, Vec::len);
    let mut sets: Vec<Vec<usize>> = Vec::new();
    for place in 0..count {
        let mut set: Vec<usize> = moves.iter().map(|places| places[place]).collect();
        set.sort_unstable();
        set.dedup();
        if set[0] == place {
            sets.push(set);
        }
    }
    sets
}

/// Returns the sorted sizes of a kernel's numbers, set by set, some neighbours together.
fn sketch(kernel: &Kernel, sets: &[Vec<usize>]) -> Vec<f32> {
    let mut sizes = Vec::with_capacity(kernel.unit.len());
    for set in sets {
        let first = sizes.len();
        sizes.extend(set.iter().map(|place| kernel.unit[*place].abs()));
        sizes[first..].sort_by(|a: &f64, b: &f64| b.total_cmp(a));
    }
    let together = sizes.chunks(sizes.len().div_ceil(NUMBERS));
    let mean = |some: &[f64]| (some.iter().sum::<f64>() / (some.len() as f64).sqrt()) as f32;
    together.map(mean).collect()
}
