//! A few kernels side by side: each step of a probe is one loop over them.
#![allow(clippy::needless_range_loop, reason = "a lane is one place of many rows at a time")]
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use super::COUNT;
use super::float::{exp, ln};
use super::tables::Tables;
use crate::probes::information::{PRECISION, STEPS, TOLERANCE};

/// How many kernels a block holds.
pub(super) const LANES: usize = 32;

type Row = [f64; LANES];

pub(super) struct Block {
    /// How many of the lanes hold a kernel.
    pub(super) filled: usize,
    /// What each column says of each kernel.
    pub(super) values: Vec<Row>,
    /// All bits where a kernel is there and finite; is not zeros; varies.
    pub(super) masks: [[u64; LANES]; 3],
    /// Which structure describes each kernel shortest.
    pub(super) structures: Row,
    /// The kernels with their layer's largest number at 1.
    relative: [Row; COUNT],
    /// The kernels with their own largest number at 1.
    unit: [Row; COUNT],
    /// The kernels along the directions of the tables.
    along: [Row; COUNT],
    products: Vec<Row>,
    /// The largest number of each kernel when its layer's is 1.
    largest: Row,
    energy: Row,
    centred: Row,
}

/// What counts as nothing beside the mean, squared.
const FLAT: f64 = 1e-24;

impl Block {
    pub(super) fn new(columns: usize) -> Self {
        Self {
            filled: 0,
            values: vec![[0.0; LANES]; columns],
            masks: [[0; LANES]; 3],
            structures: [0.0; LANES],
            relative: [[0.0; LANES]; COUNT],
            unit: [[0.0; LANES]; COUNT],
            along: [[0.0; LANES]; COUNT],
            products: Vec::new(),
            largest: [0.0; LANES],
            energy: [1.0; LANES],
            centred: [1.0; LANES],
        }
    }

    /// Takes up to [`LANES`] kernels; of those that are not finite, zeros.
    #[inline(always)]
    pub(super) fn fill(&mut self, numbers: &[f32], largest: f32) {
        self.filled = numbers.len() / COUNT;
        if self.filled < LANES {
            self.relative = [[0.0; LANES]; COUNT];
        }
        let over = if largest > 0.0 { f64::from(largest) } else { 1.0 };
        for (lane, kernel) in numbers.chunks_exact(COUNT).enumerate() {
            for (row, value) in self.relative.iter_mut().zip(kernel) {
                row[lane] = f64::from(*value) / over;
            }
        }
        let mut sum = [0.0; LANES];
        for row in &self.relative {
            for lane in 0..LANES {
                sum[lane] += row[lane].abs();
            }
        }
        for lane in 0..LANES {
            self.masks[0][lane] = if sum[lane] < f64::INFINITY { u64::MAX } else { 0 };
        }
        for row in &mut self.relative {
            for lane in 0..LANES {
                row[lane] = f64::from_bits(row[lane].to_bits() & self.masks[0][lane]);
            }
        }
        self.masks[0][self.filled..].fill(0);
    }

    #[inline(always)]
    pub(super) fn compute(&mut self, tables: &Tables) {
        self.normalise();
        self.turn(tables);
        self.forms(tables);
        self.ranks(tables);
        self.operators(tables);
        self.gaps(tables);
        self.entropies(tables);
        self.lengths(tables);
    }

    #[inline(always)]
    fn normalise(&mut self) {
        self.largest = [0.0; LANES];
        for row in &self.relative {
            for lane in 0..LANES {
                self.largest[lane] = self.largest[lane].max(row[lane].abs());
            }
        }
        for lane in 0..LANES {
            let some = self.largest[lane] > 0.0;
            self.masks[1][lane] = if some { self.masks[0][lane] } else { 0 };
        }
        for (unit, relative) in self.unit.iter_mut().zip(&self.relative) {
            for lane in 0..LANES {
                let own = self.largest[lane];
                unit[lane] = relative[lane] / if own > 0.0 { own } else { 1.0 };
            }
        }
    }

    /// Finds coordinates along the directions of the tables, and the energies.
    #[inline(always)]
    fn turn(&mut self, tables: &Tables) {
        for (row, direction) in self.along.iter_mut().zip(&tables.directions) {
            let mut sum = [0.0; LANES];
            for (unit, share) in self.unit.iter().zip(direction) {
                for lane in 0..LANES {
                    sum[lane] += unit[lane] * share;
                }
            }
            *row = sum;
        }
        self.products.resize(tables.products.len(), [0.0; LANES]);
        for (row, [i, j]) in self.products.iter_mut().zip(&tables.products) {
            for lane in 0..LANES {
                row[lane] = self.along[*i][lane] * self.along[*j][lane];
            }
        }
        let mut sum = [0.0; LANES];
        for row in &self.products[1..COUNT] {
            for lane in 0..LANES {
                sum[lane] += row[lane];
            }
        }
        for lane in 0..LANES {
            let centred = sum[lane];
            let uneven = centred > FLAT;
            self.masks[2][lane] = if uneven { self.masks[1][lane] } else { 0 };
            self.centred[lane] = if uneven { centred } else { 1.0 };
            let energy = centred + self.products[0][lane];
            self.energy[lane] = if energy > 0.0 { energy } else { 1.0 };
        }
    }

    #[inline(always)]
    fn forms(&mut self, tables: &Tables) {
        for (place, terms) in &tables.forms {
            let mut sum = [0.0; LANES];
            for (product, factor) in terms {
                let row = &self.products[*product];
                for lane in 0..LANES {
                    sum[lane] += row[lane] * factor;
                }
            }
            let column = tables.columns[*place];
            let [low, high] = column.range;
            let whole = if column.needs == 2 { &self.centred } else { &self.energy };
            let values = &mut self.values[*place];
            for lane in 0..LANES {
                values[lane] = (sum[lane] / whole[lane]).max(low).min(high);
            }
        }
    }

    /// Finds the squares of singular values as eigenvalues, by rotations (Jacobi 1846).
    #[inline(always)]
    fn ranks(&mut self, tables: &Tables) {
        let [separability, effective, stable, ..] = tables.others;
        let mut d = [[0.0; LANES]; 3];
        // The entries beside the diagonal, each at the index that it lacks.
        let mut off = [[0.0; LANES]; 3];
        let k = &self.unit;
        for (place, row) in d.iter_mut().enumerate() {
            let (p, q) = ((place + 1) % 3, (place + 2) % 3);
            for lane in 0..LANES {
                let product = |i: usize, j: usize| {
                    k[i][lane] * k[j][lane]
                        + k[i + 3][lane] * k[j + 3][lane]
                        + k[i + 6][lane] * k[j + 6][lane]
                };
                row[lane] = product(place, place);
                off[place][lane] = product(p, q);
            }
        }
        for _ in 0..5 {
            rotate(&mut d, &mut off, [0, 1, 2]);
            rotate(&mut d, &mut off, [0, 2, 1]);
            rotate(&mut d, &mut off, [1, 2, 0]);
        }
        for lane in 0..LANES {
            let d = [d[0][lane].max(0.0), d[1][lane].max(0.0), d[2][lane].max(0.0)];
            let whole = d[0] + d[1] + d[2];
            let whole = if whole > 0.0 { whole } else { 1.0 };
            let nats = |value: f64| {
                let p = (value / whole).max(f64::MIN_POSITIVE);
                p * ln(p)
            };
            let first = d[0].max(d[1]).max(d[2]) / whole;
            self.values[separability][lane] = first;
            self.values[stable][lane] = 1.0 / if first > 0.0 { first } else { 1.0 };
            let spread = exp(-(nats(d[0]) + nats(d[1]) + nats(d[2])));
            self.values[effective][lane] = spread.clamp(1.0, 3.0);
        }
    }

    #[inline(always)]
    fn operators(&mut self, tables: &Tables) {
        let mut best = [0.0; LANES];
        for terms in &tables.operators {
            let mut sum = [0.0; LANES];
            for (direction, factor) in terms {
                let row = &self.along[*direction];
                for lane in 0..LANES {
                    sum[lane] += row[lane] * factor;
                }
            }
            for lane in 0..LANES {
                best[lane] = sum[lane].abs().max(best[lane]);
            }
        }
        for lane in 0..LANES {
            best[lane] = (best[lane] / self.centred[lane].sqrt()).min(1.0);
        }
        self.values[tables.others[3]] = best;
    }

    /// Sorts each kernel and counts its gaps.
    #[inline(always)]
    fn gaps(&mut self, tables: &Tables) {
        let mut sorted = self.relative;
        for [i, j] in NETWORK {
            for lane in 0..LANES {
                let (a, b) = (sorted[i][lane], sorted[j][lane]);
                sorted[i][lane] = a.min(b);
                sorted[j][lane] = a.max(b);
            }
        }
        let (mut unique, mut smooth) = ([1.0; LANES], [1.0; LANES]);
        for at in 1..COUNT {
            for lane in 0..LANES {
                let gap = sorted[at][lane] - sorted[at - 1][lane];
                unique[lane] += if gap > TOLERANCE { 1.0 } else { 0.0 };
                let steps = gap * STEPS;
                smooth[lane] += 1.0 - exp(-(steps * steps));
            }
        }
        self.values[tables.others[4]] = unique;
        self.values[tables.others[5]] = smooth;
    }

    #[inline(always)]
    fn entropies(&mut self, tables: &Tables) {
        let log2_of_count = (COUNT as f64).log2();
        let (mut quantised, mut renyi) = ([0.0; LANES], [0.0; LANES]);
        let mut scaled = [[0.0; LANES]; COUNT];
        let mut steps = [[0.0; LANES]; COUNT];
        for ((scaled, steps), unit) in scaled.iter_mut().zip(&mut steps).zip(&self.unit) {
            for lane in 0..LANES {
                let value = unit[lane] * STEPS;
                scaled[lane] = value;
                // Halves away from 0, as `f64::round` has it.
                steps[lane] = (value.abs() + (0.5 - f64::EPSILON / 4.0)).trunc().copysign(value);
            }
        }
        let mut counts = [[1.0; LANES]; COUNT];
        let mut pairs = [0.0; LANES];
        for i in 1..COUNT {
            for j in 0..i {
                for lane in 0..LANES {
                    // Whole numbers.
                    let same =
                        if (steps[i][lane] - steps[j][lane]).abs() < 0.5 { 1.0 } else { 0.0 };
                    counts[i][lane] += same;
                    counts[j][lane] += same;
                    let apart = scaled[i][lane] - scaled[j][lane];
                    pairs[lane] += exp(-(apart * apart) / 2.0);
                }
            }
        }
        let count = COUNT as f64;
        // At most 9⁹, which is exact.
        let mut products = [1.0; LANES];
        for row in &counts {
            for lane in 0..LANES {
                products[lane] *= row[lane];
            }
        }
        for lane in 0..LANES {
            let log2 = |value: f64| ln(value) * std::f64::consts::LOG2_E;
            quantised[lane] = (log2_of_count - log2(products[lane]) / count).max(0.0);
            let mean = (count + 2.0 * pairs[lane]) / (count * count);
            renyi[lane] = (-log2(mean)).max(0.0);
        }
        self.values[tables.others[6]] = quantised;
        self.values[tables.others[7]] = renyi;
    }

    /// Finds the shortest description: the least 2^(bits / 4.5) (1 + 12 residual² / n step²).
    #[inline(always)]
    fn lengths(&mut self, tables: &Tables) {
        /// Descriptions whose lengths differ by less than 10⁻⁹ bits are equally long.
        const SHORTER: f64 = 1.0 - 1.5e-10;
        let levels = 2.0_f64.powi(PRECISION as i32 - 1) - 1.0;
        let scale = 12.0 / COUNT as f64 * levels * levels;
        let (mut best, mut which) = ([f64::INFINITY; LANES], [0.0; LANES]);
        for (place, structure) in tables.structures.iter().enumerate() {
            for lane in 0..LANES {
                let has = structure.energy.map_or(0.0, |column| self.values[column][lane]);
                let zeros = self.masks[1][lane] == 0;
                let left = if zeros { 0.0 } else { (1.0 - has).max(0.0) };
                let energy = self.energy[lane] * self.largest[lane] * self.largest[lane];
                let length = structure.power * (1.0 + scale * energy * left);
                // A free kernel within a step of 0 has no residual: 12 is the mean square of a step.
                let numbers = structure.energy.is_none() && scale * energy <= 12.0;
                let length = if numbers { structure.most } else { length.min(structure.most) };
                let shorter = length < best[lane] * SHORTER;
                best[lane] = if shorter { length } else { best[lane] };
                which[lane] = if shorter { place as f64 } else { which[lane] };
            }
        }
        for lane in 0..LANES {
            best[lane] = COUNT as f64 / 2.0 * (ln(best[lane]) * std::f64::consts::LOG2_E);
        }
        self.values[tables.others[8]] = best;
        self.structures = which;
    }
}

/// Makes the entry of rows p and q of symmetric 3 × 3 matrices 0 by rotations.
#[inline(always)]
fn rotate(d: &mut [Row; 3], off: &mut [Row; 3], [p, q, r]: [usize; 3]) {
    for lane in 0..LANES {
        let (apart, across) = (d[q][lane] - d[p][lane], off[r][lane]);
        let root = (apart * apart + 4.0 * across * across).sqrt();
        let twice = 2.0 * across.copysign(across * apart);
        let tangent = twice / (apart.abs() + root).max(f64::MIN_POSITIVE);
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        let sine = cosine * tangent;
        d[p][lane] -= tangent * across;
        d[q][lane] += tangent * across;
        off[r][lane] = 0.0;
        let (of_p, of_q) = (off[q][lane], off[p][lane]);
        off[q][lane] = cosine * of_p - sine * of_q;
        off[p][lane] = sine * of_p + cosine * of_q;
    }
}

/// Which places are compared to sort nine numbers (Floyd; Knuth, volume 3, 5.3.4).
const NETWORK: [[usize; 2]; 25] = [
    [0, 1],
    [3, 4],
    [6, 7],
    [1, 2],
    [4, 5],
    [7, 8],
    [0, 1],
    [3, 4],
    [6, 7],
    [0, 3],
    [3, 6],
    [0, 3],
    [1, 4],
    [4, 7],
    [1, 4],
    [2, 5],
    [5, 8],
    [2, 5],
    [1, 3],
    [5, 7],
    [2, 6],
    [4, 6],
    [2, 4],
    [2, 3],
    [5, 6],
];
