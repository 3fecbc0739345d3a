//! Some kernels side by side: each step of a probe is done to all of them at once.
#![allow(
    clippy::inline_always,
    reason = "what is not inlined is compiled for the oldest processor"
)]

use pulp::Simd;

use super::COUNT;
use super::lanes::{LANES, Lanes, Mask};
use super::order::{entropies, gaps};
use super::ranks::shares;
use super::tables::{Tables, Term};
use crate::probes::information::PRECISION;

/// What is said of some kernels.
pub(super) struct Block<S: Simd, const W: usize> {
    /// How many of the lanes hold a kernel.
    pub(super) filled: usize,
    /// What each row of the tables says of each kernel.
    pub(super) values: Vec<Lanes<S, W>>,
    /// 1 where a kernel is there and finite; is not zeros; varies; else 0.
    pub(super) weights: [Lanes<S, W>; 3],
    /// Which structure describes each kernel shortest.
    pub(super) structures: Lanes<S, W>,
    products: Vec<Lanes<S, W>>,
}

/// What several probes need of a kernel.
struct Common<S: Simd, const W: usize> {
    /// Its largest number without its sign, and the inverse; 1 of zeros.
    largest: Lanes<S, W>,
    inverse: Lanes<S, W>,
    /// The kernel along the directions of the tables, its largest number being 1.
    along: [Lanes<S, W>; COUNT],
    /// Its sum of squares then; 1 of zeros.
    energy: Lanes<S, W>,
    /// The inverse of that and of what is left without the mean; 1 where that is nothing.
    wholes: [Lanes<S, W>; 2],
}

/// What counts as nothing beside the mean, squared.
const FLAT: f64 = 1e-24;

impl<S: Simd, const W: usize> Block<S, W> {
    #[inline(always)]
    pub(super) fn new(simd: S, tables: &Tables) -> Self {
        let zeros = Lanes::splat(simd, 0.0);
        Self {
            filled: 0,
            values: vec![zeros; tables.rows.len()],
            weights: [zeros; 3],
            structures: zeros,
            products: vec![zeros; tables.products.len()],
        }
    }

    /// Computes all probes of up to [`LANES`] kernels, place by place; of those that are not finite, of zeros.
    #[inline(always)]
    pub(super) fn compute(
        &mut self,
        mut kernels: [Lanes<S, W>; COUNT],
        filled: usize,
        most: f64,
        tables: &Tables,
    ) {
        self.filled = filled;
        let (zero, one) = (kernels[0].all(0.0), kernels[0].all(1.0));
        let numbered = Lanes::load(zero.simd(), &NUMBERS);
        let there = finite(&kernels).and(numbered.below(zero.all(filled as f64)));
        for kernel in &mut kernels {
            *kernel = there.select(*kernel, zero);
        }
        let most = if most > 0.0 { zero.all(most) } else { one };
        let common = self.prepare(&kernels, there, tables);
        self.forms(&common, tables);
        let [separability, effective, stable, operator, unique, smooth, quantised, renyi, length] =
            tables.others;
        let unit = scaled(&kernels, common.inverse);
        let shares = shares(&unit);
        self.values[separability] = shares.first;
        self.values[stable] = one.over(shares.first.most(zero.all(0.25)));
        self.values[effective] = effective_rank(&shares.all);
        self.values[operator] = operators(&common, tables);
        let sorted = super::lanes::sorted(kernels);
        [self.values[unique], self.values[smooth]] = gaps(&sorted, most);
        [self.values[quantised], self.values[renyi]] =
            entropies(&sorted, common.largest, common.inverse);
        let size = common.largest * one.over(most);
        self.values[length] = self.lengths(size * size * common.energy * self.weights[1], tables);
    }

    /// Finds coordinates along the directions of the tables, their products, and the energies.
    #[inline(always)]
    fn prepare(
        &mut self,
        kernels: &[Lanes<S, W>; COUNT],
        there: Mask<S, W>,
        tables: &Tables,
    ) -> Common<S, W> {
        let (zero, one) = (kernels[0].all(0.0), kernels[0].all(1.0));
        let mut largest = kernels[0].abs();
        for kernel in &kernels[1..] {
            largest = largest.most(kernel.abs());
        }
        let some = there.and(zero.below(largest));
        let largest = some.select(largest, one);
        let inverse = one.over(largest);
        let unit = scaled(kernels, inverse);
        let mut along = [zero; COUNT];
        for (row, terms) in along.iter_mut().zip(&tables.directions) {
            *row = combined(&unit, terms);
        }
        for (product, [i, j]) in self.products.iter_mut().zip(&tables.products) {
            *product = along[*i] * along[*j];
        }
        let mut centred = self.products[1];
        for product in &self.products[2..COUNT] {
            centred = centred + *product;
        }
        let uneven = some.and(zero.all(FLAT).below(centred));
        let energy = some.select(centred + self.products[0], one);
        let wholes = [one.over(energy), one.over(uneven.select(centred, one))];
        self.weights = [there.select(one, zero), some.select(one, zero), uneven.select(one, zero)];
        Common { largest, inverse, along, energy, wholes }
    }

    #[inline(always)]
    fn forms(&mut self, common: &Common<S, W>, tables: &Tables) {
        for (forms, whole) in tables.forms.iter().zip(common.wholes) {
            for form in forms {
                let share = combined(&self.products, &form.terms) * whole;
                let [low, high] = form.range;
                self.values[form.row] = share.most(share.all(low)).least(share.all(high));
            }
        }
    }

    /// Finds the shortest description: the least 2^(bits / 4.5) (1 + 12 residual² / n step²), the kernels' sums of
    /// squares being given with their layer's largest number at 1.
    #[inline(always)]
    fn lengths(&mut self, energy: Lanes<S, W>, tables: &Tables) -> Lanes<S, W> {
        /// Descriptions whose lengths differ by less than 10⁻⁹ bits are equally long.
        const SHORTER: f64 = 1.0 - 1.5e-10;
        /// A free kernel within a step of 0 has no residual: 12 is the mean square of a step.
        const STEP: f64 = 12.0;
        let levels = 2.0_f64.powi(PRECISION as i32 - 1) - 1.0;
        let whole = energy * (12.0 / COUNT as f64 * levels * levels);
        let (mut best, mut which) = (energy.all(f64::INFINITY), energy.all(0.0));
        for (place, structure) in tables.structures.iter().enumerate() {
            let power = energy.all(structure.power);
            let length = if let Some(row) = structure.energy {
                whole.less_product(whole, self.values[row]).mul_add(power, power)
            } else {
                let most = energy.all(structure.most);
                let residual = whole.mul_add(power, power).least(most);
                energy.all(STEP).below(whole).select(residual, most)
            };
            let shorter = length.below(best * SHORTER);
            best = best.least(length);
            which = which.most(shorter.select(energy.all(place as f64), energy.all(0.0)));
        }
        self.structures = which;
        best.log2() * (COUNT as f64 / 2.0)
    }
}

/// Returns which kernels are finite.
#[inline(always)]
fn finite<S: Simd, const W: usize>(kernels: &[Lanes<S, W>; COUNT]) -> Mask<S, W> {
    let mut sum = kernels[0].abs();
    for kernel in &kernels[1..] {
        sum = sum + kernel.abs();
    }
    sum.below(sum.all(f64::INFINITY))
}

/// The lanes' numbers.
const NUMBERS: [f64; LANES] = {
    let (mut numbers, mut lane) = ([0.0; LANES], 0);
    while lane < LANES {
        numbers[lane] = lane as f64;
        lane += 1;
    }
    numbers
};

/// Returns the kernels times a number of each.
#[inline(always)]
fn scaled<S: Simd, const W: usize>(
    kernels: &[Lanes<S, W>; COUNT],
    by: Lanes<S, W>,
) -> [Lanes<S, W>; COUNT] {
    let mut scaled = *kernels;
    for row in &mut scaled {
        *row = *row * by;
    }
    scaled
}

/// Returns a sum of rows, each with a factor.
#[inline(always)]
fn combined<S: Simd, const W: usize>(rows: &[Lanes<S, W>], terms: &[Term]) -> Lanes<S, W> {
    let mut sum = rows[0].all(0.0);
    for (row, factor) in terms {
        sum = rows[*row].mul_add(sum.all(*factor), sum);
    }
    sum
}

#[inline(always)]
fn effective_rank<S: Simd, const W: usize>(shares: &[Lanes<S, W>; 3]) -> Lanes<S, W> {
    /// A share below has no part in the sum.
    const LEAST: f64 = 1e-20;
    let mut less = shares[0].all(3.0_f64.log2());
    for share in shares {
        less = share.mul_add(share.most(share.all(LEAST)).log2(), less);
    }
    // From 3 downwards, as powers of a half are had.
    (less.most(less.all(0.0)).half_to() * 3.0).most(less.all(1.0))
}

#[inline(always)]
fn operators<S: Simd, const W: usize>(common: &Common<S, W>, tables: &Tables) -> Lanes<S, W> {
    let mut best = common.along[0].all(0.0);
    for terms in &tables.operators {
        best = best.most(combined(&common.along, terms).abs());
    }
    (best * best * common.wholes[1]).sqrt().least(best.all(1.0))
}
